import { describe, expect, it } from 'vitest';
import type { Evidence, Intent } from '../../src/core/intent.ts';
import { ruling, withRead } from '../../src/jobs/ruling.ts';
import { anIntent } from './fixtures.ts';

const TIMING = { evidenceSpreadMs: 30_000, reflectTimeoutMs: 60_000, giveUpMs: 600_000 };
const timing = TIMING;
const SENT = 1_000_000;

function undecided(state: Intent['state'], reads: [number, string][] = []): Intent {
  return anIntent('i1', {
    state,
    sentAt: SENT,
    validUntil: SENT + 3_000,
    reads: reads.map(([at, verdict]) => ({ at: SENT + at, verdict })),
  });
}
const happened: Evidence = { verdict: 'happened', ref: 'tran1', amount: '100', why: 'record CONFIRMED' };
const absent: Evidence = { verdict: 'didNotHappen', why: 'no trace' };
const pending: Evidence = { verdict: 'pending', why: 'record PENDING' };
const cannotTell: Evidence = { verdict: 'cannotTell', why: 'a foreign record' };

describe('evidence rules', () => {
  it('a record alone does not confirm: the reads that feed the next plan must show it', () => {
    expect(ruling(undecided('settling'), happened, 'notYet', SENT + 1_000, timing)).toMatchObject({
      state: 'settling',
      ref: 'tran1',
      event: null,
    });
    expect(ruling(undecided('settling'), happened, 'shown', SENT + 1_000, timing)).toMatchObject({
      state: 'confirmed',
      event: 'CONFIRMED',
    });
  });

  it('is never given up while it may still come by the venue’s clock, whatever ours says', () => {
    const three: [number, string][] = [10_000, 20_000, 30_000].map((at) => [at, 'cannotTell']);
    const after = (evidence: Evidence) =>
      ruling(undecided('unknown', three), evidence, 'notYet', SENT + 3_600_000, timing).state;
    expect(after({ ...cannotTell, early: true })).toBe('unknown');
    expect(after(cannotTell)).toBe('expired');
  });

  it('a record that only the loan shows confirms when no read can lag any more, and three of them agreed', () => {
    const three: [number, string][] = [10_000, 20_000, 30_000].map((at) => [at, 'happened']);
    const after = (ms: number, reads = three) =>
      ruling(undecided('unknown', reads), happened, 'inPart', SENT + ms, timing).state;
    expect(after(60_000)).toBe('unknown');
    expect(after(60_001, three.slice(1))).toBe('unknown');
    expect(after(60_001)).toBe('confirmed');
  });

  it('an accepted call that the reads never show becomes unknown after the reflect timeout', () => {
    expect(ruling(undecided('settling'), happened, 'notYet', SENT + 60_001, timing)).toMatchObject({
      state: 'unknown',
      event: 'UNKNOWN',
    });
  });

  it('what a dead run left as sending is unknown until proven', () => {
    expect(ruling(undecided('sending'), cannotTell, 'notYet', SENT + 1_000, timing)).toMatchObject({
      state: 'unknown',
      event: 'UNKNOWN',
    });
  });

  it('absence proves nothing before three reads over the spread', () => {
    expect(ruling(undecided('unknown'), absent, 'notYet', SENT + 40_000, timing).event).toBe('UNKNOWN');
    expect(
      ruling(undecided('unknown', [[10_000, 'didNotHappen']]), absent, 'notYet', SENT + 41_000, timing).event,
    ).toBe('UNKNOWN');
    const close: [number, string][] = [
      [10_000, 'didNotHappen'],
      [20_000, 'didNotHappen'],
    ];
    expect(ruling(undecided('unknown', close), absent, 'notYet', SENT + 39_999, timing).event).toBe('UNKNOWN');
    expect(ruling(undecided('unknown', close), absent, 'notYet', SENT + 40_000, timing)).toMatchObject({
      state: 'rejected',
      event: 'DID_NOT_HAPPEN',
    });
  });

  it('a read that saw something breaks the row of absent reads', () => {
    const broken: [number, string][] = [
      [1_000, 'didNotHappen'],
      [10_000, 'pending'],
      [20_000, 'didNotHappen'],
    ];
    expect(ruling(undecided('unknown', broken), absent, 'notYet', SENT + 60_000, timing).event).toBe('UNKNOWN');
  });

  it("the venue's own FAILED record is proof at once", () => {
    expect(ruling(undecided('settling'), { ...absent, byRecord: true }, 'notYet', SENT + 100, timing)).toMatchObject({
      state: 'rejected',
      event: 'DID_NOT_HAPPEN',
    });
  });

  it('a record that still pends never expires', () => {
    const reads: [number, string][] = [
      [1, 'pending'],
      [2, 'pending'],
      [3, 'pending'],
    ];
    expect(ruling(undecided('unknown', reads), pending, 'notYet', SENT + 10 * 600_000, timing)).toMatchObject({
      state: 'unknown',
      event: 'UNKNOWN',
    });
  });

  it('expires after the give-up time only with three reads that do not pend', () => {
    const stable: [number, string][] = [
      [1, 'cannotTell'],
      [2, 'cannotTell'],
      [3, 'cannotTell'],
    ];
    expect(ruling(undecided('unknown', stable), cannotTell, 'notYet', SENT + 599_999, timing).event).toBe('UNKNOWN');
    expect(ruling(undecided('unknown', stable), cannotTell, 'notYet', SENT + 600_000, timing)).toMatchObject({
      state: 'expired',
      event: 'EXPIRED',
    });
    expect(
      ruling(
        undecided('unknown', [
          [1, 'cannotTell'],
          [2, 'pending'],
          [3, 'cannotTell'],
        ]),
        cannotTell,
        'notYet',
        SENT + 700_000,
        timing,
      ).event,
    ).toBe('UNKNOWN');
  });

  it('a read that failed says nothing and is not counted', () => {
    const stable: [number, string][] = [
      [1, 'didNotHappen'],
      [2, 'didNotHappen'],
      [3, 'didNotHappen'],
    ];
    const late = SENT + 10 * 600_000;
    expect(ruling(undecided('unknown', stable), null, 'notYet', late, timing)).toMatchObject({
      state: 'unknown',
      event: 'UNKNOWN',
    });
    expect(withRead(undecided('unknown', stable), late, null)).toHaveLength(3);
  });

  it('a final record that stale reads do not show waits for ever; one that others hide is believed in the end', () => {
    const reads: [number, string][] = [
      [1, 'happened'],
      [2, 'happened'],
      [3, 'happened'],
    ];
    const late = SENT + 600_000;
    expect(ruling(undecided('unknown', reads), happened, 'notYet', late + 10 * 600_000, timing).state).toBe('unknown');
    expect(ruling(undecided('unknown', reads), happened, 'contradicts', late - 1, timing).state).toBe('unknown');
    expect(ruling(undecided('unknown', reads), happened, 'contradicts', late, timing)).toMatchObject({
      state: 'confirmed',
      event: 'CONFIRMED',
    });
  });

  it('frequent reads never push out the first of their row, and stay few', () => {
    let intent = undecided('unknown', [[0, 'pending']]);
    for (let i = 1; i <= 500; i += 1) intent = { ...intent, reads: withRead(intent, SENT + i * 100, absent) };
    expect(intent.reads.length).toBeLessThanOrEqual(6);
    expect(intent.reads.find(({ verdict }) => verdict === 'didNotHappen')?.at).toBe(SENT + 100);
    expect(intent.reads.at(-1)?.at).toBe(SENT + 50_000);
  });
});
