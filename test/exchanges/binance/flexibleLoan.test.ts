import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Intent } from '../../../src/core/intent.ts';
import type { AccountView } from '../../../src/core/loan.ts';
import { ENDPOINTS, bucketOf } from '../../../src/exchanges/binance/endpoints.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import { createMeter, type Meter } from '../../../src/exchanges/limits.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, intent, type Answer } from './fake.ts';
import { world } from './world.ts';

const BASE = '/sapi/v2/loan/flexible';
const ORDERS = `GET ${BASE}/ongoing/orders`;
const REPAYS = `GET ${BASE}/repay/history`;
const ADJUSTS = `GET ${BASE}/ltv/adjustment/history`;
const LIQUIDATIONS = `GET ${BASE}/liquidation/history`;
const REPAY = `POST ${BASE}/repay`;
const ADJUST = `POST ${BASE}/adjust/ltv`;

const fakes: FakeBinance[] = [];
const venues: Venue[] = [];
afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.close()));
  for (const fake of fakes.splice(0)) fake.stop();
});

const POSITION = {
  loanCoin: 'USDT',
  totalDebt: '14000',
  collateralCoin: 'BTC',
  collateralAmount: '1',
  currentLTV: '0.70',
};

function page(...rows: readonly object[]): { rows: readonly object[]; total: number } {
  return { rows, total: rows.length };
}

async function setUp(answers: Record<string, Answer> = {}): Promise<{ fake: FakeBinance; venue: Venue; meter: Meter }> {
  const fake = await FakeBinance.start({
    ...world(),
    [ORDERS]: page(POSITION),
    [`GET ${BASE}/collateral/data`]: page({
      collateralCoin: 'BTC',
      initialLTV: '0.65',
      marginCallLTV: '0.75',
      liquidationLTV: '0.83',
      maxLimit: '1000000',
    }),
    [REPAYS]: page(),
    [ADJUSTS]: page(),
    [LIQUIDATIONS]: page(),
    ...answers,
  });
  fakes.push(fake);
  const meter = createMeter({ clock: systemClock });
  const venue = createBinance({
    account: 'main',
    key: KEY,
    hosts: { rest: fake.url, ws: null },
    products: ['binance.flexibleLoan'],
    expectUid: null,
    clock: systemClock,
    meter,
  });
  venues.push(venue);
  return { fake, venue, meter };
}

function section(view: AccountView): string {
  const state = view.sections['binance.flexibleLoan'];
  return state?.state === 'failed' ? state.reason : 'fresh';
}

function flexible(over: Partial<Intent> = {}): Intent {
  return intent({
    product: 'binance.flexibleLoan',
    key: 'USDT-BTC',
    from: 'spot',
    before: { debt: { USDT: '14000' }, collateral: { BTC: '1' }, inside: {}, wallet: {}, ltv: '0.7' },
    ...over,
  });
}

function old(over: Partial<Intent> = {}): Intent {
  const sentAt = Date.now() - 60_000;
  return flexible({ sentAt, plannedAt: sentAt, validUntil: sentAt + 4_000, ...over });
}

