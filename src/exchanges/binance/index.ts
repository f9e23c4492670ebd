/**
 * Binance as a `Venue`: one account, dispatched by product. A new product is one file with the roles of `product.ts`
 * and one line in `partOf`.
 */
import type { Clock } from '../../clock.ts';
import type { Intent } from '../../core/intent.ts';
import type { AccountView, Asset, LoanView, Product, SectionState, WalletView } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import {
  VenueError,
  type AccountTerms,
  type Costs,
  type ExternalActs,
  type Finding,
  type Offers,
  type PriceTick,
  type ReportingVenue,
  type Sent,
  type SignedRequest,
  type Stop,
  type Weighed,
} from '../exchange.ts';
import { DEFAULT_VENUE_TIMING, silentLog, type VenueLog, type VenueTiming } from '../kit.ts';
import type { Meter } from '../limits.ts';
import { weighed } from '../rawReply.ts';
import { borrowSharedParts } from '../shared.ts';
import type { Traffic } from '../traffic.ts';
import type { Transport } from '../transport.ts';
import type { BinanceKey } from './ccxtSigner.ts';
import { BinanceClient, LONGEST_MONEY_WINDOW_MS } from './client.ts';
import { CrossMargin } from './crossMargin.ts';
import { examine, readUid } from './examine.ts';
import { FeedHub } from './feedHub.ts';
import { FlexibleLoan } from './flexibleLoan.ts';
import { IsolatedMargin } from './isolatedMargin.ts';
import { maxRelease } from './margin.ts';
import { PriceBook } from './priceBook.ts';
import { UnsupportedCall, type Call, type Look, type ProductPart } from './product.ts';
import { BinanceReports } from './reports.ts';
import { assetRules } from './rules.ts';
import { readSpot } from './wallet.ts';

export interface BinanceOptions {
  /** Name of the account: a label in messages, limits and loan ids. */
  readonly account: string;
  readonly key: BinanceKey;
  /** Origins; `null` for the venue's own (binance.md §1). */
  readonly hosts: { readonly rest: string | null; readonly ws: string | null };
  readonly products: readonly Product[];
  /** The UID the key must belong to; `null` takes what comes. */
  readonly expectUid: string | null;
  readonly clock: Clock;
  readonly timing?: VenueTiming;
  /** Window of signed money calls, ms, at most 3000. */
  readonly recvWindowMs?: number;
  /** Both are shared by all accounts of the process when absent. */
  readonly transport?: Transport;
  readonly meter?: Meter;
  /** Money calls carry `x-ballast-intent`: for simulators that count sends. */
  readonly tagIntents?: boolean;
  /** Wallet coins the policy may use; `null`: every one that could be collateral. Others get no price. */
  readonly usable?: readonly Asset[] | null;
  /** Accept a key that may withdraw. */
  readonly allowWithdraw?: boolean;
  readonly log?: VenueLog;
  readonly traffic?: Traffic | undefined;
}

export const BINANCE_REST = 'https://api.binance.com';
export const BINANCE_STREAMS = 'wss://stream.binance.com:9443';

export function createBinance(options: BinanceOptions): ReportingVenue {
  return new Binance(options);
}

class Binance implements ReportingVenue {
  readonly name = 'binance';
  readonly products: readonly Product[];
  readonly #options: BinanceOptions;
  readonly #client: BinanceClient;
  readonly #parts: ReadonlyMap<Product, ProductPart>;
  readonly #calls = new WeakMap<SignedRequest, Call>();
  readonly #reports: BinanceReports;
  readonly #giveBack: () => Promise<void>;
  readonly #stops = new Set<Stop>();
  #uid: string | null = null;

