/**
 * Interest by day, read now and then beside the lane, so that `costs` needs no call to the venue. Rows of the venue where it
 * lists them. Flexible loans of Binance have no such list: there it is what the debt grew between two good looks beyond what
 * our own confirmed payments explain. A change that interest cannot explain is named and not counted.
 *
 * A day's sum only grows: rows are read again with an overlap, and a list that came back shorter is a gap, not a refund.
 */
import { isoOf } from '../clock.ts';
import type { Intent } from '../core/intent.ts';
import { UNDECIDED } from '../core/intent.ts';
import type { AccountView, Asset, LoanId, Product } from '../core/loan.ts';
import { type Dec, Dec as Decimal, ZERO, max, parse, sum } from '../core/money.ts';
import type { Costs, Gap } from '../exchanges/exchange.ts';
import type { Errand } from './errands.ts';
import type { Shelf } from './shelf.ts';
import { attempt } from './terms.ts';
import type { Failed, ReportDeps } from './terms.ts';

export const INTEREST_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
/** OKX lists interest of flexible loans for thirty days; a first read asks for the whole days of them. */
const FIRST_DAYS = 29;
/** Venues book late: days this far back are read again. */
const OVERLAP_DAYS = 1;
const KEPT_DAYS = 400;
const UNEXPLAINED_KEPT = 20;

/** Products whose interest the venue lists nowhere. */
export const UNLISTED_INTEREST: readonly Product[] = ['binance.flexibleLoan'];

/** Interest of one loan and coin on one day. */
export interface DaySum {
  readonly coins: Dec;
  /** The part of it whose yearly rate is known, and that part divided by its rate: coins × years of debt. */
  readonly rated: Dec;
  readonly coinYears: Dec;
}

/** A change of debt that is neither interest nor ours. */
export interface Unexplained {
  readonly at: number;
  readonly loan: LoanId;
  readonly says: string;
}

export interface KeptInterest {
  /** The venue's dates, ms: nothing before it was asked for; zero when everything was. `null` before the first read. */
  readonly since: number | null;
  /** Where the next read begins, and when the last one succeeded, wall ms. */
  readonly from: number | null;
  readonly readAt: number | null;
  readonly failed: Failed | null;
  readonly gaps: readonly Gap[];
  /** UTC day `2026-01-31` → `LOAN ASSET` → sum; rows that name no loan are under their product. */
  readonly days: Readonly<Record<string, Readonly<Record<string, DaySum>>>>;
  /** `LOAN ASSET` → debt at a good look: where the next growth is counted from. */
  readonly bases: Readonly<Record<string, Base>>;
  readonly unexplained: readonly Unexplained[];
}

interface Base {
  readonly at: number;
  /** Since when the growth of this debt is counted. */
  readonly since: number;
  readonly debt: Dec;
}

const NOTHING: KeptInterest = {
  ...{ since: null, from: null, readAt: null, failed: null },
  ...{ gaps: [], days: {}, bases: {}, unexplained: [] },
};

export function interestErrand({ reports, shelf, clock, scale, byTape }: ReportDeps): Errand {
  const everyMs = Math.ceil(INTEREST_EVERY_MS * scale);
  return {
    name: 'interest',
    everyMs,
    run: async (signal) => {
      const now = clock.wall();
      const before = await keptInterest(shelf);
      const from = byTape ? 0 : (before.from ?? dayStart(now) - FIRST_DAYS * DAY_MS);
      const read = await attempt(signal, everyMs, clock, (within) => reports.costs(from, within));
      const view = await shelf.view();
      const known = await keptInterest(shelf);
      const listed = 'failed' in read ? { ...known, failed: read.failed } : withRows(known, read.value, from, now);
      const earliest = Math.min(now, ...Object.values(listed.bases).map(({ at }) => at));
      const grown = view === null ? listed : withGrowth(listed, view, await shelf.intentsSince(earliest));
      await shelf.keep('interest', { ...grown, days: youngest(grown.days) });
    },
  };
}

export async function keptInterest(shelf: Shelf): Promise<KeptInterest> {
  return ((await shelf.report('interest')) as KeptInterest | null) ?? NOTHING;
}

export function dayOf(ms: number): string {
  return isoOf(ms).slice(0, 10);
}

