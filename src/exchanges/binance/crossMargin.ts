/**
 * Cross margin, classic mode (binance.md §5.1, §5.3, §5.7, §10): one loan per account, repaid from inside, collateral
 * moved by universal transfers from and to the spot wallet. Its limits are in `endpoints.ts`.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset, LoanView } from '../../core/loan.ts';
import { ZERO } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { Reader } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { crossView, readCrossAccount, readThresholds, type CrossAccount } from './crossView.ts';
import { ENDPOINTS } from './endpoints.ts';
import { MarginWitness, marginCall, type Holding, type MarginShape } from './margin.ts';
import { PriceBook, priceAll } from './priceBook.ts';
import { type Call, type Look, type ProductPart } from './product.ts';
import { assetRules } from './rules.ts';

/** In a fast market balances and prices can be of two moments: the account is then read again with fresh prices, this often in all. */
const ATTEMPTS = 3;
/** Coins outside that are offered as new collateral, at most; the operator's list comes first anyway. */
const MOST_ADDABLE = 30;

const SHAPE: MarginShape = { isolated: false, transferIn: 'MAIN_MARGIN', transferOut: 'MARGIN_MAIN' };

type Thresholds = ReturnType<typeof readThresholds>;

export class CrossMargin implements ProductPart {
  readonly product = 'binance.crossMargin';
  readonly #client: BinanceClient;
  /** Assets of the last look, so that their prices are asked for together with the account. */
  #assets: readonly Asset[] = ['BTC'];
  readonly #witness: MarginWitness;
  #thresholds: Thresholds | null = null;

  constructor(client: BinanceClient) {
    this.#client = client;
    this.#witness = new MarginWitness(client, SHAPE, (intent, signal) => this.#holding(intent.asset, signal));
  }

  async observe(look: Look): Promise<readonly LoanView[]> {
    look.prices.prefetch(this.#assets);
    const thresholds = this.#readThresholds(look.signal);
    thresholds.catch(() => undefined);
    const rules = await assetRules(this.#client);
    for (let attempt = 1; ; attempt += 1) {
      const cross = await this.#readAccount(look.signal);
      const book = attempt === 1 ? look.prices : new PriceBook(this.#client, true);
      const addable = await addableOf(look, cross, rules);
      const inside = cross.assets.map((row) => row.asset);
      // BTC besides: the venue's totals are in it.
      const prices = await priceAll(book, inside, [...addable, 'BTC']);
      this.#assets = [...prices.keys()];
      try {
        return [
          crossView({
            account: this.#client.account,
            asOf: Math.min(look.startedAt, book.oldest),
            cross,
            thresholds: await thresholds,
            prices,
            rules,
            addable,
          }),
        ];
      } catch (error) {
        if (attempt >= ATTEMPTS || !(error instanceof VenueError) || error.kind !== 'malformed') throw error;
      }
    }
  }

  call(intent: Intent): Call {
    return marginCall(intent, SHAPE);
  }

  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#witness.cursors(intent, signal);
  }

  evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    return this.#witness.evidence(intent, signal);
  }

  async #holding(asset: Asset, signal: AbortSignal): Promise<Holding> {
    const cross = await this.#readAccount(signal, 'rescue');
    const row = cross.assets.find((held) => held.asset === asset);
    return { debt: row === undefined ? ZERO : row.borrowed.plus(row.interest), free: row?.free ?? ZERO };
  }

  async #readAccount(signal: AbortSignal, purpose: 'poll' | 'rescue' = 'poll'): Promise<CrossAccount> {
    const json = await this.#client.read(ENDPOINTS.marginAccount, {}, { signal, purpose });
    return readCrossAccount(Reader.of(json, 'margin/account'));
  }

  /** Thresholds belong to each observation. Only when our own limit forbids the read, the last ones stand in. */
  async #readThresholds(signal: AbortSignal): Promise<Thresholds> {
    try {
      const json = await this.#client.read(ENDPOINTS.tradeCoeff, {}, { signal });
      this.#thresholds = readThresholds(Reader.of(json, 'margin/tradeCoeff'));
      return this.#thresholds;
    } catch (error) {
      const ownLimit = error instanceof VenueError && error.kind === 'rateLimited' && error.code === null;
      if (ownLimit && this.#thresholds !== null) return this.#thresholds;
      throw error;
    }
  }
}

/** Spot coins that may be collateral and are not inside yet. A wallet that could not be read offers none. */
async function addableOf(
  look: Look,
  cross: CrossAccount,
  rules: Awaited<ReturnType<typeof assetRules>>,
): Promise<Asset[]> {
  const spot = await look.spot.catch(() => null);
  if (spot === null || rules === null) return [];
  const inside = new Set(cross.assets.filter((row) => row.free.plus(row.locked).gt(ZERO)).map((row) => row.asset));
  return Object.keys(spot.free)
    .filter((asset) => look.usable(asset) && !inside.has(asset) && rules.get(asset)?.mortgageable === true)
    .slice(0, MOST_ADDABLE);
}
