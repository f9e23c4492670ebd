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
}

/** One venue's wire: request in, reply out. Synchronous on purpose: delays and faults are the server's business, not the face's. */
export interface Face {
  handle(request: WireRequest): WireReply;
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