describe('a look at flexible loans', () => {
  it('is one loan per pair of coins', async () => {
    const { venue } = await setUp();
    const [loan] = (await venue.observe(SIGNAL)).loans;
    expect(loan).toMatchObject({
      id: 'main/binance.flexibleLoan/USDT-BTC',
      key: 'USDT-BTC',
      status: 'open',
      alerts: [],
    });
    expect(
      [loan?.ltv, loan?.line, loan?.call, loan?.venueLtv?.low, loan?.venueLtv?.high].map((value) => value?.toFixed()),
    ).toEqual(['0.7', '0.83', '0.75', '0.69', '0.71']);
    expect(loan?.collateral[0]?.free.toFixed(), 'there is no inside').toBe('0');
  });

  it('says when the venue’s LTV and ours disagree, and lets the worse one be seen', async () => {
    const { venue } = await setUp({ [ORDERS]: page({ ...POSITION, currentLTV: '0.80' }) });
    const [loan] = (await venue.observe(SIGNAL)).loans;
    expect(loan?.alerts).toHaveLength(1);
    expect(loan?.venueLtv?.high.toFixed()).toBe('0.81');
  });

  it('reads every page', async () => {
    const { venue } = await setUp({
      [ORDERS]: ({ params }) => ({
        rows: [{ ...POSITION, loanCoin: params['current'] === '1' ? 'USDT' : 'BNB' }],
        total: 2,
      }),
    });
    expect((await venue.observe(SIGNAL)).loans.map((loan) => loan.key)).toEqual(['USDT-BTC', 'BNB-BTC']);
  });

  it.each<[string, object]>([
    ['more positions than pages', { rows: [POSITION], total: 600 }],
    ['no list', { total: 1 }],
    ['no total', { rows: [] }],
    ['a position without debt', page({ ...POSITION, totalDebt: '0' })],
    ['a position without an LTV', page({ ...POSITION, currentLTV: '' })],
    ['a collateral without thresholds', page({ ...POSITION, collateralCoin: 'ETH' })],
    ['a coin without an index', page({ ...POSITION, loanCoin: 'WEIRD' })],
  ])('does not believe %s', async (_name, answer) => {
    const { venue } = await setUp({ [ORDERS]: answer });
    const view = await venue.observe(SIGNAL);
    expect(view.loans).toEqual([]);
    expect(section(view)).not.toBe('fresh');
  });

  it('uses the last positions, with their own age, when our own limit forbids the read', async () => {
    const { fake, venue, meter } = await setUp();
    const first = await venue.observe(SIGNAL);
    const bucket = bucketOf(ENDPOINTS.flexibleOrders, new URL(fake.url).host, 'main');
    meter.correct(bucket, bucket.limit);
    const second = await venue.observe(SIGNAL);
    expect(second.loans).toHaveLength(1);
    expect(second.loans[0]?.asOf).toBe(first.loans[0]?.asOf);
    expect(fake.calls(ORDERS)).toHaveLength(1);
  });

  describe('a position that is no longer listed', () => {
    it.each<[string, Record<string, Answer>, boolean]>([
      ['without any record', {}, false],
      [
        'with too small a repayment',
        { [REPAYS]: page({ repayAmount: '5', repayStatus: 'REPAID', repayTime: 1 }) },
        false,
      ],
      [
        'with a repayment still in work',
        { [REPAYS]: page({ repayAmount: '14000', repayStatus: 'REPAYING', repayTime: 1 }) },
        false,
      ],
      ['repaid', { [REPAYS]: page({ repayAmount: '14000.01', repayStatus: 'REPAID', repayTime: 1 }) }, true],
      [
        'repaid, in the old words',
        { [REPAYS]: page({ repayAmount: '14000.01', repayStatus: 'Repaid', repayTime: 1 }) },
        true,
      ],
      ['liquidated', { [LIQUIDATIONS]: page({ status: 'Liquidated' }) }, true],
    ])('%s', async (_name, answers, closed) => {
      const { fake, venue } = await setUp(answers);
      await venue.observe(SIGNAL);
      fake.answers[ORDERS] = page();
      const view = await venue.observe(SIGNAL);
      if (closed) expect(view.loans).toMatchObject([{ key: 'USDT-BTC', status: 'closed', debts: [] }]);
      else expect(section(view)).toContain('no longer listed');
      fake.answers[ORDERS] = page(POSITION);
      expect((await venue.observe(SIGNAL)).loans).toMatchObject([{ status: 'open' }]);
    });
  });
});

describe('money calls', () => {
  const repaid = {
    loanCoin: 'USDT',
    collateralCoin: 'BTC',
    remainingDebt: '1',
    remainingCollateral: '1',
    fullRepayment: false,
    currentLTV: '0.5',
    repayStatus: 'REPAID',
  };

  it.each([
    [
      {},
      REPAY,
      {
        loanCoin: 'USDT',
        collateralCoin: 'BTC',
        repayAmount: '100.00001234',
        collateralReturn: 'FALSE',
        fullRepayment: 'FALSE',
      },
    ],
    [{ full: true }, REPAY, { collateralReturn: 'TRUE', fullRepayment: 'TRUE' }],
    [{ verb: 'add', asset: 'BTC' }, ADJUST, { adjustmentAmount: '100.00001234', direction: 'ADDITIONAL' }],
    [{ verb: 'reduce', asset: 'BTC' }, ADJUST, { direction: 'REDUCED' }],
  ] as const)('%o', async (leg, route, params) => {
    const { fake, venue } = await setUp({ [route]: { ...repaid, status: 'Succeeds' } });
    await venue.observe(SIGNAL);
    expect(await venue.send(venue.sign(flexible(leg)), SIGNAL)).toMatchObject({
      outcome: 'accepted',
      final: true,
      ref: null,
    });
    expect(fake.calls(route)[0]?.params).toMatchObject(params);
  });

  it.each([
    ['REPAID', { outcome: 'accepted', final: true }],
    ['Repaid', { outcome: 'accepted', final: true }],
    ['REPAYING', { outcome: 'accepted', final: false }],
    ['FAILED', { outcome: 'unknown' }],
    ['SOMETHING', { outcome: 'unknown' }],
  ])('a repay that is %s', async (repayStatus, expected) => {
    const { venue } = await setUp({ [REPAY]: { ...repaid, repayStatus } });
    await venue.observe(SIGNAL);
    expect(await venue.send(venue.sign(flexible()), SIGNAL)).toMatchObject(expected);
  });

  it('does not take an answer about another pair', async () => {
    const { venue } = await setUp({ [REPAY]: { ...repaid, collateralCoin: 'ETH' } });
    await venue.observe(SIGNAL);
    expect(await venue.send(venue.sign(flexible()), SIGNAL)).toMatchObject({ outcome: 'unknown' });
  });

  it.each([
    { verb: 'transferIn' },
    { verb: 'borrow', asset: 'BTC' },
    { verb: 'add', asset: 'USDT' },
    { verb: 'repay', asset: 'BTC' },
    { key: 'USDT' },
    { key: 'A-B-C' },
  ] as const)('refuses to sign %o', async (over) => {
    const { venue } = await setUp();
    await venue.observe(SIGNAL);
    expect(() => venue.sign(flexible(over))).toThrow();
  });
});

