/** The spot-mode account in the server's words: figures of okx.md §4.6, §4.7 and the sizing examples X14 and X16. */
import { describe, expect, it } from 'vitest';
import { parse, type Dec } from '../../../src/core/money.ts';
import { parseJson } from '../../../src/exchanges/json.ts';
import { Reader } from '../../../src/exchanges/parse.ts';
import { balanceRow } from '../../../src/exchanges/okx/spotWire.ts';
import { spotBorrowView, type SpotSurroundings } from '../../../src/exchanges/okx/spotView.ts';
import { discountRow } from '../../../src/exchanges/okx/wire.ts';
import { discount, flat } from './support.ts';

const DETAIL = {
  eq: '',
  cashBal: '',
  availBal: '',
  liab: '',
  interest: '',
  eqUsd: '',
  disEq: '',
  twap: '0',
  frpType: '0',
  colRes: '0',
  colBorrAutoConversion: '0',
};

function view(
  account: Record<string, unknown>,
  details: Record<string, string>[],
  more: Partial<SpotSurroundings> & { usd?: Record<string, string> } = {},
) {
  const { usd = { BTC: '60000', USDT: '1', ETH: '3000', USDC: '1' }, ...rest } = more;
  const text = JSON.stringify({
    adjEq: '',
    mgnRatio: '',
    notionalUsdForBorrow: '',
    ...account,
    details: details.map((one) => ({ ...DETAIL, ...one })),
  });
  const tables = [discount('BTC'), discount('ETH'), flat('USDT', '1'), flat('USDC', '0.99')].map((one) =>
    discountRow(Reader.of(parseJson(JSON.stringify(one)), 't')),
  );
  return spotBorrowView(balanceRow(Reader.of(parseJson(text), 'test')), {
    account: 'desk',
    asOf: 5,
    prices: new Map<string, Dec>(Object.entries(usd).map(([asset, price]) => [asset, parse(price)])),
    discounts: new Map(tables.map((row) => [row.ccy, row])),
    addable: [],
    autoRepay: false,
    ...rest,
  });
}

const X14 = { adjEq: '20000', mgnRatio: '9.523810', notionalUsdForBorrow: '60000' };
const USDT = {
  ccy: 'USDT',
  eq: '-35000',
  cashBal: '25000',
  availBal: '25000',
  liab: '60000',
  interest: '0',
  eqUsd: '-35000',
  disEq: '-35000',
};
const BTC = {
  ccy: 'BTC',
  eq: '0.93537415',
  cashBal: '0.93537415',
  availBal: '0.93537415',
  liab: '0',
  interest: '0',
  eqUsd: '56122.449',
  disEq: '55000',
};

