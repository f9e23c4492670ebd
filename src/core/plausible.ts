/**
 * Whether a view can be true (DESIGN §2.4): debts, collateral, wallets and thresholds against the last good view, what we
 * sent and what the venue's records explain. Prices and LTVs are not looked at: a −30 % minute is real.
 *
 * A doubt is not a verdict: it ends with a matching record, or when three reads over ten seconds agree.
 */
import type { Intent } from './intent.ts';
import type { AccountView, Asset, CollateralView, LoanId, LoanView, WalletName } from './loan.ts';
import { Dec, ZERO, max, min, parse, sum } from './money.ts';

/** A change that records explain, coins, signed. It may or may not show yet. */
export interface Explained {
  readonly what: 'debt' | 'collateral' | 'wallet';
  /** The loan's id, or the wallet's name. */
  readonly of: string;
  readonly asset: Asset;
  readonly change: Dec;
}

export interface Doubt {
  readonly what: 'debt' | 'collateral' | 'wallet' | 'threshold';
  readonly of: string;
  readonly says: string;
}

/** Debt or collateral under half, or over double, of what is explained is in doubt. */
const HALF: Dec = new Dec('0.5');
const DOUBLE: Dec = new Dec(2);
/** Wallets are used by people: only one that is suddenly all but empty, or absurdly full, is in doubt. */
const ALL_BUT_EMPTY: Dec = new Dec('0.01');
const ABSURD: Dec = new Dec(10);
/** USD below which nothing is worth a doubt. */
const TRIFLE: Dec = new Dec(10);
/** Thresholds move by announcement and seldom; more than a point between two looks is worth a second look. */
const THRESHOLD_STEP: Dec = new Dec('0.01');

/** Reasons not to believe a view; none when it is plausible. @param previous the last view that was believed */
export function plausible(previous: AccountView, view: AccountView, explained: readonly Explained[]): readonly Doubt[] {
  return [
    ...previous.loans.flatMap((before) => loanDoubts(before, view, explained)),
    ...previous.wallets.flatMap((before) => walletDoubts(previous, before.name, view, explained)),
  ];
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

/** Views of one account that agree on every quantity within one percent. */
export function agree(a: AccountView, b: AccountView): boolean {
  const first = quantitiesOf(a);
  const second = quantitiesOf(b);
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].every((name) => isNear(first.get(name) ?? ZERO, second.get(name) ?? ZERO));
}

/** Reads that must agree, and over how long, before a doubted view is believed (DESIGN §2.4). */
export const AGREEING_READS = 3;
export const AGREEING_MS = 10_000;

/** Whether the latest of these doubted views may be believed: enough of them, spread far enough, all agreeing. Oldest first. */
export function doubtIsOver(views: readonly AccountView[], overMs: number = AGREEING_MS): boolean {
  const latest = views[views.length - 1];
  if (latest === undefined) return false;
  const agreeing: AccountView[] = [];
  for (const view of views.toReversed()) {
    if (!agree(view, latest)) break;
    agreeing.push(view);
  }
  const oldest = agreeing[agreeing.length - 1] ?? latest;
  return agreeing.length >= AGREEING_READS && latest.asOf - oldest.asOf >= overMs;
}

/** Debt, collateral and wallet coins of a view, and its thresholds, by name. */
function quantitiesOf(view: AccountView): ReadonlyMap<string, Dec> {
  const all = new Map<string, Dec>();
  for (const loan of view.loans) {
    for (const debt of loan.debts) all.set(`debt ${loan.id} ${debt.asset}`, debt.amount);
    for (const coin of loan.collateral) all.set(`collateral ${loan.id} ${coin.asset}`, coin.amount);
    all.set(`line ${loan.id}`, loan.line);
    all.set(`call ${loan.id}`, loan.call ?? ZERO);
  }
  for (const wallet of view.wallets) {
    for (const [asset, free] of Object.entries(wallet.free)) all.set(`wallet ${wallet.name} ${asset}`, free);
  }
  return all;
}

