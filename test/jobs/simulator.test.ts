/** Whole looks with the real adapters against the simulated exchanges: what the venue saw, and what the journal says. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import type { Product } from '../../src/core/loan.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createVenue } from '../../src/exchanges/venues.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { policy, rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { TIMING } from './bench.ts';
import { freshAddress } from './fixtures.ts';

let redis: TestRedis;
const closers: (() => Promise<void>)[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await redis.stop();
});

const KEY = { id: 'keyOfDesk', secret: 'secretOfDesk', passphrase: 'wordsOfDesk' };
const ORDER = '680234819012345678';
const SCALE = 0.1;

/** Every wait at a tenth or less, as the shipped simulated accounts run them. */
const QUICK = {
  ...TIMING,
  lookEveryMs: 300,
  lookSoonMs: 50,
  settleInLaneMs: 300,
  lagMarginMs: 300,
  reflectTimeoutMs: 6_000,
  evidenceSpreadMs: 600,
  giveUpMs: 60_000,
  spacingMs: 20,
};

/** At 80 % with `act` at 75 %: too high, and not urgent. */
const WORLD: WorldInput = {
  timing: { settleMs: 60 },
  binance: [
    {
      name: 'desk',
      uid: '42',
      key: { id: KEY.id, secret: KEY.secret },
      spot: { USDT: '50000' },
      cross: { assets: { BTC: '1', USDT: '500' }, debts: { USDT: '30000' }, startLtv: '0.8' },
    },
  ],
  binanceSettings: { limits: { windowScale: SCALE } },
  okx: [
    {
      name: 'desk',
      uid: '43',
      key: { ...KEY },
      funding: { USDT: '50000' },
      loans: [{ ordId: ORDER, debt: { USDT: '30000' }, collateral: { BTC: '1' }, liqLtv: '0.9', startLtv: '0.8' }],
    },
  ],
  okxSettings: { limits: { windowScale: SCALE }, clockWindowMs: 3_000 },
};

const RULES = policy({
  confirm: { act: 1, urgent: 1 },
  coolDownMs: 0,
  ladder: [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })],
});
const OKX_RULES = { ...RULES, ladder: [rung(1, { from: ['wallet'] })] };

interface Stage {
  readonly simulator: Simulator;
  readonly runner: Runner;
  readonly events: LookEvent[];
  readonly errors: Error[];
}

async function stage(product: Product, faults: readonly FaultInput[] = []): Promise<Stage> {
  const simulator = await startSimulator({ world: WORLD, tape: 'calm-2023', seed: 1 });
  closers.push(() => simulator.stop());
  for (const fault of faults) simulator.simulation.faults.add(fault);
  const name = product.startsWith('okx') ? 'okx' : 'binance';
  const secret = (text: string) => ({ reveal: () => text });
  const venue = createVenue({
    account: 'desk',
    venue: name,
    key: { id: secret(KEY.id), secret: secret(KEY.secret), passphrase: secret(KEY.passphrase) },
    hosts: simulator[name],
    products: [product],
    expectUid: null,
    clock: systemClock,
    requestDeadlineMs: QUICK.requestDeadlineMs,
    lagMarginMs: QUICK.lagMarginMs,
    binanceRecvWindowMs: 300,
    okxWindowMs: 3_000,
    waitsScale: SCALE,
    tagIntents: true,
    log: silentLog,
  });
  const events: LookEvent[] = [];
  const errors: Error[] = [];
  const runner = await Runner.open({
    setup: {
      name: 'desk',
      venue: name,
      mode: 'simulated',
      digest: 'd1',
      policies: { plain: name === 'okx' ? OKX_RULES : RULES },
      loans: [{ product, match: {}, policy: 'plain', priority: 1 }],
      unlisted: { kind: 'alert' },
      wallets: ['spot', 'crossInside', 'funding'].map((wallet) => ({ name: wallet, keep: {} })),
      groups: {},
      dislocation: DISLOCATION_RULES,
      timing: QUICK,
    },
    address: { ...freshAddress(), venue: name, uid: name === 'okx' ? '43' : '42' },
    venue,
    reference: null,
    clock: systemClock,
    stamp: 'abc',
    redis: redis.connect(),
    consumer: redis.connect(),
    emit: (_account, event) => events.push(event),
    onError: (_account, error) => errors.push(error),
  });
  closers.push(() => runner.stop(2_000));
  return { simulator, runner, events, errors };
}

async function loanOf({ simulator }: Stage, product: Product) {
  const found = simulator.engine.books.flatMap((books) => books.report()).find((row) => row.product === product);
  if (found === undefined) throw new Error(`the simulator reports no ${product}`);
  return Promise.resolve(found);
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
