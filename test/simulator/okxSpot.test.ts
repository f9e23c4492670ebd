import { describe, expect, it } from 'vitest';
import type { OkxAccountInput, OkxSettingsInput } from '../../src/simulator/okx/index.ts';
import { Bench, HOUR_MS, accountInput, isObject } from './okxSupport.ts';
import type { Answer } from './okxSupport.ts';

const ROOT = '/api/v5/account';
const off = { limits: { on: false } } as const;

/** Owes 30000 USDT that are spent, and has 1 BTC. */
const spotBench = (extra: Partial<OkxAccountInput> = {}, settings: OkxSettingsInput = off): Bench =>
  new Bench(
    [accountInput({ loans: [], enableSpotBorrow: true, trading: { BTC: '1' }, spotDebt: { USDT: '30000' }, ...extra })],
    settings,
  );

const manual = (bench: Bench, side: 'borrow' | 'repay', amt: string, ccy = 'USDT'): Answer =>
  bench.post(`${ROOT}/spot-manual-borrow-repay`, { ccy, side, amt });
const balance = (bench: Bench): Record<string, unknown> => bench.get(`${ROOT}/balance`).data[0] ?? {};
const coin = (bench: Bench, ccy: string): Record<string, unknown> => {
  const details: unknown = balance(bench)['details'];
  const row: unknown = Array.isArray(details)
    ? details.find((one: unknown) => isObject(one) && one['ccy'] === ccy)
    : undefined;
  return isObject(row) ? row : {};
};

describe('account/balance in spot mode', () => {
  it('shows net discounted equity, the debt, and the margin ratio as a ratio', () => {
    const bench = spotBench();
    // adjEq = 1 × 0.98 × 50000 − 30000; needed = 30000 × (0.03 + 0.005)
    expect(balance(bench)).toMatchObject({
      totalEq: '20000',
      adjEq: '19000',
      mmr: '900',
      imr: '3000',
      mgnRatio: '18.0952380952380952',
      notionalUsdForBorrow: '30000',
    });
    expect(coin(bench, 'USDT')).toMatchObject({
      liab: '30000',
      crossLiab: '30000',
      interest: '0',
      cashBal: '0',
      eq: '-30000',
      disEq: '-30000',
    });
    expect(coin(bench, 'BTC')).toMatchObject({ liab: '0', eq: '1', disEq: '49000', eqUsd: '50000' });
  });

  it('leaves every risk field empty when borrowing is off or nothing is there', () => {
    const bench = new Bench([accountInput({ trading: { USDT: '5' } })]);
    expect(balance(bench)).toMatchObject({
      adjEq: '',
      mgnRatio: '',
      mmr: '',
      imr: '',
      totalEq: '5',
      notionalUsdForBorrow: '',
    });
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '', interest: '', maxLoan: '', disEq: '0', availEq: '' });
    expect(balance(new Bench([accountInput()]))).toMatchObject({ totalEq: '0', adjEq: '', details: [] });
  });

  it('has an empty margin ratio without debt', () => {
    expect(balance(spotBench({ spotDebt: {} }))).toMatchObject({
      adjEq: '49000',
      mgnRatio: '',
      mmr: '0',
      notionalUsdForBorrow: '0',
    });
  });

  it('contains text only, apart from flags and details', () => {
    const { details, ...head } = balance(spotBench());
    expect(Object.values(head).every((value) => typeof value === 'string')).toBe(true);
    const flags = ['collateralEnabled', 'collateralRestrict'];
    for (const row of Array.isArray(details) ? details.filter(isObject) : []) {
      const rest = Object.entries(row).filter(([name]) => !flags.includes(name));
      expect(rest.every(([, value]) => typeof value === 'string')).toBe(true);
    }
  });

  it('starts at spotStartLtv', () => {
    const row = balance(spotBench({ spotStartLtv: '0.8', trading: { BTC: '30', ETH: '3', USDT: '100' } }));
    const debt = Number(row['notionalUsdForBorrow']);
    expect(debt / (Number(row['adjEq']) + debt)).toBeCloseTo(0.8, 6);
  });
});

