/**
 * The OKX venue: one account, its loan products, its wallets (DESIGN §6). Everything outside this folder knows it only
 * as a `Venue`.
 */
import type { Clock } from '../../clock.ts';
import type { Intent } from '../../core/intent.ts';
import type { AccountView, Asset, LoanView, Product } from '../../core/loan.ts';
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
  type SignedRequest,
  type Stop,
  type Venue,
  type Weighed,
} from '../exchange.ts';
import type { Revealable, VenueLog, VenueTiming } from '../kit.ts';
import type { Meter } from '../limits.ts';
import type { Traffic } from '../traffic.ts';
import type { Transport } from '../transport.ts';
import { weighed } from '../rawReply.ts';
import { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { Draft, settled } from './draft.ts';
import { examine } from './examine.ts';
import { FlexibleLoan } from './flexibleLoan.ts';
import { readFunding } from './funding.ts';
import type { OkxMarket } from './market.ts';
import type { ProductPart, Surroundings } from './product.ts';
import { OKX_HOSTS, type OkxHosts } from './publicClient.ts';
import { OkxReports } from './reports.ts';
import { sharedMarket } from './sharing.ts';
import { SpotBorrow } from './spotBorrow.ts';
import { mostOf } from './terms.ts';
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
  readonly traffic?: Traffic | undefined;
  readonly demo?: boolean;
  /** Keys that may withdraw are refused unless the operator insists. */
  readonly allowWithdraw?: boolean;
  /** Wallet coins the policy may use; `null`: every one that could be collateral. Others are not offered as new collateral. */
  readonly usable?: readonly Asset[] | null;
  /** Shared by all accounts behind one IP address; by default by all of this process. */
  readonly meter?: Meter;
  readonly transport?: Transport;
  readonly market?: OkxMarket;
}

export function createOkx(options: OkxOptions): ReportingVenue {
  return new Okx(options);
}

class Okx implements ReportingVenue {
  readonly name = 'okx';
  readonly products: readonly Product[];
  readonly #options: OkxOptions;
  readonly #client: OkxClient;
  readonly #market: OkxMarket;
  readonly #release: () => Promise<void>;
  readonly #parts: ReadonlyMap<Product, ProductPart>;
  readonly #reports: OkxReports;
  #config: { readonly row: ConfigRow; readonly mono: number } | null = null;

  constructor(options: OkxOptions) {
    const { account, key, clock, log, traffic } = options;
    const { passphrase } = key;
    if (passphrase === null) throw new VenueError('permission', `account ${account}: an OKX key needs its passphrase`);
    this.#options = options;
    this.products = options.products.filter((product) => product.startsWith('okx.'));
    const hosts: OkxHosts = { rest: options.hosts.rest ?? OKX_HOSTS.rest, ws: options.hosts.ws ?? OKX_HOSTS.ws };
    const timing = okxTiming(options.timing, options.windowMs, options.timing);
    const given = { meter: options.meter, transport: options.transport, market: options.market };
    const { market, wiring, release } = sharedMarket({ hosts, clock, timing, log, traffic }, given);
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
    const parts: readonly ProductPart[] = [
      new FlexibleLoan({ account, client: this.#client }),
      new SpotBorrow({ account, client: this.#client }),
    ];
    this.#parts = new Map(
      parts.filter(({ product }) => this.products.includes(product)).map((part) => [part.product, part]),
    );
    this.#reports = new OkxReports({
      account,
      client: this.#client,
      market,
      products: this.products,
      observe: (signal) => this.observe(signal),
      admit: (signal) => this.#account(signal),
    });
  }

  async observe(signal: AbortSignal): Promise<AccountView> {
    const started = this.#client.clock.wall();
    const config = await this.#account(signal);
    const funding = settled(readFunding(this.#client, signal));
    const { usable = null } = this.#options;
    const around: Surroundings = {
      config,
      usable: (asset) => usable === null || usable.includes(asset),
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

  mostToRelease(loan: LoanView, assets: readonly Asset[], signal: AbortSignal): Promise<Record<Asset, Dec>> {
    return mostOf(this.#client, loan, assets, signal);
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

  async evidence(intent: Intent, signal: AbortSignal): Promise<Weighed> {
    await this.#account(signal);
    const marks = [intent.ref ?? '', intent.clientId, intent.amount];
    return weighed(signal, marks, (heard) => this.#part(intent).evidence(intent, heard));
  }

  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop {
    return this.#market.watch(assets, onPrice);
  }

  clockOffsetMs(): number | null {
    return this.#market.public.venueClock.offsetMs();
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
    return this.#market.public.roundTripMs();
  }

  external(sinceMs: number, ours: () => Promise<readonly Intent[]>, signal: AbortSignal): Promise<ExternalActs> {
    return this.#reports.external(sinceMs, ours, signal);
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
