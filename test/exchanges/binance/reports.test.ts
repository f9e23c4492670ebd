/** Reports of a scripted Binance: what fails is a gap beside what could be read; lists are read to their end. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Product } from '../../../src/core/loan.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import { windows } from '../../../src/exchanges/binance/pages.ts';
import type { ReportingVenue } from '../../../src/exchanges/exchange.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { createTransport, type Transport } from '../../../src/exchanges/transport.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, intent, type Answer } from './fake.ts';
import type { Intent } from '../../../src/core/intent.ts';
import { world } from './world.ts';

/** Nothing of ours. */
const NONE = (): Promise<readonly Intent[]> => Promise.resolve([]);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MARGIN = 'GET /sapi/v1/margin';
const LOAN = 'GET /sapi/v2/loan';
const BUSY = new WireRefusal(503, { code: -1008, msg: 'busy' });

const fakes: FakeBinance[] = [];
const transports: Transport[] = [];
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.stop();
});
afterAll(async () => {
  await Promise.all(transports.map((transport) => transport.close()));
});

function reports(): Record<string, Answer> {
  return {
    ...world(),
    [`${MARGIN}/maxBorrowable`]: { amount: '5', borrowLimit: '60' },
    [`${MARGIN}/maxTransferable`]: { amount: '0.5' },
    [`${MARGIN}/next-hourly-interest-rate`]: ({ params }) =>
      (params['assets'] ?? '').split(',').map((asset) => ({ asset, nextHourlyInterestRate: '0.00000571' })),
    [`${MARGIN}/crossMarginData`]: ({ params }) => [{ coin: params['coin'], dailyInterest: '0.00026125' }],
    [`${MARGIN}/interestHistory`]: { rows: [], total: 0 },
    [`${MARGIN}/borrow-repay`]: { rows: [], total: 0 },
    [`${MARGIN}/transfer`]: { rows: [], total: 0 },
    [`${MARGIN}/capital-flow`]: [],
    [`${MARGIN}/forceLiquidationRec`]: { rows: [], total: 0 },
  };
}

async function setUp(
  over: Record<string, Answer> = {},
  products: readonly Product[] = ['binance.crossMargin'],
): Promise<{ fake: FakeBinance; venue: ReportingVenue }> {
  const fake = await FakeBinance.start({ ...reports(), ...over });
  fakes.push(fake);
  const transport = createTransport({ clock: systemClock });
  transports.push(transport);
  const venue = createBinance({
    account: 'main',
    key: KEY,
    hosts: { rest: fake.url, ws: null },
    products,
    expectUid: '354937868',
    clock: systemClock,
    transport,
    meter: createMeter({ clock: systemClock }),
  });
  return { fake, venue };
}

