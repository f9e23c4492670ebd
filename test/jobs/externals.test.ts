/** What others did, in the journal: each act once, whoever writes it and in which order, and never without end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import type { ExternalAct } from '../../src/exchanges/exchange.ts';
import { ACTS_OF_OTHERS_KEPT } from '../../src/jobs/externals.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { isKnown, toldOf } from '../../src/jobs/outsiders.ts';
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

const LOAN = 'alice/okx.flexibleLoan/1';
const REACH = { begin: 0, readTo: 0 };

function act(at: number, over: Partial<ExternalAct> = {}): ExternalAct {
  const amount = parse('12.340');
  return {
    at,
    product: 'okx.flexibleLoan',
    loan: LOAN,
    kind: 'repay',
    effect: 'debtDown',
    asset: 'USDT',
    amount,
    changes: [{ what: 'debt', of: LOAN, asset: 'USDT', change: amount.negated() }],
    ref: String(at),
    says: 'repaid',
    ...over,
  };
}

describe('the journal of what others did', () => {
  it('takes each act once, also from two processes at the same moment, and gives it back exactly', async () => {
    const address = freshAddress();
    const [one, other] = [new Journal(redis.connect(), address), new Journal(redis.connect(), address)];
    const acts = [act(1), act(2)];
    const written = await Promise.all([one, other].map((book) => book.externals.append(acts, REACH, 0)));
    expect(
      written
        .flat()
        .map(({ at }) => at)
        .sort(),
    ).toEqual([1, 2]);
    expect(await one.externals.newest(5)).toEqual(acts);
    expect((await other.open()).others).toEqual(acts);
    expect(await one.externals.since(2)).toEqual([act(2)]);
  });

  it('remembers how far was read, and its beginning is set once', async () => {
    const { externals } = new Journal(redis.connect(), freshAddress());
    expect(await externals.reach(50)).toEqual({ begin: 50, readTo: 50 });
    await externals.append([], { begin: 50, readTo: 80 }, 0);
    expect(await externals.reach(90)).toEqual({ begin: 50, readTo: 80 });
  });

  it('drops the oldest of very many, but none that another search could find again', async () => {
    const { externals } = new Journal(redis.connect(), freshAddress());
    const many = Array.from({ length: ACTS_OF_OTHERS_KEPT + 100 }, (_, at) => act(at));
    await externals.append(many, REACH, 40);
    expect((await externals.since(0))[0]?.at).toBe(40);
    await externals.append([], REACH, 5_000);
    expect((await externals.since(0)).map(({ at }) => at)).toEqual(many.slice(100).map(({ at }) => at));
  });

  it('names every intent that may have moved money since then', async () => {
    const book = new Journal(redis.connect(), freshAddress());
    const { epoch } = await book.open();
    await book.commit(epoch, 'digest', commitWith(anIntent('i1', { epoch })));
    expect((await book.intentsSince(0)).map(({ id }) => id)).toEqual(['i1']);
    expect((await book.intentsSince(Date.now() + 60_000)).map(({ id }) => id)).toEqual(['i1']);
    await book.open();
    expect(await book.intentsSince(Date.now() + 60_000)).toEqual([]);
  });
});

describe('an act', () => {
  it('is known with or without the loan that it belongs to', () => {
    const named = act(1);
    const nameless = { ...named, loan: null };
    const another = { ...named, loan: 'alice/okx.flexibleLoan/2' };
    expect(isKnown(nameless, [named], [nameless])).toBe(true);
    expect(isKnown(named, [nameless], [named])).toBe(true);
    expect(isKnown(another, [named], [named, another])).toBe(false);
  });

  it('is not known because an equal one is', () => {
    const [first, second] = [act(1), act(2)];
    expect(isKnown(second, [first], [first, second])).toBe(false);
    // The first is listed no more: it had another name.
    expect(isKnown(second, [first], [second])).toBe(true);
    const third = act(3);
    expect([second, third].map((one) => isKnown(one, [first], [second, third]))).toEqual([true, false]);
  });

  it.each([
    ['liquidation', 'collateralDown', 'critical'],
    ['conversion', 'unknown', 'critical'],
    ['repay', 'debtDown', 'info'],
    ['topUp', 'collateralUp', 'info'],
    ['autoRepay', 'debtDown', 'info'],
    ['trade', 'collateralDown', 'info'],
    ['borrow', 'debtUp', 'warning'],
    ['collateral', 'collateralDown', 'warning'],
    ['transfer', 'collateralUp', 'info'],
  ] as const)('%s, %s, is %s', (kind, effect, severity) => {
    const told = toldOf(act(1, { kind, effect }));
    expect(told.severity).toBe(severity);
    expect(told.says).toMatch(/repaid.*Ballast goes on from what is there now/);
  });
});
