/**
 * What became of a call, product by product, end to end (DESIGN §5.7): the whole runner with the real adapter on simulated
 * exchanges whose records pend, fail, or stand beside somebody else's. Never a second send of an intent, never a second
 * payment for one need.
 */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import type { Remedy } from './evidenceScene.ts';
import { PATIENT, expectRescued, scenesOfAFile } from './evidenceScene.ts';

const scene = scenesOfAFile();

/** Between a call that is taken and its record. */
const PENDING: readonly (readonly [product: Product, remedy: Remedy])[] = [
  ['binance.crossMargin', 'repay'],
  ['binance.isolatedMargin', 'add'],
  ['binance.flexibleLoan', 'repay'],
  ['okx.flexibleLoan', 'repay'],
  ['okx.flexibleLoan', 'add'],
  ['okx.spotBorrow', 'add'],
];

describe.each(PENDING)('%s, %s', (product, remedy) => {
  it('that pends without end is neither given up nor repeated, and is done when it is done', async () => {
    const played = await scene(product, remedy, { kind: 'stuckPending' });
    await expect.poll(async () => (await played.hit()).map(({ state }) => state), PATIENT).toEqual(['unknown']);
    const looks = played.desk.events.length;
    await expect.poll(() => played.desk.events.length, PATIENT).toBeGreaterThan(looks + 16);
    expect((await played.hit()).map(({ state }) => state)).toEqual(['unknown']);
    const venue = product.startsWith('okx') ? 'okx' : 'binance';
    played.desk.simulator.simulation.booksOf(venue).act?.({ do: 'release', account: 'desk' });
    await expectRescued(played, ['confirmed']);
  }, 60_000);
});

/** What a flexible loan took and then never lists is only ever given up: `giveUp` is longer than a test. */
const FAILS = PENDING.filter(([product]) => !product.endsWith('flexibleLoan'));

describe.each(FAILS)('%s, %s', (product, remedy) => {
  it('that fails after it pended did not happen, and is decided again', async () => {
    const played = await scene(product, remedy, { kind: 'stuckPending', ms: 300, fate: 'failed' });
    await expectRescued(played, ['rejected', 'confirmed']);
  }, 60_000);
});

/** Somebody repays by hand while nobody knows what became of ours. */
const BY_HAND: readonly (readonly [product: Product, deed: Readonly<Record<string, string>>])[] = [
  ['binance.crossMargin', { do: 'repay', asset: 'USDT', amount: '7' }],
  ['binance.isolatedMargin', { do: 'repay', symbol: 'BTCUSDT', asset: 'USDT', amount: '7' }],
  ['okx.flexibleLoan', { do: 'repay', ccy: 'USDT', amt: '7' }],
  ['okx.spotBorrow', { do: 'spotRepay', ccy: 'USDT', amt: '7' }],
];

it.each(BY_HAND)(
  '%s: a record of somebody else beside a call without a mark proves nothing, and nothing is repeated',
  async (product, deed) => {
    const learned = { 'decimals/USDT': '8' };
    const played = await scene(product, 'repay', { kind: 'dropBefore' }, { learned });
    await expect.poll(async () => (await played.hit()).map(({ state }) => state), PATIENT).toEqual(['unknown']);
    const venue = product.startsWith('okx') ? 'okx' : 'binance';
    played.desk.simulator.simulation.booksOf(venue).act?.({ account: 'desk', ...deed });
    await expect
      .poll(async () => lastVerdicts(await played.hit()), PATIENT)
      .toEqual(['cannotTell', 'cannotTell', 'cannotTell']);
    expect((await played.hit()).map(({ state }) => state)).toEqual(['unknown']);
  },
  60_000,
);

/** Once absence could be believed. */
function lastVerdicts([first]: readonly Intent[]): readonly string[] {
  const late = first?.reads.filter(({ at }) => at > (first.validUntil ?? 0) + LATE_MS) ?? [];
  return late.slice(-3).map(({ verdict }) => verdict);
}

/** Four lags: as long as the venue with the longest one may take. */
const LATE_MS = 4 * 300;