describe('terms', () => {
  it('name the account’s own rate of the coming hour and the bound that binds', async () => {
    const { venue } = await setUp();
    const { debts, release, gaps } = await venue.terms(SIGNAL);
    expect(gaps).toEqual([]);
    const usdt = debts.find(({ asset }) => asset === 'USDT');
    expect(usdt?.stated).toEqual({ rate: expect.anything(), per: 'hour' });
    expect(usdt?.ratePerDay?.toFixed()).toBe('0.00013704');
    expect(usdt?.accrued?.toFixed()).toBe('1.5');
    // The limit of 60 is used up by the 20000 that are owed.
    expect(usdt?.room).toEqual({ coins: expect.anything(), binds: 'limit', otherwise: null });
    expect(usdt?.room?.coins.toFixed()).toBe('0');
    const bnb = debts.find(({ asset }) => asset === 'BNB');
    expect([bnb?.room?.binds, bnb?.room?.coins.toFixed(), bnb?.room?.otherwise?.toFixed()]).toEqual([
      'collateral',
      '5',
      '60',
    ]);
    expect(release.map(({ asset, most }) => `${asset} ${most.toFixed()}`).sort()).toEqual(['BTC 0.5', 'USDT 0.5']);
  });

  it('fall back to the daily rate of the fee table, and say so', async () => {
    const { venue } = await setUp({ [`${MARGIN}/next-hourly-interest-rate`]: () => BUSY });
    const { debts, gaps } = await venue.terms(SIGNAL);
    expect(debts.map(({ stated }) => stated?.per)).toEqual(['day', 'day']);
    expect(debts[0]?.ratePerDay?.toFixed()).toBe('0.00026125');
    expect(gaps.map(({ section }) => section)).toEqual(['binance.crossMargin next hourly rate']);
  });

  it.each([
    ['maxBorrowable', 'room'],
    ['maxTransferable', 'release'],
  ])('without %s have a gap there and everything else', async (path, gap) => {
    const { venue } = await setUp({ [`${MARGIN}/${path}`]: () => BUSY });
    const { debts, release, gaps } = await venue.terms(SIGNAL);
    expect(gaps.every(({ section }) => section.endsWith(gap))).toBe(true);
    expect(gaps).toHaveLength(2);
    expect(debts.every(({ ratePerDay }) => ratePerDay !== null)).toBe(true);
    expect(debts.every(({ room }) => (room === null) === (gap === 'room'))).toBe(true);
    expect(release).toHaveLength(gap === 'release' ? 0 : 2);
  });

  it('of a product that cannot be read are a gap; of none, an error', async () => {
    const both: readonly Product[] = ['binance.crossMargin', 'binance.flexibleLoan'];
    const { venue, fake } = await setUp({ [`${LOAN}/flexible/ongoing/orders`]: () => BUSY }, both);
    const { debts, gaps } = await venue.terms(SIGNAL);
    expect(debts).toHaveLength(2);
    expect(gaps.map(({ section }) => section)).toEqual(['binance.flexibleLoan']);
    fake.answers[`${MARGIN}/account`] = () => BUSY;
    fake.answers['POST /sapi/v3/asset/getUserAsset'] = () => BUSY;
    await expect(venue.terms(SIGNAL)).rejects.toThrow(/503|busy|-1008/i);
  });

  it('of flexible loans take the yearly rate, the one whose unit is stated, and bound the room by the initial LTV', async () => {
    const { venue } = await setUp(
      {
        [`${LOAN}/flexible/ongoing/orders`]: {
          rows: [
            { loanCoin: 'USDT', totalDebt: '10000', collateralCoin: 'BTC', collateralAmount: '1', currentLTV: '0.50' },
          ],
          total: 1,
        },
        [`${LOAN}/flexible/collateral/data`]: {
          rows: [{ collateralCoin: 'BTC', initialLTV: '0.65', marginCallLTV: '0.75', liquidationLTV: '0.83' }],
          total: 1,
        },
        [`${LOAN}/flexible/loanable/data`]: {
          rows: [
            {
              loanCoin: 'USDT',
              flexibleInterestRate: '0.00000491',
              flexibleMinLimit: '100',
              flexibleMaxLimit: '12000',
            },
          ],
        },
        [`${LOAN}/interestRateHistory`]: {
          rows: [
            { coin: 'USDT', annualizedInterestRate: '0.0600', time: 1_575_018_510_000 },
            { coin: 'USDT', annualizedInterestRate: '0.0730', time: 1_575_022_110_000 },
          ],
        },
      },
      ['binance.flexibleLoan'],
    );
    const { debts, release, gaps } = await venue.terms(SIGNAL);
    expect(gaps).toEqual([]);
    expect(debts[0]?.ratePerDay?.toFixed()).toBe('0.0002');
    // 20000 × 0.65 − 10000 = 3000 by collateral, 12000 − 10000 = 2000 by the venue's limit.
    expect([debts[0]?.room?.binds, debts[0]?.room?.coins.toFixed(), debts[0]?.room?.otherwise?.toFixed()]).toEqual([
      'limit',
      '2000',
      '3000',
    ]);
    // What stays must carry 10000 at 0.65: 1 − 10000 / (0.65 × 20000), rounded down.
    expect(release[0]).toMatchObject({ asset: 'BTC', source: 'computed' });
    expect(release[0]?.most.toFixed()).toBe('0.23076923');
  });
});

describe('offers', () => {
  it('that cannot be read are null, never empty', async () => {
    const products: readonly Product[] = ['binance.crossMargin', 'binance.isolatedMargin', 'binance.flexibleLoan'];
    const { venue } = await setUp(
      {
        [`${MARGIN}/isolated/allPairs`]: () => BUSY,
        [`${LOAN}/flexible/loanable/data`]: () => BUSY,
        [`${LOAN}/flexible/collateral/data`]: {
          rows: [{ collateralCoin: 'BTC', initialLTV: '0.65', marginCallLTV: '0.75', liquidationLTV: '0.83' }],
        },
      },
      products,
    );
    const offers = await venue.offers(SIGNAL);
    const lists = offers.products.map(({ borrowable, collateral }) => [borrowable !== null, collateral !== null]);
    expect(lists).toEqual([
      [true, true],
      [false, false],
      [false, true],
    ]);
    expect(offers.gaps).toHaveLength(2);
    expect(offers.products[0]?.collateral).not.toContain('BAN');
    expect(offers.products[0]?.minRepay['USDT']?.toFixed()).toBe('10');
  });

  it('are an error when nothing at all could be read, or the key is another account’s', async () => {
    const { venue, fake } = await setUp({ [`${MARGIN}/allAssets`]: () => BUSY });
    await expect(venue.offers(SIGNAL)).rejects.toThrow();
    fake.answers[`${MARGIN}/allAssets`] = [];
    fake.answers['GET /api/v3/account'] = { uid: 1, balances: [] };
    const stranger = createBinance({
      account: 'main',
      key: KEY,
      hosts: { rest: fake.url, ws: null },
      products: ['binance.crossMargin'],
      expectUid: '354937868',
      clock: systemClock,
    });
    await expect(stranger.offers(SIGNAL)).rejects.toThrow(/UID 1/);
    await stranger.close();
  });
});

