/**
 * When to ring. Each process keeps one timer per account on the journal's `nextLookAt` and rings an immediate doorbell
 * when it is due; there are no delayed jobs and no schedulers (DESIGN §4). A lane without a finished look for twice its
 * interval, and longer than a take-over takes, is revived, loudly.
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
  /** How long other processes may take to notice that one of them died in the middle of a look, ms. */
  readonly takeOverMs: number;
  /** Rings without deduplication and restarts the lane's worker; while the silence lasts, again after as long. */
  readonly revive: (reason: string) => Promise<void>;
  /** Told when a silence begins. */
  readonly onSilent: (says: string) => void;
  readonly onError: (error: Error) => void;
}

/** Clocks of processes may differ by so much, ms. */
const CLOCKS_APART_MS = 5_000;
/** The first silence of such a length ends with a revival; the second one is the revived lane's. */
const PATIENCES = 2;

export class LookTimer {
  readonly #options: TimerOptions;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  /** The newest finished look, by its date, and since when it is the newest: on a clock that nobody can set. */
  #newest: { readonly looked: number | null; readonly mono: number } = { looked: null, mono: 0 };
  #silent: { revivedAt: number } | null = null;
  /** When, on that clock, the lane was last seen to go on: a look had finished, or the next one was not due yet. */
  #wentOn: number;

  constructor(options: TimerOptions) {
    this.#options = options;
    this.#wentOn = options.clock.mono();
  }

  /**
   * Nobody, in no process, has finished a look that was due for so long that reviving the lane has not helped either. What is
   * left is another process.
   */
  get isStuck(): boolean {
    return !this.#stopped && this.#options.clock.mono() - this.#wentOn > PATIENCES * this.#patienceMs;
  }

  get #patienceMs(): number {
    const { lookEveryMs, takeOverMs } = this.#options;
    return Math.max(2 * lookEveryMs, takeOverMs);
  }

  /** Rings at once, then whenever a look is due. */
  start(): void {
    this.#wentOn = this.#options.clock.mono();
    this.#newest = { looked: null, mono: this.#wentOn };
    void this.#fire('start');
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A look of this process finished and said when the next one is due. */
  due(at: number): void {
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
    // Armed before anything is awaited: whatever hangs or fails here, the timer goes on. Until a look answers with a new
    // time, ask again within one interval, because another process may hold the lane.
    this.#arm(clock.wall() + lookEveryMs);
    try {
      const [next, looked] = await Promise.all([journal.nextLookAt(), journal.lookedAt()]);
      const now = clock.wall();
      if (this.#stopped) return;
      // A look from the future was dated by a clock that has been set back since: so was the time of the next one.
      const isWaiting = next !== null && next > now && (looked ?? 0) <= now + CLOCKS_APART_MS;
      if (isWaiting || looked !== this.#newest.looked) this.#wentOn = clock.mono();
      if (reason === null && isWaiting) this.#arm(next);
      else await ring(reason ?? 'due');
      await this.#watch(looked);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #watch(looked: number | null): Promise<void> {
    const { account, clock, revive, onSilent } = this.#options;
    const patienceMs = this.#patienceMs;
    const mono = clock.mono();
    if (this.#stopped) return;
    // A lane that never finished a look is silent since the timer began.
    if (looked !== this.#newest.looked) this.#newest = { looked, mono };
    const silentMs = mono - this.#newest.mono;
    if (silentMs <= patienceMs) {
      this.#silent = null;
      return;
    }
    if (this.#silent !== null && mono - this.#silent.revivedAt <= patienceMs) return;
    const seconds = String(Math.round(silentMs / 1000));
    if (this.#silent === null) onSilent(`${account} had no finished look for ${seconds} s: its lane is started again`);
    this.#silent = { revivedAt: mono };
    await revive(`no look for ${seconds} s`);
  }
}
