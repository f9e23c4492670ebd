/**
 * How coins count as collateral (okx.md §3.2, §6, DESIGN §5.2): marginal brackets by amount of the currency.
 *
 * No document says that flexible loans use the public brackets, so the venue's own figure for an order
 * (`collateralNotionalUsd`) is the truth and the public brackets only say how it spreads over the coins and where the
 * next bracket begins. An added coin counts as min(implied weight, public bracket); a coin that leaves is taken to have
 * counted for the larger of the public bracket and the bracket scaled to the venue's figure: both err on the safe side.
 */
import type { WeightTier } from '../../core/loan.ts';
import { ONE, ZERO, max, min, sum, type Dec } from '../../core/money.ts';
import type { DiscountRow } from './wire.ts';

/** USD value of `amount` coins by public brackets; without brackets every coin counts fully. */
export function bracketValue(amount: Dec, price: Dec, discount: DiscountRow | undefined): Dec {
  if (discount === undefined) return amount.times(price);
  const edges = discount.brackets;
  const last = edges.at(-1);
  const inside = sum(edges.map((edge) => overlap(amount, edge.from, edge.to).times(edge.rate)));
  const open =
    last !== undefined && last.to !== null ? overlap(amount, last.to, null).times(discount.beyond ?? ZERO) : ZERO;
  return inside.plus(open).times(price);
}

function overlap(amount: Dec, from: Dec, to: Dec | null): Dec {
  const upTo = to === null ? amount : min(amount, to);
  return max(upTo.minus(from), ZERO);
}

/** Brackets that the next coins after `held` fall into; weights never above `cap`. Ends where a coin counts for nothing. */
export function nextTiers(held: Dec, discount: DiscountRow, cap: Dec): WeightTier[] {
  const tiers: WeightTier[] = [];
  for (const { from, to, rate } of discount.brackets) {
    if (to !== null && to.lte(held)) continue;
    tiers.push({ room: to === null ? null : to.minus(max(held, from)), weight: min(rate, cap) });
    if (to === null) return counting(tiers);
  }
  if (discount.brackets.length > 0) tiers.push({ room: null, weight: min(discount.beyond ?? ZERO, cap) });
  return counting(tiers);
}

/**
 * Brackets that `held` coins leave, the last one first. Each weight is the larger of the public bracket and the bracket
 * scaled to the venue's figure, so that a release is never taken for lighter than it is. Without brackets nothing leaves.
 */
export function leavingTiers(held: Dec, discount: DiscountRow | undefined, scale: Dec): WeightTier[] {
  if (discount === undefined) return [];
  const factor = max(scale, ONE);
  const edge = discount.brackets.at(-1)?.to ?? null;
  const beyond = edge === null ? [] : [{ from: edge, to: null, rate: discount.beyond ?? ZERO }];
  return [...discount.brackets, ...beyond]
    .map(({ from, to, rate }) => ({ room: overlap(held, from, to), weight: rate.times(factor) }))
    .filter(({ room }) => room.gt(ZERO))
    .reverse();
}

/** Sizing stops at weight 0 (DESIGN §5.2), so nothing from there on is offered. */
function counting(tiers: readonly WeightTier[]): WeightTier[] {
  const end = tiers.findIndex((tier) => tier.weight.lte(ZERO));
  return end === -1 ? [...tiers] : tiers.slice(0, end);
}

/** Public rate of the bracket that the last of `held` coins is in: it leaves first. */
export function lastRate(held: Dec, discount: DiscountRow | undefined): Dec {
  if (discount === undefined) return ONE;
  const bracket = discount.brackets.findLast(({ from }) => from.lt(held)) ?? discount.brackets[0];
  if (bracket === undefined) return ZERO;
  return bracket.to !== null && held.gt(bracket.to) ? (discount.beyond ?? ZERO) : bracket.rate;
}
