/** Too many requests, and bans, on the simulated exchanges: what the venue asked for is kept, and nothing is sent again. */
import { expect, it } from 'vitest';
import type { Product } from '../../src/core/loan.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { loanOf, stagesOfAFile } from './simulatorStage.ts';

const openStage = stagesOfAFile();

const REPAY = { binance: '/sapi/v1/margin/borrow-repay', okx: '/api/v5/finance/flexible-loan/repay' } as const;
const CASES: readonly (readonly [string, Product, 429 | 418, waits: 'payments' | 'everything'])[] = [
  ['a 429', 'binance.crossMargin', 429, 'payments'],
  ['a ban', 'binance.crossMargin', 418, 'everything'],
  ['50011', 'okx.flexibleLoan', 429, 'payments'],
];
const WAIT_S = 2;

it.each(CASES)(
  '%s on a payment of %s is waited out, never sent again, and the loan is rescued after it',
  async (_name, product, status, waits) => {
    const venue = product.startsWith('okx') ? 'okx' : 'binance';
    const limited: FaultInput = {
      match: { venue, method: 'POST', path: REPAY[venue], count: 1 },
      effect: { kind: 'rateLimit', status, retryAfterSec: WAIT_S },
    };
    const scene = await openStage(product, { faults: [limited] });
    await expect.poll(async () => Number((await loanOf(scene, product)).ltv), { timeout: 20_000 }).toBeLessThan(0.63);
    await expect.poll(() => scene.runner.quiet(), { timeout: 5_000 }).toBe(true);

    const log = scene.simulator.simulation.log.since(0).filter((entry) => entry.venue === venue);
    const hit = log.find(({ faults }) => faults.includes('rateLimit'));
    expect(hit).toMatchObject({ isMoney: true });
    const soon = log.filter(
      ({ id, atMs }) => id > (hit?.id ?? 0) && atMs < (hit?.atMs ?? 0) + (venue === 'okx' ? 200 : WAIT_S * 1_000 - 50),
    );
    expect(waits === 'everything' ? soon : soon.filter(({ isMoney }) => isMoney)).toEqual([]);
    const [first] = await scene.runner.journal.intents();
    expect(first).toMatchObject({ state: 'rejected', troubleAt: null });
    const { sends, doubleSends } = scene.simulator.simulation.counts();
    expect([doubleSends, ...Object.values(sends)].filter((count) => count > 1)).toEqual([]);
    expect(scene.errors).toEqual([]);
  },
);
