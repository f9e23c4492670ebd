/** Isolated margin (binance.md §5.2, §5.8, §10.1). */
import { describe, expect, it } from 'vitest';
import type { Answer } from './support.ts';
import { Bench, alice, tapeOf } from './support.ts';

const ISOLATED = '/sapi/v1/margin/isolated/account';
const pair = { symbol: 'BTCUSDT', assets: { BTC: '1', USDT: '1000' }, debts: { USDT: '45000' } };
const withPair = (extra: Parameters<typeof alice>[0] = {}): ReturnType<typeof alice> =>
  alice({ isolated: [pair], ...extra });

function isolated(bench: Bench, type: string, amount: string, asset = 'USDT'): Answer {
  return bench.signed('POST', '/sapi/v1/margin/borrow-repay', {
    asset,
    isIsolated: 'TRUE',
    symbol: 'BTCUSDT',
    amount,
    type,
  });
}

describe('the isolated account', () => {
  it('shows its pair with trimmed numbers, level, status, tier and liquidation price', () => {
    const { json } = new Bench({ binance: [withPair()] }).signed('GET', ISOLATED);
    expect(json.assets).toMatchObject([
      {
        symbol: 'BTCUSDT',
        marginLevel: '1.35555555',
        marginLevelStatus: 'NORMAL',
        marginRatio: '10',
        indexPrice: '60000',
        // (1.05 × 45000 − 1000) / 1
        liquidatePrice: '46250',
        baseAsset: { asset: 'BTC', free: '1', borrowed: '0', totalAsset: '1' },
        quoteAsset: { asset: 'USDT', borrowed: '45000', netAsset: '-44000' },
      },
    ]);
    expect(json).toMatchObject({ totalAssetOfBtc: '1.01666666', totalLiabilityOfBtc: '0.75' });
  });

  it('without debt says 999', () => {
    const idle = { ...pair, debts: {} };
    expect(new Bench({ binance: [alice({ isolated: [idle] })] }).signed('GET', ISOLATED).json.assets[0]).toMatchObject({
      marginLevel: '999',
      marginLevelStatus: 'EXCESSIVE',
      liquidatePrice: '0',
    });
  });

  it('asked for symbols shows only those, without totals, and five at most', () => {
    const bench = new Bench({ binance: [withPair()] });
    const { json } = bench.signed('GET', ISOLATED, { symbols: 'BTCUSDT,ETHUSDT' });
    expect([Object.keys(json), json.assets.length]).toEqual([['assets'], 1]);
    expect(bench.signed('GET', ISOLATED, { symbols: 'A,B,C,D,E,F' }).json.code).toBe(-1130);
  });

  it('has the tiers of its pair', () => {
    const { json } = new Bench().signed('GET', '/sapi/v1/margin/isolatedMarginTier', { symbol: 'BTCUSDT', tier: '1' });
    expect(json).toEqual([
      {
        symbol: 'BTCUSDT',
        tier: 1,
        effectiveMultiple: '10',
        initialRiskRatio: '1.111',
        liquidationRiskRatio: '1.05',
        baseAssetMaxBorrowable: '9',
        quoteAssetMaxBorrowable: '70000',
      },
    ]);
  });
});

describe('borrow and repay of a pair', () => {
  it('need its symbol, and only touch its own pocket', () => {
    const bench = new Bench({ binance: [withPair()] });
    expect(
      bench.signed('POST', '/sapi/v1/margin/borrow-repay', {
        asset: 'USDT',
        isIsolated: 'TRUE',
        amount: '1',
        type: 'REPAY',
      }).json.code,
    ).toBe(-1102);
    expect(isolated(bench, 'REPAY', '1000').status).toBe(200);
    bench.host.pass(100);
    expect(bench.signed('GET', ISOLATED).json.assets[0].quoteAsset).toMatchObject({ free: '0', borrowed: '44000' });
    expect(bench.coin('USDT')).toMatchObject({ free: '5000.00000000', borrowed: '30000.00000000' });
    const rows = { type: 'REPAY', isolatedSymbol: 'BTCUSDT' };
    expect(bench.signed('GET', '/sapi/v1/margin/borrow-repay', rows).json.rows).toMatchObject([
      { isolatedSymbol: 'BTCUSDT', status: 'CONFIRMED' },
    ]);
    expect(bench.signed('GET', '/sapi/v1/margin/borrow-repay', { type: 'REPAY' }).json.rows).toEqual([]);
  });

  it('share one lock with cross, or not, as the switch says', () => {
    for (const [sharedLock, status] of [
      [true, 400],
      [false, 200],
    ] as const) {
      const bench = new Bench({ binance: [withPair()], binanceSettings: { switches: { sharedLock } } });
      isolated(bench, 'REPAY', '1');
      expect(bench.borrowRepay('REPAY', '1').status).toBe(status);
      expect(isolated(bench, 'REPAY', '1').json.code).toBe(-3007);
    }
  });

  it.each([
    [-11008, "Exceeding the account's maximum borrowable limit."],
    [-3006, 'Your borrow amount has exceed maximum borrow amount.'],
  ] as const)('beyond the maximum are refused with %i', (isolatedOverBorrow, msg) => {
    const bench = new Bench({ binance: [withPair()], binanceSettings: { switches: { isolatedOverBorrow } } });
    expect(isolated(bench, 'BORROW', '1000000').json).toEqual({ code: isolatedOverBorrow, msg });
  });

  it('fit what maxBorrowable says: (A − R·L) / (R − 1)', () => {
    const bench = new Bench({
      binance: [alice({ isolated: [{ symbol: 'ETHUSDT', assets: { ETH: '10' }, debts: { USDT: '16000' } }] })],
    });
    const { amount } = bench.signed('GET', '/sapi/v1/margin/maxBorrowable', {
      asset: 'USDT',
      isolatedSymbol: 'ETHUSDT',
    }).json;
    // (25000 − 1.25 × 16000) / 0.25
    expect(amount).toBe('20000.00000000');
  });

  it('of a foreign asset or an unopened pair are refused', () => {
    const bench = new Bench({ binance: [withPair()] });
    expect(isolated(bench, 'REPAY', '1', 'ETH').json.code).toBe(-3027);
    const params = { asset: 'ETH', isIsolated: 'TRUE', symbol: 'ETHUSDT', amount: '1', type: 'REPAY' };
    expect(bench.signed('POST', '/sapi/v1/margin/borrow-repay', params).json.code).toBe(-3003);
  });
});

