/**
 * Minima and switches per margin asset (`GET margin/allAssets`, binance.md §5.8), kept for about ten minutes.
 *
 * They gate how much may be repaid and whether a coin may be added; they do not say how a loan stands. So a failed
 * refresh keeps the old table, and a table that was never read is `null`: minima unknown, nothing addable.
 */
import { Reader } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { AssetRule, AssetRules } from './hostShared.ts';

export async function assetRules(client: BinanceClient): Promise<AssetRules | null> {
  const shared = client.shared.rules;
  const fresh = shared.get(client.timing.referenceEveryMs, () => readRules(client));
  const old = shared.last;
  if (old !== null) {
    // Merely old: used while the new one is on its way. Minima change rarely, looks may not wait.
    fresh.catch(() => undefined);
    return old.value;
  }
  return fresh.then(
    (read) => read.value,
    () => null,
  );
}

/** Read now. @throws VenueError */
export async function readRules(client: BinanceClient): Promise<AssetRules> {
  const rules = new Map<string, AssetRule>();
  for (const row of Reader.list(await client.read(ENDPOINTS.allAssets, {}, {}), 'margin/allAssets')) {
    rules.set(row.text('assetName'), {
      minRepay: row.amount('userMinRepay'),
      mortgageable: row.flag('isMortgageable'),
      borrowable: row.flagOrNull('isBorrowable') ?? false,
      minBorrow: row.decOrNull('userMinBorrow'),
    });
  }
  return rules;
}
