import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, breakerWords, breakersOf } from '../../src/core/breaker.ts';
import type { Breaker } from '../../src/core/breaker.ts';
import type { Intent } from '../../src/core/intent.ts';
import { anIntent } from '../jobs/fixtures.ts';

const NOW = 1_000_000;
const RULES = { leastMs: 10_000, mostMs: 600_000, hangMs: 60_000 };
/** Newest first; each was sent and settled so many seconds ago. */
type Spec = Partial<Intent> & { readonly sent: number; readonly settled?: number; readonly trouble?: boolean };

function history(...specs: readonly Spec[]): readonly Intent[] {
  return specs.map(({ sent, settled, trouble = false, ...over }, at) => {
    const sentAt = NOW - sent * 1_000;
    const settledAt = settled === undefined ? null : NOW - settled * 1_000;
    const troubleAt = trouble ? sentAt + 1 : null;
    return anIntent(`i${String(at)}`, { state: 'rejected', plannedAt: sentAt, sentAt, settledAt, troubleAt, ...over });
  });
}

const of = (intents: readonly Intent[], roll = 0): readonly Breaker[] => breakersOf(intents, NOW, RULES, () => roll);
const LOST: Spec = { sent: 40, settled: 5, trouble: true };

describe('a breaker', () => {
  it('is closed without history, after calls that went well, and after one that failed once', () => {
    expect(of([])).toEqual([]);
    expect(of(history({ sent: 5, settled: 4, state: 'confirmed' }))).toEqual([]);
    expect(of(history(LOST))).toEqual([]);
  });

  it('opens when two calls of its class in a row failed at the venue, whatever became of them', () => {
    const [only, ...others] = of(history(LOST, { ...LOST, sent: 90, settled: 50, state: 'confirmed' }));
    expect(others).toEqual([]);
    expect(only).toMatchObject({ of: 'repay', product: 'binance.crossMargin', state: 'open', failures: 2 });
    expect(only?.since).toBe(NOW - 90_000 + 1);
  });

  it('is open from the very millisecond in which the second one is settled, whatever the jitter', () => {
    const justNow: Spec = { sent: 36.007, settled: 0, trouble: true };
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999999, noNaN: true }), (roll) => {
        expect(of(history(justNow, { ...LOST, sent: 90, settled: 50 }), roll)).toMatchObject([{ state: 'open' }]);
      }),
    );
  });

  it('opens when one call hangs, and knows no end before that is settled', () => {
    const hanging = history({ sent: 61, trouble: true, state: 'unknown', verb: 'transferIn' });
    expect(of(hanging)).toMatchObject([{ of: 'transfer', product: null, state: 'open', until: null, failures: 1 }]);
    expect(of(history({ sent: 20, trouble: true, state: 'unknown', verb: 'transferIn' }))).toEqual([]);
  });

  it('says nothing of calls that the venue turned down for a reason, or that never left', () => {
    expect(of(history({ sent: 5, settled: 5 }, { sent: 9, settled: 9 }, { sent: 15, settled: 15 }))).toEqual([]);
    const refused = { ...LOST, state: 'refused' } as const;
    expect(of(history(refused, refused, { ...refused, sentAt: null }))).toEqual([]);
  });

  it('closes with the first call that goes well', () => {
    expect(of(history({ sent: 2, settled: 1, state: 'confirmed' }, LOST, { ...LOST, sent: 90, settled: 50 }))).toEqual(
      [],
    );
  });

  it('backs off for as long as the venue needed for the last call, doubled with each one in a row, within bounds', () => {
    const left = (...specs: readonly Spec[]): number => (of(history(...specs))[0]?.until ?? 0) - NOW;
    const quick = { sent: 3, settled: 2, trouble: true };
    expect(left(quick, { ...quick, sent: 20, settled: 19 })).toBe(18_000);
    expect(left(LOST, { ...LOST, sent: 90, settled: 50 })).toBe(2 * 35_000 - 5_000);
    const row = Array.from({ length: 8 }, (_, at) => ({ ...LOST, sent: 40 * (at + 1), settled: 40 * at + 5 }));
    expect(left(...row)).toBe(RULES.mostMs - 5_000);
  });

  it('is half open after its back-off, and stays so while its trial is on the way', () => {
    const before = { ...LOST, sent: 400, settled: 390 };
    const over = [{ sent: 300, settled: 290, trouble: true }, before];
    expect(of(history(...over))).toMatchObject([{ state: 'halfOpen' }]);
    expect(of(history({ sent: 1, state: 'sending' }, ...over))).toMatchObject([{ state: 'halfOpen', failures: 2 }]);
  });

  it('is of one kind of call, of one product, or of all transfers', () => {
    const both = history(
      LOST,
      { ...LOST, verb: 'add', product: 'binance.flexibleLoan' },
      { ...LOST, verb: 'transferIn' },
    );
    expect(of(both)).toEqual([]);
    const twice = history(
      { ...LOST, verb: 'transferIn' },
      { ...LOST, verb: 'transferOut', product: 'binance.isolatedMargin' },
      { ...LOST, product: 'binance.flexibleLoan' },
      LOST,
    );
    expect(of(twice)).toMatchObject([{ of: 'transfer', product: null }]);
  });

  it('waits within its jitter, always the same for one history, and never longer after a clock that went back', () => {
    const spec = fc.record({ sent: fc.nat(1_000), took: fc.nat(300), trouble: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(spec, { maxLength: 8 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.nat(9e8),
        (list, roll, back) => {
          const calls = history(
            ...list.map(({ sent, took, trouble }) => ({ sent, settled: Math.max(0, sent - took), trouble })),
          );
          const [first] = of(calls, roll);
          expect(of(calls, roll)).toEqual(of(calls, roll));
          if (first?.until !== null && first?.until !== undefined && first.state === 'open') {
            expect(first.until - NOW).toBeLessThanOrEqual(RULES.mostMs * 1.5);
          }
          for (const { state, until } of breakersOf(calls, NOW - back, RULES, () => roll)) {
            if (state === 'open' && until !== null)
              expect(until - (NOW - back)).toBeLessThanOrEqual(RULES.mostMs * 1.5);
          }
        },
      ),
    );
  });

  it('blocks its own calls while it is open, never for good, and says so', () => {
    const open = of(history({ ...LOST, verb: 'add' }, { ...LOST, verb: 'reduce', sent: 90, settled: 50 }));
    const says = 'the breaker of collateral calls of binance.crossMargin is open: 2 in a row failed at the venue';
    expect(blocksOf(open)).toMatchObject([{ needs: 'add', product: 'binance.crossMargin', lastResort: true }]);
    expect(breakerWords(open[0] as Breaker)).toContain(says);
    expect(blocksOf(open.map((one) => ({ ...one, state: 'halfOpen' as const })))).toEqual([]);
  });
});