describe('costs', () => {
  it('are read page by page and month by month, with ids beyond 2^53', async () => {
    const now = Date.now();
    const hours = Array.from({ length: 1_500 }, (_, index) => now - index * HOUR_MS);
    const { venue, fake } = await setUp({
      [`${MARGIN}/interestHistory`]: ({ params }) => {
        const [from, to] = [Number(params['startTime']), Number(params['endTime'] ?? now + HOUR_MS)];
        expect(to - from).toBeLessThanOrEqual(30 * DAY_MS + HOUR_MS);
        const all = hours.filter((at) => at >= from && at <= to);
        const [page, size] = [Number(params['current']), Number(params['size'])];
        const rows = all.slice((page - 1) * size, page * size).map(interestRow);
        return `{"rows":[${rows.join(',')}],"total":${String(all.length)}}`;
      },
    });
    const { rows, gaps } = await venue.costs(now - 50 * DAY_MS, SIGNAL);
    expect(gaps).toEqual([]);
    expect(rows).toHaveLength(50 * 24 + 1);
    expect(new Set(rows.map(({ ref }) => ref)).size).toBe(rows.length);
    expect(rows.at(-1)).toMatchObject({ asset: 'USDT', loan: 'main/binance.crossMargin' });
    expect(rows.at(-1)?.ratePerYear?.toFixed(8)).toBe('0.04830045');
    expect(fake.calls(`${MARGIN}/interestHistory`).length).toBeGreaterThan(12);
  });

  function interestRow(at: number): string {
    const id = 1_352_286_576_452_864_727n + BigInt(Math.floor(at / HOUR_MS));
    return `{"txId":${id.toString()},"interestAccuredTime":${String(at)},"asset":"USDT","rawAsset":"USDT","principal":"45.3313","interest":"0.00024995","interestRate":"0.00013233","type":"PERIODIC"}`;
  }

  it('say that the venue does not go back further than ninety days, unless everything was asked for', async () => {
    const { venue } = await setUp();
    expect((await venue.costs(Date.now() - 200 * DAY_MS, SIGNAL)).gaps).toHaveLength(1);
    expect((await venue.costs(0, SIGNAL)).gaps).toEqual([]);
  });
});

describe('windows', () => {
  it.each([1, 7, 30, 31, 400])('cover every moment of %i days once', (days) => {
    const now = 1_700_000_000_000;
    const since = now - days * DAY_MS;
    const spans = windows(since, now, 7);
    expect(Number(spans.at(-1)?.startTime)).toBe(since);
    expect(spans[0]?.endTime).toBeUndefined();
    for (const [index, { startTime, endTime }] of spans.entries()) {
      const end = endTime === undefined ? now : Number(endTime);
      expect(end - Number(startTime)).toBeLessThan(7 * DAY_MS);
      if (index > 0) expect(end).toBe(Number(spans[index - 1]?.startTime) - 1);
    }
  });
});

