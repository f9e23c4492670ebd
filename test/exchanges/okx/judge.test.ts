/** What witnesses say together: nothing is "did not happen" before its time, or while anybody is silent. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parse } from '../../../src/core/money.ts';
import {
  amountMatch,
  judge,
  phaseOf,
  type Quantity,
  type Records,
  type Trace,
  type Witness,
} from '../../../src/exchanges/okx/judge.ts';
import { intent } from './support.ts';

const trace = (amount: string, id = '1', moment = id): Trace => ({
  source: 'loan-history',
  id,
  amount: parse(amount),
  change: parse(amount),
  moment,
});
const source = (traces: readonly Trace[] | null, partial = false): Records => ({
  source: 'loan-history',
  traces,
  partial,
});

function witness(records: readonly Records[], says: Quantity = 'unmoved', sent = '10'): Witness {
  const quantities = (): ReturnType<Witness['quantities']> => Promise.resolve({ says, why: says });
  return { records, quantities, isOurs: amountMatch(sent, undefined), accepted: false };
}

describe('a record', () => {
  it('of our amount proves that it happened, early or late, whatever balances say', async () => {
    for (const phase of ['early', 'late'] as const) {
      expect(await judge(witness([source([]), source([trace('10', '7')])], 'unclear'), phase)).toMatchObject({
        verdict: 'happened',
        ref: '7',
        amount: '10',
      });
    }
  });

  it('of our amount is enough when the other source cannot be read', async () => {
    expect(await judge(witness([source(null), source([trace('10')])]), 'early')).toMatchObject({ verdict: 'happened' });
  });

  it('may come in parts of one moment', async () => {
    expect(await judge(witness([source([trace('4', '2', 't'), trace('6', '3', 't')])]), 'early')).toMatchObject({
      verdict: 'happened',
      amount: '10',
    });
    expect(await judge(witness([source([trace('4', '2', 't'), trace('6', '3', 'u')])]), 'late')).toMatchObject({
      verdict: 'cannotTell',
    });
  });

  it.each(['early', 'late'] as const)('of another amount makes it impossible to tell (%s)', async (phase) => {
    expect(await judge(witness([source([trace('9')])]), phase)).toMatchObject({ verdict: 'cannotTell' });
  });

  it('twice of our amount makes it impossible to tell', async () => {
    expect(await judge(witness([source([trace('10', '1'), trace('10', '2')])]), 'late')).toMatchObject({
      verdict: 'cannotTell',
    });
  });
});

describe('no record', () => {
  it('is pending while one may still come', async () => {
    expect(await judge(witness([source([]), source([])]), 'early')).toMatchObject({ verdict: 'pending' });
  });

  it('is "did not happen" when it is late and everything stands still', async () => {
    expect(await judge(witness([source([]), source([])]), 'late')).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('is never "did not happen" against the word of the venue that it took the call', async () => {
    const accepted = { ...witness([source([]), source([])]), accepted: true };
    expect(await judge(accepted, 'early')).toMatchObject({ verdict: 'pending' });
    expect(await judge(accepted, 'late')).toMatchObject({ verdict: 'cannotTell' });
  });

  it.each([
    ['a source is silent', witness([source([]), source(null)])],
    ['a page is too short', witness([source([], true)])],
    ['balances show the change', witness([source([])], 'moved')],
    ['balances show another change', witness([source([])], 'unclear')],
  ] as const)('cannot be told late when %s', async (_what, given) => {
    expect(await judge(given, 'late')).toMatchObject({ verdict: 'cannotTell' });
  });

  it('does not read balances before it has to', async () => {
    let read = 0;
    const quantities = (): Promise<never> => {
      read += 1;
      return Promise.reject(new Error('not needed'));
    };
    await judge({ ...witness([source([])]), quantities }, 'early');
    await judge({ ...witness([source([trace('10')])]), quantities }, 'late');
    expect(read).toBe(0);
  });
});

describe('over any witnesses', () => {
  const traces = fc.array(fc.record({ amount: fc.constantFrom('9', '10', '11'), id: fc.nat({ max: 5 }) }), {
    maxLength: 3,
  });
  const records = fc.record({ traces: fc.option(traces, { nil: null }), partial: fc.boolean() });

  it('"did not happen" needs late, complete, empty and still', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(records, { minLength: 1, maxLength: 3 }),
        fc.constantFrom<Quantity>('moved', 'unmoved', 'unclear'),
        fc.constantFrom('early' as const, 'late' as const),
        async (given, says, phase) => {
          const read = given.map((one): Records =>
            source(one.traces?.map((row) => trace(row.amount, String(row.id))) ?? null, one.partial),
          );
          const { verdict } = await judge(witness(read, says), phase);
          const empty = given.every((one) => one.traces?.length === 0 && !one.partial);
          if (verdict === 'didNotHappen') expect([phase, says, empty]).toEqual(['late', 'unmoved', true]);
          if (verdict === 'pending') expect(phase).toBe('early');
        },
      ),
    );
  });
});

describe('time and amounts', () => {
  it('is early until the signature has been dead for the margin', () => {
    const sent = intent({ validUntil: 1_000 });
    expect([
      phaseOf(sent, 1_200, 200),
      phaseOf(sent, 1_201, 200),
      phaseOf({ ...sent, validUntil: null }, 9e15, 0),
    ]).toEqual(['early', 'late', 'early']);
  });

  it('takes what was owed for ours when at least that was sent', () => {
    const fits = amountMatch('100', '99.5');
    expect(['99.49', '99.5', '99.7', '100', '100.01'].map((amount) => fits(parse(amount)))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(amountMatch('99', '99.5')(parse('98.9'))).toBe(false);
  });
});
