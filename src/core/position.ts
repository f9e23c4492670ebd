/**
 * A loan in motion: its quantities before and after each leg of a plan, so that every leg is sized on what the one before
 * leaves behind. Nothing here is rounded.
 */
import type { Intent } from './intent.ts';
import type { Asset, CollateralView, DebtView, LoanView, WeightTier } from './loan.ts';
import type { Levels } from './need.ts';
import { PRODUCT_FACTS } from './products.ts';
import { CRUMB, excess, interestFirst, tiersAfter, valueAdded } from './sizing.ts';
import type { Stand } from './sizing.ts';
import { Dec, ONE, ZERO, max, min, parse, sum } from './money.ts';

/**
 * How far the venue's LTV may lie above the one from quantities before it is believed instead: reads a moment apart and
 * rounding explain this much (okx.md §3.2), more is a different opinion, and safety trusts the worse one (DESIGN §2.7).
 */
export const DISAGREEMENT: Dec = new Dec('0.002');

export type DebtNow = Pick<
  DebtView,
  'asset' | 'amount' | 'principal' | 'interest' | 'price' | 'minRepay' | 'minLeft' | 'decimals'
>;

export interface CoinNow {
  readonly asset: Asset;
  readonly amount: Dec;
  /** Coins inside that a repayment could use at once. */
  readonly free: Dec;
  /** The same, less what the operator keeps there and what an undecided intent may have touched. */
  readonly spendable: Dec;
  /** What the newest transfer of ours brought and is still there. Nothing is kept back of it: it only passes through. */
  readonly brought: Dec;
  readonly price: Dec;
  /** Weight at which an inside repayment takes them out. */
  readonly weight: Dec;
  readonly addTiers: readonly WeightTier[];
  readonly minAdd: Dec | null;
  readonly decimals: number;
}

/** D and C in USD, with the coins behind them. */
export interface Position extends Stand {
  readonly debts: readonly DebtNow[];
  readonly coins: readonly CoinNow[];
}

/** Why D and C are what they are, when they are not simply what the quantities say. */
export interface Basis {
  readonly position: Position;
  readonly notes: readonly string[];
}

export interface InsideRules {
  /** Coins that stay inside, per asset. */
  readonly keep: Readonly<Record<Asset, Dec>>;
  readonly undecided: readonly Intent[];
  /** Our newest calls, settled or not, in no order. */
  readonly recent: readonly Intent[];
}

/** The position a plan starts from: quantities, cut to the worse of what is possible (DESIGN §2.7, §5.7). */
export function positionOf(loan: LoanView, inside: InsideRules): Basis {
  const facts = PRODUCT_FACTS[loan.product];
  const isMine = (intent: Intent): boolean => intent.loan === loan.id;
  const mine = inside.undecided.filter(isMine);
  const calls = { ...inside, undecided: mine, recent: inside.recent.filter(isMine) };
  const coins = loan.collateral.map((coin) => coinNow(coin, facts.insideCounts === 'one' ? ONE : coin.weight, calls));
  const believed = believedCollateral(loan);
  const leaving = mayStillLeave(loan, mine);
  return {
    position: { D: loan.debtValue, C: max(ZERO, believed.C.minus(leaving.usd)), debts: loan.debts, coins },
    notes: [...believed.notes, ...leaving.notes],
  };
}

function coinNow(coin: CollateralView, weight: Dec, mine: InsideRules): CoinNow {
  const kept = mine.keep[coin.asset] ?? ZERO;
  const free = untouched(coin, mine);
  return { ...coin, weight, free, spendable: max(ZERO, free.minus(kept)), brought: broughtIn(coin, mine.recent, kept) };
}

/**
 * Coins inside that no undecided intent can have touched. One that takes coins out may have taken any of them; one that brings
 * some in leaves those alone that were there before it and that we have not paid with since. What it brings counts only once
 * it is settled (DESIGN §5.7).
 */
function untouched({ asset, free }: CollateralView, { undecided, recent }: InsideRules): Dec {
  const here = undecided.filter((intent) => intent.asset === asset);
  if (here.some(({ from }) => from === 'inside')) return ZERO;
  const incoming = here.filter(({ to }) => to === 'inside');
  return incoming.reduce((least, intent) => min(least, stoodBefore(intent, recent)), free);
}

/**
 * What our newest transfer brought in and is still there. Somebody may have used it meanwhile, and then the coins that were
 * inside before it are none of it: they are charged, and kept, like any others. A transfer that is too long ago to be known
 * brought nothing.
 */
function broughtIn({ asset, free }: CollateralView, recent: readonly Intent[], kept: Dec): Dec {
  const transfer = recent
    .filter((one) => one.asset === asset && one.to === 'inside' && one.state === 'confirmed')
    .reduce<Intent | null>((newest, one) => (newest === null || one.epoch > newest.epoch ? one : newest), null);
  if (transfer === null) return ZERO;
  const stood = max(stoodBefore(transfer, recent), min(kept, parse(transfer.before.inside[asset] ?? '0')));
  return min(parse(transfer.amount), max(ZERO, free.minus(stood)));
}

