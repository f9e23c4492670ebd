/** Numbers for people. */
import type { Dec } from '../core/money.ts';

/** `0.7123` → `71.23 %`. */
export function decimalPercent(ratio: Dec): string {
  return `${ratio.times(100).toFixed(2)} %`;
}
