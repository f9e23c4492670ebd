/** The one door: what it refuses, what it reports, and how old stored forms become new ones (DESIGN §4). */
import { describe, expect, test } from 'vitest';
import { LINEAGES, MachineError, migrate } from '../../src/machines/migrations.ts';
import type { Lineages } from '../../src/machines/migrations.ts';
import { start, step } from '../../src/machines/step.ts';
import type { LoanEvent, Stored } from '../../src/machines/types.ts';
import { breached, Loan, news, seen, throughJson } from './support.ts';

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MachineError) return error.kind;
    throw error;
  }
  return 'none';
}

const loan = (): Stored => start('loan', { id: 'acc/okx.flexibleLoan/1', now: 7 });

describe('start', () => {
  test('a machine starts with no event taken, and survives JSON', () => {
    expect(loan()).toMatchObject({ machine: 'loan', version: 2, seq: 0, state: 'unseen', updatedAt: 7 });
    expect(start('account', { id: 'acc', now: 7 })).toMatchObject({ machine: 'account', seq: 0, state: 'active' });
    expect(throughJson(loan())).toEqual(loan());
  });
});

describe('step', () => {
  test('every stored state names a state and a version that can be read again', () => {
    const { stored } = breached();
    expect(step(throughJson(stored), seen('0.73')).stored.seq).toBe(stored.seq + 1);
  });

  test('does not touch what it was given', () => {
    const stored = Object.freeze({ ...loan(), context: Object.freeze(loan().context) });
    expect(step(stored, seen('0.8')).stored).not.toBe(stored);
  });

  test('an unknown machine, version or state is refused', () => {
    const event = seen('0.5');
    expect(refusal(() => step({ ...loan(), version: 99 }, event))).toBe('unknownVersion');
    expect(refusal(() => step({ ...loan(), version: 0 }, event))).toBe('unknownVersion');
    expect(refusal(() => step(throughJson({ ...loan(), machine: JSON.parse('"boat"') }), event))).toBe(
      'unknownMachine',
    );
    expect(refusal(() => step({ ...loan(), state: 'sleeping' }, event))).toBe('damaged');
    expect(refusal(() => step({ ...loan(), state: 'acting' }, event))).toBe('damaged');
    expect(refusal(() => step({ ...loan(), context: {} }, event))).toBe('damaged');
  });

  test('a guard that throws is a typed error, and the stored state stays as it was', () => {
    const { stored } = breached();
    const before = throughJson(stored);
    expect(refusal(() => step(stored, seen('not a number')))).toBe('failed');
    expect(stored).toEqual(before);
  });

  test.each<LoanEvent>([
    news('CONFIRMED', 'x'),
    { type: 'RESUME', now: 9, by: 'ann', why: 'x' },
    { type: 'STARVED', now: 9, why: 'x' },
  ])('an event that the state does not expect is a stray and counts: $type', (event) => {
    const { stored, commands } = step(loan(), event);
    expect(commands).toMatchObject([{ type: 'stray', event: event.type }]);
    expect(stored).toEqual({ ...loan(), seq: 1 });
  });

  test("the other machine's events are strays", () => {
    expect(step(loan(), { type: 'HALT', now: 1, why: 'x' }).commands).toMatchObject([{ type: 'stray' }]);
    expect(step(loan(), { type: 'OBSERVED', now: 1 }).commands).toMatchObject([{ type: 'stray' }]);
    expect(step(start('account', { id: 'a', now: 1 }), seen('0.5')).commands).toMatchObject([{ type: 'stray' }]);
  });

  test('events of nobody are strays', () => {
    const event: LoanEvent = JSON.parse('{"type":"xstate.done.state.loan","now":1}');
    expect(step(loan(), event).commands).toMatchObject([{ type: 'stray' }]);
    expect(new Loan().tell(event).state).toBe('unseen');
  });
});

describe('migrations', () => {
  /** Version 1 called a state `asleep` and had no count; 2 renamed the state; 3 added the count. */
  const lineages: Lineages = {
    ...LINEAGES,
    loan: {
      current: 3,
      from: {
        1: ({ state, context }) => ({ state: state === 'asleep' ? 'unseen' : state, context }),
        2: ({ state, context }) => ({ state, context: { ...context, count: 0 } }),
      },
    },
  };
  const old: Stored = { machine: 'loan', version: 1, seq: 4, state: 'asleep', context: { id: 'x' }, updatedAt: 9 };

  test('run one by one up to the current version and keep what is not theirs', () => {
    expect(migrate(old, lineages)).toEqual({ ...old, version: 3, state: 'unseen', context: { id: 'x', count: 0 } });
    expect(migrate({ ...old, version: 2, state: 'unseen' }, lineages).context).toEqual({ id: 'x', count: 0 });
  });

  test('leave the current version alone and refuse what they do not know', () => {
    const current = { ...old, version: 3 };
    expect(migrate(current, lineages)).toBe(current);
    expect(refusal(() => migrate({ ...old, version: 4 }, lineages))).toBe('unknownVersion');
    expect(refusal(() => migrate({ ...old, version: 1.5 }, lineages))).toBe('unknownVersion');
  });

  test('a loan stored by version 1 has not been counted below its release level yet', () => {
    const { calm: _calm, ...context } = loan().context;
    const first: Stored = { ...loan(), version: 1, state: 'watching.healthy', context };
    const { stored } = step(throughJson(first), seen('0.40', { now: 60_000 }));
    expect(stored).toMatchObject({ version: 2, state: 'watching.healthy', context: { calm: { ms: 0 } } });
    expect(migrate(first)).toEqual({ ...first, version: 2, context: { ...context, calm: null } });
  });

  test('there is one for every version before the current one', () => {
    for (const { current, from } of Object.values(LINEAGES)) {
      expect(Object.keys(from)).toEqual(Array.from({ length: current - 1 }, (_, index) => String(index + 1)));
    }
  });
});
