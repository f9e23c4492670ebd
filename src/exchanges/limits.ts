/**
 * Counting what a venue counts, so that polling never uses up what a rescue needs (DESIGN §6 "Weights").
 *
 * Every bucket of a venue (one endpoint's IP weight, one account's UID weight, …) has two users:
 * - `poll`: reads of ordinary looks. May use `POLL_SHARE` of the bucket and waits its turn; counted in Redis when a
 *   client is given, so that processes behind one IP share the count.
 * - `rescue`: money calls and the reads that prove them. May use the whole bucket, decides at once from this process's
 *   own count, and never asks Redis: a limiter that is down must not stop a rescue. Overshooting costs one 429,
 *   which is a proven rejection.
 *
 * The venue's own used-weight headers count what everybody spent, so they raise the count of every process that reads
 * one. Windows are aligned to the wall clock (binance.md §4: fixed minutes per endpoint).
 */
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.ts';

export interface Bucket {
  /** Unique over venues, e.g. `binance:uid:123:margin/borrow-repay`. Never a key or secret. */
  readonly id: string;
  /** What a ban closes as a whole, e.g. `binance:ip`. */
  readonly scope: string;
  /** Points per window. */
  readonly limit: number;
  readonly windowMs: number;
}

/** Ms to wait before asking again, or `null`: go. */
export type Wait = number | null;

export interface Meter {
  poll(bucket: Bucket, points: number): Promise<Wait>;
  /** Synchronous on purpose: nothing here may wait for anybody. */
  rescue(bucket: Bucket, points: number): Wait;
  /** Share of the bucket that is gone in this window as far as this process knows, 0…1 and above. */
  usedShare(bucket: Bucket): number;
  /** The venue's header says `used` points of this window are gone, whoever spent them. */
  correct(bucket: Bucket, used: number): void;
  /** Nothing of this scope may be sent for `ms`: a ban (418) or a firewall. */
  block(scope: string, ms: number): void;
}

export interface MeterOptions {
  readonly clock: Clock;
  /**
   * An ioredis client that processes behind one IP share; without one the count is this process's own.
   * Give it a connection whose writes do not wait for an fsync of the journal.
   */
  readonly redis?: object;
  /** Prefix of all keys in Redis. */
  readonly prefix?: string;
}

/** Polling's part of every bucket. */
const POLL_SHARE = 0.7;
/** A shared count that takes longer than this is not waited for. */
const STORE_PATIENCE_MS = 250;

export function createMeter(options: MeterOptions): Meter {
  return new WindowMeter(options);
}

class WindowMeter implements Meter {
  readonly #options: MeterOptions;
  readonly #used = new Map<string, { window: number; points: number }>();
  readonly #blockedUntil = new Map<string, number>();
  readonly #limiters = new Map<string, RateLimiterRedis>();
  readonly #banAskedAt = new Map<string, number>();

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  async poll(bucket: Bucket, points: number): Promise<Wait> {
    const share = Math.floor(bucket.limit * POLL_SHARE);
    const wait = this.#fits(bucket, points, Math.max(share, points));
    if (wait !== null) return wait;
    const shared = await this.#askStore(bucket, Math.max(share, points), points);
    if (shared !== null) return shared;
    this.#add(bucket, points);
    return null;
  }

  rescue(bucket: Bucket, points: number): Wait {
    const wait = this.#fits(bucket, points, bucket.limit);
    if (wait === null) this.#add(bucket, points);
    return wait;
  }

  usedShare(bucket: Bucket): number {
    return this.#window(bucket).points / bucket.limit;
  }

  correct(bucket: Bucket, used: number): void {
    if (!Number.isFinite(used) || used < 0) return;
    const count = this.#window(bucket);
    count.points = Math.max(count.points, used);
  }

  block(scope: string, ms: number): void {
    const until = this.#options.clock.wall() + ms;
    this.#blockedUntil.set(scope, Math.max(until, this.#blockedUntil.get(scope) ?? 0));
    if (this.#options.redis === undefined) return;
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    void this.#limiter(this.#options.redis, 1, 1)
      .block(scope, seconds)
      .catch(() => undefined); // The other processes will learn it from the venue.
  }

  #fits(bucket: Bucket, points: number, limit: number): Wait {
    const now = this.#options.clock.wall();
    const blocked = (this.#blockedUntil.get(bucket.scope) ?? 0) - now;
    if (blocked > 0) return blocked;
    return this.#window(bucket).points + points <= limit ? null : bucket.windowMs - (now % bucket.windowMs);
  }

  #window(bucket: Bucket): { window: number; points: number } {
    const window = Math.floor(this.#options.clock.wall() / bucket.windowMs);
    const known = this.#used.get(bucket.id);
    if (known?.window === window) return known;
    const fresh = { window, points: 0 };
    this.#used.set(bucket.id, fresh);
    return fresh;
  }

  #add(bucket: Bucket, points: number): void {
    this.#window(bucket).points += points;
  }

  /** What the other processes leave of polling's share. A store that fails or dawdles has no say. */
  async #askStore(bucket: Bucket, share: number, points: number): Promise<Wait> {
    const { redis, clock } = this.#options;
    if (redis === undefined) return null;
    const asked = this.#askRedis(redis, bucket, share, points).catch(() => null);
    let cancel = (): void => undefined;
    const patience = new Promise<null>((resolve) => {
      cancel = clock.later(STORE_PATIENCE_MS, () => {
        resolve(null);
      });
    });
    try {
      return await Promise.race([asked, patience]);
    } finally {
      cancel();
    }
  }

  async #askRedis(redis: object, bucket: Bucket, share: number, points: number): Promise<Wait> {
    await this.#learnBan(redis, bucket.scope);
    const blocked = (this.#blockedUntil.get(bucket.scope) ?? 0) - this.#options.clock.wall();
    if (blocked > 0) return blocked;
    const window = Math.floor(this.#options.clock.wall() / bucket.windowMs);
    try {
      // Redis counts in whole seconds; the window is in the key, so that a longer life of the key changes nothing.
      await this.#limiter(redis, share, Math.ceil(bucket.windowMs / 1000)).consume(
        `${bucket.id}:${String(window)}`,
        points,
      );
      return null;
    } catch (rejected) {
      if (rejected instanceof RateLimiterRes) return Math.max(1, rejected.msBeforeNext);
      throw rejected;
    }
  }

  /** A ban that another process was told of, asked for at most once a second. */
  async #learnBan(redis: object, scope: string): Promise<void> {
    const now = this.#options.clock.wall();
    if (now - (this.#banAskedAt.get(scope) ?? 0) < 1000) return;
    this.#banAskedAt.set(scope, now);
    const ban = await this.#limiter(redis, 1, 1).get(scope);
    if (ban === null || ban.msBeforeNext <= 0) return;
    this.#blockedUntil.set(scope, Math.max(now + ban.msBeforeNext, this.#blockedUntil.get(scope) ?? 0));
  }

  #limiter(redis: object, points: number, duration: number): RateLimiterRedis {
    const keyPrefix = `${this.#options.prefix ?? 'limits'}:${String(points)}/${String(duration)}`;
    let limiter = this.#limiters.get(keyPrefix);
    if (limiter === undefined) {
      limiter = new RateLimiterRedis({ points, duration, keyPrefix, storeClient: redis, rejectIfRedisNotReady: true });
      this.#limiters.set(keyPrefix, limiter);
    }
    return limiter;
  }
}
