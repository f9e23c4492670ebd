import { describe, expect, it } from 'vitest';
import { Bench, HOUR_MS, SECRET, accountInput } from './okxSupport.ts';
import type { Answer } from './okxSupport.ts';

const ROOT = '/api/v5/finance/flexible-loan';
const off = { limits: { on: false } } as const;

const add = (bench: Bench, amount: string, more = {}): Answer =>
  bench.post(`${ROOT}/adjust-collateral`, { type: 'add', collateralCcy: 'BTC', collateralAmt: amount, ...more });
const reduce = (bench: Bench, amount: string, more = {}): Answer =>
  bench.post(`${ROOT}/adjust-collateral`, { type: 'reduce', collateralCcy: 'BTC', collateralAmt: amount, ...more });
const repay = (bench: Bench, amt: string, clOrdId = 'a1', more = {}): Answer =>
  bench.post(`${ROOT}/repay`, { ordId: '12345', ccy: 'USDT', amt, clOrdId, ...more });
const history = (bench: Bench, query = ''): string[] =>
  bench
    .get(`${ROOT}/loan-history${query}`)
    .data.map((row) => `${String(row['type'])} ${String(row['ccy'])} ${String(row['amt'])}`);

describe('loan-info', () => {
  it('has the documented fields, all text, and truncates curLTV to four decimals', () => {
    const bench = new Bench();
    expect(bench.loan()).toEqual({
      ordId: '12345',
      loanData: [{ ccy: 'USDT', amt: '30000' }],
      loanNotionalUsd: '30000',
      collateralData: [{ ccy: 'BTC', amt: '1' }],
      collateralNotionalUsd: '49000',
      curLTV: '0.6122',
      marginCallLTV: '0.75',
      liqLTV: '0.85',
      riskWarningData: { instId: 'BTC-USDT', liqPx: '36014.4057623' },
    });
  });

  it('counts collateral in marginal brackets', () => {
    const loans = [{ ordId: '1', debt: { USDT: '1000' }, collateral: { BTC: '30' } }];
    const bench = new Bench([accountInput({ loans })]);
    // 20 at 0.98, 5 at 0.975, 5 at 0.97
    expect(bench.loan()['collateralNotionalUsd']).toBe('1466250');
  });

  it('leaves the liquidation price empty when there are several collaterals', () => {
    const loans = [{ ordId: '1', debt: { USDT: '1000' }, collateral: { BTC: '1', ETH: '1' } }];
    expect(new Bench([accountInput({ loans })]).loan()['riskWarningData']).toEqual({ instId: '', liqPx: '' });
  });

  it('is empty without a loan and 51063 for a wrong ordId', () => {
    const bench = new Bench([accountInput({ loans: [] })]);
    const none = bench.get(`${ROOT}/loan-info`);
    expect([none.status, none.code, none.data]).toEqual([200, '0', []]);
    expect(bench.get(`${ROOT}/loan-info?ordId=9`).code).toBe('51063');
  });

  it('starts at startLtv whatever the brackets', () => {
    const loans = [{ debt: { USDT: '2000000' }, collateral: { BTC: '60', ETH: '100' }, startLtv: '0.7' }];
    const row = new Bench([accountInput({ loans })]).loan();
    expect(Number(row['loanNotionalUsd']) / Number(row['collateralNotionalUsd'])).toBeCloseTo(0.7, 7);
  });
});

