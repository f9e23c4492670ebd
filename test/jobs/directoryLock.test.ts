/** The lock on the data directory: one holder at a time, whatever dead owners left behind, and no way to get stuck. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { lockDirectory } from '../../src/jobs/embedded/directoryLock.ts';
import { identify, type ProcessIdentity } from '../../src/jobs/embedded/processIdentity.ts';

const STALE_MS = 1_000;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ballast-lock-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function leave(name: string, owner: Partial<ProcessIdentity>): string {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify({ owner: { ...identify(), ...owner } }));
  return path;
}

const DEAD = { born: '1' }; // our pid, but an earlier process had it

it('lets one of many in at a time, after a dead owner too', async () => {
  leave('lock.3', DEAD);
  let inside = 0;
  let most = 0;
  const contend = async (): Promise<void> => {
    const lock = await lockDirectory(directory, systemClock, 10_000, STALE_MS);
    inside += 1;
    most = Math.max(most, inside);
    await systemClock.sleep(2);
    inside -= 1;
    await lock?.release();
  };
  await Promise.all(Array.from({ length: 12 }, contend));
  expect(most).toBe(1);
});

it('never gives a number twice, and tidies lower ones away', async () => {
  leave('lock.3', DEAD);
  for (let round = 0; round < 3; round += 1)
    await (await lockDirectory(directory, systemClock, 1_000, STALE_MS))?.release();
  expect(readdirSync(directory)).toEqual(['lock.6']);
});

it('waits for a living owner and gives up in time', async () => {
  leave('lock.1', {});
  expect(await lockDirectory(directory, systemClock, 60, STALE_MS)).toBeUndefined();
});

it('takes over after a reboot', async () => {
  leave('lock.1', { boot: 'an earlier boot' });
  expect(await lockDirectory(directory, systemClock, 60, STALE_MS)).toBeDefined();
});

it('respects an owner elsewhere until it is stale', async () => {
  const path = leave('lock.1', { host: 'another-container' });
  expect(await lockDirectory(directory, systemClock, 60, STALE_MS)).toBeUndefined();
  const longAgo = systemClock.wall() / 1_000 - 2;
  utimesSync(path, longAgo, longAgo);
  expect(await lockDirectory(directory, systemClock, 60, STALE_MS)).toBeDefined();
});

it('is not stuck on a lock that a power failure cut off', async () => {
  writeFileSync(join(directory, 'lock.9'), '');
  expect(await lockDirectory(directory, systemClock, 60, STALE_MS)).toBeDefined();
});
