/** The Redis process that this process starts: launching it, waiting for it, ending it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { writeRecord, writeSettings, type ServerLog } from './dataDirectory.ts';
import { EmbeddedRedisError } from './error.ts';
import { identify } from './processIdentity.ts';
import { presence } from './probe.ts';
import { findRedisServer } from './program.ts';

export interface Limits {
  readonly startMs: number;
  readonly answerMs: number;
  readonly stopMs: number;
}

/** All that the steps below share. */
export interface Ground {
  readonly clock: Clock;
  readonly program: string | undefined;
  readonly limits: Limits;
  readonly directory: string;
  readonly socket: string;
  readonly log: ServerLog;
}

export const LOOK_AGAIN_MS = 20;
const TERM_WITHIN_MS = 2_000;

/** Waits until `done` answers true; false after `withinMs`. */
export async function until(clock: Clock, withinMs: number, done: () => Promise<boolean> | boolean): Promise<boolean> {
  const giveUpAt = clock.mono() + withinMs;
  while (!(await done())) {
    if (clock.mono() >= giveUpAt) return false;
    await clock.sleep(LOOK_AGAIN_MS);
  }
  return true;
}

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Starts a child of ours; it does not answer yet. */
export async function launch({ program, directory, socket, log }: Ground): Promise<ChildProcess> {
  const { path } = await findRedisServer(program);
  log.rotate();
  const settings = writeSettings(directory, socket);
  const output = openSync(log.path, 'a', 0o600);
  try {
    // A session of its own (no Ctrl-C), no environment (it may hold secrets).
    const child = spawn(path, [settings], {
      cwd: directory,
      env: {},
      detached: true,
      stdio: ['ignore', output, output],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    if (child.pid !== undefined) writeRecord(directory, { server: identify(child.pid), socket });
    return child;
  } catch (error) {
    throw new EmbeddedRedisError('startFailed', `${path} could not be started: ${String(error)}`, { cause: error });
  } finally {
    closeSync(output);
  }
}

/** Ends a child of ours. An acknowledged write is on the disk already (fsync always), so even SIGKILL loses none. */
export async function end(child: ChildProcess, clock: Clock): Promise<void> {
  child.kill('SIGTERM');
  if (await until(clock, TERM_WITHIN_MS, () => hasEnded(child))) return;
  child.kill('SIGKILL');
  await until(clock, TERM_WITHIN_MS, () => hasEnded(child));
}

/** Waits until the new child answers. @throws EmbeddedRedisError `startFailed`, `startTimeout` */
export async function awaitReady(
  { clock, limits, directory, socket, log }: Ground,
  child: ChildProcess,
): Promise<void> {
  let last = 'absent';
  await until(clock, limits.startMs, async () => {
    last = await presence(socket, limits.answerMs);
    return last === 'ready' || hasEnded(child);
  });
  const advice = `Its log is ${log.path}. Never delete ${directory} to make it start: it holds what was sent.`;
  if (hasEnded(child)) {
    throw new EmbeddedRedisError(
      'startFailed',
      `Redis ended while starting (${ending(child)}). ${advice}\n${log.tail()}`,
    );
  }
  if (last === 'ready') return;
  await end(child, clock);
  throw new EmbeddedRedisError(
    'startTimeout',
    `Redis did not answer within ${limits.startMs} ms (${last}) and was ended. A long journal takes longer to read: raise the limit. ${advice}\n${log.tail()}`,
  );
}

export function ending(child: ChildProcess): string {
  return child.signalCode === null ? `exit code ${child.exitCode ?? 'unknown'}` : `signal ${child.signalCode}`;
}
