/** Reports of a scripted OKX: what fails is a gap beside what could be read; lists are read to their end, whatever their cursor. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Product } from '../../../src/core/loan.ts';
import type { ReportingVenue } from '../../../src/exchanges/exchange.ts';
import { createOkx } from '../../../src/exchanges/okx/index.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Intent } from '../../../src/core/intent.ts';
import { KEYS, ScriptedOkx, UID, freeMeter, intent, never, recordingLog, refusal, type Seen } from './support.ts';

/** Nothing of ours. */
const NONE = (): Promise<readonly Intent[]> => Promise.resolve([]);

const HOUR_MS = 3_600_000;
const LOAN = 'finance/flexible-loan';
const ROW = {
  ordId: '12345',
  loanData: [{ ccy: 'USDT', amt: '10000' }],
  loanNotionalUsd: '9996',
  collateralData: [{ ccy: 'BTC', amt: '0.3' }],
  collateralNotionalUsd: '17640',
  curLTV: '0.5666',
  marginCallLTV: '0.75',
  liqLTV: '0.85',
};
const BALANCE = {
  adjEq: '20000',
  mgnRatio: '10',
  notionalUsdForBorrow: '9996',
  details: [
    { ccy: 'BTC', eq: '0.5', cashBal: '0.5', availBal: '0.5', liab: '', interest: '', eqUsd: '30000', disEq: '29400' },
    {
      ccy: 'USDT',
      eq: '-9990',
      cashBal: '10',
      availBal: '10',
      liab: '10000',
      interest: '0.2',
      eqUsd: '-9986',
      disEq: '-9986',
    },
  ],
};
const LIMITS = {
  debt: '9996',
  interest: '0.2',
  nextDiscountTime: '1729490400000',
  nextInterestTime: '1729490400000',
  loanAlloc: '',
  records: [
    {
      ccy: 'USDT',
      rate: '0.0002',
      loanQuota: '5000',
      surplusLmt: '3000',
      usedLmt: '10000',
      interest: '0.2',
      avgRate: '',
    },
    { ccy: 'ETH', rate: '0.0001', loanQuota: '', surplusLmt: '', usedLmt: '0', interest: '0' },
    { ccy: 'DOGE', rate: '0.0001', loanQuota: '0', surplusLmt: '0', usedLmt: '0', interest: '0' },
  ],
};

let server: ScriptedOkx;
let venue: ReportingVenue;

beforeEach(async () => {
  server = new ScriptedOkx();
  await server.start();
  server.on(`GET ${LOAN}/loan-info`, () => [ROW]);
  server.on(`POST ${LOAN}/max-loan`, () => [
    { borrowCcy: 'USDT', maxLoan: '1466', notionalUsd: '1465.4', remainingQuota: '3395000' },
  ]);
  server.on(`GET ${LOAN}/interest-accrued`, () => [
    {
      refId: '17319133035195744',
      ccy: 'USDT',
      loan: '10000',
      interest: '0.1',
      interestRate: '0.0876',
      ts: '1731913200000',
    },
  ]);
  server.on(`GET ${LOAN}/max-collateral-redeem-amount`, () => [{ ccy: 'BTC', maxRedeemAmt: '0.04' }]);
  server.on(`GET ${LOAN}/borrow-currencies`, () => [{ borrowCcy: 'USDT' }, { borrowCcy: 'USDC' }]);
  server.on(`GET ${LOAN}/collateral-assets`, () => [{ assets: [{ ccy: 'BTC', amt: '0.3', notionalUsd: '18000' }] }]);
  server.on('GET account/balance', () => [BALANCE]);
  server.on('GET account/interest-limits', () => [LIMITS]);
  server.on('GET account/interest-rate', () => [{ ccy: 'USDT', interestRate: '0.00001' }]);
  server.on('GET account/max-loan', () => [
    { instId: '', mgnMode: 'cross', mgnCcy: '', maxLoan: '3000', ccy: 'USDT', side: '' },
  ]);
  server.on('GET account/max-withdrawal', () => [
    { ccy: 'BTC', maxWd: '0.2', maxWdEx: '0.2' },
    { ccy: 'USDT', maxWd: '0', maxWdEx: '10' },
  ]);
  server.on('GET account/interest-accrued', () => []);
  server.on('GET account/spot-borrow-repay-history', () => []);
  server.on('GET account/bills', () => []);
});
afterEach(async () => {
  await venue.close();
  await server.stop();
});