/** What a venue's rows add to what is known. */
export function withRows(known: KeptInterest, { rows, gaps }: Costs, from: number, now: number): KeptInterest {
  const read = new Map<string, Map<string, DaySum>>();
  for (const { loan, product, asset, at, amount, ratePerYear } of rows) {
    const day = read.get(dayOf(at)) ?? new Map<string, DaySum>();
    const key = `${loan ?? product} ${asset}`;
    const rate = ratePerYear === null || ratePerYear.isZero() ? null : ratePerYear;
    const row = {
      coins: amount,
      rated: rate === null ? ZERO : amount,
      coinYears: rate === null ? ZERO : amount.div(rate),
    };
    day.set(key, added(day.get(key), row));
    read.set(dayOf(at), day);
  }
  const days = { ...known.days };
  for (const [day, sums] of read) {
    const merged = { ...days[day] };
    for (const [key, one] of sums) merged[key] = larger(merged[key], one);
    days[day] = merged;
  }
  // A gap with a part in its name is a list that could not be read, or not to its end: it is asked for again.
  const whole = gaps.every(({ section }) => !section.includes(' '));
  return {
    ...known,
    since: Math.min(known.since ?? from, from),
    from: whole ? dayStart(now) - OVERLAP_DAYS * DAY_MS : from,
    readAt: now,
    failed: null,
    gaps: gaps.filter(({ section }) => !UNLISTED_INTEREST.some((product) => product === section)),
    days,
  };
}

/**
 * Growth of debts whose interest nobody lists. A debt is only compared between two looks that show all our payments.
 * @param intents every one that may have moved money since the oldest base
 */
export function withGrowth(known: KeptInterest, view: AccountView, intents: readonly Intent[]): KeptInterest {
  let next = known;
  for (const loan of view.loans) {
    if (!UNLISTED_INTEREST.includes(loan.product) || view.sections[loan.product]?.state !== 'fresh') continue;
    const mine = intents.filter((intent) => intent.loan === loan.id && intent.verb === 'repay');
    if (mine.some((intent) => UNDECIDED.includes(intent.state) || (intent.settledAt ?? 0) > view.asOf)) continue;
    for (const { asset, amount } of loan.debts) next = grown(next, loan.id, asset, amount, view.asOf, mine);
  }
  return { ...next, bases: living(next.bases, view) };
}

/** Without those of loans that a good look does not hold any more. */
function living(bases: KeptInterest['bases'], view: AccountView): KeptInterest['bases'] {
  const there = new Set(view.loans.flatMap(({ id, debts }) => debts.map(({ asset }) => `${id} ${asset}`)));
  const kept = Object.entries(bases).filter(
    ([key]) => there.has(key) || view.sections[key.split('/')[1] ?? '']?.state !== 'fresh',
  );
  return Object.fromEntries(kept);
}

function grown(
  known: KeptInterest,
  loan: LoanId,
  asset: Asset,
  debt: Dec,
  at: number,
  mine: readonly Intent[],
): KeptInterest {
  const key = `${loan} ${asset}`;
  const base = known.bases[key];
  if (base !== undefined && at <= base.at) return known;
  const rebased = (since: number): KeptInterest => ({
    ...known,
    bases: { ...known.bases, [key]: { at, since, debt } },
  });
  if (base === undefined) return rebased(at);
  const since = mine.filter(({ settledAt }) => settledAt !== null && settledAt > base.at && settledAt <= at);
  const repaid = sum(
    since.filter((one) => one.asset === asset && one.state === 'confirmed').map((one) => parse(one.amount)),
  );
  const growth = debt.plus(repaid).minus(base.debt);
  const doubtful = since.some(({ state }) => state === 'expired');
  if (!doubtful && !growth.isNegative() && growth.lte(mostGrowth(base, at))) {
    const day = dayOf(at);
    // Its rate would need the time that passed for the debt; on a tape that is not ours.
    const one: DaySum = { coins: growth, rated: ZERO, coinYears: ZERO };
    const days = { ...known.days, [day]: { ...known.days[day], [key]: added(known.days[day]?.[key], one) } };
    return { ...rebased(base.since), days };
  }
  const says = doubtful
    ? `a payment of unknown result lies between ${isoOf(base.at)} and ${isoOf(at)}`
    : `between ${isoOf(base.at)} and ${isoOf(at)} the debt changed by ${growth.toFixed()} ${asset}, which is not interest`;
  const unexplained = [...known.unexplained, { at, loan, says }].slice(-UNEXPLAINED_KEPT);
  return { ...rebased(base.since), unexplained };
}

/** Interest beyond this is no interest: half a percent a day, and a little for looks that lie close together on a tape. */
const MOST_PER_DAY: Dec = new Decimal('0.005');
const MOST_AT_ONCE: Dec = new Decimal('0.001');

function mostGrowth({ at: before, debt }: Base, at: number): Dec {
  return debt.times(max(MOST_AT_ONCE, MOST_PER_DAY.times(at - before).div(DAY_MS)));
}

function added(known: DaySum | undefined, more: DaySum): DaySum {
  if (known === undefined) return more;
  return {
    coins: known.coins.plus(more.coins),
    rated: known.rated.plus(more.rated),
    coinYears: known.coinYears.plus(more.coinYears),
  };
}

function larger(known: DaySum | undefined, read: DaySum): DaySum {
  return known !== undefined && known.coins.gt(read.coins) ? known : read;
}

function dayStart(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

function youngest(days: KeptInterest['days']): KeptInterest['days'] {
  const names = Object.keys(days).sort().slice(-KEPT_DAYS);
  return Object.fromEntries(names.map((name) => [name, days[name] ?? {}]));
}
