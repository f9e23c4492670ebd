/**
 * Limits only shrink or veto (DESIGN §2.5, §5.6): sliding windows over what was charged, smallest wins.
 *
 * Windows of a policy count every charge of the account on loans that follow the same policy, whichever tier it was charged
 * in: the urgent tier is wider, not additional. A leg fed by its own transfer was paid for when the transfer was and is
 * charged zero. What was released has a window of its own: it may not use up what protects. All values are USD unless a
 * name says coins.
 */
import type { Asset, LoanId } from './loan.ts';
import type { Charge, Reservation } from './need.ts';
import type { Caps, Limits, Policy, Rung } from './policy.ts';
import { type Dec, ZERO, max, parse, sum } from './money.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The rung that charges and intents of a release carry: no rung of the ladder asked for them. */
export const RELEASE_RUNG = 0;

/** The rung of what others paid into a loan, where it is charged all the same: a limit of one rung does not count it. */
export const OUTSIDE_RUNG = -1;

export type Tier = 'normal' | 'urgent';
export type LimitName = 'perAction' | 'perHour' | 'perDay' | 'perIncident' | `atMost of rung ${number}`;

/** A charge with its decimals read once. Planned money of the same call takes the same shape. */
export interface Spent {
  readonly at: number;
  readonly loan: LoanId;
  readonly episode: string;
  readonly rung: number;
  readonly asset: Asset;
  readonly coins: Dec;
  readonly usd: Dec;
}

export function spentOf(charges: readonly Charge[]): readonly Spent[] {
  return charges.map((charge) => spent(charge, charge.at));
}

/** Reserved money counts like money that is spent now. */
export function reservedOf(reserved: readonly Reservation[], now: number): readonly Spent[] {
  return reserved.map((one) => spent(one, now));
}

function spent({ loan, episode, rung, asset, amount, usd }: Reservation, at: number): Spent {
  return { at, loan, episode, rung, asset, coins: parse(amount), usd: parse(usd) };
}

/** How much may still be charged, USD; `usd: null` is without limit. `binding` names the limit that is smallest. */
export interface Room {
  readonly usd: Dec | null;
  readonly binding: LimitName | null;
}

export const UNLIMITED: Room = { usd: null, binding: null };

export interface RoomAsk {
  readonly now: number;
  readonly policy: Policy;
  readonly tier: Tier;
  readonly episode: string;
  readonly rung: Rung | null;
  readonly spent: readonly Spent[];
  /** Whether a charge on this loan counts against this policy's windows. */
  readonly counts: (loan: LoanId) => boolean;
  /** USD per coin of an asset, for rung limits written in coins; `null` when unknown. */
  readonly priceOf: (asset: Asset) => Dec | null;
}

export function capsOf(limits: Limits, tier: Tier): Caps {
  return tier === 'urgent' ? limits.urgent : limits;
}

/** Room under every limit, with the smallest named: what one action of this rung may cost now. */
export function room(ask: RoomAsk): Room {
  return smaller(windowRoom(ask), actionRoom(ask.policy.limits, ask.tier));
}

/** Room under the limits that count money over time: hour, day, incident and the rung's own. */
export function windowRoom(ask: RoomAsk): Room {
  return windowRooms(ask).reduce(smaller, UNLIMITED);
}

/** The same limit by limit. */
export function windowRooms(ask: RoomAsk): readonly Room[] {
  const caps = capsOf(ask.policy.limits, ask.tier);
  const counted = ask.spent.filter((one) => one.rung !== RELEASE_RUNG && ask.counts(one.loan));
  return [
    left('perHour', caps.perHour, () => usdOf(within(counted, ask.now, HOUR_MS))),
    left('perDay', caps.perDay, () => usdOf(within(counted, ask.now, DAY_MS))),
    left('perIncident', caps.perIncident, () => usdOf(counted.filter((one) => one.episode === ask.episode))),
    ask.rung === null ? UNLIMITED : rungRoom(ask, ask.rung, counted),
  ];
}

/** What may still be released under a policy's `release.perDay`, USD: the last 24 hours' releases count, nothing else. */
export function releaseRoom(perDay: Dec, ask: Pick<RoomAsk, 'now' | 'spent' | 'counts'>): Dec {
  const released = ask.spent.filter((one) => one.rung === RELEASE_RUNG && ask.counts(one.loan));
  return max(ZERO, perDay.minus(usdOf(within(released, ask.now, DAY_MS))));
}

/** Room of one action. */
export function actionRoom(limits: Limits, tier: Tier): Room {
  return left('perAction', capsOf(limits, tier).perAction, () => ZERO);
}

/** The smaller of two rooms; on equal rooms the first keeps its name. */
export function smaller(a: Room, b: Room): Room {
  if (b.usd === null) return a;
  return a.usd === null || b.usd.lt(a.usd) ? b : a;
}

/**
 * The fuse: sends in a row without any effect within the policy's window (DESIGN §2.6). Blown at the policy's count; it
 * stops even urgent actions, because what has no effect rescues nothing.
 * @param times when the loan's fruitless sends in a row were, on the clock of `now`
 */
export function fuse({ actions }: Limits, times: readonly number[], now: number): { blown: boolean; count: number } {
  const count = times.filter((at) => at > now - actions.perMs).length;
  return { blown: count >= actions.count, count };
}

function left(name: LimitName, cap: Dec | null, used: () => Dec): Room {
  return cap === null ? UNLIMITED : { usd: max(ZERO, cap.minus(used())), binding: name };
}

/** Charges younger than the window. One from the future (a clock that went back) still counts. */
function within(spent: readonly Spent[], now: number, windowMs: number): readonly Spent[] {
  return spent.filter((one) => one.at > now - windowMs);
}

function usdOf(spent: readonly Spent[]): Dec {
  return sum(spent.map((one) => one.usd));
}

/** A rung's own `atMost`, counted in its own asset and turned into USD; of an asset without a price nothing is left. */
function rungRoom(ask: RoomAsk, rung: Rung, counted: readonly Spent[]): Room {
  if (rung.atMost === null) return UNLIMITED;
  const { amount, perMs } = rung.atMost;
  const mine = within(counted, ask.now, perMs).filter((one) => one.rung === rung.number);
  const name: LimitName = `atMost of rung ${rung.number}`;
  if (amount.asset === 'USD') return left(name, amount.value, () => usdOf(mine));
  const price = ask.priceOf(amount.asset);
  if (price === null) return { usd: ZERO, binding: name };
  const used = mine.map((one) => (one.asset === amount.asset && !one.usd.isZero() ? one.coins : one.usd.div(price)));
  return { usd: max(ZERO, amount.value.minus(sum(used))).times(price), binding: name };
}
