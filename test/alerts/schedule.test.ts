/** When an alert is due: the schedule of DESIGN §8, and what silences it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { dueNow, isDone, nextOffset, toldNow } from '../../src/alerts/schedule.ts';
import { anAlert, aTelling, MINUTE_MS, RULES } from './build.ts';

const ME = { by: 'me', why: 'on my way', at: 0 };

/** Minutes at which one channel is told of an alert that a clock looks at every `everyMs`. */
function tellings(alertAt: (now: number) => Alert, untilMs: number, everyMs = MINUTE_MS / 2): readonly number[] {
  const minutes: number[] = [];
  let told = undefined as ReturnType<typeof toldNow> | undefined;
  for (let now = 0; now <= untilMs; now += everyMs) {
    const alert = alertAt(now);
    if (dueNow(alert, told, RULES, now) === null) continue;
    told = toldNow(alert, told, now);
    minutes.push(now / MINUTE_MS);
  }
  return minutes;
}

describe('a critical alert', () => {
  it('is told at once, after 1, 5 and 15 minutes, and every 15 minutes', () => {
    expect(tellings(() => anAlert(), 61 * MINUTE_MS)).toEqual([0, 1, 5, 15, 30, 45, 60]);
  });

  it('is silent from its acknowledgement on', () => {
    const acknowledged = (now: number): Alert => anAlert(now > 5 * MINUTE_MS ? { acknowledged: ME } : {});
    expect(tellings(acknowledged, 61 * MINUTE_MS)).toEqual([0, 1, 5]);
  });

  it('is told when the cushion is halved, each time once, also when it was acknowledged', () => {
    const cushions = ['0.16', '0.10', '0.08', '0.07', '0.05', '0.04', '0.04', '0', '0'];
    const nearer = (now: number): Alert => anAlert({ acknowledged: ME, cushion: cushions[now / MINUTE_MS] ?? '0' });
    expect(tellings(nearer, 12 * MINUTE_MS, MINUTE_MS)).toEqual([0, 2, 5, 7]);
  });

  it('is told once after an outage, not once for every moment that was missed', () => {
    const told = aTelling({ at: MINUTE_MS });
    expect(dueNow(anAlert(), told, RULES, 50 * MINUTE_MS)).toBe('again');
    expect(dueNow(anAlert(), toldNow(anAlert(), told, 50 * MINUTE_MS), RULES, 59 * MINUTE_MS)).toBeNull();
    expect(dueNow(anAlert(), toldNow(anAlert(), told, 50 * MINUTE_MS), RULES, 60 * MINUTE_MS)).toBe('again');
  });
});

describe('a warning', () => {
  it('is latched: told once, however long it lasts', () => {
    expect(tellings(() => anAlert({ severity: 'warning' }), 300 * MINUTE_MS)).toEqual([0]);
  });

  it('is told again when it becomes critical, and its schedule begins there', () => {
    const worse = (now: number): Alert => anAlert({ severity: now < 7 * MINUTE_MS ? 'warning' : 'critical' });
    expect(tellings(worse, 40 * MINUTE_MS)).toEqual([0, 7, 8, 12, 22, 37]);
  });

  it('that happens all the time is told every quarter of an hour, with the count', () => {
    const stray = (now: number): Alert =>
      anAlert({ severity: 'warning', category: 'stray', count: 1 + now / (MINUTE_MS / 2) });
    expect(tellings(stray, 40 * MINUTE_MS)).toEqual([0, 15, 30]);
  });
});

describe('what is over', () => {
  it('is told once, when it has stayed away', () => {
    const ended = (now: number): Alert => anAlert(now < 3 * MINUTE_MS ? {} : { over: 3 * MINUTE_MS });
    expect(tellings(ended, 60 * MINUTE_MS)).toEqual([0, 1, 4]);
  });

  it('is not told to whom its beginning was not told', () => {
    expect(dueNow(anAlert({ over: 0 }), undefined, RULES, 60 * MINUTE_MS)).toBeNull();
  });

  it('that comes back at once was never over: a loan that dances on a level rings once', () => {
    const dancing = (now: number): Alert =>
      anAlert({ severity: 'warning', over: (now / MINUTE_MS) % 1 === 0 ? null : now });
    expect(tellings(dancing, 60 * MINUTE_MS)).toEqual([0]);
  });

  it('leaves the ledger when every channel knows, and not before', () => {
    const over = (told: Alert['told']): Alert => anAlert({ over: 0, told });
    const [began, ended] = [aTelling(), aTelling({ over: true })];
    const now = 2 * MINUTE_MS;
    expect(isDone(over({ a: ended, b: ended }), ['a', 'b'], true, RULES, now)).toBe(true);
    expect(isDone(over({ a: ended, b: began }), ['a', 'b'], true, RULES, now)).toBe(false);
    expect(isDone(over({}), ['a', 'b'], true, RULES, now)).toBe(true);
    expect(isDone(over({ a: ended }), ['a'], true, RULES, RULES.calmMs - 1)).toBe(false);
  });
});

it('an event leaves the ledger when it is known: a warning after a while, a critical one by its acknowledgement', () => {
  const told = { a: aTelling({ severity: 'warning' }) };
  const warning = anAlert({ severity: 'warning', category: 'stray', told });
  expect(isDone(warning, ['a'], false, RULES, RULES.quietMs)).toBe(true);
  expect(isDone({ ...warning, count: 2 }, ['a'], false, RULES, RULES.quietMs)).toBe(false);
  const critical = anAlert({ category: 'expired', told: { a: aTelling() } });
  expect(isDone(critical, ['a'], false, RULES, 100 * RULES.quietMs)).toBe(false);
  expect(isDone({ ...critical, acknowledged: ME }, ['a'], false, RULES, 0)).toBe(true);
});

it('the next moment of any schedule lies ahead, at a step or a whole number of last steps', () => {
  const steps = fc
    .uniqueArray(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 5 })
    .map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 1_000_000_000 }), (list, passed) => {
      const next = nextOffset(list, passed);
      const last = list.at(-1) ?? 0;
      expect(next).toBeGreaterThan(passed);
      expect(list.includes(next) || next % last === 0).toBe(true);
      // Nothing of the schedule lies between.
      expect(list.some((step) => step > passed && step < next)).toBe(false);
      if (passed >= last) expect(next - passed).toBeLessThanOrEqual(last);
    }),
  );
});
