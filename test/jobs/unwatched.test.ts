/** Loans of products that no rule names are told of, once for as long as they last, and never taken for gone unread. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwatchedErrand } from '../../src/jobs/unwatched.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench } from './bench.ts';
import type { BenchOptions } from './bench.ts';
import { FakeVenue } from './fakeVenue.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

interface Scene {
  readonly others: FakeVenue;
  /** One turn of the errand. @returns what it told */
  turn(): Promise<readonly string[]>;
}

function scene(setup: BenchOptions['setup'] = {}): Scene {
  const bench = new Bench(redis.connect(), { setup });
  const others = new FakeVenue({
    clock: bench.clock,
    account: 'desk',
    product: 'okx.spotBorrow',
    loans: { '': { debt: '7000', btc: '1' } },
    wallet: {},
  });
  const errand = unwatchedErrand(bench.deps(), others, 1_000);
  return {
    others,
    turn: async () => {
      const before = bench.events.length;
      await errand.run(new AbortController().signal);
      const told = bench.events.slice(before);
      return told.flatMap((event) => (event.type === 'alert' ? [`${event.severity}: ${event.says}`] : []));
    },
  };
}

const UNNAMED =
  /^warning: desk\/okx\.spotBorrow is not watched .* LTV 70\.00 %: no rule names its product\. Add `\{ product: spotBorrow, policy: POLICY \}`/;

describe('a loan of a product that no rule names', () => {
  it('is told once, and again when it was gone and is back', async () => {
    const { others, turn } = scene();
    expect(await turn()).toEqual([expect.stringMatching(UNNAMED)]);
    expect(await turn()).toEqual([]);
    const { debt } = others.books('');
    others.books('').debt = debt.times(0);
    expect(await turn()).toEqual([]);
    others.books('').debt = debt;
    expect(await turn()).toEqual([expect.stringMatching(UNNAMED)]);
  });

  it('is not over because it could not be read, and that it cannot be is said once', async () => {
    const { others, turn } = scene();
    await turn();
    others.failing.set('okx.spotBorrow', 'HTTP 502');
    expect(await turn()).toEqual([
      expect.stringMatching(/^info: whether there are loans of okx\.spotBorrow .*HTTP 502/),
    ]);
    expect(await turn()).toEqual([]);
    others.observeError = new Error('no route');
    expect(await turn()).toEqual([expect.stringMatching(/^info: .*no route/)]);
    others.observeError = null;
    others.failing.clear();
    expect(await turn()).toEqual([]);
  });

  it('is an alert where the file gives unlisted loans a policy: somebody counts on that', async () => {
    const { turn } = scene({ unlisted: { kind: 'use', policy: 'plain' } });
    expect(await turn()).toEqual([
      expect.stringMatching(
        /^critical: .*follows the products of the rules only\. Add `\{ product: spotBorrow, policy: plain \}`/,
      ),
    ]);
  });
});
