/** The worst minutes that `doctor` measures levels by are those of real candles, where these are at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WORST_MINUTE } from '../../src/cli/doctor/speed.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/candles/', import.meta.url));

/** Rounded to a tenth of a percent, as the table is. */
function worst(file: string): { readonly fall: string; readonly rise: string } {
  const rows = readFileSync(`${FOLDER}${file}`, 'utf8').trim().split('\n').slice(1);
  const moves = rows.map((row) => {
    const [, open = 1, high = 1, low = 1] = row.split(',').map(Number);
    return { fall: 1 - low / open, rise: high / open - 1 };
  });
  const most = (way: 'fall' | 'rise'): string => Math.max(...moves.map((one) => one[way])).toFixed(3);
  return { fall: most('fall'), rise: most('rise') };
}

describe.runIf(existsSync(FOLDER))('the worst minute', () => {
  it('of BTC, ETH and DOGE is what the candles show', () => {
    const eth = { may: worst('binance-ETHUSDT-1m-2021-05-18.csv'), feb: worst('binance-ETHUSDT-1m-2025-02-02.csv') };
    expect(WORST_MINUTE.BTC).toMatchObject(worst('binance-BTCUSDT-1m-2021-05-18.csv'));
    expect(WORST_MINUTE.ETH).toMatchObject({ fall: eth.feb.fall, rise: eth.may.rise });
    expect(WORST_MINUTE.other).toMatchObject(worst('binance-DOGEUSDT-1m-2021-05-18.csv'));
  });
});
