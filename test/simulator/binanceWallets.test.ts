/** Transfers and wallets (binance.md §6), and what may leave a margin account (§5.6, §10.1). */
import { describe, expect, it } from 'vitest';
import { Bench, START_MS, alice } from './support.ts';

const TRANSFER = '/sapi/v1/asset/transfer';

function transfer(
  bench: Bench,
  type: string,
  amount: string,
  asset = 'USDT',
  more: Readonly<Record<string, string>> = {},
): { tranId: number; code?: number; msg?: string } {
  return bench.signed('POST', TRANSFER, { type, asset, amount, ...more }).json;
}

describe('a transfer', () => {
  it('moves coins between the wallets of the account, and is listed under its type', () => {
    const bench = new Bench({ binance: [alice({ funding: { USDT: '7' } })] });
    const { tranId } = transfer(bench, 'MAIN_MARGIN', '1000.5');
    transfer(bench, 'FUNDING_MAIN', '7');
    expect(bench.coin('USDT')['free']).toBe('6000.50000000');
    expect(bench.signed('POST', '/sapi/v3/asset/getUserAsset').json).toMatchObject([
      { asset: 'USDT', free: '19006.5', ipoable: '0' },
    ]);
    expect(bench.signed('POST', '/sapi/v1/asset/get-funding-asset').json).toEqual([]);
    expect(bench.signed('GET', TRANSFER, { type: 'MAIN_MARGIN' }).json).toEqual({
      total: 1,
      rows: [
        { asset: 'USDT', amount: '1000.5', type: 'MAIN_MARGIN', status: 'CONFIRMED', tranId, timestamp: START_MS },
      ],
    });
  });

  it('into margin appears in the margin list and in the capital flow', () => {
    const bench = new Bench();
    const { tranId } = transfer(bench, 'MAIN_MARGIN', '5');
    expect(bench.signed('GET', '/sapi/v1/margin/transfer').json.rows).toMatchObject([
      {
        amount: '5.00000000',
        txId: tranId,
        type: 'ROLL_IN',
        transFrom: 'SPOT',
        transTo: 'CROSS_MARGIN',
        timestamp: START_MS,
      },
    ]);
    expect(bench.signed('GET', '/sapi/v1/margin/capital-flow').json).toMatchObject([
      { tranId, type: 'TRANSFER', amount: '5' },
    ]);
  });

  it('can take its time: the coins have left and have not arrived', () => {
    const bench = new Bench({ binance: [alice()], timing: { transferMs: 2000 } });
    transfer(bench, 'MAIN_MARGIN', '1000');
    expect(bench.coin('USDT')['free']).toBe('5000.00000000');
    expect(bench.signed('POST', '/sapi/v3/asset/getUserAsset').json[0].free).toBe('19000');
    expect(bench.signed('GET', TRANSFER, { type: 'MAIN_MARGIN' }).json.rows[0].status).toBe('PENDING');
    bench.host.pass(2000);
    expect(bench.coin('USDT')['free']).toBe('6000.00000000');
    expect(bench.signed('GET', TRANSFER, { type: 'MAIN_MARGIN' }).json.rows[0].status).toBe('CONFIRMED');
  });

  it('that fails gives the coins back', () => {
    const bench = new Bench();
    bench.mood = { settleMs: 500, fate: 'failed' };
    transfer(bench, 'MAIN_MARGIN', '1000');
    bench.host.pass(500);
    expect(bench.signed('POST', '/sapi/v3/asset/getUserAsset').json[0].free).toBe('20000');
    expect(bench.signed('GET', TRANSFER, { type: 'MAIN_MARGIN' }).json.rows[0].status).toBe('FAILED');
    expect(bench.signed('GET', '/sapi/v1/margin/capital-flow').json).toEqual([]);
  });

  it.each<[string, string, string, string, number, Record<string, string>?]>([
    ['of more than there is', 'MAIN_MARGIN', '20000.00000001', 'USDT', -5013],
    ['of a coin that is not there', 'MAIN_MARGIN', '1', 'BTC', -5013],
    ['of nothing', 'MAIN_MARGIN', '0', 'USDT', -5007],
    ['of nine decimals', 'MAIN_MARGIN', '0.000000001', 'USDT', -1111],
    ['of a type that no product has', 'NONSENSE', '1', 'USDT', -1130],
    ['to a product that is not here', 'MAIN_UMFUTURE', '1', 'USDT', -5009],
    ['of an asset that margin does not know', 'MAIN_MARGIN', '1', 'XRP', -3027],
    ['out of margin beyond the maximum', 'MARGIN_MAIN', '0.08333334', 'BTC', -3020],
    ['to a pair that is not named', 'MARGIN_ISOLATEDMARGIN', '1', 'USDT', -1102],
    ['to a pair that was never opened', 'MARGIN_ISOLATEDMARGIN', '1', 'USDT', -3003, { toSymbol: 'BTCUSDT' }],
  ])('%s is refused', (_what, type, amount, asset, code, more = {}) => {
    expect(transfer(new Bench(), type, amount, asset, more).code).toBe(code);
  });

  it.each([
    [-5013, 'Asset transfer failed: insufficient balance'],
    [-9000, 'user have no avaliable amount'],
    [-5002, 'You have insufficient balance.'],
  ] as const)('without the money is refused in the words of %i', (poorTransfer, msg) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { poorTransfer } } });
    expect(transfer(bench, 'MAIN_MARGIN', '99999')).toEqual({ code: poorTransfer, msg });
  });

  it('of an asset that is no collateral may not enter margin', () => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { assets: { USDT: { isMortgageable: false } } } });
    expect(transfer(bench, 'MAIN_MARGIN', '1').code).toBe(-3009);
  });

  it('respects the borrow-repay lock only when the switch says so', () => {
    for (const [transfersLock, code] of [
      [false, undefined],
      [true, -3007],
    ] as const) {
      const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { transfersLock } } });
      bench.borrowRepay('REPAY', '1');
      expect(transfer(bench, 'MAIN_MARGIN', '1').code).toBe(code);
    }
  });

  it('by the venue itself is marked', () => {
    const bench = new Bench();
    bench.simulation.binance.books.act({ do: 'autoTopUp', account: 'alice', asset: 'USDT', amount: '100' });
    expect(bench.coin('USDT')['free']).toBe('5100.00000000');
    expect(bench.signed('GET', '/sapi/v1/margin/capital-flow').json).toMatchObject([
      { type: 'TRANSFER', amount: '100', note: 'AUTO' },
    ]);
  });
});

