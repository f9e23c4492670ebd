import { afterEach, describe, expect, it } from 'vitest';
import type { BinanceHappening, BinanceStreams } from '../../src/simulator/contract.ts';
import { Listener, startRig } from './socketsSupport.ts';
import type { Rig } from './socketsSupport.ts';

let rig: Rig;
afterEach(() => rig.stop());

const listen = async (path: string): Promise<Listener> => new Listener(`${rig.url}${path}`).opened();

describe('binance market streams', () => {
  it('answer on /ws/<stream> with raw payloads', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/ws/btcusdt@miniTicker');
    await client.until('a first ticker', (heard) => heard.length > 0);
    expect(client.messages()[0]).toMatchObject({ e: '24hrMiniTicker', s: 'BTCUSDT', c: '50000' });
  });

  it('wrap payloads on /stream and follow the price', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker');
    await client.until('both', (heard) => heard.length === 2);
    rig.market.set({ BTC: '51234.5' });
    await client.until('the move', (heard) => heard.length === 3);
    expect(client.messages()[2]).toMatchObject({
      stream: 'btcusdt@bookTicker',
      data: { s: 'BTCUSDT', b: '51234.5', a: '51234.5' },
    });
  });

  it('subscribe, list and unsubscribe by message', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/ws');
    client.send({ method: 'SUBSCRIBE', params: ['btcusdt@bookTicker', 'nothing@bookTicker'], id: 1 });
    await client.until('a ticker', (heard) => heard.length === 2);
    expect(client.messages()[0]).toEqual({ result: null, id: 1 });
    client.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
    client.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@bookTicker'], id: 3 });
    client.send({ method: 'DANCE', id: 4 });
    await client.until('answers', (heard) => heard.length === 5);
    rig.market.set({ BTC: '52000' });
    expect(client.messages().slice(2)).toEqual([
      { result: ['btcusdt@bookTicker', 'nothing@bookTicker'], id: 2 },
      { result: null, id: 3 },
      { code: 2, msg: expect.stringContaining('Invalid request'), id: 4 },
    ]);
  });

  it('tell all pairs at once on !miniTicker@arr', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/stream?streams=!miniTicker@arr');
    await client.until('all', (heard) => heard.length > 0);
    expect(client.messages()[0]).toMatchObject({ data: [{ s: 'BTCUSDT' }, { s: 'ETHUSDT' }] });
  });

  it('ping, and cut a client that never answers', async () => {
    rig = await startRig({ venue: 'binance' }, 0.002);
    const polite = await listen('/ws/btcusdt@miniTicker');
    await polite.until('several pings', () => polite.pings > 5);
    expect(polite.closed).toBeUndefined();
    const mute = new Listener(`${rig.url}/ws`);
    mute.socket.pong = () => undefined;
    await mute.opened();
    await mute.until('the cut', () => mute.closed !== undefined);
    expect(mute.closed?.code).toBe(1006);
  });

  it('close on the sixth message within a second', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/ws');
    for (let id = 0; id < 6; id += 1) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
    await client.until('the end', () => client.closed !== undefined);
    expect([client.closed?.code, client.frames.length]).toEqual([1008, 5]);
  });

  it('end when cut, and elsewhere there is nothing', async () => {
    rig = await startRig({ venue: 'binance' });
    const client = await listen('/ws/btcusdt@miniTicker');
    rig.sockets.cut();
    await client.until('the cut', () => client.closed !== undefined);
    expect(rig.sockets.count()).toBe(0);
    await expect(listen('/nowhere')).rejects.toThrow();
  });
});

describe('binance account streams', () => {
  const tellers = new Set<(happening: BinanceHappening) => void>();
  const streams: BinanceStreams = {
    uidOfListenKey: (key) => (key === 'listenKey1' ? '7' : undefined),
    listenToken: (token) => (token === 'token1' ? { uid: '7', symbol: '', expiresMs: Date.now() + 400 } : undefined),
    onHappening: (tell) => {
      tellers.add(tell);
      return () => tellers.delete(tell);
    },
  };
  const happen = (happening: BinanceHappening): void => {
    for (const tell of tellers) tell(happening);
  };

  it('the risk stream tells levels and liabilities of its own account only', async () => {
    rig = await startRig({ venue: 'binance', streams });
    const client = await listen('/ws/listenKey1');
    happen({ kind: 'marginLevelStatus', uid: '8', level: '1.1', status: 'MARGIN_CALL' });
    happen({ kind: 'marginLevelStatus', uid: '7', level: '1.2', status: 'MARGIN_CALL' });
    happen({ kind: 'liability', uid: '7', asset: 'BTC', type: 'BORROW', principal: '1', interest: '0' });
    await client.until('two events', (heard) => heard.length === 2);
    expect(client.messages()).toMatchObject([
      { e: 'MARGIN_LEVEL_STATUS_CHANGE', l: '1.2', s: 'MARGIN_CALL' },
      { e: 'USER_LIABILITY_CHANGE', a: 'BTC', t: 'BORROW', p: '1', i: '0' },
    ]);
  });

  it('a listen token opens balance events until it expires', async () => {
    rig = await startRig({ venue: 'binance', streams });
    const client = await listen('/ws-api/v3');
    client.send({ id: 'a', method: 'userDataStream.subscribe.listenToken', params: { listenToken: 'wrong' } });
    client.send({ id: 'b', method: 'userDataStream.subscribe.listenToken', params: { listenToken: 'token1' } });
    await client.until('two answers', (heard) => heard.length === 2);
    expect(client.messages()).toMatchObject([
      { id: 'a', status: 400, error: { code: -1209 } },
      { id: 'b', status: 200, result: { subscriptionId: 1 } },
    ]);
    happen({
      kind: 'balance',
      uid: '7',
      symbol: '',
      asset: 'USDT',
      delta: '5',
      free: '15',
      locked: '0',
      transfer: true,
    });
    await client.until('the end of the token', (heard) => heard.length === 5);
    expect(client.messages().slice(2)).toMatchObject([
      { subscriptionId: 1, event: { e: 'balanceUpdate', a: 'USDT', d: '5' } },
      { subscriptionId: 1, event: { e: 'outboundAccountPosition', B: [{ a: 'USDT', f: '15', l: '0' }] } },
      { subscriptionId: 1, event: { e: 'eventStreamTerminated' } },
    ]);
  });
});
