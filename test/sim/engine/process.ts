/** One Ballast process: the real look with everything under it, for each account a lane worker and a timer. */
import type { Intent } from '../../../src/core/intent.ts';
import type { Asset, AccountView } from '../../../src/core/loan.ts';
import type { Dec } from '../../../src/core/money.ts';
import { worthALook } from '../../../src/core/watch.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import { VenueError } from '../../../src/exchanges/exchange.ts';
import type { ReportingVenue } from '../../../src/exchanges/exchange.ts';
import { DEFAULT_VENUE_TIMING, silentLog } from '../../../src/exchanges/kit.ts';
import type { VenueTiming } from '../../../src/exchanges/kit.ts';
import type { Meter } from '../../../src/exchanges/limits.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { createOkx } from '../../../src/exchanges/okx/index.ts';
import type { ReferenceFeed } from '../../../src/exchanges/reference.ts';
import type { Transport } from '../../../src/exchanges/transport.ts';
import type { LookDeps, LookEvent } from '../../../src/jobs/account.ts';
import { Errands } from '../../../src/jobs/errands.ts';
import { Journal } from '../../../src/jobs/journal.ts';
import { look } from '../../../src/jobs/look.ts';
import { followed } from '../../../src/jobs/needing.ts';
import { OUTSIDERS, outsiders } from '../../../src/jobs/outsiders.ts';
import { PASS_BY } from '../../../src/jobs/points.ts';
import { LookTimer } from '../../../src/jobs/timers.ts';
import type { MemoryRedis } from '../redis/memory.ts';
import type { AccountPlan } from '../world/plan.ts';
import type { LaneStore } from './lane.ts';
import { Worker } from './lane.ts';
import type { Machine } from './machine.ts';
import { HOSTS } from './network.ts';

/** What all processes share of one account. */
export interface Shared {
  readonly plan: AccountPlan;
  readonly lane: LaneStore;
  readonly stamp: () => string;
}

/** Breaks Ballast on purpose, so that a test can see a judge notice it. */
export interface Spoil {
  readonly deps?: (deps: LookDeps) => LookDeps;
  readonly transport?: (transport: Transport) => Transport;
}

export interface ProcessOptions {
  readonly spoil: Spoil;
  readonly machine: Machine;
  readonly redis: MemoryRedis;
  readonly transport: Transport;
  readonly accounts: readonly Shared[];
  /** What coins cost elsewhere. */
  readonly reference: (account: AccountPlan) => ReferenceFeed;
  readonly onEvent: (account: AccountPlan, event: LookEvent) => void;
  readonly onError: (account: AccountPlan, error: unknown) => void;
}

/** The part of the journal's address that all accounts of a run share. */
export function addressOf({ setup, uid }: AccountPlan): ConstructorParameters<typeof Journal>[1] {
  return { mode: setup.mode, world: '', venue: setup.venue, uid };
}

export class Process {
  readonly machine: Machine;
  readonly seats: readonly Seat[];

  constructor(options: ProcessOptions) {
    this.machine = options.machine;
    const meter = createMeter({ clock: options.machine.clock });
    this.seats = options.accounts.map((shared) => new Seat(options, shared, meter));
  }
}

/** One account in one process: what `Runner` is on real Redis. */
export class Seat {
  readonly #options: ProcessOptions;
  readonly #shared: Shared;
  readonly #journal: Journal;
  readonly #venue: ReportingVenue;
  readonly #timer: LookTimer;
  readonly #errands: Errands;
  #worker: Worker;
  #view: AccountView | null = null;

  constructor(options: ProcessOptions, shared: Shared, meter: Meter) {
    this.#options = options;
    this.#shared = shared;
    const { machine, redis } = options;
    const { plan } = shared;
    this.#journal = new Journal(
      redis.client((name, effect) => machine.call(`redis.${name}`, effect)),
      addressOf(plan),
    );
    const { transport, spoil } = options;
    this.#venue = venueOf(plan, machine, spoil.transport?.(transport) ?? transport, meter);
    this.#worker = this.#hire();
    const { timing } = plan.setup;
    this.#timer = new LookTimer({
      account: plan.setup.name,
      journal: this.#journal,
      ring: (reason) => this.#ring(reason),
      clock: machine.clock,
      lookEveryMs: timing.lookEveryMs,
      takeOverMs: timing.lockMs + timing.stalledMs,
      revive: (reason) => this.#revive(reason),
      onSilent: () => undefined,
      onError: (error) => options.onError(plan, error),
    });
    this.#errands = new Errands([outsiders(this.#deps(), this.#venue)], machine.clock, ({ cause }) => {
      if (!(cause instanceof VenueError)) options.onError(plan, cause);
    });
    this.#timer.start();
    this.#errands.start();
  }

  get account(): AccountPlan {
    return this.#shared.plan;
  }

  /** A price feed spoke. */
  onPrices(prices: Readonly<Record<Asset, Dec>>): void {
    const view = this.#view;
    if (view === null) return;
    const leveled = view.loans.flatMap((loan) => {
      const found = followed(this.account.setup, loan);
      return 'none' in found ? [] : [{ loan, levels: found.levels }];
    });
    const why = worthALook(leveled, prices);
    if (why !== null) void this.#ring(why).catch(() => undefined);
  }

  #ring(reason: string): Promise<void> {
    const { lane } = this.#shared;
    return this.#options.machine.call('lane.ring', () => lane.add(reason, false));
  }

  async #revive(reason: string): Promise<void> {
    this.#worker.close();
    this.#worker = this.#hire();
    const { lane } = this.#shared;
    await this.#options.machine.call('lane.revive', () => lane.add(reason, true));
  }

  #hire(): Worker {
    const { plan, lane } = this.#shared;
    const { lockMs, stalledMs } = plan.setup.timing;
    const { machine, onError } = this.#options;
    const whole = this.#deps();
    const deps = this.#options.spoil.deps?.(whole) ?? whole;
    return new Worker({
      machine,
      store: lane,
      lockMs,
      stalledMs,
      look: (reason, lease, signal) => look(deps, reason, lease, signal),
      onError: (error) => onError(plan, error),
    });
  }

  #deps(): LookDeps {
    const { plan, stamp } = this.#shared;
    return {
      setup: () => plan.setup,
      journal: this.#journal,
      venue: this.#venue,
      reference: this.#options.reference(plan),
      clock: this.#options.machine.clock,
      stamp: stamp(),
      ring: (reason) => this.#ring(reason),
      askRecords: (leastMs) => this.#errands.hurry(OUTSIDERS, leastMs),
      mayClaim: () => true,
      passing: PASS_BY,
      safeguard: null,
      emit: (_account, event) => {
        if (event.type === 'looked') this.#view = event.view;
        if (event.type === 'blind') this.#view = null;
        if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind')
          this.#timer.due(event.nextLookAt);
        this.#options.onEvent(plan, event);
      },
    };
  }
}

const secret = (text: string): { reveal: () => string } => ({ reveal: () => text });

function venueOf(
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
    ? createBinance({ ...common, key: { id: secret(id), secret: secret(key.secret) }, timing, recvWindowMs: 3_000 })
    : createOkx({
        ...common,
        key: { id: secret(id), secret: secret(key.secret), passphrase: secret(passphrase) },
        timing,
        windowMs: 30_000,
      });
}

/** What a send belongs to, for the trace. */
export function wordsOf({ verb, amount, asset, from, loan, state }: Intent): string {
  return `${loan}: ${verb} ${amount} ${asset} from ${from} (${state})`;
}
