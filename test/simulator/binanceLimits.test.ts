/** Request weights, 429 and 418 (binance.md §3, §4). */
import { describe, expect, it } from 'vitest';
import type { Answer } from './support.ts';
import { Bench, KEY, START_MS, alice, signedQuery } from './support.ts';

const FLOW = '/sapi/v1/margin/capital-flow';

function flow(bench: Bench, ip = '10.0.0.1'): Answer {
  return bench.raw('GET', FLOW, signedQuery({ timestamp: String(bench.host.now()) }), '', { 'x-mbx-apikey': KEY }, ip);
}

describe('weights', () => {
  it('are counted per endpoint and IP in fixed minutes, and said in a header', () => {
    const bench = new Bench();
    expect([flow(bench), flow(bench)].map((one) => one.headers['X-SAPI-USED-IP-WEIGHT-1M'])).toEqual(['100', '200']);
    expect(flow(bench, '10.0.0.2').headers['X-SAPI-USED-IP-WEIGHT-1M']).toBe('100');
    bench.host.pass(60_000 - (START_MS % 60_000));
    expect(flow(bench).headers['X-SAPI-USED-IP-WEIGHT-1M']).toBe('100');
  });

  it('of accounts follow the account, whatever the IP', () => {
    const bench = new Bench();
    bench.borrowRepay('REPAY', '1');
    expect(bench.borrowRepay('REPAY', '1').headers['X-SAPI-USED-UID-WEIGHT-1M']).toBe('3000');
  });

  it('of /api share one pool', () => {
    const bench = new Bench();
    bench.raw('GET', '/api/v3/time');
    expect(bench.raw('GET', '/api/v3/exchangeInfo').headers['X-MBX-USED-WEIGHT-1M']).toBe('21');
  });

  it('depend on parameters where the documents say so', () => {
    const bench = new Bench();
    expect(
      bench.signed('GET', '/sapi/v1/margin/crossMarginData', { coin: 'BTC' }).headers['X-SAPI-USED-IP-WEIGHT-1M'],
    ).toBe('1');
    expect(bench.signed('GET', '/sapi/v1/margin/crossMarginData').headers['X-SAPI-USED-IP-WEIGHT-1M']).toBe('6');
  });

  it('of maxBorrowable follow either source', () => {
    const header = (maxBorrowable: '750uid' | '50ip'): string[] => {
      const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { maxBorrowable } } });
      return Object.entries(bench.signed('GET', '/sapi/v1/margin/maxBorrowable', { asset: 'USDT' }).headers)
        .filter(([name]) => name.startsWith('X-SAPI'))
        .flat();
    };
    expect([header('750uid'), header('50ip')]).toEqual([
      ['X-SAPI-USED-UID-WEIGHT-1M', '750'],
      ['X-SAPI-USED-IP-WEIGHT-1M', '50'],
    ]);
  });
});

describe('too many requests', () => {
  it('get 429 with the seconds to the next minute', () => {
    const bench = new Bench({ binance: [alice()] }, undefined, START_MS + 15_500);
    for (let call = 0; call < 120; call += 1) expect(flow(bench).status).toBe(200);
    const refused = flow(bench);
    expect([refused.status, refused.json.code, refused.headers['Retry-After']]).toEqual([429, -1003, '45']);
    bench.host.pass(45_000);
    expect(flow(bench).status).toBe(200);
  });

  it('from a client that goes on are banned with 418, longer every time, on every endpoint', () => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { limits: { banAfter: 3 } } });
    const exhaust = (): Answer => {
      for (let call = 0; call < 123; call += 1) flow(bench);
      return flow(bench);
    };
    const first = exhaust();
    expect([first.status, first.headers['Retry-After']]).toEqual([418, '120']);
    expect(first.json.msg).toContain(`IP banned until ${String(START_MS + 120_000)}`);
    expect(bench.raw('GET', '/api/v3/time').status).toBe(418);
    expect(bench.raw('GET', '/api/v3/time', '', '', {}, '10.0.0.2').status).toBe(200);
    bench.host.pass(120_000);
    expect(bench.raw('GET', '/api/v3/time').status).toBe(200);
    expect(exhaust().headers['Retry-After']).toBe('240');
  });

  it('of one account do not stop another', () => {
    const bob = {
      name: 'bob',
      uid: '2',
      key: { id: 'keyOfBob', secret: 's' },
      cross: { assets: { USDT: '100' }, debts: {} },
    };
    const bench = new Bench({ binance: [alice(), bob] });
    for (let call = 0; call < 120; call += 1) bench.borrowRepay('REPAY', '0.01');
    expect(bench.borrowRepay('REPAY', '0.01').status).toBe(429);
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount: '1', type: 'REPAY' };
    expect(bench.signed('POST', '/sapi/v1/margin/borrow-repay', params, 'keyOfBob', 's').status).toBe(400);
  });

  it('do not exist when limits are off', () => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { limits: { on: false } } });
    for (let call = 0; call < 200; call += 1) expect(flow(bench).status).toBe(200);
  });
});

describe('flexible-loan repay', () => {
  it.each([
    ['ip', 2],
    ['uid', 30],
  ] as const)('metered by %s allows %i a minute', (flexibleScope, most) => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { flexibleScope } } });
    const repay = (): number =>
      bench.signed('POST', '/sapi/v2/loan/flexible/repay', {
        loanCoin: 'USDT',
        collateralCoin: 'BTC',
        repayAmount: '1',
      }).status;
    for (let call = 0; call < most; call += 1) expect(repay()).toBe(400);
    expect(repay()).toBe(429);
  });
});