describe('spot-manual-borrow-repay', () => {
  it('repays from the coin itself; the adjusted equity stays, the debt falls', () => {
    const bench = spotBench({ trading: { BTC: '1', USDT: '8000' } });
    const before = balance(bench)['adjEq'];
    expect(manual(bench, 'repay', '5000').data).toEqual([{ ccy: 'USDT', side: 'repay', amt: '5000' }]);
    expect(balance(bench)['adjEq']).toBe(before);
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '25000', cashBal: '3000' });
    expect(bench.get(`${ROOT}/bills?type=22`).data).toMatchObject([{ subType: '308', balChg: '-5000', bal: '3000' }]);
    expect(bench.get(`${ROOT}/spot-borrow-repay-history`).data).toEqual([
      { ccy: 'USDT', type: 'manual_repay', amt: '5000', accBorrowed: '25000', ts: String(bench.market.host.now()) },
    ]);
  });

  it('echoes the actual amount of an over-repayment, or refuses it with 59309', () => {
    const small = { trading: { BTC: '1', USDT: '500' }, spotDebt: { USDT: '100' } };
    const clips = spotBench(small);
    expect(manual(clips, 'repay', '101').data[0]?.['amt']).toBe('100');
    expect(manual(clips, 'repay', '1').code).toBe('59413');
    const refuses = spotBench(small, { ...off, switches: { spotOverRepay: 'refuse' } });
    expect(manual(refuses, 'repay', '101').code).toBe('59309');
  });

  it('borrows what max-loan says and not more; the proceeds stay and equity is flat', () => {
    const bench = spotBench();
    const most = String(bench.get(`${ROOT}/max-loan?ccy=USDT&mgnMode=cross`).data[0]?.['maxLoan']);
    // 19000 of equity carry 190000 of debt at an initial margin of 10 %.
    expect(most).toBe('160000');
    expect(manual(bench, 'borrow', '160001').code).toBe('59411');
    const before = balance(bench)['adjEq'];
    expect(manual(bench, 'borrow', most).code).toBe('0');
    expect(balance(bench)['adjEq']).toBe(before);
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '190000', cashBal: '160000', eq: '-30000', maxLoan: '0' });
    expect(bench.get(`${ROOT}/bills`).data).toMatchObject([{ type: '16', subType: '306' }]);
  });

  it('shows cashBal without the borrowed coins when the switch says so', () => {
    const bench = spotBench({ trading: { BTC: '1', USDT: '8000' } }, { ...off, switches: { cashBal: 'net' } });
    expect(coin(bench, 'USDT')).toMatchObject({ cashBal: '-22000', eq: '-22000', availBal: '8000' });
  });

  it('names what is wrong', () => {
    const bench = spotBench({}, { ...off, minimums: { borrow: { USDT: '10' } }, quotas: { USDT: '30100' } });
    expect(manual(bench, 'repay', '10').code).toBe('59319');
    expect(manual(bench, 'repay', '10', 'ETH').code).toBe('59413');
    expect(manual(bench, 'borrow', '9').code).toBe('59414');
    expect(manual(bench, 'borrow', '101').code).toBe('59412');
    expect(manual(bench, 'borrow', '10', 'SHIB').code).toBe('59410');
    expect(manual(spotBench({ enableSpotBorrow: false }), 'borrow', '10').code).toBe('59410');
    expect(manual(spotBench({ acctLv: '3' }), 'borrow', '10').code).toBe('51010');
  });
});

describe('auto-repay', () => {
  it('repays whatever arrives in the debt coin, once it is on', () => {
    const bench = spotBench();
    const send = { ccy: 'USDT', amt: '1000', from: '6', to: '18' };
    bench.post('/api/v5/asset/transfer', send);
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '30000', cashBal: '1000' });
    expect(bench.post(`${ROOT}/set-auto-repay`, { autoRepay: true }).data).toEqual([{ autoRepay: true }]);
    expect(bench.get(`${ROOT}/config`).data[0]).toMatchObject({
      spotBorrowAutoRepay: true,
      acctLv: '1',
      enableSpotBorrow: true,
    });
    bench.post('/api/v5/asset/transfer', send);
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '28000', cashBal: '0' });
    expect(bench.get(`${ROOT}/bills?subType=309`).data).toMatchObject([{ type: '22', balChg: '-2000' }]);
    expect(bench.post(`${ROOT}/set-auto-repay`, { autoRepay: 'true' }).code).toBe('51000');
  });
});

describe('spot interest', () => {
  it('joins the debt every hour, rounded up at sixteen decimals', () => {
    const bench = spotBench({ spotDebt: { USDT: '97' } }, { ...off, apr: { USDT: '0.03577' } });
    const rate = String(bench.get(`${ROOT}/interest-rate?ccy=USDT`).data[0]?.['interestRate']);
    expect(rate).toBe('0.0000040833333333');
    bench.tick(HOUR_MS);
    // The documented row (okx.md §4.5).
    expect(bench.get(`${ROOT}/interest-accrued`).data).toMatchObject([
      { ccy: 'USDT', liab: '97', interest: '0.0003960833333334', interestRate: rate, ts: String(bench.market.tapeMs) },
    ]);
    expect(coin(bench, 'USDT')).toMatchObject({ liab: '97.0003960833333334', interest: '0' });
  });

  it('waits in `interest` when it is deducted less often', () => {
    const bench = spotBench({}, { ...off, deductEveryHours: 8 });
    bench.tick(HOUR_MS);
    expect(coin(bench, 'USDT')['liab']).toBe('30000');
    expect(Number(coin(bench, 'USDT')['interest'])).toBeGreaterThan(0);
    const [row] = bench.get(`${ROOT}/interest-limits?ccy=USDT`).data;
    expect(row).toMatchObject({ nextInterestTime: String(bench.market.tapeMs + HOUR_MS) });
    expect(Number(row?.['nextDiscountTime']) % (8 * HOUR_MS)).toBe(0);
    expect(row?.['records']).toMatchObject([
      { ccy: 'USDT', usedLmt: expect.stringMatching(/^30000\.\d{8}$/), availLoan: '' },
    ]);
  });
});

