/**
 * A release from end to end, for every product: the real adapters against the simulated exchanges while prices rise, each
 * price attested by the other exchange. What the venue saw, and what the journal says.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import type { Product } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createReferenceFor, createVenue } from '../../src/exchanges/venues.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { policy } from '../core/build.ts';
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

/** BTC and ETH rise by half within an hour of the tape. */
const START = 1_700_000_000_000;
const RISE = new Tape(
  ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({
    symbol,
    file: symbol,
    points: { times: [START, START + 3_600_000], prices: symbol === 'BTCUSDT' ? ['40000', '60000'] : ['2000', '3000'] },
  })),
  { name: 'rise' },
);

/** Every loan begins at LTV 42 %: a rise by half brings it to 28 %. */
const startLtv = '0.42';
const WORLD: WorldInput = {
  timing: { settleMs: 60 },
  binance: [
    {
      name: 'desk',
      uid: '42',
      key: { id: KEY.id, secret: KEY.secret },
      spot: { USDT: '1000' },
      cross: { assets: { BTC: '1' }, debts: { USDT: '16000' }, startLtv },
      isolated: [{ symbol: 'ETHUSDT', assets: { ETH: '10' }, debts: { USDT: '8000' }, startLtv }],
      flexible: [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '16000', collateral: '1', startLtv }],
    },
  ],
  binanceSettings: { limits: { windowScale: SCALE } },
  okx: [
    {
      name: 'desk',
      uid: '43',
      key: { ...KEY },
      enableSpotBorrow: true,
      funding: { USDT: '1000' },
      trading: { BTC: '1' },
      spotDebt: { USDT: '16000' },
      loans: [{ ordId: ORDER, debt: { USDT: '16000' }, collateral: { BTC: '1' }, liqLtv: '0.85', startLtv }],
    },
  ],
  okxSettings: { limits: { windowScale: SCALE }, clockWindowMs: 3_000 },
};

const AFTER_MS = 1_200;
/** Below 35 % up to 45 %; acts at 75 % of LTV. */
const RULES = policy({
  release: { below: parse('0.35'), upTo: parse('0.45'), afterMs: AFTER_MS, perDay: parse('100000') },
});

interface Stage {
  readonly simulator: Simulator;
  readonly runner: Runner;
  readonly product: Product;
  readonly events: LookEvent[];
  readonly errors: Error[];
}

async function stage(product: Product, faults: readonly FaultInput[] = []): Promise<Stage> {
  const simulator = await startSimulator({ world: WORLD, tape: RISE, seed: 1 });
  closers.push(() => simulator.stop());
  for (const fault of faults) simulator.simulation.faults.add(fault);
  const [name, other] = product.startsWith('okx') ? (['okx', 'binance'] as const) : (['binance', 'okx'] as const);
  const secret = (text: string) => ({ reveal: () => text });
  const place = { venue: name, clock: systemClock, log: silentLog, requestDeadlineMs: 2_000, waitsScale: SCALE };
  const venue = createVenue({
    ...place,
    account: 'desk',
    key: { id: secret(KEY.id), secret: secret(KEY.secret), passphrase: secret(KEY.passphrase) },
    hosts: simulator[name],
    products: [product],
    expectUid: null,
    lagMarginMs: QUICK.lagMarginMs,
    binanceRecvWindowMs: 300,
    okxWindowMs: 3_000,
    tagIntents: true,
  });
  const reference = createReferenceFor({ ...place, rest: simulator[other].rest, simulated: true });
  closers.push(() => reference.stop());
  const events: LookEvent[] = [];
  const errors: Error[] = [];
  const runner = await Runner.open({
    setup: {
      name: 'desk',
      venue: name,
      mode: 'simulated',
      digest: 'd1',
      policies: { plain: RULES },
      loans: [{ product, match: {}, policy: 'plain', priority: 1 }],
      unlisted: { kind: 'alert' },
      wallets: ['spot', 'crossInside', 'funding', 'trading'].map((wallet) => ({ name: wallet, keep: {} })),
      groups: { USDT: { stable: 'USD', wraps: null } },
      dislocation: DISLOCATION_RULES,
      timing: QUICK,
    },
    address: { ...freshAddress(), venue: name, uid: name === 'okx' ? '43' : '42' },
    venue,
    reference,
    clock: systemClock,
    stamp: 'abc',
    redis: redis.connect(),
    consumer: redis.connect(),
    emit: (_account, event) => events.push(event),
    onError: (_account, error) => errors.push(error),
  });
  closers.push(() => runner.stop(2_000));
  return { simulator, runner, product, events, errors };
}

