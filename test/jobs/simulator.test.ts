/** Whole looks with the real adapters against the simulated exchanges: what the venue saw, and what the journal says. */
import { describe, expect, it } from 'vitest';
import type { Product } from '../../src/core/loan.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { loanOf, stagesOfAFile, QUICK } from './simulatorStage.ts';
import type { Stage } from './simulatorStage.ts';

const openStage = stagesOfAFile();

function stage(product: Product, faults: readonly FaultInput[] = []): Promise<Stage> {
  return openStage(product, { faults });
}

async function expectRescued(scene: Stage, product: Product, legs: readonly string[]): Promise<void> {
  const intents = async () => (await scene.runner.journal.intents()).filter(({ state }) => state === 'confirmed');
  await expect.poll(async () => (await intents()).map(({ verb }) => verb), { timeout: 15_000 }).toEqual(legs);
  await expect.poll(() => scene.runner.quiet(), { timeout: 5_000 }).toBe(true);
  const { ltv, liquidated } = await loanOf(scene, product);
  expect(Number(ltv)).toBeGreaterThan(0.6);
  expect(Number(ltv)).toBeLessThan(0.63);
  expect(liquidated).toBe(false);
  const counts = scene.simulator.simulation.counts();
  expect(counts).toMatchObject({ pendingConflicts: 0, doubleSends: 0 });
  expect(Object.values(counts.sends).every((sends) => sends === 1)).toBe(true);
  expect(scene.errors).toEqual([]);
}

const RESCUES: readonly (readonly [Product, readonly string[], string])[] = [
  ['binance.crossMargin', ['repay', 'transferIn', 'repay'], '/sapi/v1/margin/borrow-repay'],
  ['okx.flexibleLoan', ['repay'], '/api/v5/finance/flexible-loan/repay'],
];

describe.each(RESCUES)('%s on the simulated exchange', (product, legs, path) => {
  it('is brought back to target: every call confirmed, none sent twice, none too early', async () => {
    await expectRescued(await stage(product), product, legs);
  });

  it('a call that was executed while its answer was lost is confirmed by evidence and never sent again', async () => {
    const scene = await stage(product, [{ match: { path, method: 'POST', count: 1 }, effect: { kind: 'dropAfter' } }]);
    await expectRescued(scene, product, legs);
    const lost = scene.events.some((event) => event.type === 'outcome' && event.state === 'unknown');
    expect(lost).toBe(true);
    const tags = Object.keys(scene.simulator.simulation.counts().sends);
    expect(tags).toHaveLength(legs.length);
  });

  it('a call that was lost before it was executed is proven so and decided again, under another intent', async () => {
    const scene = await stage(product, [{ match: { path, method: 'POST', count: 1 }, effect: { kind: 'dropBefore' } }]);
    await expectRescued(scene, product, legs);
    const [first] = await scene.runner.journal.intents();
    expect(first).toMatchObject({ state: 'rejected', verb: 'repay' });
    const absent = first?.reads.filter(({ verdict }) => verdict === 'didNotHappen') ?? [];
    expect(absent.length).toBeGreaterThanOrEqual(3);
    expect((absent.at(-1)?.at ?? 0) - (absent[0]?.at ?? 0)).toBeGreaterThanOrEqual(QUICK.evidenceSpreadMs);
  });

  it('reads that lag behind a confirmed call never make it pay again', async () => {
    const stale: FaultInput = { match: { method: 'GET', probability: 0.4 }, effect: { kind: 'staleReads', ms: 400 } };
    await expectRescued(await stage(product, [stale]), product, legs);
  });
});
