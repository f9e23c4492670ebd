/** ccxt, unchanged except for its address, against the simulated OKX: its unified methods, and the endpoints that have none. */
import ccxt from 'ccxt';
import type { Exchange } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpBench } from '../simulator/httpSupport.ts';
import { HOUR_MS, START_MS } from '../simulator/support.ts';
import { ORDER, ccxtOkx, implicit, lastRequest, settled, startVenues } from './support.ts';
import type { Foreign } from './support.ts';

const LOAN = 'FinanceFlexibleLoan';

let bench: HttpBench;
let client: Exchange;
beforeEach(async () => {
  bench = await startVenues();
  client = ccxtOkx(bench);
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

const call = (name: string, params: Readonly<Record<string, unknown>> = {}): Promise<Foreign> =>
  implicit(client, name, params);

const repay = (amt: string, ordId = ORDER, clOrdId = 'r1'): Promise<unknown> =>
  call(`privatePost${LOAN}Repay`, { ordId, ccy: 'USDT', amt, clOrdId });

describe('the unified methods of ccxt', () => {
  it('load markets and currencies', async () => {
    const markets = await client.loadMarkets();
    expect(markets['BTC/USDT']).toMatchObject({ id: 'BTC-USDT', spot: true, active: true });
    expect(client.currencies?.['BTC']).toMatchObject({ code: 'BTC' });
  });

  it('read the trading account with its debts, and the funding account', async () => {
    const trading = await client.fetchBalance();
    expect(trading['BTC']).toMatchObject({ total: 1 });
    expect(trading['info']).toMatchObject({ data: [{ notionalUsdForBorrow: '10000' }] });
    const funding = await client.fetchBalance({ type: 'funding' });
    expect(funding['USDT']).toMatchObject({ free: 20000, used: 0 });
  });

  it('read accounts, time, status and tickers', async () => {
    expect(await client.fetchAccounts()).toMatchObject([{ id: '44705892343619584', type: '1' }]);
    expect(Math.abs(((await client.fetchTime()) ?? 0) - Date.now())).toBeLessThan(5000);
    expect(await client.fetchStatus()).toMatchObject({ status: 'ok' });
    expect(await client.fetchTicker('BTC/USDT')).toMatchObject({ last: 60000, bid: 60000 });
    expect((await client.fetchTickers(['ETH/USDT']))['ETH/USDT']).toMatchObject({ last: 2500 });
  });

  it('read rates and interest', async () => {
    expect(await client.fetchCrossBorrowRate('USDT')).toMatchObject({ currency: 'USDT' });
    bench.simulator.engine.advanceTo(START_MS + HOUR_MS);
    const [interest] = await client.fetchBorrowInterest('USDT');
    expect(interest).toMatchObject({ currency: 'USDT', amountBorrowed: 10000 });
    expect(interest?.interest).toBeGreaterThan(0);
  });

  it('transfer from funding to trading and back, and find the transfer', async () => {
    const there = await client.transfer('BTC', 0.2, 'funding', 'trading');
    expect(there).toMatchObject({ currency: 'BTC', amount: 0.2, fromAccount: 'funding', toAccount: 'trading' });
    expect(await client.fetchTransfer(String(there['id']))).toMatchObject({ status: 'ok', amount: 0.2 });
    await client.transfer('BTC', 0.15, 'trading', 'funding');
    expect((await client.fetchBalance({ type: 'funding' }))['BTC']).toMatchObject({ free: 0.45 });
  });

  it('repay something else: not spot borrowing, but the VIP loan, which is not simulated', async () => {
    await client.loadMarkets();
    await expect(client.repayCrossMargin('USDT', 1, { id: '1' })).rejects.toThrow(ccxt.BaseError);
    expect(await lastRequest(bench)).toMatchObject({ path: '/api/v5/account/borrow-repay', status: 404 });
  });
});

describe('the endpoint methods of ccxt', () => {
  it('repay spot borrowing', async () => {
    const body = { ccy: 'USDT', side: 'repay', amt: '1500' };
    expect(await call('privatePostAccountSpotManualBorrowRepay', body)).toMatchObject({ data: [body] });
    expect((await client.fetchBalance())['info']).toMatchObject({ data: [{ notionalUsdForBorrow: '8500' }] });
  });

  it('read the loan, repay it, and see it in its history', async () => {
    expect(await call(`privateGet${LOAN}LoanInfo`, { ordId: ORDER })).toMatchObject({
      code: '0',
      data: [{ ordId: ORDER, curLTV: '0.5102', liqLTV: '0.85' }],
    });
    expect(await repay('1000.00000001')).toMatchObject({ data: [{ amt: '1000.00000001', clOrdId: 'r1' }] });
    await settled(bench);
    expect(await call(`privateGet${LOAN}LoanHistory`, { type: 'repaid' })).toMatchObject({
      data: [{ type: 'repaid', ccy: 'USDT', amt: '-1000.00000001' }],
    });
  });

  it('adjust collateral, read what is locked and what may be redeemed', async () => {
    const body = { ordId: ORDER, collateralCcy: 'BTC', collateralAmt: '0.1' };
    expect(await call(`privatePost${LOAN}AdjustCollateral`, { ...body, type: 'add' })).toMatchObject({ data: [] });
    await settled(bench);
    expect(await call(`privateGet${LOAN}CollateralAssets`)).toMatchObject({
      data: [{ assets: [{ ccy: 'BTC', amt: '1.1' }] }],
    });
    const { data } = await call(`privateGet${LOAN}MaxCollateralRedeemAmount`, { ccy: 'BTC' });
    expect(Number(data[0].maxRedeemAmt)).toBeGreaterThan(0.1);
    await call(`privatePost${LOAN}AdjustCollateral`, { ...body, type: 'reduce' });
    await settled(bench);
    expect(await call(`privateGet${LOAN}LoanInfo`)).toMatchObject({ data: [{ collateralData: [{ amt: '1' }] }] });
  });

  it('borrow-currencies is signed, unlike in another library', async () => {
    expect((await call(`privateGet${LOAN}BorrowCurrencies`)).data).toContainEqual({ borrowCcy: 'USDT' });
  });
});

describe('the refusals that ccxt gets', () => {
  it.each([
    ['a loan that is not there', () => repay('1', '999'), '51063'],
    [
      'more than is there',
      () => call(`privatePost${LOAN}AdjustCollateral`, { type: 'add', collateralCcy: 'BTC', collateralAmt: '9' }),
      '51736',
    ],
    [
      'more than may be redeemed',
      () => call(`privatePost${LOAN}AdjustCollateral`, { type: 'reduce', collateralCcy: 'BTC', collateralAmt: '0.9' }),
      '51756',
    ],
    [
      'a transfer above the balance',
      () => call('privatePostAssetTransfer', { ccy: 'USDT', amt: '20001', from: '6', to: '18' }),
      '58116',
    ],
    ['a transfer that nobody knows', () => call('privateGetAssetTransferState', { clientId: 'never' }), '58129'],
  ] as const)('%s', async (_what, act, code) => {
    await expect(act()).rejects.toThrow(`"${code}"`);
  });

  it('50105, 50113 and 50102 as errors of their kind', async () => {
    client.password = 'wrong';
    await expect(call('privateGetAccountConfig')).rejects.toThrow(ccxt.AuthenticationError);
    client = ccxtOkx(bench);
    client.secret = 'wrong';
    await expect(call('privateGetAccountConfig')).rejects.toThrow('"50113"');
    client = ccxtOkx(bench);
    await bench.admin('POST', '/clock', { skewMs: 31_000 });
    await expect(call('privateGetAccountConfig')).rejects.toThrow(ccxt.InvalidNonce);
  });
});