function open(...products: readonly Product[]): ReportingVenue {
  venue = createOkx({
    account: 'desk',
    key: KEYS,
    hosts: { rest: server.rest, ws: server.rest.replace('http', 'ws') },
    clock: systemClock,
    timing: { ...OKX_TIMING, readDeadlineMs: 1_000, limitScale: 0.001 },
    windowMs: 300,
    products,
    expectUid: UID,
    tagIntents: false,
    log: recordingLog().log,
    meter: { ...freeMeter },
  });
  return venue;
}

describe('terms of a flexible loan', () => {
  it('come from the newest hour charged and from the maximum loan of this very order', async () => {
    const { debts, release, gaps } = await open('okx.flexibleLoan').terms(never());
    expect(gaps).toEqual([]);
    expect(debts[0]?.ratePerDay?.toFixed()).toBe('0.00024');
    expect(debts[0]).toMatchObject({ loan: 'desk/okx.flexibleLoan/12345', accrued: null });
    expect([debts[0]?.room?.binds, debts[0]?.room?.coins.toFixed(), debts[0]?.room?.otherwise?.toFixed()]).toEqual([
      'collateral',
      '1466',
      '3395000',
    ]);
    expect(JSON.parse(server.last(`POST ${LOAN}/max-loan`).body)).toEqual({ borrowCcy: 'USDT', ordId: '12345' });
    expect(server.last(`GET ${LOAN}/interest-accrued`).query.get('ordId')).toBe('12345');
    expect(release.map(({ most, source }) => [most.toFixed(), source])).toEqual([['0.04', 'venue']]);
  });

  it('name the quota when that is what binds', async () => {
    server.on(`POST ${LOAN}/max-loan`, () => [
      { borrowCcy: 'USDT', maxLoan: '50', notionalUsd: '50', remainingQuota: '50' },
    ]);
    const { debts } = await open('okx.flexibleLoan').terms(never());
    expect(debts[0]?.room).toMatchObject({ binds: 'quota', otherwise: null });
  });

  it('of an order that was never charged, or that the venue knows no maximum of, are unknown, not zero', async () => {
    server.on(`GET ${LOAN}/interest-accrued`, () => []);
    server.on(`POST ${LOAN}/max-loan`, () => []);
    const { debts, gaps } = await open('okx.flexibleLoan').terms(never());
    expect(gaps).toEqual([]);
    expect(debts[0]).toMatchObject({ ratePerDay: null, stated: null, room: null });
  });

  it.each([
    [`POST ${LOAN}/max-loan`, 'room'],
    [`GET ${LOAN}/interest-accrued`, 'rate'],
    [`GET ${LOAN}/max-collateral-redeem-amount`, 'release'],
  ])('without %s have one gap and everything else', async (route, gap) => {
    server.on(route, () => refusal('50026', 'system error', 500));
    const { debts, release, gaps } = await open('okx.flexibleLoan').terms(never());
    expect(gaps.map(({ section }) => section.split(' ').at(-1))).toEqual([gap]);
    expect([debts[0]?.room === null, debts[0]?.stated === null, release.length === 0]).toEqual([
      gap === 'room',
      gap === 'rate',
      gap === 'release',
    ]);
  });
});

