/** Binance market-data sockets: `/ws/<stream>`, `/stream?streams=…`, SUBSCRIBE and UNSUBSCRIBE (binance.md §9.1, §9.2). */
import type { Market } from '../contract.ts';
import { feedOf } from './binanceFeeds.ts';
import type { Feed } from './binanceFeeds.ts';
import type { Session, Wire } from './session.ts';
import { Pacer, readObject } from './session.ts';

const PING_MS = 20_000;
const PONG_WITHIN_MS = 60_000;
const LIFE_MS = 86_400_000;
const MAX_MESSAGES_PER_SECOND = 5;
const MAX_STREAMS = 1024;
const POLICY_VIOLATION = 1008;

interface Running {
  readonly feed: Feed;
  readonly pacer: Pacer;
  mark: string;
}

/** Keeps a Binance connection alive, or ends it: ping every 20 s, no pong within a minute, 24 hours. */
export class Heartbeat {
  readonly #market: Market;
  readonly #wire: Wire;
  readonly #scale: number;
  readonly #endLife: () => void;
  #cancel: () => void = () => undefined;
  #heardMs: number;

  constructor(market: Market, wire: Wire, scale: number) {
    this.#market = market;
    this.#wire = wire;
    this.#scale = scale;
    this.#heardMs = market.host.now();
    this.#endLife = market.host.later(LIFE_MS * scale, () => {
      wire.close(1001, 'connection is 24 hours old');
    });
    this.#beat();
  }

  pong(): void {
    this.#heardMs = this.#market.host.now();
  }

  stop(): void {
    this.#cancel();
    this.#endLife();
  }

  #beat(): void {
    this.#cancel = this.#market.host.later(PING_MS * this.#scale, () => {
      const silentMs = this.#market.host.now() - this.#heardMs;
      if (silentMs > PONG_WITHIN_MS * this.#scale) {
        this.#wire.cut();
        return;
      }
      this.#wire.ping(String(this.#market.host.now()));
      this.#beat();
    });
  }
}

/** One market-data connection. */
export class BinanceMarketSession implements Session {
  readonly #market: Market;
  readonly #wire: Wire;
  readonly #combined: boolean;
  readonly #heartbeat: Heartbeat;
  readonly #running = new Map<string, Running>();
  readonly #names = new Set<string>();
  #heardAt: number[] = [];

  /** `combined` wraps every payload as `{stream, data}`. */
  constructor(market: Market, wire: Wire, streams: readonly string[], combined: boolean, scale: number) {
    this.#market = market;
    this.#wire = wire;
    this.#combined = combined;
    this.#heartbeat = new Heartbeat(market, wire, scale);
    for (const name of streams) this.#subscribe(name);
  }

  heard(text: string): void {
    if (this.#flooded()) return;
    const request = readObject(text);
    const id = request?.['id'] ?? null;
    const params: unknown = request?.['params'] ?? [];
    if (request === undefined || !isNames(params)) {
      this.#wire.json({ code: 2, msg: 'Invalid request: request must be an object with a list of streams', id });
      return;
    }
    switch (request['method']) {
      case 'SUBSCRIBE':
        this.#subscribeAll(params, id);
        return;
      case 'UNSUBSCRIBE':
        for (const name of params) this.#unsubscribe(name);
        this.#wire.json({ result: null, id });
        return;
      case 'LIST_SUBSCRIPTIONS':
        this.#wire.json({ result: [...this.#names], id });
        return;
      default:
        this.#wire.json({ code: 2, msg: 'Invalid request: unknown variant of method', id });
    }
  }

  pong(): void {
    this.#heartbeat.pong();
  }

  moved(): void {
    for (const one of this.#running.values()) {
      const mark = one.feed.mark();
      if (mark === one.mark) continue;
      one.mark = mark;
      one.pacer.poke();
    }
  }

  ended(): void {
    this.#heartbeat.stop();
    for (const { pacer } of this.#running.values()) pacer.stop();
  }

  #subscribeAll(names: readonly string[], id: unknown): void {
    if (this.#names.size + names.length > MAX_STREAMS) {
      this.#wire.json({ code: 2, msg: `Invalid request: more than ${String(MAX_STREAMS)} streams`, id });
      return;
    }
    this.#wire.json({ result: null, id });
    for (const name of names) this.#subscribe(name);
  }

  /** The first message comes at once, so that a standing tape is not mistaken for a dead feed. */
  #subscribe(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const feed = feedOf(this.#market, name);
    if (feed === undefined) return;
    const pacer = new Pacer(this.#market.host, feed.pace, () => {
      const payload = feed.payload();
      this.#wire.json(this.#combined ? { stream: name, data: payload } : payload);
    });
    this.#running.set(name, { feed, pacer, mark: feed.mark() });
    pacer.fire();
  }

  #unsubscribe(name: string): void {
    this.#names.delete(name);
    this.#running.get(name)?.pacer.stop();
    this.#running.delete(name);
  }

  #flooded(): boolean {
    const now = this.#market.host.now();
    this.#heardAt = this.#heardAt.filter((atMs) => atMs > now - 1000);
    this.#heardAt.push(now);
    if (this.#heardAt.length <= MAX_MESSAGES_PER_SECOND) return false;
    this.#wire.close(POLICY_VIOLATION, 'Too many requests');
    return true;
  }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
