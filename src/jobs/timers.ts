/**
 * When to ring. Each process keeps one timer per account on the journal's `nextLookAt` and rings an immediate doorbell
 * when it is due; there are no delayed jobs and no schedulers (DESIGN §4). A lane without a finished look for twice its
 * interval is rung again, loudly.
 */
import type { Cancel, Clock } from '../clock.ts';
import type { Journal } from './journal.ts';

export interface TimerOptions {
  readonly account: string;
  readonly journal: Pick<Journal, 'nextLookAt' | 'lookedAt'>;
  readonly ring: (reason: string) => Promise<void>;
  readonly clock: Clock;
  /** Longest pause between two looks of a quiet account, ms. */
  readonly lookEveryMs: number;
  readonly onSilent: (says: string) => void;
  readonly onError: (error: Error) => void;
}

export class LookTimer {
  readonly #options: TimerOptions;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #silentSince: number | null = null;

  constructor(options: TimerOptions) {
    this.#options = options;
  }

  /** Rings at once, then whenever a look is due. */
  start(): void {
    void this.#fire('start');
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A look of this process finished and said when the next one is due. */
  due(at: number): void {
    this.#silentSince = null;
    this.#arm(at);
  }

  #arm(at: number): void {
    this.#cancel();
    if (this.#stopped) return;
    const waitMs = Math.min(Math.max(0, at - this.#options.clock.wall()), this.#options.lookEveryMs);
    this.#cancel = this.#options.clock.later(waitMs, () => void this.#fire(null));
  }

  async #fire(reason: string | null): Promise<void> {
    const { clock, journal, ring, lookEveryMs, onError } = this.#options;
    try {
      const now = clock.wall();
      const next = await journal.nextLookAt();
      if (reason !== null || next === null || next <= now) await ring(reason ?? 'due');
      await this.#watch(now);
      // Until a look answers with a new time, ask again within one interval: another process may hold the lane.
      this.#arm(next !== null && next > now ? next : now + lookEveryMs);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      this.#arm(clock.wall() + lookEveryMs);
    }
  }

  async #watch(now: number): Promise<void> {
    const { account, journal, lookEveryMs, onSilent } = this.#options;
    const looked = await journal.lookedAt();
    const silent = looked !== null && now - looked > 2 * lookEveryMs;
    if (silent && this.#silentSince === null) {
      this.#silentSince = now;
      onSilent(`${account} had no complete look for ${String(Math.round((now - looked) / 1000))} s`);
    }
  }
}