describe('terms of spot borrowing', () => {
  it('name daily rate, accrued interest, next interest and the quota that binds', async () => {
    const { debts, release, gaps } = await open('okx.spotBorrow').terms(never());
    expect(gaps.map(({ section }) => section)).toEqual([]);
    expect(debts[0]?.stated).toMatchObject({ per: 'day' });
    expect(debts[0]?.ratePerDay?.toFixed()).toBe('0.0002');
    expect(debts[0]?.accrued?.toFixed()).toBe('0.2');
    expect(Math.abs((debts[0]?.nextInterestAt ?? 0) - 1_729_490_400_000)).toBeLessThanOrEqual(1_000);
    expect([debts[0]?.room?.binds, debts[0]?.room?.coins.toFixed()]).toEqual(['quota', '3000']);
    expect(release.map(({ asset, most }) => [asset, most.toFixed()])).toEqual([
      ['BTC', '0.2'],
      ['USDT', '0'],
    ]);
    expect(server.count('GET account/interest-rate')).toBe(0);
  });

  it('take the hourly rate when the limits cannot be read', async () => {
    server.on('GET account/interest-limits', () => refusal('50013', 'busy', 429));
    const { debts, gaps } = await open('okx.spotBorrow').terms(never());
    expect(gaps.map(({ section }) => section)).toEqual(['okx.spotBorrow limits']);
    expect(debts[0]?.ratePerDay?.toFixed()).toBe('0.00024');
    expect(debts[0]).toMatchObject({ nextInterestAt: null, room: { binds: 'collateral', otherwise: null } });
    expect(debts[0]?.accrued?.toFixed()).toBe('0.2');
  });
});

describe('offers', () => {
  it('tell what is certain from what is likely, and leave out what has no quota', async () => {
    const { products, gaps } = await open('okx.flexibleLoan', 'okx.spotBorrow').offers(never());
    expect(gaps).toEqual([]);
    expect(products[0]).toMatchObject({ borrowable: ['USDT', 'USDC'], collateral: ['BTC'] });
    expect(products[0]?.likelyCollateral).toEqual(['ETH', 'USDC', 'USDT']);
    expect(products[1]).toMatchObject({ borrowable: ['USDT', 'ETH'], collateral: ['BTC', 'ETH', 'USDC', 'USDT'] });
  });

  it('that cannot be read are null, never empty', async () => {
    server.on(`GET ${LOAN}/borrow-currencies`, () => 'reset');
    server.on('GET account/interest-limits', () => refusal('50026', 'system error', 500));
    const { products, gaps } = await open('okx.flexibleLoan', 'okx.spotBorrow').offers(never());
    expect(products.map(({ borrowable }) => borrowable)).toEqual([null, null]);
    expect(products[0]?.collateral).toEqual(['BTC']);
    expect(gaps).toHaveLength(2);
  });

  it('of another account are refused before anything is asked', async () => {
    server.on('GET account/config', () => [{ uid: '1', mainUid: '1', acctLv: '1', perm: 'read_only', ip: '' }]);
    await expect(open('okx.flexibleLoan').offers(never())).rejects.toThrow(/UID 1/);
    expect(server.count(`GET ${LOAN}/borrow-currencies`)).toBe(0);
  });
});

