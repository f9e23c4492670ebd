/**
 * The port between the server and a venue (DESIGN §6). Everything outside `exchanges/` knows a venue only by this.
 */
import type { Explained } from '../core/change.ts';
import type { Evidence, Intent, Reply } from '../core/intent.ts';
import type { AccountView, Asset, LoanId, LoanView, Product } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';

/** A request signed once, with its validity. Holds a signature: never journaled, logged or put into an error. */
export interface SignedRequest {
  readonly intentId: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Wall ms (venue clock) that was signed. */
  readonly signedAt: number;
  /** Wall ms (venue clock) after which the venue refuses to start executing it: timestamp + window + clock error. */
  readonly validUntil: number;
}

export type FindingLevel = 'ok' | 'warn' | 'fail';

/** One line of an examination, with what to do about it. */
export interface Finding {
  readonly check: string;
  readonly level: FindingLevel;
  readonly says: string;
  readonly remedy: string;
  /** sysexits code a start should end with when this is a `fail`: 77 permission, 69 unavailable, 78 configuration. */
  readonly exit: 69 | 77 | 78 | null;
  /** Missing only for sending: an account in dry-run watches all the same. */
  readonly onlyForSending?: boolean;
}

export type Stop = () => Promise<void>;

/** What a venue answered, for people and for its own support; nothing decides by it. Free of secrets, cut (rawReply.ts). */
export interface RawReply {
  /** Method and path. */
  readonly call: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of the whole body; more than `body` holds: it was cut. */
  readonly bytes: number;
  /** Our wall ms. */
  readonly at: number;
}

/** What one send brought back, with the answer it was read from; none where nothing came back. */
export type Sent = Reply & { readonly raw?: RawReply };

/** Evidence, with the answers it was read from. */
export type Weighed = Evidence & { readonly raw?: readonly RawReply[] };

/** USD index price of one asset as a feed reports it. */
export interface PriceTick {
  readonly asset: Asset;
  readonly price: Dec;
  /** Wall ms at which we received it. */
  readonly at: number;
}

export interface Venue {
  readonly name: 'binance' | 'okx';
  /** Products and wallets this account reads; others cost nothing. */
  readonly products: readonly Product[];
  /** Reads everything a look needs. A part that fails becomes a failed section; throws `VenueError` only when nothing could be read. */
  observe(signal: AbortSignal): Promise<AccountView>;
  /**
   * Most coins of these that the venue would let go from a loan now. Asked only when a release is about to be planned: on
   * Binance each coin costs as much as five looks. What could not be read is absent, never unlimited.
   */
  mostToRelease(loan: LoanView, assets: readonly Asset[], signal: AbortSignal): Promise<Readonly<Record<Asset, Dec>>>;
  /** Cursors of the records that will prove this intent, read before the send. */
  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  sign(intent: Intent): SignedRequest;
  /** Exactly one request on the wire. Never throws for what the venue or the network did. */
  send(request: SignedRequest, signal: AbortSignal): Promise<Sent>;
  evidence(intent: Intent, signal: AbortSignal): Promise<Weighed>;
  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop;
  examine(signal: AbortSignal): Promise<readonly Finding[]>;
  /** The venue's clock less our wall clock, ms, as last asked for; `null` while it is not known. Asks nobody. */
  clockOffsetMs(): number | null;
  close(): Promise<void>;
}

/** A part of a report that could not be read, and why. The rest of the report stands: a gap is not an empty list. */
export interface Gap {
  /** A product, and what of it, e.g. `binance.crossMargin BTC room`. */
  readonly section: string;
  readonly reason: string;
}

/** How much more of an asset could be borrowed. Ballast never does; it tells how much air there is. */
export interface Room {
  readonly coins: Dec;
  /** What binds: the collateral there is, the venue's limit for this account, or a quota shared with other accounts. */
  readonly binds: 'collateral' | 'limit' | 'quota';
  /** What the other bound alone would allow, coins; `null` when the venue does not say. */
  readonly otherwise: Dec | null;
}

/** One debt of one loan as the venue's terms have it now. What the venue does not say is `null`. */
export interface DebtTerms {
  readonly loan: LoanId;
  readonly product: Product;
  readonly asset: Asset;
  /** Share of the debt per day (0.0002 is 0.02 % a day). Rates float: this is the newest one stated. */
  readonly ratePerDay: Dec | null;
  /** The same as the venue states it, with its period. */
  readonly stated: { readonly rate: Dec; readonly per: 'hour' | 'day' | 'year' } | null;
  /** Wall ms at which interest falls due next: OKX spot says it; elsewhere the next full hour (flexible loans of Binance: minute). */
  readonly nextInterestAt: number | null;
  /** Interest that is owed and not yet part of the principal, coins; `null` where the venue adds it to the debt at once. */
  readonly accrued: Dec | null;
  readonly room: Room | null;
}

/** Most coins the venue would let go of one collateral. `computed`: it does not say, the initial LTV bounds it. */
export interface ReleaseTerms {
  readonly loan: LoanId;
  readonly asset: Asset;
  readonly most: Dec;
  readonly source: 'venue' | 'computed';
}

export interface AccountTerms {
  readonly account: string;
  /** Wall ms before the first read. */
  readonly asOf: number;
  readonly debts: readonly DebtTerms[];
  readonly release: readonly ReleaseTerms[];
  readonly gaps: readonly Gap[];
}

