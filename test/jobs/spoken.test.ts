/** An operator's word on an undecided call: taken by a look, outranked by what the venue proves, before and after. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Word } from '../../src/core/intent.ts';
import { followWords } from '../../src/jobs/following.ts';
import type { Heard } from '../../src/jobs/spoken.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { BREACHED, Bench, TIMING } from './bench.ts';
import type { Conduct } from './fakeVenue.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const LOST: Conduct = { do: 'lose', executes: false };
const PENDING: Conduct = { do: 'lose', executes: true, settleMs: null };

/** One call whose answer was lost, and whose records say nothing that decides. */
async function undecided(conduct: Conduct = LOST): Promise<Bench> {
  const b = new Bench(redis.connect(), { loans: BREACHED });
  b.venue.script.push(conduct);
  await b.look();
  expect(await b.intentStates()).toEqual(['unknown']);
  return b;
}

async function idOf(b: Bench): Promise<string> {
  return (await b.journal.intents())[0]?.id ?? '';
}

/** The validity is long over, by the clock of Redis too, which a test cannot move on. */
async function outlive(b: Bench): Promise<void> {
  await redis.connect().hset(`${b.journal.prefix}intent:${await idOf(b)}`, 'validUntil', '1000');
}

async function say(b: Bench, says: Word['says']): Promise<Heard> {
  const word = { says, by: 'ann', why: 'the history of the venue', at: b.clock.wall() };
  return b.journal.spoken.say(await idOf(b), word, TIMING.lagMarginMs);
}

async function follow(b: Bench): Promise<void> {
  await followWords(b.deps()).run(b.stop.signal);
}

describe('a word', () => {
  it('that it did not happen settles what nothing proves, returns the charge, and the loan is decided again', async () => {
    const b = await undecided();
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'a foreign record' });
    await outlive(b);
    expect(await say(b, 'didNotHappen')).toEqual({ heard: 'yes' });
    expect(await b.intentStates()).toEqual(['unknown']);
    await b.look();
    expect(await b.intentStates()).toEqual(['rejected', 'settling']);
    expect(await b.state()).toBe('acting.settling');
    expect(b.venue.sent).toHaveLength(2);
    expect(await b.charged()).toBeCloseTo(1_800, 0);
    expect(b.alerts('word')).toEqual([expect.stringMatching(/by the word of an operator.*ann says that it did not/)]);
    expect((await b.operator.acts()).map(({ act, by, why }) => [act, by, why])).toEqual([
      [`resolve ${await idOf(b)}`, 'ann', 'the history of the venue'],
    ]);
  });

  it('that it happened is taken as soon as the reads show it, and not before they had their time', async () => {
    const shown = await undecided(PENDING);
    shown.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'a foreign record' });
    expect(await say(shown, 'happened')).toEqual({ heard: 'yes' });
    await shown.look();
    expect(await shown.intentStates()).toEqual(['unknown']);
    expect(shown.venue.sent).toHaveLength(1);
    shown.venue.finish();
    await shown.look();
    expect(await shown.intentStates()).toEqual(['confirmed']);
    expect(await shown.state()).toBe('watching.healthy');

    const hidden = await undecided();
    await say(hidden, 'happened');
    hidden.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'a foreign record' });
    await hidden.looks(3, TIMING.reflectTimeoutMs / 4);
    expect(hidden.venue.sent).toHaveLength(1);
    await hidden.looks(2, TIMING.reflectTimeoutMs / 2);
    expect((await hidden.intentStates())[0]).toBe('confirmed');
  });

  it('counts also when the evidence cannot be read, and survives the process that wrote it', async () => {
    const b = await undecided();
    b.venue.evidenceError = new Error('502');
    await outlive(b);
    await say(b, 'didNotHappen');
    const next = new Bench(redis.connect(), { loans: BREACHED, address: b.address });
    next.venue.evidenceError = new Error('502');
    next.venue.script.push({ do: 'refuse' });
    await next.look();
    expect((await next.intentStates())[0]).toBe('rejected');
  });

  it('that it did not happen is refused while the venue may still execute it, with until when', async () => {
    const b = await undecided();
    const [intent] = await b.journal.intents();
    expect(await say(b, 'didNotHappen')).toEqual({
      heard: 'tooEarly',
      until: (intent?.validUntil ?? 0) + TIMING.lagMarginMs,
    });
    // Another clock that runs ahead does not make it earlier: Redis' own counts too.
    b.clock.pass(600_000);
    expect(await say(b, 'didNotHappen')).toMatchObject({ heard: 'tooEarly' });
    expect(await b.operator.acts()).toEqual([]);
    expect((await b.journal.intents())[0]?.word).toBeUndefined();
  });

  it('about what is settled changes nothing', async () => {
    const b = new Bench(redis.connect(), { loans: BREACHED });
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed']);
    expect(await say(b, 'happened')).toEqual({ heard: 'settled', state: 'confirmed' });
    expect(await b.operator.acts()).toEqual([]);
  });

  it.each([
    ['didNotHappen', { verdict: 'happened', ref: 'r9', amount: '1', why: 'CONFIRMED' }, 'confirmed'],
    ['happened', { verdict: 'didNotHappen', why: 'FAILED', byRecord: true }, 'rejected'],
  ] as const)('%s is outranked by the record in the same look, and said loudly', async (says, evidence, state) => {
    const b = await undecided(PENDING);
    await outlive(b);
    await say(b, says);
    if (state === 'confirmed') b.venue.finish();
    b.venue.evidence = () => Promise.resolve(evidence);
    b.venue.script.push({ do: 'refuse' });
    await b.look();
    expect((await b.intentStates())[0]).toBe(state);
    expect(b.alerts('word')).toEqual([expect.stringMatching(/the venue proves the opposite/)]);
    expect((await b.journal.intents())[0]?.byWord).toBeUndefined();
  });
});