/** Coins that were inside before a transfer brought more, less those that later calls of ours took out again. */
function stoodBefore({ asset, before, epoch }: Intent, recent: readonly Intent[]): Dec {
  const later = recent.filter((one) => one.epoch > epoch && one.asset === asset && one.from === 'inside');
  const taken = later.filter(({ state }) => state === 'confirmed' || state === 'expired');
  return max(ZERO, parse(before.inside[asset] ?? '0').minus(sum(taken.map(({ amount }) => parse(amount)))));
}

/**
 * Whether a plan to `target` would find nothing to do: by quantities the loan is there, unless the venue clearly says worse.
 * A venue that rounds to two decimals may go on to show more than `target`, and more than `act`, after a remedy that was
 * exact to the last coin. Below `act` the interest since then, a crumb, is not worth a plan either.
 */
export function isBack(loan: LoanView, { target, act }: Pick<Levels, 'target' | 'act'>): boolean {
  const stand = { D: loan.debtValue, C: believedCollateral(loan).C };
  if (isAtOrBelow(stand, target)) return true;
  return stand.D.lt(act.times(stand.C)) && excess(stand, target).lt(CRUMB);
}

/** C from quantities, or D over the venue's LTV where the venue clearly says worse. */
function believedCollateral(loan: LoanView): { readonly C: Dec; readonly notes: readonly string[] } {
  const venue = loan.venueLtv;
  if (venue === null || venue.low.minus(loan.ltv).lte(DISAGREEMENT)) return { C: loan.collateralValue, notes: [] };
  return {
    C: loan.debtValue.div(venue.low),
    notes: [`the venue says LTV ${percent(venue.low)}, quantities say ${percent(loan.ltv)}: the worse one is used`],
  };
}

/** Collateral that an undecided release of this loan may still take away: counted as gone until it is seen gone. */
function mayStillLeave(
  loan: LoanView,
  mine: readonly Intent[],
): { readonly usd: Dec; readonly notes: readonly string[] } {
  const releases = mine.filter((intent) => intent.verb === 'transferOut' || intent.verb === 'reduce');
  const lost = releases.map((intent) => {
    const coin = loan.collateral.find((one) => one.asset === intent.asset);
    const before = intent.before.collateral[intent.asset];
    if (coin === undefined || before === undefined) return ZERO;
    const seenGone = coin.amount.lte(parse(before).minus(parse(intent.amount)));
    return seenGone ? ZERO : parse(intent.amount).times(coin.price).times(coin.weight);
  });
  const usd = sum(lost);
  return {
    usd,
    notes: usd.isZero() ? [] : [`an undecided release may still take ${usd.toFixed(2)} USD of collateral`],
  };
}

/** LTV of a position; `null` when debt stands without collateral. */
export function ltvOfStand(stand: Stand): Dec | null {
  if (stand.D.lte(ZERO)) return ZERO;
  return stand.C.lte(ZERO) ? null : stand.D.div(stand.C);
}

/** What rounding at the digits of money.ts may leave of a need, USD: below the worth of any coin's last decimal. */
const RESIDUE: Dec = new Dec('1e-30');

/** Whether the position is at t or better, judged without dividing. */
export function isAtOrBelow(stand: Stand, t: Dec): boolean {
  return excess(stand, t).lte(RESIDUE);
}

/** After coins from outside paid part of a debt. */
export function afterRepayOutside(position: Position, asset: Asset, coins: Dec): Position {
  const debt = position.debts.find((one) => one.asset === asset);
  if (debt === undefined) return position;
  return {
    ...position,
    D: max(ZERO, position.D.minus(coins.times(debt.price))),
    debts: position.debts.map((one) => (one === debt ? paid(one, coins) : one)),
  };
}

/** After coins from inside paid part of a debt: they leave the collateral too, at their weight. */
export function afterRepayInside(position: Position, asset: Asset, coins: Dec): Position {
  const repaid = afterRepayOutside(position, asset, coins);
  const coin = position.coins.find((one) => one.asset === asset);
  if (coin === undefined) return repaid;
  return {
    ...repaid,
    C: max(ZERO, repaid.C.minus(coins.times(coin.price).times(coin.weight))),
    coins: repaid.coins.map((one) => (one === coin ? taken(one, coins) : one)),
  };
}

function taken(coin: CoinNow, coins: Dec): CoinNow {
  const less = (held: Dec): Dec => max(ZERO, held.minus(coins));
  return {
    ...coin,
    amount: less(coin.amount),
    free: less(coin.free),
    spendable: less(coin.spendable),
    brought: less(coin.brought),
  };
}

/** After coins were added as collateral, counted tier by tier. */
export function afterAdd(position: Position, asset: Asset, coins: Dec): Position {
  const coin = position.coins.find((one) => one.asset === asset);
  if (coin === undefined) return position;
  const grown: CoinNow = { ...coin, amount: coin.amount.plus(coins), addTiers: tiersAfter(coins, coin.addTiers) };
  return {
    ...position,
    C: position.C.plus(valueAdded(coins, coin.price, coin.addTiers)),
    coins: position.coins.map((one) => (one === coin ? grown : one)),
  };
}

function paid(debt: DebtNow, coins: Dec): DebtNow {
  return { ...debt, amount: max(ZERO, debt.amount.minus(coins)), ...interestFirst(debt, coins) };
}

/** A ratio as people read it, two decimals. */
export function percent(ratio: Dec): string {
  return `${ratio.times(100).toFixed(2)} %`;
}
