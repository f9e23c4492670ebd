import { describe, expect, it } from 'vitest';
import { Bench, accountInput } from './okxSupport.ts';

const ROOT = '/api/v5/finance/flexible-loan';
const types = (bench: Bench): string[] =>
  bench.get(`${ROOT}/loan-history`).data.map((row) => `${String(row['type'])} ${String(row['amt'])}`);

describe('deeds', () => {
  it('repay, borrow, add and remove by hand leave the same records as requests', () => {
    const bench = new Bench();
    bench.okx.books.act({ do: 'repay', account: 'main', ordId: '12345', ccy: 'USDT', amt: '1000' });
    bench.okx.books.act({ do: 'addCollateral', account: 'main', ccy: 'ETH', amt: '1' });
    bench.okx.books.act({ do: 'removeCollateral', account: '44705892343619584', ccy: 'BTC', amt: '0.1' });
    bench.okx.books.act({ do: 'borrow', account: 'main', ccy: 'USDT', amt: '50' });
    expect(types(bench)).toEqual(['borrowed 50', 'collateral_released 0.1', 'collateral_locked -1', 'repaid -1000']);
    expect(bench.loan()).toMatchObject({ loanNotionalUsd: '29050', collateralNotionalUsd: '46550' });
  });

  it('deposit and withdraw change wallets with bills', () => {
    const bench = new Bench();
    bench.okx.books.act({ do: 'deposit', account: 'main', ccy: 'USDT', amt: '7' });
    bench.okx.books.act({ do: 'withdraw', account: 'main', ccy: 'USDT', amt: '20007' });
    bench.okx.books.act({ do: 'deposit', account: 'main', ccy: 'USDC', amt: '9', wallet: 'trading' });
    expect(bench.funding('USDT')).toBe('0');
    expect(bench.get('/api/v5/asset/bills').data.map((row) => row['type'])).toEqual(['2', '1']);
    expect(() => bench.okx.books.act({ do: 'withdraw', account: 'main', ccy: 'USDT', amt: '1' })).toThrow('below zero');
  });

  it('forced repayment converts collateral at any LTV, without loss', () => {
    const bench = new Bench();
    bench.okx.books.act({ do: 'forcedRepayment', account: 'main', share: '0.5' });
    expect(types(bench)).toEqual(['repaid -15000', 'forced_repayment_buy 15000', 'forced_repayment_sell -0.3']);
    expect(bench.loan()).toMatchObject({ loanNotionalUsd: '15000', collateralNotionalUsd: '34300' });
    bench.okx.books.act({ do: 'forcedRepayment', account: 'main' });
    expect(bench.get(`${ROOT}/loan-info`).data).toEqual([]);
    expect([bench.funding('BTC'), bench.report('12345').liquidated]).toEqual(['0.9', false]);
  });

  it('risk is how the platform rates a coin of the trading account from then on', () => {
    const bench = new Bench([accountInput({ enableSpotBorrow: true, trading: { BTC: '1', ETH: '1' } })]);
    const rated = (ccy: string): unknown => {
      const [row] = bench.get(`/api/v5/account/balance?ccy=${ccy}`).data;
      return (row as { details: unknown[] }).details[0];
    };
    bench.okx.books.act({ do: 'risk', account: 'main', ccy: 'BTC', forcedRepayment: 3, byPlatform: true, colRes: '2' });
    expect(rated('BTC')).toMatchObject({ twap: '3', frpType: '2', colRes: '2', colBorrAutoConversion: '0' });
    expect(rated('ETH')).toMatchObject({ twap: '0', frpType: '0', colRes: '0' });
    bench.okx.books.act({ do: 'risk', account: 'main', ccy: 'BTC', autoConversion: 5 });
    expect(rated('BTC')).toMatchObject({ twap: '0', frpType: '0', colRes: '0', colBorrAutoConversion: '5' });
  });

  it('thresholds change under a running loan and take effect at the next moment', () => {
    const bench = new Bench();
    bench.okx.books.act({ do: 'thresholds', account: 'main', liqLtv: '0.6', callLtv: '0.55', initialLtv: '0.5' });
    expect(bench.loan()).toMatchObject({ liqLTV: '0.6', marginCallLTV: '0.55' });
    bench.tick(1000);
    expect(bench.report('12345').liquidated).toBe(true);
  });

  it('keys lose permissions and addresses', () => {
    const bench = new Bench();
    bench.okx.books.act({ do: 'setKey', account: 'main', perm: 'read_only', ip: '1.2.3.4' });
    expect(bench.get(`${ROOT}/loan-info`).code).toBe('50110');
    bench.okx.books.act({ do: 'setKey', account: 'main', ip: '' });
    expect(bench.get('/api/v5/account/config').data[0]).toMatchObject({ perm: 'read_only', ip: '' });
    expect(bench.post(`${ROOT}/repay`, { ordId: '12345', ccy: 'USDT', amt: '1', clOrdId: 'z' }).code).toBe('50120');
  });

  it.each([
    [{ do: 'nothing', account: 'main' }, 'not a deed'],
    [{ do: 'repay', account: 'main', ccy: 'USDT', amt: 5 }, 'not a deed'],
    [{ do: 'repay', account: 'main', ccy: 'USDT', amt: '5', more: 1 }, 'not a deed'],
    [{ do: 'repay', account: 'other', ccy: 'USDT', amt: '5' }, 'no OKX account'],
    [{ do: 'repay', account: 'main', ordId: '9', ccy: 'USDT', amt: '5' }, 'no order'],
    [{ do: 'addCollateral', account: 'main', ccy: 'BTC', amt: '5' }, 'does not have'],
  ])('says what is wrong with %j', (deed, message) => {
    expect(() => new Bench().okx.books.act(deed)).toThrow(message);
  });
});