describe('spot-borrow-repay-history', () => {
  it('pages by time, inclusively', () => {
    const bench = spotBench({ trading: { BTC: '1', USDT: '8000' } });
    for (const amt of ['1', '2', '3']) {
      manual(bench, 'repay', amt);
      bench.pass(1000);
    }
    const rows = bench.get(`${ROOT}/spot-borrow-repay-history`).data;
    const middle = String(rows[1]?.['ts']);
    const amounts = (query: string): unknown[] =>
      bench.get(`${ROOT}/spot-borrow-repay-history?${query}`).data.map((row) => row['amt']);
    expect(amounts(`after=${middle}`)).toEqual(['2', '1']);
    expect(amounts(`before=${middle}`)).toEqual(['3', '2']);
    expect(amounts('type=manual_borrow')).toEqual([]);
  });
});

describe('leaving the trading account', () => {
  it('is free without debt and bounded by the initial margin with it', () => {
    const bench = spotBench({ trading: { BTC: '1', ETH: '1' } });
    const free = spotBench({ spotDebt: {} });
    expect(free.get(`${ROOT}/max-withdrawal?ccy=BTC`).data).toMatchObject([{ maxWd: '1', maxWdEx: '1' }]);
    const most = String(bench.get(`${ROOT}/max-withdrawal?ccy=BTC`).data[0]?.['maxWd']);
    const send = (amt: string): string =>
      bench.post('/api/v5/asset/transfer', { ccy: 'BTC', amt, from: '18', to: '6' }).code;
    expect(send('0.9')).toBe('58121');
    expect(send(most)).toBe('0');
    expect(Number(balance(bench)['adjEq'])).toBeGreaterThanOrEqual(3000);
  });

  it('keeps borrowed coins in unless loanTrans says otherwise', () => {
    const bench = spotBench();
    manual(bench, 'borrow', '1000');
    const send = (loanTrans: boolean): string =>
      bench.post('/api/v5/asset/transfer', { ccy: 'USDT', amt: '100', from: '18', to: '6', loanTrans }).code;
    expect(bench.get(`${ROOT}/max-withdrawal?ccy=USDT`).data).toMatchObject([{ maxWd: '0', maxWdEx: '1000' }]);
    expect([send(false), send(true)]).toEqual(['58116', '0']);
  });
});

describe('forced repayment in spot mode', () => {
  it('comes at a margin ratio of one, at the line that the report names', () => {
    const bench = spotBench();
    bench.tick(1000, { BTC: '31684' });
    expect(bench.report('')).toMatchObject({ product: 'okx.spotBorrow', liquidated: false, line: '0.96618357' });
    expect(Number(balance(bench)['mgnRatio'])).toBeGreaterThan(1);
    bench.tick(1000, { BTC: '31683' });
    expect(bench.report('')).toMatchObject({ liquidated: true });
    expect(coin(bench, 'USDT')).toEqual({});
    expect(Number(coin(bench, 'BTC')['cashBal'])).toBeLessThan(0.04);
    expect(bench.get(`${ROOT}/bills`).data).toMatchObject([{ type: '5', ccy: 'BTC' }, { ccy: 'USDT' }]);
    bench.tick(1000);
    expect(bench.report('')).toMatchObject({ closed: true });
  });
});

describe('other account reads', () => {
  it('position risk has balances and no positions', () => {
    expect(spotBench().get(`${ROOT}/account-position-risk`).data).toMatchObject([
      {
        adjEq: '19000',
        posData: [],
        balData: [
          { ccy: 'BTC', eq: '1', disEq: '49000' },
          { ccy: 'USDT', eq: '-30000' },
        ],
      },
    ]);
  });

  it('a coin can be taken out of the collateral', () => {
    const bench = spotBench();
    bench.post(`${ROOT}/set-collateral-assets`, { type: 'custom', ccyList: ['BTC'], collateralEnabled: false });
    expect(bench.get(`${ROOT}/collateral-assets?ccy=BTC,ETH`).data).toEqual([
      { ccy: 'BTC', collateralEnabled: false },
      { ccy: 'ETH', collateralEnabled: true },
    ]);
    expect(balance(bench)['adjEq']).toBe('-30000');
  });

  it('max-loan answers pairs side by side', () => {
    expect(spotBench().get(`${ROOT}/max-loan?instId=BTC-USDT&mgnMode=cross`).data).toMatchObject([
      { instId: 'BTC-USDT', ccy: 'BTC', side: 'sell' },
      { instId: 'BTC-USDT', ccy: 'USDT', side: 'buy', maxLoan: '160000' },
    ]);
  });

  it('a sub-account says so', () => {
    const bench = new Bench([accountInput({ mainUid: '7' })]);
    expect(bench.get(`${ROOT}/config`).data[0]).toMatchObject({ uid: '44705892343619584', mainUid: '7', type: '1' });
  });
});
