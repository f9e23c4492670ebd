/** The tracks of LTVs: bounded, thinned with age, and never without their peaks. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Decision } from '../../src/core/need.ts';
import type { TrackPoint } from '../../src/jobs/track.ts';
import { thinned, Track } from '../../src/jobs/track.ts';
import { Tracking } from '../../src/jobs/tracking.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

const DAY_MS = 86_400_000;
const ADDRESS = { mode: 'live', world: '', venue: 'okx', uid: '1' } as const;

function point(shown: number, ltv: number): TrackPoint {
  return { at: shown, shown, ltv, target: 0.6, act: 0.7, urgent: 0.8, line: 0.9 };
}

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

describe('thinning', () => {
  const tracks = fc
    .array(fc.tuple(fc.integer({ min: 1, max: DAY_MS }), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1 })
    .map((steps) => {
      let at = 0;
      return steps.map(([step, ltv]) => point((at += step), ltv));
    });

  it('keeps order, the newest point and the highest of what it keeps at all', () => {
    fc.assert(
      fc.property(tracks, (points) => {
        const now = points.at(-1)?.shown ?? 0;
        const kept = thinned(points, now);
        expect(kept.at(-1)).toBe(points.at(-1));
        expect(kept.map(({ shown }) => shown)).toEqual(kept.map(({ shown }) => shown).toSorted((a, b) => a - b));
        const young = points.filter(({ shown }) => now - shown <= 30 * DAY_MS);
        expect(Math.max(...kept.map(({ ltv }) => ltv))).toBe(Math.max(...young.map(({ ltv }) => ltv)));
      }),
    );
  });

  it('leaves a month of looks every five seconds in a few hundred points', () => {
    let points: readonly TrackPoint[] = [];
    for (let at = 0; at <= 30 * DAY_MS; at += 60_000) {
      points = [...points, point(at, (at % 7) / 10)];
      if (points.length >= 900) points = thinned(points, at);
    }
    expect(thinned(points, 30 * DAY_MS).length).toBeLessThan(700);
  });
});

describe('a track', () => {
  it('is read as it was written, and thins itself when it is long', async () => {
    const track = new Track(redis.connect(), ADDRESS);
    await track.append('a', [point(5_000, 0.612_345_678)]);
    expect(await track.read('a')).toEqual([{ ...point(5_000, 0), ltv: 0.612346 }]);
    for (let from = 0; from < 3_000; from += 300) {
      await track.append(
        'b',
        Array.from({ length: 300 }, (_, i) => point((from + i) * 5_000, 0.5)),
      );
    }
    const kept = await track.read('b');
    expect(kept.length).toBeLessThan(900);
    expect(kept.at(-1)?.shown).toBe(2_999 * 5_000);
  });
});

describe('tracking', () => {
  const decision = (ltv: string, line = '0.9'): Decision =>
    ({ loan: 'a', at: 1, ltv, levels: { target: '0.6', act: '0.7', urgent: '0.8', line, call: null } }) as Decision;

  it('writes beside the looks what was decided, one point for what hardly moved, none for what was not seen', async () => {
    const track = new Track(redis.connect(), { ...ADDRESS, uid: '2' });
    const tracking = new Tracking(systemClock);
    tracking.hear(track, decision('0.61'), 1_000);
    tracking.hear(track, decision('0.6101'), 1_500);
    tracking.hear(track, decision('0', '0'), 1_600);
    tracking.hear(track, decision('0.65'), 1_700);
    await expect
      .poll(async () => (await track.read('a')).map(({ shown, ltv }) => [shown, ltv]))
      .toEqual([
        [1_000, 0.61],
        [1_700, 0.65],
      ]);
    tracking.stop();
  });

  it('survives a Redis that is away', async () => {
    const connection = redis.connect();
    connection.disconnect();
    const tracking = new Tracking(systemClock);
    tracking.hear(new Track(connection, ADDRESS), decision('0.61'), null);
    const track = new Track(redis.connect(), { ...ADDRESS, uid: '3' });
    tracking.hear(track, decision('0.61'), null);
    await expect.poll(() => track.read('a')).toHaveLength(1);
    tracking.stop();
  });
});
