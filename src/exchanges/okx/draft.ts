/** An account's view while its sections come in, each fresh or failed by itself (DESIGN §2.4). */
import type { AccountView, Asset, LoanView, Product, SectionState, WalletView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import type { VenueError } from '../exchange.ts';
import { asVenueError } from '../gather.ts';
import type { Section, Surroundings } from './product.ts';

export type Settled<T> = { readonly value: T } | { readonly error: unknown };

export function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

export class Draft {
  readonly #sections: Record<string, SectionState> = {};
  readonly #loans: LoanView[] = [];
  readonly #wallets: WalletView[] = [];
  readonly #prices = new Map<Asset, Dec>();
  readonly #failures: unknown[] = [];
  #asOf: number;

  constructor(started: number) {
    this.#asOf = started;
  }

  product(name: Product, result: Settled<Section>, now: number): void {
    if ('error' in result) {
      this.#fail(name, result.error, now);
      return;
    }
    const { loans, asOf, prices, wallets } = result.value;
    this.#fresh(name, asOf);
    this.#loans.push(...loans);
    for (const wallet of wallets ?? []) this.wallet(wallet.name, { value: wallet }, now);
    for (const [asset, price] of prices) this.#prices.set(asset, price);
  }

  wallet(name: string, result: Settled<WalletView>, now: number): void {
    if ('error' in result) {
      this.#fail(`wallet.${name}`, result.error, now);
      return;
    }
    this.#fresh(`wallet.${name}`, result.value.asOf);
    this.#wallets.push(result.value);
  }

  /** The first failure, when there is nothing else to show. */
  get blind(): VenueError | null {
    const [first] = this.#failures;
    const allFailed = Object.values(this.#sections).every(({ state }) => state === 'failed');
    return allFailed && first !== undefined ? asVenueError(first) : null;
  }

  /** Caps and reserves need prices of wallet coins; a coin without one is simply not priced. */
  async priceWallets(read: Surroundings['prices']): Promise<void> {
    const missing = this.#wallets.flatMap(({ free }) => Object.keys(free)).filter((asset) => !this.#prices.has(asset));
    if (missing.length === 0) return;
    const prices = await read(missing).catch(() => null);
    if (prices === null) return;
    this.#asOf = Math.min(this.#asOf, prices.asOf);
    for (const [asset, price] of prices.of) this.#prices.set(asset, price);
  }

  done(account: string, uid: string): AccountView {
    return {
      account,
      uid,
      asOf: this.#asOf,
      sections: this.#sections,
      loans: this.#loans,
      wallets: this.#wallets,
      prices: Object.fromEntries(this.#prices),
    };
  }

  #fresh(name: string, asOf: number): void {
    this.#sections[name] = { state: 'fresh', asOf };
    this.#asOf = Math.min(this.#asOf, asOf);
  }

  #fail(name: string, error: unknown, at: number): void {
    this.#failures.push(error);
    this.#sections[name] = { state: 'failed', reason: asVenueError(error).message, at };
  }
}
