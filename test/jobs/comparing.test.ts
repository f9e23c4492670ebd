/** Looks while prices are compared with another venue: a real journal, a venue and a source that say what a test wants. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import { parse } from '../../src/core/money.ts';
import { attestedOf, dislocatedOf } from '../../src/core/verdicts.ts';
import { comparePrices } from '../../src/jobs/comparing.ts';
import { Draft } from '../../src/jobs/draft.ts';
import { EMPTY_COMMIT, StaleEpochError } from '../../src/jobs/journal.ts';
import { rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench, HEALTHY, PLAIN } from './bench.ts';
import type { BenchOptions } from './bench.ts';
import { FakeReference } from './reference.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

/** What the fake venue says BTC is worth, and what it is worth where it is 10 % lower than elsewhere. */
const OWN = '10000';
const OFF = '11111.111';
/** Beyond urgent (0.82); the line is 0.9. */
const URGENT = { one: { debt: '8600', btc: '1' } };

interface Told {
  readonly b: Bench;
  readonly reference: FakeReference;
}

function bench(options: BenchOptions = {}, btc: string | null = OFF): Told {
  const b = new Bench(redis.connect(), { loans: URGENT, ...options });
  const reference = new FakeReference(b.clock, { USDT: '1', ...(btc === null ? {} : { BTC: btc }) });
  b.reference = reference;
  return { b, reference };
}

const modeOf = (b: Bench): string | undefined => b.last('looked')?.mode;
const disputesOf = async (b: Bench): Promise<unknown> => JSON.parse((await b.journal.open()).disputes ?? '{}');

async function traceOf(b: Bench): Promise<string[]> {
  const { decision } = (await b.record()) as { decision: { trace: { rule: string; fired: boolean; says: string }[] } };
  return decision.trace.filter(({ fired }) => fired).map(({ rule, says }) => `${rule}: ${says}`);
}

describe('while the venue’s price of a coin is off', () => {
  it('a loan beyond urgent is repaid to below urgent and no further, and the account only reduces risk', async () => {
    const { b, reference } = bench();
    await b.untilQuiet();
    expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['repay']);
    expect(b.ltv()).toBeLessThan(0.82);
    expect(b.ltv()).toBeGreaterThan(0.8);
    expect(modeOf(b)).toBe('reducing');
    expect([...reference.watched].sort()).toEqual(['BTC', 'USDT']);
  });

  it('is told once, with coin, ratio and source, and stands in the record of every look', async () => {
    const { b } = bench({ loans: HEALTHY });
    await b.looks(4);
    expect(b.alerts('dislocated')).toEqual([
      expect.stringMatching(/^BTC: the venue's price is -10\.0 % off other BTC-USDT\. .*nothing is released/),
    ]);
    expect(await b.record()).toMatchObject({ count: 4, mode: 'reducing' });
    expect(await traceOf(b)).toContain("price: BTC: the venue's price is -10.0 % off other BTC-USDT");
  });

  it('a loan between act and urgent is left alone', async () => {
    const { b } = bench({ loans: { one: { debt: '7900', btc: '1' } } });
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(await traceOf(b)).toContainEqual(expect.stringMatching(/^dislocated: .*below urgent is enough/));
  });

  it('the coin is never added, and neither is a wrapper of it, however much of it there is', async () => {
    const ladder = [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })];
    for (const groups of [{}, { BTC: { wraps: 'XBT', stable: null } }]) {
      const { b, reference } = bench({ policy: { ...PLAIN, ladder }, wallet: { BTC: '50' }, setup: { groups } });
      if ('BTC' in groups) reference.said = { USDT: '1', XBT: '20000' };
      await b.looks(3);
      expect(b.venue.sent).toEqual([]);
      expect(await b.state()).toBe('starved');
      reference.said = { USDT: '1', BTC: OWN };
      await b.looks(3);
      expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['add']);
    }
  });

  it('perIncident bounds what a long dislocation costs, and says that it does', async () => {
    const policy = { ...PLAIN, limits: { ...PLAIN.limits, perIncident: parse('900') } };
    const urgent = { ...policy.limits.urgent, perIncident: parse('900') };
    const { b, reference } = bench({ policy: { ...policy, limits: { ...policy.limits, urgent } } });
    for (let fall = 0; fall < 12; fall += 1) {
      await b.looks(2, 120_000);
      b.venue.price = b.venue.price.times('0.96');
      reference.said = { USDT: '1', BTC: b.venue.price.div('0.9').toFixed() };
    }
    const intents = await b.journal.intents();
    expect(new Set(intents.map(({ episode }) => episode)).size).toBe(1);
    expect(intents.length).toBeGreaterThan(1);
    const spent = b.venue.sent.reduce((total, { amount }) => total + Number(amount), 0);
    expect(spent).toBeGreaterThan(880);
    expect(spent).toBeLessThanOrEqual(900);
    expect(await b.state()).toBe('capped');
    expect(b.alerts('capped')).toHaveLength(1);
    expect(modeOf(b)).toBe('reducing');
  });
});

