/**
 * What became of a call, product by product, end to end (DESIGN §5.7): the whole runner with the real adapter on simulated
 * exchanges whose records lag, pend, fail, are missing, or stand beside somebody else's. Never a second send of an intent,
 * never a second payment for one need.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { policy, rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import type { Desk, DeskOptions } from './desk.ts';
import { openDesk } from './desk.ts';

let redis: TestRedis;
const open: Desk[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const desk of open.splice(0)) await desk.stop();
});
afterAll(async () => {
  await redis.stop();
});

type Remedy = 'repay' | 'add';
/** A call that is hit, and the verb that it is. */
interface Target {
  readonly path: string;
  readonly verb: Intent['verb'];
}

const MARGIN: Readonly<Record<Remedy, Target>> = {
  repay: { path: '/sapi/v1/margin/borrow-repay', verb: 'repay' },
  add: { path: '/sapi/v1/asset/transfer', verb: 'transferIn' },
};
const OKX_LOAN = '/api/v5/finance/flexible-loan';
const TARGETS: Readonly<Record<Product, Readonly<Record<Remedy, Target>>>> = {
  'binance.crossMargin': MARGIN,
  'binance.isolatedMargin': MARGIN,
  'binance.flexibleLoan': {
    repay: { path: '/sapi/v2/loan/flexible/repay', verb: 'repay' },
    add: { path: '/sapi/v2/loan/flexible/adjust/ltv', verb: 'add' },
  },
  'okx.flexibleLoan': {
    repay: { path: `${OKX_LOAN}/repay`, verb: 'repay' },
    add: { path: `${OKX_LOAN}/adjust-collateral`, verb: 'add' },
  },
  'okx.spotBorrow': {
    repay: { path: '/api/v5/account/spot-manual-borrow-repay', verb: 'repay' },
    add: { path: '/api/v5/asset/transfer', verb: 'transferIn' },
  },
};
const ALL = PRODUCTS.flatMap((product) => (['repay', 'add'] as const).map((remedy) => [product, remedy] as const));
const PATIENT = { timeout: 25_000, interval: 50 };

interface Scene {
  readonly desk: Desk;
  /** The calls of the verb that is hit, oldest first. */
  hit(): Promise<readonly Intent[]>;
}

async function scene(
  product: Product,
  remedy: Remedy,
  effect: FaultInput['effect'],
  more: Partial<DeskOptions> & { readonly records?: FaultInput['effect'] } = {},
): Promise<Scene> {
  const { records, ...options } = more;
  const repays = [
    ...(PRODUCT_FACTS[product].inside === null ? [] : [rung(1, { from: ['inside'] })]),
    rung(2, { from: ['wallet'] }),
  ];
  const ladder = remedy === 'repay' ? repays : [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })];
  const rules = policy({ confirm: { act: 1, urgent: 1 }, coolDownMs: 0, ladder, urgent: '0.85' });
  const desk = await openDesk(redis, { product, rules, ...options });
  open.push(desk);
  const { faults } = desk.simulator.simulation;
  const { path, verb } = TARGETS[product][remedy];
  faults.add({ match: { path, method: 'POST', count: 1 }, effect });
  if (records !== undefined) faults.add({ match: { method: 'GET' }, effect: records });
  await desk.runner.ring('the test begins');
  return { desk, hit: async () => (await desk.sent()).filter((one) => one.verb === verb) };
}

/** The loan is rescued once: nothing pends, and each intent reached the venue once. */
async function expectRescued({ desk, hit }: Scene, states: readonly string[]): Promise<void> {
  await expect.poll(async () => (await hit()).map(({ state }) => state), PATIENT).toEqual(states);
  await expect.poll(() => desk.state(), PATIENT).toMatch(/^(cooling|watching)/);
  expect(desk.simulator.simulation.counts().doubleSends).toBe(0);
  expect(desk.loan().liquidated).toBe(false);
  expect(desk.errors).toEqual([]);
}

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
