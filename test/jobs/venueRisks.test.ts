/** What the venue may do by itself is told when it begins and when it gets worse, and never in between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VenueRisk } from '../../src/core/loan.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench, HEALTHY } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const risk = (level: number | null, over: Partial<VenueRisk> = {}): VenueRisk => ({
  ...{ kind: 'forcedRepayment', asset: 'USDT', level, why: 'the platform runs short of it' },
  ...over,
});

describe('a risk that the venue rates', () => {
  it('is told on its edges: when it begins, when it becomes high, and anew after it was over', async () => {
    const b = new Bench(redis.connect(), { loans: HEALTHY });
    let risks: readonly VenueRisk[] = [];
    const { view } = b.venue;
    b.venue.view = () => {
      const seen = view.call(b.venue);
      return { ...seen, loans: seen.loans.map((loan) => ({ ...loan, risks })) };
    };
    const told: string[][] = [];
    for (const level of [0, 1, 2, 3, 5, 0, 1]) {
      risks = level === 0 ? [] : [risk(level)];
      const before = b.events.length;
      await b.looks(2);
      told.push(b.events.slice(before).flatMap((e) => (e.type === 'alert' ? [`${e.severity} ${e.category}`] : [])));
    }
    const [warning, critical] = [['warning venueRisk'], ['critical venueRisk']];
    expect(told).toEqual([[], warning, [], critical, [], [], warning]);
    expect(b.alerts('venueRisk')[0]).toMatch(
      /may repay the debt in USDT by force.*1 of 5, because the platform runs short of it.*owe another coin.*Ballast goes on watching/,
    );
  });

  it('of several kinds and coins is told for each; what cannot be read is not over', async () => {
    const b = new Bench(redis.connect(), { loans: HEALTHY });
    const risks = [
      risk(4, { kind: 'autoConversion', asset: 'BTC', why: '' }),
      risk(null, { kind: 'collateralCap', asset: 'BTC', why: '' }),
      risk(null, { kind: 'autoRepay', asset: null, why: '' }),
    ];
    const { view } = b.venue;
    b.venue.view = () => {
      const seen = view.call(b.venue);
      return { ...seen, loans: seen.loans.map((loan) => ({ ...loan, risks })) };
    };
    await b.look();
    b.venue.failing.set('okx.flexibleLoan', '502');
    await b.looks(2);
    b.venue.failing.clear();
    await b.looks(2);
    expect(b.alerts('venueRisk')).toEqual([
      expect.stringMatching(/sell the collateral in BTC.*4 of 5/),
      expect.stringMatching(/cap for BTC.*no new borrowing/),
      expect.stringMatching(/auto-repay is on/),
    ]);
  });
});
