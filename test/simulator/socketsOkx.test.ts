import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createOkx, okxAccountSchema, okxSettingsSchema } from '../../src/simulator/okx/index.ts';
import type { Okx } from '../../src/simulator/okx/index.ts';
import { SECRET, accountInput } from './okxSupport.ts';
import { Listener, LiveTestMarket, startRig } from './socketsSupport.ts';
import type { Rig } from './socketsSupport.ts';

let rig: Rig;
afterEach(() => rig.stop());

const listen = async (door: string): Promise<Listener> => new Listener(`${rig.url}/ws/v5/${door}`).opened();
const subscribe = (channel: string, instId: string): unknown => ({ op: 'subscribe', args: [{ channel, instId }] });

describe('okx public channels', () => {
  it.each([
    ['index-tickers', 'BTC-USDT', { instId: 'BTC-USDT', idxPx: '50000' }],
    ['mark-price', 'BTC-USDT', { instType: 'MARGIN', instId: 'BTC-USDT', markPx: '50000' }],
    ['mark-price', 'ETH-USDT-SWAP', { instType: 'SWAP', instId: 'ETH-USDT-SWAP', markPx: '2500' }],
    ['tickers', 'ETH-USDT', { instId: 'ETH-USDT', last: '2500' }],
  ])('%s of %s acknowledges, tells the price and follows it', async (channel, instId, row) => {
    rig = await startRig({ venue: 'okx' });
    const client = await listen('public');
    client.send(subscribe(channel, instId));
    await client.until('the price', (heard) => heard.length === 2);
    const arg = { channel, instId };
    expect(client.messages()).toMatchObject([
      { event: 'subscribe', arg },
      { arg, data: [row] },
    ]);
    rig.market.set({ BTC: '40000', ETH: '2000' });
    await client.until('the move', (heard) => heard.length === 3);
  });

  it('keep the documented gap between two pushes and end with the newest price', async () => {
    rig = await startRig({ venue: 'okx' });
    const client = await listen('public');
    client.send(subscribe('index-tickers', 'BTC-USD'));
    await client.until('the first', (heard) => heard.length === 2);
    for (let price = 1; price <= 50; price += 1) rig.market.set({ BTC: String(50000 + price) });
    await client.until('the newest', (heard) => JSON.stringify(heard.at(-1)).includes('"50050"'));
    expect(client.messages().length).toBeLessThanOrEqual(4);
  });

  it('say nothing more after unsubscribe', async () => {
    rig = await startRig({ venue: 'okx' });
    const client = await listen('public');
    client.send(subscribe('index-tickers', 'BTC-USD'));
    client.send({ op: 'unsubscribe', args: [{ channel: 'index-tickers', instId: 'BTC-USD' }] });
    await client.until('the end', (heard) => heard.some((one) => one['event'] === 'unsubscribe'));
    const before = client.frames.length;
    rig.market.set({ BTC: '1' });
    client.send('ping');
    await client.until('pong', () => client.frames.includes('pong'));
    expect(client.frames.length).toBe(before + 1);
  });

  it('answer text ping with text pong', async () => {
    rig = await startRig({ venue: 'okx' });
    const client = await listen('public');
    client.send('ping');
    await client.until('pong', () => client.frames.length === 1);
    expect(client.frames).toEqual(['pong']);
  });

  it('name wrong channels, private channels on the public door, and nonsense', async () => {
    rig = await startRig({ venue: 'okx' });
    const client = await listen('public');
    client.send(subscribe('index-tickers', 'NOPE-USD'));
    client.send(subscribe('account', ''));
    client.send('{"op"');
    client.send({ op: 'dance', args: [{}] });
    await client.until('four errors', (heard) => heard.length === 4);
    expect(client.messages().map((one) => [one['event'], one['code']])).toEqual([
      ['error', '60018'],
      ['error', '60018'],
      ['error', '60012'],
      ['error', '60012'],
    ]);
  });

  it('close after the idle time with 4004, unless something is said', async () => {
    rig = await startRig({ venue: 'okx' }, 0.01);
    const silent = await listen('public');
    const talking = await listen('public');
    const timer = setInterval(() => {
      talking.send('ping');
    }, 50);
    await silent.until('the close', () => silent.closed !== undefined);
    clearInterval(timer);
    expect(silent.closed?.code).toBe(4004);
    expect(talking.closed).toBeUndefined();
  });
});

