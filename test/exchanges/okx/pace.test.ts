/** Sliding windows: in no stretch of one window do more calls leave than the venue allows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/clock.ts';
import type { Bucket } from '../../../src/exchanges/limits.ts';
import { Pace } from '../../../src/exchanges/okx/pace.ts';

const bucket = (limit: number, windowMs: number): Bucket => ({ id: 'b', scope: 's', limit, windowMs });

function virtual(): { clock: Clock; pass: (ms: number) => void } {
  let now = 0;
  return { clock: { ...systemClock, mono: () => now }, pass: (ms) => void (now += ms) };
}

describe('a pace', () => {
  it('never lets more calls into any window than its limit, and always says a useful wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 }),
        (limit, steps) => {
          const { clock, pass } = virtual();
          const pace = new Pace(clock, 1);
          const taken: number[] = [];
          for (const step of steps) {
            pass(step);
            const wait = pace.take(bucket(limit, 2_000));
            if (wait === null) taken.push(clock.mono());
            else expect(wait).toBeGreaterThan(0);
          }
          for (const at of taken)
            expect(taken.filter((other) => other >= at && other < at + 2_000).length).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });

  it('opens again exactly when it said, and gives places back', () => {
    const { clock, pass } = virtual();
    const pace = new Pace(clock, 0.5);
    expect([pace.take(bucket(1, 2_000)), pace.room(bucket(1, 2_000))]).toEqual([null, 0]);
    const wait = pace.take(bucket(1, 2_000));
    expect(wait).toBe(1_020);
    pass(wait ?? 0);
    expect(pace.take(bucket(1, 2_000))).toBeNull();
    pace.giveBack(bucket(1, 2_000));
    expect(pace.take(bucket(1, 2_000))).toBeNull();
  });
});
