/** Looks at a folder; the one thing it writes there is a small file that it takes away again. */
import { access, constants, open, rm, statfs } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { FolderFacts } from './disk.ts';

const PROBE = '.ballast-doctor';
const SYNCS = 5;

export async function readFolder(wanted: string, clock: Pick<Clock, 'mono'>): Promise<FolderFacts> {
  const path = resolve(wanted);
  const there = nearest(path);
  const space = await statfs(there).catch(() => null);
  const refused = await access(there, constants.W_OK | constants.X_OK).then(() => null, codeOf);
  const tried = refused === null && there === path ? await trySyncs(join(path, PROBE), clock) : null;
  return {
    path,
    there,
    refused: typeof tried === 'string' ? tried : refused,
    syncs: typeof tried === 'string' ? null : tried,
    freeBytes: space === null ? null : space.bavail * space.bsize,
    kind: space === null || process.platform !== 'linux' ? null : space.type,
  };
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

async function trySyncs(path: string, clock: Pick<Clock, 'mono'>): Promise<readonly number[] | string> {
  try {
    const file = await open(path, 'w', 0o600);
    const answers: number[] = [];
    try {
      for (let write = 0; write < SYNCS; write += 1) {
        const before = clock.mono();
        await file.write('examined\n');
        await file.sync();
        answers.push(clock.mono() - before);
      }
    } finally {
      await file.close();
    }
    return answers;
  } catch (error) {
    return codeOf(error);
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
