/**
 * Prices over a socket, by ccxt's `watchTickers` (clients.md §4): an accelerator, never the truth. Binance has no stream
 * of its margin index (binance.md §9.2), so the last price of `<symbol>@miniTicker`, once a second, stands in for it:
 * a real-time stream would cost much more and could not be trusted any better.
 *
 * One socket serves all accounts of a process. ccxt does not reconnect by itself and notices a dead peer late: one loop
 * asks again after a growing pause, and a watchdog takes a silent socket down. Nothing is ever thrown at a caller.
 */
import type { Cancel, Clock } from '../../clock.ts';
import type { Asset } from '../../core/loan.ts';
import { parse } from '../../core/money.ts';
import { Binance } from '../ccxt.ts';
import type { PriceTick, Stop } from '../exchange.ts';
import type { VenueLog } from '../kit.ts';

type Listener = (tick: PriceTick) => void;
type Socket = InstanceType<typeof Binance>;

export interface FeedOptions {
  /** Origin of the market streams, e.g. `wss://stream.binance.com:9443`. */
  readonly ws: string;
  readonly clock: Clock;
  readonly log: VenueLog;
  /** Silence after which the socket is taken down. */
  readonly silenceMs: number;
}

/** Ping every 10 s, one miss allowed: a half-open socket is noticed in about 20 s instead of 9 to 12 minutes (clients.md §4). */
const KEEP_ALIVE_MS = 10_000;
/** A close that hangs is not waited for. */
const CLOSE_PATIENCE_MS = 1_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
const QUOTE = 'USDT';

export class PriceFeed {
  readonly #options: FeedOptions;
  readonly #listeners = new Map<Asset, Set<Listener>>();
  readonly #delivered = new Map<Asset, unknown>();
  #running: AbortController | null = null;
  #socket: Socket | null = null;
  #watchdog: Cancel | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  watch(assets: readonly Asset[], onPrice: Listener): Stop {
    const wanted = assets.filter((asset) => asset !== QUOTE);
    const before = this.#listeners.size;
    for (const asset of wanted) {
      this.#listeners.set(asset, (this.#listeners.get(asset) ?? new Set()).add(onPrice));
    }
    // ccxt opens another socket for another list of symbols: so the one socket is built again with the whole list.
    if (this.#running === null) this.#start();
    else if (this.#listeners.size !== before) void this.#drop();
    return async () => {
      for (const asset of wanted) {
        const listeners = this.#listeners.get(asset);
        listeners?.delete(onPrice);
        if (listeners?.size === 0) this.#listeners.delete(asset);
      }
      if (this.#listeners.size === 0) await this.close();
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#running?.abort();
    this.#running = null;
    this.#watchdog?.();
    this.#watchdog = null;
    await this.#drop();
  }

  #start(): void {
    if (this.#listeners.size === 0) return;
    const running = new AbortController();
    this.#running = running;
    void this.#loop(running.signal);
  }

  async #loop(stop: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let pause = FIRST_PAUSE_MS;
    while (!stop.aborted) {
      try {
        const socket = await this.#open();
        await socket.watchTickers([...this.#listeners.keys()].map(symbolOf), { name: 'miniTicker' });
        if (socket !== this.#socket) continue;
        this.#deliver(socket.tickers);
        pause = FIRST_PAUSE_MS;
        // What else came in the same breath wakes nobody: it is looked for once more.
        await clock.sleep(0, stop);
        if (socket === this.#socket) this.#deliver(socket.tickers);
      } catch (error) {
        if (stop.aborted) return;
        log.info('binance.feed.broken', { reason: error instanceof Error ? error.name : 'unknown', pauseMs: pause });
        await this.#drop();
        await clock.sleep(pause, stop).catch(() => undefined);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  /** All tickers that are new, not only the one that woke us: several arrive at once. */
  #deliver(tickers: unknown): void {
    this.#guard();
    if (typeof tickers !== 'object' || tickers === null) return;
    const all = new Map<string, unknown>(Object.entries(tickers));
    for (const [asset, listeners] of this.#listeners) {
      const ticker = all.get(symbolOf(asset));
      if (ticker === undefined || this.#delivered.get(asset) === ticker) continue;
      this.#delivered.set(asset, ticker);
      const price = priceOf(ticker);
      if (price === null) continue;
      const tick: PriceTick = { asset, price, at: this.#options.clock.wall() };
      for (const listener of listeners) this.#tell(listener, tick);
    }
  }

  #tell(listener: Listener, tick: PriceTick): void {
    try {
      listener(tick);
    } catch (error) {
      this.#options.log.warn('binance.feed.listener', { reason: error instanceof Error ? error.name : 'unknown' });
    }
  }

  /** The socket, with stubs for markets: nothing is loaded over the network. */
  async #open(): Promise<Socket> {
    if (this.#socket !== null) return this.#socket;
    const socket = new Binance({
      enableRateLimit: false,
      streaming: { keepAlive: KEEP_ALIVE_MS, maxPingPongMisses: 1 },
    });
    const origin = this.#options.ws.replace(/\/+$/, '');
    socket.urls['api'] = { ws: { spot: `${origin}/ws`, margin: `${origin}/ws` } };
    socket.setMarkets([...this.#listeners.keys()].map(stub));
    this.#socket = socket;
    this.#guard();
    // A plain ws:// address (loopback) needs it.
    if (origin.startsWith('ws://')) await socket.loadHttpProxyAgent();
    return socket;
  }

  #guard(): void {
    this.#watchdog?.();
    const { clock, log, silenceMs } = this.#options;
    this.#watchdog = clock.later(silenceMs, () => {
      this.#watchdog = null;
      log.warn('binance.feed.silent', { ms: silenceMs });
      void this.#drop();
    });
  }

  /** Ends the socket; the loop that waits for it gets an error and begins anew. */
  async #drop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    const closing = socket.close().catch(() => undefined);
    await Promise.race([closing, this.#options.clock.sleep(CLOSE_PATIENCE_MS)]);
  }
}

function symbolOf(asset: Asset): string {
  return `${asset}/${QUOTE}`;
}

function stub(asset: Asset): Record<string, unknown> {
  const id = `${asset}${QUOTE}`;
  const common = { base: asset, quote: QUOTE, baseId: asset, quoteId: QUOTE, type: 'spot', spot: true, active: true };
  return { id, lowercaseId: id.toLowerCase(), symbol: symbolOf(asset), ...common };
}

/** The price as the wire spelled it: ccxt's own fields are JavaScript numbers. */
function priceOf(ticker: unknown): PriceTick['price'] | null {
  if (typeof ticker !== 'object' || ticker === null || !('info' in ticker)) return null;
  const info: unknown = ticker.info;
  if (typeof info !== 'object' || info === null || !('c' in info) || typeof info.c !== 'string') return null;
  try {
    const price = parse(info.c);
    return price.gt(0) ? price : null;
  } catch {
    return null;
  }
}
