/**
 * The seams of the simulated exchanges. The simulator is the other side: it imports `core/money` and nothing else
 * of the server, so that adapters and simulator cannot share a mistake (DESIGN §3, §7).
 *
 * Two clocks. The tape clock drives prices and interest; the wire clock drives signatures, limits, latency, records.
 */
import type { Dec } from '../core/money.ts';

/** Wire time and timers come in, so that the whole exchange also runs under virtual time in one process. */
export interface Host {
  /** Wire clock, ms since epoch. */
  now(): number;
  /** Calls `run` after `delayMs` of wire time; returns a cancel function. A delay of 0 still runs later, never inside the caller. */
  later(delayMs: number, run: () => void): () => void;
  /** Uniform in [0, 1). Seeded by the caller. */
  random(): number;
}

/**
 * How the books are to treat one request: the faults of `faults.ts` that a transport cannot play by itself.
 * An absent member means "as usual".
 */
export interface Mood {
  /** Account reads show the account as it was this many wire ms ago. */
  readonly staleMs?: number;
  /** Account reads show neither balances nor debts nor collateral. */
  readonly zeroBalances?: boolean;
  /** Records younger than this many wire ms are not listed yet. */
  readonly recordLagMs?: number;
  /** A money call accepted by this request stays pending for this long; `null`: until the deed `{do: 'release'}`. */
  readonly settleMs?: number | null;
  /** How a pending money call accepted by this request ends. Default `done`. */
  readonly fate?: 'done' | 'failed';
}

/** The engine as web sockets and free-running parts see it. */
export interface LiveMarket extends Market {
  /** Calls `run` after every visited tape moment, when books have ticked; returns a stop function. */
  onTick(run: () => void): () => void;
}

/** Something that happened in a Binance account and that a stream may tell (binance.md §9.3, §9.4). Amounts are decimal text. */
export type BinanceHappening =
  | { readonly kind: 'marginLevelStatus'; readonly uid: string; readonly level: string; readonly status: string }
  | {
      readonly kind: 'liability';
      readonly uid: string;
      readonly asset: string;
      readonly type: 'BORROW' | 'REPAY' | 'INTEREST';
      /** Totals after the change. */
      readonly principal: string;
      readonly interest: string;
    }
  | {
      readonly kind: 'balance';
      readonly uid: string;
      /** Empty for cross margin, else the isolated symbol. */
      readonly symbol: string;
      readonly asset: string;
      readonly delta: string;
      readonly free: string;
      readonly locked: string;
      /** True for transfers and deposits (`balanceUpdate`), false for borrow, repay and interest. */
      readonly transfer: boolean;
    };

/** What the web sockets need of the Binance books. */
export interface BinanceStreams {
  /** UID behind a margin risk-stream listen key (`POST /sapi/v1/margin/listen-key`) while it is valid. */
  uidOfListenKey(key: string): string | undefined;
  /** What a listen token (`POST /sapi/v1/userListenToken`) opens, while it is valid; `symbol` is empty for cross. */
  listenToken(token: string): { readonly uid: string; readonly symbol: string; readonly expiresMs: number } | undefined;
  /** Unit of the expiry that the socket answers; default microseconds, as in the documents' sample. */
  readonly tokenTimes?: 'us' | 'ms';
  /** Calls `tell` at every happening; returns a stop function. */
  onHappening(tell: (happening: BinanceHappening) => void): () => void;
}

/** What every venue's books need from the engine. */
export interface Market {
  readonly host: Host;
  /** Tape clock, ms since epoch. */
  tapeNow(): number;
  /** Index price in USD of one unit. USD itself is 1. Throws for an asset that no tape and no default knows. */
  price(asset: string): Dec;
  /** Assets with a price. */
  assets(): readonly string[];
  /** A venue-unique increasing id as a decimal string (above 2^53 on purpose where the venue's ids are). */
  nextId(series: string): string;
}

/** One venue's books: accounts, loans, records. Mutated only by its face, its timers and the engine's ticks. */
export interface Books {
  readonly venue: 'binance' | 'okx';
  /** Called at every visited tape moment after prices moved: accrue interest for boundaries passed, check liquidation, track the highest LTV. */
  tick(fromTapeMs: number, toTapeMs: number): void;
  /** One row per loan that ever existed, for the admin report. */
  report(): readonly LoanReport[];
  /** True while a transaction or settlement of the venue is still running. */
  busy(): boolean;
  /** -3007 answers (and their like) that a client caused with its own earlier call, since the start. */
  pendingConflicts?(): number;
  /** From now on keep what `Mood.staleMs` up to this many wire ms needs. */
  remember?(ms: number): void;
  /**
   * An operator, somebody else or the venue acts by itself, without a request: admin `POST /act` and the fault effects
   * `actBefore`, `actAfter`. The deed is JSON with a member `do`; the books check it and throw an Error that says what is wrong.
   */
  act?(deed: unknown): unknown;
}

export interface LoanReport {
  readonly account: string;
  readonly uid: string;
  readonly venue: 'binance' | 'okx';
  /** `binance.crossMargin`, `okx.flexibleLoan`, … */
  readonly product: string;
  /** Symbol, `LOAN/COLLATERAL` pair or ordId; empty for account-wide loans. */
  readonly key: string;
  readonly debt: Readonly<Record<string, string>>;
  readonly collateral: Readonly<Record<string, string>>;
  readonly line: string;
  /** Highest LTV at any visited tape moment, and the LTV now. Decimal text. */
  readonly maxLtv: string;
  readonly ltv: string;
  readonly liquidated: boolean;
  readonly closed: boolean;
}

/** A request as it came over the wire: nothing decoded, because signatures are over the raw text. */
export interface WireRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Raw query string without `?`. */
  readonly query: string;
  readonly body: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly ip: string;
}

export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** The venue answers only this many wire ms after it executed; the server waits. */
  readonly afterMs?: number;
}

/** One venue's wire: request in, reply out. Synchronous on purpose: delays and faults are the server's business, not the face's. */
export interface Face {
  handle(request: WireRequest, mood?: Mood): WireReply;
  /** UID of the account whose key the request carries, for matching faults. No check of the signature. */
  uidOf?(request: WireRequest): string | undefined;
  /** Whether the request is one that can move money, for `SendCounts`. */
  isMoneyCall?(request: WireRequest): boolean;
  /** The venue's own answer to a client that asks too often: 429 or 418 with `Retry-After` seconds. */
  tooMany?(status: 429 | 418, retryAfterSec: number): WireReply;
}

/** How many money calls the venue has seen, as counted on this side. */
export interface SendCounts {
  /** -3007 answers (and their like) given to a client because its own earlier call was still pending. */
  readonly pendingConflicts: number;
  /** Money calls that carried an `x-ballast-intent` tag seen before. The tag is only logged; it changes nothing. */
  readonly doubleSends: number;
  /** Money calls by tag, untagged ones under the empty string. */
  readonly sends: Readonly<Record<string, number>>;
}
