/** The `binance` package from npm, unchanged except for its address, against the simulated Binance. */
import type { MainClient } from 'binance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpBench } from '../simulator/httpSupport.ts';
import { KEY } from '../simulator/support.ts';
import {
  binanceClient,
  holdNext,
  lastRequest,
  publicBinanceClient,
  settled,
  startVenues,
  thrownBy,
} from './support.ts';

const PAIR = { loanCoin: 'USDT', collateralCoin: 'BTC' };

let bench: HttpBench;
let client: MainClient;
beforeEach(async () => {
  bench = await startVenues();
  client = binanceClient(bench);
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

/** A cross repay. The library's type demands a symbol even where there is none; Binance does not look at it then. */
const repay = (amount: number): Promise<{ tranId: number }> =>
  client.submitMarginAccountBorrowRepay({
    asset: 'USDT',
    isIsolated: 'FALSE',
    symbol: 'BTCUSDT',
    amount,
    type: 'REPAY',
  });

const repayPair = (amount: number): Promise<{ tranId: number }> =>
  client.submitMarginAccountBorrowRepay({
    asset: 'USDT',
    isIsolated: 'TRUE',
    symbol: 'BTCUSDT',
    amount,
    type: 'REPAY',
  });

/** Its own `getServerTime` and `fetchTimeOffset` leave the given address aside and ask the real exchange: never here. */
const serverTime = async (): Promise<number> => Number((await client.get('api/v3/time')).serverTime);

const crossDebt = async (): Promise<string | number | undefined> =>
  (await client.queryCrossMarginAccountDetails()).userAssets.find((row) => row.asset === 'USDT')?.borrowed;

describe('the package reads', () => {
  it('the cross account', async () => {
    const account = await client.queryCrossMarginAccountDetails();
    expect(account).toMatchObject({ created: true, marginLevel: '2.16666666', accountType: 'MARGIN_1' });
    // Its type spells a member as nobody sends it.
    expect(account).not.toHaveProperty('totalCollateralValueInUSDT');
    expect(account).toHaveProperty('TotalCollateralValueInUSDT', '65000.00000000');
    expect(await crossDebt()).toBe('30000.00000000');
  });

  it('isolated accounts, all and by symbol', async () => {
    const all = await client.getIsolatedMarginAccountInfo();
    expect(all.assets).toMatchObject([{ symbol: 'BTCUSDT', quoteAsset: { borrowed: '45000' } }]);
    expect(await client.getIsolatedMarginAccountInfo({ symbols: 'BTCUSDT' })).not.toHaveProperty('totalAssetOfBtc');
  });

  it('flexible loans and their lines', async () => {
    const { rows, total } = await client.getCryptoLoanFlexibleOngoingOrders(PAIR);
    expect([total, rows[0]]).toMatchObject([1, { ...PAIR, totalDebt: '30000', currentLTV: '0.50' }]);
    const { rows: lines } = await client.getCryptoLoanFlexibleCollateralAssets({ collateralCoin: 'BTC' });
    expect(Number(lines[0]?.liquidationLTV)).toBeGreaterThan(0.5);
  });

  it('wallets, permissions, limits, status and time', async () => {
    expect(await client.getUserAsset({ asset: 'USDT' })).toMatchObject([{ asset: 'USDT', free: '20000' }]);
    expect(await client.getApiKeyPermissions()).toMatchObject({ enableMargin: true, enableWithdrawals: false });
    expect(await client.queryMaxBorrow({ asset: 'USDT' })).toMatchObject({ amount: '40000.00000000' });
    expect(await client.queryMaxTransferOutAmount({ asset: 'BTC' })).toMatchObject({ amount: '0.08333333' });
    expect(await client.getSystemStatus()).toEqual({ status: 0, msg: 'normal' });
    expect(Math.abs((await serverTime()) - Date.now())).toBeLessThan(5000);
  });

  it('reference prices without a key', async () => {
    const open = publicBinanceClient(bench);
    expect(await open.getSymbolPriceTicker({ symbol: 'BTCUSDT' })).toEqual({
      symbol: 'BTCUSDT',
      price: '60000.00000000',
    });
    expect(await open.getSymbolOrderBookTicker({ symbol: 'BTCUSDT' })).toMatchObject({ bidPrice: '60000.00000000' });
    expect(await open.get24hrChangeStatistics({ symbol: 'BTCUSDT' })).toMatchObject({ lastPrice: '60000.00000000' });
  });
});

describe('the package moves money', () => {
  it('repays cross margin and finds the record by its id', async () => {
    const { tranId } = await repay(1000.12345678);
    await settled(bench);
    expect(await crossDebt()).toBe('28999.87654322');
    const { rows } = await client.getMarginAccountBorrowRepayRecords({ type: 'REPAY', txId: tranId });
    expect(rows).toMatchObject([{ txId: tranId, amount: '1000.12345678', status: 'CONFIRMED' }]);
  });

  it('repays isolated margin', async () => {
    await repayPair(500);
    await settled(bench);
    const { assets } = await client.getIsolatedMarginAccountInfo();
    expect(assets[0]).toMatchObject({ quoteAsset: { borrowed: '44500', free: '500' } });
  });

  it('repays a flexible loan', async () => {
    expect(await client.repayCryptoLoanFlexible({ ...PAIR, repayAmount: 3000, collateralReturn: false })).toMatchObject(
      { remainingDebt: '27000', remainingCollateral: '1', currentLTV: '0.45', repayStatus: 'REPAID' },
    );
  });

  it('adjusts the LTV of a flexible loan, both ways', async () => {
    const adjust = { ...PAIR, adjustmentAmount: 0.2 };
    expect(await client.adjustCryptoLoanFlexibleLTV({ ...adjust, direction: 'ADDITIONAL' })).toMatchObject({
      currentLTV: '0.42',
      status: 'Succeeds',
    });
    expect(await client.adjustCryptoLoanFlexibleLTV({ ...adjust, direction: 'REDUCED' })).toMatchObject({
      currentLTV: '0.50',
    });
  });

  it('transfers into margin, out of it, to funding, and finds the transfers', async () => {
    const move = { asset: 'USDT', fromSymbol: '', toSymbol: '' };
    const { tranId } = await client.submitUniversalTransfer({ ...move, type: 'MAIN_MARGIN', amount: 100 });
    await client.submitUniversalTransfer({ ...move, type: 'MARGIN_MAIN', amount: 40 });
    await client.submitUniversalTransfer({ ...move, type: 'MAIN_FUNDING', amount: 10 });
    expect(await client.getUserAsset({ asset: 'USDT' })).toMatchObject([{ free: '19930' }]);
    expect(await client.getUniversalTransferHistory({ type: 'MAIN_MARGIN' })).toMatchObject({
      rows: [{ tranId, amount: '100', status: 'CONFIRMED' }],
    });
  });
});

describe('the package gets the documented refusals', () => {
  it('-3007 while a repay runs, also of another account of the same user', async () => {
    const release = await holdNext(bench, 'binance');
    await repay(1);
    expect(await thrownBy(repay(1))).toMatchObject({ code: -3007, message: expect.stringContaining('pending') });
    expect(await thrownBy(repayPair(1))).toMatchObject({ code: -3007 });
    await release();
    await repay(1);
  });

  it('-3015 above the debt, and -3041 above the balance', async () => {
    expect(await thrownBy(repay(30001))).toMatchObject({
      code: -3015,
      message: 'Repay amount exceeds borrow amount.',
    });
    expect(await thrownBy(repay(5001))).toMatchObject({ code: -3041, message: 'Balance is not enough' });
    expect(await crossDebt()).toBe('30000.00000000');
  });

  it('-2015 with a key that is unknown or may not, -1022 with a wrong secret', async () => {
    const stranger = binanceClient(bench, { id: 'unknownKey', secret: 'x' });
    expect(await thrownBy(stranger.queryCrossMarginAccountDetails())).toMatchObject({ code: -2015 });
    const forger = binanceClient(bench, { id: KEY, secret: 'x' });
    expect(await thrownBy(forger.queryCrossMarginAccountDetails())).toMatchObject({ code: -1022 });
    await bench.admin('POST', '/act', { venue: 'binance', do: 'permissions', account: 'alice', margin: false });
    expect(await thrownBy(repay(1))).toMatchObject({ code: -2015 });
  });

  it('-1021 when the clocks differ, until it corrects its own', async () => {
    await bench.admin('POST', '/clock', { skewMs: 20_000 });
    expect(await thrownBy(repay(1))).toMatchObject({ code: -1021 });
    client.setTimeOffset((await serverTime()) - Date.now());
    await repay(1);
  });

  it('429 with the seconds to wait', async () => {
    const match = { path: '/sapi/v1/margin/account' };
    await bench.admin('POST', '/faults', { match, effect: { kind: 'rateLimit', retryAfterSec: 7 } });
    expect(await thrownBy(client.queryCrossMarginAccountDetails())).toMatchObject({
      code: -1003,
      headers: { 'retry-after': '7' },
    });
  });
});

describe('where the package is wrong, the simulator shows it', () => {
  it('a gateway page with status 200 is a success to it', async () => {
    const match = { path: '/sapi/v1/margin/account' };
    await bench.admin('POST', '/faults', { match, effect: { kind: 'html' } });
    expect(await client.queryCrossMarginAccountDetails()).toMatch(/^<html>/);
  });

  it('a parameter that is undefined travels as a word', async () => {
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount: '1', type: 'REPAY', symbol: undefined };
    await client.postPrivate('sapi/v1/margin/borrow-repay', params);
    expect((await lastRequest(bench)).query).toContain('symbol=undefined');
  });

  it('its only name for a transfer to a pair has a blank at the end, which is refused', async () => {
    const move = { asset: 'USDT', amount: 25, fromSymbol: '', toSymbol: 'BTCUSDT' };
    const misspelt = client.submitUniversalTransfer({ ...move, type: 'MARGIN_ISOLATEDMARGIN ' });
    expect(await thrownBy(misspelt)).toMatchObject({ code: -1130 });
    await client.postPrivate('sapi/v1/asset/transfer', { ...move, type: 'MARGIN_ISOLATEDMARGIN' });
    const { assets } = await client.getIsolatedMarginAccountInfo();
    expect(assets[0]).toMatchObject({ quoteAsset: { free: '1025' } });
  });

  it('ids above 2^53 lose their last digits', async () => {
    await client.postPrivate('sapi/v1/margin/borrow-repay', {
      asset: 'USDT',
      isIsolated: 'FALSE',
      amount: '1',
      type: 'BORROW',
    });
    await settled(bench);
    const { rows } = await client.getMarginInterestHistory({ asset: 'USDT' });
    const { text } = await bench.binance('GET', '/sapi/v1/margin/interestHistory', { asset: 'USDT' });
    const [, sent = ''] = /"txId":(\d+)/.exec(text) ?? [];
    expect(Number(sent)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(BigInt(rows[0]?.txId ?? 0)).not.toBe(BigInt(sent));
  });
});
