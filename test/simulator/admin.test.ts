/** The admin endpoint. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/start.ts';
import { HttpBench } from './httpSupport.ts';
import { START_MS, flat } from './support.ts';

describe('the admin endpoint', () => {
  let bench: HttpBench;
  beforeEach(async () => {
    bench = await HttpBench.start();
  });
  afterEach(async () => {
    await bench.simulator.stop();
  });

  it('shows tape, prices, counts and loans', async () => {
    expect(await bench.admin('GET', '/state')).toMatchObject({
      tape: { name: 'test', startMs: START_MS, nowMs: START_MS, done: false, speed: 0 },
      prices: { BTC: '60000', USDT: '1' },
      busy: false,
      counts: { pendingConflicts: 0, doubleSends: 0, sends: {} },
      loans: [{ account: 'alice', product: 'binance.crossMargin', debt: { USDT: '30000' }, liquidated: false }],
    });
  });

  it('advances by moments, to a time, and to the end', async () => {
    expect(await bench.admin('POST', '/advance')).toMatchObject({ tapeMs: START_MS + 60_000, moments: 1, done: false });
    expect(await bench.admin('POST', '/advance', { moments: 3 })).toMatchObject({
      tapeMs: START_MS + 240_000,
      moments: 3,
    });
    expect(await bench.admin('POST', '/advance', { toMs: START_MS + 270_000 })).toMatchObject({
      tapeMs: START_MS + 270_000,
    });
    expect(await bench.admin('POST', '/advance', { toMs: START_MS * 2 })).toMatchObject({
      done: true,
      prices: { BTC: '60000' },
    });
  });

  it('refuses two advances at once, and one while the tape runs freely', async () => {
    const [first, second] = await Promise.all([
      bench.admin('POST', '/advance', { moments: 1000 }),
      bench.admin('POST', '/advance', { moments: 1000 }),
    ]);
    expect([first.status, second.status].sort()).toEqual([200, 409]);
    await bench.admin('POST', '/run', { speed: 1 });
    expect((await bench.admin('POST', '/advance')).status).toBe(409);
    expect((await bench.admin('POST', '/hold')).tapeMs).toBeGreaterThan(START_MS);
  });

  it('counts sends by tag, and tags that came twice', async () => {
    await bench.repay('1', 'intent-a');
    await bench.repay('1', 'intent-b');
    await bench.repay('1', 'intent-a');
    await bench.repay('1');
    await bench.binance('GET', '/sapi/v1/margin/account', {}, { 'x-ballast-intent': 'not-money' });
    const { counts } = await bench.admin('GET', '/state');
    expect(counts).toMatchObject({ doubleSends: 1, sends: { 'intent-a': 2, 'intent-b': 1, '': 1 } });
    expect(counts.pendingConflicts).toBeGreaterThan(0);
  });

  it('logs requests without their signatures', async () => {
    await bench.repay('1', 'intent-a');
    const { entries } = await bench.admin('GET', '/log');
    expect(entries).toMatchObject([
      {
        id: 1,
        venue: 'binance',
        method: 'POST',
        uid: '354937868',
        tag: 'intent-a',
        isMoney: true,
        status: 200,
        executed: true,
      },
    ]);
    expect(entries[0].query).toContain('amount=1');
    expect(entries[0].query).not.toContain('signature');
    expect((await bench.admin('GET', '/log?since=1')).entries).toEqual([]);
  });

  it.each([
    ['GET', '/nothing', undefined, 404],
    ['POST', '/faults', { match: {}, effect: { kind: 'nonsense' } }, 400],
    ['POST', '/run', { speed: 0 }, 400],
    ['POST', '/advance', { moments: 'many' }, 400],
    ['POST', '/act', { venue: 'binance', do: 'nonsense' }, 400],
    ['POST', '/act', { venue: 'binance', do: 'repay', account: 'nobody', asset: 'USDT', amount: '1' }, 400],
    ['POST', '/act', { venue: 'okx', do: 'nonsense' }, 400],
  ] as const)('answers %s %s with %o by %i', async (method, path, body, status) => {
    const answer = await bench.admin(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.error).toBeTypeOf('string');
  });

  it('moves the feeds of both venues, and cuts their sockets', async () => {
    const { binance, okx } = bench.simulator;
    const feeds = [new WebSocket(`${binance.ws}/ws/btcusdt@markPrice`), new WebSocket(`${okx.ws}/ws/v5/public`)];
    await Promise.all(feeds.map((feed) => once(feed, 'open')));
    const ends = feeds.map((feed) => once(feed, 'close'));
    await bench.admin('POST', '/advance');
    expect(await bench.admin('POST', '/cut')).toMatchObject({ cut: true });
    await Promise.all(ends);
  });

  it('stops everything', async () => {
    expect(await bench.admin('POST', '/stop')).toEqual({ status: 200, stopped: true });
    await bench.simulator.stopped;
    await expect(bench.admin('GET', '/state')).rejects.toThrow();
  });

  it('is not there when a port is taken, and nothing else is left either', async () => {
    const taken = Number(new URL(bench.simulator.admin).port);
    await expect(startSimulator({ world: {}, tape: flat(), ports: { admin: taken } })).rejects.toThrow('EADDRINUSE');
  });
});
