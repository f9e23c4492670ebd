/** An independent client, unchanged except for its addresses, against the simulated Binance (DESIGN §7). */
import ccxt from 'ccxt';
import type { binance } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpBench, until } from './httpSupport.ts';
import { KEY, SECRET, alice, flat } from './support.ts';

let bench: HttpBench;
let client: binance;

beforeEach(async () => {
  const isolated = [{ symbol: 'BTCUSDT', assets: { BTC: '1', USDT: '1000' }, debts: { USDT: '45000' } }];
  const flexible = [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '30000', collateral: '1' }];
  bench = await HttpBench.start({
    world: { binance: [alice({ isolated, flexible })], timing: { settleMs: 20 } },
    tape: flat(),
  });
  client = clientOf(bench.simulator.binance.rest);
});
afterEach(async () => {
  await bench.simulator.stop();
});

function clientOf(rest: string): binance {
  const one = new ccxt.binance({
    apiKey: KEY,
    secret: SECRET,
    enableRateLimit: false,
    options: { fetchMarkets: { types: ['spot'] } },
  });
  const api = {
    public: `${rest}/api/v3`,
    private: `${rest}/api/v3`,
    sapi: `${rest}/sapi/v1`,
    sapiV2: `${rest}/sapi/v2`,
    sapiV3: `${rest}/sapi/v3`,
    sapiV4: `${rest}/sapi/v4`,
  };
  one.urls = { ...one.urls, api };
  return one;
}

const settled = async (): Promise<void> => until(() => !bench.simulator.engine.busy());

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- ccxt makes its endpoint methods at run time
function implicit(name: string, params: Readonly<Record<string, string>> = {}): Promise<any> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  const method = (client as any)[name];
  return method.call(client, params);
}

describe('ccxt', () => {
  it('loads markets with their margin flags, and currencies', async () => {
    const markets = await client.loadMarkets();
    expect(markets['BTC/USDT']).toMatchObject({ id: 'BTCUSDT', spot: true, margin: true, active: true });
    expect(markets['BTC/USDT']?.['marginModes']).toEqual({ cross: true, isolated: true });
    expect(client.currencies?.['BTC']).toMatchObject({ code: 'BTC' });
  });

  it('reads the cross account through its unified method', async () => {
    const balance = await client.fetchBalance({ type: 'margin' });
    expect(balance['USDT']).toMatchObject({ free: 5000, used: 0, debt: 30000 });
    expect(balance['info']).toMatchObject({ marginLevel: '2.16666666', TotalCollateralValueInUSDT: '65000.00000000' });
  });

  it('repays cross margin through its unified method', async () => {
    const paid = await client.repayCrossMargin('USDT', 1000);
    expect(paid).toMatchObject({ id: '108988250265', currency: 'USDT' });
    await settled();
    expect(bench.debt()).toBe('29000');
    const record = await implicit('sapiGetMarginBorrowRepay', { type: 'REPAY', txId: String(paid['id']) });
    expect(record).toMatchObject({ total: 1, rows: [{ status: 'CONFIRMED', amount: '1000.00000000' }] });
  });

  it('repays and borrows isolated margin', async () => {
    await client.repayIsolatedMargin('BTC/USDT', 'USDT', 500);
    await settled();
    await client.borrowIsolatedMargin('BTC/USDT', 'USDT', 100);
    await settled();
    const [pair] = (await implicit('sapiGetMarginIsolatedAccount')).assets;
    expect(pair.quoteAsset).toMatchObject({ borrowed: '44600', free: '600' });
  });

  it('keeps every digit of an amount that it is given as text', async () => {
    await implicit('sapiPostMarginBorrowRepay', {
      asset: 'USDT',
      isIsolated: 'FALSE',
      amount: '0.12345678',
      type: 'REPAY',
    });
    await settled();
    expect(bench.debt()).toBe('29999.87654322');
  });

  it('sees refusals with their codes', async () => {
    await expect(client.repayCrossMargin('USDT', 30001)).rejects.toThrow('"code":-3015');
    await expect(client.repayCrossMargin('USDT', 6000)).rejects.toThrow('"code":-3041');
    await client.repayCrossMargin('USDT', 1);
    await expect(client.repayCrossMargin('USDT', 1)).rejects.toThrow('"code":-3007');
  });

  it('transfers, and finds its transfer', async () => {
    const moved = await client.transfer('USDT', 25.5, 'spot', 'cross');
    const [found] = await client.fetchTransfers('USDT', undefined, 10, { fromAccount: 'spot', toAccount: 'cross' });
    expect(found).toMatchObject({ id: moved['id'], amount: 25.5, status: 'ok' });
    const direct = await client.transfer('USDT', 10, 'spot', 'BTC/USDT');
    expect(direct['id']).toBeDefined();
  });

  it('reads interest and rates', async () => {
    await client.borrowCrossMargin('USDT', 1000);
    await settled();
    const [interest] = await client.fetchBorrowInterest('USDT');
    expect(interest).toMatchObject({ currency: 'USDT', marginMode: 'cross', interest: 0.01979167 });
    expect(await client.fetchCrossBorrowRate('USDT')).toMatchObject({ currency: 'USDT', rate: 0.000475 });
  });

  it('works flexible loans through its endpoint methods', async () => {
    const pair = { loanCoin: 'USDT', collateralCoin: 'BTC' };
    expect(await implicit('sapiV2GetLoanFlexibleOngoingOrders')).toMatchObject({
      rows: [{ ...pair, totalDebt: '30000' }],
    });
    expect(await implicit('sapiV2PostLoanFlexibleRepay', { ...pair, repayAmount: '100' })).toMatchObject({
      repayStatus: 'REPAID',
      remainingDebt: '29900',
    });
    await bench.admin('POST', '/act', {
      venue: 'binance',
      do: 'deposit',
      account: 'alice',
      asset: 'BTC',
      amount: '0.1',
    });
    expect(
      await implicit('sapiV2PostLoanFlexibleAdjustLtv', { ...pair, adjustmentAmount: '0.1', direction: 'ADDITIONAL' }),
    ).toMatchObject({ status: 'Succeeds' });
  });

  it('reads wallets, key restrictions, status and time', async () => {
    expect((await client.fetchBalance({ type: 'spot' }))['USDT']).toMatchObject({ free: 20000 });
    expect(await implicit('sapiV3PostAssetGetUserAsset')).toMatchObject([{ asset: 'USDT', free: '20000' }]);
    expect(await implicit('sapiGetAccountApiRestrictions')).toMatchObject({ enableMargin: true });
    expect(await client.fetchStatus()).toMatchObject({ status: 'ok' });
    expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(5000);
  });
});
