/** Opens what accounts are read from: the built-in simulated exchanges where the file names them, and one venue per account. */
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import { worldOf } from '../config/world.ts';
import type { Product } from '../core/loan.ts';
import { PRODUCTS } from '../core/loan.ts';
import type { ReportingVenue } from '../exchanges/exchange.ts';
import type { VenueLog } from '../exchanges/kit.ts';
import type { ReferenceFeed } from '../exchanges/reference.ts';
import type { Traffic } from '../exchanges/traffic.ts';
import { createReferenceFor, createVenue } from '../exchanges/venues.ts';
import type { SimulatorAddresses } from '../replay/simulated.ts';
import { Simulated, SimulatorError } from '../replay/simulated.ts';
import { DID_NOT_START, EXIT, Ending } from './exit.ts';

export interface SimulatedOptions {
  readonly config: Config;
  /** Compiled entry of the simulator's process, and the folder of shipped tapes. */
  readonly simulatorEntry: string;
  readonly tapesDir: string;
  /** Overrides the tape of the policy file. */
  readonly tape: string | readonly string[] | null;
  /** They ended by themselves. */
  readonly onFatal: (ending: Ending) => void;
}

/** `null` when the file names none. @throws Ending */
export async function startSimulated(
  { config, ...options }: SimulatedOptions,
  closers: (() => Promise<unknown>)[],
): Promise<Simulated | null> {
  if (config.simulation === null) {
    if (options.tape === null) return null;
    throw new Ending(EXIT.usage, {
      happened: `a tape moves simulated exchanges, and ${config.sourcePath} names none.`,
      ballast: DID_NOT_START,
      operator: 'leave --tape out, or use a policy file with simulated accounts, like the shipped config.yaml.',
    });
  }
  const { simulatorEntry: entry, tapesDir, onFatal } = options;
  const tape = options.tape ?? config.simulation.tape;
  const simulated = await Simulated.start({ entry, world: worldOf(config), tape, tapesDir }, (says) => {
    onFatal(simulatorGone(says));
  }).catch((error: unknown) => {
    throw error instanceof SimulatorError ? refusedInput(error) : error;
  });
  closers.push(() => simulated.stop());
  return simulated;
}

function refusedInput({ trouble, message }: SimulatorError): Ending {
  const operator =
    'name one of the shipped tapes, or whole CSV files (SYMBOL=path names the symbol), with --tape or as `tape` in the policy file.';
  return new Ending(trouble === 'input' ? EXIT.config : EXIT.unavailable, {
    happened: `the simulated exchanges cannot play: ${message}`,
    ballast: DID_NOT_START,
    operator: trouble === 'input' ? operator : 'start again; if it happens again, report it with this text.',
  });
}

/** The built-in exchanges ended or do not answer. A real venue that does so is waited for; without these there is no tape. */
export function simulatorGone(happened: string): Ending {
  return new Ending(EXIT.unavailable, {
    happened,
    ballast:
      'it stopped, and sends nothing more. The journal holds what was in flight; a new run begins a new simulated world.',
    operator: 'start Ballast again.',
  });
}

export interface VenueOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: VenueLog;
  readonly traffic?: Traffic;
}

/** @param products by default those that the account's rules name */
export function venueOf(
  options: VenueOptions,
  account: AccountConfig,
  simulated: SimulatorAddresses | null,
  products: readonly Product[] = namedProducts(account),
): ReportingVenue {
  const { timing } = account;
  return createVenue({
    ...placeOf(options, account),
    account: account.name,
    key: account.key,
    hosts: account.simulated && simulated !== null ? simulated[account.venue] : account.hosts,
    products,
    expectUid: account.expectUid,
    allowWithdraw: account.allowWithdraw,
    lagMarginMs: timing.lagMarginMs,
    binanceRecvWindowMs: timing.binanceRecvWindowMs,
    okxWindowMs: timing.okxWindowMs,
    tagIntents: account.simulated,
    traffic: options.traffic,
  });
}

function namedProducts({ loans }: AccountConfig): readonly Product[] {
  return [...new Set(loans.map((rule) => rule.product))];
}

/** Products of the account's venue that no rule names; none where the file says that unlisted loans are ignored. */
export function unnamedProducts(account: AccountConfig): readonly Product[] {
  if (account.unlisted.kind === 'ignore') return [];
  const named = namedProducts(account);
  return PRODUCTS.filter((product) => product.startsWith(`${account.venue}.`) && !named.includes(product));
}

/** What is the same for an account's venue and its second source of prices. */
export function placeOf({ config, clock, log }: VenueOptions, { venue, timing: { requestDeadlineMs } }: AccountConfig) {
  return { venue, clock, log, requestDeadlineMs, waitsScale: requestDeadlineMs / config.timing.requestDeadlineMs };
}

/** By account; those that ask the same source share one reading. It has begun before the first look wants to know. */
export function openReferences(
  options: VenueOptions,
  simulated: SimulatorAddresses | null,
  closers: (() => Promise<unknown>)[],
): ReadonlyMap<string, ReferenceFeed> {
  const { accounts, dislocation } = options.config;
  const opened = accounts.map((account) => {
    const other = account.venue === 'binance' ? 'okx' : 'binance';
    const rest = account.simulated && simulated !== null ? simulated[other].rest : dislocation.hosts[other];
    const reference = createReferenceFor({ ...placeOf(options, account), rest, simulated: account.simulated });
    closers.push(() => reference.stop());
    if (!reference.pulled) void reference.refresh();
    return [account.name, reference] as const;
  });
  return new Map(opened);
}
