/** What refusals teach: every refused amount is followed by another one (DESIGN §5.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Intent, Reply } from '../../src/core/intent.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import { learnedFrom } from '../../src/jobs/learning.ts';
import { anIntent } from './fixtures.ts';

type Rejected = Extract<Reply, { readonly outcome: 'rejected' }>;

function taught(over: Partial<Intent>, reply: Pick<Rejected, 'effect' | 'stated'>): Readonly<Record<string, string>> {
  const intent = anIntent('i-1', over);
  return Object.fromEntries(
    learnedFrom(intent, { outcome: 'rejected', code: '-1', meaning: 'no', retryAfterMs: null, ...reply }),
  );
}

describe('an amount that is too small', () => {
  it.each(PRODUCTS)('teaches %s the minimum of its call, for this coin', (product) => {
    const lesson = (verb: Intent['verb']) => taught({ product, verb, amount: '10' }, { effect: 'tooSmall' });
    expect(lesson('repay')).toEqual({ [`minRepay/${product}/USDT`]: '20' });
    expect(lesson('add')).toEqual({ [`minAdd/${product}/USDT`]: '20' });
    expect(lesson('transferIn')).toEqual({ [`minTransfer/${product}/USDT`]: '20' });
    for (const verb of ['transferOut', 'reduce', 'borrow'] as const) expect(lesson(verb)).toEqual({});
  });

  it('is raised to what the refusal states, if that is more and of the same coin', () => {
    const stated = (amount: string, asset: string | null) =>
      taught({ amount: '10' }, { effect: 'tooSmall', stated: { amount, asset } })['minRepay/binance.crossMargin/USDT'];
    expect([stated('15', null), stated('15', 'USDT')]).toEqual(['15', '15']);
    expect([stated('15', 'USD'), stated('9', null), stated('10', null)]).toEqual(['20', '20', '20']);
  });

  it('teaches nothing when it is the whole debt: that may always be paid', () => {
    expect(taught({ full: true }, { effect: 'tooSmall' })).toEqual({});
  });
});

describe('dust', () => {
  it('teaches what must be left: what the refusal states, else twice what would have been', () => {
    const left = (stated?: Rejected['stated']) =>
      taught({ amount: '999.4' }, { effect: 'dust', ...(stated === undefined ? {} : { stated }) });
    expect(left()).toEqual({ 'minLeft/binance.crossMargin/USDT': '1.2' });
    expect(left({ amount: '10', asset: 'USDT' })).toEqual({ 'minLeft/binance.crossMargin/USDT': '10' });
    expect(taught({ amount: '1000', full: true }, { effect: 'dust' })).toEqual({});
  });
});

describe('a disliked amount', () => {
  const disliked = (amount: string) => taught({ amount, asset: 'BTC' }, { effect: 'precision' });

  it('loses two decimals, but never so many that it would say something else', () => {
    expect(disliked('0.02621364')).toEqual({ 'decimals/BTC': '6' });
    expect(disliked('0.026213')).toEqual({ 'decimals/BTC': '4' });
  });

  it('that they do not explain is too small, and gets its decimals back', () => {
    expect(disliked('0.0262')).toEqual({ 'minRepay/binance.crossMargin/BTC': '0.0524', 'decimals/BTC': '18' });
    expect(disliked('7')).toEqual({ 'minRepay/binance.crossMargin/BTC': '14', 'decimals/BTC': '18' });
  });
});

it('every refused amount of a remedy is followed by another one', () => {
  const amounts = fc.integer({ min: 1, max: 10_000_000 }).map((value) => parse(String(value)).div(10_000).toFixed());
  const verbs = fc.constantFrom<Intent['verb']>('repay', 'add', 'transferIn');
  const effects = fc.constantFrom<Rejected['effect']>('tooSmall', 'precision');
  const stated = fc.option(fc.record({ amount: amounts, asset: fc.constantFrom(null, 'USDT', 'BTC') }));
  fc.assert(
    fc.property(amounts, verbs, effects, stated, (amount, verb, effect, says) => {
      const lesson = taught({ amount, verb }, { effect, ...(says === null ? {} : { stated: says }) });
      const [[name, value] = ['', '0']] = Object.entries(lesson);
      if (name.startsWith('decimals/')) expect(Number(value)).toBeLessThan(parse(amount).decimalPlaces());
      else expect(parse(value).gt(amount)).toBe(true);
    }),
  );
});
