/** Account modes: several causes at once, the worst one rules, each ends in its own way (DESIGN §4). */
import fc from 'fast-check';
import { getShortestPaths } from 'xstate/graph';
import { beforeAll, describe, expect, test } from 'vitest';
import { accountMachine, isAccountContext, modeOf } from '../../src/machines/accountMachine.ts';
import type { AccountContext } from '../../src/machines/accountMachine.ts';
import { statesOf } from '../../src/machines/chart.ts';
import { start, step } from '../../src/machines/step.ts';
import type { AccountCommand, AccountEvent, Stored } from '../../src/machines/types.ts';
import { rowNames, takenBy } from './chart.ts';
import { throughJson } from './support.ts';

const why = 'because';
const UNTIL = 5_000;
const EVENTS: readonly AccountEvent[] = [
  { type: 'OBSERVED', now: 1_000 },
  { type: 'OBSERVED', now: UNTIL },
  { type: 'READS_FAILING', now: 1_000, why },
  { type: 'DISLOCATED', now: 1_000, why },
  { type: 'DEFINITION_CHANGED', now: 1_000, why },
  { type: 'CLOCK_JUMPED', now: 1_000, why },
  { type: 'CALM', now: 1_000, why },
  { type: 'CALM', now: 1_000, why, of: 'prices' },
  { type: 'CALM', now: 1_000, why, of: 'reads' },
  { type: 'JOURNAL_LOST', now: 1_000, why, until: UNTIL },
  { type: 'RECORDS_IMPORTED', now: 1_000 },
  { type: 'RECORDS_IMPORTED', now: UNTIL },
  { type: 'HALT', now: 1_000, why },
  { type: 'ACKNOWLEDGE', now: 1_000, by: 'ann', why },
];

function contextOf({ context }: Stored): AccountContext {
  if (!isAccountContext(context)) throw new Error('not an account');
  return context;
}

function problems(
  before: Stored,
  event: AccountEvent,
  after: Stored,
  commands: readonly AccountCommand[],
): readonly string[] {
  const changes = commands.filter(({ type }) => type === 'modeChanged');
  const old = contextOf(before).causes;
  const now = contextOf(after).causes;
  const checks: readonly (readonly [string, boolean])[] = [
    ['the state is the worst cause', after.state === modeOf(contextOf(after))],
    ['a change of mode is told once', changes.length === Number(before.state !== after.state)],
    ['halted ends by a person only', old.halt === undefined || now.halt !== undefined || event.type === 'ACKNOWLEDGE'],
    [
      'quarantine ends only after its date',
      old.journalLost === undefined || now.journalLost !== undefined || event.now >= UNTIL,
    ],
    [
      'quarantine and its cause go together',
      (now.journalLost === undefined) === (contextOf(after).quarantine === null),
    ],
    [
      'a cause keeps the date it began',
      old.dislocated === undefined || now.dislocated === undefined || old.dislocated.since === now.dislocated.since,
    ],
  ];
  return checks.flatMap(([name, holds]) => (holds ? [] : [`${name}: ${before.state} at ${event.type}`]));
}

