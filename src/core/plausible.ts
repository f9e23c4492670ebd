/**
 * Whether a view can be true (DESIGN §2.4): debts, collateral, wallets and thresholds against the last good view, what we
 * sent and what the venue's records explain. Prices and LTVs are not looked at: a −30 % minute is real.
 *
 * A doubt is not a verdict: it ends with a matching record, or when three reads over ten seconds agree.
 */
import type { Explained, Moves, Part, Range } from './change.ts';
import { TRIFLE, WITHIN, mostInterest, movesOf, rangeOf } from './change.ts';
import type { Intent } from './intent.ts';
import type { AccountView, Asset, CollateralView, LoanId, LoanView, WalletName } from './loan.ts';
import { Dec, ZERO, max, parse, sum } from './money.ts';

/** One part of a view that cannot be true as it stands: a loan or a wallet. The other parts are as good as before. */
export interface Doubt {
  readonly what: 'debt' | 'collateral' | 'wallet' | 'threshold' | 'unknown';
  readonly of: Part;
  readonly says: string;
}

/** What may have moved quantities since a part was last believed. */
export interface Known {
  /** Our calls: each may show or not. */
  readonly ours: readonly Moves[];
  /** What others did by the venue's records, oldest first: reads show all of it up to some moment. */
  readonly others: readonly Moves[];
  /** Reads and records may be this far behind each other. */
  readonly lagMs: number;
}

/** Debt or collateral under half, or over double, of what is explained is in doubt. */
const HALF: Dec = new Dec('0.5');
const DOUBLE: Dec = new Dec(2);
/** Wallets are used by people: only one that is suddenly all but empty, or absurdly full, is in doubt. */
const ALL_BUT_EMPTY: Dec = new Dec('0.01');
const ABSURD: Dec = new Dec(10);
/** Thresholds move by announcement and seldom; more than a point between two looks is worth a second look. */
const THRESHOLD_STEP: Dec = new Dec('0.01');

/** Reasons not to believe parts of a view; none when it is plausible. @param previous what was believed last, part by part */
export function plausible(previous: AccountView, view: AccountView, known: Known): readonly Doubt[] {
  return [
    ...previous.loans.flatMap((before) => loanDoubts(before, view, known)),
    ...previous.wallets.flatMap((before) => walletDoubts(previous, before.name, view, known)),
  ];
}

/**
 * Loans that read as closed and that nothing is remembered of: a journal that forgot cannot say that they owed a moment ago,
 * and a venue that answers zero looks the same. @param previous what was believed last; `null`: nothing yet
 */
export function unknownAndClosed(previous: AccountView | null, view: AccountView): readonly Doubt[] {
  const known = new Set(previous?.loans.map(({ id }) => id));
  return view.loans
    .filter(({ id, status }) => status === 'closed' && !known.has(id))
    .map(({ id }) => ({
      what: 'unknown',
      of: id,
      says: `${id} reads as closed, and nothing is known of it from before: three reads must agree`,
    }));
}

/** What an intent would change if it happened: for intents sent since the last good view, settled or not. */
export function explanationOf(intent: Intent): readonly Explained[] {
  const { asset, loan } = intent;
  const amount = parse(intent.amount);
  const changes: Explained[] = [];
  const change = (what: Explained['what'], of: string, by: Dec): void => {
    changes.push({ what, of, asset, change: by });
  };
  if (intent.verb === 'repay') change('debt', loan, amount.negated());
  if (intent.from === 'inside' || (intent.from === 'loan' && intent.to !== 'loan'))
    change('collateral', loan, amount.negated());
  if (intent.to === 'inside' || intent.verb === 'add') change('collateral', loan, amount);
  if (intent.from !== 'inside' && intent.from !== 'loan') change('wallet', intent.from, amount.negated());
  if (intent.to !== 'inside' && intent.to !== 'loan') change('wallet', intent.to, amount);
  return changes;
}

/** Views that agree on every quantity of one part within one percent. */
export function agree(a: AccountView, b: AccountView, of: Part): boolean {
  const first = quantitiesOf(a, of);
  const second = quantitiesOf(b, of);
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].every((name) => isNear(first.get(name) ?? ZERO, second.get(name) ?? ZERO));
}

