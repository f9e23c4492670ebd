/** Whole looks that let collateral go: real Redis, a venue with books of its own, prices attested from outside. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Attested } from './attested.ts';
import { Bench, PLAIN } from './bench.ts';
import type { BenchOptions } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULE = { below: parse('0.35'), upTo: parse('0.5'), afterMs: HOUR, perDay: parse('100000') };
const GENEROUS: Policy = { ...PLAIN, release: RULE };
/** LTV 30 %: 0.4 BTC may leave up to 50 %. */
const CALM = { one: { debt: '3000', btc: '1' } };

function bench(options: BenchOptions = {}): Bench {
  const b = new Bench(redis.connect(), { loans: CALM, policy: GENEROUS, ...options });
  b.reference = new Attested(b);
  return b;
}

/** Looks a minute apart until the time is nearly over: the next one may release. */
async function calmDown(b: Bench): Promise<void> {
  await b.looks(60, MINUTE);
  expect(b.venue.sent).toEqual([]);
}

const released = (b: Bench) => b.venue.sent.map(({ verb, asset, amount }) => [verb, asset, Number(amount).toFixed(3)]);

describe('a look', () => {
  it('lets collateral go once the time is over, and not a look earlier', async () => {
    const b = bench();
    await calmDown(b);
    expect(await b.says()).toMatch(/nothing to do; keeps its collateral: seen below 35.00 % for 59 m, wanted are 60 m/);
    expect(b.venue.askedMost).toBe(0);
    await b.untilQuiet();
    expect(released(b)).toEqual([['reduce', 'BTC', '0.400']]);
    expect([b.ltv(), Number(b.venue.wallet.get('BTC'))]).toEqual([expect.closeTo(0.5, 4), expect.closeTo(0.4, 4)]);
    expect([await b.state(), await b.intentStates()]).toEqual(['watching.healthy', ['confirmed']]);
    expect(await b.charged()).toBeCloseTo(4_000, 0);
    expect(b.venue.askedMost).toBe(1);
    await b.looks(3, MINUTE);
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts()).toEqual([]);
  });

  it('counts over a restart, and begins anew after a night without sight', async () => {
    for (const [awayMs, sends] of [
      [9 * MINUTE, 1],
      [11 * MINUTE, 0],
    ] as const) {
      const b = bench();
      await calmDown(b);
      const again = bench({ address: b.address });
      again.clock.passed = b.clock.passed - MINUTE + awayMs;
      await again.looks(1);
      expect(again.venue.sent, `${String(awayMs)} ms`).toHaveLength(sends);
    }
  });

  it('begins anew when the price was seen at the level once', async () => {
    const b = bench();
    await calmDown(b);
    b.venue.price = b.venue.price.times('0.8');
    await b.look();
    b.venue.price = b.venue.price.div('0.8');
    await b.looks(5, MINUTE);
    expect(b.venue.sent).toEqual([]);
  });

  it('never releases without a word from outside on every price, and says which is missing', async () => {
    const b = bench();
    const reference = new Attested(b);
    reference.silent = ['BTC'];
    b.reference = reference;
    await calmDown(b);
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/no source outside the venue attests the price of BTC/);
    expect(b.venue.askedMost).toBe(0);
    b.reference = null;
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    reference.silent = [];
    b.reference = reference;
    await b.look();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('protects first: while another loan is in need nothing leaves, and afterwards it does', async () => {
    const b = bench({ loans: { ...CALM, two: { debt: '5000', btc: '1' } }, wallet: {} });
    await calmDown(b);
    b.venue.books('two').debt = parse('8000');
    await b.looks(3);
    expect([await b.state('two'), b.venue.sent]).toEqual(['starved', []]);
    expect(await b.says()).toMatch(/two is in need/);
    b.venue.books('two').debt = parse('5000');
    await b.looks(2);
    expect(released(b)).toEqual([['reduce', 'BTC', '0.400']]);
  });

  it('waits until what was done for another loan has cooled down', async () => {
    const b = bench({
      loans: { ...CALM, two: { debt: '5000', btc: '1' } },
      policy: { ...GENEROUS, coolDownMs: 10 * MINUTE },
    });
    await calmDown(b);
    b.venue.books('two').debt = parse('8000');
    await b.looks(5, MINUTE);
    expect(b.venue.sent.map(({ verb, key }) => [verb, key])).toEqual([['repay', 'two']]);
    expect(await b.says()).toMatch(/two is cooling/);
    await b.looks(8, MINUTE);
    expect(b.venue.sent.map(({ verb, key }) => [verb, key])).toEqual([
      ['repay', 'two'],
      ['reduce', 'one'],
    ]);
  });

  it('asks no more of the venue than it lets go, and nothing when it says nothing', async () => {
    const b = bench();
    b.venue.lets = parse('0.1');
    await calmDown(b);
    await b.look();
    expect(released(b)).toEqual([['reduce', 'BTC', '0.100']]);
  });

  it('in dry-run says what would leave, and sends nothing; paused, it does not even ask', async () => {
    const b = bench({ setup: { mode: 'dryRun' } });
    await calmDown(b);
    await b.look();
    expect(await b.says()).toMatch(/^not sent \(dry-run\): release 0.\d+ BTC to funding: LTV 30.00 % → 50.00 %/);
    expect([b.venue.sent, await b.charged()]).toEqual([[], 0]);
    const paused = bench();
    await calmDown(paused);
    await paused.operator.pause(null, { by: 'ann', why: 'lunch', at: Date.now(), until: null });
    await paused.look();
    expect([paused.venue.sent, paused.venue.askedMost]).toEqual([[], 0]);
  });

  it('does nothing of all this without a rule', async () => {
    const b = bench({ policy: PLAIN });
    await b.looks(70, MINUTE);
    expect([b.venue.sent, b.venue.askedMost]).toEqual([[], 0]);
    expect(await b.says()).toMatch(/nothing to do$/);
  });
});