describe('what others did', () => {
  const now = Date.now();
  const loanRow = (over: object): object => ({
    amount: '14.00000000',
    asset: 'BNB',
    interest: '0.01866667',
    principal: '13.98133333',
    status: 'CONFIRMED',
    timestamp: now,
    txId: 1,
    type: 'MANUAL',
    ...over,
  });
  const transferRow = {
    amount: '0.1',
    asset: 'BTC',
    status: 'CONFIRMED',
    timestamp: Math.floor(now / 1000),
    txId: 9,
    type: 'ROLL_IN',
    transFrom: 'SPOT',
    transTo: 'CROSS_MARGIN',
  };

  it.each([
    ['MANUAL', 'repay'],
    ['AUTO', 'autoRepay'],
    ['BNB_AUTO_REPAY', 'autoRepay'],
    ['POINT_AUTO_REPAY', 'autoRepay'],
  ])('a repayment marked %s is a %s', async (type, kind) => {
    const { venue } = await setUp({
      [`${MARGIN}/borrow-repay`]: ({ params }) => ({
        rows: params['type'] === 'REPAY' ? [loanRow({ type })] : [],
        total: 1,
      }),
    });
    const { acts } = await venue.external(now - 10_000, NONE, SIGNAL);
    expect(acts).toHaveLength(1);
    expect(acts[0]).toMatchObject({
      kind,
      effect: 'debtDown',
      asset: 'BNB',
      ref: '1',
      loan: 'main/binance.crossMargin',
    });
  });

  it.each(['PENDING', 'FAILED'])('a record that is %s moved nothing', async (status) => {
    const { venue } = await setUp({ [`${MARGIN}/borrow-repay`]: { rows: [loanRow({ status })], total: 1 } });
    expect((await venue.external(now - 10_000, NONE, SIGNAL)).acts).toEqual([]);
  });

  it('is told once, although the capital flow holds it too, under the same id or another', async () => {
    const flow = (tranId: number, over: object = {}): object => ({
      id: tranId,
      tranId,
      timestamp: now,
      asset: 'BTC',
      type: 'TRANSFER',
      amount: '0.1',
      ...over,
    });
    const { venue, fake } = await setUp({
      [`${MARGIN}/transfer`]: { rows: [transferRow], total: 1 },
      [`${MARGIN}/capital-flow`]: [flow(9)],
    });
    expect((await venue.external(now - 10_000, NONE, SIGNAL)).acts).toHaveLength(1);
    fake.answers[`${MARGIN}/capital-flow`] = [flow(77)];
    expect((await venue.external(now - 10_000, NONE, SIGNAL)).acts).toHaveLength(1);
    fake.answers[`${MARGIN}/capital-flow`] = [flow(9, { note: 'AUTO' })];
    expect((await venue.external(now - 10_000, NONE, SIGNAL)).acts[0]).toMatchObject({ kind: 'topUp' });
    fake.answers[`${MARGIN}/capital-flow`] = [flow(77, { amount: '0.2' })];
    expect((await venue.external(now - 10_000, NONE, SIGNAL)).acts).toHaveLength(2);
  });

  it('is found in the capital flow when its own list cannot be read', async () => {
    const { venue } = await setUp({
      [`${MARGIN}/borrow-repay`]: () => BUSY,
      [`${MARGIN}/capital-flow`]: [
        { id: 5, tranId: 1, timestamp: now, asset: 'BNB', type: 'REPAY', amount: '14' },
        { id: 6, tranId: 2, timestamp: now, asset: 'USDT', type: 'SMALL_CONVERT', amount: '3' },
      ],
    });
    const { acts, gaps } = await venue.external(now - 10_000, NONE, SIGNAL);
    expect(acts.map(({ kind }) => kind).sort()).toEqual(['repay', 'trade']);
    expect(gaps).toHaveLength(2);
    const own = intent({ asset: 'BNB', amount: '14', ref: '1', state: 'confirmed' });
    expect(
      (await venue.external(now - 10_000, () => Promise.resolve([own]), SIGNAL)).acts.map(({ kind }) => kind),
    ).toEqual(['trade']);
  });

  it('is in work, and no act, while a flexible loan calls it that', async () => {
    const now = systemClock.wall();
    const row = { loanCoin: 'USDT', collateralCoin: 'BTC', repayAmount: '14.00004321', repayTime: now - 1_000 };
    const asked = async (repayStatus: string, ours = NONE): Promise<unknown> => {
      const list = { rows: [{ ...row, repayStatus }], total: 1 };
      const histories = ['borrow', 'repay', 'ltv/adjustment', 'liquidation'];
      const empty = histories.map((name) => [`${LOAN}/flexible/${name}/history`, { rows: [], total: 0 }]);
      const over = { ...Object.fromEntries(empty), [`${LOAN}/flexible/repay/history`]: list } as Record<string, Answer>;
      const { venue } = await setUp(over, ['binance.flexibleLoan']);
      const { acts, inWork, gaps } = await venue.external(now - 10_000, ours, SIGNAL);
      expect(gaps).toEqual([]);
      return [inWork.map((one) => one.intent), acts.length];
    };
    const flexible = { loan: 'main/binance.flexibleLoan/USDT-BTC', product: 'binance.flexibleLoan' } as const;
    const own = intent({ ...flexible, verb: 'repay', asset: 'USDT', amount: '14.00004321', sentAt: now - 2_000 });
    expect(await asked('Repaying')).toEqual([[null], 0]);
    expect(await asked('REPAYING', () => Promise.resolve([own]))).toEqual([[own.id], 0]);
    expect(await asked('Failed')).toEqual([[], 0]);
    expect(await asked('Repaid')).toEqual([[], 1]);
  });

  it('does not reach further back than thirty days, and says so', async () => {
    const { venue, fake } = await setUp();
    const { gaps } = await venue.external(now - 100 * DAY_MS, NONE, SIGNAL);
    expect(gaps).toHaveLength(1);
    const starts = fake.calls(`${MARGIN}/capital-flow`).map(({ params }) => Number(params['startTime']));
    expect(Math.min(...starts)).toBeGreaterThan(now - 31 * DAY_MS);
  });
});