  constructor(options: BinanceOptions) {
    this.#options = options;
    this.products = options.products;
    const shared = borrowSharedParts(options.clock);
    this.#giveBack = shared.giveBack;
    this.#client = new BinanceClient({
      account: options.account,
      key: options.key,
      rest: options.hosts.rest ?? BINANCE_REST,
      clock: options.clock,
      timing: options.timing ?? DEFAULT_VENUE_TIMING,
      recvWindowMs: options.recvWindowMs ?? LONGEST_MONEY_WINDOW_MS,
      transport: options.transport ?? shared.parts.transport,
      meter: options.meter ?? shared.parts.meter,
      log: options.log ?? silentLog,
      traffic: options.traffic,
      tagIntents: options.tagIntents ?? false,
    });
    this.#parts = new Map(options.products.map((product) => [product, partOf(product, this.#client)]));
    this.#reports = new BinanceReports({
      client: this.#client,
      products: options.products,
      observe: (signal) => this.observe(signal),
      admit: (signal) => this.#knownUid(signal),
    });
  }

  async observe(signal: AbortSignal): Promise<AccountView> {
    const startedAt = this.#client.clock.wall();
    const look = this.#look(startedAt, signal);
    const [uid, wallet, ...loans] = await Promise.all([
      this.#knownUid(signal),
      section(look.spot, this.#client.clock),
      ...[...this.#parts.values()].map((part) => section(part.observe(look), this.#client.clock)),
    ]);
    const sections: Record<string, SectionState> = { 'wallet.spot': stateOf(wallet, () => startedAt) };
    const views: LoanView[] = [];
    for (const [index, product] of [...this.#parts.keys()].entries()) {
      const read = loans[index];
      if (read === undefined) continue;
      sections[product] = stateOf(read, (list) => Math.min(startedAt, ...list.map((loan) => loan.asOf)));
      if (read.value !== null) views.push(...read.value);
    }
    const failures = [wallet, ...loans].flatMap((read) => (read.error === null ? [] : [read.error]));
    // Nothing could be read: the first reason speaks for all.
    if (failures.length === loans.length + 1 && failures[0] !== undefined) throw failures[0];
    return {
      account: this.#client.account,
      uid,
      asOf: Math.min(startedAt, ...views.map((loan) => loan.asOf)),
      sections,
      loans: views,
      wallets: wallet.value === null ? [] : [wallet.value],
      prices: await this.#prices(look, views, wallet.value),
    };
  }

  async mostToRelease(loan: LoanView, assets: readonly Asset[], signal: AbortSignal): Promise<Record<Asset, Dec>> {
    // Flexible loans: the venue names no maximum; the view says what follows from the initial LTV.
    return loan.product === 'binance.flexibleLoan' ? {} : maxRelease(this.#client, assets, loan.key, signal);
  }

  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#part(intent).cursors(intent, signal);
  }

  sign(intent: Intent): SignedRequest {
    const call = this.#part(intent).call(intent);
    const request = this.#client.sign(intent.id, call.endpoint, call.params);
    this.#calls.set(request, call);
    return request;
  }

  async send(request: SignedRequest, signal: AbortSignal): Promise<Sent> {
    const call = this.#calls.get(request);
    if (call === undefined) return { outcome: 'refused', reason: 'this request was not signed here' };
    return this.#client.money(request, signal, (json) => call.accept(json));
  }

  evidence(intent: Intent, signal: AbortSignal): Promise<Weighed> {
    const marks = [intent.ref ?? '', intent.amount];
    return weighed(signal, marks, (heard) => this.#part(intent).evidence(intent, heard));
  }

  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop {
    const { clock, hosts, log, timing } = this.#options;
    const silenceMs = (timing ?? DEFAULT_VENUE_TIMING).feedSilenceMs;
    const feed = FeedHub.of(clock, { ws: hosts.ws ?? BINANCE_STREAMS, clock, log: log ?? silentLog, silenceMs });
    const stop = feed.watch(assets, onPrice);
    const once = async (): Promise<void> => {
      this.#stops.delete(once);
      await stop();
    };
    this.#stops.add(once);
    return once;
  }

  clockOffsetMs(): number | null {
    return this.#client.time.offset();
  }

  examine(signal: AbortSignal): Promise<readonly Finding[]> {
    const { products, expectUid, allowWithdraw } = this.#options;
    return examine(this.#client, { products, expectUid, allowWithdraw: allowWithdraw ?? false }, signal);
  }

  terms(signal: AbortSignal): Promise<AccountTerms> {
    return this.#reports.terms(signal);
  }

  costs(sinceMs: number, signal: AbortSignal): Promise<Costs> {
    return this.#reports.costs(sinceMs, signal);
  }

  offers(signal: AbortSignal): Promise<Offers> {
    return this.#reports.offers(signal);
  }

  roundTripMs(): Promise<number> {
    return this.#client.time.roundTripMs();
  }

  external(sinceMs: number, ours: () => Promise<readonly Intent[]>, signal: AbortSignal): Promise<ExternalActs> {
    return this.#reports.external(sinceMs, ours, signal);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stops].map((stop) => stop()));
    await this.#giveBack();
  }

  #part(intent: Intent): ProductPart {
    const part = this.#parts.get(intent.product);
    if (part === undefined) throw new UnsupportedCall(`this account does not handle ${intent.product}`);
    return part;
  }

  #look(startedAt: number, signal: AbortSignal): Look {
    const { usable } = this.#options;
    const spot = readSpot(this.#client, startedAt, signal);
    spot.catch(() => undefined);
    return {
      signal,
      startedAt,
      spot,
      prices: new PriceBook(this.#client, false),
      usable: (asset) => usable === undefined || usable === null || usable.includes(asset),
    };
  }

  /** Read once: a key never changes its account. Everything is refused when it is not the expected one. */
  async #knownUid(signal: AbortSignal): Promise<string> {
    this.#uid ??= await readUid(this.#client, signal);
    const { expectUid } = this.#options;
    if (expectUid !== null && this.#uid !== expectUid) {
      throw new VenueError('permission', `the key belongs to UID ${this.#uid}, expected is ${expectUid}`);
    }
    return this.#uid;
  }

  /** Prices for caps and reserves. Every loan's own, and those of usable coins outside; a coin without one is left out. */
  async #prices(look: Look, loans: readonly LoanView[], wallet: WalletView | null): Promise<Record<Asset, Dec>> {
    const prices: Record<Asset, Dec> = {};
    for (const loan of loans)
      for (const { asset, price } of [...loan.debts, ...loan.collateral]) prices[asset] ??= price;
    const rules = wallet === null ? null : await assetRules(this.#client);
    const open = Object.keys(wallet?.free ?? {}).filter(
      (asset) => prices[asset] === undefined && look.usable(asset) && rules?.has(asset) === true,
    );
    await Promise.all(
      open.slice(0, MOST_PRICED).map(async (asset) => {
        const price = await look.prices.price(asset).catch(() => null);
        if (price !== null) prices[asset] = price;
      }),
    );
    return prices;
  }
}

/** Wallet coins that get a price when no list says which are meant. */
const MOST_PRICED = 30;

function partOf(product: Product, client: BinanceClient): ProductPart {
  switch (product) {
    case 'binance.crossMargin':
      return new CrossMargin(client);
    case 'binance.isolatedMargin':
      return new IsolatedMargin(client);
    case 'binance.flexibleLoan':
      return new FlexibleLoan(client);
    default:
      throw new UnsupportedCall(`Binance has no product ${product} here`);
  }
}

type Section<T> =
  | { readonly value: T; readonly error: null; readonly at: number }
  | { readonly value: null; readonly error: Error; readonly at: number };

async function section<T>(reading: Promise<T>, clock: Clock): Promise<Section<T>> {
  try {
    return { value: await reading, error: null, at: clock.wall() };
  } catch (error) {
    return { value: null, error: error instanceof Error ? error : new Error('unknown failure'), at: clock.wall() };
  }
}

function stateOf<T>(read: Section<T>, asOf: (value: T) => number): SectionState {
  if (read.error !== null) return { state: 'failed', reason: read.error.message, at: read.at };
  return { state: 'fresh', asOf: asOf(read.value) };
}