describe('a late proof', () => {
  it('that it happened after all: the intent, the budgets and the account follow it, critically', async () => {
    const b = await undecided(PENDING);
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'no trace' });
    await outlive(b);
    await say(b, 'didNotHappen');
    await b.look();
    const before = await b.charged();
    expect((await b.intentStates())[0]).toBe('rejected');
    b.venue.evidence = () => Promise.resolve({ verdict: 'happened', ref: 'r1', amount: '1800', why: 'CONFIRMED' });
    await follow(b);
    expect((await b.intentStates())[0]).toBe('confirmed');
    expect(await b.charged()).toBeCloseTo(before + 1_800, 0);
    expect(b.alerts('word').at(-1)).toMatch(/the venue's record proves the opposite.*the account halts/);
    await b.look();
    expect(b.last('looked')?.mode).toBe('halted');
    expect(b.alerts('halt')).toEqual([expect.stringMatching(/rejected by the word of an operator and then confirmed/)]);
    await follow(b);
    expect(await b.journal.spoken.followed()).toEqual([]);
  });

  it('that it failed after all returns the charge, once', async () => {
    const b = await undecided(PENDING);
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'no trace' });
    await say(b, 'happened');
    b.clock.pass(TIMING.reflectTimeoutMs + 1);
    b.venue.script.push({ do: 'refuse' });
    await b.look();
    expect((await b.intentStates())[0]).toBe('confirmed');
    const before = await b.charged();
    b.venue.evidence = () => Promise.resolve({ verdict: 'didNotHappen', why: 'FAILED', byRecord: true });
    await follow(b);
    await follow(b);
    expect((await b.intentStates())[0]).toBe('rejected');
    expect(await b.charged()).toBeCloseTo(before - 1_800, 0);
    expect(b.alerts('word').filter((says) => says.includes('opposite'))).toHaveLength(1);
  });

  it('by the reply of a run that was frozen counts the same, and what was accepted is undecided again', async () => {
    const b = await undecided();
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'no trace' });
    await outlive(b);
    await say(b, 'didNotHappen');
    b.venue.script.push({ do: 'refuse' });
    await b.look();
    const [intent] = await b.journal.intents();
    if (intent === undefined) throw new Error('no intent');
    expect(await b.journal.outcome(intent, 'settling', { ref: 'r1', note: 'accepted' })).toEqual({
      result: 'overrules',
      state: 'rejected',
    });
    const [now] = await b.journal.intents();
    expect([now?.state, now?.word, now?.byWord]).toEqual(['settling', undefined, undefined]);
    expect(await b.charged()).toBeCloseTo(1_800, 0);
    await b.look();
    expect(b.last('looked')?.mode).toBe('halted');
  });

  it('that agrees ends the asking; absence, an outage and a call that is still undecided do not', async () => {
    const b = await undecided();
    await outlive(b);
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'no trace' });
    await say(b, 'didNotHappen');
    await follow(b);
    expect(await b.journal.spoken.followed()).toHaveLength(1);
    b.venue.script.push({ do: 'refuse' });
    await b.look();
    b.venue.evidence = () => Promise.resolve({ verdict: 'didNotHappen', why: 'no trace' });
    await follow(b);
    b.venue.evidence = () => Promise.reject(new Error('502'));
    await follow(b);
    expect(await b.journal.spoken.followed()).toHaveLength(1);
    b.venue.evidence = () => Promise.resolve({ verdict: 'didNotHappen', why: 'FAILED', byRecord: true });
    await follow(b);
    expect(await b.journal.spoken.followed()).toEqual([]);
    expect((await b.intentStates())[0]).toBe('rejected');
    expect(b.last('looked')?.mode ?? 'active').not.toBe('halted');
  });
});