describe('debt and collateral', () => {
  it('are D and adjEq + D (X14)', () => {
    const loan = view(X14, [USDT, BTC]);
    expect([loan.debtValue.toFixed(), loan.collateralValue.toFixed(), loan.ltv.toFixed(6)]).toEqual([
      '60000',
      '80000',
      '0.750000',
    ]);
    expect(loan.marginRatio?.m.toFixed(6)).toBe('0.035000');
    expect([loan.line.toFixed(4), loan.call?.toFixed(4), loan.status, loan.venueLtv]).toEqual([
      '0.9662',
      '0.9050',
      'open',
      null,
    ]);
    expect(loan.collateral.map(({ asset, amount, free }) => [asset, amount.toFixed(), free.toFixed()])).toEqual([
      ['USDT', '25000', '25000'],
      ['BTC', '0.93537415', '0.93537415'],
    ]);
  });

  it('counts a debt coin fully until its equity turns positive, then by brackets (X16)', () => {
    const [usdt] = view({ adjEq: '12000', mgnRatio: '5' }, [
      { ...USDT, eq: '-59000', cashBal: '1000', availBal: '1000' },
    ]).collateral;
    expect(usdt?.weight.toFixed()).toBe('1');
    expect(usdt?.addTiers.map(({ room, weight }) => [room?.toFixed() ?? null, weight.toFixed()])).toEqual([
      ['59000', '1'],
      [null, '1'],
    ]);
  });

  it('is the same whether cashBal includes borrowed coins or not', () => {
    const [gross, net] = ['25000', '-35000'].map((cashBal) => view(X14, [{ ...USDT, cashBal }, BTC]));
    expect(gross?.collateral.map(({ amount }) => amount.toFixed())).toEqual(
      net?.collateral.map(({ amount }) => amount.toFixed()),
    );
  });

  it('adds interest that is not yet deducted to the debt', () => {
    const [debt] = view(X14, [{ ...USDT, interest: '1.5', eq: '-35001.5' }, BTC]).debts;
    expect([debt?.amount.toFixed(), debt?.principal.toFixed(), debt?.interest.toFixed()]).toEqual([
      '60001.5',
      '60000',
      '1.5',
    ]);
  });

  it('never counts an added coin for more than the venue counts the held ones', () => {
    const [, btc] = view(X14, [USDT, { ...BTC, disEq: '50510.2041' }]).collateral;
    expect(btc?.addTiers[0]?.weight.toFixed(4)).toBe('0.9000');
  });

  it('offers funding coins that could be moved in', () => {
    const loan = view(X14, [USDT, BTC], { addable: ['ETH', 'USDC', 'DOGE', 'USDT'] });
    expect(loan.collateral.slice(2).map(({ asset, addTiers }) => [asset, addTiers[0]?.weight.toFixed()])).toEqual([
      ['ETH', '0.98'],
      ['USDC', '0.99'],
    ]);
  });

  it('falls back on the venue’s own valuation of a coin', () => {
    const [debt] = view(X14, [{ ...USDT, eqUsd: '-34965' }, BTC], { usd: {} }).debts;
    expect(debt?.price.toFixed(4)).toBe('0.9990');
  });
});

describe('empty fields', () => {
  it('mean no debt for an account that never borrowed', () => {
    const loan = view({ adjEq: '' }, [{ ccy: 'USDT', eq: '99.9', cashBal: '94.4', availBal: '94.4' }]);
    expect([loan.status, loan.ltv.toFixed(), loan.marginRatio, loan.debts]).toEqual(['closed', '0', null, []]);
    expect(view({}, []).status).toBe('closed');
  });

  it.each(['adjEq', 'mgnRatio'])('are refused for %s while there is debt', (field) => {
    expect(() => view({ ...X14, [field]: '' }, [USDT, BTC])).toThrow(/missing although there is debt/);
  });

  it('are refused for the equity of a coin', () => {
    expect(() => view(X14, [{ ...USDT, eq: '' }])).toThrow(/eq/);
  });

  it('make coins unusable where nothing is said to be available', () => {
    expect(view(X14, [{ ...USDT, availBal: '' }, BTC]).collateral[0]?.free.toFixed()).toBe('0');
  });

  it('refuses a debt without any price', () => {
    expect(() => view(X14, [{ ...USDT, eqUsd: '' }], { usd: {} })).toThrow(/without a price/);
  });
});

describe('what no LTV shows', () => {
  const risky = { ...BTC, twap: '3', frpType: '2', colRes: '2', colBorrAutoConversion: '4' };

  it('is told coin by coin, as the venue rates it', () => {
    const { risks } = view(X14, [USDT, risky], { autoRepay: true });
    expect(risks).toEqual([
      { kind: 'forcedRepayment', asset: 'BTC', level: 3, why: 'the platform runs short of it' },
      { kind: 'autoConversion', asset: 'BTC', level: 4, why: '' },
      { kind: 'collateralCap', asset: 'BTC', level: null, why: '' },
      { kind: 'autoRepay', asset: null, level: null, why: '' },
    ]);
    expect(view(X14, [USDT, BTC]).risks).toEqual([]);
  });

  it('includes a debt that the venue counts otherwise', () => {
    expect(view({ ...X14, notionalUsdForBorrow: '61000' }, [USDT, BTC]).alerts).toEqual([
      expect.stringMatching(/as 61000.00 USD, we count/),
    ]);
  });
});
