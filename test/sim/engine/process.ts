/** One Ballast process: for each account a seat, which works with the real look. */
import type { Intent } from '../../../src/core/intent.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import type { ReportingVenue } from '../../../src/exchanges/exchange.ts';
import { DEFAULT_VENUE_TIMING, silentLog } from '../../../src/exchanges/kit.ts';
import type { VenueTiming } from '../../../src/exchanges/kit.ts';
import type { Meter } from '../../../src/exchanges/limits.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { createOkx } from '../../../src/exchanges/okx/index.ts';
import type { ReferenceFeed } from '../../../src/exchanges/reference.ts';
import type { Transport } from '../../../src/exchanges/transport.ts';
import type { AccountSetup, LookDeps, LookEvent } from '../../../src/jobs/account.ts';
import type { Journal } from '../../../src/jobs/journal.ts';
import type { MemoryRedis } from '../redis/memory.ts';
import type { AccountPlan } from '../world/plan.ts';
import type { Host } from './host.ts';
import type { LaneStore } from './lane.ts';
import type { Machine } from './machine.ts';
import { HOSTS } from './network.ts';
import { Seat } from './seat.ts';

/** What all processes share of one account. */
export interface Shared {
  readonly plan: AccountPlan;
  readonly lane: LaneStore;
}

/** Breaks Ballast on purpose, so that a test can see a judge notice it. */
export interface Spoil {
  readonly deps?: (deps: LookDeps) => LookDeps;
  readonly transport?: (transport: Transport) => Transport;
}

export interface ProcessOptions {
  readonly spoil: Spoil;
  readonly machine: Machine;
  /** The machine that it runs on. */
  readonly host: Host;
  readonly redis: MemoryRedis;
  /** The journal's own id, as it was at the start; and what intents are stamped with. */
  readonly journal: string;
  readonly stamp: string;
  /** This start of this process. */
  readonly run: string;
  /** What this process's policy file says. */
  readonly setupOf: (account: AccountPlan) => AccountSetup;
  readonly transport: Transport;
  readonly accounts: readonly Shared[];
  /** What coins cost elsewhere. */
  readonly reference: (account: AccountPlan) => ReferenceFeed;
  readonly onEvent: (account: AccountPlan, event: LookEvent) => void;
  /** The same of a process that only observes. */
  readonly onObserved: (account: AccountPlan, event: LookEvent) => void;
  readonly onError: (account: AccountPlan, error: unknown) => void;
}

/** The part of the journal's address that all accounts of a run share. */
export function addressOf({ setup, uid }: AccountPlan): ConstructorParameters<typeof Journal>[1] {
  return { mode: setup.mode, world: '', venue: setup.venue, uid };
}

/** The name of an account's witness on every machine. */
export function witnessOf({ setup, uid }: AccountPlan): string {
  return `${setup.venue}-${uid}`;
}

/** Longest validity of a signed request, ms, as the configuration has it. */
const RECV_WINDOW_MS = 3_000;
const OKX_WINDOW_MS = 30_000;
export const VALIDITY_MS = { binance: RECV_WINDOW_MS, okx: OKX_WINDOW_MS } as const;

export class Process {
  readonly machine: Machine;
  readonly seats: readonly Seat[];

  constructor(options: ProcessOptions) {
    this.machine = options.machine;
    const meter = createMeter({ clock: options.machine.clock });
    this.seats = options.accounts.map((shared) => new Seat(options, shared, meter));
  }
}

const secret = (text: string): { reveal: () => string } => ({ reveal: () => text });

export function venueOf(
  { setup, key, products, uid }: AccountPlan,
  { clock }: Machine,
  transport: Transport,
  meter: Meter,
): ReportingVenue {
  const { requestDeadlineMs, lagMarginMs } = setup.timing;
  const timing: VenueTiming = {
    ...DEFAULT_VENUE_TIMING,
    readDeadlineMs: requestDeadlineMs,
    moneyDeadlineMs: requestDeadlineMs,
    lagMarginMs,
    recordSkewMs: lagMarginMs,
  };
  const common = {
    account: setup.name,
    hosts: { rest: HOSTS[setup.venue], ws: null },
    products,
    expectUid: uid,
    clock,
    transport,
    meter,
    tagIntents: true,
    log: silentLog,
  };
  const { id, passphrase } = key;
  return setup.venue === 'binance'
    ? createBinance({
        ...common,
        key: { id: secret(id), secret: secret(key.secret) },
        timing,
        recvWindowMs: RECV_WINDOW_MS,
      })
    : createOkx({
        ...common,
        key: { id: secret(id), secret: secret(key.secret), passphrase: secret(passphrase) },
        timing,
        windowMs: OKX_WINDOW_MS,
      });
}

/** What a send belongs to, for the trace. */
export function wordsOf({ verb, amount, asset, from, loan, state }: Intent): string {
  return `${loan}: ${verb} ${amount} ${asset} from ${from} (${state})`;
}
