/** What a scrape says is what the journal and the looks said; what is not known is absent, and never zero. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Decision } from '../../src/core/need.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import type { Metrics, Reading } from '../../src/metrics/metrics.ts';
import type { Row } from '../../src/metrics/row.ts';
import type { Status } from '../../src/reading/status.ts';
import { TestClock } from '../jobs/bench.ts';
import { anIntent } from '../jobs/fixtures.ts';
import { aLoan, anAccount } from '../reading/fixtures.ts';
import { startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { metricsOf, samplesOf } from './exported.ts';
import type { Sample } from './exported.ts';

const LOAN = 'main/okx.spotBorrow';
const ROWS: Readonly<Record<string, Row>> = CATALOGUE;

let server: TestRedis;
let redis: Redis;
/** What a test lets pass, ms. */
let passed: number;
let metrics: Metrics;

beforeAll(async () => {
  server = await startTestRedis();
  redis = server.connect();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(() => {
  passed = 0;
  metrics = metricsOf({ clock: { ...systemClock, mono: () => systemClock.mono() + passed } });
});

const LEVELS = { target: '0.6', act: '0.7', urgent: '0.8', line: '0.9', call: '0.85' };
const MOVE = { factor: 'BTC', kind: 'price', against: null, direction: 'fall', without: '-0.3', with: '-0.6' } as const;

function statusWith(loan: Parameters<typeof aLoan>[0] = {}, account: Parameters<typeof anAccount>[0] = {}): Status {
  return { accounts: [anAccount(account)], absent: [], loans: [aLoan(loan)], inFlight: [], externals: [] };
}

/** Everything that a status can hold. */
function fullStatus(): Status {
  const budget = { limit: 'perDay', cap: '1000', left: '250' } as const;
  const flying = { account: 'main', state: 'unknown', sinceMs: 4_000 };
  const full = statusWith(
    {
      ltv: '0.72',
      levels: LEVELS,
      state: 'watching.breached',
      policy: 'careful',
      debts: [{ asset: 'USDT', amount: '720', usd: '720' }],
      collateral: [{ asset: 'BTC', amount: '0.01', usd: '1000' }],
      budgets: [{ tier: 'normal', ...budget }],
      fuse: { count: 1, of: 3, blown: false },
      survival: { moves: [{ ...MOVE, factor: 'ETH', without: '-0.5', with: null }, MOVE], targets: [] },
    },
    {
      wallets: [
        {
          wallet: 'funding',
          coins: [
            { asset: 'USDT', free: '900.5', keep: '500' },
            { asset: 'BTC', free: '0.2', keep: null },
            { asset: 'DOGE', free: '7', keep: null },
          ],
        },
      ],
    },
  );
  return { ...full, inFlight: [flying as unknown as Status['inFlight'][number]] };
}

const ALERT = { severity: 'critical', category: 'starved', over: null, acknowledged: null } as const;

async function scrape(status: Status | null, alerts: NonNullable<Reading>['alerts'] = []): Promise<readonly Sample[]> {
  return samplesOf(await metrics.text(status === null ? null : { status, alerts }, { redis, policy: 'p' }));
}

function valuesOf(samples: readonly Sample[], name: string): Record<string, number> {
  return Object.fromEntries(
    samples.filter((one) => one.name === name).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}

function decided(ltv: string, mode: 'live' | 'dryRun' = 'live', line = '0.9'): LookEvent {
  const decision = { loan: LOAN, ltv, levels: { ...LEVELS, line }, verdict: 'nothing' } as unknown as Decision;
  return { type: 'decided', decision, changed: true, mode };
}

function confirmed(rung = 1): LookEvent {
  const paid = { product: 'okx.spotBorrow', loan: LOAN, rung, chargeUsd: '120.5', sentAt: 1_000, settledAt: 3_000 };
  const intent = anIntent('i', { ...paid, product: 'okx.spotBorrow', state: 'confirmed' });
  return { type: 'confirmed', intent, ltvBefore: '0.75', ltvAfter: '0.6' };
}

function everyEvent(): readonly LookEvent[] {
  const intent = anIntent('i', { product: 'okx.spotBorrow', loan: LOAN });
  const standing = { states: {}, nextLookAt: 0, inFlight: false };
  return [
    decided('0.5'),
    decided('0.75'),
    { type: 'sent', intent },
    { type: 'outcome', intent, state: 'confirmed', note: '' },
    confirmed(),
    { type: 'acted', ...standing },
    { type: 'timed', waitedMs: 3, tookMs: 40 },
    { type: 'alert', severity: 'info', category: 'restart', loan: null, says: '' },
    { type: 'external', severity: 'info', says: '', act: { kind: 'repay' } } as unknown as LookEvent,
    { type: 'conditions', holds: [], unknown: [], loans: [], mode: 'active', paused: false },
  ];
}

describe('a scrape of a server to which everything happened', () => {
  let samples: readonly Sample[];
  beforeEach(async () => {
    for (const event of everyEvent()) metrics.hear('main', event);
    metrics.error('main');
    metrics.messaged('phone', null);
    metrics.pinged('well');
    metrics.join('main', { name: 'okx', clockOffsetMs: () => -250 });
    metrics.called({ venue: 'okx', kind: 'money', result: 'ok', tookMs: 30 });
    for (const share of [0.25, 0.75])
      metrics.spent({ venue: 'okx', bucket: String(share), weight: 2, share: () => share });
    samples = await scrape(fullStatus(), [ALERT]);
  });

  it.each(Object.keys(CATALOGUE))('holds %s with its labels and no others', (name) => {
    const { labels, type }: Pick<Row, 'labels' | 'type'> = ROWS[name] ?? { labels: {}, type: 'gauge' };
    const mine = samples.filter((one) => one.name === (type === 'histogram' ? `${name}_count` : name));
    expect(mine.length).toBeGreaterThan(0);
    for (const one of mine) {
      expect(Object.keys(one.labels).sort()).toEqual(Object.keys(labels).sort());
      const strange = Object.entries(one.labels).filter(([label, value]) => labels[label]?.includes(value) === false);
      expect(strange).toEqual([]);
    }
  });

  it('says what was read', () => {
    expect(valuesOf(samples, 'ballast_loan_ltv_ratio')).toEqual({ [`main ${LOAN}`]: 0.72 });
    expect(valuesOf(samples, 'ballast_loan_cushion_ratio')[`main ${LOAN}`]).toBeCloseTo(0.2, 10);
    expect(valuesOf(samples, 'ballast_loan_state')).toEqual({ [`main ${LOAN} watching.breached`]: 1 });
    // The nearest coin; with the money only one coin can kill.
    expect(valuesOf(samples, 'ballast_loan_survival_ratio')).toEqual({
      [`main ${LOAN} fall without`]: -0.3,
      [`main ${LOAN} fall with`]: -0.6,
    });
    expect(valuesOf(samples, 'ballast_wallet_free_coins')).toEqual({
      'main funding USDT': 900.5,
      'main funding BTC': 0.2,
    });
    expect(valuesOf(samples, 'ballast_wallet_keep_coins')).toEqual({ 'main funding USDT': 500, 'main funding BTC': 0 });
    expect(valuesOf(samples, 'ballast_budget_left_usd')).toEqual({ 'main careful normal perDay': 250 });
    expect(valuesOf(samples, 'ballast_money_call_undecided_age_seconds')).toEqual({ main: 4 });
    expect(valuesOf(samples, 'ballast_alerts_open')).toEqual({ 'critical starved no': 1 });
  });

  it('says what was counted', () => {
    expect(valuesOf(samples, 'ballast_money_confirmed_usd_total')).toEqual({ 'main okx repay': 120.5 });
    expect(valuesOf(samples, 'ballast_money_call_settle_seconds_sum')).toEqual({ okx: 2 });
    expect(valuesOf(samples, 'ballast_venue_limit_used_ratio')).toEqual({ okx: 0.75 });
    expect(valuesOf(samples, 'ballast_venue_weight_total')).toEqual({ okx: 4 });
    expect(valuesOf(samples, 'ballast_venue_clock_offset_seconds')).toEqual({ 'main okx': -0.25 });
    expect(valuesOf(samples, 'ballast_lane_wait_seconds_sum')).toEqual({ main: 0.003 });
  });

  it('leaves out all that was read, once the journal cannot be read, and goes on counting', async () => {
    const blind = await scrape(null);
    const others = [
      'ballast_info',
      'ballast_redis_reply_seconds',
      'ballast_redis_memory_bytes',
      'ballast_redis_writes_ok',
    ];
    const read = Object.keys(ROWS).filter((name) => ROWS[name]?.read === true && !others.includes(name));
    expect(blind.filter(({ name }) => read.includes(name))).toEqual([]);
    expect(valuesOf(blind, 'ballast_journal_readable')).toEqual({ '': 0 });
    expect(valuesOf(blind, 'ballast_looks_total')['main acted']).toBe(1);
  });
});

describe('gauges', () => {
  it('of a loan that is closed, or not there any more, are gone', async () => {
    await scrape(fullStatus());
    const closed = await scrape(statusWith({ state: 'closed', ltv: null }));
    expect(closed.filter(({ labels }) => labels['loan'] === LOAN)).toEqual([]);
  });

  it('of an account that nobody watches say so, and nothing else about it', async () => {
    const status: Status = { ...statusWith(), accounts: [anAccount({ name: 'other', account: 'other' })], loans: [] };
    const samples = (await scrape(status)).filter(({ name }) => ROWS[name]?.read === true && /account|loan/.test(name));
    expect(samples).toEqual([{ name: 'ballast_account_watched', labels: { account: 'main' }, value: 0 }]);
  });

  it('are absent where a figure is not known', async () => {
    const status = statusWith(
      { ltv: null, levels: null },
      { seenMs: null, lane: { ...anAccount().lane, nextLookMs: null } },
    );
    const names = (await scrape(status)).map(({ name }) => name);
    for (const name of ['ltv_ratio', 'cushion_ratio', 'debt_usd', 'level_ratio', 'fuse_blown', 'survival_ratio'])
      expect(names).not.toContain(`ballast_loan_${name}`);
    expect(names).not.toContain('ballast_account_observation_age_seconds');
    expect(names).not.toContain('ballast_look_overdue_seconds');
    expect(names).not.toContain('ballast_venue_clock_offset_seconds');
  });

  it('of a venue whose clock is in doubt end, also when it was known before', async () => {
    let offset: number | null = 40;
    metrics.join('main', { name: 'okx', clockOffsetMs: () => offset });
    expect(valuesOf(await scrape(null), 'ballast_venue_clock_offset_seconds')).toEqual({ 'main okx': 0.04 });
    offset = null;
    expect(valuesOf(await scrape(null), 'ballast_venue_clock_offset_seconds')).toEqual({});
  });

  it('of a Redis that does not answer are absent, and nobody waits for it', async () => {
    const frozen = { ping: () => new Promise(() => undefined) } as unknown as Redis;
    metrics = metricsOf({ clock: new TestClock() });
    const samples = samplesOf(
      await metrics.text({ status: statusWith(), alerts: null }, { redis: frozen, policy: 'p' }),
    );
    expect(samples.filter(({ name }) => name.startsWith('ballast_redis'))).toEqual([]);
    expect(valuesOf(samples, 'ballast_account_watched')).toEqual({ main: 1 });
  });

  it('of two scrapes at once are whole in both', async () => {
    const both = await Promise.all([scrape(fullStatus()), scrape(fullStatus())]);
    for (const samples of both) expect(valuesOf(samples, 'ballast_loan_ltv_ratio')).toEqual({ [`main ${LOAN}`]: 0.72 });
  });
});

describe('counters that a rule watches', () => {
  it('are there from the start, so that a first failure is an increase', async () => {
    metrics.channel('phone');
    const samples = await scrape(null);
    expect(valuesOf(samples, 'ballast_alert_messages_total')).toEqual({ 'phone told': 0, 'phone failed': 0 });
    expect(valuesOf(samples, 'ballast_dead_man_pings_total')).toEqual({ well: 0, bad: 0, failed: 0 });
    expect(valuesOf(samples, 'ballast_venue_requests_total')['okx money rateLimited']).toBe(0);
    expect(valuesOf(samples, 'ballast_errors_total')).toMatchObject({ main: 0, redis: 0 });
  });

  it('do not count what an observer would do by another policy', async () => {
    metrics.hear('main', decided('0.5', 'dryRun'));
    expect(valuesOf(await scrape(null), 'ballast_decisions_total')).toEqual({});
    metrics.hear('main', decided('0.5'));
    expect(valuesOf(await scrape(null), 'ballast_decisions_total')).toEqual({ 'main nothing': 1 });
  });
});

describe('time to relief', () => {
  const relief = async (): Promise<Record<string, number>> =>
    valuesOf(await scrape(null), 'ballast_time_to_relief_seconds_sum');
  const hear = (...steps: readonly (LookEvent | number)[]): void => {
    for (const step of steps) {
      if (typeof step === 'number') passed += step;
      else metrics.hear('main', step);
    }
  };

  it('runs from the first look at or above act to the first payment and to the first look below act', async () => {
    hear(
      decided('0.6'),
      1_000,
      decided('0.7'),
      2_000,
      decided('0.75'),
      confirmed(),
      3_000,
      confirmed(),
      decided('0.69'),
    );
    const took = await relief();
    expect(took['main payment']).toBeCloseTo(2, 1);
    expect(took['main below_act']).toBeCloseTo(5, 1);
    // Between episodes nothing is waited for.
    hear(9_000, confirmed(), decided('0.5'));
    expect((await relief())['main below_act']).toBeCloseTo(5, 1);
  });

  it('is not ended by a look that saw nothing, nor by a release', async () => {
    hear(decided('0.6'), decided('0.75'), 1_000, decided('0', 'live', '0'), confirmed(0));
    expect(await relief()).toEqual({});
    hear(1_000, decided('0.6'));
    expect((await relief())['main below_act']).toBeCloseTo(2, 1);
  });

  it('is not guessed for a loan that was there already when the process began, or that left', async () => {
    hear(decided('0.75'), 1_000, confirmed(), decided('0.6'));
    expect(await relief()).toEqual({});
    const nobody = { holds: [], unknown: [], loans: [], mode: 'active', paused: false };
    hear(decided('0.75'), { type: 'conditions', ...nobody }, 1_000, decided('0.6'));
    expect(await relief()).toEqual({});
  });
});
