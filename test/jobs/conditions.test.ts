/** What looks say holds: whole, after every commit, and nothing about what they could not see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Conditions } from '../../src/jobs/conditions.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import type { BenchOptions } from './bench.ts';
import { Bench, BREACHED, HEALTHY } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
}, 30_000);
afterAll(() => redis.stop());

const bench = (options: BenchOptions = {}): Bench => new Bench(redis.connect(), options);

function said(b: Bench): Conditions {
  const event = b.last('conditions');
  if (event === undefined) throw new Error('no look said what holds');
  return event;
}

const names = (b: Bench): readonly string[] => said(b).holds.map(({ category }) => category);
/** Nothing that the policy may use. */
const POOR: BenchOptions = { loans: BREACHED, setup: { wallets: [] } };

describe('a look says', () => {
  it('that nothing holds of a healthy loan with money, and that it was seen', async () => {
    const b = bench({ loans: HEALTHY });
    await b.looks(2);
    expect(said(b)).toMatchObject({ holds: [], unknown: [], mode: 'active', paused: false });
    expect(said(b).loans).toEqual([{ loan: expect.any(String), state: 'watching.healthy', seen: true }]);
  });

  it('of a healthy loan without money that nothing could be paid, at every look, and alerts it once', async () => {
    const b = bench({ loans: HEALTHY, setup: { wallets: [] } });
    await b.looks(3);
    expect(b.events.filter(({ type }) => type === 'conditions')).toHaveLength(3);
    expect(names(b)).toEqual(['sourceEmpty']);
    expect(b.alerts('sourceEmpty')).toHaveLength(1);
  });

  it('that a loan is starved for as long as it is, with what is left to the line', async () => {
    const b = bench(POOR);
    await b.looks(3);
    expect(await b.state()).toBe('starved');
    const starved = said(b).holds.find(({ category }) => category === 'starved');
    expect(starved).toMatchObject({ severity: 'critical', loan: expect.stringContaining('/one') });
    expect(Number(starved?.cushion)).toBeGreaterThan(0);
    await b.looks(2);
    expect(names(b)).toContain('starved');
    expect(b.alerts('starved')).toHaveLength(1);
    b.setup = {
      ...b.setup,
      wallets: [
        { name: 'funding', keep: {} },
        { name: 'spot', keep: {} },
      ],
    };
    await b.looks(4);
    expect(names(b)).not.toContain('starved');
  });

  it('the same after a restart that took every word with it', async () => {
    const b = bench(POOR);
    await b.looks(3);
    b.events.length = 0;
    await b.look();
    expect(b.alerts('starved')).toEqual([]);
    expect(names(b)).toContain('starved');
  });

  it('of what it cannot see that it does not know, and blindness once per account', async () => {
    const b = bench({ loans: { ...HEALTHY, two: { debt: '5000', btc: '1' } }, setup: { wallets: [] } });
    await b.looks(2);
    b.venue.observeError = new Error('away');
    await b.looks(4);
    expect(said(b).unknown.filter((name) => name.startsWith('sourceEmpty/'))).toHaveLength(2);
    expect(said(b).loans.map(({ seen }) => seen)).toEqual([false, false]);
    expect(said(b).holds.filter(({ category }) => category === 'blind')).toMatchObject([
      { loan: null, says: expect.stringContaining('2 loans') },
    ]);
  });
});