describe('costs', () => {
  const NOW = 1_731_913_200_000;
  const START = 17_319_133_035_195_744n;
  const flexibleRow = (index: number): object => ({
    refId: (START - BigInt(index)).toString(),
    ccy: 'USDT',
    loan: '10000',
    interest: '0.1',
    interestRate: '0.0876',
    ts: String(NOW - index * HOUR_MS),
  });

  it('of flexible loans go back by ids beyond 2^53 and name the order; rows of closed orders have none', async () => {
    const all = Array.from({ length: 250 }, (_, index) => flexibleRow(index));
    server.on(`GET ${LOAN}/interest-accrued`, ({ query }: Seen) => {
      const after = query.get('after');
      const from = after === null ? 0 : Number(START - BigInt(after)) + 1;
      const own = query.get('ordId') === '12345' ? all.slice(0, 100) : all;
      return own.slice(from, from + 100);
    });
    const { rows, gaps } = await open('okx.flexibleLoan').costs(0, never());
    expect(gaps).toEqual([]);
    expect(rows).toHaveLength(250);
    expect(rows.filter(({ loan }) => loan === 'desk/okx.flexibleLoan/12345')).toHaveLength(100);
    expect(rows.filter(({ loan }) => loan === null)).toHaveLength(150);
    expect(rows[0]?.at).toBe(NOW - 249 * HOUR_MS);
  });

  it.each([
    ['leaves its own moment out', 0],
    ['takes its own moment in', 1],
  ])('of spot borrowing lose no row at the edge of a page, whether a time cursor %s', async (_what, inclusive) => {
    const rowOf = (index: number): { ts: string } => ({
      ...{
        ccy: index % 3 === 0 ? 'BTC' : index % 3 === 1 ? 'ETH' : 'USDT',
        interest: '0.001',
        interestRate: '0.00001',
      },
      ...{ liab: '1', type: '2', mgnMode: 'cross', instId: '' },
      // Three currencies are charged at each full hour.
      ts: String(NOW - Math.floor(index / 3) * HOUR_MS),
    });
    const all = Array.from({ length: 400 }, (_, index) => rowOf(index));
    server.on('GET account/interest-accrued', ({ query }: Seen) => {
      const after = Number(query.get('after') ?? Number.POSITIVE_INFINITY);
      return all.filter(({ ts }) => Number(ts) < after + inclusive).slice(0, 100);
    });
    const { rows, gaps } = await open('okx.spotBorrow').costs(0, never());
    expect(gaps).toEqual([]);
    expect(rows).toHaveLength(400);
    expect(rows[0]?.ratePerYear?.toFixed()).toBe('0.0876');
  });

  it('say so when a cursor does not move on, instead of reading for ever', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => flexibleRow(index));
    server.on(`GET ${LOAN}/interest-accrued`, () => rows);
    const { rows: found, gaps } = await open('okx.flexibleLoan').costs(0, never());
    expect(found).toHaveLength(100);
    expect(gaps.map(({ section }) => section)).toEqual(['okx.flexibleLoan interest']);
    expect(server.count(`GET ${LOAN}/interest-accrued`)).toBeLessThan(6);
  });

  it('of one product survive the failure of the other; of none, it is an error', async () => {
    server.on('GET account/interest-accrued', () => refusal('50026', 'system error', 500));
    const { rows, gaps } = await open('okx.flexibleLoan', 'okx.spotBorrow').costs(0, never());
    expect([rows.length, gaps.length]).toEqual([1, 1]);
    await venue.close();
    await expect(open('okx.spotBorrow').costs(0, never())).rejects.toThrow(/interest-accrued: status 500/);
  });
});

