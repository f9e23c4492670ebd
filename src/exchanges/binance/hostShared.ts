/**
 * Figures that are the same for every account of a host: index prices, minima, collateral switches.
 *
 * The venue meters them per IP (binance.md §4.1: 1200 index prices a minute), so the accounts of a process share them.
 * A price is shared only while nobody is hurt by its age: with plenty of weight left every look gets prices that were
 * asked for after it began; as the minute's weight goes, prices up to two seconds old are passed on, and the view says
 * so in its `asOf`.
 */
import type { Clock } from '../../clock.ts';
import type { Asset } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import type { Transport } from '../transport.ts';

/** A figure with the moment its read began. */
export interface Dated<T> {
  readonly value: T;
  readonly wall: number;
  readonly mono: number;
}

/** One shared figure: kept, or asked for once by whoever needs it first. */
export class SharedRead<T> {
  readonly #clock: Clock;
  #last: Dated<T> | null = null;
  #running: { readonly mono: number; readonly result: Promise<Dated<T>> } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The figure, read no longer ago than `maxAgeMs`. `read` is only called when no such read exists or is under way. */
  async get(maxAgeMs: number, read: () => Promise<T>): Promise<Dated<T>> {
    const notBefore = this.#clock.mono() - maxAgeMs;
    if (this.#last !== null && this.#last.mono >= notBefore) return this.#last;
    if (this.#running !== null && this.#running.mono >= notBefore) return this.#running.result;
    const result = this.#start(read);
    return result;
  }

  get last(): Dated<T> | null {
    return this.#last;
  }

  #start(read: () => Promise<T>): Promise<Dated<T>> {
    const began = { wall: this.#clock.wall(), mono: this.#clock.mono() };
    const result = read().then((value) => {
      const dated = { value, ...began };
      if (this.#last === null || this.#last.mono <= began.mono) this.#last = dated;
      return dated;
    });
    const running = { mono: began.mono, result };
    this.#running = running;
    const done = (): void => {
      if (this.#running === running) this.#running = null;
    };
    result.then(done, done);
    return result;
  }
}

/** Minima and switches of one margin asset (`GET margin/allAssets`, §5.8). */
export interface AssetRule {
  readonly minRepay: Dec;
  /** May be moved into a margin account, where it then counts in full. */
  readonly mortgageable: boolean;
  /** May be borrowed by margin accounts. */
  readonly borrowable: boolean;
  readonly minBorrow: Dec | null;
}

export type AssetRules = ReadonlyMap<Asset, AssetRule>;

export class HostShared {
  readonly rules: SharedRead<AssetRules>;
  readonly #clock: Clock;
  /** `null` price: the venue has no index for the symbol. */
  readonly #prices = new Map<string, SharedRead<Dec | null>>();

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.rules = new SharedRead(clock);
  }

  /** One per transport and host: accounts that share sockets share figures. */
  static of(transport: Transport, host: string, clock: Clock): HostShared {
    let hosts = HOSTS.get(transport);
    if (hosts === undefined) {
      hosts = new Map();
      HOSTS.set(transport, hosts);
    }
    let shared = hosts.get(host);
    if (shared === undefined) {
      shared = new HostShared(clock);
      hosts.set(host, shared);
    }
    return shared;
  }

  price(symbol: string): SharedRead<Dec | null> {
    let shared = this.#prices.get(symbol);
    if (shared === undefined) {
      shared = new SharedRead(this.#clock);
      this.#prices.set(symbol, shared);
    }
    return shared;
  }
}

const HOSTS = new WeakMap<Transport, Map<string, HostShared>>();
