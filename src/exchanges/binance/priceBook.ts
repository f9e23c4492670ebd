/**
 * USD prices of one look, at the index Binance values margin with (`GET margin/priceIndex`, binance.md §5.8).
 *
 * USDT stands for USD, as in the venue's own collateral totals (§5.1). An asset without a USDT index is valued through
 * BTC.
 */
import type { Asset } from '../../core/loan.ts';
import { ONE, type Dec } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { Reader, malformed } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Dated } from './hostShared.ts';

const USD: Asset = 'USDT';
const NO_INDEX = '-3042';
/** That a symbol has no index is believed for this long. */
const NO_INDEX_KEPT_MS = 600_000;
/** Share of the minute's weight that is gone → how old a shared price may be. */
const AGES = [
  { above: 0.4, ageMs: 2_000 },
  { above: 0.2, ageMs: 500 },
];

export class PriceBook {
  readonly #client: BinanceClient;
  readonly #maxAgeMs: number;
  readonly #asked = new Map<string, Promise<Dec | null>>();
  #oldest = Infinity;

  /** `fresh`: only prices asked for from now on. */
  constructor(client: BinanceClient, fresh: boolean) {
    this.#client = client;
    const used = client.usedShare(ENDPOINTS.priceIndex);
    this.#maxAgeMs = fresh ? 0 : (AGES.find((step) => used > step.above)?.ageMs ?? 0);
  }

  /** Our wall ms at which the oldest read that fed this book began. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Starts reading, so that prices and balances are of the same moment. A failure shows where the price is used. */
  prefetch(assets: Iterable<Asset>): void {
    for (const asset of assets) this.price(asset).catch(() => undefined);
  }

  /** `null`: the venue has no index for it. Throws when the read failed. */
  async price(asset: Asset): Promise<Dec | null> {
    if (asset === USD) return ONE;
    const direct = await this.#index(`${asset}${USD}`);
    if (direct !== null || asset === 'BTC') return direct;
    const [inBtc, btc] = await Promise.all([this.#index(`${asset}BTC`), this.#index(`BTC${USD}`)]);
    return inBtc === null || btc === null ? null : inBtc.times(btc);
  }

  #index(symbol: string): Promise<Dec | null> {
    let asked = this.#asked.get(symbol);
    if (asked === undefined) {
      asked = this.#shared(symbol);
      this.#asked.set(symbol, asked);
    }
    return asked;
  }

  async #shared(symbol: string): Promise<Dec | null> {
    const shared = this.#client.shared.price(symbol);
    const missing = shared.last?.value === null;
    const dated: Dated<Dec | null> = await shared.get(missing ? NO_INDEX_KEPT_MS : this.#maxAgeMs, () =>
      this.#read(symbol),
    );
    if (dated.value !== null) this.#oldest = Math.min(this.#oldest, dated.wall);
    return dated.value;
  }

  async #read(symbol: string): Promise<Dec | null> {
    try {
      const json = await this.#client.read(ENDPOINTS.priceIndex, { symbol }, {});
      const answer = Reader.of(json, `margin/priceIndex ${symbol}`);
      if (answer.text('symbol') !== symbol) throw malformed(answer.where, 'the answer is about another symbol');
      const price = answer.amount('price');
      if (price.isZero()) throw malformed(answer.where, 'a price of zero');
      return price;
    } catch (error) {
      if (!(error instanceof VenueError) || error.code !== NO_INDEX) throw error;
      return null;
    }
  }
}

/** Prices of what is inside must be there; one of a coin outside may be missing. */
export async function priceAll(
  book: PriceBook,
  inside: readonly Asset[],
  outside: readonly Asset[],
): Promise<Map<Asset, Dec | null>> {
  const needed = [...new Set(inside)].map(async (asset) => [asset, await book.price(asset)] as const);
  const wanted = outside.map(async (asset) => [asset, await book.price(asset).catch(() => null)] as const);
  return new Map(await Promise.all([...wanted, ...needed]));
}