describe('adjust-collateral', () => {
  it('is accepted first and happens after the settle time, in books, records and bills together', () => {
    const bench = new Bench();
    const answer = add(bench, '0.1');
    expect(JSON.parse(answer.raw)).toEqual({ code: '0', msg: '', data: [] });
    expect(bench.okx.books.busy()).toBe(true);
    bench.pass(99);
    expect([bench.loan()['collateralData'], bench.funding('BTC'), history(bench)]).toEqual([
      [{ ccy: 'BTC', amt: '1' }],
      '0.5',
      [],
    ]);
    bench.pass(1);
    expect([bench.loan()['collateralData'], bench.funding('BTC')]).toEqual([[{ ccy: 'BTC', amt: '1.1' }], '0.4']);
    expect(history(bench)).toEqual(['collateral_locked BTC -0.1']);
    expect(bench.get('/api/v5/asset/bills').data).toMatchObject([
      { type: '212', balChg: '-0.1', bal: '0.4', ccy: 'BTC' },
    ]);
    expect(bench.okx.books.busy()).toBe(false);
  });

  it('releases with a positive row and bill 215', () => {
    const bench = new Bench();
    expect(reduce(bench, '0.05').code).toBe('0');
    bench.pass(100);
    expect(history(bench)).toEqual(['collateral_released BTC 0.05']);
    expect(bench.get('/api/v5/asset/bills').data).toMatchObject([{ type: '215', balChg: '0.05', bal: '0.55' }]);
  });

  it('never lets two accepted adds spend the same coins', () => {
    const bench = new Bench();
    expect(add(bench, '0.4').code).toBe('0');
    expect(add(bench, '0.2').code).toBe('51736');
    bench.pass(100);
    expect(bench.funding('BTC')).toBe('0.1');
  });

  it('names what is wrong', () => {
    const bench = new Bench(undefined, { ...off, minimums: { collateral: { BTC: '0.001' } } });
    expect(add(bench, '0.1', { ordId: '9' }).code).toBe('51063');
    expect(add(bench, '1').code).toBe('51736');
    expect(add(bench, '0.0001').code).toBe('51757');
    expect(add(bench, '1', { collateralCcy: 'USDT' }).code).toBe('51750');
    expect(add(bench, '1', { collateralCcy: 'SHIB' }).code).toBe('51752');
    expect(reduce(bench, '1', { collateralCcy: 'ETH' }).code).toBe('51753');
    for (const amount of ['0', '-1', '1e-3', '0.000000001', 'x', '']) {
      expect(['51000', '50014']).toContain(add(bench, amount).code);
    }
    expect(
      new Bench([accountInput({ loans: [] })]).post(`${ROOT}/adjust-collateral`, {
        type: 'add',
        collateralCcy: 'BTC',
        collateralAmt: '0.1',
      }).code,
    ).toBe('51754');
  });

  it('redeems up to the initial LTV and not a coin more, with either documented code', () => {
    const bench = new Bench();
    const [row] = bench.get(`${ROOT}/max-collateral-redeem-amount?ccy=BTC`).data;
    const most = String(row?.['maxRedeemAmt']);
    expect(most).toBe('0.05808477');
    expect(reduce(bench, '0.05808478')).toMatchObject({ code: '51758', msg: expect.stringContaining(most) });
    expect(reduce(bench, most).code).toBe('0');
    bench.pass(100);
    expect(bench.loan()['curLTV']).toBe('0.6499');
    const other = new Bench(undefined, { ...off, switches: { overRedeem: '51756' } });
    expect(reduce(other, '0.5').code).toBe('51756');
    other.tick(1000, { BTC: '40000' });
    expect(other.get(`${ROOT}/max-collateral-redeem-amount?ccy=BTC`).data).toEqual([{ ccy: 'BTC', maxRedeemAmt: '0' }]);
  });

  it('keeps E-Mode orders to their pair', () => {
    const loans = [{ ordId: '7', debt: { USDT: '1000' }, collateral: { USDC: '2000' }, eMode: true }];
    const bench = new Bench([accountInput({ loans })]);
    expect(add(bench, '0.1').code).toBe('51785');
  });

  it('takes the earliest order when none is named', () => {
    const loans = [
      { ordId: '900', debt: { USDT: '10000' }, collateral: { BTC: '1' } },
      { ordId: '100', debt: { USDT: '10000' }, collateral: { BTC: '1' } },
    ];
    const bench = new Bench([accountInput({ loans })]);
    expect(bench.get(`${ROOT}/loan-info`).data).toHaveLength(2);
    add(bench, '0.1');
    bench.pass(100);
    expect(bench.loan('900')['collateralData']).toEqual([{ ccy: 'BTC', amt: '1.1' }]);
    expect(bench.loan('100')['collateralData']).toEqual([{ ccy: 'BTC', amt: '1' }]);
    expect(history(bench, '?ordId=100')).toEqual([]);
    expect(history(bench, '?ordId=900')).toHaveLength(1);
  });

  it('debits at acceptance when the switch says so, and gives back what is dropped', () => {
    const bench = new Bench(undefined, { ...off, switches: { debitAt: 'accept' } });
    bench.mood = { fate: 'failed' };
    add(bench, '0.1');
    bench.mood = {};
    expect(bench.funding('BTC')).toBe('0.4');
    bench.pass(100);
    expect([bench.funding('BTC'), bench.loan()['collateralData']]).toEqual(['0.5', [{ ccy: 'BTC', amt: '1' }]]);
  });
});

