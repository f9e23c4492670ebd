/** Flexible loans (binance.md §7, §8.4). */
import { describe, expect, it } from 'vitest';
import type { Answer } from './support.ts';
import { Bench, START_MS, alice, tapeOf } from './support.ts';

const BASE = '/sapi/v2/loan/flexible';
const PAIR = { loanCoin: 'USDT', collateralCoin: 'BTC' };
const LOAN = { ...PAIR, debt: '30000', collateral: '1' };

function bench(
  extra: Parameters<typeof alice>[0] = {},
  settings: object = {},
  tape = undefined as ReturnType<typeof tapeOf> | undefined,
): Bench {
  return new Bench(
    {
      binance: [alice({ flexible: [LOAN], spot: { USDT: '20000', BTC: '0.5' }, ...extra })],
      binanceSettings: { limits: { on: false }, ...settings },
    },
    tape,
  );
}
const order = (one: Bench): Record<string, string> | undefined =>
  one.signed('GET', `${BASE}/ongoing/orders`).json.rows[0];
const repay = (one: Bench, repayAmount: string, more: Readonly<Record<string, string>> = {}): Answer =>
  one.signed('POST', `${BASE}/repay`, { ...PAIR, repayAmount, ...more });
const adjust = (one: Bench, adjustmentAmount: string, direction = 'ADDITIONAL'): Answer =>
  one.signed('POST', `${BASE}/adjust/ltv`, { ...PAIR, adjustmentAmount, direction });
const spot = (one: Bench, asset: string): string =>
  one.signed('POST', '/sapi/v3/asset/getUserAsset', { asset }).json[0]?.free ?? '0';

describe('a position', () => {
  it('is its pair, with an LTV of two decimals', () => {
    expect(order(bench())).toEqual({
      loanCoin: 'USDT',
      totalDebt: '30000',
      collateralCoin: 'BTC',
      collateralAmount: '1',
      currentLTV: '0.50',
    });
  });

  it('bears interest every minute', () => {
    const one = bench();
    one.simulation.engine.advanceTo(START_MS + 60 * 60_000);
    // 30000 × (1 + 0.00000491 / 60) ^ 60
    expect(order(one)?.['totalDebt']).toBe('30000.14730036');
  });

  it('can start at an LTV', () => {
    const one = bench({ flexible: [{ ...LOAN, startLtv: '0.7' }] });
    expect(one.report('binance.flexibleLoan')).toMatchObject({
      key: 'USDT/BTC',
      collateral: { BTC: '0.71428571' },
      line: '0.91',
    });
  });
});

