/** Flexible-loan orders in the server's words: figures of okx.md §3 and of the shared sizing examples X10 and X12. */
import { describe, expect, it } from 'vitest';
import { parse, type Dec } from '../../../src/core/money.ts';
import { parseJson } from '../../../src/exchanges/json.ts';
import { Reader } from '../../../src/exchanges/parse.ts';
import { flexibleLoanView, type FlexibleSurroundings } from '../../../src/exchanges/okx/flexibleView.ts';
import { bracketValue, nextTiers } from '../../../src/exchanges/okx/weights.ts';
import { discountRow, loanInfoRow, type DiscountRow, type LoanInfoRow } from '../../../src/exchanges/okx/wire.ts';
import { discount, flat } from './support.ts';

/** The documented answer (okx.md §3.3), as in the public API page. */
const SAMPLE = {
  collateralData: [
    { amt: '0.0000097', ccy: 'COMP' },
    { amt: '0.78', ccy: 'STX' },
    { amt: '0.001', ccy: 'DOT' },
    { amt: '0.05357864', ccy: 'LUNA' },
  ],
  collateralNotionalUsd: '1.5078763',
  curLTV: '0.5742',
  liqLTV: '0.8374',
  loanData: [{ amt: '0.86590608', ccy: 'USDC' }],
  loanNotionalUsd: '0.8661285',
  marginCallLTV: '0.7374',
  riskWarningData: { instId: '', liqPx: '' },
};

function row(more: Record<string, unknown>): LoanInfoRow {
  return loanInfoRow(Reader.of(parseJson(JSON.stringify({ ...SAMPLE, ordId: '12345', ...more })), 'test'));
}

function brackets(...given: Record<string, unknown>[]): Map<string, DiscountRow> {
  const read = given.map((one) => discountRow(Reader.of(parseJson(JSON.stringify(one)), 'test')));
  return new Map(read.map((one) => [one.ccy, one]));
}

function around(more: Partial<FlexibleSurroundings> & { usd?: Record<string, string> } = {}): FlexibleSurroundings {
  const { usd = { BTC: '60000', ETH: '3000', USDT: '0.9996', USDC: '1' }, ...rest } = more;
  const prices = new Map<string, Dec>(Object.entries(usd).map(([asset, price]) => [asset, parse(price)]));
  return {
    account: 'desk',
    asOf: 5,
    prices,
    discounts: brackets(discount('BTC'), discount('ETH'), flat('USDC', '1'), flat('USDT', '1')),
    addable: [],
    ...rest,
  };
}

const X10 = {
  loanData: [{ ccy: 'USDT', amt: '860000' }],
  loanNotionalUsd: '860000',
  collateralData: [{ ccy: 'BTC', amt: '19.5' }],
  collateralNotionalUsd: '1146600',
  curLTV: '0.75',
};

