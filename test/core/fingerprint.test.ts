/** Tails in the last decimals (DESIGN §6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash, looksComputed, mark, markWidth } from '../../src/core/fingerprint.ts';
import type { MarkAsk } from '../../src/core/fingerprint.ts';
import { dec } from './build.ts';

function ask(more: Partial<MarkAsk> = {}): MarkAsk {
  return {
    amount: dec('9591.92238266'),
    decimals: 8,
    seed: 'bnb-7-loan',
    direction: 'up',
    most: dec(50_000),
    least: dec(0),
    recent: [],
    ...more,
  };
}

describe('marking', () => {
  it('stays within precision, bounds and direction, and moves next to nothing', () => {
    const amounts = fc.record({
      amount: fc.integer({ min: 1, max: 2_000_000_000 }),
      decimals: fc.integer({ min: 0, max: 10 }),
      seed: fc.string(),
      direction: fc.constantFrom('up' as const, 'down' as const),
      slack: fc.integer({ min: 0, max: 20_000 }),
    });
    fc.assert(
      fc.property(amounts, ({ amount, decimals, seed, direction, slack }) => {
        const unit = dec(10).pow(-decimals);
        const plain = dec(amount).times(unit);
        const room = unit.times(slack);
        const marked = mark(
          ask({ amount: plain, decimals, seed, direction, most: plain.plus(room), least: plain.minus(room) }),
        );
        expect(marked.amount.minus(marked.tail).eq(plain)).toBe(true);
        expect(marked.tail.abs().lte(plain.times('0.0001'))).toBe(true);
        expect(marked.tail.abs().lte(room)).toBe(true);
        expect(marked.amount.decimalPlaces()).toBeLessThanOrEqual(decimals);
        expect(direction === 'up' ? marked.tail.gte(0) : marked.tail.lte(0)).toBe(true);
        if (marked.fingerprint === 'unmarked') expect(marked.tail.isZero()).toBe(true);
        else expect(decimals < 8 || looksComputed(marked.amount)).toBe(true);
      }),
    );
  });

  it('says the same for the same seed and something else for another', () => {
    const first = mark(ask()).amount.toFixed();
    expect(mark(ask()).amount.toFixed()).toBe(first);
    expect(mark(ask({ seed: 'bnb-8-loan' })).amount.toFixed()).not.toBe(first);
    expect(hash('bnb-7-loan')).toBe(hash('bnb-7-loan'));
    expect(hash('')).toBe(0x811c9dc5);
  });

  it('never repeats a recent amount, however it is spelled', () => {
    const first = mark(ask());
    const second = mark(ask({ recent: [first.amount.toFixed(12)] }));
    expect(second.fingerprint).toBe('marked');
    expect(second.amount.eq(first.amount)).toBe(false);
  });

  it('never looks as if a person had typed it', () => {
    const seeds = Array.from({ length: 2_000 }, (_none, at) => `bnb-${String(at)}-loan`);
    expect(seeds.filter((seed) => (1 + (hash(seed) % 9_999)) % 100 === 0).length).toBeGreaterThan(10);
    for (const seed of seeds) expect(looksComputed(mark(ask({ seed })).amount)).toBe(true);
  });

  it('leaves alone what is too small, too coarse or without room', () => {
    expect(mark(ask({ amount: dec('0.00001') })).fingerprint).toBe('unmarked');
    expect(mark(ask({ amount: dec(9591), decimals: 1 })).fingerprint).toBe('unmarked');
    expect(mark(ask({ most: dec('9591.92238266') })).fingerprint).toBe('unmarked');
    expect(markWidth(dec('0.00001'), 8).toFixed()).toBe('0');
    expect(markWidth(dec(9591), 8).toFixed()).toBe('0.0001');
  });
});
