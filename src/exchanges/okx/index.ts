/**
 * The OKX venue: one account, its loan products, its wallets (DESIGN §6). Everything outside this folder knows it only
 * as a `Venue`.
 */
import type { Clock } from '../../clock.ts';
import type { Evidence, Intent } from '../../core/intent.ts';
import type { AccountView, Asset, LoanView, Product, SectionState, WalletView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { VenueError, type Finding, type PriceTick, type SignedRequest, type Stop, type Venue } from '../exchange.ts';
import type { Revealable, VenueLog, VenueTiming } from '../kit.ts';
import type { Meter } from '../limits.ts';
import type { Transport } from '../transport.ts';
import { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { examine } from './examine.ts';
import { FlexibleLoan } from './flexibleLoan.ts';
import { readFunding } from './funding.ts';
import type { OkxMarket } from './market.ts';
import type { ProductPart, Section, Surroundings } from './product.ts';
import { OKX_HOSTS, type OkxHosts } from './publicClient.ts';
import { sharedMarket } from './sharing.ts';
import { SpotBorrow } from './spotBorrow.ts';
import { okxTiming, type OkxTiming } from './timing.ts';
import { configRow, readOne, type ConfigRow } from './wire.ts';

export { createOkxMarket } from './sharing.ts';
export { OKX_TIMING, type OkxTiming } from './timing.ts';
export { OKX_HOSTS, type OkxHosts } from './publicClient.ts';

export interface OkxOptions {
  /** Name of the account in the policy. */
  readonly account: string;
  readonly key: { readonly id: Revealable; readonly secret: Revealable; readonly passphrase: Revealable | null };
  /** `null`: the global venue's own. */
  readonly hosts: { readonly rest: string | null; readonly ws: string | null };
  readonly clock: Clock;
  readonly timing: VenueTiming & Partial<OkxTiming>;
  /** The venue's timestamp window. */
  readonly windowMs: number;
  readonly products: readonly Product[];
  /** UID the key must belong to; another one's account is never read further. */
  readonly expectUid: string | null;
  /** Tags money calls for a simulator that counts them. */
  readonly tagIntents: boolean;
  readonly log: VenueLog;
  readonly demo?: boolean;
  /** Keys that may withdraw are refused unless the operator insists. */
  readonly allowWithdraw?: boolean;
  /** Asked at every look: read how much could be released? Costs a call per coin. */
  readonly releases?: () => boolean;
  /** Shared by all accounts behind one IP address; by default by all of this process. */
  readonly meter?: Meter;
  readonly transport?: Transport;
  readonly market?: OkxMarket;
}

export function createOkx(options: OkxOptions): Venue {
  return new Okx(options);
}

class Okx implements Venue {
  readonly name = 'okx';
  readonly products: readonly Product[];
  readonly #options: OkxOptions;
  readonly #client: OkxClient;
  readonly #market: OkxMarket;
  readonly #release: () => Promise<void>;
  readonly #parts: ReadonlyMap<Product, ProductPart>;
  #config: { readonly row: ConfigRow; readonly mono: number } | null = null;

  constructor(options: OkxOptions) {
    const { account, key, clock, log } = options;
    const { passphrase } = key;
    if (passphrase === null) throw new VenueError('permission', `account ${account}: an OKX key needs its passphrase`);
    this.#options = options;
    this.products = options.products.filter((product) => product.startsWith('okx.'));
    const hosts: OkxHosts = { rest: options.hosts.rest ?? OKX_HOSTS.rest, ws: options.hosts.ws ?? OKX_HOSTS.ws };
    const timing = okxTiming(options.timing, options.windowMs, options.timing);
    const given = { meter: options.meter, transport: options.transport, market: options.market };
    const { market, wiring, release } = sharedMarket({ hosts, clock, timing, log }, given);
    this.#market = market;
    this.#release = release;
    this.#client = new OkxClient({
      account,
      key: { ...key, passphrase },
      wiring,
      public: market.public,
      demo: options.demo ?? false,
      tagIntents: options.tagIntents,
    });
    const releases = options.releases ?? ((): boolean => false);
    const parts: readonly ProductPart[] = [
      new FlexibleLoan({ account, client: this.#client, releases }),
      new SpotBorrow({ account, client: this.#client, releases }),
    ];
    this.#parts = new Map(
      parts.filter(({ product }) => this.products.includes(product)).map((part) => [part.product, part]),
    );
  }

  async observe(signal: AbortSignal): Promise<AccountView> {
    const started = this.#client.clock.wall();
    const config = await this.#account(signal);
    const funding = settled(readFunding(this.#client, signal));
    const around: Surroundings = {
      config,
      funding: funding.then((result) => ('value' in result ? result.value : null)),
      prices: (assets) => this.#market.prices(assets),
      discounts: this.#market.discounts().catch(() => null),
    };
    const parts = await Promise.all(
      [...this.#parts.values()].map(async (part) => ({ part, result: await settled(part.observe(around, signal)) })),
    );
    const view = new Draft(started);
    for (const { part, result } of parts) view.product(part.product, result, this.#client.clock.wall());
    view.wallet('funding', await funding, this.#client.clock.wall());
    if (view.blind) throw view.blind;
    await view.priceWallets((assets) => this.#market.prices(assets));
    return view.done(this.#options.account, config.uid);
  }

  async cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#part(intent).cursors(intent, signal);
  }

  sign(intent: Intent): SignedRequest {
    if (this.#config === null) throw new VenueError('unavailable', 'the account was not read yet');
    return this.#part(intent).sign(intent);
  }

  send(request: SignedRequest, signal: AbortSignal): ReturnType<Venue['send']> {
    return this.#client.money(request, signal);
  }

  async evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    await this.#account(signal);
    return this.#part(intent).evidence(intent, signal);
  }

  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop {
    return this.#market.watch(assets, onPrice);
  }

  examine(signal: AbortSignal): Promise<readonly Finding[]> {
    return examine(
      {
        client: this.#client,
        market: this.#market,
        expectUid: this.#options.expectUid,
        spotBorrow: this.products.includes('okx.spotBorrow'),
        allowWithdraw: this.#options.allowWithdraw ?? false,
        demo: this.#options.demo ?? false,
      },
      signal,
    );
  }

  close(): Promise<void> {
    return this.#release();
  }

  #part(intent: Intent): ProductPart {
    const part = this.#parts.get(intent.product);
    if (part === undefined) throw new VenueError('malformed', `this account does not read ${intent.product}`);
    return part;
  }

  /** Who we are, read once in a while. An account with another UID is never touched (DESIGN §1, §2.11). */
  async #account(signal: AbortSignal): Promise<ConfigRow> {
    const { clock, timing } = this.#client;
    const known = this.#config;
    if (known !== null && clock.mono() - known.mono < timing.configAgeMs) return known.row;
    const row = await this.#readConfig(signal).catch((error: unknown) => {
      // What we know about the account does not change by a failed read; a refused key does.
      if (known === null || (error instanceof VenueError && error.kind === 'permission')) throw error;
      return known.row;
    });
    this.#config = { row, mono: clock.mono() };
    return row;
  }

  async #readConfig(signal: AbortSignal): Promise<ConfigRow> {
    const row = readOne('account/config', configRow, await this.#client.read(ENDPOINTS.config, {}, signal));
    const { expectUid } = this.#options;
    if (expectUid !== null && row.uid !== expectUid) {
      throw new VenueError('permission', `the key belongs to UID ${row.uid}, the policy expects ${expectUid}`);
    }
    this.#client.countAs({ uid: row.uid, masterUid: row.mainUid });
    return row;
  }
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** An account's view while its sections come in. */
class Draft {
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

function asVenueError(error: unknown): VenueError {
  if (error instanceof VenueError) return error;
  return new VenueError('malformed', error instanceof Error ? `unexpected ${error.name}` : 'unexpected failure');
}
