/**
 * One OKX account on the wire: signed reads that give `data` or a VenueError, and money calls that give a Reply.
 *
 * Reads may be repeated once, after 50102 (the venue refused before doing anything, okx.md §1.5). A money call is one
 * request and nothing else. No error holds a URL, header or body (DESIGN §2.10).
 */
import type { Clock } from '../../clock.ts';
import type { Reply } from '../../core/intent.ts';
import { VenueError, type Sent, type SignedRequest } from '../exchange.ts';
import type { Json } from '../json.ts';
import type { Revealable, VenueLog } from '../kit.ts';
import type { Bucket } from '../limits.ts';
import { withRaw } from '../rawReply.ts';
import { call } from '../traffic.ts';
import type { HttpResult } from '../transport.ts';
import { bucketOf, endpointOf, type Counted, type Endpoint } from './endpoints.ts';
import { verdictOf } from './errors.ts';
import { readOnce, takeTurn, takeTurnNow, type OkxPublic, type Urgency, type Wiring } from './publicClient.ts';
import { acceptedReply } from './replies.ts';
import { signed, type OkxKey, type Params, type WireRequest } from './signer.ts';
import type { OkxTiming } from './timing.ts';

export interface ClientOptions {
  /** Name of the account: counts its limits until the venue has said the UID. */
  readonly account: string;
  readonly key: OkxKey;
  readonly wiring: Wiring;
  readonly public: OkxPublic;
  /** Demo trading: `x-simulated-trading: 1` (okx.md §7). */
  readonly demo: boolean;
  /** Tags money calls with `x-ballast-intent`, so that a simulator can count sends (DESIGN §7). */
  readonly tagIntents: boolean;
}

export class OkxClient {
  readonly #options: ClientOptions;
  #who: Counted;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#who = { uid: options.account, masterUid: options.account };
  }

  get clock(): Clock {
    return this.#options.wiring.clock;
  }

  get timing(): OkxTiming {
    return this.#options.wiring.timing;
  }

  get log(): VenueLog {
    return this.#options.wiring.log;
  }

  /** The UIDs that the venue counts by, once account/config has said them. */
  countAs(who: Counted): void {
    this.#who = who;
  }

  /** The venue's wall ms. @throws VenueError when it is not known */
  venueNow(): number {
    return this.#now().venueMs;
  }

  /** Calls of this endpoint that may leave at once. */
  roomFor(endpoint: Endpoint): number {
    return this.#options.wiring.pace.room(bucketOf(endpoint, this.#who, ''));
  }

  /** @throws VenueError */
  async read(
    endpoint: Endpoint,
    params: Params,
    signal: AbortSignal,
    urgency: Urgency = 'poll',
  ): Promise<readonly Json[]> {
    const bucket = bucketOf(endpoint, this.#who, '');
    await takeTurn(this.#options.wiring, bucket, urgency, signal);
    try {
      return await this.#signedRead(endpoint, bucket, params, signal);
    } catch (error) {
      if (!(error instanceof VenueError) || error.kind !== 'clock') throw error;
      this.#options.public.venueClock.forget();
      return this.#signedRead(endpoint, bucket, params, signal);
    }
  }

  /**
   * Signs a money call, once, at the venue's time.
   * @throws VenueError when the venue clock is not known
   */
  sign(intentId: string, endpoint: Endpoint, params: Params): SignedRequest {
    const { wire, venueMs, errorMs } = this.#sign(endpoint, params);
    const { windowMs, clockErrorMs } = this.timing;
    const tag: Record<string, string> = this.#options.tagIntents ? { 'x-ballast-intent': intentId } : {};
    return {
      intentId,
      ...wire,
      headers: { ...wire.headers, ...tag },
      signedAt: venueMs,
      validUntil: venueMs + windowMs + errorMs + clockErrorMs,
    };
  }

  /** Exactly one request. Never throws for what the venue or the network did. */
  async money(request: SignedRequest, signal: AbortSignal): Promise<Sent> {
    const endpoint = endpointOf(request.url, request.method);
    if (endpoint === null) return { outcome: 'refused', reason: 'not an OKX money call' };
    const bucket = bucketOf(endpoint, this.#who, ccyOf(request.body));
    const wait = takeTurnNow(this.#options.wiring, bucket);
    if (wait !== null) {
      return { outcome: 'refused', reason: `own limiter: ${endpoint.path} is free in ${String(Math.ceil(wait))} ms` };
    }
    const deadlineMs = this.timing.moneyDeadlineMs;
    const result = await call('okx', this.#options.wiring, request, { deadlineMs, signal, money: true });
    const reply = this.#judge(endpoint, bucket, result);
    if (result.kind !== 'reply') return reply;
    return withRaw(reply, { request, key: this.#key }, result, this.clock.wall());
  }

  get #key(): readonly Revealable[] {
    const { id, secret, passphrase } = this.#options.key;
    return [id, secret, passphrase];
  }

  #judge(endpoint: Endpoint, bucket: Bucket, result: HttpResult): Reply {
    if (result.kind === 'notSent') return { outcome: 'refused', reason: `not sent: ${result.reason}` };
    if (result.kind === 'lost') return { outcome: 'unknown', reason: `no answer: ${result.reason}`, code: null };
    const verdict = verdictOf(result, this.clock.wall());
    if (verdict.ok) return acceptedReply(endpoint, verdict.data);
    const { failure } = verdict;
    if (failure.outcome === 'rejected') {
      if (failure.effect === 'clock') this.#options.public.venueClock.forget();
      if (failure.effect === 'rateLimited') this.#options.wiring.meter.correct(bucket, bucket.limit);
    }
    return failure;
  }

  async #signedRead(endpoint: Endpoint, bucket: Bucket, params: Params, signal: AbortSignal): Promise<readonly Json[]> {
    await this.#options.public.ensureClock();
    return readOnce(this.#options.wiring, endpoint, bucket, this.#sign(endpoint, params).wire, signal, this.#key);
  }

  /** @throws VenueError when the venue's clock is not known */
  #now(): { readonly venueMs: number; readonly errorMs: number } {
    const now = this.#options.public.venueClock.now();
    if (now === null) throw new VenueError('clock', 'the venue clock is not known yet');
    return now;
  }

  #sign(endpoint: Endpoint, params: Params): { wire: WireRequest; venueMs: number; errorMs: number } {
    const now = this.#now();
    const wire = signed(this.#options.wiring.hosts.rest, endpoint, params, now.venueMs, this.#options.key);
    const demo: Record<string, string> = this.#options.demo ? { 'x-simulated-trading': '1' } : {};
    return { wire: { ...wire, headers: { ...wire.headers, ...demo } }, ...now };
  }
}

/** The currency a limit may be keyed on, from the body that is sent. */
function ccyOf(body: string): string {
  return /"ccy":"([A-Za-z0-9]+)"/.exec(body)?.[1] ?? '';
}