describe('repay', () => {
  it('pays from spot and gives back collateral in proportion', () => {
    const one = bench();
    expect(repay(one, '3000').json).toEqual({
      loanCoin: 'USDT',
      collateralCoin: 'BTC',
      remainingDebt: '27000',
      remainingCollateral: '0.9',
      fullRepayment: false,
      currentLTV: '0.50',
      repayStatus: 'REPAID',
    });
    expect([spot(one, 'USDT'), spot(one, 'BTC')]).toEqual(['17000', '0.6']);
    expect(one.signed('GET', `${BASE}/repay/history`).json.rows).toEqual([
      {
        loanCoin: 'USDT',
        repayAmount: '3000',
        collateralCoin: 'BTC',
        collateralReturn: '0.1',
        repayStatus: 'REPAID',
        repayTime: START_MS,
      },
    ]);
  });

  it('lowers the LTV when the collateral is to stay', () => {
    const one = bench();
    expect(repay(one, '6000', { collateralReturn: 'FALSE' }).json).toMatchObject({
      remainingCollateral: '1',
      currentLTV: '0.40',
    });
  });

  it('in full closes the position and gives everything back', () => {
    const one = bench({ spot: { USDT: '40000' } });
    expect(repay(one, '1', { fullRepayment: 'TRUE' }).json).toMatchObject({
      remainingDebt: '0',
      remainingCollateral: '0',
      fullRepayment: true,
    });
    expect([spot(one, 'USDT'), spot(one, 'BTC'), order(one)]).toEqual(['10000', '1', undefined]);
    expect(one.report('binance.flexibleLoan')).toMatchObject({ closed: true, ltv: '0' });
  });

  it('can be paid with collateral', () => {
    const one = bench();
    expect(repay(one, '6000', { repaymentType: '2' }).json).toMatchObject({
      remainingDebt: '24000',
      remainingCollateral: '0.9',
    });
    expect(one.signed('GET', `${BASE}/repay/rate`, PAIR).json.rate).toBe('60000');
  });

  it.each([
    ['more than the debt', '30000.00000001', {}, -10017],
    ['more than spot holds', '20000.00000001', {}, -10011],
    ['nothing', '0', {}, -10018],
  ])('of %s is refused', (_what, amount, more, code) => {
    const answer = repay(bench(), amount, more);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });

  it('of a position that is not there is refused', () => {
    expect(
      bench().signed('POST', `${BASE}/repay`, { loanCoin: 'USDC', collateralCoin: 'BTC', repayAmount: '1' }).json.code,
    ).toBe(-10021);
  });

  it('returns collateral to Earn when the switch says so', () => {
    const one = bench({}, { switches: { collateralTo: 'earn' } });
    repay(one, '3000');
    expect(spot(one, 'BTC')).toBe('0.5');
  });
});

describe('adjust', () => {
  it('adds collateral from spot and Earn', () => {
    const one = bench({ earn: { BTC: '0.2' } });
    expect(adjust(one, '0.6').json).toEqual({
      ...PAIR,
      direction: 'ADDITIONAL',
      adjustmentAmount: '0.6',
      currentLTV: '0.31',
      status: 'Succeeds',
    });
    expect([order(one)?.['collateralAmount'], spot(one, 'BTC')]).toEqual(['1.6', '0.1']);
    expect(one.signed('GET', `${BASE}/ltv/adjustment/history`).json.rows).toEqual([
      {
        ...PAIR,
        direction: 'ADDITIONAL',
        collateralAmount: '0.6',
        preLTV: '0.50',
        afterLTV: '0.31',
        adjustTime: START_MS,
      },
    ]);
  });

  it('removes collateral down to the initial LTV', () => {
    const one = bench();
    // 30000 / 0.78 / 60000
    expect(adjust(one, '0.36', 'REDUCED').json.code).toBe(-10046);
    expect(adjust(one, '0.35', 'REDUCED').json).toMatchObject({ status: 'Succeeds', currentLTV: '0.77' });
    expect(spot(one, 'BTC')).toBe('0.85');
  });

  it.each([
    ['more than there is', '0.50000001', 'ADDITIONAL', -10011],
    ['more than is pledged', '1.1', 'REDUCED', -10022],
    ['beyond the limit of the coin', '20', 'ADDITIONAL', -10044],
    ['nothing', '0', 'ADDITIONAL', -10022],
  ])('by %s is refused', (_what, amount, direction, code) => {
    expect(adjust(bench({ spot: { BTC: code === -10044 ? '30' : '0.5' } }), amount, direction).json.code).toBe(code);
  });

  it('may answer Processing and happen later', () => {
    const one = bench({}, { switches: { flexibleAnswers: 'processing' } });
    expect(adjust(one, '0.5').json).toMatchObject({ status: 'Processing', currentLTV: '0.50' });
    expect(repay(one, '10').json.repayStatus).toBe('REPAYING');
    one.host.pass(1000);
    expect(order(one)).toMatchObject({ collateralAmount: '1.4995', totalDebt: '29990' });
    expect(spot(one, 'USDT')).toBe('19990');
  });

  it('uses the older words when the switch says so', () => {
    const one = bench({}, { switches: { flexibleWords: 'old' } });
    expect([adjust(one, '0.1').json.status, repay(one, '1').json.repayStatus]).toEqual(['SUCCESS', 'Repaid']);
  });
});