function isNear(a: Dec, b: Dec): boolean {
  return a.minus(b).abs().lte(max(a.abs(), b.abs()).times('0.01'));
}

function loanDoubts(before: LoanView, view: AccountView, explained: readonly Explained[]): readonly Doubt[] {
  const section = view.sections[before.product];
  const isRead =
    section === undefined ? view.loans.some((one) => one.product === before.product) : section.state === 'fresh';
  if (!isRead || before.status === 'closed') return [];
  const after = view.loans.find((one) => one.id === before.id);
  const debts = before.debts.map((debt) => {
    const now = after?.debts.find((one) => one.asset === debt.asset)?.amount ?? ZERO;
    return coinDoubt(
      { what: 'debt', of: before.id, asset: debt.asset, before: debt.amount, now, price: debt.price },
      explained,
    );
  });
  // collateral of a loan that is gone or closed goes home with it
  const stands = after !== undefined && after.status !== 'closed';
  const coins = stands
    ? before.collateral.map((coin) => coinDoubt(collateralChange(before.id, coin, after), explained))
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
}

function collateralChange(of: LoanId, coin: CollateralView, after: LoanView): Change {
  const now = after.collateral.find((one) => one.asset === coin.asset)?.amount ?? ZERO;
  return { what: 'collateral', of, asset: coin.asset, before: coin.amount, now, price: coin.price };
}

function coinDoubt(change: Change, explained: readonly Explained[]): Doubt | null {
  const { what, of, asset, before, now, price } = change;
  if (max(before, now).times(price).lt(TRIFLE)) return null;
  const range = rangeOf(before, changesOf(explained, what, of, asset));
  const word = now.lt(range.low.times(HALF)) ? 'vanished' : now.gt(range.high.times(DOUBLE)) ? 'grew' : null;
  if (word === null || (before.isZero() && what === 'collateral')) return null;
  return { what, of, says: `${what} ${asset} ${word} from ${before.toFixed()} to ${now.toFixed()} without a record` };
}

function thresholdDoubt(before: LoanView, after: LoanView): Doubt | null {
  const moved = (a: Dec | null, b: Dec | null): boolean =>
    (a === null) !== (b === null) || (a !== null && b !== null && a.minus(b).abs().gt(THRESHOLD_STEP));
  if (!moved(before.line, after.line) && !moved(before.call, after.call)) return null;
  const text = (loan: LoanView): string =>
    `line ${loan.line.toFixed(4)}, call ${loan.call === null ? 'none' : loan.call.toFixed(4)}`;
  return { what: 'threshold', of: before.id, says: `thresholds went from ${text(before)} to ${text(after)}` };
}

function walletDoubts(
  previous: AccountView,
  name: WalletName,
  view: AccountView,
  explained: readonly Explained[],
): readonly Doubt[] {
  const before = previous.wallets.find((one) => one.name === name);
  const after = view.wallets.find((one) => one.name === name);
  if (before === undefined || after === undefined) return [];
  const assets = [...new Set([...Object.keys(before.free), ...Object.keys(after.free)])];
  return assets.flatMap((asset) => {
    const was = before.free[asset] ?? ZERO;
    const now = after.free[asset] ?? ZERO;
    const price = view.prices[asset] ?? previous.prices[asset] ?? null;
    const range = rangeOf(was, changesOf(explained, 'wallet', name, asset));
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

function changesOf(explained: readonly Explained[], what: Explained['what'], of: string, asset: Asset): readonly Dec[] {
  return explained.filter((one) => one.what === what && one.of === of && one.asset === asset).map((one) => one.change);
}

/** Between none and all of the explained changes having happened. */
function rangeOf(before: Dec, changes: readonly Dec[]): { readonly low: Dec; readonly high: Dec } {
  const down = sum(changes.map((change) => min(change, ZERO)));
  const up = sum(changes.map((change) => max(change, ZERO)));
  return { low: max(ZERO, before.plus(down)), high: before.plus(up) };
}
