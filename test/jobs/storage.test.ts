/** What happens when the journal runs out of room: records of decisions go first, and money calls last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { EMPTY_COMMIT, Journal } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { Registry } from '../../src/jobs/registry.ts';
import { Storage, judged } from '../../src/jobs/storage.ts';
import type { Judged, Room } from '../../src/jobs/storage.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { anIntent, commitWith, freshAddress } from './fixtures.ts';

const MIB = 1_048_576;
const PLENTY: Room = { diskFree: 50_000 * MIB, memoryUsed: 20 * MIB, memoryMost: null };

describe('room', () => {
  it('is judged by what is left on the disk, also against what a rewrite takes, and by the memory of Redis', () => {
    const of = (room: Partial<Room>): string => judged({ ...PLENTY, ...room }, 'none').shortage;
    expect(of({})).toBe('none');
    expect([600, 511, 129, 127].map((left) => of({ diskFree: left * MIB }))).toEqual([
      'none',
      'low',
      'low',
      'critical',
    ]);
    expect(of({ diskFree: 3_000 * MIB, memoryUsed: 1_100 * MIB })).toBe('low');
    expect(of({ diskFree: 1_000 * MIB, memoryUsed: 1_100 * MIB })).toBe('critical');
    expect([79, 81, 96].map((used) => of({ memoryUsed: used * MIB, memoryMost: 100 * MIB }))).toEqual([
      'none',
      'low',
      'critical',
    ]);
    // Elsewhere: only what Redis says of itself counts.
    expect(of({ diskFree: null })).toBe('none');
    expect(judged({ ...PLENTY, diskFree: 100 * MIB, memoryUsed: 99 * MIB, memoryMost: 100 * MIB }, 'none').says).toBe(
      '100 MiB are left on the disk of the journal, and Redis uses 99 MiB of the 100 MiB it may use',
    );
  });

  it('is back only when there is clearly more, and never worse for having been short', () => {
    expect(judged({ ...PLENTY, diskFree: 600 * MIB }, 'low').shortage).toBe('low');
    expect(judged({ ...PLENTY, diskFree: 641 * MIB }, 'low').shortage).toBe('none');
    const rank = { none: 0, low: 1, critical: 2 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 1, max: 900 }), (free, used) => {
        const room = { diskFree: free * MIB, memoryUsed: used * MIB, memoryMost: 1_000 * MIB };
        const [fresh, low, critical] = (['none', 'low', 'critical'] as const).map(
          (b) => rank[judged(room, b).shortage],
        );
        expect(low).toBeGreaterThanOrEqual(fresh ?? 0);
        expect(critical).toBeGreaterThanOrEqual(low ?? 0);
      }),
    );
  });
});

describe('a journal that is short of room', () => {
  let server: TestRedis;
  let redis: Redis;
  let folder: string;
  beforeAll(async () => {
    server = await startTestRedis();
    redis = server.connect();
    folder = mkdtempSync(join(tmpdir(), 'ballast-room-'));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** A different decision with every commit, so that each closes a record. */
  async function decide(book: Journal, address: AccountAddress, count: number): Promise<void> {
    const levels = { target: '1', act: '1', urgent: '1', line: '1', call: null };
    const { epoch } = await book.open();
    await Promise.all(
      Array.from({ length: count }, (_, at) => {
        const says = `${String(at)} ${'x'.repeat(500)}`;
        const base = { loan: 'l', at: 1, ltv: '0.5', levels, trace: [], next: [], verdict: 'nothing' as const, says };
        const signature = `${address.world} ${says} ${String(at % 2)}`;
        return book.commit(epoch, 'd', { ...EMPTY_COMMIT, decisions: [{ decision: base, signature, detail: {} }] });
      }),
    );
  }

  it('gives up records of decisions and keeps no more, goes on with money calls, and says so until there is room', async () => {
    let free = 100_000 * MIB;
    const told: Judged[] = [];
    const errors: Error[] = [];
    const options = { redis, clock: systemClock, directory: folder, onError: (error: Error) => errors.push(error) };
    const storage = new Storage({ ...options, freeIn: () => Promise.resolve(free) });
    storage.onChange((news) => told.push(news));
    const address = freshAddress();
    const registry = new Registry(redis);
    await registry.begin('run');
    await registry.register('alice', address);
    const book = new Journal(redis, address, null, () => storage.sheds);
    const kept = (): Promise<number> => redis.xlen(book.key('decisions'));
    await storage.look();
    await decide(book, address, 600);
    expect([told, await kept()]).toEqual([[], 599]);

    free = 400 * MIB;
    await storage.look();
    expect(told).toEqual([{ shortage: 'low', says: '400 MiB are left on the disk of the journal' }]);
    const left = await kept();
    expect(left).toBeLessThan(210);
    await decide(book, address, 50);
    expect(await kept()).toBe(left);
    // What is decided now is known all the same, and money calls are written as ever.
    expect(JSON.parse((await book.why('l')) ?? '{}')).toMatchObject({
      decision: { says: expect.stringMatching(/^49 /) },
    });
    const { epoch } = await book.open();
    const intent = anIntent('i1', { epoch });
    await book.commit(epoch, 'd', commitWith(intent));
    expect(await book.claim(intent, 'd', Date.now() + 3_000, Date.now(), null)).toBeNull();

    free = 100 * MIB;
    await storage.look();
    await storage.look();
    expect(told.map(({ shortage }) => shortage)).toEqual(['low', 'critical']);
    free = 100_000 * MIB;
    await storage.look();
    expect(told.at(-1)).toEqual({ shortage: 'none', says: '' });
    await decide(book, address, 50);
    expect(await kept()).toBeGreaterThan(left + 40);
    expect(errors).toEqual([]);
  });

  it('is measured on the real disk; a measure that fails changes nothing and is told', async () => {
    const errors: Error[] = [];
    const told: Judged[] = [];
    const storageOf = (directory: string): Storage => {
      const storage = new Storage({ redis, clock: systemClock, directory, onError: (error) => errors.push(error) });
      storage.onChange((news) => told.push(news));
      return storage;
    };
    const full = { ...PLENTY, diskFree: 0 };
    expect(judged(full, 'none').shortage).toBe('critical');
    await storageOf(folder).look();
    expect(errors).toEqual([]);
    const missing = storageOf(join(folder, 'not there'));
    await missing.look();
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/ENOENT/)]);
    expect(missing.sheds).toBe(false);
  });

  it('reads what memory a Redis may use from that Redis', async () => {
    const [, used = ''] = /^used_memory:(\d+)/m.exec(await redis.info('memory')) ?? [];
    await redis.config('SET', 'maxmemory', String(Math.ceil(Number(used) * 1.15)));
    const told: Judged[] = [];
    const storage = new Storage({ redis, clock: systemClock, directory: null, onError: () => undefined });
    storage.onChange((news) => told.push(news));
    await storage.look();
    await redis.config('SET', 'maxmemory', '0');
    await storage.look();
    expect(told.map(({ shortage, says }) => [shortage, says.replace(/\d+/g, 'N')])).toEqual([
      [expect.stringMatching(/low|critical/), 'Redis uses N MiB of the N MiB it may use'],
      ['none', ''],
    ]);
  });
});
