/** A source outside the venue that knows the fake venue's two coins, and always agrees; a test silences coins of it. */
import type { Asset } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import type { ReferenceFeed } from '../../src/exchanges/reference.ts';
import type { Bench } from './bench.ts';

export class Attested implements ReferenceFeed {
  readonly pulled = false;
  readonly #bench: Pick<Bench, 'clock' | 'venue'>;
  silent: readonly Asset[] = [];

  constructor(bench: Pick<Bench, 'clock' | 'venue'>) {
    this.#bench = bench;
  }

  watch(): void {
    // It knows both.
  }

  prices(): ReturnType<ReferenceFeed['prices']> {
    const { clock, venue } = this.#bench;
    const known = Object.entries({ BTC: venue.price, USDT: parse('1') }).filter(
      ([asset]) => !this.silent.includes(asset),
    );
    return Object.fromEntries(
      known.map(([asset, price]) => [asset, { price, unit: 'USD', at: clock.wall(), source: 'elsewhere' }]),
    );
  }

  mark(): Promise<void> {
    return Promise.resolve();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
