/** October 2025 on the simulated exchanges, with the real adapters: one venue's index of a coin is off, the other's is not. */
import { describe, expect, it } from 'vitest';
import type { Product } from '../../src/core/loan.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { policy, rung } from '../core/build.ts';
import { loanOf, stagesOfAFile } from './simulatorStage.ts';
import type { Stage } from './simulatorStage.ts';

const openStage = stagesOfAFile();

/** Adding comes first, so that only the dispute keeps the coin out. The loans start at 80 %: at 88.9 % with the index off. */
const RULES = policy({
  confirm: { act: 1, urgent: 1 },
  coolDownMs: 0,
  ladder: [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] }), rung(2, { from: ['wallet'] })],
});
const LONG = { timeout: 15_000 };

async function desk(product: Product, ...more: readonly FaultInput[]): Promise<{ stage: Stage; calm: () => void }> {
  const venue = product.startsWith('okx') ? 'okx' : 'binance';
  const off: FaultInput = { match: { venue }, effect: { kind: 'dislocate', asset: 'BTC', factor: '0.9' } };
  const options = { faults: [off, ...more], compares: true, policy: RULES, wallet: { USDT: '50000', BTC: '50' } };
  const stage = await openStage(product, options);
  return { stage, calm: () => void stage.simulator.simulation.faults.remove() };
}

const modes = ({ events }: Stage): string[] => events.flatMap((one) => (one.type === 'looked' ? [one.mode] : []));
const alerts = ({ events }: Stage): string[] =>
  events.flatMap((one) => (one.type === 'alert' && one.category === 'dislocated' ? [one.says] : []));
const done = async ({ runner }: Stage): Promise<string[]> =>
  (await runner.journal.intents())
    .filter(({ state }) => state === 'confirmed')
    .map(({ verb, asset }) => `${verb} ${asset}`);
const ltvOf = async (stage: Stage, product: Product): Promise<number> => Number((await loanOf(stage, product)).ltv);

const CASES: readonly (readonly [Product, other: string, path: string, legs: readonly string[]])[] = [
  ['binance.crossMargin', 'okx', '/api/v5/market/index-tickers', ['transferIn USDT', 'repay USDT']],
  ['okx.flexibleLoan', 'binance', '/api/v3/ticker/price', ['repay USDT']],
];

describe.each(CASES)('%s, whose venue marks BTC 10 %% too low', (product, other, path, legs) => {
  it('is brought to below urgent without that coin, in mode reducing, and comes back when the fault is over', async () => {
    const { stage, calm } = await desk(product);
    await expect.poll(() => done(stage), LONG).toEqual(legs);
    await expect.poll(() => modes(stage).at(-1), LONG).toBe('reducing');
    expect(new Set(modes(stage))).toEqual(new Set(['reducing']));
    const ltv = await ltvOf(stage, product);
    expect(ltv).toBeLessThan(0.82);
    expect(ltv).toBeGreaterThan(0.8);
    expect(alerts(stage)).toEqual([
      expect.stringMatching(new RegExp(`^BTC: the venue's price is -10\\.0 % off ${other} BTC-USDT\\. `)),
    ]);

    calm();
    await expect.poll(() => modes(stage).at(-1), LONG).toBe('active');
    expect(alerts(stage).slice(1)).toEqual([expect.stringMatching(/^BTC: .*no longer in dispute$/)]);
    // At its true price the loan is below `act`, and nothing more was moved for a price that only one venue believed.
    expect(await ltvOf(stage, product)).toBeLessThan(0.75);
    expect(await done(stage)).toEqual(legs);
    expect(stage.errors).toEqual([]);
  });

  it.each<[string, FaultInput['effect']]>([
    ['is down', { kind: 'status', status: 503, body: '' }],
    ['talks nonsense', { kind: 'html' }],
    ['hangs', { kind: 'delay', ms: 60_000 }],
  ])('is protected as ever, to target, while the other venue %s', async (_how, effect) => {
    const { stage } = await desk(product, { match: { path }, effect });
    await expect.poll(() => ltvOf(stage, product), LONG).toBeLessThan(0.63);
    await expect.poll(() => stage.runner.quiet(), LONG).toBe(true);
    expect(await done(stage)).toEqual([expect.stringMatching(/^(transferIn|add) BTC$/)]);
    expect(new Set(modes(stage))).toEqual(new Set(['active']));
    expect(alerts(stage)).toEqual([]);
    expect((await loanOf(stage, product)).liquidated).toBe(false);
    expect(stage.errors).toEqual([]);
  });
});