describe('okx account channel', () => {
  const open = async (timeScale = 1): Promise<Okx> => {
    const input = accountInput({ enableSpotBorrow: true, trading: { USDT: '10' }, loans: [], funding: { USDT: '9' } });
    const market = new LiveTestMarket({ BTC: '50000', ETH: '2500', USDT: '1' });
    const okx = createOkx(market, [okxAccountSchema.parse(input)], okxSettingsSchema.parse({}));
    rig = await startRig({ venue: 'okx', streams: okx.streams }, timeScale);
    return okx;
  };
  const login = (secret = SECRET, passphrase = 'words', shiftS = 0): unknown => {
    const timestamp = String(Math.floor(Date.now() / 1000) + shiftS);
    const sign = createHmac('sha256', secret).update(`${timestamp}GET/users/self/verify`).digest('base64');
    return { op: 'login', args: [{ apiKey: 'key-main', passphrase, timestamp, sign }] };
  };

  it('wants a login first', async () => {
    await open();
    const client = await listen('private');
    client.send({ op: 'subscribe', args: [{ channel: 'account' }] });
    await client.until('an error', (heard) => heard.length === 1);
    expect(client.messages()[0]).toMatchObject({ event: 'error', code: '60011' });
  });

  it.each([
    ['a wrong secret', login('wrong'), '60007'],
    ['a wrong passphrase', login(SECRET, 'wrong'), '60024'],
    ['a late clock', login(SECRET, 'words', -60), '60006'],
  ])('refuses %s', async (_what, request, code) => {
    await open();
    const client = await listen('private');
    client.send(request);
    await client.until('the close', () => client.closed !== undefined);
    expect([client.messages()[0]?.['code'], client.closed?.code]).toEqual([code, 4001]);
  });

  it('pushes a snapshot and then what changes', async () => {
    const okx = await open();
    const client = await listen('private');
    client.send(login());
    client.send({ op: 'subscribe', args: [{ channel: 'account' }] });
    await client.until('the snapshot', (heard) => heard.length === 3);
    expect(client.messages()).toMatchObject([
      { event: 'login', code: '0' },
      { event: 'subscribe' },
      {
        eventType: 'snapshot',
        data: [{ details: [{ ccy: 'USDT', cashBal: '10', coinUsdPrice: '1', maxSpotInUseAmt: '' }] }],
      },
    ]);
    okx.books.act({ do: 'deposit', account: 'main', ccy: 'USDT', amt: '5', wallet: 'trading' });
    await client.until('the change', (heard) => heard.length === 4);
    expect(client.messages()[3]).toMatchObject({ eventType: 'event_update', data: [{ details: [{ cashBal: '15' }] }] });
  });

  it('repeats snapshots unless updateInterval turns them off', async () => {
    await open(0.02);
    const [regular, quiet] = [await listen('private'), await listen('private')];
    for (const client of [regular, quiet]) client.send(login());
    regular.send({ op: 'subscribe', args: [{ channel: 'account' }] });
    quiet.send({ op: 'subscribe', args: [{ channel: 'account', extraParams: '{"updateInterval":"0"}' }] });
    await regular.until(
      'three snapshots',
      (heard) => heard.filter((one) => one['eventType'] === 'snapshot').length === 3,
    );
    expect(quiet.messages().filter((one) => one['eventType'] === 'snapshot')).toHaveLength(1);
  });
});
