/**
 * How long this run may still believe that the lane is its own. A queue's lock is a lease: a frozen process wakes up
 * believing that it holds it (measured; DESIGN §4). So the lease is renewed right before it matters, counted from
 * before the renewal was issued, on the monotonic and on the wall clock, and the worse of the two counts: the monotonic
 * clock may stand still while a machine sleeps, the wall clock may jump.
 */
import type { Clock } from '../clock.ts';

export class Lease {
  readonly #clock: Clock;
  readonly #lockMs: number;
  readonly #extend: () => Promise<boolean>;
  #wall = Number.NEGATIVE_INFINITY;
  #mono = Number.NEGATIVE_INFINITY;

  /** `extend` asks the queue for another `lockMs`; false or a throw means that the lane is no longer ours. */
  constructor(clock: Clock, lockMs: number, extend: () => Promise<boolean>) {
    this.#clock = clock;
    this.#lockMs = lockMs;
    this.#extend = extend;
  }

  /** Returns false when the lane was taken over. */
  async renew(): Promise<boolean> {
    const wall = this.#clock.wall();
    const mono = this.#clock.mono();
    if (!(await this.#extend())) return false;
    this.#wall = wall;
    this.#mono = mono;
    return true;
  }

  /** Ms that certainly remain; negative when the lease may be over. */
  remainingMs(): number {
    const byMono = this.#lockMs - (this.#clock.mono() - this.#mono);
    const wallPassed = this.#clock.wall() - this.#wall;
    // A wall clock that went backwards proves nothing about the time that passed: then nothing remains.
    const byWall = wallPassed < 0 ? -1 : this.#lockMs - wallPassed;
    return Math.min(byMono, byWall);
  }
}
