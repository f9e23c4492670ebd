/**
 * Signed calls to Binance: reads give parsed JSON or a `VenueError`, a money request gives a `Reply`.
 *
 * Signatures come from ccxt (`ccxtSigner.ts`), sockets from our own transport. Timestamps are the venue's clock, kept by
 * `GET /api/v3/time` (binance.md §2.4). `recvWindow` is our only expiry lever: a money call that is stuck for longer
 * before the backend is dropped, so money calls are signed for 3 s at most and `validUntil` follows from it.
 */
import type { Clock } from '../../clock.ts';
import type { Reply } from '../../core/intent.ts';
import { VenueError, type Sent, type SignedRequest } from '../exchange.ts';
import { toVenueError } from '../errorTable.ts';
import type { Json } from '../json.ts';
import type { VenueLog, VenueTiming } from '../kit.ts';
import type { Meter, Wait } from '../limits.ts';
import { Reader } from '../parse.ts';
import { hear, withRaw, type Asked } from '../rawReply.ts';
import { call, tellSpent, type Traffic } from '../traffic.ts';
import type { HttpReply, HttpRequest, Transport } from '../transport.ts';
import { signBinance, type BinanceKey } from './ccxtSigner.ts';
import { ENDPOINTS, bucketOf, ipScope, usedHeader, type Endpoint } from './endpoints.ts';
import { failureOf, wireErrorOf } from './errors.ts';
import { HostShared } from './hostShared.ts';
import { VenueClock } from './venueClock.ts';

export type Params = Readonly<Record<string, string>>;

/** Whose share of the limits a read uses: ordinary looks, or the proof of a money call. */
export type Purpose = 'poll' | 'rescue';

export interface ReadOptions {
  /** Absent for a read that others may be waiting for too: only its deadline ends it. */
  readonly signal?: AbortSignal | undefined;
  readonly purpose?: Purpose;
}

export interface ClientOptions {
  /** Name of the account, for messages and limit buckets. */
  readonly account: string;
  readonly key: BinanceKey;
  /** Origin of REST, e.g. `https://api.binance.com`. */
  readonly rest: string;
  readonly clock: Clock;
  readonly timing: VenueTiming;
  /** Window of signed money calls, ms; at most 3000. */
  readonly recvWindowMs: number;
  readonly transport: Transport;
  readonly meter: Meter;
  readonly log: VenueLog;
  readonly traffic?: Traffic | undefined;
  /** Adds `x-ballast-intent` to money calls, for a simulator that counts sends per intent. */
  readonly tagIntents: boolean;
}

/** Window of signed reads, ms. A late read harms nothing, so the venue's own default is used (§2.4). */
const READ_WINDOW_MS = 5_000;
export const LONGEST_MONEY_WINDOW_MS = 3_000;

export class BinanceClient {
  readonly account: string;
  readonly time: VenueClock;
  /** Figures shared with the other accounts of this host. */
  readonly shared: HostShared;
  readonly #options: ClientOptions;
  readonly #rest: string;
  readonly #host: string;
  /** The endpoint of each signed request still to be sent; the request itself stays free of our bookkeeping. */
  readonly #endpoints = new WeakMap<SignedRequest, Endpoint>();

