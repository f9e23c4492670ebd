/**
 * What became of a call, product by product, end to end (DESIGN §5.7): the whole runner with the real adapter on simulated
 * exchanges whose records lag or are missing. Never a second send of an intent, never a second payment for one need.
 */
import { describe, expect, it } from 'vitest';
import { PRODUCTS } from '../../src/core/loan.ts';
import { expectRescued, scenesOfAFile } from './evidenceScene.ts';

const scene = scenesOfAFile();

const ALL = PRODUCTS.flatMap((product) => (['repay', 'add'] as const).map((remedy) => [product, remedy] as const));

describe.each(ALL)('%s, %s', (product, remedy) => {
  it('whose answer is lost and whose records lag is confirmed when they come, and not repeated', async () => {
    const effect = { kind: 'dropAfter' } as const;
    const played = await scene(product, remedy, effect, { records: { kind: 'recordLag', ms: 700 } });
    await expectRescued(played, ['confirmed']);
  }, 60_000);

  it('that never arrived is proven so by absence over time, and decided again under another intent', async () => {
    const played = await scene(product, remedy, { kind: 'dropBefore' });
    await expectRescued(played, ['rejected', 'confirmed']);
    const [first] = await played.hit();
    expect(first?.reads.filter(({ verdict }) => verdict === 'didNotHappen').length).toBeGreaterThanOrEqual(3);
  }, 60_000);

  it('without a mark is confirmed by its record all the same, when nobody else acted', async () => {
    const learned = { 'decimals/USDT': '8', 'decimals/BTC': '8' };
    const played = await scene(product, remedy, { kind: 'dropAfter' }, { learned });
    await expectRescued(played, ['confirmed']);
    expect((await played.hit())[0]?.fingerprint).toBe('unmarked');
  }, 60_000);
});
