import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Journal, StaleEpochError, EMPTY_COMMIT } from '../../src/jobs/journal.ts';
import { Operator } from '../../src/jobs/operator.ts';
import type { OutcomeState } from '../../src/jobs/outcomes.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { anIntent, commitWith, freshAddress } from './fixtures.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const NOW = Date.now();

function journal(): Journal {
  return new Journal(redis.connect(), freshAddress());
}

/** A journal with one intent planned under the first epoch. */
async function planned(
  over: Parameters<typeof anIntent>[1] = {},
): Promise<{ book: Journal; operator: Operator; epoch: number; intent: ReturnType<typeof anIntent> }> {
  const address = freshAddress();
  const book = new Journal(redis.connect(), address);
  const operator = new Operator(redis.connect(), address);
  const { epoch } = await book.open();
  const intent = anIntent('i1', { epoch, ...over });
  await book.commit(epoch, 'digest', commitWith(intent));
  return { book, operator, epoch, intent };
}

describe('open', () => {
  it('raises the epoch with every look', async () => {
    const book = journal();
    expect((await book.open()).epoch).toBe(1);
    expect((await book.open()).epoch).toBe(2);
  });

  it('voids what was only planned and returns its charge', async () => {
    const { book } = await planned();
    const again = await book.open();
    expect(again.voided).toEqual(['i1']);
    expect(again.charges).toEqual([]);
    expect(again.undecided).toEqual([]);
    expect((await book.intent('i1'))?.state).toBe('voided');
  });

  it('keeps what was claimed as undecided, with its charge', async () => {
    const { book, intent } = await planned();
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toBeNull();
    const again = await book.open();
    expect(again.undecided.map(({ id, state }) => [id, state])).toEqual([['i1', 'sending']]);
    expect(again.charges.map(({ intent: id }) => id)).toEqual(['i1']);
  });

  it('gives an intent back exactly as it was written', async () => {
    const { book, intent } = await planned();
    expect(await book.intent('i1')).toEqual(intent);
  });
});

describe('commit', () => {
  it('of an older look is refused whole', async () => {
    const book = journal();
    const { epoch } = await book.open();
    await book.open();
    await expect(book.commit(epoch, 'digest', commitWith(anIntent('late', { epoch })))).rejects.toThrow(
      StaleEpochError,
    );
    expect(await book.intent('late')).toBeNull();
    expect((await book.open()).charges).toEqual([]);
  });

  it('extends an identical decision, and keeps what a different one closes with its span', async () => {
    const book = journal();
    const levels = { target: '1', act: '1', urgent: '1', line: '1', call: null };
    const base = { loan: 'l', at: 1, ltv: '0.5', levels, trace: [], next: [], verdict: 'nothing' as const };
    const news: boolean[] = [];
    for (const [index, signature] of ['a', 'a', 'b', 'a'].entries()) {
      const { epoch } = await book.open();
      const decision = { ...base, says: `${signature}${String(index)}` };
      const changed = await book.commit(epoch, 'digest', {
        ...EMPTY_COMMIT,
        decisions: [{ decision, signature, detail: {} }],
      });
      news.push(changed.has('l'));
    }
    const records = (await book.decisions()).map(({ json }) => JSON.parse(json));
    expect(records.map(({ decision, count }) => [decision.says, count])).toEqual([
      ['a1', 2],
      ['b2', 1],
      ['a3', 1],
    ]);
    expect(records.every(({ firstAt, lastAt }) => firstAt <= lastAt && Math.abs(lastAt - NOW) < 60_000)).toBe(true);
    expect(news).toEqual([true, false, true, true]);
    expect(JSON.parse((await book.why('l')) ?? '{}')).toMatchObject({ count: 1, decision: { says: 'a3' } });
  });

  it('remembers what was told until it is over', async () => {
    const book = journal();
    const { epoch } = await book.open();
    await book.commit(epoch, 'digest', { ...EMPTY_COMMIT, told: ['unlisted/a', 'levels/b'] });
    const { told, redisNow } = await book.open();
    expect([...told.keys()]).toEqual(['unlisted/a', 'levels/b']);
    for (const at of told.values()) expect(Math.abs(redisNow - at)).toBeLessThan(5_000);
    await book.commit((await book.open()).epoch, 'digest', { ...EMPTY_COMMIT, over: ['levels/b'] });
    expect([...(await book.open()).told.keys()]).toEqual(['unlisted/a']);
  });

  it('forgets no charge because the clock of a process jumped', async () => {
    const { book, epoch } = await planned();
    const intent = await book.intent('i1');
    if (intent === null) throw new Error('no intent');
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.commit(epoch, 'digest', { ...EMPTY_COMMIT, lookedAt: NOW + 10 * 86_400_000 });
    expect((await book.open()).charges).toHaveLength(1);
  });
});

