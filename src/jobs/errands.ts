/**
 * Slow reads beside a lane: terms of loans, what others did. Nothing here may delay a look, wait for one or move money.
 * An errand that fails is told and tried again at its next turn; one that hangs only holds up its own next turn.
 */
import type { Cancel, Clock } from '../clock.ts';

export interface Errand {
  readonly name: string;
  /** From the end of one turn to the start of the next, ms. */
  readonly everyMs: number;
  /** Aborted by `signal` when the server stops. */
  run(signal: AbortSignal): Promise<void>;
}

/** Monotonic ms. */
interface Turn {
  began: number;
  /** When the next one begins; `null` while one runs. */
  due: number | null;
  /** Somebody asked for the next one while this one ran, for that time. */
  hurried?: number;
  cancel: Cancel;
  running: Promise<void>;
}

export class Errands {
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  readonly #stop = new AbortController();
  readonly #turns = new Map<Errand, Turn>();
  #started = false;

  constructor(errands: readonly Errand[], clock: Clock, onError: (error: Error) => void) {
    this.#clock = clock;
    this.#onError = onError;
    for (const errand of errands) {
      this.#turns.set(errand, { began: 0, due: null, cancel: () => undefined, running: Promise.resolve() });
    }
  }

  /** First turns begin at once; a second start is none. */
  start(): void {
    if (this.#started || this.#stop.signal.aborted) return;
    this.#started = true;
    for (const errand of this.#turns.keys()) this.#turn(errand);
  }

  /** Aborts what runs and waits for its end; no turn begins any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    for (const { cancel } of this.#turns.values()) cancel();
    await Promise.all([...this.#turns.values()].map(({ running }) => running));
  }

  /** The next turn of this errand begins soon, but not within `leastMs` of the beginning of the last one. */
  hurry(name: string, leastMs: number): void {
    for (const [errand, turn] of this.#turns) {
      if (errand.name !== name || this.#stop.signal.aborted) continue;
      const at = turn.began + leastMs;
      if (turn.due === null) turn.hurried = Math.min(turn.hurried ?? at, at);
      else if (at < turn.due) this.#schedule(errand, turn, at);
    }
  }

  #turn(errand: Errand): void {
    const turn = this.#turns.get(errand);
    if (turn === undefined) return;
    turn.began = this.#clock.mono();
    turn.due = null;
    turn.running = this.#run(errand).then(() => {
      if (this.#stop.signal.aborted) return;
      const wanted = turn.hurried ?? Number.POSITIVE_INFINITY;
      delete turn.hurried;
      this.#schedule(errand, turn, Math.min(wanted, this.#clock.mono() + errand.everyMs));
    });
  }

  #schedule(errand: Errand, turn: Turn, at: number): void {
    turn.cancel();
    turn.due = at;
    turn.cancel = this.#clock.later(Math.max(0, at - this.#clock.mono()), () => {
      this.#turn(errand);
    });
  }

  async #run(errand: Errand): Promise<void> {
    try {
      await errand.run(this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const says = error instanceof Error ? error.message : String(error);
      this.#onError(new Error(`${errand.name}: ${says}`, { cause: error }));
    }
  }
}