describe('transfers of a pair', () => {
  const transfer = (bench: Bench, type: string, more: Readonly<Record<string, string>>): number | undefined =>
    bench.signed('POST', '/sapi/v1/asset/transfer', { type, asset: 'USDT', amount: '100', ...more }).json.code;

  it('go through cross, or directly where the switch allows it', () => {
    const bench = new Bench({ binance: [withPair()] });
    expect(transfer(bench, 'MARGIN_ISOLATEDMARGIN', { toSymbol: 'BTCUSDT' })).toBeUndefined();
    expect(transfer(bench, 'MAIN_ISOLATED_MARGIN', { toSymbol: 'BTCUSDT' })).toBeUndefined();
    expect(bench.signed('GET', ISOLATED).json.assets[0].quoteAsset.free).toBe('1200');
    expect(bench.signed('GET', '/sapi/v1/margin/transfer', { isolatedSymbol: 'BTCUSDT' }).json.rows).toMatchObject([
      { type: 'ROLL_IN', transFrom: 'SPOT', transTo: 'ISOLATED_MARGIN', toSymbol: 'BTCUSDT' },
      { type: 'ROLL_IN', transFrom: 'CROSS_MARGIN', transTo: 'ISOLATED_MARGIN', toSymbol: 'BTCUSDT' },
    ]);
    const strict = new Bench({ binance: [withPair()], binanceSettings: { switches: { directIsolated: false } } });
    expect(transfer(strict, 'MAIN_ISOLATED_MARGIN', { toSymbol: 'BTCUSDT' })).toBe(-5009);
  });

  it('may not leave below the bar', () => {
    expect(transfer(new Bench({ binance: [withPair()] }), 'ISOLATEDMARGIN_MARGIN', { fromSymbol: 'BTCUSDT' })).toBe(
      -3020,
    );
  });
});

describe('liquidation of a pair', () => {
  it('comes at its tier line and leaves cross alone', () => {
    const tape = tapeOf({
      BTC: [
        [0, '60000'],
        [1, '46250.01'],
        [2, '46250'],
        [3, '46250'],
      ],
    });
    const calm = { cross: { assets: { USDT: '1000' }, debts: { USDT: '100' } } };
    const bench = new Bench({ binance: [withPair(calm)] }, tape);
    bench.simulation.engine.advance();
    expect(bench.report('binance.isolatedMargin')).toMatchObject({
      liquidated: false,
      key: 'BTCUSDT',
      line: '0.9523809524',
    });
    bench.simulation.engine.advance();
    expect(bench.report('binance.isolatedMargin')).toMatchObject({ liquidated: true, maxLtv: '0.9523809524' });
    expect(bench.report()).toMatchObject({ liquidated: false });
    expect(Number(bench.signed('GET', ISOLATED).json.assets[0].marginLevel)).toBeGreaterThanOrEqual(1.111);
  });

  it('uses the tier that the debt is in', () => {
    const big = { symbol: 'BTCUSDT', assets: { BTC: '3' }, debts: { USDT: '100000' } };
    const bench = new Bench({ binance: [alice({ isolated: [big] })] });
    expect(bench.report('binance.isolatedMargin').line).toBe('0.8695652174');
  });
});