describe('the account machine', () => {
  const taken = new Set<string>();
  const reached = new Set<string>();
  const wrong: string[] = [];

  function go(before: Stored, event: AccountEvent): Stored {
    for (const name of takenBy(accountMachine, before, event)) taken.add(name);
    const { stored, commands } = step(throughJson(before), event);
    wrong.push(...problems(before, event, stored, commands));
    reached.add(stored.state);
    return throughJson(stored);
  }

  beforeAll(() => {
    const paths = getShortestPaths(accountMachine, {
      input: { id: 'acc' },
      events: EVENTS,
      serializeState: ({ value, context }) =>
        JSON.stringify([value, Object.keys(context.causes).toSorted(), context.quarantine]),
      serializeEvent: (event) => JSON.stringify(event),
    });
    for (const {
      steps: [, ...path],
    } of paths) {
      let stored = start('account', { id: 'acc', now: 0 });
      for (const { event } of path) stored = go(stored, event);
      for (const event of EVENTS) go(stored, event);
    }
  }, 60_000);

  test('reaches every mode and takes every transition', () => {
    expect(statesOf(accountMachine).filter((state) => !reached.has(state))).toEqual([]);
    expect(rowNames(accountMachine).filter((name) => !taken.has(name))).toEqual([]);
  });

  test('keeps its invariants on every path', () => {
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  test('keeps them in random histories too', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        let stored = start('account', { id: 'acc', now: 0 });
        for (const event of events) {
          const { stored: after, commands } = step(stored, event);
          expect(problems(stored, event, after, commands)).toEqual([]);
          stored = throughJson(after);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function after(...events: readonly AccountEvent[]): { stored: Stored; commands: readonly AccountCommand[] } {
  let told: { stored: Stored; commands: readonly AccountCommand[] } = {
    stored: start('account', { id: 'acc', now: 0 }),
    commands: [],
  };
  for (const event of events) told = step(throughJson(told.stored), event);
  return told;
}

describe('causes', () => {
  test('a lighter one shows when the worse one ends', () => {
    const events: AccountEvent[] = [
      { type: 'DISLOCATED', now: 1, why },
      { type: 'HALT', now: 2, why },
    ];
    expect(after(...events).stored.state).toBe('halted');
    expect(after(...events, { type: 'ACKNOWLEDGE', now: 3, by: 'ann', why }).stored.state).toBe('reducing');
  });

  test('a new one rings even when the mode does not change, an old one does not ring again', () => {
    const two = after({ type: 'DISLOCATED', now: 1, why }, { type: 'DEFINITION_CHANGED', now: 2, why });
    expect(two.commands).toMatchObject([{ type: 'alert', category: 'definitionChanged' }]);
    const again = after({ type: 'DISLOCATED', now: 1, why }, { type: 'DISLOCATED', now: 2, why: 'still' });
    expect([again.commands, contextOf(again.stored).causes.dislocated]).toEqual([[], { since: 1, why: 'still' }]);
  });

  test('calm ends what can be seen to be over, never what a person must look at', () => {
    const calm: AccountEvent = { type: 'CALM', now: 9, why };
    const three: AccountEvent[] = [
      { type: 'READS_FAILING', now: 1, why },
      { type: 'DISLOCATED', now: 1, why },
      { type: 'CLOCK_JUMPED', now: 1, why },
    ];
    expect(after(...three, calm).stored.state).toBe('active');
    expect(after(...three, { ...calm, of: 'reads' }).stored.state).toBe('reducing');
    expect(after({ type: 'DEFINITION_CHANGED', now: 1, why }, calm).stored.state).toBe('reducing');
    expect(after({ type: 'HALT', now: 1, why }, calm).stored.state).toBe('halted');
  });

  test('quarantine ends when its date has passed and the records are imported, in either order', () => {
    const lost: AccountEvent = { type: 'JOURNAL_LOST', now: 1, why, until: UNTIL };
    const imported = (now: number): AccountEvent => ({ type: 'RECORDS_IMPORTED', now });
    const seen = (now: number): AccountEvent => ({ type: 'OBSERVED', now });
    expect(after(lost, seen(UNTIL)).stored.state).toBe('quarantine');
    expect(after(lost, imported(10), seen(UNTIL - 1)).stored.state).toBe('quarantine');
    expect(after(lost, imported(10), seen(UNTIL)).stored.state).toBe('active');
    expect(after(lost, imported(UNTIL)).stored.state).toBe('active');
    expect(after(lost, imported(10), lost, seen(UNTIL)).stored.state).toBe('quarantine');
  });

  test('records or an acknowledgement that nobody waited for are strays', () => {
    expect(after({ type: 'RECORDS_IMPORTED', now: 1 }).commands).toMatchObject([{ type: 'stray' }]);
    expect(after({ type: 'ACKNOWLEDGE', now: 1, by: 'ann', why }).commands).toMatchObject([{ type: 'stray' }]);
  });
});
