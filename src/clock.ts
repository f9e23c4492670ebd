/**
 * The one home of time and timers. Everything else takes a `Clock`, so that the whole server also runs under
 * virtual time, and `test/tidy` refuses the originals (`Date.now`, `setTimeout`, …) anywhere else.
 *
 * Two readings, because neither is enough alone (DESIGN §4):
 * - `wall` is what venues, signatures and records speak. It can jump when the machine's clock is set.
 * - `mono` never goes back and never jumps with the wall clock, but stands still while the machine is suspended.
 *   Use it for durations and deadlines; check both where a lease or an age decides about money.
 */

/** Ends a timer before it fired; harmless afterwards and harmless twice. */
export type Cancel = () => void;

export interface Clock {
  /** Wall clock: ms since the epoch. */
  wall(): number;
  /** Monotonic clock: ms since an arbitrary start, with fractions. Comparable only within one process. */
  mono(): number;
  /** Calls `run` once after `ms`; never inside the caller, also for 0. An `idle` timer keeps no process alive. */
  later(ms: number, run: () => void, kind?: 'idle'): Cancel;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers hold 31 bits of milliseconds and fire at once beyond that. Longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function later(ms: number, run: () => void, kind?: 'idle'): Cancel {
  if (Number.isNaN(ms)) throw new RangeError('a timer needs a number of milliseconds, got NaN');
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const sliceMs = Math.min(leftMs, LONGEST_TIMER_MS);
    timer = setTimeout(() => {
      if (leftMs > sliceMs) arm(leftMs - sliceMs);
      else run();
    }, sliceMs);
    if (kind === 'idle') timer.unref();
  };
  arm(Math.max(0, ms));
  return () => {
    clearTimeout(timer);
  };
}

/** What `AbortSignal.reason` holds may be anything; a promise is rejected with an Error. */
function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortReason(signal));
      return;
    }
    const onAbort = (): void => {
      cancel();
      if (signal !== undefined) reject(abortReason(signal));
    };
    const cancel = later(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The machine's own clocks. Created once, at the composition root; everybody else is handed a `Clock`. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  later,
  sleep,
};

/**
 * Aborts after `ms` of this clock; `AbortSignal.timeout` knows real time only. Like that one it outlives the work that
 * ended in time, so it must not keep a stopped process waiting.
 */
export function timeout(clock: Pick<Clock, 'later'>, ms: number): AbortSignal {
  const ending = new AbortController();
  const abort = (): void => {
    ending.abort(new DOMException('it took too long', 'TimeoutError'));
  };
  clock.later(ms, abort, 'idle');
  return ending.signal;
}

/** ISO 8601 in UTC of a wall time: for records and people. */
export function isoOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Waits for the work, but not longer than this. What does not end in time is left behind; its failure is the caller's. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const waited = clock.sleep(ms, over.signal).catch(() => undefined);
  await Promise.race([work, waited]).finally(() => {
    over.abort(new Error('done'));
  });
}

/** What the work gives; `null` when it fails or takes longer than this. */
export async function orNull<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | null> {
  const given = work.catch(() => null);
  let result: T | null = null;
  await within(
    clock,
    ms,
    given.then((value) => (result = value)),
  );
  return result;
}
