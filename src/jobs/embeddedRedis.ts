/**
 * The server's own Redis: a `redis-server` or `valkey-server` child on a private unix socket, append-only, fsync on
 * every write, no TCP port (DESIGN §4, "Durability").
 *
 * Who holds the data directory is decided by the kernel, not by files that a crash leaves behind:
 * - the starting (and the stopping) itself happens under a short lock on the directory (`embedded/directoryLock.ts`);
 * - under it, the socket is asked. A socket that accepts a connection has a living server behind it; one that does
 *   not has none. So two servers never write to one directory;
 * - a live server is reused when it is provably this journal's, and refused otherwise.
 *
 * Life and death. The child runs in a session of its own: a terminal's Ctrl-C ends Ballast gracefully and Ballast
 * ends Redis last. When Ballast dies hard, its Redis lives on, and the next start reuses it; no watcher is needed.
 * Several Ballast processes may share one directory: each keeps one named connection, and the last one to stop shuts
 * the server down. A crashed process counts as gone at once, since the kernel closed its connection.
 *
 * The directory must be on a local file system and used by one machine at a time.
 */
import type { ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { openLog, prepareDirectory, readRecord, removeShortFolder, socketPath } from './embedded/dataDirectory.ts';
import {
  awaitReady,
  end,
  ending,
  hasEnded,
  launch,
  LOOK_AGAIN_MS,
  until,
  type Ground,
  type Limits,
} from './embedded/child.ts';
import { lockDirectory, type DirectoryLock } from './embedded/directoryLock.ts';
import { EmbeddedRedisError } from './embedded/error.ts';
import { lifeOf } from './embedded/processIdentity.ts';
import { keep, keepers, portrait, presence, shutdown, type Keeper } from './embedded/probe.ts';

export { EmbeddedRedisError, type EmbeddedRedisProblem } from './embedded/error.ts';

/** Where the journal lives when the configuration does not say. */
export const DEFAULT_DIRECTORY = '.ballast/redis';

/** How a live Redis proves whose it is. */
export interface JournalMark {
  /** The key that holds the journal's id. */
  readonly key: string;
  /** The id that the witness file remembers, if there is one. */
  readonly id?: string | undefined;
}

export interface EmbeddedRedisOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly journal: JournalMark;
  /** Called once when the server ends without `stop`. Nothing can be journaled any more: stop sending, and exit. */
  readonly onDeath: (death: RedisDeath) => void;
  /** BALLAST_REDIS_SERVER. */
  readonly program?: string | undefined;
  /** Until it answers, reading a long journal included. */
  readonly startWithinMs?: number | undefined;
  readonly answerWithinMs?: number | undefined;
  readonly stopWithinMs?: number | undefined;
}

export interface RedisDeath {
  /** In words, for the log and the alert. */
  readonly reason: string;
}

export interface EmbeddedRedis {
  readonly socketPath: string;
  /** False when a live server was found and is used together with, or after, another process. */
  readonly owned: boolean;
  readonly pid: number;
  /** Lets go of the server, and shuts it down unless another Ballast process still uses it. Never throws; twice is once. */
  stop(): Promise<'stopped' | 'leftRunning'>;
}

/** A live server answered: is it this journal's? @throws EmbeddedRedisError `notOurs`, `unresponsive` */
async function recognise({ limits, directory, socket }: Ground, journal: JournalMark): Promise<number> {
  const { key, id } = journal;
  const seen = await portrait(socket, key, limits.answerMs).catch((error: unknown) => {
    throw new EmbeddedRedisError('unresponsive', `the Redis on ${socket} stopped answering: ${String(error)}`, {
      cause: error,
    });
  });
  const servesOurDirectory = seen.directory === directory;
  const remembered = id !== undefined && seen.journalId === id;
  // Left by a process that died before it wrote the journal's first key.
  const untouched = seen.journalId === null && seen.empty;
  if (remembered || (servesOurDirectory && (id === undefined || untouched))) return Number(seen.pid);
  throw new EmbeddedRedisError(
    'notOurs',
    `a Redis (process ${seen.pid}, directory ${seen.directory}) answers on ${socket}, and its journal is ${seen.journalId ?? 'absent'} instead of ${id ?? `the one in ${directory}`}. ` +
      'Two journals must never be mixed up. Stop that Redis if it is a leftover, or choose another data directory.',
  );
}

/** What is behind the socket: the pid of a server to reuse, or undefined when the way is free for a new one. */
async function findLive(ground: Ground, journal: JournalMark): Promise<number | undefined> {
  const { clock, limits, directory, socket } = ground;
  const recorded = readRecord(directory)?.server;
  const recordedLives = (): boolean => recorded !== undefined && lifeOf(recorded) === 'alive';
  let now = await presence(socket, limits.answerMs);
  // A server that is still reading its data, or that was started a moment ago by a process that died since.
  await until(clock, limits.startMs, async () => {
    if (now === 'ready' || now === 'silent' || (now === 'absent' && !recordedLives())) return true;
    now = await presence(socket, limits.answerMs);
    return false;
  });
  if (now === 'ready') return recognise(ground, journal);
  if (now === 'absent' && !recordedLives()) return undefined;
  const who = recorded === undefined ? 'a process that Ballast did not record' : `process ${recorded.pid}`;
  throw new EmbeddedRedisError(
    'unresponsive',
    `${who} holds the journal in ${directory} and does not answer on ${socket} (${now}). ` +
      'A second server on the same journal would destroy it. Wait if the machine is busy, resume the process if it is frozen, or end it (kill), then start again.',
  );
}

