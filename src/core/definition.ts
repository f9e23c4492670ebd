/**
 * Whether a venue changed what its numbers mean (DESIGN §4 "reducing", facts/peers.md §C.4): a threshold that is not what it
 * was, or an LTV that ours no longer follows. A bot that took a new definition for a new price once borrowed into it. Pure.
 */
import type { LoanView, Product } from './loan.ts';
import { TRIFLE } from './change.ts';
import { Dec, ZERO, max } from './money.ts';

/** Thresholds within this are the same: half a point of LTV. */
const SAME: Dec = new Dec('0.005');
/** Quantities within this stand still: lines that follow the size of a loan may only be compared while they do. */
const STILL: Dec = new Dec('0.01');
/** The venue's LTV and ours differ by a moment and by rounding; by more than this share they mean different things. */
const APART: Dec = new Dec('0.03');

/** Where the line does not follow the size of the loan; elsewhere tiers move it. */
const FIXED_LINE: Readonly<Record<Product, boolean>> = {
  'binance.crossMargin': true,
  'binance.isolatedMargin': false,
  'binance.flexibleLoan': true,
  'okx.flexibleLoan': false,
  'okx.spotBorrow': false,
};

/** What became of a loan's thresholds since it was last believed, in words; `null`: they are what they were. */
export function changedThresholds(before: LoanView, after: LoanView): string | null {
  if (before.status !== 'open' || after.status !== 'open') return null;
  if (!FIXED_LINE[after.product] && !standsStill(before, after)) return null;
  const line = isSame(before.line, after.line) ? [] : [`line ${percent(before.line)} → ${percent(after.line)}`];
  const call = isSame(before.call, after.call) ? [] : [`call ${percent(before.call)} → ${percent(after.call)}`];
  const changes = [...line, ...call];
  return changes.length === 0 ? null : changes.join(', ');
}

/** Venue's LTV and ours when they are too far apart to mean the same thing, in words; `null`: they are not. */
export function drift(loan: LoanView): string | null {
  const { venueLtv, ltv, status, debtValue } = loan;
  if (venueLtv === null || status !== 'open' || debtValue.lt(TRIFLE)) return null;
  const gap = max(venueLtv.low.minus(ltv), ltv.minus(venueLtv.high));
  if (gap.lte(ltv.times(APART))) return null;
  return `the venue says LTV ${percent(venueLtv.low)}, its own quantities and prices say ${percent(ltv)}`;
}

function standsStill(before: LoanView, after: LoanView): boolean {
  const held = (loan: LoanView): ReadonlyMap<string, Dec> =>
    new Map([
      ...loan.debts.map(({ asset, amount }) => [`debt ${asset}`, amount] as const),
      ...loan.collateral.map(({ asset, amount }) => [`collateral ${asset}`, amount] as const),
    ]);
  const [was, is] = [held(before), held(after)];
  return [...new Set([...was.keys(), ...is.keys()])].every((name) => {
    const [a, b] = [was.get(name) ?? ZERO, is.get(name) ?? ZERO];
    return a.minus(b).abs().lte(max(a, b).times(STILL));
  });
}

function isSame(a: Dec | null, b: Dec | null): boolean {
  return a === null || b === null ? a === b : a.minus(b).abs().lte(SAME);
}

function percent(ratio: Dec | null): string {
  return ratio === null ? 'none' : `${ratio.times(100).toFixed(2)} %`;
}