describe('moods', () => {
  it('an accepted and dropped adjustment leaves nothing behind', () => {
    const bench = new Bench();
    bench.mood = { fate: 'failed' };
    const body = { type: 'add', collateralCcy: 'BTC', collateralAmt: '0.1' };
    expect(bench.post(`${ROOT}/adjust-collateral`, body).code).toBe('0');
    bench.mood = {};
    bench.pass(100);
    expect([bench.funding('BTC'), types(bench), bench.okx.books.busy()]).toEqual(['0.5', [], false]);
  });

  it('a held adjustment comes long after the client gave up', () => {
    const bench = new Bench();
    bench.mood = { settleMs: 600_000 };
    bench.post(`${ROOT}/adjust-collateral`, { type: 'add', collateralCcy: 'BTC', collateralAmt: '0.1' });
    bench.mood = {};
    bench.pass(599_999);
    expect(types(bench)).toEqual([]);
    bench.pass(1);
    expect(types(bench)).toEqual(['collateral_locked -0.1']);
  });

  it('stale reads show the account as it was, while the truth has moved on', () => {
    const bench = new Bench();
    bench.okx.books.remember(2000);
    bench.okx.books.act({ do: 'addCollateral', account: 'main', ccy: 'BTC', amt: '0.1' });
    bench.pass(1999);
    bench.mood = { staleMs: 2000 };
    expect([bench.loan()['collateralData'], bench.funding('BTC')]).toEqual([[{ ccy: 'BTC', amt: '1' }], '0.5']);
    bench.pass(1);
    expect([bench.loan()['collateralData'], bench.funding('BTC')]).toEqual([[{ ccy: 'BTC', amt: '1.1' }], '0.4']);
    bench.mood = {};
    expect(types(bench)).toEqual(['collateral_locked -0.1']);
  });

  it('records lag behind balances', () => {
    const bench = new Bench();
    bench.mood = { recordLagMs: 5000 };
    bench.okx.books.act({ do: 'addCollateral', account: 'main', ccy: 'BTC', amt: '0.1' });
    expect([bench.funding('BTC'), types(bench), bench.get('/api/v5/asset/bills').data]).toEqual(['0.4', [], []]);
    bench.pass(5000);
    expect(types(bench)).toHaveLength(1);
  });

  it('zero balances look like an empty account everywhere', () => {
    const bench = new Bench([accountInput({ trading: { USDT: '5' } })]);
    bench.mood = { zeroBalances: true };
    expect(bench.get(`${ROOT}/loan-info`).data).toEqual([]);
    expect(bench.get('/api/v5/asset/balances').data).toEqual([]);
    expect(bench.get('/api/v5/account/balance').data).toMatchObject([{ totalEq: '0', adjEq: '', details: [] }]);
  });
});