describe('repay', () => {
  it('echoes the request and settles later', () => {
    const bench = new Bench();
    expect(repay(bench, '1000.5').data).toEqual([{ ordId: '12345', ccy: 'USDT', amt: '1000.5', clOrdId: 'a1' }]);
    expect(bench.loan()['loanNotionalUsd']).toBe('30000');
    bench.pass(100);
    expect(bench.loan()['loanNotionalUsd']).toBe('28999.5');
    expect(history(bench)).toEqual(['repaid USDT -1000.5']);
    expect(bench.get('/api/v5/asset/bills?type=218').data).toMatchObject([{ balChg: '-1000.5', bal: '18999.5' }]);
  });

  it('refuses the same clOrdId while it runs and after it is done, and pays again once it is forgotten', () => {
    const bench = new Bench();
    expect(repay(bench, '100').code).toBe('0');
    expect(repay(bench, '100').code).toBe('51784');
    bench.pass(100);
    expect(repay(bench, '100').code).toBe('51016');
    bench.pass(59_899);
    expect(repay(bench, '100').code).toBe('51016');
    bench.pass(1);
    expect(repay(bench, '100').code).toBe('0');
    bench.pass(100);
    expect(bench.loan()['loanNotionalUsd']).toBe('29800');
    expect(bench.okx.books.pendingConflicts()).toBe(1);
  });

  it('may or may not remember a refused clOrdId', () => {
    const forgets = new Bench();
    expect([repay(forgets, '99999').code, repay(forgets, '100').code]).toEqual(['51736', '0']);
    const remembers = new Bench(undefined, { ...off, switches: { dedupeRemembersRefused: true } });
    expect([repay(remembers, '99999').code, repay(remembers, '100').code]).toEqual(['51736', '51016']);
  });

  it('clips an over-repayment or refuses it, and closes the order with its collateral released', () => {
    const rich = accountInput({ funding: { USDT: '50000' } });
    const clips = new Bench([rich]);
    expect(repay(clips, '40000').code).toBe('0');
    clips.pass(100);
    expect(clips.get(`${ROOT}/loan-info`).data).toEqual([]);
    expect([clips.funding('USDT'), clips.funding('BTC')]).toEqual(['20000', '1']);
    expect(history(clips)).toEqual(['collateral_released BTC 1', 'repaid USDT -30000']);
    expect(clips.report('12345')).toMatchObject({ closed: true, liquidated: false, debt: {}, ltv: '0' });
    const refuses = new Bench([rich], { ...off, switches: { overRepay: 'refuse' } });
    expect(repay(refuses, '30000.00000001').code).toBe('51000');
    expect(repay(refuses, '30000').code).toBe('0');
  });

  it('leaves dust when interest falls due before it settles', () => {
    const bench = new Bench([accountInput({ funding: { USDT: '50000' } })]);
    repay(bench, '30000');
    bench.tick(HOUR_MS);
    bench.pass(100);
    expect(bench.loan()['loanData']).toEqual([{ ccy: 'USDT', amt: '0.27397261' }]);
  });

  it('holds collateral back for the release time', () => {
    const bench = new Bench([accountInput({ funding: { USDT: '50000' } })], { ...off, releaseMs: 500 });
    repay(bench, '30000');
    bench.pass(100);
    expect([bench.get(`${ROOT}/loan-info`).data, bench.funding('BTC')]).toEqual([[], '0']);
    bench.pass(500);
    expect(bench.funding('BTC')).toBe('1');
  });

  it('is refused below its minimum, except when it clears the debt', () => {
    const loans = [{ ordId: '12345', debt: { USDT: '5' }, collateral: { BTC: '1' } }];
    const bench = new Bench([accountInput({ loans })], { ...off, minimums: { repay: { USDT: '10' } } });
    expect(repay(bench, '4').code).toBe('51000');
    expect(repay(bench, '5', 'b').code).toBe('0');
  });

  it('needs an order, the borrowed coin and the money', () => {
    const bench = new Bench();
    expect(repay(bench, '1', 'a', { ordId: '9' }).code).toBe('51063');
    expect(repay(bench, '1', 'b', { ccy: 'BTC' }).code).toBe('51000');
    expect(repay(bench, '20001', 'c').code).toBe('51736');
    expect(repay(bench, '1', '').code).toBe('50014');
  });

  it('is lost without a trace when the order is liquidated before it settles', () => {
    const bench = new Bench();
    repay(bench, '10000');
    bench.tick(60_000, { BTC: '30000' });
    bench.pass(100);
    expect(bench.funding('USDT')).toBe('20000');
    expect(history(bench)).not.toContain('repaid USDT -10000');
  });
});

