/** Keys and tokens of streams (binance.md §9.3, §9.4), and the smaller switches, both ways. */
import { describe, expect, it } from 'vitest';
import type { Answer } from './support.ts';
import { Bench, KEY, START_MS, UID, alice } from './support.ts';

const LISTEN_KEY = '/sapi/v1/margin/listen-key';
const TOKEN = '/sapi/v1/userListenToken';
const HOUR = 3_600_000;

function keyed(bench: Bench, method: string, path: string, query = ''): Answer {
  return bench.raw(method, path, query, '', { 'x-mbx-apikey': KEY });
}

describe('a listen key', () => {
  it('stays the same while it lives, and lives an hour after it was last asked for', () => {
    const bench = new Bench();
    const { streams } = bench.simulation.binance.books;
    const { listenKey } = keyed(bench, 'POST', LISTEN_KEY).json;
    expect(streams.uidOfListenKey(listenKey)).toBe(UID);
    bench.host.pass(HOUR - 1);
    expect(keyed(bench, 'POST', LISTEN_KEY).json.listenKey).toBe(listenKey);
    bench.host.pass(HOUR - 1);
    expect(streams.uidOfListenKey(listenKey)).toBe(UID);
    bench.host.pass(1);
    expect(streams.uidOfListenKey(listenKey)).toBeUndefined();
    expect(keyed(bench, 'POST', LISTEN_KEY).json.listenKey).not.toBe(listenKey);
  });

  it('is extended and closed by name', () => {
    const bench = new Bench();
    const { listenKey } = keyed(bench, 'POST', LISTEN_KEY).json;
    bench.host.pass(HOUR - 1);
    expect(keyed(bench, 'PUT', LISTEN_KEY, `listenKey=${listenKey}`).json).toEqual({});
    bench.host.pass(HOUR - 1);
    expect(keyed(bench, 'DELETE', LISTEN_KEY, `listenKey=${listenKey}`).json).toEqual({});
    expect(keyed(bench, 'PUT', LISTEN_KEY, `listenKey=${listenKey}`).json).toEqual({
      code: -1125,
      msg: 'This listenKey does not exist.',
    });
  });
});

describe('a listen token', () => {
  it('opens the cross stream or that of a pair until it expires', () => {
    const bench = new Bench();
    const { streams } = bench.simulation.binance.books;
    const cross = keyed(bench, 'POST', TOKEN, 'validity=60000').json;
    expect(cross.expirationTime).toBe(START_MS + 60_000);
    expect(streams.listenToken(cross.token)).toMatchObject({ uid: UID, symbol: '' });
    const pair = keyed(bench, 'POST', TOKEN, 'isIsolated=TRUE&symbol=BTCUSDT').json;
    expect(streams.listenToken(pair.token)).toMatchObject({ symbol: 'BTCUSDT', expiresMs: START_MS + 86_400_000 });
    bench.host.pass(60_000);
    expect(streams.listenToken(cross.token)).toBeUndefined();
    expect(streams.listenToken('made up')).toBeUndefined();
  });

  it.each([
    [false, 200],
    [true, 400],
  ])('wants a signature: %s', (listenTokenSigned, status) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { listenTokenSigned } } });
    expect(keyed(bench, 'POST', TOKEN).status).toBe(status);
    expect(bench.signed('POST', TOKEN).status).toBe(200);
  });
});

describe('the switch', () => {
  it.each([
    [-3007, -3007],
    [-3008, -3008],
  ] as const)('pendingBorrowCode %i changes the code of a borrow, not of a repay', (pendingBorrowCode, code) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { pendingBorrowCode } } });
    bench.borrowRepay('REPAY', '1');
    expect(bench.borrowRepay('BORROW', '1').json).toEqual({
      code,
      msg: 'You have pending transaction, please try again later.',
    });
    expect(bench.borrowRepay('REPAY', '1').json.code).toBe(-3007);
  });

  it.each([
    ['ms', START_MS],
    ['s', START_MS / 1000],
  ] as const)('transferTimes %s', (transferTimes, timestamp) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { transferTimes } } });
    bench.signed('POST', '/sapi/v1/asset/transfer', { type: 'MAIN_MARGIN', asset: 'USDT', amount: '1' });
    expect(bench.signed('GET', '/sapi/v1/margin/transfer').json.rows[0].timestamp).toBe(timestamp);
  });

  it.each([
    ['list', { total: 0, rows: [] }],
    ['absent', { total: 0 }],
  ] as const)('emptyRows %s', (emptyRows, expected) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { emptyRows } } });
    expect(bench.signed('GET', '/sapi/v1/asset/transfer', { type: 'MAIN_MARGIN' }).json).toEqual(expected);
  });

  it.each([
    ['ip', 'X-SAPI-USED-IP-WEIGHT-1M'],
    ['uid', 'X-SAPI-USED-UID-WEIGHT-1M'],
  ] as const)('ltvHistoryScope %s', (ltvHistoryScope, header) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { ltvHistoryScope } } });
    expect(bench.signed('GET', '/sapi/v2/loan/flexible/ltv/adjustment/history').headers[header]).toBe('400');
  });
});
