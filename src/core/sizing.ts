/**
 * How much: the quantities of DESIGN §5.2 as small pure functions. Each fixture of the sizing oracle (X01 … X30) is one of
 * these formulas with its bounds.
 *
 * D is the debt's value and C the weighted collateral's value, both USD at the venue's index; t is the LTV to reach;
 * w the marginal weight of a coin; prices are USD per coin; results are coins, unrounded. A result of zero or less means
 * that nothing is needed. Rounding and limits come later (fit.ts), so that every step can be shown.
 */
import type { WeightTier } from './loan.ts';
import { Dec, ONE, ZERO, floor, max, min } from './money.ts';

/**
 * USD. Marks, rounding and interest ahead leave less than this behind, inside and in wallets. A call for it takes as long
 * as one for thousands, and a place under the venue's limits, while the loan goes on falling.
 */
export const CRUMB: Dec = new Dec(1);

/** Where a loan stands in value: D and C in USD. */
export interface Stand {
  readonly D: Dec;
  readonly C: Dec;
}

/** Debt value above what the collateral carries at t: the USD an outside repayment must bring. Negative: headroom. */
export function excess(stand: Stand, t: Dec): Dec {
  return stand.D.minus(t.times(stand.C));
}

/** Repay with money from outside the loan: (D − tC) / p. X01, X12. */
export function repayOutside(stand: Stand, t: Dec, price: Dec): Dec {
  return excess(stand, t).div(price);
}

/**
 * Repay with coins that count as collateral at w, so that each one paid takes w with it: (D − tC) / (p − t·w·pc), where pc
 * is the coin's price as collateral (the same index as p everywhere but for rounding). X02, X06, X14 (w = 1), X29.
 * @returns `null` when paying so does not help: t·w·pc reaches p
 */
export function repayInside(stand: Stand, t: Dec, weight: Dec, price: Dec, priceAsCollateral: Dec): Dec | null {
  const relief = price.minus(t.times(weight).times(priceAsCollateral));
  return relief.lte(ZERO) ? null : excess(stand, t).div(relief);
}

/** Coins, and whether they close the need; tiers with weight zero or without room leave it open. */
export interface Added {
  readonly coins: Dec;
  readonly closes: boolean;
}

/**
 * Add collateral: (D/t − C) / (w·P), walking the marginal tiers and stopping where w = 0. X04, X08, X10, X16.
 * An average weight would overstate the relief and miss the level (X10).
 */
export function addCollateral(stand: Stand, t: Dec, price: Dec, tiers: readonly WeightTier[]): Added {
  let gap = stand.D.div(t).minus(stand.C);
  let coins = ZERO;
  for (const tier of tiers) {
    if (gap.lte(ZERO) || tier.weight.lte(ZERO)) break;
    const perCoin = tier.weight.times(price);
    const wanted = gap.div(perCoin);
    if (tier.room === null || wanted.lte(tier.room)) return { coins: coins.plus(wanted), closes: true };
    coins = coins.plus(tier.room);
    gap = gap.minus(tier.room.times(perCoin));
  }
  return { coins, closes: gap.lte(ZERO) };
}

/** Weighted USD value that so many coins add, tier by tier; the opposite view of {@link addCollateral}. */
export function valueAdded(coins: Dec, price: Dec, tiers: readonly WeightTier[]): Dec {
  let left = coins;
  let value = ZERO;
  for (const tier of tiers) {
    if (left.lte(ZERO)) break;
    const used = tier.room === null ? left : min(left, tier.room);
    value = value.plus(used.times(price).times(tier.weight));
    left = left.minus(used);
  }
  return value;
}

/** The tiers that remain after so many coins went in. */
export function tiersAfter(coins: Dec, tiers: readonly WeightTier[]): readonly WeightTier[] {
  let left = coins;
  const rest: WeightTier[] = [];
  for (const tier of tiers) {
    const used = tier.room === null ? ZERO : min(left, tier.room);
    if (tier.room === null) rest.push(tier);
    else if (tier.room.gt(used)) rest.push({ room: tier.room.minus(used), weight: tier.weight });
    left = left.minus(used);
  }
  return rest;
}

/**
 * Release collateral down to LTV t: (C − D/t) / (w·P), the last tier leaving first. X05 (LTV bound).
 * @param leaving tiers of the coins held, in the order in which they leave
 * @returns coins, never more than the tiers hold
 */
export function releaseCollateral(stand: Stand, t: Dec, price: Dec, leaving: readonly WeightTier[]): Dec {
  return leaveWhile(stand.C.minus(stand.D.div(t)), price, leaving);
}

/**
 * Most coins that may leave while a haircut margin level stays STRICTLY above a ratio: Binance cross margin lets collateral
 * out only above 2 (X05: 14.99999999, not 15).
 * @param weighted haircut value of all collateral, USD  @param debt USD  @param leaving tiers in leaving order
 */
export function releaseKeepingRatio(
  ask: {
    readonly weighted: Dec;
    readonly debt: Dec;
    readonly ratio: Dec;
    readonly price: Dec;
    readonly decimals: number;
  },
  leaving: readonly WeightTier[],
): Dec {
  const exact = leaveWhile(ask.weighted.minus(ask.debt.times(ask.ratio)), ask.price, leaving);
  const rounded = floor(exact, ask.decimals);
  const unit = new Dec(10).pow(-ask.decimals);
  return max(ZERO, rounded.eq(exact) ? rounded.minus(unit) : rounded);
}

/** Coins whose weighted value uses up `spare` USD, tier by tier. */
function leaveWhile(spare: Dec, price: Dec, leaving: readonly WeightTier[]): Dec {
  let left = spare;
  let coins = ZERO;
  for (const tier of leaving) {
    if (left.lte(ZERO)) break;
    const perCoin = tier.weight.times(price);
    const wanted = perCoin.isZero() ? tier.room : left.div(perCoin);
    const leave = tier.room === null ? wanted : wanted === null ? tier.room : min(wanted, tier.room);
    if (leave === null) break;
    coins = coins.plus(leave);
    left = left.minus(leave.times(perCoin));
  }
  return coins;
}

/**
 * Sell collateral at cost share s and repay with it: (D − tC) / (1 − t·w/(1 − s)), in USD of debt repaid. X30.
 * @returns `null` when selling cannot help: t·w/(1 − s) reaches 1
 */
export function sellCollateral(
  stand: Stand,
  t: Dec,
  weight: Dec,
  cost: Dec,
): { readonly repaidUsd: Dec; readonly soldUsd: Dec } | null {
  const keeps = ONE.minus(cost);
  if (keeps.lte(ZERO)) return null;
  const relief = ONE.minus(t.times(weight).div(keeps));
  if (relief.lte(ZERO)) return null;
  const repaidUsd = excess(stand, t).div(relief);
  return { repaidUsd, soldUsd: repaidUsd.div(keeps) };
}

/** Splits a repayment the way the venues do: interest first, then principal (X18). The debt falls by the amount either way. */
export function interestFirst(
  debt: { readonly principal: Dec; readonly interest: Dec },
  amount: Dec,
): { readonly principal: Dec; readonly interest: Dec } {
  const interest = min(debt.interest, amount);
  return { interest: debt.interest.minus(interest), principal: debt.principal.minus(amount.minus(interest)) };
}