describe('borrow', () => {
  const borrow = (bench: Bench, body: object): Answer => bench.post(`${ROOT}/borrow`, { clOrdId: 'x1', ...body });

  it('opens an order of its own and pays out to the funding account', () => {
    const bench = new Bench();
    const answer = borrow(bench, {
      loanData: { ccy: 'USDT', amt: '5000' },
      collateralData: [{ ccy: 'BTC', amt: '0.5' }],
    });
    const ordId = String(answer.data[0]?.['ordId']);
    expect(answer.data).toEqual([{ ordId, eMode: false, clOrdId: 'x1' }]);
    expect(bench.get(`${ROOT}/loan-info`).data).toHaveLength(1);
    bench.pass(100);
    expect(bench.loan(ordId)).toMatchObject({ curLTV: '0.204', loanData: [{ ccy: 'USDT', amt: '5000' }] });
    expect([bench.funding('USDT'), bench.funding('BTC')]).toEqual(['25000', '0']);
    expect(history(bench, `?ordId=${ordId}`)).toEqual(['borrowed USDT 5000', 'collateral_locked BTC -0.5']);
    expect(
      bench
        .get('/api/v5/asset/bills')
        .data.map((row) => row['type'])
        .sort(),
    ).toEqual(['212', '217']);
  });

  it('adds debt to an order up to what max-loan says', () => {
    const bench = new Bench();
    const [row] = bench.post(`${ROOT}/max-loan`, { borrowCcy: 'USDT' }).data;
    expect(row).toEqual({ borrowCcy: 'USDT', maxLoan: '1850', notionalUsd: '1850', remainingQuota: '3470000' });
    expect(borrow(bench, { ordId: '12345', loanData: { ccy: 'USDT', amt: '1850.1' } }).code).toBe('51759');
    expect(borrow(bench, { ordId: '12345', loanData: { ccy: 'USDT', amt: '1850' }, eMode: true }).code).toBe('51000');
    expect(borrow(bench, { ordId: '12345', loanData: { ccy: 'USDT', amt: '1850' } }).code).toBe('0');
    bench.pass(100);
    expect(bench.loan()['curLTV']).toBe('0.65');
  });

  it('counts supplementary collateral in max-loan and answers nothing without an order', () => {
    const bench = new Bench();
    const body = { borrowCcy: 'USDT', supCollateral: [{ ccy: 'BTC', amt: '0.1' }] };
    expect(bench.post(`${ROOT}/max-loan`, body).data[0]?.['maxLoan']).toBe('5035');
    expect(new Bench([accountInput({ loans: [] })]).post(`${ROOT}/max-loan`, body).data).toEqual([]);
  });

  it('refuses what cannot be', () => {
    const bench = new Bench();
    const loanData = { ccy: 'USDT', amt: '10' };
    expect(borrow(bench, { loanData }).code).toBe('51000');
    expect(
      borrow(bench, { loanData: { ccy: 'SHIB', amt: '10' }, collateralData: [{ ccy: 'BTC', amt: '0.1' }] }).code,
    ).toBe('51751');
    expect(borrow(bench, { loanData, collateralData: [{ ccy: 'USDT', amt: '100' }] }).code).toBe('51750');
    expect(borrow(bench, { loanData, eMode: true, collateralData: [{ ccy: 'BTC', amt: '0.1' }] }).code).toBe('51785');
  });
});

