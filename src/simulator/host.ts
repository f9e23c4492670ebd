/** The hosts: the real one, a virtual one under which a whole exchange runs without waiting, and a clock that is wrong. */
import type { Host } from './contract.ts';

/**
 * A generator of numbers in [0, 1) that repeats itself for the same seed (mulberry32).
 * @param seed any integer
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Wall clock and real timers. The only place of the simulator that touches them. */
export function realHost(seed = 1): Host {
  return {
    now: () => Date.now(),
    later: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    random: seededRandom(seed),
  };
}

/** A host whose clock is wrong by a number of ms that may change: the venue's clock against the client's. Timers are right. */
export class SkewedHost implements Host {
  /** Added to the true wire time; negative is behind. */
  skewMs: number;
  readonly #host: Host;

  constructor(host: Host, skewMs: number) {
    this.#host = host;
    this.skewMs = skewMs;
  }

  now(): number {
    return this.#host.now() + this.skewMs;
  }

  later(delayMs: number, run: () => void): () => void {
    return this.#host.later(delayMs, run);
  }

  random(): number {
    return this.#host.random();
  }
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that moves only when it is told to. Timers run in the order of their due times, ties in the order they were set. */
export class VirtualHost implements Host {
  readonly random: () => number;
  #nowMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_700_000_000_000, seed = 1) {
    this.#nowMs = startMs;
    this.random = seededRandom(seed);
  }

  now(): number {
    return this.#nowMs;
  }

  later(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time forward and runs every timer that falls due, each at its own moment. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#due(untilMs); next !== undefined; next = this.#due(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  /** Wire time of the next timer, or undefined when nothing waits. */
  nextTimerMs(): number | undefined {
    return this.#due(Number.POSITIVE_INFINITY)?.atMs;
  }

  #due(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      if (first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}