describe('borrow', () => {
  const borrow = (one: Bench, more: Readonly<Record<string, string>>): Answer =>
    one.signed('POST', `${BASE}/borrow`, { ...PAIR, ...more });

  it('takes the collateral that the initial LTV asks for', () => {
    const one = bench({ flexible: [] });
    expect(borrow(one, { loanAmount: '4680' }).json).toEqual({
      loanCoin: 'USDT',
      loanAmount: '4680',
      collateralCoin: 'BTC',
      collateralAmount: '0.1',
      status: 'Succeeds',
    });
    expect([spot(one, 'USDT'), spot(one, 'BTC')]).toEqual(['24680', '0.4']);
    expect(one.signed('GET', `${BASE}/borrow/history`).json.rows[0]).toMatchObject({
      initialLoanAmount: '4680',
      status: 'SUCCESS',
    });
  });

  it.each([
    ['neither amount', {}, -1102],
    ['too little', { loanAmount: '99' }, -10029],
    ['too much', { loanAmount: '1000001' }, -10030],
    ['more than the collateral carries', { loanAmount: '4681', collateralAmount: '0.1' }, -10013],
    ['more collateral than there is', { collateralAmount: '0.6' }, -10011],
  ])('of %s is refused', (_what, more, code) => {
    expect(borrow(bench({ flexible: [] }), more).json.code).toBe(code);
  });
});

describe('liquidation', () => {
  it('comes at the line, takes 2 %, and gives the rest back', () => {
    // 30000 / 0.91 = 32967.03…
    const tape = tapeOf({
      BTC: [
        [0, '60000'],
        [1, '32968'],
        [2, '32967'],
        [3, '32967'],
      ],
    });
    const one = bench(
      { cross: { assets: {}, debts: {} } },
      { flexibleLoanable: { USDT: { hourlyRate: '0', minUsd: '100', maxUsd: '1000000' } } },
      tape,
    );
    one.simulation.engine.advance();
    expect(one.report('binance.flexibleLoan').liquidated).toBe(false);
    one.simulation.engine.advance();
    expect(one.report('binance.flexibleLoan')).toMatchObject({ liquidated: true, closed: true });
    expect(one.signed('GET', `${BASE}/liquidation/history`).json.rows).toMatchObject([
      {
        liquidationDebt: '30000',
        liquidationCollateralAmount: '1',
        liquidationFee: '0.01820002',
        returnCollateralAmount: '0.07179906',
        status: 'Liquidated',
      },
    ]);
  });

  it('follows a line that the venue changes', () => {
    const one = bench();
    one.simulation.binance.books.act({ do: 'thresholds', account: 'alice', pair: 'USDT/BTC', liquidation: '0.5' });
    expect(one.report('binance.flexibleLoan').liquidated).toBe(true);
    expect(one.signed('GET', `${BASE}/collateral/data`, { collateralCoin: 'BTC' }).json.rows[0].liquidationLTV).toBe(
      '0.5',
    );
  });
});

describe('reference data', () => {
  it('is that of the documents', () => {
    const one = bench();
    expect(one.signed('GET', `${BASE}/collateral/data`, { collateralCoin: 'BNB' }).json).toEqual({
      rows: [
        {
          collateralCoin: 'BNB',
          initialLTV: '0.65',
          marginCallLTV: '0.75',
          liquidationLTV: '0.83',
          maxLimit: '1000000',
        },
      ],
      total: 1,
    });
    expect(one.signed('GET', `${BASE}/loanable/data`, { loanCoin: 'USDT' }).json.rows).toEqual([
      { loanCoin: 'USDT', flexibleInterestRate: '0.00000491', flexibleMinLimit: '100', flexibleMaxLimit: '1000000' },
    ]);
  });
});
