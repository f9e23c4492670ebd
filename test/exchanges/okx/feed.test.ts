/** The price feed: exact, shared, and always coming back. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock } from '../../../src/clock.ts';
import type { PriceTick, Stop } from '../../../src/exchanges/exchange.ts';
import { createTransport } from '../../../src/exchanges/transport.ts';
import { createOkxMarket } from '../../../src/exchanges/okx/index.ts';
import type { OkxMarket } from '../../../src/exchanges/okx/market.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';
import { freeMeter, recordingLog, ticker } from './support.ts';

class Socket {
  readonly http: Server = createServer();
  readonly subscribed: string[] = [];
  readonly paths: string[] = [];
  #sockets: WebSocketServer | null = null;
  muted = false;

  async start(port = 0): Promise<number> {
    this.http.listen(port, '127.0.0.1');
    await once(this.http, 'listening');
    this.#sockets = new WebSocketServer({ server: this.http });
    this.#sockets.on('connection', (socket, request) => {
      this.paths.push(request.url ?? '');
      socket.on('message', (data) => {
        this.#hear(socket, (data as Buffer).toString());
      });
    });
    const address = this.http.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  #hear(socket: WebSocket, text: string): void {
    if (this.muted) return;
    if (text === 'ping') {
      socket.send('pong');
      return;
    }
    const { args } = JSON.parse(text) as { args: { channel: string; instId: string }[] };
    for (const arg of args) {
      this.subscribed.push(`${arg.channel} ${arg.instId}`);
      socket.send(JSON.stringify({ event: 'subscribe', arg, connId: 'c' }));
    }
  }

  push(asset: string, price: string): void {
    const arg = { channel: 'index-tickers', instId: `${asset}-USD` };
    this.#each((socket) => {
      socket.send(JSON.stringify({ arg, data: [ticker(asset, price)] }));
    });
  }

  drop(): void {
    this.#each((socket) => {
      socket.terminate();
    });
  }

  get open(): number {
    return this.#sockets?.clients.size ?? 0;
  }

  async stop(): Promise<void> {
    this.drop();
    this.#sockets?.close();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  #each(run: (socket: WebSocket) => void): void {
    for (const socket of this.#sockets?.clients ?? []) run(socket);
  }
}

let socket: Socket;
let market: OkxMarket;
let ticks: PriceTick[];
const log = recordingLog();
const transport = createTransport({ clock: systemClock });

beforeEach(async () => {
  socket = new Socket();
  ticks = [];
  const port = await socket.start();
  market = marketOn(port);
});
afterEach(async () => {
  await market.close();
  await socket.stop();
});

function marketOn(port: number, silenceMs = 60_000): OkxMarket {
  const hosts = { rest: 'http://127.0.0.1:9', ws: `ws://127.0.0.1:${String(port)}` };
  const timing = { ...OKX_TIMING, feedSilenceMs: silenceMs, feedRetryMs: 20, feedRetryMaxMs: 100 };
  return createOkxMarket({ hosts, clock: systemClock, timing, log: log.log }, { transport, meter: freeMeter });
}

const listen = (...assets: string[]): Stop => market.watch(assets, (tick) => void ticks.push(tick));

async function until(true_: () => boolean, ms = 5_000): Promise<void> {
  const end = Date.now() + ms;
  while (!true_()) {
    if (Date.now() > end) throw new Error('it never came true');
    await systemClock.sleep(5);
  }
}

it('opens one socket for several assets that are asked for at once, and no loop fails meanwhile', async () => {
  const before = log.lines.length;
  listen('BTC', 'ETH', 'USDT');
  await until(() => socket.subscribed.length === 3);
  expect(socket.paths).toHaveLength(1);
  expect(log.lines.slice(before)).toEqual([]);
});

describe('a feed', () => {
  it('delivers index prices exactly as the wire spelled them', async () => {
    listen('BTC', 'USDT');
    await until(() => socket.subscribed.length === 2);
    expect([...socket.subscribed].sort()).toEqual(['index-tickers BTC-USD', 'index-tickers USDT-USD']);
    expect(socket.paths).toEqual(['/ws/v5/public']);
    socket.push('BTC', '60000.123456789012345678');
    socket.push('USDT', '0.9996');
    await until(() => ticks.length === 2);
    expect(ticks.map(({ asset, price }) => [asset, price.toFixed()])).toEqual([
      ['BTC', '60000.123456789012345678'],
      ['USDT', '0.9996'],
    ]);
  });

  it('delivers the latest of many', async () => {
    listen('BTC');
    await until(() => socket.subscribed.length === 1);
    for (let price = 1; price <= 50; price += 1) socket.push('BTC', String(price));
    await until(() => ticks.at(-1)?.price.toFixed() === '50');
  });

  it('is one socket for all listeners and ends with the last of them', async () => {
    const first = listen('BTC');
    const second = listen('BTC', 'ETH');
    await until(() => socket.subscribed.length === 2);
    expect(socket.open).toBe(1);
    await first();
    socket.push('BTC', '5');
    await until(() => ticks.length === 1);
    await second();
    await until(() => socket.open === 0);
    socket.push('BTC', '6');
    await systemClock.sleep(30);
    expect(ticks).toHaveLength(1);
  });

  it('comes back after a broken connection', async () => {
    listen('BTC', 'ETH');
    await until(() => socket.subscribed.length === 2);
    socket.drop();
    await until(() => socket.subscribed.length === 4);
    socket.push('ETH', '3000');
    await until(() => ticks.length === 1);
  });

  it('comes back after the venue was away', async () => {
    listen('BTC');
    await until(() => socket.subscribed.length === 1);
    const { port } = socket.http.address() as { port: number };
    await socket.stop();
    await systemClock.sleep(100);
    socket = new Socket();
    await socket.start(port);
    await until(() => socket.subscribed.length === 1, 15_000);
    socket.push('BTC', '7');
    await until(() => ticks.length === 1);
  });

  it('takes a silent socket down and connects again', async () => {
    const { port } = socket.http.address() as { port: number };
    await market.close();
    market = marketOn(port, 150);
    listen('BTC');
    await until(() => socket.paths.length >= 3);
    expect(log.lines.some((line) => line.startsWith('okx.feed.silent'))).toBe(true);
  });

  it('survives rubbish, and listeners that throw', async () => {
    market.watch(['BTC'], () => {
      throw new Error('not my day');
    });
    listen('BTC');
    await until(() => socket.subscribed.length === 1);
    for (const rubbish of ['', 'abc', '1e5', '-1', '0']) {
      socket.push('BTC', rubbish);
      await systemClock.sleep(5);
    }
    socket.push('BTC', '8');
    await until(() => ticks.length === 1);
    expect(ticks[0]?.price.toFixed()).toBe('8');
  });

  it('can begin again after everybody had left', async () => {
    await listen('BTC')();
    listen('BTC');
    await until(() => socket.subscribed.length >= 1);
    await until(() => {
      socket.push('BTC', '9');
      return ticks.length > 0;
    });
  });
});