describe('what others did', () => {
  const now = Date.now();
  const historyRow = (refId: string, type: string, over: object = {}): object => ({
    refId,
    type,
    ccy: 'USDT',
    amt: '-100',
    ts: String(now),
    ...over,
  });

  it.each([
    ['borrowed', 'borrow', 'debtUp'],
    ['repaid', 'repay', 'debtDown'],
    ['collateral_locked', 'collateral', 'collateralUp'],
    ['collateral_released', 'collateral', 'collateralDown'],
    ['forced_repayment_buy', 'conversion', 'unknown'],
    ['forced_repayment_sell', 'conversion', 'collateralDown'],
    ['forced_liquidation', 'liquidation', 'debtDown'],
    ['partial_liquidation', 'liquidation', 'debtDown'],
    ['sell_collateral', 'liquidation', 'collateralDown'],
    ['buy_transition_coin', 'liquidation', 'unknown'],
    ['sell_transition_coin', 'liquidation', 'unknown'],
    ['buy_borrowed_coin', 'liquidation', 'unknown'],
    ['a_type_of_tomorrow', 'conversion', 'unknown'],
  ])('loan history %s is a %s', async (type, kind, effect) => {
    server.on(`GET ${LOAN}/loan-history`, () => [historyRow('7', type)]);
    const { acts } = await open('okx.flexibleLoan').external(now - 1_000, NONE, never());
    expect(acts).toHaveLength(1);
    expect(acts[0]).toMatchObject({ kind, effect, asset: 'USDT', loan: 'desk/okx.flexibleLoan/12345', ref: '7' });
    expect(acts[0]?.amount.toFixed()).toBe('100');
    expect(acts[0]?.says).toContain(type);
  });

  it('is found in the bills of the funding account when the history cannot be read, and only then', async () => {
    const bill = (billId: string, type: string, more: object = {}): object => ({
      billId,
      ccy: 'USDT',
      clientId: '',
      balChg: '-100',
      bal: '0',
      type,
      ts: String(now),
      ...more,
    });
    const bills = [bill('5', '218'), bill('6', '232', { balChg: '0.1' }), bill('7', '131', { clientId: 'c1' })];
    server.on('GET asset/bills', () => bills);
    server.on(`GET ${LOAN}/loan-history`, () => [historyRow('9', 'repaid')]);
    const kinds = async (...products: readonly Product[]): Promise<string[]> => {
      const { acts } = await open(...products).external(now - 1_000, NONE, never());
      await venue.close();
      return acts.map(({ kind, ref }) => `${kind} ${ref}`).sort();
    };
    expect(await kinds('okx.flexibleLoan')).toEqual(['repay 9', 'transfer bill-7']);
    // The trading account's own bills tell of transfers between the two.
    expect(await kinds('okx.flexibleLoan', 'okx.spotBorrow')).toEqual(['repay 9']);
    server.on(`GET ${LOAN}/loan-history`, () => refusal('50026', 'system error', 500));
    expect(await kinds('okx.flexibleLoan')).toEqual(['repay bill-5', 'transfer bill-7']);
  });

  it.each([
    ['1', '11', '5', 'transfer', 'collateralUp'],
    ['1', '12', '-5', 'transfer', 'collateralDown'],
    ['5', '', '-5', 'liquidation', 'collateralDown'],
    ['2', '1', '-5', 'trade', 'collateralDown'],
    ['99', '', '-5', 'conversion', 'collateralDown'],
  ])('account bill %s/%s of %s is a %s', async (type, subType, balChg, kind, effect) => {
    server.on('GET account/bills', () => [
      { billId: '3', ccy: 'BTC', balChg, sz: '5', type, subType, ts: String(now) },
      { billId: '2', ccy: 'USDT', balChg: '-0.1', sz: '0.1', type: '7', subType: '9', ts: String(now) },
      { billId: '1', ccy: 'USDT', balChg: '-100', sz: '100', type: '22', subType: '308', ts: String(now) },
    ]);
    const { acts } = await open('okx.spotBorrow').external(now - 1_000, NONE, never());
    expect(acts).toHaveLength(1);
    expect(acts[0]).toMatchObject({ kind, effect, asset: 'BTC', loan: 'desk/okx.spotBorrow' });
  });

  it.each([
    ['manual_repay', 'repay'],
    ['auto_repay', 'autoRepay'],
    ['manual_borrow', 'borrow'],
    ['auto_borrow', 'borrow'],
  ])('history %s is a %s, also when only the bills could be read', async (type, kind) => {
    const row = { ccy: 'USDT', type, amt: '100', accBorrowed: '0', ts: String(now) };
    server.on('GET account/spot-borrow-repay-history', () => [row, { ...row, accBorrowed: '100' }]);
    const both = await open('okx.spotBorrow').external(now - 1_000, NONE, never());
    expect(both.acts.map((act) => act.kind)).toEqual([kind, kind]);
    await venue.close();
    const subType = { manual_borrow: '306', auto_borrow: '307', manual_repay: '308', auto_repay: '309' }[type] ?? '';
    server.on('GET account/spot-borrow-repay-history', () => 'reset');
    server.on('GET account/bills', () => [
      { billId: '1', ccy: 'USDT', balChg: '-100', sz: '100', type: '22', subType, ts: String(now) },
    ]);
    const { acts, gaps } = await open('okx.spotBorrow').external(now - 1_000, NONE, never());
    expect([acts.map((act) => act.kind), gaps.length]).toEqual([[kind], 1]);
  });

  it('does not include collateral that came back because we repaid everything', async () => {
    const own = intent({
      state: 'confirmed',
      full: true,
      amount: '100',
      loan: 'desk/okx.flexibleLoan/12345',
      ref: 'b7001',
      settledAt: now,
    });
    server.on(`GET ${LOAN}/loan-history`, () => [
      historyRow('8', 'collateral_released', { ccy: 'BTC', amt: '0.3' }),
      historyRow('7', 'repaid'),
    ]);
    expect((await open('okx.flexibleLoan').external(now - 1_000, () => Promise.resolve([own]), never())).acts).toEqual(
      [],
    );
  });
});