function ltvOf({ simulator, product }: Stage): number {
  // Reports are of the last time that the books looked.
  simulator.engine.lookAgain();
  const found = simulator.engine.books.flatMap((books) => books.report()).find((row) => row.product === product);
  if (found === undefined) throw new Error(`the simulator reports no ${product}`);
  return Number(found.ltv);
}

const says = ({ events }: Stage): string =>
  events.findLast((event) => event.type === 'decided')?.decision.says ?? 'nothing yet';

/** Up the tape, a step at a time, with a look after each, as a played tape does it. */
async function rise(scene: Stage): Promise<void> {
  const { engine } = scene.simulator;
  for (let step = 1; step <= 6; step += 1) {
    engine.advanceTo(START + step * 600_000);
    await scene.runner.ring('the tape moved');
    await expect.poll(() => scene.runner.quiet(), { timeout: 5_000 }).toBe(true);
  }
}

async function expectReleased(scene: Stage, leg: readonly string[]): Promise<void> {
  const intents = async () => (await scene.runner.journal.intents()).filter(({ state }) => state === 'confirmed');
  await expect
    .poll(() => says(scene), { timeout: 5_000 })
    .toMatch(/keeps its collateral: LTV \d+.\d+ % is not below 35.00 %/);
  await rise(scene);
  expect(ltvOf(scene)).toBeLessThan(0.3);
  await expect.poll(async () => (await intents()).length, { timeout: 15_000, message: says(scene) }).toBe(1);
  await expect.poll(() => scene.runner.quiet(), { timeout: 5_000 }).toBe(true);
  const [intent] = await intents();
  expect([intent?.verb, intent?.asset, intent?.to, intent?.rung]).toEqual([...leg, 0]);
  expect(ltvOf(scene)).toBeGreaterThan(0.43);
  expect(ltvOf(scene)).toBeLessThanOrEqual(0.4501);
  const counts = scene.simulator.simulation.counts();
  expect(counts).toMatchObject({ pendingConflicts: 0, doubleSends: 0 });
  expect(Object.values(counts.sends).every((sends) => sends === 1)).toBe(true);
  expect(scene.errors).toEqual([]);
}

const RELEASES: readonly (readonly [Product, readonly string[], string])[] = [
  ['binance.crossMargin', ['transferOut', 'BTC', 'spot'], '/sapi/v1/asset/transfer'],
  ['binance.isolatedMargin', ['transferOut', 'ETH', 'spot'], '/sapi/v1/asset/transfer'],
  ['binance.flexibleLoan', ['reduce', 'BTC', 'spot'], '/sapi/v2/loan/flexible/adjust/ltv'],
  ['okx.flexibleLoan', ['reduce', 'BTC', 'funding'], '/api/v5/finance/flexible-loan/adjust-collateral'],
  ['okx.spotBorrow', ['transferOut', 'BTC', 'funding'], '/api/v5/asset/transfer'],
];

describe.each(RELEASES)('%s, while prices rise', (product, leg, path) => {
  it('lets collateral go to the wallet once, up to its level', async () => {
    await expectReleased(await stage(product), leg);
  });

  it('and a call that was executed while its answer was lost is confirmed by evidence and never sent again', async () => {
    const lost: FaultInput = { match: { path, method: 'POST', count: 1 }, effect: { kind: 'dropAfter' } };
    const scene = await stage(product, [lost]);
    await expectReleased(scene, leg);
    expect(scene.events.some((event) => event.type === 'outcome' && event.state === 'unknown')).toBe(true);
    expect(Object.keys(scene.simulator.simulation.counts().sends)).toHaveLength(1);
  });
});
