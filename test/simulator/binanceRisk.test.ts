/** Margin levels, interest and liquidation (binance.md §10), with the published worked examples. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import { hourOf } from '../../src/simulator/binance/interest.ts';
import { crossBars, statusOf, weighted } from '../../src/simulator/binance/worth.ts';
import type { BinanceHappening } from '../../src/simulator/contract.ts';
import { loadTape } from '../../src/simulator/tape/files.ts';
import { Bench, HOUR_MS, START_MS, alice, flat, tapeOf } from './support.ts';

const TAPES = join(import.meta.dirname, '../../tapes');
const ACCOUNT = '/sapi/v1/margin/account';

describe('interest', () => {
  it.each([
    ['45.3313', '0.00013233', '0.00024995'],
    ['36.22', '0.016', '0.02414667'],
    ['0.00011146', '0.00089489', '0.00000001'],
  ])('of an hour on %s at %s a day is %s, rounded up', (principal, daily, expected) => {
    expect(hourOf(parse(principal), parse(daily)).toFixed(8)).toBe(expected);
  });

  it('is charged at borrow and at every full hour of the tape: 13:20 to 14:15 is two hours', () => {
    const bench = new Bench({
      binance: [alice({ cross: { assets: { BTC: '1', USDC: '10' }, debts: {} } })],
      binanceSettings: { assets: { USDC: { dailyRate: '0.00024' } } },
    });
    bench.simulation.engine.advanceTo(START_MS + 20 * 60_000);
    bench.borrowRepay('BORROW', '1000', 'USDC');
    bench.host.pass(100);
    bench.simulation.engine.advanceTo(START_MS + 75 * 60_000);
    expect(bench.coin('USDC')['interest']).toBe('0.02000000');
  });

  it('is simple: the interest itself bears none', () => {
    const bench = new Bench();
    bench.simulation.engine.advanceTo(START_MS + 10 * HOUR_MS);
    // 30000 × 0.000475 / 24 = 0.59375
    expect(bench.coin('USDT')['interest']).toBe('5.93750000');
  });

  it('is the same whether the hours are visited one by one or at once', () => {
    const step = new Bench();
    while (step.simulation.engine.tapeNow() < START_MS + 5 * HOUR_MS) step.simulation.engine.advance();
    const leap = new Bench();
    leap.simulation.binance.books.tick(START_MS, START_MS + 5 * HOUR_MS);
    expect(leap.coin('USDT')['interest']).toBe(step.coin('USDT')['interest']);
  });

  it('leaves rows with ids above 2^53, whole in the text', () => {
    const bench = new Bench();
    bench.simulation.engine.advanceTo(START_MS + HOUR_MS);
    const { text } = bench.signed('GET', '/sapi/v1/margin/interestHistory', { asset: 'USDT' });
    expect(text).toContain('"txId":1352286576452864727,');
    expect(text).toContain('"type":"PERIODIC"');
  });

  it('is charged in BNB with 5 % off when the account burns BNB', () => {
    const bench = new Bench({ binance: [alice({ bnbBurn: { interest: true } })] });
    bench.simulation.engine.advanceTo(START_MS + HOUR_MS);
    expect(bench.coin('USDT')['interest']).toBe('0.00000000');
    // 30000 USDT × 0.95 / 550 USDT × 0.000475 / 24
    expect(bench.coin('BNB')).toMatchObject({ borrowed: '0.00000000', interest: '0.00102557' });
    expect(bench.signed('GET', '/sapi/v1/margin/interestHistory').json.rows[0]).toMatchObject({
      asset: 'BNB',
      rawAsset: 'USDT',
      type: 'PERIODIC_CONVERTED',
    });
  });
});

describe('the account', () => {
  it('keeps the identities of the documents', () => {
    const { json } = new Bench().signed('GET', ACCOUNT);
    expect(json).toMatchObject({
      marginLevel: '2.16666666',
      totalAssetOfBtc: '1.08333333',
      totalLiabilityOfBtc: '0.50000000',
      totalNetAssetOfBtc: '0.58333333',
      accountType: 'MARGIN_1',
    });
    expect(json.TotalCollateralValueInUSDT).toBe('65000.00000000');
    expect(json.userAssets.map((row: { asset: string }) => row.asset)).toEqual([
      'BTC',
      'ETH',
      'SOL',
      'BNB',
      'DOGE',
      'USDT',
      'USDC',
    ]);
  });

  it('applies haircuts slice by slice to the collateral level only', () => {
    const brackets = [
      ['0', '100000000', '1'],
      ['100000000', '120000000', '0.975'],
      ['120000000', '150000000', '0.95'],
    ].map(([minUsdValue = '', maxUsdValue = '', discountRate = '']) => ({
      minUsdValue: parse(minUsdValue),
      maxUsdValue: parse(maxUsdValue),
      discountRate: parse(discountRate),
    }));
    expect(weighted(parse('120000000'), brackets).toFixed()).toBe('119500000');
    const cross = { assets: { DOGE: '150000000' }, debts: { USDT: '5000000' } };
    const { json } = new Bench({ binance: [alice({ cross })] }).signed('GET', ACCOUNT);
    // 13 M at 1 and 2 M at 0.975
    expect(json).toMatchObject({ marginLevel: '3.00000000', collateralMarginLevel: '2.99000000' });
  });

  it.each([
    [3, { normalBar: '1.5', marginCallBar: '1.3', forceLiquidationBar: '1.1' }],
    [5, { normalBar: '1.25', marginCallBar: '1.16', forceLiquidationBar: '1.1' }],
  ] as const)('of %i x has the bars of the table', (leverage, bars) => {
    const bench = new Bench({ binance: [alice({ cross: { leverage, assets: {}, debts: {} } })] });
    expect(bench.signed('GET', '/sapi/v1/margin/tradeCoeff').json).toEqual(bars);
  });

  it('scales its assets to the LTV it is to start with', () => {
    const bench = new Bench({
      binance: [alice({ cross: { assets: { BTC: '1' }, debts: { USDT: '30000' }, startLtv: '0.62' } })],
    });
    expect(bench.report()).toMatchObject({ ltv: '0.6200000022', collateral: { BTC: '0.80645161' } });
  });
});

describe('the words for a margin level', () => {
  it.each([
    [undefined, 'EXCESSIVE'],
    ['2.01', 'EXCESSIVE'],
    ['2', 'NORMAL'],
    ['1.3', 'MARGIN_CALL'],
    ['1.1', 'FORCE_LIQUIDATION'],
  ])('%s is %s: the bar itself belongs to the worse side', (level, word) => {
    expect(statusOf(level === undefined ? undefined : parse(level), crossBars(3))).toBe(word);
  });
});

describe('liquidation', () => {
  const falling = (...prices: readonly string[]): ReturnType<typeof tapeOf> =>
    tapeOf({ BTC: prices.map((price, minute) => [minute, price] as const) });
  const cross = { assets: { BTC: '1' }, debts: { USDT: '20000' } };

  it('comes at 22000 for 1 BTC against 20000 USDT, and not a cent above', () => {
    const bench = new Bench({ binance: [alice({ cross })] }, falling('30000', '22000.01', '22000', '22000'));
    bench.simulation.engine.advance();
    expect(bench.report()).toMatchObject({ liquidated: false, line: '0.9090909091' });
    bench.simulation.engine.advance();
    expect(bench.report()).toMatchObject({ liquidated: true, maxLtv: '0.9090909091' });
  });

  it('sells as much as brings the level to the stop level, and takes its fee', () => {
    const bench = new Bench({ binance: [alice({ cross })] }, falling('30000', '22000', '22000'));
    bench.simulation.engine.advance();
    // s = (1.5 × 20000 − 22000) / (1.5 × 0.98 − 1) USD
    const level = Number(bench.signed('GET', ACCOUNT).json.marginLevel);
    expect(level).toBeGreaterThanOrEqual(1.5);
    expect(level).toBeLessThan(1.500001);
    const rows = bench.signed('GET', '/sapi/v1/margin/forceLiquidationRec').json.rows;
    expect(rows).toMatchObject([{ symbol: 'BTCUSDT', side: 'SELL', avgPrice: '22000.00000000', isIsolated: false }]);
    const types = bench.signed('GET', '/sapi/v1/margin/capital-flow').json.map((row: { type: string }) => row.type);
    expect(types).toEqual(['REPAY_LIQUIDATION', 'LIQUIDATION_FEE', 'SELL_LIQUIDATION']);
  });

  it('locks the account, then lets it go', () => {
    const bench = new Bench(
      { binance: [alice({ cross: { assets: { BTC: '1', USDT: '1000' }, debts: { USDT: '20000' } } })] },
      falling('30000', '20000', '20000'),
    );
    bench.simulation.engine.advance();
    expect(bench.signed('GET', ACCOUNT).json).toMatchObject({
      borrowEnabled: false,
      tradeEnabled: false,
      transferInEnabled: false,
      transferOutEnabled: false,
    });
    expect(bench.simulation.engine.busy()).toBe(true);
    const into = { type: 'MAIN_MARGIN', asset: 'USDT', amount: '10' };
    expect(bench.signed('POST', '/sapi/v1/asset/transfer', into).json.code).toBe(-3043);
    bench.host.pass(1000);
    expect(bench.signed('GET', ACCOUNT).json).toMatchObject({ borrowEnabled: true });
    expect(bench.signed('POST', '/sapi/v1/asset/transfer', into).status).toBe(200);
    // Repaying during the lock is refused when everything else about it is right.
    bench.simulation.binance.books.act({ do: 'liquidate', account: 'alice', stop: '1' });
    expect(bench.borrowRepay('REPAY', '10').json.code).toBe(-3036);
  });

  it('that does not cover the debts leaves a liquidation loan', () => {
    const bench = new Bench({ binance: [alice({ cross })] }, falling('30000', '15000', '15000'));
    bench.simulation.engine.advance();
    expect(bench.report()).toMatchObject({ liquidated: true, closed: true, debt: {} });
    // 15000 × 0.98 = 14700 of 20000 were paid.
    expect(bench.signed('GET', '/sapi/v1/margin/liquidation-loan').json).toMatchObject({
      asset: 'USDC',
      remainingAmount: '5300.00000000',
    });
  });

  it('kills a BTC debt when BTC rises', () => {
    const bench = new Bench(
      { binance: [alice({ cross: { assets: { USDT: '33000' }, debts: { BTC: '1' } } })] },
      falling('29000', '30000', '30000'),
    );
    expect(bench.report().liquidated).toBe(false);
    bench.simulation.engine.advance();
    expect(bench.report().liquidated).toBe(true);
  });

  it('follows thresholds that the venue changes', () => {
    const bench = new Bench();
    bench.simulation.binance.books.act({ do: 'thresholds', account: 'alice', liquidation: '2.2' });
    expect(bench.report()).toMatchObject({ liquidated: true, line: '0.4545454545' });
  });
});

describe('happenings for streams', () => {
  it('tell status changes, liabilities and balances', () => {
    const tape = tapeOf({
      BTC: [
        [0, '60000'],
        [1, '36000'],
        [2, '36000'],
      ],
    });
    const bench = new Bench({ binance: [alice()] }, tape);
    const told: BinanceHappening[] = [];
    bench.simulation.binance.books.streams.onHappening((happening) => told.push(happening));
    bench.simulation.engine.advance();
    bench.borrowRepay('REPAY', '1000');
    bench.host.pass(100);
    expect(told.filter((one) => one.kind !== 'marginLevelStatus')).toEqual([
      {
        kind: 'liability',
        uid: '354937868',
        asset: 'USDT',
        type: 'REPAY',
        principal: '29000.00000000',
        interest: '0.00000000',
      },
      {
        kind: 'balance',
        uid: '354937868',
        symbol: '',
        asset: 'USDT',
        delta: '-1000.00000000',
        free: '4000.00000000',
        locked: '0.00000000',
        transfer: false,
      },
    ]);
  });

  it('tell a margin call', () => {
    const bench = new Bench(
      { binance: [alice()] },
      tapeOf({
        BTC: [
          [0, '60000'],
          [1, '33000'],
          [2, '33000'],
        ],
      }),
    );
    const told: BinanceHappening[] = [];
    bench.simulation.binance.books.streams.onHappening((happening) => told.push(happening));
    bench.simulation.engine.advance();
    bench.simulation.engine.advance();
    expect(told).toMatchObject([{ kind: 'marginLevelStatus', status: 'MARGIN_CALL', level: '1.26' }]);
  });
});

it('a flat tape liquidates nobody', () => {
  const bench = new Bench({ binance: [alice()] }, flat());
  while (bench.simulation.engine.advance());
  expect(bench.report()).toMatchObject({ liquidated: false });
});

it.each([
  ['0.5', false],
  ['0.62', false],
  ['0.64', true],
])('19 May 2021 from an LTV of %s: liquidated is %s', (startLtv, liquidated) => {
  const tape = loadTape('may-2021', TAPES);
  const cross = { assets: { BTC: '1' }, debts: { USDT: '30000' }, startLtv };
  const bench = new Bench({ binance: [alice({ cross })] }, tape);
  while (bench.simulation.engine.advance());
  // From 43538 down to 30000: the LTV grows by 1.4513, and a little by interest.
  expect(bench.report().liquidated).toBe(liquidated);
});
