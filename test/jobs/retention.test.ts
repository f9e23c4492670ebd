/** What leaves the journal by its age, and what stays however old it is: on a real Redis, with random histories. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';
import { parse } from '../../src/core/money.ts';
import { EMPTY_COMMIT, Journal } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { NEWEST_KEPT, trim } from '../../src/jobs/retention.ts';
import { Witness } from '../../src/jobs/witness.ts';
import { start } from '../../src/machines/step.ts';
import { Chance } from '../sim/engine/chance.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { anIntent, commitWith, freshAddress } from './fixtures.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis();
  redis = server.connect();
});
afterAll(async () => {
  await server.stop();
});

const DAY = 86_400_000;
const RETENTION = { keepMs: 30 * DAY, decisionsMs: 7 * DAY };
const CALM = new AbortController().signal;

function trimmed(address: AccountAddress): ReturnType<typeof trim> {
  return trim(
    { redis, address, clock: { ...systemClock, sleep: () => Promise.resolve() }, retention: () => RETENTION },
    CALM,
  );
}

/** Ids by when the journal's clock said that they were written. */
interface Told {
  readonly book: Journal;
  readonly address: AccountAddress;
  readonly at: ReadonlyMap<string, number>;
  /** Whatever anything still needs. */
  readonly needed: ReadonlySet<string>;
  readonly now: number;
  readonly read: number | null;
}

const COUNT = NEWEST_KEPT + 260;

/** Some months of money calls, of which some are still open, spoken of, awaited, or charged to an incident that lasts. */
async function months(seed: number): Promise<Told> {
  const chance = new Chance(seed);
  const address = freshAddress();
  const book = new Journal(redis, address);
  const at = new Map<string, number>();
  const needed = new Set<string>();
  const work: Promise<unknown>[] = [];
  let now = Date.now() + 3_600_000;
  const machines = new Map<string, ReturnType<typeof start>>();
  const episodes: string[] = [];
  const marks: (() => Promise<unknown>)[] = [];
  const { epoch } = await book.open();
  for (let index = 0; index < COUNT; index += 1) {
    now += chance.int(1_000, 3 * 3_600_000);
    const id = `i-${String(seed)}-${String(index)}`;
    const lasts = chance.is(0.03);
    const intent: Intent = anIntent(id, { epoch, episode: lasts ? id : 'over', amount: `${String(index)}.5` });
    at.set(id, now);
    if (lasts) episodes.push(id);
    work.push(redis.set(book.key('clock'), String(now)));
    work.push(book.commit(epoch, 'digest', { ...commitWith(intent), episodes: [...episodes] }));
    work.push(book.claim(intent, 'digest', now, now, null));
    const fate = chance.pick(['confirmed', 'rejected', 'refused', 'unknown'] as const);
    work.push(book.outcome(intent, fate, { settledAt: now }));
    if (fate === 'unknown') work.push(book.outcome(intent, 'expired', { settledAt: now }));
    if (lasts && (fate === 'confirmed' || fate === 'unknown')) needed.add(id);
    const what = chance.next();
    if (what < 0.02) marks.push(() => redis.hset(`${book.prefix}intent:${id}`, 'state', 'unknown'));
    else if (what < 0.04) marks.push(() => redis.sadd(book.key('open'), id));
    else if (what < 0.06) marks.push(() => redis.zadd(book.key('words'), String(now), id));
    else if (what < 0.08) {
      const machine = start('loan', { id: `l${id}`, now });
      machines.set(`l${id}`, { ...machine, context: { ...machine.context, waitsFor: [{ id }] } });
    }
    if (what < 0.08) needed.add(id);
  }
  await Promise.all(work);
  for (const mark of marks) await mark();
  await book.commit(epoch, 'digest', { ...EMPTY_COMMIT, loans: machines, episodes });
  const read = [null, now, now - 33 * DAY, now - 60 * DAY][seed % 4] ?? null;
  if (read !== null) await redis.set(book.key('externalReach'), JSON.stringify({ begin: 0, readTo: read }));
  for (const id of at.keys())
    book.dossiers.sent(id, { wall: 1, venueOffset: null, outcome: '', says: '', signedAt: 1, reply: null });
  return { book, address, at, needed, now, read };
}

