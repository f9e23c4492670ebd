/**
 * The lane's contract without BullMQ: one look at a time per account in all processes, bells that wait fold into one, a
 * lock is a lease that a worker renews at half its time, and a look whose lock has run out is swept away, so that another
 * process may begin one while the first still believes in its own (DESIGN §4, "The fence").
 */
import { Lease } from '../../../src/jobs/lease.ts';
import type { Machine } from './machine.ts';

interface Job {
  readonly reason: string;
  readonly plain: boolean;
}

interface Active {
  readonly job: Job;
  readonly token: number;
  lockUntil: number;
}

/** The queue of one account as Redis holds it. */
export class LaneStore {
  readonly #waiting: Job[] = [];
  readonly #idle = new Set<() => void>();
  readonly #now: () => number;
  #active: Active | null = null;
  /** The last bell that rang during a look. */
  #next: Job | null = null;
  #tokens = 0;
  /** Looks that were swept away because their lock had run out. */
  stalled = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param plain without deduplication */
  add(reason: string, plain: boolean): void {
    const job = { reason, plain };
    if (!plain && this.#active !== null && !this.#active.job.plain) this.#next = job;
    else if (plain || !this.#waiting.some((one) => !one.plain)) this.#waiting.push(job);
    this.#tell();
  }

  take(lockMs: number): Active | null {
    if (this.#active !== null) return null;
    const job = this.#waiting.shift();
    if (job === undefined) return null;
    this.#active = { job, token: (this.#tokens += 1), lockUntil: this.#now() + lockMs };
    return this.#active;
  }

  extend(token: number, lockMs: number): boolean {
    const active = this.#active;
    if (active?.token !== token || active.lockUntil <= this.#now()) return false;
    active.lockUntil = this.#now() + lockMs;
    return true;
  }

  finish(token: number): void {
    if (this.#active?.token === token) this.#end();
  }

  sweep(): void {
    if (this.#active === null || this.#active.lockUntil > this.#now()) return;
    this.stalled += 1;
    this.#end();
  }

  /** Everything that waits is lost: harmless, because the journal is the truth. */
  lose(): void {
    this.#waiting.length = 0;
    this.#next = null;
  }

  /** Calls back whenever there may be something to take. */
  await(ready: () => void): () => void {
    this.#idle.add(ready);
    return () => this.#idle.delete(ready);
  }

  #end(): void {
    this.#active = null;
    if (this.#next !== null) this.#waiting.push(this.#next);
    this.#next = null;
    this.#tell();
  }

  #tell(): void {
    if (this.#active !== null || this.#waiting.length === 0) return;
    for (const ready of [...this.#idle]) ready();
  }
}

export interface WorkerOptions {
  readonly machine: Machine;
  readonly store: LaneStore;
  readonly lockMs: number;
  readonly stalledMs: number;
  readonly look: (reason: string, lease: Lease, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** One process at one lane. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #stop = new AbortController();
  readonly #forget: () => void = () => undefined;
  #busy = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#forget = options.store.await(() => {
      options.machine.enter(() => void this.#take());
    });
    this.#sweepLater();
    void this.#take();
  }

  /** Left behind: its look is told to stop, its lock is not renewed any more. */
  close(): void {
    this.#forget();
    this.#stop.abort(new Error('the lane was silent for too long'));
  }

  #sweepLater(): void {
    const { machine, store, stalledMs } = this.#options;
    machine.clock.later(stalledMs, () => {
      if (this.#stop.signal.aborted) return;
      void machine.call('lane.sweep', () => store.sweep()).catch(() => undefined);
      this.#sweepLater();
    });
  }

  async #take(): Promise<void> {
    if (this.#busy || this.#stop.signal.aborted) return;
    const { machine, store, lockMs, onError } = this.#options;
    this.#busy = true;
    try {
      for (;;) {
        const active = await machine.call('lane.take', () => store.take(lockMs));
        if (active === null) return;
        await this.#run(active);
        await machine.call('lane.finish', () => store.finish(active.token));
        if (this.#stop.signal.aborted) return;
      }
    } catch (error) {
      onError(error);
    } finally {
      this.#busy = false;
    }
  }

  async #run({ token, job }: Active): Promise<void> {
    const { machine, store, lockMs, look, onError } = this.#options;
    const extend = (): Promise<boolean> =>
      machine.call('lane.extend', () => store.extend(token, lockMs)).catch(() => false);
    const lost = new AbortController();
    let over = false;
    const renew = (): void => {
      machine.clock.later(lockMs / 2, () => {
        if (over || this.#stop.signal.aborted) return;
        void extend().then((held) => {
          if (!held) lost.abort(new Error('the lock of its lane could not be renewed'));
        });
        renew();
      });
    };
    renew();
    try {
      await look(
        job.reason,
        new Lease(machine.clock, lockMs, extend),
        AbortSignal.any([this.#stop.signal, lost.signal]),
      );
    } catch (error) {
      onError(error);
    } finally {
      over = true;
    }
  }
}
