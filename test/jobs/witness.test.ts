/** The witness outside Redis: what it knows, what it makes of a journal that knows less, and what a death leaves of it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Intent, IntentState } from '../../src/core/intent.ts';
import type { Opened } from '../../src/jobs/journal.ts';
import { Witness, reborn } from '../../src/jobs/witness.ts';
import { WitnessOnDisk } from '../../src/jobs/witnessFile.ts';
import { anIntent } from './fixtures.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ballast-witness-'));
  path = join(folder, 'deep', 'okx-42');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function witness(journal = 'J'): Witness {
  return new Witness({ file: new WitnessOnDisk(path, systemClock), clock: systemClock, journal });
}

function opened(epoch: number, recent: readonly Intent[] = []): Opened {
  return { epoch, recent, undecided: [] } as unknown as Opened;
}

const no = (): Promise<boolean> => Promise.resolve(false);
const yes = (): Promise<boolean> => Promise.resolve(true);
const nothing = (): Promise<null> => Promise.resolve(null);

const sent = (id: string, epoch: number, state: IntentState = 'sending'): Intent => ({ ...anIntent(id), epoch, state });

describe('a journal is doubted', () => {
  it('when nothing here knows it, until it is trusted; another process that vouches for it is enough', async () => {
    expect(await witness().doubt(opened(7), nothing, no, 'J')).toMatch(/new here/);
    expect(await witness().doubt(opened(7), nothing, yes, 'J')).toBeNull();
    expect(await witness().doubt(opened(8), nothing, no, 'J')).toBeNull();
  });

  it('when it is another one than before', async () => {
    await witness().trust(7);
    expect(await witness().doubt(opened(9), nothing, yes, null)).toMatch(/Redis has been emptied/);
    expect(await witness('K').doubt(opened(9), nothing, no, 'K')).toMatch(/another one/);
    expect(await witness('K').doubt(opened(9), nothing, yes, 'K')).toBeNull();
  });

  it('when it is an earlier life of the one that is known here, whoever vouches for it', async () => {
    const later = reborn(reborn('J', 5_000), 20_000);
    await witness(later).trust(7);
    for (const earlier of ['J', reborn('J', 5_000)])
      expect(await witness(earlier).doubt(opened(9), nothing, yes, earlier)).toMatch(/taken back to before/);
    expect(await witness(later).doubt(opened(9), nothing, no, later)).toBeNull();
    const next = reborn(later, 30_000);
    expect(await witness(next).doubt(opened(1), nothing, yes, next)).toBeNull();
  });

  it('when it is at a look that was seen here before, by this process or by another one of this machine', async () => {
    const one = witness();
    await one.trust(7);
    expect(await one.doubt(opened(9), nothing, no, 'J')).toBeNull();
    expect(await one.doubt(opened(9), nothing, no, 'J')).toMatch(/taken back.*look 9/);
    const other = witness();
    await other.claimed(sent('a', 20));
    expect(await one.doubt(opened(15), nothing, no, 'J')).toMatch(/look 20 was seen here/);
  });

  it.each(['planned', 'voided'] as const)('when it holds a call that was sent as %s', async (state) => {
    const one = witness();
    await one.trust(7);
    await one.claimed(sent('a', 8));
    expect(await witness().doubt(opened(9, [sent('a', 8, state)]), nothing, no, 'J')).toMatch(
      /does not know that a was sent/,
    );
    expect(await witness().doubt(opened(9, [sent('a', 8)]), nothing, no, 'J')).toBeNull();
  });

  it('when it lacks a call that was sent', async () => {
    const one = witness();
    await one.trust(7);
    await one.claimed(sent('a', 8));
    expect(await witness().doubt(opened(9), nothing, no, 'J')).toMatch(/does not know that a was sent/);
    expect(await witness().doubt(opened(9), () => Promise.resolve(sent('a', 8, 'confirmed')), no, 'J')).toBeNull();
  });
});

describe('a witness file', () => {
  it('that a death cut off in the middle of a line knows everything before it and takes everything after it', async () => {
    const one = witness();
    await one.trust(7);
    await one.claimed(sent('a', 8));
    appendFileSync(path, '\n{"kind":"claim","intent":{"id":"b","ep');
    await one.claimed(sent('c', 9));
    const fresh = witness();
    await fresh.doubt(opened(10, [sent('c', 9)]), nothing, no, 'J');
    expect(fresh.claimsSince(0).map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('is readable by its owner only', async () => {
    await witness().trust(7);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('that has grown long begins again and knows the same, whoever writes meanwhile', async () => {
    const writers = [witness(), witness()];
    await writers[0]?.trust(7);
    const note = 'x'.repeat(8_000);
    for (let epoch = 8; epoch < 320; epoch += 2) {
      await Promise.all(writers.map((one, at) => one.claimed({ ...sent(`i${String(epoch + at)}`, epoch + at), note })));
    }
    expect(readFileSync(path).length).toBeLessThan(1024 * 1024 + 100_000);
    expect(statSync(`${path}.old`).size).toBeGreaterThan(1024 * 1024);
    const fresh = witness();
    expect(await fresh.doubt(opened(319), nothing, no, 'J')).toMatch(/look 319 was seen here/);
    expect(fresh.claimsSince(0)).toHaveLength(312);
  });
});