describe('maxTransferable', () => {
  const most = (bench: Bench, asset: string): string =>
    bench.signed('GET', '/sapi/v1/margin/maxTransferable', { asset }).json.amount;

  it('keeps the collateral level strictly above 2', () => {
    const bench = new Bench();
    // 65000 − 2 × 30000 = 5000 USD: 0.08333333 BTC leave 2.00000001; 5000 USDT would leave exactly 2.
    expect(most(bench, 'BTC')).toBe('0.08333333');
    expect(most(bench, 'USDT')).toBe('4999.99999999');
    expect(transfer(bench, 'MARGIN_MAIN', '4999.99999999').code).toBeUndefined();
    expect(most(bench, 'USDT')).toBe('0.00000000');
  });

  it('is everything without debt, nothing below 2', () => {
    const free = new Bench({ binance: [alice({ cross: { assets: { BTC: '1' }, debts: {} } })] });
    expect(most(free, 'BTC')).toBe('1.00000000');
    const tight = new Bench({ binance: [alice({ cross: { assets: { BTC: '1' }, debts: { USDT: '30001' } } })] });
    expect(most(tight, 'BTC')).toBe('0.00000000');
  });

  it('lets value that a haircut ignores leave freely', () => {
    const cross = { assets: { DOGE: '300000000' }, debts: { USDT: '10000000' } };
    const bench = new Bench({ binance: [alice({ cross })] });
    // 30 M USD of DOGE count 13 M + 0.975 × 7 M = 19.825 M: below 2 × 10 M, nothing may leave.
    expect(most(bench, 'DOGE')).toBe('0.00000000');
    const roomy = new Bench({ binance: [alice({ cross: { ...cross, debts: { USDT: '5000000' } } })] });
    // 10 M above 20 M leave free; 9.825 M of weight remain: 7 M slice (6.825 M) and 3 M of the first.
    expect(most(roomy, 'DOGE')).toBe('199999999.99999999');
  });
});

describe('the spot account', () => {
  it('lists all assets, or only positive ones, and says its UID as a number', () => {
    const bench = new Bench();
    const all = bench.signed('GET', '/api/v3/account').json;
    expect(all.uid).toBe(354_937_868);
    expect(all.balances.length).toBeGreaterThan(1);
    expect(bench.signed('GET', '/api/v3/account', { omitZeroBalances: 'true' }).json.balances).toEqual([
      { asset: 'USDT', free: '20000.00000000', locked: '0.00000000' },
    ]);
  });
});
