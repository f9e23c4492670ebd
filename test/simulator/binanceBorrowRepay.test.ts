/** The life of borrow and repay in margin (binance.md §5.3, §5.4, §10.4, §14). */
import { describe, expect, it } from 'vitest';
import { Bench, START_MS, alice } from './support.ts';

const RECORDS = '/sapi/v1/margin/borrow-repay';
const act = (bench: Bench, deed: unknown): unknown => bench.simulation.binance.books.act(deed);

function rows(bench: Bench, type = 'REPAY', more: Readonly<Record<string, string>> = {}): Record<string, unknown>[] {
  return bench.signed('GET', RECORDS, { type, ...more }).json.rows;
}

describe('a repay', () => {
  it('is PENDING first, and moves money only when it is CONFIRMED', () => {
    const bench = new Bench();
    const { tranId } = bench.borrowRepay('REPAY', '1000.00000001').json;
    expect(rows(bench, 'REPAY', { txId: String(tranId) })).toMatchObject([
      { status: 'PENDING', txId: tranId, amount: '1000.00000001', asset: 'USDT', type: 'MANUAL' },
    ]);
    expect(bench.coin('USDT')).toMatchObject({ free: '5000.00000000', borrowed: '30000.00000000' });
    bench.host.pass(99);
    expect(rows(bench)[0]).toMatchObject({ status: 'PENDING' });
    bench.host.pass(1);
    expect(rows(bench)[0]).toMatchObject({
      status: 'CONFIRMED',
      principal: '1000.00000001',
      interest: '0.00000000',
      timestamp: START_MS,
    });
    expect(bench.coin('USDT')).toMatchObject({ free: '3999.99999999', borrowed: '28999.99999999' });
  });

  it('pays interest first, then principal', () => {
    const bench = new Bench({
      binance: [
        alice({ cross: { assets: { BTC: '1', USDT: '5000' }, debts: { USDT: '30000' }, interest: { USDT: '12.5' } } }),
      ],
    });
    bench.borrowRepay('REPAY', '100');
    bench.host.pass(100);
    expect(rows(bench)[0]).toMatchObject({ amount: '100.00000000', interest: '12.50000000', principal: '87.50000000' });
    expect(bench.coin('USDT')).toMatchObject({ borrowed: '29912.50000000', interest: '0.00000000' });
  });

  it('of everything leaves a loan that is closed', () => {
    const bench = new Bench({
      binance: [alice({ cross: { assets: { BTC: '1', USDT: '40000' }, debts: { USDT: '30000' } } })],
    });
    bench.borrowRepay('REPAY', '30000');
    bench.host.pass(100);
    expect(bench.signed('GET', '/sapi/v1/margin/account').json).toMatchObject({
      marginLevel: '999.00000000',
      collateralMarginLevel: '999.00000000',
    });
    expect(bench.report()).toMatchObject({ closed: true, ltv: '0', debt: {} });
  });
});

