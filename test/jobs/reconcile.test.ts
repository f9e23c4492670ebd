/** A run may die between the fact in the journal and the machine that waits for it: each combination of the two. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntentState } from '../../src/core/intent.ts';
import { parse } from '../../src/core/money.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { policy, rung } from '../core/build.ts';
import { Bench, PLAIN } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

type Stage = 'acting.planned' | 'acting.settling' | 'unresolved';

/** A loan whose machine was stored in this state, with one intent in the journal. */
async function stoodAt(stage: Stage): Promise<Bench> {
  const b = new Bench(redis.connect());
  if (stage === 'acting.planned') {
    const dies = (): Promise<never> => Promise.reject(new Error('died'));
    const { claim, outcome } = b.journal;
    Object.assign(b.journal, { claim: dies, outcome: dies });
    await expect(b.look()).rejects.toThrow('died');
    Object.assign(b.journal, { claim, outcome });
  } else {
    b.venue.script.push(stage === 'unresolved' ? { do: 'lose', executes: false } : { do: 'accept', settleMs: null });
    await b.look();
  }
  expect(await b.state()).toBe(stage);
  return b;
}

async function journalSays(b: Bench, state: IntentState): Promise<void> {
  const [intent] = await b.journal.intents();
  if (intent === undefined) throw new Error('no intent');
  const client = redis.connect();
  await client.hset(
    `${b.journal.prefix}intent:${intent.id}`,
    'state',
    state,
    'validUntil',
    b.clock.wall(),
    'sentAt',
    b.clock.wall(),
  );
  const open = ['planned', 'sending', 'settling', 'unknown'].includes(state);
  await (open ? client.sadd(b.journal.key('open'), intent.id) : client.srem(b.journal.key('open'), intent.id));
}

const AFTER: Readonly<Record<IntentState, Readonly<Record<Stage, string>>>> = {
  planned: {
    'acting.planned': 'watching.breached',
    'acting.settling': 'watching.breached',
    unresolved: 'watching.breached',
  },
  voided: {
    'acting.planned': 'watching.breached',
    'acting.settling': 'watching.breached',
    unresolved: 'watching.breached',
  },
  refused: {
    'acting.planned': 'watching.breached',
    'acting.settling': 'watching.breached',
    unresolved: 'watching.breached',
  },
  rejected: {
    'acting.planned': 'watching.breached',
    'acting.settling': 'watching.breached',
    unresolved: 'watching.breached',
  },
  expired: {
    'acting.planned': 'watching.breached',
    'acting.settling': 'watching.breached',
    unresolved: 'watching.breached',
  },
  sending: { 'acting.planned': 'unresolved', 'acting.settling': 'unresolved', unresolved: 'unresolved' },
  unknown: { 'acting.planned': 'unresolved', 'acting.settling': 'unresolved', unresolved: 'unresolved' },
  settling: { 'acting.planned': 'acting.settling', 'acting.settling': 'acting.settling', unresolved: 'unresolved' },
  confirmed: { 'acting.planned': 'cooling', 'acting.settling': 'cooling', unresolved: 'cooling' },
};
const CASES = Object.entries(AFTER).flatMap(([state, byStage]) =>
  Object.entries(byStage).map(([stage, after]) => [state, stage, after] as const),
);

describe('what the journal knows reaches the machine', () => {
  it.each(CASES)('an intent that is %s, to a loan stored as %s: %s, without a stray', async (state, stage, after) => {
    const b = await stoodAt(stage as Stage);
    await journalSays(b, state as IntentState);
    // Blind looks: whatever changes now, the journal alone has said.
    b.venue.observeError = new Error('502');
    b.venue.evidenceError = new Error('502');
    await b.look();
    expect(await b.state()).toBe(after);
    await b.look();
    expect(await b.state()).toBe(after);
    expect(b.alerts('stray')).toEqual([]);
    expect(b.alerts('unresolved').length).toBeLessThanOrEqual(1);
  });

  it('a machine that waits for an intent which the journal lost halts the account', async () => {
    const b = await stoodAt('unresolved');
    const [intent] = await b.journal.intents();
    await redis.connect().del(`${b.journal.prefix}intent:${intent?.id ?? ''}`);
    await redis.connect().srem(b.journal.key('open'), intent?.id ?? '');
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('halted');
    expect(b.alerts('halt')).toHaveLength(1);
    expect(b.venue.sent).toHaveLength(1);
  });
});

describe('a call that another machine settled', () => {
  it('is not taken for one that came after the next call, however its clock is ahead', async () => {
    const caps = { perAction: parse('200'), perHour: null, perDay: null, perIncident: null };
    const { limits } = policy({ caps, urgentCaps: caps });
    const loans = { one: { debt: '8600', btc: '1' } };
    const b = new Bench(redis.connect(), { loans, policy: { ...PLAIN, limits } });
    await b.look();
    const [first] = await b.journal.intents();
    const key = `${b.journal.prefix}intent:${first?.id ?? ''}`;
    await redis.connect().hset(key, 'settledAt', (first?.settledAt ?? 0) + 2_000);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
    expect(await b.intentStates()).toEqual(['confirmed', 'confirmed']);
  });
});

describe('a transfer that a look finds done', () => {
  it('feeds its repayment in that same look, with all that it brought and without a second charge', async () => {
    const ladder = [rung(2, { do: 'repay', with: 'debt', from: ['wallet'] })];
    const loans = { '': { debt: '8000', btc: '1', inside: '70' } };
    const b = new Bench(redis.connect(), { product: 'binance.crossMargin', loans, policy: { ...PLAIN, ladder } });
    b.venue.script.push({ do: 'accept', settleMs: 3_000 });
    await b.look();
    expect(await b.state('')).toBe('acting.settling');
    b.clock.pass(4_000);
    await b.look();
    const [transfer, repay] = b.venue.sent;
    expect([transfer?.verb, repay?.verb, repay?.chargeUsd]).toEqual(['transferIn', 'repay', '0']);
    expect(Number(repay?.amount)).toBeCloseTo(Number(transfer?.amount), 2);
  });
});

describe('a rejection that says who may not', () => {
  it('halts the account, once', async () => {
    const b = new Bench(redis.connect());
    b.venue.script.push({ do: 'reject', effect: 'halt' });
    await b.looks(3, 6_000);
    expect(b.venue.sent).toHaveLength(1);
    expect(b.last('looked')?.mode).toBe('halted');
    expect(b.alerts('halt')).toHaveLength(1);
  });
});