async function opened(book: Journal): Promise<object> {
  const { epoch: _epoch, redisNow: _now, undecided, ...rest } = await book.open();
  // A set has no order.
  return { ...rest, undecided: undecided.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

describe('what is older than the file says', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'leaves, unless anything still needs it; a look finds the same (history %i)',
    async (seed) => {
      const { book, address, at, needed, now, read } = await months(seed);
      const before = await opened(book);
      const bound = Math.min(now - RETENTION.keepMs, read === null ? now : read - 2 * DAY);
      const old = [...at].slice(0, -NEWEST_KEPT).flatMap(([id, then]) => (then < bound && !needed.has(id) ? [id] : []));
      expect((await trimmed(address)).intents).toBe(old.length);
      expect(await opened(book)).toEqual(before);
      const gone = new Set(old);
      const left = (await book.intents()).map(({ id }) => id);
      expect(left).toEqual([...at.keys()].filter((id) => !gone.has(id)));
      const dossiers = (await redis.keys(`${book.prefix}dossier:*`)).map((key) => key.split('dossier:')[1]);
      expect(new Set(dossiers)).toEqual(new Set(left));
      expect((await trimmed(address)).intents).toBe(0);
      // Histories of which something leaves, and in which something old stays.
      if (read === null || read > now - 60 * DAY) {
        expect(old.length).toBeGreaterThan(10);
        expect([...needed].some((id) => (at.get(id) ?? now) < bound)).toBe(true);
      }
    },
  );

  it('is told apart from what was lost: no witness doubts the journal for it', async () => {
    const { book, address, at } = await months(9);
    const [[oldest = ''] = []] = [...at];
    const claim = await book.intent(oldest);
    if (claim === null) throw new Error('no intent');
    const lines: string[] = [];
    const file = {
      read: () => Promise.resolve(`${lines.join('\n')}\n`),
      append: (line: string) => Promise.resolve(void lines.push(line)),
    };
    const witness = new Witness({ file, clock: systemClock, journal: 'J' });
    await witness.trust(claim.epoch - 1);
    await witness.claimed(claim);
    const doubt = async (trimmedTo: () => Promise<number>): Promise<string | null> => {
      const look = { ...(await book.open()), recent: [], undecided: [] };
      return witness.doubt(
        look,
        (id) => book.intent(id),
        () => Promise.resolve(false),
        'J',
        trimmedTo,
      );
    };
    expect(await doubt(() => book.trimmedTo())).toBeNull();
    await trimmed(address);
    expect(await book.intent(oldest)).toBeNull();
    expect(await doubt(() => book.trimmedTo())).toBeNull();
    expect(await doubt(() => Promise.resolve(0))).toMatch(/does not know that .* was sent/);
  });

  it('leaves the streams but for their newest entry, and the acts of others but for those that are searched', async () => {
    const address = freshAddress();
    const book = new Journal(redis, address);
    const now = Date.now();
    const pad = 'x'.repeat(3_000);
    for (const name of ['decisions', 'acts', 'modes'] as const) {
      const ids = Array.from({ length: 300 }, (_, day) => `${String(now - (299 - day) * DAY)}-1`);
      await Promise.all(ids.map((id) => redis.xadd(book.key(name), id, 'json', pad)));
    }
    const quiet = freshAddress();
    const old = new Journal(redis, quiet);
    await redis.xadd(old.key('modes'), '1000-1', 'mode', 'halted', 'why', 'long ago');
    const acts = Array.from({ length: NEWEST_KEPT + 700 }, (_, at) => external(now - at * (DAY / 10)));
    await book.externals.append(acts, { begin: 0, readTo: now }, 0);
    await trimmed(address);
    await trimmed(quiet);
    const count = async (name: 'decisions' | 'acts' | 'modes'): Promise<number> => redis.xlen(book.key(name));
    // The stream's own blocks leave whole.
    for (const [name, days] of [
      ['decisions', 7],
      ['acts', 30],
      ['modes', 30],
    ] as const) {
      expect(await count(name)).toBeGreaterThanOrEqual(days);
      expect(await count(name)).toBeLessThanOrEqual(days + 101);
    }
    expect(await redis.xlen(old.key('modes'))).toBe(1);
    expect(await redis.zcard(book.key('external'))).toBe(NEWEST_KEPT);
  });
});

function external(at: number) {
  const kind = { kind: 'repay', effect: 'debtDown', asset: 'USDT', amount: parse('7'), changes: [] } as const;
  return { at, product: 'binance.crossMargin' as const, loan: 'l', ref: String(at), says: 'repaid', ...kind };
}
