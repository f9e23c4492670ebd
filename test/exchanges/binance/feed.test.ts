import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock } from '../../../src/clock.ts';
import { PriceFeed } from '../../../src/exchanges/binance/feed.ts';
import type { PriceTick } from '../../../src/exchanges/exchange.ts';
import { silentLog } from '../../../src/exchanges/kit.ts';

class FakeStreams {
  readonly sockets = new Set<WebSocket>();
  readonly subscribed: string[] = [];
  connections = 0;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('message', (data: Buffer) => {
        const { params, id } = JSON.parse(data.toString()) as { params: string[]; id: number };
        this.subscribed.push(...params);
        socket.send(JSON.stringify({ result: null, id }));
      });
    });
  }

  static async start(): Promise<FakeStreams> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new FakeStreams(server);
  }

  get url(): string {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? `ws://127.0.0.1:${String(address.port)}` : '';
  }

  tick(symbol: string, price: string): void {
    const message = { e: '24hrMiniTicker', E: Date.now(), s: symbol, c: price, o: '1', h: '1', l: '1', v: '1', q: '1' };
    for (const socket of this.sockets) socket.send(JSON.stringify(message));
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }
}

const servers: FakeStreams[] = [];
const feeds: PriceFeed[] = [];
afterEach(async () => {
  await Promise.all(feeds.splice(0).map((feed) => feed.close()));
  for (const server of servers.splice(0)) server.stop();
});

async function start(silenceMs = 60_000): Promise<{ server: FakeStreams; feed: PriceFeed; ticks: PriceTick[] }> {
  const server = await FakeStreams.start();
  servers.push(server);
  const feed = new PriceFeed({ ws: server.url, clock: systemClock, log: silentLog, silenceMs });
  feeds.push(feed);
  return { server, feed, ticks: [] };
}

/** Ticks until the condition holds. */
async function until(condition: () => boolean, act: () => void = () => undefined): Promise<void> {
  const end = systemClock.mono() + 8_000;
  while (!condition()) {
    if (systemClock.mono() > end) throw new Error('it never happened');
    act();
    await systemClock.sleep(20);
  }
}

describe('the price feed', () => {
  it('tells prices as the wire spells them', async () => {
    const { server, feed, ticks } = await start();
    feed.watch(['BTC', 'ETH', 'USDT'], (tick) => ticks.push(tick));
    await until(
      () => new Set(ticks.map((tick) => tick.asset)).size === 2,
      () => {
        server.tick('BTCUSDT', '20000.123456789012345678');
        server.tick('ETHUSDT', '1000.5');
      },
    );
    expect(ticks.find((tick) => tick.asset === 'BTC')?.price.toFixed()).toBe('20000.123456789012345678');
    expect(server.subscribed.sort()).toEqual(['btcusdt@miniTicker', 'ethusdt@miniTicker']);
    expect(server.connections).toBe(1);
  });

  it('connects again by itself after a cut', async () => {
    const { server, feed, ticks } = await start();
    feed.watch(['BTC'], (tick) => ticks.push(tick));
    await until(
      () => ticks.length > 0,
      () => {
        server.tick('BTCUSDT', '1');
      },
    );
    server.cut();
    await until(
      () => ticks.some((tick) => tick.price.eq(2)),
      () => {
        server.tick('BTCUSDT', '2');
      },
    );
    expect(server.connections).toBe(2);
  });

  it('takes a silent socket down and builds a new one', async () => {
    const { server, feed } = await start(300);
    feed.watch(['BTC'], () => undefined);
    await until(() => server.connections >= 2);
  });

  it('keeps one socket when more assets are watched, and goes on telling the first', async () => {
    const { server, feed, ticks } = await start();
    feed.watch(['BTC'], (tick) => ticks.push(tick));
    await until(
      () => ticks.length > 0,
      () => {
        server.tick('BTCUSDT', '1');
      },
    );
    feed.watch(['ETH'], (tick) => ticks.push(tick));
    await until(
      () => ticks.some((tick) => tick.asset === 'ETH') && ticks.some((tick) => tick.price.eq(3)),
      () => {
        server.tick('ETHUSDT', '5');
        server.tick('BTCUSDT', '3');
      },
    );
    expect(server.sockets.size).toBe(1);
  });

  it('survives a listener that throws, garbage, and prices that are none', async () => {
    const { server, feed, ticks } = await start();
    feed.watch(['BTC'], () => {
      throw new Error('mine');
    });
    feed.watch(['BTC'], (tick) => ticks.push(tick));
    await until(
      () => ticks.some((tick) => tick.price.eq(7)),
      () => {
        if (server.connections === 1) for (const socket of server.sockets) socket.send('garbage');
        if (server.connections === 2) server.tick('BTCUSDT', 'NaN');
        server.tick('BTCUSDT', '0');
        server.tick('BTCUSDT', '7');
      },
    );
    expect(ticks.every((tick) => tick.price.gt(0))).toBe(true);
  });

  it('is quiet once stopped, and an address that does not answer throws at nobody', async () => {
    const { server, feed, ticks } = await start();
    const stop = feed.watch(['BTC'], (tick) => ticks.push(tick));
    await until(
      () => ticks.length > 0,
      () => {
        server.tick('BTCUSDT', '1');
      },
    );
    await stop();
    await until(() => server.sockets.size === 0);
    const lost = new PriceFeed({ ws: 'ws://127.0.0.1:1', clock: systemClock, log: silentLog, silenceMs: 60_000 });
    feeds.push(lost);
    lost.watch(['BTC'], () => undefined);
    await systemClock.sleep(400);
  });
});