/** Reads that must agree, and over how long, before a doubted part is believed (DESIGN §2.4). */
export const AGREEING_READS = 3;
export const AGREEING_MS = 10_000;

/** Whether the latest of these views may be believed about one part: enough of them, spread far enough, all agreeing. Oldest first. */
export function doubtIsOver(views: readonly AccountView[], of: Part, overMs: number = AGREEING_MS): boolean {
  const latest = views[views.length - 1];
  if (latest === undefined) return false;
  const agreeing: AccountView[] = [];
  const section = of.includes('/') ? (of.split('/')[1] ?? '') : `wallet.${of}`;
  // What was not read says nothing, for or against.
  for (const view of views.filter(({ sections }) => sections[section]?.state !== 'failed').toReversed()) {
    if (!agree(view, latest, of)) break;
    agreeing.push(view);
  }
  const oldest = agreeing[agreeing.length - 1] ?? latest;
  return agreeing.length >= AGREEING_READS && latest.asOf - oldest.asOf >= overMs;
}

/** Debt, collateral and thresholds of a loan, or the coins of a wallet, by name. */
function quantitiesOf(view: AccountView, of: Part): ReadonlyMap<string, Dec> {
  const all = new Map<string, Dec>();
  for (const loan of view.loans.filter(({ id }) => id === of)) {
    for (const debt of loan.debts) all.set(`debt ${debt.asset}`, debt.amount);
    for (const coin of loan.collateral) all.set(`collateral ${coin.asset}`, coin.amount);
    // Not every process remembers a loan that is closed, and one that does still names its thresholds.
    if (loan.status === 'closed') continue;
    all.set('line', loan.line);
    all.set('call', loan.call ?? ZERO);
  }
  for (const wallet of view.wallets.filter(({ name }) => name === of)) {
    for (const [asset, free] of Object.entries(wallet.free)) all.set(`wallet ${asset}`, free);
  }
  return all;
}

function isNear(a: Dec, b: Dec): boolean {
  return a.minus(b).abs().lte(max(a.abs(), b.abs()).times('0.01'));
}

/** Whether the section that a loan of the last good view belongs to was read this time. */
export function isRead({ product }: LoanView, view: AccountView): boolean {
  const section = view.sections[product];
  return section === undefined ? view.loans.some((one) => one.product === product) : section.state === 'fresh';
}

/** What may have touched this loan or wallet since that moment: a view of that moment shows a call that it settled. */
export function since({ ours, others, lagMs }: Known, asOf: number): Pick<Known, 'ours' | 'others'> {
  return { ours: ours.filter(({ at }) => at > asOf), others: others.filter(({ at }) => at >= asOf - lagMs) };
}

function loanDoubts(before: LoanView, view: AccountView, known: Known): readonly Doubt[] {
  if (!isRead(before, view) || before.status === 'closed') return [];
  const after = view.loans.find((one) => one.id === before.id);
  const ms = (after?.asOf ?? view.asOf) - before.asOf;
  const moves = since(known, before.asOf);
  const debts = before.debts.map(({ asset, amount, price }) => {
    const now = after?.debts.find((one) => one.asset === asset)?.amount ?? ZERO;
    const interest = mostInterest(amount, ms);
    return coinDoubt({ what: 'debt', of: before.id, asset, before: amount, now, price, interest }, moves);
  });
  // collateral of a loan that is gone or closed goes home with it
  const stands = after !== undefined && after.status !== 'closed';
  const coins = stands
    ? before.collateral.map((coin) => coinDoubt(collateralChange(before.id, coin, after), moves))
    : [];
  return [...debts, ...coins, stands ? thresholdDoubt(before, after) : null].filter((doubt) => doubt !== null);
}

interface Change {
  readonly what: 'debt' | 'collateral';
  readonly of: LoanId;
  readonly asset: Asset;
  readonly before: Dec;
  readonly now: Dec;
  readonly price: Dec;
  /** Most that interest alone may have added. */
  readonly interest: Dec;
}