describe('one borrow or repay at a time', () => {
  it('a second one gets -3007 until the first is final, also for another asset', () => {
    const bench = new Bench({
      binance: [alice({ cross: { assets: { BTC: '1', USDT: '5000' }, debts: { USDT: '30000', BTC: '0.1' } } })],
    });
    expect(bench.borrowRepay('REPAY', '1').status).toBe(200);
    const refused = bench.borrowRepay('REPAY', '0.01', 'BTC');
    expect([refused.status, refused.json]).toEqual([
      400,
      { code: -3007, msg: 'You have pending transaction, please try again later.' },
    ]);
    bench.host.pass(100);
    expect(bench.borrowRepay('REPAY', '0.01', 'BTC').status).toBe(200);
    expect(bench.simulation.counts().pendingConflicts).toBe(1);
  });

  it('refused calls cost their weight too', () => {
    const bench = new Bench();
    bench.borrowRepay('REPAY', '1');
    expect(bench.borrowRepay('REPAY', '1').headers['X-SAPI-USED-UID-WEIGHT-1M']).toBe('3000');
  });

  it('a borrow of somebody else holds the lock too, but is not counted as our conflict', () => {
    const bench = new Bench();
    act(bench, { do: 'foreignBorrow', account: 'alice', ms: 5000 });
    bench.host.pass(4999);
    expect(bench.borrowRepay('REPAY', '1').json.code).toBe(-3007);
    bench.host.pass(1);
    expect(bench.borrowRepay('REPAY', '1').status).toBe(200);
    expect(bench.simulation.counts().pendingConflicts).toBe(0);
  });

  it.each([
    [{ pendingText: 'twoDots' }, -3007, 'You have pending transaction, please try again later..'],
    [{ pendingText: 'typo' }, -3007, 'You have pending transcation, please try again later.'],
  ] as const)('in the words of %o', (switches, code, msg) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches } });
    bench.borrowRepay('REPAY', '1');
    expect(bench.borrowRepay('REPAY', '1').json).toEqual({ code, msg });
  });

  it('accounts do not block each other', () => {
    const bob = {
      name: 'bob',
      uid: '2',
      key: { id: 'keyOfBob', secret: 's' },
      cross: { assets: { USDT: '100' }, debts: { USDT: '50' } },
    };
    const bench = new Bench({ binance: [alice(), bob] });
    bench.borrowRepay('REPAY', '1');
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount: '1', type: 'REPAY' };
    expect(bench.signed('POST', RECORDS, params, 'keyOfBob', 's').status).toBe(200);
  });

  it('some settlements take much longer', () => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { settleTail: { share: 1, ms: 6000 } } });
    bench.borrowRepay('REPAY', '1');
    bench.host.pass(5999);
    expect(bench.borrowRepay('REPAY', '1').json.code).toBe(-3007);
    bench.host.pass(1);
    expect(bench.borrowRepay('REPAY', '1').status).toBe(200);
  });
});

describe('a repay is refused', () => {
  const cross = { assets: { BTC: '1', USDT: '5000' }, debts: { USDT: '30000' } };

  it.each([
    ['above the debt', '30000.00000001', 'USDT', -3015, 'Repay amount exceeds borrow amount.'],
    ['above the free balance', '5000.00000001', 'USDT', -3041, 'Balance is not enough'],
    ['of an asset without debt', '1', 'BTC', -3015, 'Repay amount exceeds borrow amount.'],
    ['of an asset that margin does not know', '1', 'XRP', -3027, 'Not a valid margin asset.'],
  ])('%s', (_what, amount, asset, code, msg) => {
    const answer = new Bench().borrowRepay('REPAY', amount, asset);
    expect([answer.status, answer.json]).toEqual([400, { code, msg }]);
  });

  it.each([[-3024], [-3015]] as const)('when it would leave dust, with %i', (dustCode) => {
    const world = {
      binance: [alice({ cross: { ...cross, assets: { USDT: '40000' } } })],
      binanceSettings: { minLeftUsd: '5', switches: { dustCode } },
    };
    const bench = new Bench(world);
    expect(bench.borrowRepay('REPAY', '29996').json).toEqual({
      code: dustCode,
      msg: 'The unpaid debt is too small after this repayment.',
    });
    expect(bench.borrowRepay('REPAY', '29995').status).toBe(200);
  });

  it('below the minimum of its asset, unless it clears the debt', () => {
    const assets = { USDT: { userMinRepay: '10' } };
    const small = new Bench({ binance: [alice()], binanceSettings: { assets } });
    expect(small.borrowRepay('REPAY', '9.99').json.code).toBe(-3016);
    const clearing = new Bench({
      binance: [alice({ cross: { assets: { USDT: '100' }, debts: { USDT: '9' } } })],
      binanceSettings: { assets },
    });
    expect(clearing.borrowRepay('REPAY', '9').status).toBe(200);
  });

  it('for an account without cross margin', () => {
    const { cross: _none, ...account } = alice();
    const bench = new Bench({ binance: [account] });
    expect(bench.borrowRepay('REPAY', '1').json.code).toBe(-3003);
    expect(bench.signed('GET', '/sapi/v1/margin/account').json.code).toBe(-3003);
  });

  it('while a liquidation has the account, as is every borrow', () => {
    const bench = new Bench();
    act(bench, { do: 'liquidate', account: 'alice', stop: '1' });
    expect(bench.borrowRepay('REPAY', '100').json).toEqual({
      code: -3036,
      msg: 'This account is not allowed to repay.',
    });
    expect(bench.borrowRepay('BORROW', '1').json.code).toBe(-3014);
    bench.host.pass(1000);
    expect(bench.borrowRepay('REPAY', '100').status).toBe(200);
  });
});

