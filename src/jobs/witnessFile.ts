/**
 * A witness's lines on the disk. Each line is written in one call at the end of the file and synced before anybody goes
 * on; the kernel keeps lines of several processes apart. Every line begins with a line break, so that one that a death cut
 * off does not swallow the next.
 *
 * A file that has grown long is put aside as `.old` after its gist was added to it, and a new one begins; both are read. So
 * at every moment everything is in the two files together, whoever dies or writes in between.
 */
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { lockDirectory } from './embedded/directoryLock.ts';
import { gistOf } from './witness.ts';
import type { WitnessFile } from './witness.ts';

const LONGEST_BYTES = 1024 * 1024;
/** Who finds another process at it leaves it to that one. */
const LOCK_STALE_MS = 60_000;

export class WitnessOnDisk implements WitnessFile {
  readonly #path: string;
  readonly #clock: Clock;
  #read = '';

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  async read(): Promise<string | null> {
    const now = `${await stampOf(this.#path)} ${await stampOf(`${this.#path}.old`)}`;
    if (now === this.#read) return null;
    const text = `${await textOf(`${this.#path}.old`)}\n${await textOf(this.#path)}`;
    // Stamped before it was read: what was added meanwhile is read again.
    this.#read = now;
    return text;
  }

  async append(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const file = await open(this.#path, 'a', 0o600);
    let size: number;
    try {
      await file.appendFile(`\n${line}\n`);
      await file.sync();
      size = (await file.stat()).size;
    } finally {
      await file.close();
    }
    if (size === Buffer.byteLength(line) + 2) await syncFolder(dirname(this.#path));
    if (size > LONGEST_BYTES) await this.#turnOver();
  }

  async #turnOver(): Promise<void> {
    const lock = await lockDirectory(dirname(this.#path), this.#clock, 0, LOCK_STALE_MS);
    if (lock === undefined) return;
    try {
      if (((await stat(this.#path).catch(() => null))?.size ?? 0) <= LONGEST_BYTES) return;
      const text = `${await textOf(`${this.#path}.old`)}\n${await textOf(this.#path)}`;
      const file = await open(this.#path, 'a', 0o600);
      try {
        await file.appendFile(`\n${gistOf(text, this.#clock.wall())}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(this.#path, `${this.#path}.old`);
      await syncFolder(dirname(this.#path));
    } finally {
      await lock.release();
    }
  }
}

/** Changes with every write. */
async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => absent(error, null));
  return found === null ? 'none' : `${String(found.ino)}:${String(found.size)}`;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => absent(error, ''));
}

/** @throws everything but "there is no such file": a witness that cannot be read is not an empty one */
function absent<T>(error: unknown, value: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value;
  throw error;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