describe('interest', () => {
  it('is charged at full tape hours, rounded up at eight decimals, and compounds', () => {
    const bench = new Bench();
    bench.tick(HOUR_MS - 1);
    expect(bench.loan()['loanData']).toEqual([{ ccy: 'USDT', amt: '30000' }]);
    bench.tick(1);
    // 30000 × 0.08 / 8760 = 0.273972602…
    expect(bench.loan()['loanData']).toEqual([{ ccy: 'USDT', amt: '30000.27397261' }]);
    bench.tick(HOUR_MS);
    expect(bench.loan()['loanData']).toEqual([{ ccy: 'USDT', amt: '30000.54794772' }]);
    const rows = bench.get(`${ROOT}/interest-accrued?ccy=USDT`).data;
    expect(rows.map(({ loan, interest, interestRate, ts }) => [loan, interest, interestRate, ts])).toEqual([
      ['30000.27397261', '0.27397511', '0.08', String(bench.market.tapeMs)],
      ['30000', '0.27397261', '0.08', String(bench.market.tapeMs - HOUR_MS)],
    ]);
  });

  it('agrees with the documented row', () => {
    const loans = [{ ordId: '1', debt: { USDC: '0.86599309' }, collateral: { BTC: '1' } }];
    const bench = new Bench([accountInput({ loans })], { ...off, apr: { USDC: '0.41' } });
    bench.tick(HOUR_MS);
    expect(bench.get(`${ROOT}/interest-accrued`).data[0]?.['interest']).toBe('0.00004054');
  });

  it('is charged for every hour of a jump and kept for thirty days', () => {
    const bench = new Bench();
    bench.tick(HOUR_MS * 24 * 40);
    const page = bench.get(`${ROOT}/interest-accrued`).data;
    expect(page).toHaveLength(100);
    let [count, cursor] = [page.length, page.at(-1)?.['refId']];
    for (;;) {
      const next = bench.get(`${ROOT}/interest-accrued?after=${String(cursor)}`).data;
      if (next.length === 0) break;
      [count, cursor] = [count + next.length, next.at(-1)?.['refId']];
    }
    expect(count).toBe(24 * 30 + 1);
  });
});

describe('loan-history', () => {
  it('pages by refId exclusively in both directions, newest first', () => {
    const bench = new Bench();
    for (const amount of ['0.01', '0.02', '0.03', '0.04']) {
      add(bench, amount);
      bench.pass(100);
    }
    const ids = bench.get(`${ROOT}/loan-history`).data.map((row) => String(row['refId']));
    expect(ids.every((id) => BigInt(id) > 2n ** 53n)).toBe(true);
    expect(history(bench, '?limit=2')).toEqual(['collateral_locked BTC -0.04', 'collateral_locked BTC -0.03']);
    expect(history(bench, `?after=${String(ids[1])}`)).toEqual([
      'collateral_locked BTC -0.02',
      'collateral_locked BTC -0.01',
    ]);
    expect(history(bench, `?before=${String(ids[1])}`)).toEqual(['collateral_locked BTC -0.04']);
    expect(history(bench, '?type=repaid')).toEqual([]);
    expect(bench.get(`${ROOT}/loan-history?limit=101`).code).toBe('51000');
  });

  it('states whole seconds', () => {
    const bench = new Bench(undefined, { ...off, settleMs: 1234 });
    add(bench, '0.01');
    bench.pass(1234);
    expect(Number(bench.get(`${ROOT}/loan-history`).data[0]?.['ts']) % 1000).toBe(0);
  });
});