describe('when the prices agree again', () => {
  it('the account is active again, is told so once, and goes on to target', async () => {
    const { b, reference } = bench();
    await b.untilQuiet();
    reference.said = { USDT: '1', BTC: OWN };
    await b.looks(2);
    expect(b.ltv()).toBeCloseTo(0.62, 3);
    await b.looks(2);
    expect(modeOf(b)).toBe('active');
    expect(b.alerts('dislocated').slice(1)).toEqual([expect.stringMatching(/^BTC: .*no longer in dispute$/)]);
    expect(b.alerts('mode')).toEqual(['back to active: the price sources agree again']);
    expect(await disputesOf(b)).toEqual({});
  });

  it('is told so although the loans could not be read in that moment', async () => {
    const { b, reference } = bench({ loans: HEALTHY });
    await b.look();
    reference.said = { USDT: '1', BTC: OWN };
    b.venue.failing.set('okx.flexibleLoan', 'slow today');
    await b.look();
    b.venue.failing.clear();
    await b.looks(2);
    expect(await disputesOf(b)).toEqual({});
    expect(b.alerts('dislocated').slice(1)).toEqual([expect.stringMatching(/^BTC: .*no longer in dispute$/)]);
  });

  it('but only nearly, it takes five comparisons, which a restart does not forget', async () => {
    const { b } = bench({ loans: HEALTHY });
    await b.look();
    const modes: (string | undefined)[] = [];
    for (let at = 0; at < 6; at += 1) {
      // Another process: nothing but the journal is left.
      const next = new Bench(redis.connect(), { loans: HEALTHY, address: b.address });
      next.clock.pass(1_000 * (at + 1));
      next.reference = new FakeReference(next.clock, { USDT: '1', BTC: '10200' });
      await next.look();
      modes.push(modeOf(next));
    }
    expect(modes).toEqual(['reducing', 'reducing', 'reducing', 'reducing', 'active', 'active']);
  });

  it('one coin of two goes and comes with a word, while the other keeps the mode', async () => {
    const { b, reference } = bench({ loans: HEALTHY });
    await b.look();
    reference.said = { USDT: '1.1', BTC: OFF };
    await b.look();
    reference.said = { USDT: '1', BTC: OFF };
    await b.look();
    expect(b.alerts('dislocated').slice(1)).toEqual([
      expect.stringMatching(/^USDT: the venue's price is -9\.1 % off other USDT-USD\. /),
      expect.stringMatching(/^USDT: .*no longer in dispute$/),
    ]);
    expect(modeOf(b)).toBe('reducing');
  });
});

describe('without a word from outside', () => {
  it.each([
    ['nobody is asked', (b: Bench) => (b.reference = null)],
    ['the source says nothing', () => undefined],
  ])('loans are protected as before, to target: %s', async (_name, prepare) => {
    const { b } = bench({}, null);
    prepare(b);
    await b.untilQuiet();
    expect(b.ltv()).toBeCloseTo(0.62, 3);
    await b.look();
    expect(modeOf(b)).toBe('active');
    expect([...b.alerts('dislocated'), ...b.alerts('mode')]).toEqual([]);
  });

  it('a look never waits for it', async () => {
    const { b, reference } = bench({}, null);
    reference.beforeRefresh = () => new Promise(() => undefined);
    await b.untilQuiet();
    expect(b.ltv()).toBeCloseTo(0.62, 3);
    expect([reference.marked, reference.refreshed]).toEqual([0, 0]);
  });

  it('a dispute that was open stays open, for an hour', async () => {
    const { b, reference } = bench({ loans: HEALTHY });
    await b.look();
    reference.said = {};
    b.clock.pass(3_500_000);
    await b.look();
    expect(modeOf(b)).toBe('reducing');
    expect(await traceOf(b)).toContain('price: BTC: no reference, and it disagreed before');
    b.clock.pass(200_000);
    await b.looks(2);
    expect(modeOf(b)).toBe('active');
    expect(b.alerts('mode')).toEqual(['back to active: nothing was heard of the dispute for long']);
  });

  it('a loan that cannot be read does not end its dispute', async () => {
    const { b, reference } = bench({ loans: HEALTHY });
    await b.look();
    reference.said = { USDT: '1', BTC: OWN };
    b.venue.failing.set(b.venue.product, 'maintenance');
    await b.looks(3);
    expect(modeOf(b)).toBe('reducing');
    b.venue.failing.clear();
    await b.look();
    expect(modeOf(b)).toBe('active');
  });
});

describe('on a tape', () => {
  it('prices are compared with what was said before and after they were read, or not at all', async () => {
    const { b, reference } = bench({ loans: HEALTHY });
    reference.pulled = true;
    b.venue.frozen = b.venue.view();
    b.clock.pass(50);
    await b.look();
    expect(modeOf(b)).toBe('active');
    b.venue.frozen = null;
    await b.look();
    expect(modeOf(b)).toBe('reducing');
    expect([reference.marked, reference.refreshed]).toEqual([2, 2]);
  });
});

describe('a comparison', () => {
  async function compared(btc: string | null) {
    const { b } = bench({ loans: HEALTHY }, btc);
    const opened = await b.journal.open();
    const deps = b.deps();
    const draft = new Draft(deps, b.setup, opened, b.clock.wall());
    const verdicts = await comparePrices(deps, b.setup, opened, draft, b.venue.view(), Number.NEGATIVE_INFINITY);
    return { b, opened, draft, verdicts };
  }

  it('attests what agrees, disputes what does not, and says neither of what nobody spoke of', async () => {
    const off = await compared(OFF);
    expect([dislocatedOf(off.verdicts), attestedOf(off.verdicts)]).toEqual([['BTC'], ['USDT']]);
    const well = await compared(OWN);
    expect([dislocatedOf(well.verdicts), attestedOf(well.verdicts)]).toEqual([[], ['USDT', 'BTC']]);
    expect(well.draft.disputes).toBeNull();
    const silent = await compared(null);
    expect([dislocatedOf(silent.verdicts), attestedOf(silent.verdicts)]).toEqual([[], ['USDT']]);
  });

  it('obeys the bounds of the policy file', async () => {
    const { b } = bench({ loans: HEALTHY, setup: { dislocation: { ...DISLOCATION_RULES, coin: parse('0.2') } } });
    await b.look();
    expect(modeOf(b)).toBe('active');
  });

  it('is remembered with its look or not at all', async () => {
    const { b, opened, draft } = await compared(OFF);
    const commit = { ...EMPTY_COMMIT, disputes: draft.disputes };
    const newer = await b.journal.open();
    await expect(b.journal.commit(opened.epoch, 'd1', commit)).rejects.toThrow(StaleEpochError);
    expect(await disputesOf(b)).toEqual({});
    await b.journal.commit(newer.epoch + 1, 'd1', commit);
    expect(await disputesOf(b)).toMatchObject({ BTC: { agreed: 0 } });
    await b.journal.commit(newer.epoch + 2, 'd1', EMPTY_COMMIT);
    expect(await disputesOf(b)).toMatchObject({ BTC: { agreed: 0 } });
  });
});