/** One running server as one process sees it. */
class Running implements EmbeddedRedis {
  readonly socketPath: string;
  readonly owned: boolean;
  readonly pid: number;
  readonly #ground: Ground;
  readonly #child: ChildProcess | undefined;
  readonly #onDeath: (death: RedisDeath) => void;
  #keeper: Keeper | undefined;
  #stopping: Promise<'stopped' | 'leftRunning'> | undefined;
  #told = false;

  constructor(ground: Ground, pid: number, child: ChildProcess | undefined, onDeath: (death: RedisDeath) => void) {
    this.#ground = ground;
    this.#onDeath = onDeath;
    this.#child = child;
    this.socketPath = ground.socket;
    this.owned = child !== undefined;
    this.pid = pid;
  }

  /** From here on the server is held, and its death is reported. */
  async hold(): Promise<void> {
    const child = this.#child;
    child?.once('exit', () => {
      this.#reportDeath(`the embedded Redis (process ${this.pid}) ended: ${ending(child)}`);
    });
    this.#keeper = await keep(this.socketPath, this.#ground.limits.answerMs, () => {
      // Our child's end is reported by its exit, which says more; a server of another process has only this sign.
      if (child === undefined) this.#reportDeath(`the connection to the embedded Redis (process ${this.pid}) was lost`);
    });
  }

  stop(): Promise<'stopped' | 'leftRunning'> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #reportDeath(reason: string): void {
    if (this.#told || this.#stopping !== undefined) return;
    this.#told = true;
    const tail = this.#ground.log.tail();
    this.#onDeath({
      reason: tail === '' ? reason : `${reason}. Last lines of ${this.#ground.log.path}:\n${tail}`,
    });
  }

  async #stop(): Promise<'stopped' | 'leftRunning'> {
    const { clock, limits, directory } = this.#ground;
    let lock: DirectoryLock | undefined;
    try {
      // Under the lock, so that nobody decides to reuse a server that is about to end.
      lock = await lockDirectory(directory, clock, limits.stopMs, 2 * limits.startMs);
      this.#keeper?.release();
      if (lock === undefined) return 'leftRunning';
      const result = await this.#shutDownIfLast();
      if (result === 'stopped') removeShortFolder(directory, this.socketPath);
      return result;
    } catch {
      // The server does not answer (or has ended). Only a child of ours may be ended by force.
      if (this.#child === undefined) return 'leftRunning';
      await end(this.#child, clock);
      return 'stopped';
    } finally {
      await lock?.release().catch(() => undefined);
    }
  }

  async #shutDownIfLast(): Promise<'stopped' | 'leftRunning'> {
    const { clock, limits, socket } = this.#ground;
    const gone = async (): Promise<boolean> =>
      this.#child === undefined ? (await presence(socket, limits.answerMs)) === 'absent' : hasEnded(this.#child);
    if (await gone()) return 'stopped';
    let others = 0;
    // Our own released connection may be listed for a moment.
    await until(clock, 10 * LOOK_AGAIN_MS, async () => {
      others = await keepers(socket, limits.answerMs);
      return others === 0;
    });
    if (others > 0) return 'leftRunning';
    await shutdown(socket, limits.answerMs);
    if (await until(clock, limits.stopMs, gone)) return 'stopped';
    throw new Error('the server did not end');
  }
}

/**
 * Starts the embedded Redis, or joins the one that already serves this directory.
 * @throws EmbeddedRedisError
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const limits: Limits = {
    startMs: options.startWithinMs ?? 30_000,
    answerMs: options.answerWithinMs ?? 2_000,
    stopMs: options.stopWithinMs ?? 5_000,
  };
  const directory = prepareDirectory(options.directory);
  const lock = await lockDirectory(directory, options.clock, limits.startMs, 2 * limits.startMs);
  if (lock === undefined) {
    throw new EmbeddedRedisError(
      'busy',
      `another process has been starting or stopping the Redis in ${directory} for ${limits.startMs} ms. Look for a hanging Ballast process; its number is in the newest lock file there.`,
    );
  }
  try {
    const socket = socketPath(directory, readRecord(directory));
    const ground: Ground = {
      clock: options.clock,
      program: options.program,
      limits,
      directory,
      socket,
      log: openLog(directory),
    };
    const live = await findLive(ground, options.journal);
    const child = live === undefined ? await launch(ground) : undefined;
    if (child !== undefined) await awaitReady(ground, child);
    const running = new Running(ground, live ?? child?.pid ?? 0, child, options.onDeath);
    try {
      await running.hold();
    } catch (error) {
      if (child !== undefined) await end(child, options.clock);
      throw new EmbeddedRedisError('startFailed', `Redis ended right after it had answered: ${String(error)}`, {
        cause: error,
      });
    }
    return running;
  } finally {
    await lock.release();
  }
}

/** Where the Redis of this data directory last answered; for readers that must not start one. */
export function embeddedSocket(directory: string): string {
  return readRecord(resolve(directory))?.socket ?? join(resolve(directory), 'redis.sock');
}