/** Interest that the venue charged once. */
export interface InterestRow {
  /** `null`: the venue does not say which loan, e.g. of an order that is closed. */
  readonly loan: LoanId | null;
  readonly product: Product;
  readonly asset: Asset;
  /** When, as the venue dates it, ms. */
  readonly at: number;
  /** Coins. */
  readonly amount: Dec;
  /** Share of the debt per year of 365 days, from whichever period the venue states. */
  readonly ratePerYear: Dec | null;
  /** The venue's id of the row; made of asset and time where it has none. Unique within a product. */
  readonly ref: string;
}

export interface Costs {
  /** Oldest first, each row once. */
  readonly rows: readonly InterestRow[];
  /** Also where the venue keeps no such records, or keeps them for less long than was asked for. */
  readonly gaps: readonly Gap[];
}

/** What one product lends and takes as collateral. A list that could not be read is `null`, never empty. */
export interface ProductOffers {
  readonly product: Product;
  readonly borrowable: readonly Asset[] | null;
  readonly collateral: readonly Asset[] | null;
  /** Coins that probably may be collateral: a public list that the venue does not tie to this product. */
  readonly likelyCollateral: readonly Asset[];
  /** Isolated margin: the pairs there are; `null` elsewhere, and when they could not be read. */
  readonly pairs: readonly { readonly symbol: string; readonly base: Asset; readonly quote: Asset }[] | null;
  /** Coins; an absent asset is unknown. */
  readonly minBorrow: Readonly<Record<Asset, Dec>>;
  readonly minRepay: Readonly<Record<Asset, Dec>>;
  /** USD per loan, where the venue limits loans by value. */
  readonly loanUsd: Readonly<Record<Asset, { readonly least: Dec; readonly most: Dec }>>;
}

export interface Offers {
  readonly account: string;
  readonly products: readonly ProductOffers[];
  readonly gaps: readonly Gap[];
}

/** `trade`: somebody bought, sold or converted coins of the account; `conversion`: the venue did. */
export type ExternalKind =
  'repay' | 'borrow' | 'transfer' | 'topUp' | 'autoRepay' | 'trade' | 'conversion' | 'liquidation' | 'collateral';

/** Something that moved in a loan or its wallet and that none of our intents explains. */
export interface ExternalAct {
  /** When, as the venue dates it, ms. */
  readonly at: number;
  readonly product: Product;
  /** `null`: the venue does not say which loan. */
  readonly loan: LoanId | null;
  readonly kind: ExternalKind;
  /** What it did to the loan, where the record says so. */
  readonly effect: 'debtUp' | 'debtDown' | 'collateralUp' | 'collateralDown' | 'unknown';
  readonly asset: Asset;
  /** Coins, never negative. */
  readonly amount: Dec;
  /** Which quantities it changed and by how much, as far as the record says: of its loan, and of wallets by their names. */
  readonly changes: readonly Explained[];
  /** The venue's id; made of kind, asset, time and amount where it has none. Unique within a product. */
  readonly ref: string;
  /** In words, with the venue's own name for it. */
  readonly says: string;
  /** Made like a call of Ballast: our kind of id, or an amount that was computed and not typed. */
  readonly likeOurs?: true;
}

/** A call that the venue lists as taken and neither done nor failed; only such as Ballast may have sent. */
export interface InWork {
  readonly at: number;
  readonly says: string;
  /** Which of our intents it is; `null`: none that is known, but it is made like one. */
  readonly intent: string | null;
}

export interface ExternalActs {
  /** Oldest first, each once. */
  readonly acts: readonly ExternalAct[];
  /** What may still become an act. OKX lists nothing before it is done. */
  readonly inWork: readonly InWork[];
  readonly gaps: readonly Gap[];
}

/**
 * What a venue says besides how the loans stand: for `status`, `costs`, `check --online`, and for recognising what others
 * did. Nothing here moves money, and nothing here is needed to move it: reads use polling's share of the limits. Parts
 * fail separately; a call throws `VenueError` only when nothing could be read at all, or when the key is another account's.
 */
export interface Reports {
  /** Rates, room left to borrow, next interest, most the venue would let go: per loan that has a debt. */
  terms(signal: AbortSignal): Promise<AccountTerms>;
  /** Interest charged since then (the venue's dates, ms), as far back as its records go. */
  costs(sinceMs: number, signal: AbortSignal): Promise<Costs>;
  offers(signal: AbortSignal): Promise<Offers>;
  /**
   * Records since then (wall ms) that none of our intents explains. Records lag and stay open for a while, so ask again
   * with an overlap; loan and `ref` tell repeats.
   * @param ours every intent of the account that may have moved money in that time. Asked for once the records were read,
   * because a call that leaves meanwhile may be among them
   */
  external(sinceMs: number, ours: () => Promise<readonly Intent[]>, signal: AbortSignal): Promise<ExternalActs>;
}

/** What `createVenue` gives: the port that moves money, and the reports. */
export interface ReportingVenue extends Venue, Reports {
  /** Asks the venue for its time. @returns how long the answer took, ms @throws VenueError also when what answers is not the venue */
  roundTripMs(): Promise<number>;
}

/** A read that failed: says what happened without any secret; `retryAfterMs` when the venue asked to wait. */
export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly kind: 'network' | 'rateLimited' | 'banned' | 'permission' | 'clock' | 'unavailable' | 'malformed';
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  constructor(
    kind: VenueError['kind'],
    message: string,
    code: string | null = null,
    retryAfterMs: number | null = null,
  ) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
