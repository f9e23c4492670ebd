/** A loopback server with one venue's sockets, and a listening client. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { WebSocket } from 'ws';
import type { BinanceStreams, Host } from '../../src/simulator/contract.ts';
import { realHost } from '../../src/simulator/host.ts';
import type { OkxStreams } from '../../src/simulator/okx/index.ts';
import type { Sockets } from '../../src/simulator/sockets/index.ts';
import { attachSockets } from '../../src/simulator/sockets/index.ts';
import { Dec, ONE } from '../../src/core/money.ts';
import type { Dec as Amount } from '../../src/core/money.ts';
import { isObject } from './okxSupport.ts';

/** Prices that a test sets, under a real clock. */
export class LiveTestMarket {
  readonly host: Host = realHost();
  readonly #prices: Map<string, Amount>;
  readonly #listeners = new Set<() => void>();

  constructor(prices: Readonly<Record<string, string>>) {
    this.#prices = new Map(Object.entries(prices).map(([ccy, price]) => [ccy, new Dec(price)]));
  }

  /** The tape goes on. */
  set(prices: Readonly<Record<string, string>>): void {
    for (const [ccy, price] of Object.entries(prices)) this.#prices.set(ccy, new Dec(price));
    for (const run of this.#listeners) run();
  }

  readonly onTick = (run: () => void): (() => void) => {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  };

  tapeNow(): number {
    return this.host.now();
  }

  price(asset: string): Amount {
    const price = asset === 'USD' ? ONE : this.#prices.get(asset);
    if (price === undefined) throw new Error(`no price for ${asset}`);
    return price;
  }

  assets(): readonly string[] {
    return [...this.#prices.keys()];
  }

  nextId(): string {
    return '2083516372514201600';
  }
}

export interface Rig {
  readonly market: LiveTestMarket;
  readonly sockets: Sockets;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  stop(): Promise<void>;
}

type Venue =
  | { readonly venue: 'binance'; readonly streams?: BinanceStreams }
  | { readonly venue: 'okx'; readonly streams?: OkxStreams };

/** Starts a server with the venue's sockets. */
export async function startRig(venue: Venue, timeScale = 1): Promise<Rig> {
  const market = new LiveTestMarket({ BTC: '50000', ETH: '2500', USDT: '1' });
  const server = createServer();
  const sockets = attachSockets({ ...venue, server, market, onTick: market.onTick, timeScale });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const stop = async (): Promise<void> => {
    sockets.close();
    await new Promise<void>((done) =>
      server.close(() => {
        done();
      }),
    );
  };
  return { market, sockets, url: `ws://127.0.0.1:${String(portOf(server))}`, stop };
}

/** A client that keeps everything it hears. */
export class Listener {
  readonly socket: WebSocket;
  readonly frames: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  pings = 0;
  #waiting: (() => void)[] = [];

  constructor(url: string) {
    this.socket = new WebSocket(url, { autoPong: true });
    this.socket.on('message', (data) => {
      this.frames.push(Buffer.isBuffer(data) ? data.toString('utf8') : '');
      this.#wake();
    });
    this.socket.on('ping', () => {
      this.pings += 1;
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') };
      this.#wake();
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.OPEN) return this;
    await new Promise<void>((done, fail) => {
      this.socket.once('open', done);
      this.socket.once('error', fail);
    });
    return this;
  }

  send(value: unknown): void {
    this.socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** Everything heard so far that is a JSON object. */
  messages(): readonly Record<string, unknown>[] {
    return this.frames
      .filter((frame) => frame.startsWith('{'))
      .map((frame): unknown => JSON.parse(frame))
      .filter(isObject);
  }

  /** Waits until something holds. */
  async until(
    what: string,
    holds: (heard: readonly Record<string, unknown>[]) => boolean,
    withinMs = 5000,
  ): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!holds(this.messages())) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${what} did not happen; heard ${this.frames.join(' ')}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(left, 50));
        this.#waiting.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

function portOf(server: Server): number {
  const address: unknown = server.address();
  if (!isObject(address) || typeof address['port'] !== 'number') throw new Error('the server does not listen');
  return address['port'];
}
