/** Numbers in a refusal's text: "The collateral amount is below the minimum of 0.5 ETH" (okx.md §3.8, 51757). */
import type { Stated } from '../core/intent.ts';

/** A plain or comma-grouped number that stands alone, and the coin behind it; no percentage, no part of a word. */
const NUMBER = /(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w%]|[.,]\d)(?:\s+([A-Z][A-Z0-9]{1,19})\b)?/g;

/** The one amount that a text states. Two numbers may mean anything, so they mean nothing: `null`, as without any. */
export function statedIn(text: string): Stated | null {
  const [only, more] = [...text.matchAll(NUMBER)];
  if (only === undefined || more !== undefined) return null;
  const [, whole = '', fraction = '', asset] = only;
  return { amount: whole.replaceAll(',', '') + fraction, asset: asset ?? null };
}