describe('a borrow', () => {
  it('is charged its first hour when it is confirmed', () => {
    const bench = new Bench();
    expect(bench.borrowRepay('BORROW', '1000').status).toBe(200);
    bench.host.pass(100);
    // 1000 × 0.000475 / 24 = 0.019791666…, rounded up.
    expect(bench.coin('USDT')).toMatchObject({
      borrowed: '31000.00000000',
      free: '6000.00000000',
      interest: '0.01979167',
    });
    expect(bench.signed('GET', '/sapi/v1/margin/interestHistory').json.rows).toMatchObject([
      { type: 'ON_BORROW', principal: '1000', interest: '0.01979167' },
    ]);
  });

  it.each([
    ['a banned asset', { isBorrowable: false }, '1', -3012],
    ['below the minimum', { userMinBorrow: '10' }, '9', -3013],
    ['more than the venue has', { inventory: '100' }, '101', -3045],
    ['more than the level allows', { borrowLimit: '30050' }, '51', -3006],
  ])('of %s is refused', (_what, usdt, amount, code) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { assets: { USDT: usdt } } });
    expect(bench.borrowRepay('BORROW', amount).json.code).toBe(code);
  });

  it('fits exactly what maxBorrowable says', () => {
    const bench = new Bench();
    const { amount } = bench.signed('GET', '/sapi/v1/margin/maxBorrowable', { asset: 'USDT' }).json;
    // (65000 + b) / (30000 + b) = 1.5
    expect(amount).toBe('40000.00000000');
    expect(bench.borrowRepay('BORROW', '40000.00000001').json.code).toBe(-3006);
    expect(bench.borrowRepay('BORROW', '40000').status).toBe(200);
  });
});

describe('records', () => {
  it('list newest first, page by page, and find one by its id whatever its time', () => {
    const bench = new Bench();
    const ids = ['1', '2', '3'].map((amount) => {
      const { tranId } = bench.borrowRepay('REPAY', amount).json;
      bench.host.pass(1000);
      return tranId;
    });
    expect(rows(bench).map((row) => row['txId'])).toEqual([...ids].reverse());
    expect(rows(bench, 'REPAY', { size: '2', current: '2' }).map((row) => row['txId'])).toEqual([ids[0]]);
    bench.host.pass(40 * 86_400_000);
    expect(rows(bench)).toEqual([]);
    expect(rows(bench, 'REPAY', { txId: String(ids[1]) })).toMatchObject([{ amount: '2.00000000' }]);
    expect(bench.signed('GET', RECORDS, { type: 'REPAY', startTime: String(START_MS) }).json.code).toBe(-3011);
  });

  it('show FAILED, and nothing moved, when the money is gone at the end', () => {
    const bench = new Bench();
    bench.borrowRepay('REPAY', '5000');
    act(bench, { do: 'repay', account: 'alice', asset: 'USDT', amount: '4000' });
    bench.host.pass(100);
    expect(rows(bench).map((row) => row['status'])).toEqual(['CONFIRMED', 'FAILED']);
    expect(bench.coin('USDT')).toMatchObject({ free: '1000.00000000', borrowed: '26000.00000000' });
  });

  it('may come late', () => {
    const bench = new Bench({ binance: [alice()], timing: { recordLagMs: 3000 } });
    bench.borrowRepay('REPAY', '1');
    bench.host.pass(2999);
    expect(rows(bench)).toEqual([]);
    bench.host.pass(1);
    expect(rows(bench)).toHaveLength(1);
  });

  it('name who acted', () => {
    const bench = new Bench();
    act(bench, { do: 'repay', account: '354937868', asset: 'USDT', amount: '5', rowType: 'AUTO' });
    expect(rows(bench)).toMatchObject([{ type: 'AUTO', status: 'CONFIRMED' }]);
  });

  it('of the capital flow carry the id of the call, and a cursor', () => {
    const bench = new Bench();
    for (const amount of ['1', '2', '3']) {
      bench.borrowRepay('REPAY', amount);
      bench.host.pass(100);
    }
    const flow = bench.signed('GET', '/sapi/v1/margin/capital-flow').json;
    expect(flow.map((row: { amount: string }) => row.amount)).toEqual(['3', '2', '1']);
    const after = bench.signed('GET', '/sapi/v1/margin/capital-flow', { fromId: String(flow[2].id) }).json;
    expect(after.map((row: { amount: string }) => row.amount)).toEqual(['2', '3']);
    const wide = { startTime: String(START_MS - 8 * 86_400_000), endTime: String(START_MS) };
    expect(bench.signed('GET', '/sapi/v1/margin/capital-flow', wide).json).toEqual({
      code: -4047,
      msg: 'Time interval must be within 0-7 days',
    });
  });
});

