/**
 * A lock on a directory that survives crashes without ever being held twice. Node has no flock, and a lock file that
 * is removed when its owner is dead has a race: of two processes that find the dead owner, the slower one removes
 * the faster one's new lock. So locks are numbered and a number is never given twice:
 *
 * - the highest `lock.N` is the lock; its content names the owner, or says it is free;
 * - to take it, link a complete file to `lock.N+1`: the kernel lets one process do that;
 * - then look once more: a higher number means we were late (somebody tidied N+1 away meanwhile): try again;
 * - to release it, replace its content by "free". The highest number is never removed, only lower ones.
 *
 * It needs a local file system (hard links, atomic rename). It is held for the short time of a start only; a holder
 * on another machine or in another container cannot be asked whether it lives, so its lock counts for `staleAfterMs`.
 */
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { identify, lifeOf, parseIdentity, type ProcessIdentity } from './processIdentity.ts';

export interface DirectoryLock {
  release(): Promise<void>;
}

const LOCK_NAME = /^lock\.(\d+)$/;
const RETRY_AFTER_MS = 25;

let drafts = 0;

/** A file of this process alone, written completely before it gets its real name. */
async function draft(directory: string, content: unknown): Promise<string> {
  drafts += 1;
  const path = join(directory, `draft.${process.pid}.${drafts}`);
  await writeFile(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}

async function highest(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** A file that cannot be read as a lock was cut off by a power failure, so its owner is gone: files appear complete. */
function ownerIn(text: string): ProcessIdentity | undefined {
  try {
    return parseIdentity((JSON.parse(text) as { owner?: unknown }).owner);
  } catch {
    return undefined;
  }
}

async function isHeld(path: string, clock: Clock, staleAfterMs: number): Promise<boolean> {
  let text: string;
  let ageMs: number;
  try {
    text = await readFile(path, 'utf8');
    ageMs = clock.wall() - (await stat(path)).mtimeMs;
  } catch {
    return true; // replaced or tidied away this very moment: look again
  }
  const owner = ownerIn(text);
  if (owner === undefined) return false;
  const life = lifeOf(owner);
  return life === 'alive' || (life === 'unknown' && ageMs < staleAfterMs);
}

/** True when `path` now is ours. */
async function linkNew(directory: string, number: number): Promise<boolean> {
  const own = await draft(directory, { owner: identify() });
  try {
    await link(own, join(directory, `lock.${number}`));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
  if ((await highest(directory)) === number) return true;
  await rm(join(directory, `lock.${number}`), { force: true });
  return false;
}

async function removeLower(directory: string, number: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const found = LOCK_NAME.exec(name)?.[1];
    if (found !== undefined && Number(found) < number) await rm(join(directory, name), { force: true });
  }
}

/**
 * Takes the lock, waiting for a living holder.
 * @returns undefined when it was still held after `waitMs`
 */
export async function lockDirectory(
  directory: string,
  clock: Clock,
  waitMs: number,
  staleAfterMs: number,
): Promise<DirectoryLock | undefined> {
  const giveUpAt = clock.mono() + waitMs;
  for (;;) {
    const last = await highest(directory);
    const held = last > 0 && (await isHeld(join(directory, `lock.${last}`), clock, staleAfterMs));
    if (!held && (await linkNew(directory, last + 1))) {
      await removeLower(directory, last + 1);
      const release = async (): Promise<void> => {
        await rename(await draft(directory, { free: true }), join(directory, `lock.${last + 1}`));
      };
      return { release };
    }
    if (clock.mono() >= giveUpAt) return undefined;
    await clock.sleep(RETRY_AFTER_MS);
  }
}
