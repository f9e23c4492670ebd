/**
 * OKX's public figures, read once for all accounts of a process: USD index prices and collateral discount brackets
 * (okx.md §6). Every answer carries the moment its read began, so that nobody takes old data for new.
 */
import type { Asset } from '../../core/loan.ts';
import { ONE, type Dec } from '../../core/money.ts';
import type { Clock } from '../../clock.ts';
import { VenueError, type PriceTick, type Stop } from '../exchange.ts';
import { ENDPOINTS } from './endpoints.ts';
import { PriceFeed } from './feed.ts';
import { OkxPublic, type Wiring } from './publicClient.ts';
import { discountRow, indexTickerRow, readRows, statusRow, type DiscountRow, type StatusRow } from './wire.ts';

export interface Prices {
  /** Wall ms at which the read began. */
  readonly asOf: number;
  readonly of: ReadonlyMap<Asset, Dec>;
}

export type Discounts = ReadonlyMap<Asset, DiscountRow>;

/** Index reads per window that are made anew for every look; beyond them looks share one per `indexAgeMs`. */
const FRESH_CALLS = 4;
const STATUS_AGE_MS = 60_000;

/** A figure that many callers share: read at most every `ageMs`, kept for `keepMs` when reading fails. */
class Shared<T> {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<T>;
  readonly #ageMs: () => number;
  readonly #keepMs: number;
  #value: { readonly value: T; readonly asOf: number; readonly mono: number } | null = null;
  #running: Promise<void> | null = null;

  constructor(clock: Clock, ageMs: () => number, keepMs: number, fetch: () => Promise<T>) {
    this.#clock = clock;
    this.#ageMs = ageMs;
    this.#keepMs = keepMs;
    this.#fetch = fetch;
  }

  async get(): Promise<{ readonly value: T; readonly asOf: number }> {
    if (this.#value !== null && this.#age() < this.#ageMs()) return this.#value;
    try {
      this.#running ??= this.#refresh().finally(() => {
        this.#running = null;
      });
      await this.#running;
    } catch (error) {
      if (this.#value === null || this.#age() >= this.#keepMs) throw error;
    }
    if (this.#value === null) throw new VenueError('unavailable', 'nothing was read');
    return this.#value;
  }

  #age(): number {
    return this.#value === null ? Infinity : this.#clock.mono() - this.#value.mono;
  }

  async #refresh(): Promise<void> {
    const asOf = this.#clock.wall();
    const mono = this.#clock.mono();
    this.#value = { value: await this.#fetch(), asOf, mono };
  }
}

export class OkxMarket {
  readonly public: OkxPublic;
  readonly #feed: PriceFeed;
  readonly #usd: Shared<ReadonlyMap<Asset, Dec>>;
  readonly #usdt: Shared<ReadonlyMap<Asset, Dec>>;
  readonly #discounts: Shared<Discounts>;
  readonly #status: Shared<readonly StatusRow[]>;

  constructor(wiring: Wiring) {
    const { clock, timing } = wiring;
    this.public = new OkxPublic(wiring);
    this.#feed = new PriceFeed(wiring);
    // A look that follows an action must not be dated before it by an old price, as long as the limit allows.
    const indexAge = (): number =>
      this.public.calledLately(ENDPOINTS.indexTickers) < FRESH_CALLS ? 0 : timing.indexAgeMs;
    this.#usd = new Shared(clock, indexAge, timing.indexKeepMs, () => this.#index('USD'));
    this.#usdt = new Shared(
      clock,
      () => timing.indexAgeMs,
      timing.indexKeepMs,
      () => this.#index('USDT'),
    );
    this.#status = new Shared(
      clock,
      () => STATUS_AGE_MS,
      STATUS_AGE_MS,
      () => this.#readStatus(),
    );
    this.#discounts = new Shared(
      clock,
      () => timing.referenceEveryMs,
      timing.referenceKeepMs,
      () => this.#readDiscounts(),
    );
  }

  /**
   * USD index prices of these assets; one without any index is absent. A coin that has no `X-USD` index is valued by
   * `X-USDT` times `USDT-USD`.
   * @throws VenueError
   */
  async prices(assets: Iterable<Asset>): Promise<Prices> {
    const wanted = new Set(assets);
    const usd = await this.#usd.get();
    const of = new Map<Asset, Dec>();
    let { asOf } = usd;
    for (const asset of wanted) {
      const price = asset === 'USD' ? ONE : usd.value.get(asset);
      if (price !== undefined) of.set(asset, price);
    }
    const tether = usd.value.get('USDT');
    if (of.size < wanted.size && tether !== undefined) {
      const usdt = await this.#usdt.get().catch(() => null);
      for (const asset of wanted) {
        const price = usdt?.value.get(asset);
        if (usdt === null || price === undefined || of.has(asset)) continue;
        of.set(asset, price.times(tether));
        asOf = Math.min(asOf, usdt.asOf);
      }
    }
    return { asOf, of };
  }

  /**
   * Discount brackets by currency: an estimate of what flexible loans use, which no document says (okx.md §3.2).
   * @throws VenueError
   */
  async discounts(): Promise<Discounts> {
    return (await this.#discounts.get()).value;
  }

  /** Maintenance windows as the venue announces them (okx.md §6). One read in five seconds serves all accounts. */
  async status(): Promise<readonly StatusRow[]> {
    return (await this.#status.get()).value;
  }

  watch(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop {
    return this.#feed.watch(assets, onPrice);
  }

  close(): Promise<void> {
    return this.#feed.close();
  }

  async #index(quote: 'USD' | 'USDT'): Promise<ReadonlyMap<Asset, Dec>> {
    const data = await this.public.read(ENDPOINTS.indexTickers, { quoteCcy: quote });
    const ending = `-${quote}`;
    const found = new Map<Asset, Dec>();
    for (const { instId, price } of readRows('market/index-tickers', indexTickerRow, data)) {
      // A price of zero is no price: it would make every collateral worthless.
      if (instId.endsWith(ending) && !price.isZero()) found.set(instId.slice(0, -ending.length), price);
    }
    return found;
  }

  async #readStatus(): Promise<readonly StatusRow[]> {
    return readRows('system/status', statusRow, await this.public.read(ENDPOINTS.status, {}));
  }

  async #readDiscounts(): Promise<Discounts> {
    const data = await this.public.read(ENDPOINTS.discounts, {});
    const rows = readRows('public/discount-rate-interest-free-quota', discountRow, data);
    return new Map(rows.map((row) => [row.ccy, row]));
  }
}