describe('an order', () => {
  it('takes D and C from the venue and the line and call from the order', () => {
    const view = flexibleLoanView(row({}), around({ usd: { COMP: '45', STX: '1.9', DOT: '5', LUNA: '0.4' } }));
    expect(view).toMatchObject({
      id: 'desk/okx.flexibleLoan/12345',
      key: '12345',
      status: 'open',
      asOf: 5,
      marginRatio: null,
    });
    expect(view.ltv.toFixed(5)).toBe('0.57440');
    expect([
      view.line.toFixed(),
      view.call?.toFixed(),
      view.venueLtv?.low.toFixed(),
      view.venueLtv?.high.toFixed(),
    ]).toEqual(['0.8374', '0.7374', '0.5742', '0.5743']);
    expect(view.alerts).toEqual([]);
    expect(view.debts[0]?.amount.toFixed()).toBe('0.86590608');
    expect(view.collateral.map(({ asset }) => asset)).toEqual(['COMP', 'STX', 'DOT', 'LUNA']);
  });

  it('gives the upper edge of four decimals however many the venue prints', () => {
    expect(flexibleLoanView(row({ ...X10, curLTV: '0.75' }), around()).venueLtv?.high.toFixed()).toBe('0.7501');
    expect(flexibleLoanView(row({ ...X10, curLTV: '0.750043' }), around()).venueLtv?.high.toFixed()).toBe('0.750044');
  });

  it('values the debt as the venue does (X12)', () => {
    const x12 = {
      loanData: [{ ccy: 'USDT', amt: '50020.010203' }],
      loanNotionalUsd: '50000.0021989188',
      collateralData: [{ ccy: 'BTC', amt: '1.2' }],
      collateralNotionalUsd: '65800',
      curLTV: '0.7598',
    };
    const view = flexibleLoanView(row(x12), around({ usd: { BTC: '60000', USDT: '1' } }));
    expect(view.debts[0]?.price.toFixed(10)).toBe('0.9996000000');
    expect(view.ltv.toFixed(6)).toBe('0.759878');
  });

  it('values several loan currencies by the index', () => {
    const loanData = [
      { ccy: 'USDT', amt: '430000' },
      { ccy: 'USDC', amt: '430000' },
    ];
    const view = flexibleLoanView(row({ ...X10, loanData }), around());
    expect(view.debts.map(({ asset, price }) => [asset, price.toFixed()])).toEqual([
      ['USDT', '0.9996'],
      ['USDC', '1'],
    ]);
    expect(() => flexibleLoanView(row({ ...X10, loanData }), around({ usd: { BTC: '60000', USDT: '1' } }))).toThrow(
      /no index price for USDC/,
    );
  });

  it('walks the brackets of the coin it holds (X10)', () => {
    const [btc] = flexibleLoanView(row(X10), around()).collateral;
    expect(btc?.weight.toFixed()).toBe('0.98');
    expect(btc?.addTiers.map(({ room, weight }) => [room?.toFixed() ?? null, weight.toFixed()])).toEqual([
      ['0.5', '0.98'],
      ['5', '0.975'],
      [null, '0.97'],
    ]);
  });

  it('lets the last bracket leave first, and nothing when the brackets could not be read', () => {
    const collateralData = [{ ccy: 'BTC', amt: '22' }];
    const held = { ...X10, collateralData, collateralNotionalUsd: '1293000', curLTV: '0.6648' };
    const [btc] = flexibleLoanView(row(held), around()).collateral;
    expect(btc?.leaveTiers.map(({ room, weight }) => [room?.toFixed(), weight.toFixed()])).toEqual([
      ['2', '0.975'],
      ['20', '0.98'],
    ]);
    const [unknown] = flexibleLoanView(row(held), around({ discounts: null })).collateral;
    expect(unknown?.leaveTiers).toEqual([]);
  });

  it('never counts an added coin for more than the venue counts the held ones', () => {
    const [btc] = flexibleLoanView(
      row({ ...X10, collateralNotionalUsd: '1053000', curLTV: '0.8167' }),
      around(),
    ).collateral;
    expect(btc?.addTiers.map(({ weight }) => weight.toFixed())).toEqual(['0.9', '0.9', '0.9']);
    expect(btc?.weight.toFixed()).toBe('0.98');
  });

  it('never counts a leaving coin for less than the venue may', () => {
    const [btc] = flexibleLoanView(
      row({ ...X10, collateralNotionalUsd: '1170000', curLTV: '0.735' }),
      around(),
    ).collateral;
    expect(btc?.weight.toFixed(6)).toBe('1.000000');
    expect(btc?.leaveTiers.every(({ weight }) => weight.gte('0.999999'))).toBe(true);
    expect(btc?.addTiers[0]?.weight.toFixed()).toBe('0.98');
  });

  it('spreads the venue’s figure over several coins by the public brackets', () => {
    const collateralData = [
      { ccy: 'BTC', amt: '10' },
      { ccy: 'USDC', amt: '400000' },
    ];
    // Public: 588000 + 400000 = 988000; the venue says 5 % less.
    const view = flexibleLoanView(
      row({ ...X10, collateralData, collateralNotionalUsd: '938600', curLTV: '0.9162' }),
      around(),
    );
    expect(view.collateral.map(({ asset, addTiers }) => [asset, addTiers[0]?.weight.toFixed(6)])).toEqual([
      ['BTC', '0.931000'],
      ['USDC', '0.950000'],
    ]);
  });

  it('offers wallet coins that could be added, but never the borrowed one or one without brackets', () => {
    const view = flexibleLoanView(
      row(X10),
      around({ addable: ['USDT', 'USDC', 'DOGE', 'BTC'], usd: { BTC: '60000', USDT: '1', USDC: '1', DOGE: '0.1' } }),
    );
    expect(view.collateral.map(({ asset, amount }) => [asset, amount.toFixed()])).toEqual([
      ['BTC', '19.5'],
      ['USDC', '0'],
    ]);
    expect(view.collateral[1]?.addTiers).toHaveLength(1);
  });
});