describe('liquidation', () => {
  it('comes at the line and not a tick before, takes everything and is remembered', () => {
    const bench = new Bench();
    bench.tick(60_000, { BTC: '36015' });
    expect(bench.report('12345')).toMatchObject({ liquidated: false, closed: false });
    bench.tick(60_000, { BTC: '36000' });
    expect(bench.get(`${ROOT}/loan-info`).data).toEqual([]);
    expect(history(bench)).toEqual([
      'forced_liquidation USDT -30000',
      'buy_borrowed_coin USDT 30000',
      'sell_collateral BTC -1',
    ]);
    expect(bench.report('12345')).toMatchObject({ liquidated: true, closed: true, line: '0.85', maxLtv: '0.85034014' });
    expect(bench.funding('BTC')).toBe('0.5');
  });

  it('keeps the highest LTV that any visited moment had', () => {
    const bench = new Bench();
    bench.tick(60_000, { BTC: '40000' });
    bench.tick(60_000, { BTC: '60000' });
    expect(bench.report('12345')).toMatchObject({ maxLtv: '0.76530612', ltv: '0.51020408' });
  });

  it('sells only enough to return to the margin call when the switch says so', () => {
    const bench = new Bench(undefined, { ...off, switches: { liquidation: 'partial' } });
    bench.tick(60_000, { BTC: '36000' });
    expect(Number(bench.loan()['curLTV'])).toBeGreaterThan(0.72);
    expect(Number(bench.loan()['curLTV'])).toBeLessThanOrEqual(0.75);
    expect(history(bench).map((row) => row.split(' ')[0])).toEqual([
      'partial_liquidation',
      'buy_borrowed_coin',
      'sell_collateral',
    ]);
    expect(bench.report('12345')).toMatchObject({ liquidated: true, closed: false });
  });

  it('is triggered by a rise when the debt is the risky coin', () => {
    const loans = [{ ordId: '5', debt: { BTC: '1' }, collateral: { USDT: '100000' } }];
    const bench = new Bench([accountInput({ loans })]);
    bench.tick(60_000, { BTC: '84999' });
    expect(bench.report('5').liquidated).toBe(false);
    bench.tick(60_000, { BTC: '85000' });
    expect(bench.report('5').liquidated).toBe(true);
  });
});

describe('collateral-assets', () => {
  it('lists the collateral of the order or the funding account, by switch', () => {
    expect(new Bench().get(`${ROOT}/collateral-assets`).data).toEqual([
      { assets: [{ ccy: 'BTC', amt: '1', notionalUsd: '50000' }] },
    ]);
    const old = new Bench(undefined, { ...off, switches: { collateralAssets: 'funding' } });
    expect(old.get(`${ROOT}/collateral-assets?ccy=ETH`).data).toEqual([
      { assets: [{ ccy: 'ETH', amt: '2', notionalUsd: '5000' }] },
    ]);
    expect(new Bench([accountInput({ loans: [] })]).get(`${ROOT}/collateral-assets`).data).toEqual([]);
  });

  it('and borrow-currencies need a key like every other read', () => {
    const bench = new Bench();
    const headers = { 'ok-access-key': '' };
    expect(bench.get(`${ROOT}/borrow-currencies`, { headers }).status).toBe(401);
    expect(bench.get(`${ROOT}/borrow-currencies`).data).toContainEqual({ borrowCcy: 'USDT' });
    expect(bench.get(`${ROOT}/borrow-currencies`, { secret: `${SECRET}x` }).code).toBe('50113');
  });
});
