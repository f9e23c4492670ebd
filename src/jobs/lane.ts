/**
 * A lane: the BullMQ queue of one account. Its jobs are doorbells that carry no amount, no plan and no secret, so that
 * losing every job is harmless and running every job twice is harmless (DESIGN §4). Hides BullMQ from everybody else.
 *
 * Options that matter, and why: concurrency 1 in this worker and globally (two processes would otherwise run two looks);
 * attempts 1 and maxStalledCount 0 (a retry would overtake, a stalled job is a restart); no delayed jobs and no
 * schedulers (a waiting delayed job swallows an urgent doorbell: measured, MODELS §9).
 */
import type { Job } from 'bullmq';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { within } from '../clock.ts';
import { QUEUE } from './keys.ts';
import { Lease } from './lease.ts';
import type { Timing } from './timing.ts';

/** What rings. Nothing in it decides anything. */
export interface Doorbell {
  readonly account: string;
  readonly reason: string;
}

export interface LaneOptions {
  readonly account: string;
  /** Redis key prefix; shares the account's hash tag. */
  readonly prefix: string;
  /** For adding jobs: fails fast. */
  readonly producer: Redis;
  /** For the worker: waits for Redis for ever. BullMQ duplicates it for its blocking reads. */
  readonly consumer: Redis;
  readonly clock: Clock;
  readonly timing: Pick<Timing, 'lockMs' | 'stalledMs'>;
  /** One look. Must not throw for anything a venue did: a throw is a bug and is reported. */
  readonly look: (reason: string, lease: Lease, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** A look has ended: how long its job waited for a worker, and how long it ran. */
  readonly onTimed: (waitedMs: number, tookMs: number) => void;
  /** A job died with its process: a restart, not an error. */
  readonly onStalled: () => void;
}

const DEDUPLICATION = 'doorbell';
const KEPT = { attempts: 1, removeOnComplete: { count: 5 }, removeOnFail: { count: 50 } };
/** A look that was told to stop ends its waits at once; longer than this it hangs. */
const ABORT_GRACE_MS = 500;
/** Connections that do not close within this are left to the end of the process. */
const CLOSE_WITHIN_MS = 3_000;

function ringBell(queue: Queue<Doorbell>, bell: Doorbell): Promise<unknown> {
  return queue.add('look', bell, { deduplication: { id: DEDUPLICATION, keepLastIfActive: true } });
}

/** Asks for a look from outside of the processes that run the lane. */
export async function ringLane(redis: Redis, prefix: string, account: string, reason: string): Promise<void> {
  const queue = new Queue<Doorbell>(QUEUE, { connection: redis, prefix, defaultJobOptions: KEPT });
  queue.on('error', () => undefined);
  try {
    await ringBell(queue, { account, reason });
  } finally {
    await queue.close();
  }
}

export class Lane {
  readonly account: string;
  readonly #options: LaneOptions;
  readonly #queue: Queue<Doorbell>;
  #worker: Worker<Doorbell>;
  /** Tells the looks of the present worker to stop. */
  #stop = new AbortController();
  #running = 0;
  /** No worker is hired any more. */
  #closing = false;
  /** Something of this process rang or ran since the queue was last seen empty. */
  #touched = true;