describe('evidence', () => {
  const row = (over: object = {}): object => ({
    loanCoin: 'USDT',
    collateralCoin: 'BTC',
    repayAmount: '100.00001234',
    repayStatus: 'REPAID',
    repayTime: Date.now() - 59_000,
    ...over,
  });
  const added = (over: object = {}): object => ({
    loanCoin: 'USDT',
    collateralCoin: 'BTC',
    direction: 'ADDITIONAL',
    collateralAmount: '0.1',
    adjustTime: Date.now() - 59_000,
    ...over,
  });
  const add = (over: Partial<Intent> = {}): Intent => old({ verb: 'add', asset: 'BTC', amount: '0.1', ...over });

  it.each<[string, Intent, Record<string, Answer>, string]>([
    ['a repayment of our amount', old(), { [REPAYS]: page(row()) }, 'happened'],
    ['a repayment of our amount in work', old(), { [REPAYS]: page(row({ repayStatus: 'REPAYING' })) }, 'pending'],
    ['a repayment of another amount', old(), { [REPAYS]: page(row({ repayAmount: '7' })) }, 'cannotTell'],
    ['no trace', old(), {}, 'didNotHappen'],
    ['no trace, too early', flexible(), {}, 'cannotTell'],
    ['no trace, accepted as in work', old({ ref: 'in-work' }), {}, 'cannotTell'],
    [
      'a record that FAILED, accepted as in work',
      old({ ref: 'in-work' }),
      { [REPAYS]: page(row({ repayStatus: 'FAILED' })) },
      'didNotHappen',
    ],
    ['no trace, but the debt fell', old({ before: { ...old().before, debt: { USDT: '14100' } } }), {}, 'cannotTell'],
    ['no trace, and the position is gone', old(), { [ORDERS]: page() }, 'cannotTell'],
    [
      'a full repayment with the interest since',
      old({ full: true, fingerprint: 'unmarked', amount: '14000' }),
      { [REPAYS]: page(row({ repayAmount: '14000.05' })) },
      'happened',
    ],
    [
      'a full repayment and something else',
      old({ full: true, fingerprint: 'unmarked', amount: '14000' }),
      { [REPAYS]: page(row({ repayAmount: '5' })) },
      'cannotTell',
    ],
    ['an addition of our amount', add(), { [ADJUSTS]: page(added()) }, 'happened'],
    ['a reduction of our amount', add(), { [ADJUSTS]: page(added({ direction: 'REDUCED' })) }, 'didNotHappen'],
    [
      'no addition, but the collateral rose by it',
      add({ before: { ...old().before, collateral: { BTC: '0.9' } } }),
      {},
      'cannotTell',
    ],
    [
      'no addition, the collateral earned a little',
      add({ before: { ...old().before, collateral: { BTC: '0.99999' } } }),
      {},
      'didNotHappen',
    ],
  ])('%s', async (_name, what, answers, verdict) => {
    const { venue } = await setUp(answers);
    expect((await venue.evidence(what, SIGNAL)).verdict).toBe(verdict);
  });

  it('does not take a repayment listed before the send for ours', async () => {
    const known = row({ repayTime: 1_700_000_000_000 });
    const { fake, venue } = await setUp({ [REPAYS]: page(known) });
    const cursors = await venue.cursors(flexible(), SIGNAL);
    expect((await venue.evidence(old({ cursors }), SIGNAL)).verdict).toBe('didNotHappen');
    fake.answers[REPAYS] = (): unknown => new WireRefusal(500, '');
    await expect(venue.evidence(old({ cursors }), SIGNAL)).rejects.toMatchObject({ name: 'VenueError' });
  });
});
