/** Others move the same loans: what explains a change, whose effect a view shows, and what is held against nobody. */
import { describe, expect, it } from 'vitest';
import type { Moves } from '../../src/core/change.ts';
import type { Intent } from '../../src/core/intent.ts';
import { stateBefore } from '../../src/core/intents.ts';
import type { AccountView, LoanView } from '../../src/core/loan.ts';
import { isExcused, showsAmong, strangeChanges, strangeWords } from '../../src/core/outsiders.ts';
import { explanationOf, plausible } from '../../src/core/plausible.ts';
import type { Known } from '../../src/core/plausible.ts';
import { anIntent } from '../jobs/fixtures.ts';
import { NOW, coin, debt, dec, loan, view, wallet } from './build.ts';

const LAG = 10_000;

function at(owed: string, btc = '1', key = 'one'): LoanView {
  return loan({
    product: 'okx.flexibleLoan',
    key,
    coins: [coin({ amount: btc, price: '50000' })],
    debts: [debt({ amount: owed })],
  });
}

function seen(loans: readonly LoanView[], later: number, usdt = '50000'): AccountView {
  const asOf = NOW + later;
  const dated = loans.map((one) => ({ ...one, asOf }));
  return { ...view(dated, [{ ...wallet('funding', { USDT: usdt }), asOf }]), asOf };
}

const ONE = at('40000').id;

/** Somebody's act, so many ms after the first view. */
function act(later: number, change: string, what: 'debt' | 'collateral' = 'debt', of = ONE): Moves {
  return { at: NOW + later, changes: [{ what, of, asset: what === 'debt' ? 'USDT' : 'BTC', change: dec(change) }] };
}

function known(others: readonly Moves[], ours: readonly Moves[] = []): Known {
  return { ours, others, lagMs: LAG };
}

describe('a doubted quantity', () => {
  const before = seen([at('40000')], 0);
  const doubts = (owed: string, others: readonly Moves[], later = 60_000): string[] =>
    plausible(before, seen([at(owed)], later), known(others)).map(({ what }) => what);

  it('is explained by records that lead to it, one or several, in their order', () => {
    expect(doubts('10000', [])).toEqual(['debt']);
    expect(doubts('10000', [act(1_000, '-30000')])).toEqual([]);
    expect(doubts('10000', [act(1_000, '-20000'), act(2_000, '-10000')])).toEqual([]);
    // The second one is recorded and does not show yet.
    expect(doubts('10000', [act(1_000, '-30000'), act(2_000, '-500')])).toEqual([]);
    // The first one showed before.
    expect(doubts('10000', [act(-5_000, '-700'), act(2_000, '-30000')])).toEqual([]);
  });

  it('is not explained by a record of another amount, another loan, another thing, or of long ago', () => {
    expect(doubts('10000', [act(1_000, '-25000')])).toEqual(['debt']);
    expect(doubts('10000', [act(1_000, '30000')])).toEqual(['debt']);
    expect(doubts('10000', [act(1_000, '-30000', 'debt', 'main/okx.flexibleLoan/two')])).toEqual(['debt']);
    expect(doubts('10000', [act(1_000, '-30000', 'collateral')])).toEqual(['debt']);
    expect(doubts('10000', [act(-LAG - 1, '-30000')])).toEqual(['debt']);
  });

  it('may be off by interest and by one percent of what moved, not by more', () => {
    const moved = [act(1_000, '50000')];
    expect(doubts('90500', moved)).toEqual([]);
    expect(doubts('90600', moved)).toEqual(['debt']);
    // Six hours more of interest.
    expect(doubts('90540', moved, 21_600_000)).toEqual([]);
    expect(doubts('89400', moved)).toEqual(['debt']);
  });

  it('is explained by a call of ours and an act of somebody together', () => {
    const mine: Moves = { ...act(0, '-9000'), at: Number.POSITIVE_INFINITY };
    const now = seen([at('11000')], 60_000);
    expect(plausible(before, now, known([act(1_000, '-20000')], [mine]))).toEqual([]);
    expect(plausible(before, now, known([], [mine]))).toHaveLength(1);
  });

  it('is that of its own loan or wallet, whatever is wrong with the others', () => {
    const two = seen([at('40000'), at('40000', '1', 'two')], 0);
    const now = seen([at('1'), at('40000', '1', 'two')], 60_000, '0');
    expect(plausible(two, now, known([])).map(({ of }) => of)).toEqual([ONE, 'funding']);
  });

  it('of a part that was last believed long ago is explained by what was settled since then', () => {
    // The loan was in doubt while the rest of the account was believed: its own moment counts.
    const mine: Moves = { ...act(0, '-30000'), at: NOW + 30_000 };
    const memory = { ...before, asOf: NOW + 50_000 };
    expect(plausible(memory, seen([at('10000')], 60_000), known([], [mine]))).toEqual([]);
  });
});

describe('a call that the remembered view showed', () => {
  it('explains no later change, as one does that was settled after it', () => {
    const [before, now] = [seen([at('40000')], 0), seen([at('10000')], 60_000)];
    const settled = (ms: number): Moves => ({ ...act(0, '-30000'), at: NOW + ms });
    expect(plausible(before, now, known([], [settled(0)])).map(({ what }) => what)).toEqual(['debt']);
    expect(plausible(before, now, known([], [settled(1)]))).toEqual([]);
  });
});

