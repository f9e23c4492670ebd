/** The market as one venue sees it: the tape's prices, except where that venue's own index is dislocated. */
import type { Dec } from '../core/money.ts';
import type { Host, Market } from './contract.ts';

export class VenueMarket implements Market {
  readonly host: Host;
  readonly #market: Market;
  readonly #factorOf: (asset: string, tapeMs: number) => Dec | undefined;

  /** @param factorOf by how much the index of an asset is off at a tape time; undefined: not at all */
  constructor(market: Market, factorOf: (asset: string, tapeMs: number) => Dec | undefined) {
    this.host = market.host;
    this.#market = market;
    this.#factorOf = factorOf;
  }

  tapeNow(): number {
    return this.#market.tapeNow();
  }

  price(asset: string): Dec {
    const price = this.#market.price(asset);
    const factor = this.#factorOf(asset, this.#market.tapeNow());
    return factor === undefined ? price : price.times(factor);
  }

  assets(): readonly string[] {
    return this.#market.assets();
  }

  nextId(series: string): string {
    return this.#market.nextId(series);
  }
}
