/** The `okx-api` package from npm, unchanged except for its address, against the simulated OKX. */
import type { RestClient } from 'okx-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpBench } from '../simulator/httpSupport.ts';
import { ORDER, holdNext, lastRequest, okxClient, settled, startVenues, thrownBy } from './support.ts';

const LOAN = '/api/v5/finance/flexible-loan';

let bench: HttpBench;
let client: RestClient;
beforeEach(async () => {
  bench = await startVenues();
  client = okxClient(bench);
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

/** The package has no method for the repayment of 2026, but its own signed post reaches it. */
const repay = (amt: string, ordId = ORDER, clOrdId = 'r1'): Promise<unknown> =>
  client.postPrivate(`${LOAN}/repay`, { ordId, ccy: 'USDT', amt, clOrdId });

const adjust = (type: 'add' | 'reduce', collateralAmt: string): Promise<unknown> =>
  client.adjustCollateral({ type, ordId: ORDER, collateralCcy: 'BTC', collateralAmt });

describe('the package reads', () => {
  it('loan-info', async () => {
    expect(await client.getLoanInfo({ ordId: ORDER })).toMatchObject([
      { ordId: ORDER, curLTV: '0.5102', loanData: [{ ccy: 'USDT', amt: '30000' }], liqLTV: '0.85' },
    ]);
  });

  it('the trading account and its configuration', async () => {
    const [account] = await client.getBalance();
    expect(account).toMatchObject({ notionalUsdForBorrow: '10000', totalEq: '55000' });
    expect(await client.getAccountConfiguration()).toMatchObject([{ enableSpotBorrow: true, acctLv: '1' }]);
    expect(await client.getBorrowInterestLimits({ ccy: 'USDT' })).toMatchObject([{ debt: '10000' }]);
    expect(await client.getMaxLoan({ instId: 'BTC-USDT', mgnMode: 'cross' })).toHaveLength(2);
  });

  it('the funding account', async () => {
    expect(await client.getBalances({ ccy: 'USDT' })).toEqual([
      { ccy: 'USDT', bal: '20000', availBal: '20000', frozenBal: '0' },
    ]);
  });

  it('index, mark price and ticker, which need no key', async () => {
    expect(await client.getIndexTickers({ instId: 'BTC-USDT' })).toMatchObject([{ idxPx: '60000' }]);
    expect(await client.getMarkPrice({ instType: 'MARGIN', instId: 'BTC-USDT' })).toMatchObject([{ markPx: '60000' }]);
    expect(await client.getTicker({ instId: 'BTC-USDT' })).toMatchObject([{ last: '60000' }]);
  });
});

describe('the package moves money', () => {
  it('repays a flexible loan, accepted first and done later', async () => {
    expect(await repay('1000.00000001')).toEqual([{ ordId: ORDER, ccy: 'USDT', amt: '1000.00000001', clOrdId: 'r1' }]);
    await settled(bench);
    const [loan] = await client.getLoanInfo();
    expect(loan?.loanData).toEqual([{ ccy: 'USDT', amt: '28999.99999999' }]);
    expect(await client.getLoanHistory({ type: 'repaid' })).toMatchObject([{ amt: '-1000.00000001' }]);
  });

  it('repays spot borrowing', async () => {
    expect(await client.manualBorrowRepay({ ccy: 'USDT', side: 'repay', amt: '1500' })).toEqual([
      { ccy: 'USDT', side: 'repay', amt: '1500' },
    ]);
    expect(await client.getBalance()).toMatchObject([{ notionalUsdForBorrow: '8500' }]);
    expect(await client.getBorrowRepayHistory()).toMatchObject([{ type: 'manual_repay', amt: '1500' }]);
  });

  it('adds collateral and takes it back', async () => {
    expect(await adjust('add', '0.2')).toEqual([]);
    await settled(bench);
    expect(await client.getLoanInfo()).toMatchObject([{ collateralData: [{ ccy: 'BTC', amt: '1.2' }] }]);
    await adjust('reduce', '0.2');
    await settled(bench);
    expect(await client.getLoanInfo()).toMatchObject([{ collateralData: [{ ccy: 'BTC', amt: '1' }] }]);
  });

  it('transfers from funding to trading and back, and proves it by its own id', async () => {
    const there = await client.fundsTransfer({ ccy: 'BTC', amt: '0.2', from: '6', to: '18', clientId: 'there1' });
    expect(there).toMatchObject([{ ccy: 'BTC', amt: '0.2', from: '6', to: '18', clientId: 'there1' }]);
    expect(await client.getFundsTransferState({ clientId: 'there1' })).toMatchObject([{ state: 'success' }]);
    await client.fundsTransfer({ ccy: 'BTC', amt: '0.15', from: '18', to: '6' });
    expect(await client.getBalances({ ccy: 'BTC' })).toMatchObject([{ availBal: '0.45' }]);
  });

  it('takes borrowed coins out of the trading account only when it says so', async () => {
    const out = { ccy: 'USDT', amt: '40', from: '18', to: '6' } as const;
    expect(await thrownBy(client.fundsTransfer(out))).toMatchObject({ code: '58116' });
    await client.fundsTransfer({ ...out, loanTrans: true });
    expect(await client.getBalances({ ccy: 'USDT' })).toMatchObject([{ availBal: '20040' }]);
  });
});

describe('the package gets the documented refusals', () => {
  it('51756 above what may be redeemed, 51063 for a loan that is not there, 58116 above the balance', async () => {
    expect(await thrownBy(adjust('reduce', '0.9'))).toMatchObject({ code: '51756' });
    expect(await thrownBy(repay('1', '999'))).toMatchObject({ code: '51063' });
    const transfer = client.fundsTransfer({ ccy: 'USDT', amt: '20001', from: '6', to: '18' });
    expect(await thrownBy(transfer)).toMatchObject({ code: '58116' });
  });

  it('51784 for an id whose call runs, 51016 for one that is done', async () => {
    const release = await holdNext(bench, 'okx');
    await repay('1');
    expect(await thrownBy(repay('1'))).toMatchObject({ code: '51784' });
    await release();
    expect(await thrownBy(repay('1'))).toMatchObject({ code: '51016' });
  });

  it('50113 with a wrong secret, 50102 when the clocks differ', async () => {
    expect(await thrownBy(okxClient(bench, 'wrong').getBalance())).toMatchObject({ code: '50113' });
    await bench.admin('POST', '/clock', { skewMs: 31_000 });
    const late: unknown = await thrownBy(client.getBalance());
    expect(late).toMatchObject({ code: '50102', msg: 'Timestamp request expired' });
    expect(late).not.toHaveProperty('data');
  });
});

describe('where the package is wrong, the simulator shows it', () => {
  it.each(['getBorrowableCurrencies', 'getCollateralAssets'] as const)(
    '%s is sent unsigned, then with the signature of the call before; its signed get works',
    async (name) => {
      expect(await thrownBy(client[name]())).toMatchObject({ code: '50103' });
      await client.getLoanInfo();
      expect(await thrownBy(client[name]())).toMatchObject({ code: '50113' });
      const path = name === 'getCollateralAssets' ? 'collateral-assets' : 'borrow-currencies';
      expect(await client.getPrivate(`${LOAN}/${path}`)).not.toEqual([]);
    },
  );

  it('it has no method for the largest amount that may be redeemed', async () => {
    expect(client).not.toHaveProperty('getMaxCollateralRedeemAmount');
    expect(await client.getPrivate(`${LOAN}/max-collateral-redeem-amount`, { ccy: 'BTC' })).toMatchObject([
      { ccy: 'BTC' },
    ]);
  });

  it('it adds a tag of its maker to every signed body, which OKX does not ask for', async () => {
    await repay('1');
    expect(JSON.parse((await lastRequest(bench)).body)).toEqual({
      ordId: ORDER,
      ccy: 'USDT',
      amt: '1',
      clOrdId: 'r1',
      tag: expect.any(String),
    });
  });

  it('a gateway page is thrown as bare text', async () => {
    await bench.admin('POST', '/faults', { match: { path: `${LOAN}/loan-info` }, effect: { kind: 'html' } });
    expect(await thrownBy(client.getLoanInfo())).toMatch(/^<html>/);
  });
});