describe('missing and odd figures', () => {
  it.each([['liqLTV'], ['curLTV'], ['loanNotionalUsd'], ['collateralNotionalUsd'], ['loanData'], ['collateralData']])(
    '%s is needed',
    (field) => {
      expect(() => flexibleLoanView(row({ ...X10, [field]: undefined }), around())).toThrow(
        /malformed|missing|not a list/,
      );
    },
  );

  it('takes "" for not applicable, never for zero', () => {
    expect(() => flexibleLoanView(row({ ...X10, liqLTV: '' }), around())).toThrow(/liqLTV/);
    expect(() => row({ loanNotionalUsd: '' })).toThrow(/loanNotionalUsd/);
    expect(() => row({ loanData: [{ ccy: 'USDC', amt: '' }] })).toThrow(/amt/);
    expect(flexibleLoanView(row({ ...X10, marginCallLTV: '' }), around()).call).toBeNull();
  });

  it('refuses exponents, negatives and numbers that are no decimals', () => {
    for (const amt of ['1e-7', '-1', 'NaN', '0x1', ' 1'])
      expect(() => row({ loanData: [{ ccy: 'USDC', amt }] })).toThrow(/amt/);
  });

  it('is an alert when curLTV and the values differ a little, and unusable when they contradict', () => {
    expect(flexibleLoanView(row({ ...X10, curLTV: '0.7460' }), around()).alerts).toEqual([
      'curLTV 0.7460 and loan value / collateral value 0.7500 differ',
    ]);
    expect(() => flexibleLoanView(row({ ...X10, curLTV: '0.60' }), around())).toThrow(/contradicts/);
  });

  it('is closed only when the venue says that nothing is owed', () => {
    const paid = flexibleLoanView(
      row({ ...X10, loanData: [], loanNotionalUsd: '0', curLTV: '', liqLTV: '' }),
      around(),
    );
    expect([paid.status, paid.ltv.toFixed(), paid.debts]).toEqual(['closed', '0', []]);
    expect(() =>
      flexibleLoanView(row({ ...X10, loanData: [], loanNotionalUsd: '5', collateralNotionalUsd: '0' }), around()),
    ).toThrow(/without/);
  });

  it('derives one missing index price and then adds nothing', () => {
    const view = flexibleLoanView(row(X10), around({ usd: {} }));
    expect(view.collateral[0]?.price.times('19.5').toFixed()).toBe('1146600');
    expect([view.collateral[0]?.weight.toFixed(), view.collateral[0]?.addTiers]).toEqual(['1', []]);
    expect(view.alerts[0]).toContain('no index price for BTC');
    const collateralData = [
      { ccy: 'BTC', amt: '10' },
      { ccy: 'STX', amt: '1' },
    ];
    expect(() => flexibleLoanView(row({ ...X10, collateralData }), around({ usd: {} }))).toThrow(/BTC, STX/);
  });

  it('goes on with the implied weight when the brackets cannot be read', () => {
    const [btc] = flexibleLoanView(row(X10), around({ discounts: null })).collateral;
    expect([btc?.weight.toFixed(), btc?.addTiers.map(({ room, weight }) => [room, weight.toFixed()])]).toEqual([
      '0.98',
      [[null, '0.98']],
    ]);
  });

  it('has no ordId in the older shape', () => {
    const view = flexibleLoanView(row({ ...X10, ordId: undefined }), around());
    expect(view.key).toBe('single');
  });
});

describe('brackets', () => {
  const btc = brackets(discount('BTC')).get('BTC');
  const capped = brackets({
    ccy: 'LTC',
    minDiscountRate: '0',
    details: [{ minAmt: '0', maxAmt: '100', discountRate: '0.9' }],
  }).get('LTC');

  it('are marginal by amount', () => {
    expect(bracketValue(parse('24'), parse('1'), btc).toFixed()).toBe('23.5');
    expect(bracketValue(parse('30'), parse('1'), btc).toFixed()).toBe('29.325');
  });

  it('agree with the published example of 100 BTC (okx.md §4.7)', () => {
    const edges = [
      ['0', '20', '.98'],
      ['20', '25', '.975'],
      ['25', '30', '.97'],
      ['30', '50', '.965'],
      ['50', '70', '.96'],
      ['70', '90', '.955'],
      ['90', '', '.95'],
    ];
    const details = edges.map(([minAmt, maxAmt, discountRate]) => ({ minAmt, maxAmt, discountRate }));
    expect(bracketValue(parse('100'), parse('60000'), brackets({ ccy: 'BTC', details }).get('BTC')).toFixed()).toBe(
      '5785500',
    );
  });

  it('end where a coin counts for nothing', () => {
    expect(
      capped &&
        nextTiers(parse('40'), capped, parse('1')).map(({ room, weight }) => [room?.toFixed(), weight.toFixed()]),
    ).toEqual([['60', '0.9']]);
    expect(capped && nextTiers(parse('100'), capped, parse('1'))).toEqual([]);
    expect(bracketValue(parse('150'), parse('1'), capped).toFixed()).toBe('90');
  });
});
