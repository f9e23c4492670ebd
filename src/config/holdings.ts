/** Lists of amounts, e.g. `[500 USDT, 0.05 BTC]`, as coins by asset. */
import type { Amount } from '../core/policy.ts';
import type { KnownAssets } from './assets.ts';
import type { Report } from './report.ts';
import type { Path } from './tree.ts';
import type { Holdings } from './types.ts';

export function holdings(report: Report, known: KnownAssets, path: Path, amounts: readonly Amount[]): Holdings {
  const held: Record<string, Amount['value']> = {};
  for (const [index, { asset, value }] of amounts.entries()) {
    known.check(asset, [...path, index]);
    if (Object.hasOwn(held, asset)) {
      report.error([...path, index], `${asset} is listed twice`, 'write one amount per coin');
    }
    held[asset] = value;
  }
  return held;
}
