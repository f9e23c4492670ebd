/** Faults over real HTTP: what the client sees, and what really happened to the money. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { HttpBench, until } from './httpSupport.ts';

const REPAY = { method: 'POST', path: '/sapi/v1/margin/borrow-repay' } as const;
const ACCOUNT = '/sapi/v1/margin/account';

let bench: HttpBench;
beforeEach(async () => {
  bench = await HttpBench.start();
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

async function arm(...faults: FaultInput[]): Promise<void> {
  const { status, ids } = await bench.admin('POST', '/faults', faults);
  expect([status, ids.length]).toEqual([200, faults.length]);
}

const settled = async (): Promise<void> => until(() => !bench.simulator.engine.busy());

describe('a connection that is reset', () => {
  it('before the call was carried out: nothing happened', async () => {
    await arm({ match: REPAY, effect: { kind: 'dropBefore' } });
    await expect(bench.repay('1000')).rejects.toThrow();
    await settled();
    expect(bench.debt()).toBe('30000');
  });

  it('after it was carried out: the money moved', async () => {
    await arm({ match: REPAY, effect: { kind: 'dropAfter' } });
    await expect(bench.repay('1000')).rejects.toThrow();
    await settled();
    expect(bench.debt()).toBe('29000');
  });
});

describe('a status instead of the answer', () => {
  it.each([
    [false, '30000'],
    [true, '29000'],
  ])('when the call was carried out: %s', async (executes, debt) => {
    await arm({
      match: REPAY,
      effect: { kind: 'status', status: 503, body: '{"code":-1000,"msg":"Unknown error"}', executes },
    });
    const answer = await bench.repay('1000');
    expect([answer.status, answer.text]).toEqual([503, '{"code":-1000,"msg":"Unknown error"}']);
    await settled();
    expect(bench.debt()).toBe(debt);
  });
});

describe('an answer that is no answer', () => {
  it.each([
    ['a page of a gateway', { kind: 'html' }, 200, /^<html>/],
    ['a page with its status', { kind: 'html', status: 502 }, 502, /^<html>/],
    ['half of it', { kind: 'cutJson' }, 200, /^\{"tranId":[^}]*$/],
    ['nothing', { kind: 'emptyBody' }, 200, /^$/],
    ['a 504 with nothing', { kind: 'emptyBody', status: 504 }, 504, /^$/],
    ['texts that became something else', { kind: 'wrongType' }, 200, /"clientTag":true/],
  ] as const)('%s; the money moved', async (_what, effect, status, text) => {
    await arm({ match: REPAY, effect });
    const answer = await bench.repay('1000');
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
    await settled();
    expect(bench.debt()).toBe('29000');
  });

  it('a redirect; nothing happened', async () => {
    await arm({ match: REPAY, effect: { kind: 'redirect', location: 'http://127.0.0.1:9/' } });
    const answer = await bench.repay('1000');
    expect([answer.status, answer.headers['location']]).toEqual([307, 'http://127.0.0.1:9/']);
    expect(bench.debt()).toBe('30000');
  });

  it.each([429, 418] as const)("the venue's own %i", async (status) => {
    await arm({ match: REPAY, effect: { kind: 'rateLimit', status, retryAfterSec: 0 } });
    const answer = await bench.repay('1000');
    expect([answer.status, answer.headers['retry-after'], JSON.parse(answer.text).code]).toEqual([status, '0', -1003]);
    expect(bench.debt()).toBe('30000');
  });
});

describe('reads that lie', () => {
  it('stale ones show the state before the repay', async () => {
    await arm({ match: { method: 'GET' }, effect: { kind: 'staleReads', ms: 60_000 } });
    await bench.repay('1000');
    await settled();
    expect((await bench.binance('GET', ACCOUNT)).text).toContain('"borrowed":"30000.00000000"');
    await bench.admin('DELETE', '/faults');
    expect((await bench.binance('GET', ACCOUNT)).text).toContain('"borrowed":"29000.00000000"');
  });

  it('empty ones show nothing at all', async () => {
    await arm({ match: { path: ACCOUNT }, effect: { kind: 'zeroBalances' } });
    expect((await bench.binance('GET', ACCOUNT)).text).toContain('"marginLevel":"999.00000000"');
    expect((await bench.binance('POST', '/sapi/v3/asset/getUserAsset')).text).toContain('20000');
  });

  it('record lists lag', async () => {
    await arm({ match: {}, effect: { kind: 'recordLag', ms: 60_000 } });
    await bench.repay('1000');
    await settled();
    expect(JSON.parse((await bench.binance('GET', REPAY.path, { type: 'REPAY' })).text)).toEqual({
      rows: [],
      total: 0,
    });
  });
});

describe('money that hangs', () => {
  it('a repay stays pending until it is released', async () => {
    await arm({ match: REPAY, effect: { kind: 'stuckPending' } });
    await bench.repay('1000');
    expect(bench.debt()).toBe('30000');
    await bench.admin('DELETE', '/faults');
    expect((await bench.repay('1')).text).toContain('-3007');
    expect(await bench.admin('POST', '/act', { venue: 'binance', do: 'release' })).toMatchObject({
      told: { released: 1 },
    });
    expect(bench.debt()).toBe('29000');
  });

  it('transfers hang while repays do not', async () => {
    await arm({ match: {}, effect: { kind: 'hangTransfers' } });
    const params = { type: 'MAIN_MARGIN', asset: 'USDT', amount: '10' };
    await bench.binance('POST', '/sapi/v1/asset/transfer', params);
    expect((await bench.binance('GET', '/sapi/v1/asset/transfer', { type: 'MAIN_MARGIN' })).text).toContain(
      '"PENDING"',
    );
    await bench.repay('1000');
    await settled();
    expect(bench.debt()).toBe('29000');
  });
});

describe('somebody else', () => {
  it('takes the lock right before our repay', async () => {
    const deed = { do: 'foreignBorrow', account: 'alice', ms: 50 };
    await arm({ match: { ...REPAY, count: 1 }, effect: { kind: 'act', deed } });
    expect((await bench.repay('1000')).text).toContain('-3007');
    await settled();
    expect((await bench.repay('1000')).status).toBe(200);
    expect((await bench.admin('GET', '/state')).counts.pendingConflicts).toBe(0);
  });

  it('whose deed cannot be done is reported, and the call goes on', async () => {
    await arm({
      match: REPAY,
      effect: { kind: 'act', deed: { do: 'repay', account: 'alice', asset: 'USDT', amount: '999999' } },
    });
    expect((await bench.repay('1000')).status).toBe(200);
    expect(String(bench.bugs.splice(0)[0])).toContain('Repay amount exceeds borrow amount.');
  });
});

describe('a delay', () => {
  it('before the call makes its timestamp old', async () => {
    await arm({ match: REPAY, effect: { kind: 'delay', ms: 60 } });
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount: '1', type: 'REPAY', recvWindow: '20' };
    expect((await bench.binance('POST', REPAY.path, params)).text).toContain('-1021');
  });

  it('after the call lets the money move first', async () => {
    await arm({ match: REPAY, effect: { kind: 'delay', ms: 300, after: true } });
    const answer = bench.repay('1000');
    await until(() => bench.debt() === '29000');
    expect((await answer).status).toBe(200);
  });
});

describe('a match', () => {
  const hits = async (match: FaultInput['match'], calls: number): Promise<number[]> => {
    await arm({ match, effect: { kind: 'status', status: 500 } });
    const statuses: number[] = [];
    for (let call = 0; call < calls; call += 1) statuses.push((await bench.binance('GET', ACCOUNT)).status);
    return statuses;
  };

  it('skips and counts', async () => {
    expect(await hits({ skip: 1, count: 2 }, 5)).toEqual([200, 500, 500, 200, 200]);
    expect((await bench.admin('GET', '/faults')).faults).toMatchObject([{ matched: 5, hits: 2 }]);
  });

  it.each([
    [{ venue: 'okx' }, 200],
    [{ method: 'POST' }, 200],
    [{ path: '/sapi/v1/margin/acc' }, 500],
    [{ path: '/sapi/v2' }, 200],
    [{ uid: '354937868' }, 500],
    [{ uid: '1' }, 200],
    [{ contains: 'timestamp=' }, 500],
    [{ contains: 'type=REPAY' }, 200],
    [{ probability: 0 }, 200],
    [{ untilTapeMs: 1 }, 200],
    [{ fromTapeMs: 1 }, 500],
  ] as const)('%o', async (match, status) => {
    expect(await hits(match, 1)).toEqual([status]);
  });

  it('by chance is the same for the same seed', async () => {
    const other = await HttpBench.start();
    const first = await hits({ probability: 0.5 }, 20);
    const own = bench;
    bench = other;
    const second = await hits({ probability: 0.5 }, 20);
    bench = own;
    await other.simulator.stop();
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(2);
  });
});
