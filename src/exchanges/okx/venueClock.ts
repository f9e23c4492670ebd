/**
 * The venue's clock as seen from here (okx.md §1.2: a timestamp more than 30 s off is refused with 50102).
 *
 * The offset hangs on the monotonic clock, so a jump of the wall clock cannot shift a signature. When wall and monotonic
 * clock have come apart since the last reading (a jump, or a suspended machine), the reading is stale.
 */
import type { Clock } from '../../clock.ts';

interface Reading {
  readonly venueMs: number;
  readonly mono: number;
  readonly wall: number;
  /** Half of the round trip: how wrong the reading itself may be. */
  readonly errorMs: number;
}

/** Clocks drift: allowed per ms since the reading (100 ppm). */
const DRIFT = 1e-4;
const APART_MS = 250;

export class VenueClock {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #reading: Reading | null = null;

  constructor(clock: Clock, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Takes the venue's answer to a question asked at `monoAsked`. */
  learn(venueMs: number, monoAsked: number): void {
    const mono = this.#clock.mono();
    const errorMs = (mono - monoAsked) / 2;
    this.#reading = { venueMs: venueMs + errorMs, mono, wall: this.#clock.wall(), errorMs };
  }

  /** The venue said that our timestamp is wrong. */
  forget(): void {
    this.#reading = null;
  }

  get stale(): boolean {
    const reading = this.#reading;
    if (reading === null) return true;
    const passed = this.#clock.mono() - reading.mono;
    const wallPassed = this.#clock.wall() - reading.wall;
    return passed > this.#maxAgeMs || Math.abs(wallPassed - passed) > APART_MS;
  }

  /** `null` until the venue was asked, or when the reading cannot be trusted any more. */
  now(): { readonly venueMs: number; readonly errorMs: number } | null {
    const reading = this.#reading;
    if (reading === null) return null;
    const passed = this.#clock.mono() - reading.mono;
    const apart = Math.abs(this.#clock.wall() - reading.wall - passed);
    if (apart > APART_MS) return null;
    return {
      venueMs: Math.floor(reading.venueMs + passed),
      errorMs: Math.ceil(reading.errorMs + passed * DRIFT + apart),
    };
  }

  /** How far our wall clock is behind the venue's, ms; `null` when unknown. */
  offsetMs(): number | null {
    const now = this.now();
    return now === null ? null : now.venueMs - this.#clock.wall();
  }
}
