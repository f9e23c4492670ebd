/**
 * Sliding windows over our own calls. Whether OKX counts in fixed or sliding windows is not documented, so a burst across
 * the edge of a fixed one must not happen (okx.md §1.6, §12.12). Of this process only; the Meter counts across processes.
 */
import type { Clock } from '../../clock.ts';
import type { Bucket } from '../limits.ts';

/** The venue counts arrivals: calls sent a window apart may arrive a little closer together. */
const SLACK_MS = 20;
const FORGET_ABOVE = 10_000;

export class Pace {
  readonly #clock: Clock;
  /** Length of the venue's windows as a share of the documented ones. */
  readonly #scale: number;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock, scale: number) {
    this.#clock = clock;
    this.#scale = scale;
  }

  /** Takes a place at once, or says how many ms to wait for one. Synchronous, so that no two callers get the same place. */
  take(bucket: Bucket): number | null {
    const windowMs = bucket.windowMs * this.#scale + SLACK_MS;
    const calls = this.#recent(bucket, windowMs);
    const oldest = calls[calls.length - bucket.limit];
    if (oldest !== undefined) return Math.max(1, Math.ceil(oldest + windowMs - this.#clock.mono()));
    calls.push(this.#clock.mono());
    return null;
  }

  /** Gives the last place back: nothing was sent. */
  giveBack(bucket: Bucket): void {
    this.#calls.get(bucket.id)?.pop();
  }

  /** Places left now. */
  room(bucket: Bucket): number {
    return bucket.limit - this.#recent(bucket, bucket.windowMs * this.#scale + SLACK_MS).length;
  }

  #recent(bucket: Bucket, windowMs: number): number[] {
    const since = this.#clock.mono() - windowMs;
    const calls = (this.#calls.get(bucket.id) ?? []).filter((at) => at > since);
    if (this.#calls.size > FORGET_ABOVE) this.#calls.clear();
    this.#calls.set(bucket.id, calls);
    return calls;
  }
}