describe('charges older than every window', () => {
  it('leave, unless their incident lasts: its limit counts them however long it takes', async () => {
    const book = journal();
    const client = redis.connect();
    for (const episode of ['over', 'lasts']) {
      const { epoch } = await book.open();
      await book.commit(epoch, 'digest', commitWith(anIntent(`i-${episode}`, { epoch, episode })));
      const intent = await book.intent(`i-${episode}`);
      if (intent === null) throw new Error('no intent');
      await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
      await book.outcome(intent, 'confirmed', {});
    }
    await client.set(book.key('clock'), String(NOW + 5 * 86_400_000));
    const commit = async (episodes: readonly string[]): Promise<readonly string[]> => {
      const { epoch } = await book.open();
      await book.commit(epoch, 'digest', { ...EMPTY_COMMIT, episodes });
      return (await book.open()).charges.map(({ episode }) => episode);
    };
    expect(await commit(['lasts', 'another'])).toEqual(['lasts']);
    expect(await commit(['lasts'])).toEqual(['lasts']);
    expect(await commit([])).toEqual([]);
  });
});

describe('a Redis clock that went back', () => {
  it('stands still for the journal, so that no charge is forgotten when it is set right', async () => {
    const { book, epoch } = await planned();
    const client = redis.connect();
    const reached = NOW + 7_200_000;
    await client.set(book.key('clock'), String(reached));
    const opened = await book.open();
    expect(opened.redisNow).toBe(reached);
    const later = anIntent('i2', { epoch: opened.epoch });
    await book.commit(opened.epoch, 'digest', commitWith(later));
    expect(await client.zrange(book.key('index'), '-1', '-1', 'WITHSCORES')).toEqual(['i2', String(reached)]);
    const [oldest] = await client.zrange(book.key('charges'), '-1', '-1', 'WITHSCORES');
    expect(oldest).toContain('i2');
    expect(epoch).toBe(1);
  });
});

describe('claim', () => {
  it('lets an intent be sent once', async () => {
    const { book, intent } = await planned();
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toBeNull();
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toMatch(/not planned any more/);
  });

  it('of many runs at once lets exactly one send', async () => {
    const { book, intent } = await planned();
    const claims = await Promise.all(
      Array.from({ length: 16 }, () => book.claim(intent, 'digest', NOW + 3_000, NOW, null)),
    );
    expect(claims.filter((denied) => denied === null)).toHaveLength(1);
  });

  it('is denied once a newer look has begun', async () => {
    const { book, intent } = await planned();
    await book.open();
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).not.toBeNull();
  });

  it('is denied under another policy digest', async () => {
    const { book, intent } = await planned();
    expect(await book.claim(intent, 'another', NOW + 3_000, NOW, null)).toMatch(/policy changed/);
  });

  it('is denied while the account is paused', async () => {
    const { book, operator, intent } = await planned();
    await operator.pause(null, { by: 'me', why: 'lunch', at: NOW, until: null });
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toMatch(/account is paused/);
    expect(await operator.resume(null, { by: 'me', why: 'back', at: NOW })).toBe(true);
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toBeNull();
  });

  it('is denied while its loan is paused, and not while another one is', async () => {
    const { book, operator, intent } = await planned();
    await operator.pause('alice/okx.flexibleLoan/1', { by: 'me', why: 'lunch', at: NOW, until: null });
    await operator.pause(intent.loan, { by: 'me', why: 'lunch', at: NOW, until: null });
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toMatch(/loan is paused/);
    await operator.resume(intent.loan, { by: 'me', why: 'back', at: NOW });
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toBeNull();
  });

  it('is denied for a plan older than its age', async () => {
    const { book, intent } = await planned({ maxAgeMs: -1 });
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toMatch(/too old/);
  });

  it('is denied while another money call is undecided, except beside one whose validity is over', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    const second = await book.open();
    const other = anIntent('i2', { epoch: second.epoch });
    await book.commit(second.epoch, 'digest', commitWith(other));
    expect(await book.claim(other, 'digest', NOW + 3_000, NOW, null)).toMatch(/undecided/);
    expect(await book.claim(other, 'digest', NOW + 3_000, NOW, { validBefore: NOW + 3_000 })).toMatch(
      /may still start/,
    );
    expect(await book.claim(other, 'digest', NOW + 3_000, NOW, { validBefore: NOW + 3_001 })).toBeNull();
    const third = await book.open();
    const last = anIntent('i3', { epoch: third.epoch });
    await book.commit(third.epoch, 'digest', commitWith(last));
    expect(await book.claim(last, 'digest', NOW + 3_000, NOW, { validBefore: NOW + 9_000 })).toMatch(/emergency/);
    await book.outcome(intent, 'confirmed', {});
    expect(await book.claim(last, 'digest', NOW + 3_000, NOW, { validBefore: NOW + 9_000 })).toMatch(/emergency/);
  });

  it('is not denied by a pause that has ended', async () => {
    const { book, operator, intent } = await planned();
    await operator.pause(null, { by: 'me', why: 'lunch', at: NOW, until: Date.now() + 100 });
    expect(await book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toMatch(/paused/);
    await expect.poll(() => book.claim(intent, 'digest', NOW + 3_000, NOW, null)).toBeNull();
  });
});