  constructor(options: ClientOptions) {
    if (options.recvWindowMs < 1 || options.recvWindowMs > LONGEST_MONEY_WINDOW_MS) {
      throw new RangeError(`recvWindow of money calls must be within 1…${String(LONGEST_MONEY_WINDOW_MS)} ms`);
    }
    this.#options = options;
    this.account = options.account;
    this.#rest = options.rest.replace(/\/+$/, '');
    this.#host = new URL(this.#rest).host;
    this.shared = HostShared.of(options.transport, this.#host, options.clock);
    this.time = new VenueClock(options.clock, options.timing.clockSyncEveryMs, () => this.#serverTime());
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get timing(): VenueTiming {
    return this.#options.timing;
  }

  get host(): string {
    return this.#host;
  }

  /** Share of an endpoint's weight that is gone in this window, 0…1. */
  usedShare(endpoint: Endpoint): number {
    return this.#options.meter.usedShare(this.#bucket(endpoint));
  }

  /** Reads and parses. A clock refusal is answered once by asking the venue's time and reading again. */
  async read(endpoint: Endpoint, params: Params, options: ReadOptions): Promise<Json> {
    try {
      return await this.#readOnce(endpoint, params, options);
    } catch (error) {
      if (!(error instanceof VenueError) || error.kind !== 'clock') throw error;
      this.time.doubt();
      return this.#readOnce(endpoint, params, options);
    }
  }

  /** Signs a money call once, at the venue's time. Throws when that is not known yet: a look always reads first. */
  sign(intentId: string, endpoint: Endpoint, params: Params): SignedRequest {
    const { key, recvWindowMs, timing, clock, tagIntents } = this.#options;
    const offset = this.time.offset();
    if (offset === null) throw new VenueError('clock', 'the venue clock is not known: nothing can be signed');
    const signedAt = Math.round(clock.wall() + offset);
    const signed = signBinance(this.#rest, key, endpoint, {
      ...params,
      timestamp: String(signedAt),
      recvWindow: String(recvWindowMs),
    });
    const request: SignedRequest = {
      intentId,
      method: endpoint.method,
      url: signed.url,
      headers: tagIntents ? { ...signed.headers, 'x-ballast-intent': intentId } : signed.headers,
      body: signed.body,
      signedAt,
      validUntil: Math.ceil(signedAt + recvWindowMs + timing.clockErrorMs + (this.time.error() ?? 0)),
    };
    this.#endpoints.set(request, endpoint);
    return request;
  }

  /** Exactly one request on the wire. `accepted` is left to the product: it knows what a good 200 looks like. */
  async money(request: SignedRequest, signal: AbortSignal, accept: (json: Json | undefined) => Reply): Promise<Sent> {
    const endpoint = this.#endpoints.get(request);
    if (endpoint === undefined)
      return { outcome: 'refused', reason: 'this request was not signed here or was already sent' };
    this.#endpoints.delete(request);
    const bucket = this.#bucket(endpoint);
    const wait = this.#options.meter.rescue(bucket, endpoint.weight);
    if (wait !== null) return { outcome: 'refused', reason: `own limit: free in ${String(Math.ceil(wait))} ms` };
    tellSpent('binance', this.#options, bucket, endpoint.weight);
    const deadlineMs = this.#options.timing.moneyDeadlineMs;
    const result = await call('binance', this.#options, request, { deadlineMs, signal, money: true });
    if (result.kind === 'notSent') return { outcome: 'refused', reason: `not sent: ${result.reason}` };
    if (result.kind === 'lost') return { outcome: 'unknown', reason: `answer lost: ${result.reason}`, code: null };
    this.#heed(endpoint, result);
    const reply = this.#judge(result, accept);
    return withRaw(reply, this.#asked(request), result, this.clock.wall());
  }

  #judge(result: HttpReply, accept: (json: Json | undefined) => Reply): Reply {
    if (result.status === 200 && wireErrorOf(result.json) === null) return accept(result.json);
    const failure = failureOf(result, this.clock.wall());
    if (failure.outcome === 'rejected') {
      if (failure.effect === 'clock') this.time.doubt();
      if (failure.effect === 'banned') this.#options.meter.block(ipScope(this.#host), failure.retryAfterMs ?? 0);
    }
    return failure;
  }

  async #readOnce(endpoint: Endpoint, params: Params, options: ReadOptions): Promise<Json> {
    const { key, clock, timing } = this.#options;
    const where = endpoint.path;
    await this.#admit(endpoint, options.purpose ?? 'poll');
    const keyless = endpoint.group === 'public' || endpoint.path === 'system/status';
    const offset = keyless ? 0 : await this.time.known();
    const stamp = { timestamp: String(Math.round(clock.wall() + offset)), recvWindow: String(READ_WINDOW_MS) };
    const signed = signBinance(this.#rest, key, endpoint, keyless ? params : { ...params, ...stamp });
    const request = { method: endpoint.method, ...signed };
    const result = await call('binance', this.#options, request, {
      ...{ deadlineMs: timing.readDeadlineMs, signal: options.signal, money: false },
    });
    if (result.kind !== 'reply') throw new VenueError('network', `${where}: ${result.reason}`);
    hear(options.signal, this.#asked(request), result, clock.wall());
    this.#heed(endpoint, result);
    if (result.status === 200 && result.json !== undefined && wireErrorOf(result.json) === null) return result.json;
    if (result.status === 200 && result.json === undefined)
      throw new VenueError('malformed', `${where}: the answer is not JSON`);
    const failure = failureOf(result, clock.wall());
    if (failure.outcome === 'rejected' && failure.effect === 'banned') {
      this.#options.meter.block(ipScope(this.#host), failure.retryAfterMs ?? 0);
    }
    throw toVenueError(where, failure);
  }

  async #admit(endpoint: Endpoint, purpose: Purpose): Promise<void> {
    const { meter } = this.#options;
    const bucket = this.#bucket(endpoint);
    const wait: Wait =
      purpose === 'poll' ? await meter.poll(bucket, endpoint.weight) : meter.rescue(bucket, endpoint.weight);
    if (wait !== null) throw new VenueError('rateLimited', `${endpoint.path}: own limit`, null, Math.ceil(wait));
    tellSpent('binance', this.#options, bucket, endpoint.weight);
  }

  #asked(request: HttpRequest): Asked {
    const { id, secret } = this.#options.key;
    return { request, key: [id, secret] };
  }

  /** The venue's own count outranks ours. */
  #heed(endpoint: Endpoint, reply: HttpReply): void {
    const used = reply.headers[usedHeader(endpoint)];
    if (used !== undefined && /^\d{1,9}$/.test(used)) this.#options.meter.correct(this.#bucket(endpoint), Number(used));
  }

  #bucket(endpoint: Endpoint): ReturnType<typeof bucketOf> {
    return bucketOf(endpoint, this.#host, this.account);
  }

  async #serverTime(): Promise<number> {
    const json = await this.#readOnce(ENDPOINTS.time, {}, { purpose: 'rescue' });
    return Reader.of(json, 'time').time('serverTime');
  }
}