describe('an answer', () => {
  it('can come before or after the record is final', () => {
    const face = (replyAfterSettle: boolean): number | undefined => {
      const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { replyAfterSettle } } });
      const query = `asset=USDT&isIsolated=FALSE&amount=1&type=REPAY`;
      return bench.replyTo('POST', RECORDS, query).afterMs;
    };
    expect([face(false), face(true)]).toEqual([undefined, 100]);
  });
});

describe('a mood of the venue', () => {
  it('leaves a call pending until it is released', () => {
    const bench = new Bench();
    bench.mood = { settleMs: null };
    bench.borrowRepay('REPAY', '1');
    bench.mood = {};
    bench.host.pass(3_600_000);
    expect(rows(bench)[0]).toMatchObject({ status: 'PENDING' });
    expect(bench.simulation.engine.busy()).toBe(false);
    expect(bench.borrowRepay('REPAY', '1').json.code).toBe(-3007);
    act(bench, { do: 'release' });
    expect(rows(bench)[0]).toMatchObject({ status: 'CONFIRMED' });
  });

  it('lets a pending call fail', () => {
    const bench = new Bench();
    bench.mood = { settleMs: 500, fate: 'failed' };
    bench.borrowRepay('REPAY', '1');
    bench.host.pass(500);
    expect(rows(bench)[0]).toMatchObject({ status: 'FAILED' });
    expect(bench.coin('USDT')['borrowed']).toBe('30000.00000000');
  });

  it('shows the account as it was, or empty', () => {
    const bench = new Bench();
    bench.simulation.binance.books.remember(5000);
    bench.borrowRepay('REPAY', '1000');
    bench.host.pass(100);
    bench.mood = { staleMs: 5000 };
    expect(bench.coin('USDT')['borrowed']).toBe('30000.00000000');
    bench.host.pass(5000);
    expect(bench.coin('USDT')['borrowed']).toBe('29000.00000000');
    bench.mood = { zeroBalances: true };
    expect(bench.coin('USDT')['borrowed']).toBe('0.00000000');
  });

  it('that is a standing lag shows changes late', () => {
    const bench = new Bench({ binance: [alice()], timing: { readLagMs: 2000 } });
    bench.borrowRepay('REPAY', '1000');
    bench.host.pass(2099);
    expect(bench.coin('USDT')['borrowed']).toBe('30000.00000000');
    bench.host.pass(1);
    expect(bench.coin('USDT')['borrowed']).toBe('29000.00000000');
  });
});
