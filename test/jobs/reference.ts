/** A second price source that says what a test tells it to say. */
import type { Clock } from '../../src/clock.ts';
import type { Reference, References } from '../../src/core/dislocation.ts';
import type { Asset } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import type { ReferenceFeed } from '../../src/exchanges/reference.ts';

export class FakeReference implements ReferenceFeed {
  pulled = false;
  watched: readonly Asset[] = [];
  marked = 0;
  refreshed = 0;
  /** Awaited by every `refresh`. */
  beforeRefresh: () => Promise<void> = () => Promise.resolve();
  /** USDT per coin; read at the very moment they are asked for. */
  said: Readonly<Record<Asset, string>>;
  readonly #clock: Clock;

  constructor(clock: Clock, said: Readonly<Record<Asset, string>>) {
    this.#clock = clock;
    this.said = said;
  }

  watch(assets: readonly Asset[]): void {
    this.watched = assets;
  }

  prices(): References {
    const found = this.watched.flatMap((asset): (readonly [Asset, Reference])[] => {
      const price = this.said[asset];
      const [unit, source] = asset === 'USDT' ? ['USD', 'other USDT-USD'] : ['USDT', `other ${asset}-USDT`];
      return price === undefined ? [] : [[asset, { price: parse(price), unit, at: this.#clock.wall(), source }]];
    });
    return Object.fromEntries(found);
  }

  mark(): Promise<void> {
    this.marked += 1;
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    this.refreshed += 1;
    await this.beforeRefresh();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
