/**
 * USD index prices over a socket, by ccxt's `watch*` (clients.md §4): an accelerator, never the truth. One socket serves
 * all accounts of a process. ccxt does not reconnect by itself and notices a dead peer late, so every asset has a loop
 * that asks again after a growing pause, and a watchdog takes a silent socket down. Nothing is ever thrown at a caller.
 */
import type { Cancel } from '../../clock.ts';
import type { Asset } from '../../core/loan.ts';
import { parse } from '../../core/money.ts';
import { Okx } from '../ccxt.ts';
import type { PriceTick, Stop } from '../exchange.ts';
import type { Wiring } from './publicClient.ts';

type Listener = (tick: PriceTick) => void;
type Socket = InstanceType<typeof Okx>;

/** Ping every 10 s, one miss allowed: a half-open socket is noticed in about 20 s instead of 72 s (clients.md §4). */
const KEEP_ALIVE_MS = 10_000;
/** A close that hangs is not waited for. */
const CLOSE_PATIENCE_MS = 1_000;
const CHANNEL = { channel: 'index-tickers' };

export class PriceFeed {
  readonly #wiring: Wiring;
  readonly #listeners = new Map<Asset, Set<Listener>>();
  readonly #looping = new Set<Asset>();
  #socket: Socket | null = null;
  #agent: Promise<unknown> = Promise.resolve();
  #watchdog: Cancel | null = null;
  #stopping = new AbortController();

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  watch(assets: readonly Asset[], onPrice: Listener): Stop {
    for (const asset of assets) {
      const listeners = this.#listeners.get(asset) ?? new Set();
      this.#listeners.set(asset, listeners.add(onPrice));
      if (!this.#looping.has(asset)) void this.#loop(asset);
    }
    return async () => {
      for (const asset of assets) {
        const listeners = this.#listeners.get(asset);
        listeners?.delete(onPrice);
        if (listeners?.size === 0) this.#listeners.delete(asset);
      }
      if (this.#listeners.size === 0) await this.close();
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#stopping.abort();
    this.#stopping = new AbortController();
    this.#watchdog?.();
    this.#watchdog = null;
    await this.#drop();
  }

  async #loop(asset: Asset): Promise<void> {
    const { timing, clock, log } = this.#wiring;
    const stop = this.#stopping.signal;
    this.#looping.add(asset);
    let pause = timing.feedRetryMs;
    while (this.#listeners.has(asset) && !stop.aborted) {
      try {
        const socket = await this.#open(asset);
        await socket.watchTicker(`${asset}/USD`, { ...CHANNEL });
        if (stop.aborted) break;
        // Of several frames in one packet the call answers with the first; the last one is kept here.
        this.#deliver(asset, socket.tickers[`${asset}/USD`]);
        pause = timing.feedRetryMs;
      } catch (error) {
        if (stop.aborted) break;
        log.info('okx.feed.broken', { asset, reason: error instanceof Error ? error.name : 'unknown', pauseMs: pause });
        await clock.sleep(pause, stop).catch(() => undefined);
        pause = Math.min(pause * 2, timing.feedRetryMaxMs);
      }
    }
    this.#looping.delete(asset);
    // Somebody may have begun to watch while this loop was ending.
    if (stop.aborted && this.#listeners.has(asset)) void this.#loop(asset);
  }

  #deliver(asset: Asset, ticker: unknown): void {
    this.#feedWatchdog();
    const price = priceOf(ticker);
    if (price === null) return;
    const tick: PriceTick = { asset, price, at: this.#wiring.clock.wall() };
    for (const listener of this.#listeners.get(asset) ?? []) {
      try {
        listener(tick);
      } catch (error) {
        this.#wiring.log.warn('okx.feed.listener', { asset, reason: error instanceof Error ? error.name : 'unknown' });
      }
    }
  }

  /** The socket, with this asset's index among its instruments. Instruments are stubs: nothing is loaded over the network. */
  async #open(asset: Asset): Promise<Socket> {
    let socket = this.#socket;
    if (socket === null) {
      socket = new Okx({
        enableRateLimit: false,
        streaming: { keepAlive: KEEP_ALIVE_MS, maxPingPongMisses: 1 },
      });
      const { ws, rest } = this.#wiring.hosts;
      socket.urls['api'] = { rest, ws: `${ws.replace(/\/ws\/v5\/?$/, '').replace(/\/$/, '')}/ws/v5` };
      this.#socket = socket;
      this.#feedWatchdog();
      // A plain ws:// address (loopback) needs it, and everybody who asks meanwhile waits for it as well.
      this.#agent = ws.startsWith('ws://') ? socket.loadHttpProxyAgent() : Promise.resolve();
    }
    await this.#agent;
    if (socket.markets?.[`${asset}/USD`] === undefined) {
      const assets = new Set([...this.#listeners.keys(), asset]);
      socket.setMarkets([...assets].map(stub));
    }
    return socket;
  }

  #feedWatchdog(): void {
    this.#watchdog?.();
    this.#watchdog = this.#wiring.clock.later(this.#wiring.timing.feedSilenceMs, () => {
      this.#watchdog = null;
      this.#wiring.log.warn('okx.feed.silent', { ms: this.#wiring.timing.feedSilenceMs });
      void this.#drop();
    });
  }

  /** Ends the socket; loops that wait for it get an error and begin anew. */
  async #drop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    const closing = socket.close().catch(() => undefined);
    await Promise.race([closing, this.#wiring.clock.sleep(CLOSE_PATIENCE_MS)]);
  }
}

function stub(asset: Asset): Record<string, unknown> {
  const id = `${asset}-USD`;
  return {
    id,
    symbol: `${asset}/USD`,
    base: asset,
    quote: 'USD',
    baseId: asset,
    quoteId: 'USD',
    type: 'index',
    active: true,
  };
}

/** The price as the wire spelled it: ccxt's own fields are JavaScript numbers. */
function priceOf(ticker: unknown): PriceTick['price'] | null {
  if (typeof ticker !== 'object' || ticker === null || !('info' in ticker)) return null;
  const info: unknown = ticker.info;
  if (typeof info !== 'object' || info === null || !('idxPx' in info) || typeof info.idxPx !== 'string') return null;
  try {
    const price = parse(info.idxPx);
    return price.gt(0) ? price : null;
  } catch {
    return null;
  }
}
