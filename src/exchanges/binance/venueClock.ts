/**
 * The difference between the venue's clock and ours.
 *
 * Asked for when it is not known, older than a while, doubted after a clock refusal (-1021), or when our own wall clock
 * was set: then wall and monotonic time no longer agree about how much time has passed.
 */
import type { Clock } from '../../clock.ts';

interface Sync {
  /** Venue wall minus our wall, ms. */
  readonly offset: number;
  /** Half the round trip: how wrong the offset may be. */
  readonly error: number;
  readonly wall: number;
  readonly mono: number;
}

/** Our wall clock and our monotonic clock may drift apart this much before the offset is doubted. */
const WALL_JUMP_MS = 500;

export class VenueClock {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #ask: () => Promise<number>;
  #sync: Sync | null = null;
  #asking: Promise<Sync> | null = null;

  constructor(clock: Clock, everyMs: number, ask: () => Promise<number>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#ask = ask;
  }

  /** Venue wall minus our wall in ms; `null` while unknown or in doubt. */
  offset(): number | null {
    const sync = this.#sync;
    if (sync === null) return null;
    const drift = this.#clock.wall() - sync.wall - (this.#clock.mono() - sync.mono);
    return Math.abs(drift) > WALL_JUMP_MS ? null : sync.offset;
  }

  /** Half the round trip of the last answer, ms; `null` before the first. */
  error(): number | null {
    return this.#sync?.error ?? null;
  }

  /** The offset, asked for when needed. */
  async known(): Promise<number> {
    const offset = this.offset();
    const age = this.#sync === null ? Infinity : this.#clock.mono() - this.#sync.mono;
    if (offset !== null && age < this.#everyMs) return offset;
    this.#asking ??= this.#measure().finally(() => {
      this.#asking = null;
    });
    try {
      return (await this.#asking).offset;
    } catch (error) {
      if (offset !== null) return offset; // Old is better than nothing while the venue's time cannot be read.
      throw error;
    }
  }

  /** The venue's wall ms. */
  async now(): Promise<number> {
    const offset = await this.known();
    return this.#clock.wall() + offset;
  }

  /** Asks again, however fresh the offset is. @returns how long the answer took, ms */
  async roundTripMs(): Promise<number> {
    return 2 * (await this.#measure()).error;
  }

  /** The venue said our time is wrong. */
  doubt(): void {
    this.#sync = null;
  }

  async #measure(): Promise<Sync> {
    const wall = this.#clock.wall();
    const mono = this.#clock.mono();
    const server = await this.#ask();
    const tripMs = this.#clock.mono() - mono;
    const sync = { offset: server - (wall + tripMs / 2), error: tripMs / 2, wall: wall + tripMs, mono: mono + tripMs };
    this.#sync = sync;
    return sync;
  }
}
