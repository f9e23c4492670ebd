/** What a margin pocket is worth and how far it may be used: margin levels, haircuts, maximum borrow and transfer (binance.md §10). */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, floor, max, min, parse } from '../../core/money.ts';
import { coinOf, owed } from './holdings.ts';
import type { Pocket } from './holdings.ts';
import type { CollateralBracket } from './tables.ts';

/** USD per unit. */
export type PriceOf = (asset: string) => Dec;
/** Collateral brackets of an asset. */
export type BracketsOf = (asset: string) => readonly CollateralBracket[];

/** A pocket in USD. */
export interface Worth {
  readonly assets: Dec;
  /** Principal and interest. */
  readonly debts: Dec;
}

/** The margin levels at which an account is warned, liquidated, and may borrow; `stop` ends a liquidation (§10.1, §10.5). */
export interface Bars {
  readonly initial: Dec;
  readonly call: Dec;
  readonly liquidation: Dec;
  readonly stop: Dec;
}

/** Transfer-out is possible only above this collateral margin level (§10.1). */
export const TRANSFER_BAR: Dec = parse('2');
/** Everything counts in full. */
export const NO_HAIRCUT: readonly CollateralBracket[] = [{ minUsdValue: ZERO, discountRate: ONE }];
const TICK = parse('0.00000001');

/** Cross bars of a 3x or 5x account (§10.1, §10.5). */
export function crossBars(leverage: 3 | 5): Bars {
  const initial = parse(leverage === 3 ? '1.5' : '1.25');
  return { initial, call: parse(leverage === 3 ? '1.3' : '1.16'), liquidation: parse('1.1'), stop: initial };
}

export function worthOf(pocket: Pocket, priceOf: PriceOf): Worth {
  let assets = ZERO;
  let debts = ZERO;
  for (const [asset, coin] of pocket) {
    const total = coin.free.plus(coin.locked);
    const debt = owed(coin);
    if (total.isZero() && debt.isZero()) continue;
    const price = priceOf(asset);
    assets = assets.plus(total.times(price));
    debts = debts.plus(debt.times(price));
  }
  return { assets, debts };
}

/** Assets / debts; undefined without debt. */
export function levelOf(worth: Worth): Dec | undefined {
  return worth.debts.isZero() ? undefined : worth.assets.div(worth.debts);
}

/** Debts / assets: 0 without debt, 999 when debts face no assets. */
export function ltvOf(worth: Worth): Dec {
  if (worth.debts.isZero()) return ZERO;
  return worth.assets.isZero() ? parse('999') : worth.debts.div(worth.assets);
}

/** USD value after the haircut: brackets are marginal per slice (§5.8). */
export function weighted(usd: Dec, brackets: readonly CollateralBracket[]): Dec {
  let total = ZERO;
  for (const { minUsdValue, maxUsdValue, discountRate } of brackets) {
    const slice = min(usd, maxUsdValue ?? usd).minus(minUsdValue);
    if (slice.gt(0)) total = total.plus(slice.times(discountRate));
  }
  return total;
}

/** Σ of the weighted values of all assets, USD: the numerator of the collateral margin level (§10.1). */
export function collateralOf(pocket: Pocket, priceOf: PriceOf, bracketsOf: BracketsOf): Dec {
  let total = ZERO;
  for (const [asset, coin] of pocket) {
    const coins = coin.free.plus(coin.locked);
    if (!coins.isZero()) total = total.plus(weighted(coins.times(priceOf(asset)), bracketsOf(asset)));
  }
  return total;
}

/** Coins that may leave: everything without debt, else what keeps the collateral margin level strictly above 2. */
export function maxTransferable(pocket: Pocket, asset: string, priceOf: PriceOf, bracketsOf: BracketsOf): Dec {
  const { free, locked } = coinOf(pocket, asset);
  if (free.isZero()) return ZERO;
  const { debts } = worthOf(pocket, priceOf);
  if (debts.isZero()) return free;
  let spare = collateralOf(pocket, priceOf, bracketsOf).minus(TRANSFER_BAR.times(debts));
  if (spare.lte(0)) return ZERO;
  let removable = ZERO;
  const usd = free.plus(locked).times(priceOf(asset));
  // The slice with the least weight leaves first, from the top of the asset's value down.
  for (const { minUsdValue, maxUsdValue, discountRate } of [...bracketsOf(asset)].reverse()) {
    const slice = min(usd, maxUsdValue ?? usd).minus(minUsdValue);
    if (slice.lte(0)) continue;
    const fits = discountRate.isZero() ? slice : min(slice, spare.div(discountRate));
    removable = removable.plus(fits);
    spare = spare.minus(fits.times(discountRate));
    if (fits.lt(slice)) break;
  }
  const coins = floor(removable.div(priceOf(asset)), 8);
  // "> 2", not ">= 2": when nothing is spare any more the last tick has to stay.
  return max(ZERO, min(free, spare.isZero() && coins.gte(removable.div(priceOf(asset))) ? coins.minus(TICK) : coins));
}

/** Coins that may be borrowed before the collateral margin level falls below the initial bar (§10.1). */
export function maxBorrowable(
  pocket: Pocket,
  asset: string,
  initial: Dec,
  priceOf: PriceOf,
  bracketsOf: BracketsOf,
): Dec {
  const { debts } = worthOf(pocket, priceOf);
  let spare = collateralOf(pocket, priceOf, bracketsOf).minus(initial.times(debts));
  if (spare.lte(0)) return ZERO;
  const coin = coinOf(pocket, asset);
  const usd = coin.free.plus(coin.locked).times(priceOf(asset));
  let borrowable = ZERO;
  // What is borrowed lands on top of the asset's value; each slice gives back its weight and costs the initial bar.
  for (const { minUsdValue, maxUsdValue, discountRate } of bracketsOf(asset)) {
    if (maxUsdValue !== undefined && maxUsdValue.lte(usd)) continue;
    const cost = initial.minus(discountRate);
    const fits = spare.div(cost);
    const room = maxUsdValue?.minus(max(usd, minUsdValue));
    if (room === undefined || fits.lte(room)) return floor(borrowable.plus(fits).div(priceOf(asset)), 8);
    borrowable = borrowable.plus(room);
    spare = spare.minus(room.times(cost));
  }
  return floor(borrowable.div(priceOf(asset)), 8);
}

/** The words of §5.2 for a margin level; undefined level: no debt. */
export function statusOf(level: Dec | undefined, bars: Bars): string {
  if (level === undefined || level.gt(TRANSFER_BAR)) return 'EXCESSIVE';
  if (level.gt(bars.call)) return 'NORMAL';
  return level.gt(bars.liquidation) ? 'MARGIN_CALL' : 'FORCE_LIQUIDATION';
}
