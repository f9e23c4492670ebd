/**
 * The port between the server and a venue (DESIGN §6). Everything outside `exchanges/` knows a venue only by this.
 */
import type { Evidence, Intent, Reply } from '../core/intent.ts';
import type { AccountView, Asset, Product } from '../core/loan.ts';
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
  /** Wall ms after which the venue itself refuses to start executing it: timestamp + window + clock error. */
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
}

export type Stop = () => Promise<void>;

/** USD index price of one asset as a feed reports it. */
export interface PriceTick {
  readonly asset: Asset;
  readonly price: Dec;
  /** Wall ms at which we received it. */
  readonly at: number;
}

/** Assets learned from refusals, kept in the journal and handed back to the adapter's view (DESIGN §5.2 "Unknown minima"). */
export interface Learned {
  readonly minRepay: Readonly<Record<string, string>>;
  readonly minLeft: Readonly<Record<string, string>>;
  /** Assets whose amounts may not carry a fingerprint tail, with the decimals that are known to work. */
  readonly decimals: Readonly<Record<string, number>>;
}

export interface Venue {
  readonly name: 'binance' | 'okx';
  /** Products and wallets this account reads; others cost nothing. */
  readonly products: readonly Product[];
  /** Reads everything a look needs. A part that fails becomes a failed section; throws `VenueError` only when nothing could be read. */
  observe(signal: AbortSignal): Promise<AccountView>;
  /** Cursors of the records that will prove this intent, read before the send. */
  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  sign(intent: Intent): SignedRequest;
  /** Exactly one request on the wire. Never throws for what the venue or the network did. */
  send(request: SignedRequest, signal: AbortSignal): Promise<Reply>;
  evidence(intent: Intent, signal: AbortSignal): Promise<Evidence>;
  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop;
  examine(signal: AbortSignal): Promise<readonly Finding[]>;
  close(): Promise<void>;
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