  private constructor(options: LaneOptions) {
    this.account = options.account;
    this.#options = options;
    this.#queue = new Queue<Doorbell>(QUEUE, {
      connection: options.producer,
      prefix: options.prefix,
      defaultJobOptions: KEPT,
    });
    this.#queue.on('error', options.onError);
    this.#worker = this.#hire();
  }

  #hire(): Worker<Doorbell> {
    const { consumer, prefix, timing, onError, onStalled } = this.#options;
    const { signal: stop } = this.#stop;
    const worker = new Worker<Doorbell>(QUEUE, (job, token, signal) => this.#run(job, token, stop, signal), {
      connection: consumer,
      prefix,
      autorun: false,
      concurrency: 1,
      lockDuration: timing.lockMs,
      stalledInterval: timing.stalledMs,
      maxStalledCount: 0,
      removeOnComplete: { count: 5 },
      removeOnFail: { count: 50 },
    });
    worker.on('error', onError);
    worker.on('failed', (_job, error) => {
      if (error.message.includes('stalled')) onStalled();
      else onError(error);
    });
    // The lane is no longer ours: the look may stop reading. Nothing is aborted by this that was already sent.
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'the lock of its lane could not be renewed');
    });
    return worker;
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options);
    // Re-asserted at every start: it lives in Redis and another process may have changed it.
    await lane.#queue.setGlobalConcurrency(1);
    void lane.#worker.run().catch(options.onError);
    await lane.#worker.waitUntilReady();
    return lane;
  }

  /** Asks for a look. Bells that ring during a look make exactly one more look after it. */
  async ring(reason: string): Promise<void> {
    this.#touched = true;
    await ringBell(this.#queue, { account: this.account, reason });
  }

  /**
   * Nobody has finished a look of this lane for too long: asks for one without deduplication, which a lost job could
   * block, and puts another worker to work. A look that hangs is told to stop and left behind; whatever it still does,
   * the journal's epoch keeps it from claiming (DESIGN §4).
   */
  async revive(reason: string): Promise<void> {
    if (this.#closing) return;
    this.#touched = true;
    const silent = this.#worker;
    this.#stop.abort(new Error('the lane was silent for too long'));
    this.#stop = new AbortController();
    this.#worker = this.#hire();
    void this.#worker.run().catch(this.#options.onError);
    void silent.close(true).catch(this.#options.onError);
    await this.#queue.add('look', { account: this.account, reason });
  }

  /** True when no look runs or waits that this process knows of; asks Redis only after something happened here. */
  async quiet(): Promise<boolean> {
    if (this.#running > 0) return false;
    if (!this.#touched) return true;
    this.#touched = false;
    const counts = await this.#queue.getJobCounts('waiting', 'active', 'prioritized', 'delayed');
    const empty = Object.values(counts).every((count) => count === 0);
    if (!empty) this.#touched = true;
    return empty && !this.#touched;
  }

  /**
   * No new look begins; the running one may finish within `graceMs`, then it is told to stop, and left behind if it does
   * not: BullMQ's own close waits without a limit (measured), a supervisor's kill does not.
   */
  async close(graceMs: number, clock: Clock): Promise<void> {
    this.#closing = true;
    await this.#worker.pause(true);
    await this.#idleWithin(graceMs, clock);
    this.#stop.abort(new Error('the server is stopping'));
    await this.#idleWithin(ABORT_GRACE_MS, clock);
    const closed = Promise.all([this.#worker.close(this.#running > 0), this.#queue.close()]);
    await within(clock, CLOSE_WITHIN_MS, closed.catch(this.#options.onError));
  }

  async #idleWithin(ms: number, clock: Clock): Promise<void> {
    const until = clock.mono() + ms;
    while (this.#running > 0 && clock.mono() < until) await clock.sleep(5);
  }

  async #run(
    job: Job<Doorbell>,
    token: string | undefined,
    stop: AbortSignal,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const options = this.#options;
    const lease = new Lease(options.clock, options.timing.lockMs, async () => {
      try {
        return (await job.extendLock(token ?? '', options.timing.lockMs)) === 1;
      } catch {
        return false;
      }
    });
    const signals = signal === undefined ? [stop] : [stop, signal];
    this.#running += 1;
    this.#touched = true;
    const from = options.clock.mono();
    // Both by BullMQ's own clock.
    const waitedMs = Math.max(0, (job.processedOn ?? job.timestamp) - job.timestamp);
    try {
      await options.look(job.data.reason, lease, AbortSignal.any(signals));
    } finally {
      this.#running -= 1;
      options.onTimed(waitedMs, options.clock.mono() - from);
    }
  }
}