describe('a strange change', () => {
  const words = (before: LoanView, now: LoanView, ours: readonly Moves[] = []): string | null =>
    strangeWords(strangeChanges(seen([before], 0), seen([now], 60_000), known([], ours)), ONE);

  it('is what none of our calls, no interest and no trifle explains', () => {
    expect(words(at('40000'), at('38000'))).toBe('repaid 2000 USDT');
    expect(words(at('40000'), at('45000', '1.5'))).toBe('borrowed 5000 USDT and put in 0.5 BTC');
    expect(words(at('40000'), at('40000', '0.7'))).toBe('took out 0.3 BTC');
    expect(words(at('40000'), at('40007.9'))).toBeNull();
    expect(words(at('5'), at('0.5'))).toBeNull();
  });

  it('is not what we sent, whether or not it shows', () => {
    const mine = { at: Number.POSITIVE_INFINITY, changes: explanationOf(repay()) };
    expect(words(at('40000'), at('31000'), [mine])).toBeNull();
    expect(words(at('40000'), at('40000'), [mine])).toBeNull();
    expect(words(at('40000'), at('29000'), [mine])).toBe('repaid 2000 USDT');
  });

  it('of a loan that is gone is the debt that somebody paid; of one that was not read it is nothing', () => {
    const before = seen([at('40000')], 0);
    expect(strangeWords(strangeChanges(before, seen([], 60_000), known([])), ONE)).toBeNull();
    const read = { ...seen([], 60_000), sections: { 'okx.flexibleLoan': { state: 'fresh' as const, asOf: NOW } } };
    expect(strangeWords(strangeChanges(before, read, known([])), ONE)).toBe('repaid 40000 USDT');
    const doubted = {
      ...read,
      sections: { ...read.sections, [ONE]: { state: 'failed' as const, reason: 'x', at: NOW } },
    };
    expect(strangeChanges(before, doubted, known([]))).toEqual([]);
  });
});

function repay(): Intent {
  const before = stateBefore(at('40000'), seen([at('40000')], 0));
  const place = { product: 'okx.flexibleLoan', loan: ONE, key: 'one', from: 'funding', to: 'loan' } as const;
  return anIntent('i1', {
    ...place,
    verb: 'repay',
    amount: '9000',
    before,
    plannedAt: NOW,
    sentAt: NOW,
    state: 'settling',
  });
}

describe('our own effect among others', () => {
  const shown = (owed: string, others: readonly Moves[], later = 30_000): string =>
    showsAmong(repay(), seen([at(owed)], later, '41000'), others, LAG);

  it('is net of what they did for certain', () => {
    expect(shown('40000', [])).toBe('notYet');
    expect(shown('40000', [act(1_000, '9000')])).toBe('shown');
    expect(shown('31000', [act(1_000, '-9000')])).toBe('notYet');
    expect(shown('22000', [act(1_000, '-9000')])).toBe('shown');
  });

  it('is not shown by a larger fall that nothing explains: a liquidation looks like a repayment that is still to come', () => {
    expect(shown('22000', [])).toBe('contradicts');
    expect(shown('22000', [act(1_000, '-20000')])).not.toBe('shown');
  });

  it('is shown among acts that their records date a little before the plan, by whole seconds, if they explain the rest', () => {
    expect(shown('22000', [act(-900, '-9000')])).toBe('shown');
    expect(shown('31000', [act(-900, '-9000')])).toBe('shown');
    expect(shown('40000', [act(-900, '-9000')])).toBe('notYet');
    expect(shown('22000', [act(-LAG - 1, '-9000')])).toBe('contradicts');
  });

  it('is not shown while an act is so young that it may be what shows', () => {
    expect(shown('31000', [act(25_000, '-9000')])).toBe('notYet');
    expect(shown('22000', [act(25_000, '-9000')])).toBe('shown');
    expect(shown('40000', [act(25_000, '9000')])).toBe('notYet');
  });

  it('is not shown by a view that is in doubt about the loan, although a full repayment makes loans vanish', () => {
    const fresh = { 'okx.flexibleLoan': { state: 'fresh' as const, asOf: NOW + 30_000 } };
    const gone = { ...seen([], 30_000, '41000'), sections: fresh };
    const full = { ...repay(), full: true };
    expect(showsAmong(full, gone, [], LAG)).toBe('shown');
    const doubted = { ...gone, sections: { ...fresh, [ONE]: { state: 'failed' as const, reason: 'x', at: NOW } } };
    expect(showsAmong(full, doubted, [], LAG)).toBe('notYet');
  });

  it('has nothing to do with what was done before it was planned, to other loans and to other coins', () => {
    const unrelated = [act(-1_000, '-9000'), act(1_000, '-9000', 'debt', 'x'), act(1_000, '0.5', 'collateral')];
    expect(shown('31000', unrelated)).toBe('shown');
  });
});

describe('a call without effect', () => {
  it('is excused by somebody who moved the same loan at that time, and by nothing else', () => {
    const others = [act(5_000, '-1')];
    expect(isExcused(ONE, NOW, others, LAG)).toBe(true);
    expect(isExcused(ONE, NOW + 16_000, others, LAG)).toBe(false);
    expect(isExcused('main/okx.flexibleLoan/two', NOW, others, LAG)).toBe(false);
  });
});