function collateralChange(of: LoanId, coin: CollateralView, after: LoanView): Change {
  const { asset, amount, price } = coin;
  const now = after.collateral.find((one) => one.asset === asset)?.amount ?? ZERO;
  return { what: 'collateral', of, asset, before: amount, now, price, interest: ZERO };
}

function coinDoubt(change: Change, { ours, others }: Pick<Known, 'ours' | 'others'>): Doubt | null {
  const { what, of, asset, before, now, price } = change;
  if (max(before, now).times(price).lt(TRIFLE)) return null;
  const range = rangeOf(before, movesOf(ours, change));
  const word = now.lt(range.low.times(HALF)) ? 'vanished' : now.gt(range.high.times(DOUBLE)) ? 'grew' : null;
  if (word === null || (before.isZero() && what === 'collateral')) return null;
  if (isExplained(change, range, movesOf(others, change))) return null;
  return { what, of, says: `${what} ${asset} ${word} from ${before.toFixed()} to ${now.toFixed()} without a record` };
}

/**
 * Whether the venue's records lead to a quantity, and not merely exist. Reads show everything up to some moment, so a row
 * of acts without a gap must lead there; the first ones may have shown before. Within interest and one percent of what moved.
 */
function isExplained({ now, interest }: Change, { low, high }: Range, acts: readonly Dec[]): boolean {
  return acts.some((_, first) => {
    let moved = ZERO;
    return acts.slice(first).some((act) => {
      moved = moved.plus(act);
      const near = moved.abs().times(WITHIN);
      return now.gte(low.plus(moved).minus(near)) && now.lte(high.plus(moved).plus(near).plus(interest));
    });
  });
}

function thresholdDoubt(before: LoanView, after: LoanView): Doubt | null {
  const moved = (a: Dec | null, b: Dec | null): boolean =>
    (a === null) !== (b === null) || (a !== null && b !== null && a.minus(b).abs().gt(THRESHOLD_STEP));
  if (!moved(before.line, after.line) && !moved(before.call, after.call)) return null;
  const text = (loan: LoanView): string =>
    `line ${loan.line.toFixed(4)}, call ${loan.call === null ? 'none' : loan.call.toFixed(4)}`;
  return { what: 'threshold', of: before.id, says: `thresholds went from ${text(before)} to ${text(after)}` };
}

function walletDoubts(previous: AccountView, name: WalletName, view: AccountView, known: Known): readonly Doubt[] {
  const before = previous.wallets.find((one) => one.name === name);
  const after = view.wallets.find((one) => one.name === name);
  if (before === undefined || after === undefined) return [];
  const { ours, others } = since(known, before.asOf);
  const assets = [...new Set([...Object.keys(before.free), ...Object.keys(after.free)])];
  return assets.flatMap((asset) => {
    const was = before.free[asset] ?? ZERO;
    const now = after.free[asset] ?? ZERO;
    const price = view.prices[asset] ?? previous.prices[asset] ?? null;
    const range = rangeOf(was, movesOf([...ours, ...others], { what: 'wallet', of: name, asset }));
    const worth = (coins: Dec): Dec | null => (price === null ? null : coins.times(price));
    const emptied = now.lt(range.low.times(ALL_BUT_EMPTY)) && !isTrifle(worth(was));
    const gained = worth(now.minus(range.high));
    const absurd = gained !== null && gained.gt(valueOf(previous).times(ABSURD)) && valueOf(previous).gt(TRIFLE);
    if (!emptied && !absurd) return [];
    const says = `wallet ${name} ${asset} went from ${was.toFixed()} to ${now.toFixed()} without a record`;
    return [{ what: 'wallet' as const, of: name, says }];
  });
}

function isTrifle(usd: Dec | null): boolean {
  return usd !== null && usd.lt(TRIFLE);
}

/** USD of everything an account was last believed to hold. */
function valueOf(view: AccountView): Dec {
  const wallets = view.wallets.flatMap((wallet) =>
    Object.entries(wallet.free).map(([asset, free]) => free.times(view.prices[asset] ?? ZERO)),
  );
  return sum([...view.loans.map((loan) => loan.collateralValue), ...wallets]);
}
