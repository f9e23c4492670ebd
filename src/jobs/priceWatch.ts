/**
 * Prices between two looks, by the venue's own feed: an accelerator, never the truth (DESIGN §6). It only asks for a look
 * earlier than the timer would; what is decided is decided from what that look reads.
 *
 * A feed does not quote what the venue values loans with (Binance streams last prices in USDT, not its index in USD). So
 * only its moves count: every view ties the feed's price of that moment to the view's own, and later ticks are read in
 * proportion. A lasting difference between the two can then neither ring nor hide anything.
 *
 * At most one bell per look, however many ticks there are: what has rung is quiet until the look's view is there.
 */
import type { Cancel, Clock } from '../clock.ts';
import type { AccountView, Asset } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import type { PriceTick, Stop, Venue } from '../exchanges/exchange.ts';

export interface PriceWatchOptions {
  readonly venue: Pick<Venue, 'watchPrices'>;
  readonly clock: Clock;
  /** Shortest time between two bells, and longest silence after one whose view never came, ms. */
  readonly lookSoonMs: number;
  /** Judges these prices; `true` when it rang. */
  readonly judge: (prices: Readonly<Record<Asset, Dec>>) => Promise<boolean>;
  readonly onError: (error: Error) => void;
}

/** Ticks that come within this are judged together. */
const BURST_MS = 20;
/** Samples that are kept of an asset, to find what the feed said when the reads of a view began. */
const SAMPLE_EVERY_MS = 100;
const SAMPLES = 100;
const YOUNG_MS = SAMPLE_EVERY_MS * SAMPLES;

interface Heard {
  /** Oldest first, `SAMPLE_EVERY_MS` apart. */
  readonly samples: PriceTick[];
  newest: PriceTick;
}

export class PriceWatch {
  readonly #options: PriceWatchOptions;
  #stopFeed: Stop | null = null;
  #following = '';
  /** What the last view says; `null` while the account is blind. */
  #prices: Readonly<Record<Asset, Dec>> | null = null;
  #asOf = 0;
  readonly #heard = new Map<Asset, Heard>();
  /** The view's price over the feed's, at the moment of the view. */
  readonly #ties = new Map<Asset, Dec>();
  #cancel: Cancel | null = null;
  #rangAt = Number.NEGATIVE_INFINITY;
  /** It rang, and the look's view is not there yet. */
  #waiting = false;
  #stopped = false;

  constructor(options: PriceWatchOptions) {
    this.#options = options;
  }

  /** A look ended with this view: from here on moves count from it. Subscribes anew when other coins matter now. */
  follow(view: AccountView): void {
    if (this.#stopped) return;
    this.#prices = pricesOf(view);
    this.#asOf = view.asOf;
    this.#waiting = false;
    this.#ties.clear();
    for (const asset of Object.keys(this.#prices)) this.#tie(asset);
    this.#subscribe(Object.keys(this.#prices).sort());
    // What came while the look was reading is news to it.
    if ([...this.#heard.values()].some(({ newest }) => newest.at > view.asOf)) this.#arm();
  }

  /** The account is blind: prices do not ring it, its own retries do, at the pace that its venue bears. */
  hold(): void {
    this.#prices = null;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#stopFeed?.();
  }

  #subscribe(assets: readonly Asset[]): void {
    const list = assets.join(' ');
    if (list === this.#following) return;
    this.#following = list;
    const before = this.#stopFeed;
    const known = new Set(assets);
    for (const asset of this.#heard.keys()) if (!known.has(asset)) this.#heard.delete(asset);
    const { venue, onError } = this.#options;
    try {
      // A listener of its own each time, and the new one first: a feed closes when nobody listens.
      this.#stopFeed = assets.length === 0 ? null : venue.watchPrices(assets, (tick) => void this.#hear(tick));
    } catch (error) {
      this.#stopFeed = null;
      onError(asError(error));
    }
    before?.().catch((error: unknown) => {
      onError(asError(error));
    });
  }

  #hear(tick: PriceTick): void {
    if (this.#stopped || !tick.price.isPositive() || tick.price.isZero()) return;
    const heard = this.#heard.get(tick.asset);
    if (heard === undefined) this.#heard.set(tick.asset, { samples: [tick], newest: tick });
    else {
      heard.newest = tick;
      const last = heard.samples.at(-1);
      if (last === undefined || tick.at - last.at >= SAMPLE_EVERY_MS) heard.samples.push(tick);
      if (heard.samples.length > SAMPLES) heard.samples.shift();
    }
    if (!this.#ties.has(tick.asset)) this.#tie(tick.asset);
    this.#arm();
  }

  /** By what the feed said last before the view's reads began; a feed that had said nothing is tied to its first word. */
  #tie(asset: Asset): void {
    const price = this.#prices?.[asset];
    const heard = this.#heard.get(asset);
    if (price === undefined || heard === undefined) return;
    // What it said long before says nothing about the view: a feed that was silent is tied to its next word.
    const young = heard.samples.filter(({ at }) => at > this.#asOf - YOUNG_MS);
    const then = young.findLast(({ at }) => at <= this.#asOf) ?? young[0];
    if (then !== undefined) this.#ties.set(asset, price.div(then.price));
  }

  #arm(): void {
    if (this.#cancel !== null || this.#stopped || this.#prices === null) return;
    const { clock, lookSoonMs } = this.#options;
    const gap = this.#waiting ? lookSoonMs : lookSoonMs / 2;
    const wait = Math.max(BURST_MS, this.#rangAt + gap - clock.mono());
    this.#cancel = clock.later(wait, () => {
      this.#cancel = null;
      void this.#judge();
    });
  }

  async #judge(): Promise<void> {
    const { clock, judge, onError } = this.#options;
    if (this.#stopped || this.#prices === null) return;
    const prices: Record<Asset, Dec> = {};
    for (const [asset, tie] of this.#ties) {
      const heard = this.#heard.get(asset);
      if (heard !== undefined && heard.newest.at > this.#asOf) prices[asset] = heard.newest.price.times(tie);
    }
    if (Object.keys(prices).length === 0) return;
    try {
      if (!(await judge(prices))) return;
      this.#rangAt = clock.mono();
      this.#waiting = true;
    } catch (error) {
      onError(asError(error));
    }
  }
}

/** Coins whose price moves an open loan, with the price that its view has. */
function pricesOf({ loans }: AccountView): Readonly<Record<Asset, Dec>> {
  const prices: Record<Asset, Dec> = {};
  for (const { status, debts, collateral } of loans) {
    if (status !== 'open') continue;
    for (const { asset, amount, price } of [...debts, ...collateral]) {
      if (!amount.isZero() && !price.isZero()) prices[asset] ??= price;
    }
  }
  return prices;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
