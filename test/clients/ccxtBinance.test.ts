/** ccxt, unchanged except for its addresses, against the simulated Binance: its unified methods, and the loans that have none. */
import type { binance } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpBench } from '../simulator/httpSupport.ts';
import { ccxtBinance, holdNext, implicit, settled, startVenues } from './support.ts';

const PAIR = { loanCoin: 'USDT', collateralCoin: 'BTC' };

let bench: HttpBench;
let client: binance;
beforeEach(async () => {
  bench = await startVenues();
  client = ccxtBinance(bench);
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

describe('the unified methods of ccxt', () => {
  it('load markets with their margin flags, and currencies', async () => {
    const markets = await client.loadMarkets();
    expect(markets['BTC/USDT']).toMatchObject({ id: 'BTCUSDT', spot: true, margin: true, active: true });
    expect(markets['BTC/USDT']?.['marginModes']).toEqual({ cross: true, isolated: true });
    expect(client.currencies?.['BTC']).toMatchObject({ code: 'BTC' });
  });

  it('read the cross account, the isolated one, spot and funding', async () => {
    const cross = await client.fetchBalance({ type: 'margin' });
    expect(cross['USDT']).toMatchObject({ free: 5000, used: 0, debt: 30000 });
    expect(cross['info']).toMatchObject({ marginLevel: '2.16666666', TotalCollateralValueInUSDT: '65000.00000000' });
    const isolated = await client.fetchBalance({ marginMode: 'isolated', symbols: ['BTC/USDT'] });
    // It adds all pairs up by coin: good for a look, not for a decision.
    expect(isolated['USDT']).toMatchObject({ free: 1000, debt: 45000 });
    expect((await client.fetchBalance({ type: 'spot' }))['USDT']).toMatchObject({ free: 20000 });
    expect(await client.fetchBalance({ type: 'funding' })).toMatchObject({ total: {} });
  });

  it('repay cross margin', async () => {
    const paid = await client.repayCrossMargin('USDT', 1000);
    expect(paid).toMatchObject({ id: '108988250265', currency: 'USDT' });
    await settled(bench);
    expect(bench.debt()).toBe('29000');
    const found = { type: 'REPAY', txId: String(paid['id']) };
    expect(await implicit(client, 'sapiGetMarginBorrowRepay', found)).toMatchObject({
      total: 1,
      rows: [{ status: 'CONFIRMED', amount: '1000.00000000' }],
    });
  });

  it('repay and borrow isolated margin', async () => {
    await client.repayIsolatedMargin('BTC/USDT', 'USDT', 500);
    await settled(bench);
    await client.borrowIsolatedMargin('BTC/USDT', 'USDT', 100);
    await settled(bench);
    const [pair] = (await implicit(client, 'sapiGetMarginIsolatedAccount')).assets;
    expect(pair.quoteAsset).toMatchObject({ borrowed: '44600', free: '600' });
  });

  it('transfer in, out and directly to a pair, and find the transfer', async () => {
    const moved = await client.transfer('USDT', 25.5, 'spot', 'cross');
    const [found] = await client.fetchTransfers('USDT', undefined, 10, { fromAccount: 'spot', toAccount: 'cross' });
    expect(found).toMatchObject({ id: moved['id'], amount: 25.5, status: 'ok' });
    await client.transfer('USDT', 5, 'cross', 'spot');
    expect((await client.transfer('USDT', 10, 'spot', 'BTC/USDT'))['id']).toBeDefined();
    expect((await client.fetchBalance({ type: 'spot' }))['USDT']).toMatchObject({ free: 19969.5 });
  });

  it('read interest and rates', async () => {
    await client.borrowCrossMargin('USDT', 1000);
    await settled(bench);
    const [interest] = await client.fetchBorrowInterest('USDT');
    expect(interest).toMatchObject({ currency: 'USDT', marginMode: 'cross', interest: 0.01979167 });
    expect(await client.fetchCrossBorrowRate('USDT')).toMatchObject({ currency: 'USDT', rate: 0.000475 });
    expect(await client.fetchIsolatedBorrowRate('BTC/USDT')).toMatchObject({ base: 'BTC', quote: 'USDT' });
  });

  it('read tickers, status and time, without a key', async () => {
    client.apiKey = '';
    client.secret = '';
    expect(await client.fetchTicker('BTC/USDT')).toMatchObject({ last: 60000, bid: 60000 });
    expect((await client.fetchBidsAsks(['ETH/USDT']))['ETH/USDT']).toMatchObject({ ask: 2500 });
    expect(await client.fetchStatus()).toMatchObject({ status: 'ok' });
    expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(5000);
  });
});

describe('the endpoint methods of ccxt', () => {
  it('keep every digit of an amount that is given as text', async () => {
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount: '0.12345678', type: 'REPAY' };
    await implicit(client, 'sapiPostMarginBorrowRepay', params);
    await settled(bench);
    expect(bench.debt()).toBe('29999.87654322');
  });

  it('read, repay and adjust flexible loans', async () => {
    expect(await implicit(client, 'sapiV2GetLoanFlexibleOngoingOrders')).toMatchObject({
      rows: [{ ...PAIR, totalDebt: '30000' }],
    });
    expect(await implicit(client, 'sapiV2PostLoanFlexibleRepay', { ...PAIR, repayAmount: '100' })).toMatchObject({
      repayStatus: 'REPAID',
      remainingDebt: '29900',
    });
    const add = { ...PAIR, adjustmentAmount: '0.1', direction: 'ADDITIONAL' };
    expect(await implicit(client, 'sapiV2PostLoanFlexibleAdjustLtv', add)).toMatchObject({ status: 'Succeeds' });
  });

  it('read wallets and key restrictions', async () => {
    expect(await implicit(client, 'sapiV3PostAssetGetUserAsset', { asset: 'USDT' })).toMatchObject([
      { asset: 'USDT', free: '20000' },
    ]);
    expect(await implicit(client, 'sapiGetAccountApiRestrictions')).toMatchObject({ enableMargin: true });
  });
});

describe('the refusals that ccxt gets', () => {
  it('-3015, -3041, and -3007 while a repay runs', async () => {
    await expect(client.repayCrossMargin('USDT', 30001)).rejects.toThrow('"code":-3015');
    await expect(client.repayCrossMargin('USDT', 6000)).rejects.toThrow('"code":-3041');
    const release = await holdNext(bench, 'binance');
    await client.repayCrossMargin('USDT', 1);
    await expect(client.repayCrossMargin('USDT', 1)).rejects.toThrow('"code":-3007');
    await release();
    await client.repayCrossMargin('USDT', 1);
  });

  it('-2015 with an unknown key', async () => {
    await client.loadMarkets();
    client.apiKey = 'unknownKey';
    await expect(client.fetchBalance({ type: 'margin' })).rejects.toThrow('"code":-2015');
  });

  it('-1021 when the clocks differ, until it corrects its own', async () => {
    await client.loadMarkets();
    await bench.admin('POST', '/clock', { skewMs: 20_000 });
    await expect(client.fetchBalance({ type: 'margin' })).rejects.toThrow('"code":-1021');
    client.options['adjustForTimeDifference'] = true;
    await client.loadTimeDifference();
    expect((await client.fetchBalance({ type: 'margin' }))['USDT']).toMatchObject({ debt: 30000 });
  });
});