describe('a release that does not work out', () => {
  it.each([
    ['is rejected', { do: 'reject' }],
    ['never leaves', { do: 'refuse' }],
  ] as const)('and %s gives its day back, leaves the fuse alone and waits again', async (_how, conduct) => {
    const b = bench();
    await calmDown(b);
    b.venue.script.push(conduct);
    await b.look();
    expect([await b.charged(), await b.state()]).toEqual([0, 'watching.healthy']);
    expect((await b.journal.open()).fruitless).toEqual({});
    const before = b.venue.sent.length;
    await b.looks(30, MINUTE);
    expect(b.venue.sent).toHaveLength(before);
    await b.looks(31, MINUTE);
    expect(b.venue.sent).toHaveLength(before + 1);
  });

  it('whose answer is lost is settled by evidence, holds the account meanwhile and is charged', async () => {
    const b = bench();
    await calmDown(b);
    b.venue.script.push({ do: 'lose', executes: true });
    await b.look();
    expect(await b.state()).toBe('unresolved');
    expect(await b.charged()).toBeCloseTo(4_000, 0);
    await b.looks(18, 4_000);
    expect([await b.state(), await b.intentStates()]).toEqual(['watching.healthy', ['confirmed']]);
    expect(Math.max(...b.venue.sends().values())).toBe(1);
  });

  it('never leaves a loan without help that falls while it is unknown', async () => {
    const b = bench();
    await calmDown(b);
    b.venue.script.push({ do: 'lose', executes: true, settleMs: null });
    await b.look();
    b.venue.price = b.venue.price.times('0.35');
    await b.looks(10, 4_000);
    expect(b.venue.sent.map(({ verb }) => verb)).toContain('repay');
    expect(Math.max(...b.venue.sends().values())).toBe(1);
  });
});

describe('over days', () => {
  it('no more than perDay leaves in 24 hours, and the next of it when they are over', async () => {
    const b = bench({ policy: { ...GENEROUS, release: { ...RULE, perDay: parse('1000') } } });
    await calmDown(b);
    await b.looks(159, 9 * MINUTE);
    expect(released(b)).toEqual([['reduce', 'BTC', '0.100']]);
    expect(await b.charged()).toBeCloseTo(1_000, 0);
    expect(await b.says()).toMatch(/release.perDay leaves 0/);
    await b.looks(4, 9 * MINUTE);
    expect(released(b)).toEqual([
      ['reduce', 'BTC', '0.100'],
      ['reduce', 'BTC', '0.100'],
    ]);
  });

  it('what was released takes nothing from what protects', async () => {
    const limits = { ...PLAIN.limits, perDay: parse('1900') };
    const b = bench({ policy: { ...GENEROUS, limits } });
    await calmDown(b);
    await b.untilQuiet();
    expect(released(b)).toEqual([['reduce', 'BTC', '0.400']]);
    // 3 000 against 0.6 BTC: at 60 % of the price it is at 83 %
    b.venue.price = b.venue.price.times('0.6');
    await b.untilQuiet();
    expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['reduce', 'repay']);
    expect(b.ltv()).toBeCloseTo(0.62, 2);
  });
});
