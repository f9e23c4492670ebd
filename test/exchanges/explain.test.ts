/** Which records our intents explain: one act per intent, by reference or by amount within its life, and nothing else. */
import { describe, expect, it } from 'vitest';
import { timeout } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';
import { parse } from '../../src/core/money.ts';
import { actOf, unexplained, type ForeignRecord } from '../../src/exchanges/explain.ts';
import { asVenueError, oldestFirst, onceEach } from '../../src/exchanges/gather.ts';
import { intent } from './binance/fake.ts';

const NOW = 1_700_000_000_000;
const LOAN = 'main/binance.crossMargin';

function record(over: Partial<ForeignRecord> = {}): ForeignRecord {
  return {
    at: NOW,
    product: 'binance.crossMargin',
    loan: LOAN,
    kind: 'repay',
    effect: 'debtDown',
    asset: 'USDT',
    amount: parse('100.00001234'),
    changes: [],
    ref: '1',
    says: 'a repayment',
    verbs: ['repay'],
    ...over,
  };
}

function ours(over: Partial<Intent> = {}): Intent {
  return intent({ state: 'confirmed', plannedAt: NOW, sentAt: NOW, validUntil: NOW + 4_000, settledAt: NOW, ...over });
}

const refs = (records: readonly ForeignRecord[], intents: readonly Intent[]): string[] =>
  unexplained(records, intents).map(({ ref }) => ref);

describe('a record', () => {
  it('is ours by its reference, whatever its amount and date', () => {
    const moved = record({ amount: parse('7'), at: NOW + 90_000_000 });
    expect(refs([moved], [ours({ ref: '1' })])).toEqual([]);
  });

  it('is ours by asset, verb and amount when the reference was lost', () => {
    expect(refs([record()], [ours()])).toEqual([]);
  });

  it.each([
    ['another amount', { amount: parse('100.00001235') }],
    ['another asset', { asset: 'USDC' }],
    ['another loan', { loan: 'main/binance.isolatedMargin/ETHUSDT', product: 'binance.isolatedMargin' }],
    ['a verb that no intent of ours has', { verbs: [] }],
    ['long before the send', { at: NOW - 60_000 }],
    ['long after its validity', { at: NOW + 3_600_000 }],
  ] as const)('is external with %s', (_what, over) => {
    expect(refs([record(over)], [ours()])).toEqual(['1']);
  });

  it.each(['planned', 'voided', 'refused', 'rejected'] as const)(
    'is not explained by an intent that is %s: it moved nothing',
    (state) => {
      expect(refs([record()], [ours({ state })])).toEqual(['1']);
    },
  );

  it.each(['sending', 'settling', 'unknown', 'expired', 'confirmed'] as const)(
    'may be that of an intent that is %s',
    (state) => {
      expect(refs([record()], [ours({ state })])).toEqual([]);
    },
  );
});

describe('one intent', () => {
  it('explains one record: an equal second one is somebody else’s', () => {
    expect(refs([record(), record({ ref: '2' })], [ours()])).toHaveLength(1);
  });

  it('keeps the record that carries its reference, and leaves an equal one to the intent that has none', () => {
    const both = [record(), record({ ref: '2' })];
    expect(refs(both, [ours({ id: 'a', ref: '2' }), ours({ id: 'b' })])).toEqual([]);
    expect(refs(both, [ours({ id: 'a', ref: '2' })])).toEqual(['1']);
  });

  it('explains a repayment that the venue split, when the parts of one moment make up its amount', () => {
    const parts = [record({ amount: parse('60') }), record({ ref: '2', amount: parse('40.00001234') })];
    expect(refs(parts, [ours()])).toEqual([]);
    expect(refs([...parts, record({ ref: '3', amount: parse('1') })], [ours()])).toEqual(['1', '2', '3']);
  });

  it('explains a full repayment a little off its amount, a partial one never', () => {
    const more = record({ amount: parse('100.4') });
    expect(refs([more], [ours({ full: true })])).toEqual([]);
    expect(refs([more], [ours()])).toEqual(['1']);
    expect(refs([record({ amount: parse('102') })], [ours({ full: true })])).toEqual(['1']);
  });

  it('explains the collateral that comes back after its full repayment, and no other', () => {
    const back = record({ ref: '2', kind: 'collateral', effect: 'collateralDown', asset: 'BTC', verbs: ['reduce'] });
    const intents = [ours({ full: true })];
    expect(refs([record(), back], intents)).toEqual([]);
    expect(refs([back], intents)).toEqual(['2']);
    expect(refs([record(), { ...back, loan: 'main/binance.crossMargin/x' }], intents)).toEqual(['2']);
    expect(refs([record(), back], [ours()])).toEqual(['2']);
  });
});

describe('a record with our own id on it', () => {
  const transfer = record({ kind: 'transfer', verbs: ['transferIn'], clientId: 'c1' });
  const moving = ours({ verb: 'transferIn', clientId: 'c1' });

  it('is ours by that id alone', () => {
    expect(refs([{ ...transfer, amount: parse('5') }], [moving])).toEqual([]);
    expect(refs([{ ...transfer, clientId: 'other' }], [moving])).toEqual(['1']);
  });

  it('without one is judged by amount', () => {
    expect(refs([{ ...transfer, clientId: '' }], [moving])).toEqual([]);
  });
});

describe('lists', () => {
  it('are put in order of time, rows of one moment as they happened', () => {
    const newestFirst = [record({ ref: 'c', at: 5 }), record({ ref: 'b', at: 3 }), record({ ref: 'a', at: 3 })];
    expect(oldestFirst(newestFirst).map(({ ref }) => ref)).toEqual(['a', 'b', 'c']);
  });

  it('hold a row once per loan: a transfer between two loans belongs to both', () => {
    const one = record();
    expect(onceEach([one, { ...one }, { ...one, loan: 'other' }])).toHaveLength(2);
  });

  it('of acts carry nothing that only matching needs', () => {
    expect(actOf(record({ clientId: 'secretish' }))).not.toHaveProperty('clientId');
    expect(actOf(record())).not.toHaveProperty('verbs');
  });
});

it('a reading whose time ran out says so, and anything unforeseen says only its kind', () => {
  const late = timeout({ later: (_, run) => (run(), () => undefined) }, 1).reason as unknown;
  expect(asVenueError(late)).toMatchObject({ kind: 'network', message: 'no answer in time' });
  expect(asVenueError(new TypeError('quotes a body'))).toMatchObject({
    kind: 'malformed',
    message: 'unexpected TypeError',
  });
});
