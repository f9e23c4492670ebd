/** The transfer that brings the coins of a repayment into the loan's own account: how much of it (DESIGN §5.2). */
import { tightest } from './fit.ts';
import type { Bound, Fit, Misfit, Sized } from './fit.ts';
import { Dec, ceil, max, min } from './money.ts';

/**
 * A transfer that is to clear a whole debt takes this share more along, because interest ticks between the two calls and a
 * cent too little would leave dust (DESIGN §5.2 "across interest ticks"): 0.01 % is ten hours at 10 % a year.
 */
export const INTEREST_AHEAD: Dec = new Dec('0.0001');

/**
 * The transfer that feeds a repayment: the same amount (X01), a little interest ahead when it is meant to clear the debt,
 * and never less than the venue transfers. What it brings too much stays inside, as collateral.
 */
export function feed(
  fit: Fit,
  decimals: number,
  minTransfer: Dec | null,
  bounds: readonly Bound[],
): { readonly ok: true; readonly sized: Sized } | Misfit {
  const sized = fit.full ? withInterestAhead(fit.sized, decimals, fit.sources) : fit.sized;
  if (minTransfer === null || sized.amount.gte(minTransfer)) return { ok: true, sized };
  const amount = ceil(minTransfer, decimals);
  if (amount.lte(fit.sources)) {
    const inputs = { ...sized.inputs, minTransfer };
    const bound = { by: 'atLeast minTransfer', to: amount };
    return { ok: true, sized: { ...sized, inputs, bounds: [...sized.bounds, bound], amount } };
  }
  const why = `${fit.sources.toFixed()} may be moved, the smallest transfer is ${amount.toFixed()}`;
  return { ok: false, why, cause: tightest(bounds, amount)?.cause ?? 'money' };
}

function withInterestAhead(sized: Sized, decimals: number, most: Dec): Sized {
  const wanted = ceil(sized.amount.times(INTEREST_AHEAD.plus(1)), decimals);
  const amount = max(sized.amount, min(wanted, most));
  if (amount.eq(sized.amount)) return sized;
  const inputs = { ...sized.inputs, interestAhead: INTEREST_AHEAD, sources: most };
  const ahead = { by: 'ahead interestAhead', to: wanted };
  const bounds = amount.eq(wanted) ? [ahead] : [ahead, { by: 'atMost sources', to: amount }];
  return { ...sized, inputs, bounds: [...sized.bounds, ...bounds], amount };
}