describe('outcome', () => {
  it('is appended also after newer looks began', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.open();
    expect(await book.outcome(intent, 'settling', { ref: 'r1', note: 'accepted' })).toEqual({ result: 'ok' });
    expect(await book.intent('i1')).toMatchObject({ state: 'settling', ref: 'r1', note: 'accepted' });
  });

  it('confirmed keeps the charge and closes the intent', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.outcome(intent, 'confirmed', { settledAt: NOW });
    const { undecided, charges } = await book.open();
    expect([undecided.length, charges.length]).toEqual([0, 1]);
  });

  it('rejected and refused return the charge, unknown and expired do not', async () => {
    for (const [state, left] of [
      ['rejected', 0],
      ['refused', 0],
      ['unknown', 1],
    ] as const) {
      const { book, intent } = await planned();
      await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
      await book.outcome(intent, state, {});
      expect((await book.open()).charges.length, state).toBe(left);
      if (state === 'unknown') {
        await book.outcome({ ...intent, state: 'unknown' }, 'expired', {});
        expect((await book.open()).charges.length).toBe(1);
      }
    }
  });

  it('that contradicts a settled verdict is not written, says so, and lets nothing leave until the account knows', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.outcome(intent, 'rejected', {});
    expect(await book.outcome(intent, 'confirmed', {})).toEqual({ result: 'contradicts', state: 'rejected' });
    expect((await book.intent('i1'))?.state).toBe('rejected');
    const opened = await book.open();
    expect(opened.halt).toBe('intent i1 is rejected and then confirmed');
    const next = anIntent('i2', { epoch: opened.epoch });
    await book.commit(opened.epoch, 'digest', commitWith(next));
    expect(await book.claim(next, 'digest', NOW + 3_000, NOW, null)).toMatch(/must halt/);
    await book.commit(opened.epoch, 'digest', { ...EMPTY_COMMIT, haltTaken: opened.halt });
    expect((await book.open()).halt).toBeNull();
  });

  /** What is said second to what is known: written, known already, or impossible. */
  const SECOND: Readonly<Record<string, Readonly<Record<string, 'ok' | 'same' | 'known' | 'contradicts'>>>> = {
    settling: {
      settling: 'ok',
      unknown: 'ok',
      confirmed: 'ok',
      rejected: 'ok',
      refused: 'contradicts',
      expired: 'known',
    },
    unknown: { settling: 'ok', unknown: 'ok', confirmed: 'ok', rejected: 'ok', refused: 'ok', expired: 'ok' },
    confirmed: {
      settling: 'known',
      unknown: 'known',
      confirmed: 'same',
      rejected: 'contradicts',
      refused: 'contradicts',
      expired: 'known',
    },
    rejected: {
      settling: 'contradicts',
      unknown: 'known',
      confirmed: 'contradicts',
      rejected: 'same',
      refused: 'known',
      expired: 'known',
    },
    refused: {
      settling: 'contradicts',
      unknown: 'known',
      confirmed: 'contradicts',
      rejected: 'known',
      refused: 'same',
      expired: 'known',
    },
    expired: { settling: 'known', unknown: 'known', confirmed: 'ok', rejected: 'ok', refused: 'ok', expired: 'same' },
  };
  const PAIRS = Object.entries(SECOND).flatMap(([first, seconds]) =>
    Object.entries(seconds).map(([second, result]) => [first, second, result] as const),
  );
  it.each(PAIRS)('of an intent that is %s: %s is %s', async (first, second, result) => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    if (first === 'expired') await book.outcome(intent, 'unknown', {});
    await book.outcome(intent, first as OutcomeState, {});
    const appended = await book.outcome(intent, second as OutcomeState, {});
    expect(appended.result).toBe(result);
    expect((await book.intent('i1'))?.state).toBe(result === 'ok' ? second : first);
    const undecided = (await book.open()).undecided.map(({ state }) => state);
    const now = result === 'ok' ? second : first;
    expect(undecided).toEqual(now === 'settling' || now === 'unknown' ? [now] : []);
  });

  it('counts one send without effect once, also when it is written twice or proven later', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.outcome(intent, 'unknown', {});
    await book.outcome(intent, 'unknown', {});
    await book.outcome(intent, 'rejected', {});
    expect((await book.open()).fruitless[intent.loan]).toHaveLength(1);
  });

  it('blows the fuse count up on sends without effect and resets it on success', async () => {
    const { book, intent } = await planned();
    await book.claim(intent, 'digest', NOW + 3_000, NOW, null);
    await book.outcome(intent, 'unknown', {});
    await book.outcome({ ...intent, state: 'unknown' }, 'unknown', {});
    expect((await book.open()).fruitless[intent.loan]).toHaveLength(1);
    await book.outcome({ ...intent, state: 'unknown' }, 'confirmed', {});
    expect((await book.open()).fruitless).toEqual({});
  });
});
