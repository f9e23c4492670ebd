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

export class Errands {
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  readonly #stop = new AbortController();
  readonly #turns = new Map<Errand, { cancel: Cancel; running: Promise<void> }>();

  constructor(errands: readonly Errand[], clock: Clock, onError: (error: Error) => void) {
    this.#clock = clock;
    this.#onError = onError;
    for (const errand of errands) this.#turns.set(errand, { cancel: () => undefined, running: Promise.resolve() });
  }

  /** First turns begin at once. */
  start(): void {
    for (const errand of this.#turns.keys()) this.#turn(errand);
  }

  /** Aborts what runs and waits for its end; no turn begins any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    for (const { cancel } of this.#turns.values()) cancel();
    await Promise.all([...this.#turns.values()].map(({ running }) => running));
  }

  #turn(errand: Errand): void {
    const turn = this.#turns.get(errand);
    if (turn === undefined) return;
    turn.running = this.#run(errand).then(() => {
      if (this.#stop.signal.aborted) return;
      turn.cancel = this.#clock.later(errand.everyMs, () => {
        this.#turn(errand);
      });
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
