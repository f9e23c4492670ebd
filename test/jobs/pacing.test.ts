import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PaceFacts } from '../../src/jobs/pacing.ts';
import { FAILING_AFTER, nextLook, setbacksOf } from '../../src/jobs/pacing.ts';
import { TIMING } from './bench.ts';
import { anIntent } from './fixtures.ts';

const NOW = 1_000_000;
const QUIET: PaceFacts = {
  now: NOW,
  timing: TIMING,
  lookBy: Number.POSITIVE_INFINITY,
  states: ['watching.healthy'],
  undecided: [],
  still: false,
  blind: false,
  unseen: false,
  retryAfterMs: 0,
  setbacks: 0,
  failures: 0,
  lot: 0,
};
const wait = (over: Partial<PaceFacts>): number => nextLook({ ...QUIET, ...over }) - NOW;

describe('the next look', () => {
  it.each<[string, Partial<PaceFacts>, number]>([
    ['of a quiet account is its ordinary one', {}, 5_000],
    ['of a breach that waits for confirmation is soon', { states: ['watching.breached'] }, 1_000],
    ['of a call on its way is soon', { states: ['acting.settling'] }, 1_000],
    ['of a loan without money is an ordinary one: prices ring, time does not help', { states: ['starved'] }, 5_000],
    ['of a loan at its limit is an ordinary one', { states: ['capped'] }, 5_000],
    ['of a paused or dry account is an ordinary one', { states: ['watching.breached'], still: true }, 5_000],
    ['of a loan that cools down is when it is cool', { states: ['cooling'], lookBy: NOW + 3_000 }, 3_000],
    ['of a machine that wanted one long ago is not at once', { lookBy: NOW - 60_000 }, 100],
    ['of a blind account is when its machines retry', { blind: true, lookBy: NOW + 2_000 }, 2_000],
    ['of a blind account is never in a hurry', { blind: true, lookBy: NOW }, 1_000],
    ['of a blind account is not rarer than that of a quiet one at first', { blind: true, failures: 2 }, 5_000],
    ['of a venue that keeps failing is slow', { blind: true, failures: 3 }, 10_000],
    ['of a venue that keeps failing differs by lot', { blind: true, failures: 9, lot: 0.5 }, 12_500],
    ['of an account that sees is as ever, whatever failed before', { failures: 9, lot: 0.5 }, 5_000],
    [
      'of loans that were never seen is soon, however rare the others are',
      { unseen: true, timing: { ...TIMING, lookEveryMs: 600_000 } },
      5_000,
    ],
    [
      'of loans that were never seen is never rarer than that of others',
      { unseen: true, timing: { ...TIMING, lookEveryMs: 2_000 } },
      2_000,
    ],
    ['waits for what the venue asked for', { retryAfterMs: 60_000, states: ['acting.planned'] }, 60_000],
    ['comes later with every setback', { setbacks: 3, states: ['watching.breached'] }, 4_000],
    ['comes not rarer than an ordinary one after many setbacks', { setbacks: 30 }, 5_000],
  ])('%s', (_name, over, expected) => {
    expect(wait(over)).toBe(expected);
  });

  it('of an undecided call is soon while its evidence is due, and ordinary after that', () => {
    const call = anIntent('i', { state: 'unknown', validUntil: NOW });
    expect(wait({ undecided: [call], states: ['unresolved'] })).toBe(1_000);
    const later = NOW + TIMING.lagMarginMs + TIMING.evidenceSpreadMs;
    expect(
      nextLook({ ...QUIET, now: later, undecided: [call], states: ['unresolved', 'watching.breached'] }) - later,
    ).toBe(5_000);
  });

  it('is never in the past, never before what the venue asked for, never after an ordinary one without a reason', () => {
    const facts = fc.record({
      lookBy: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: NOW - 100_000, max: NOW + 100_000 })),
      states: fc.array(fc.constantFrom('watching.healthy', 'watching.breached', 'starved', 'unresolved', 'cooling')),
      blind: fc.boolean(),
      still: fc.boolean(),
      retryAfterMs: fc.nat(300_000),
      setbacks: fc.nat(40),
      failures: fc.nat(40),
      lot: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(facts, (over) => {
        const ms = wait(over);
        expect(ms).toBeGreaterThanOrEqual(Math.max(1, over.retryAfterMs));
        const slowly = over.blind && over.failures >= FAILING_AFTER ? 3 : 1;
        expect(ms).toBeLessThanOrEqual(Math.max(slowly * TIMING.lookEveryMs, over.retryAfterMs));
      }),
    );
  });
});

describe('setbacks', () => {
  it('are counted back to the last call that brought something', () => {
    const states = ['rejected', 'refused', 'voided', 'confirmed', 'rejected'] as const;
    expect(setbacksOf(states.map((state) => ({ state })))).toBe(3);
    expect(setbacksOf([])).toBe(0);
    expect(setbacksOf([{ state: 'unknown' }])).toBe(0);
  });
});
