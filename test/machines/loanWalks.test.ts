/** Random histories of one loan: looks at any price, plans, news of any intent in any order, operators. */
import fc from 'fast-check';
import { initialTransition, transition } from 'xstate';
import { expect, test } from 'vitest';
import { loanMachine } from '../../src/machines/loanMachine.ts';
import { start, step } from '../../src/machines/step.ts';
import type { LoanEvent, Stored } from '../../src/machines/types.ts';
import type { Seen } from '../../src/machines/loanContext.ts';
import { broken } from './invariants.ts';
import {
  CAPPED,
  contextOf,
  FAILED,
  HELD,
  LEGS,
  news,
  NEWS,
  pauseFor,
  planned,
  RESUME,
  RETIRE,
  RULES,
  seen,
  STARVED,
  throughJson,
} from './support.ts';

/** What happens next; ids and moments are filled in by the walk, as the caller of the machine does. */
type Happening = (stored: Stored, now: number) => LoanEvent;

const looks: fc.Arbitrary<Happening> = fc
  .record({
    ltv: fc.integer({ min: 40, max: 90 }),
    status: fc.constantFrom<Seen['status']>('open', 'open', 'open', 'open', 'open', 'closed', 'liquidating'),
    undecided: fc.boolean(),
    moment: fc.constantFrom('a', 'b', 'c'),
    whenUnsettled: fc.constantFrom<'hold' | 'otherMoney'>('hold', 'otherMoney'),
  })
  .map(({ ltv, status, undecided, moment, whenUnsettled }) => (_, now) => {
    return seen(`0.${ltv}`, { now, status, undecided, priceMoment: moment, rules: { ...RULES, whenUnsettled } });
  });

const plans: fc.Arbitrary<Happening> = fc
  .record({
    rung: fc.constantFrom(0, 1, 1, 1),
    remainder: fc.constantFrom(null, LEGS),
    partial: fc.boolean(),
    whole: fc.boolean(),
  })
  .map(({ whole, ...plan }) => (stored, now) => {
    const more = { ...plan, now, reserves: [HELD], ...(whole ? { clears: 'USDT' } : {}) };
    return planned(`intent-${stored.seq}`, more);
  });

const stories: fc.Arbitrary<Happening> = fc
  .record({ type: fc.constantFrom(...NEWS), slot: fc.nat({ max: 4 }) })
  .map(({ type, slot }) => (stored, now) => {
    const { intent, emergencyIntent } = contextOf(stored);
    const about = slot === 0 ? null : slot === 1 ? (emergencyIntent ?? intent) : intent;
    return news(type, about?.id ?? 'old', now);
  });

const operators: fc.Arbitrary<Happening> = fc
  .constantFrom<LoanEvent>(
    FAILED,
    STARVED,
    CAPPED,
    { ...STARVED, clears: 'USDT' },
    pauseFor(null),
    pauseFor(200_000),
    RESUME,
    RESUME,
  )
  .map((event) => () => event);

const histories = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 5, arbitrary: looks },
      { weight: 3, arbitrary: plans },
      { weight: 5, arbitrary: stories },
      { weight: 1, arbitrary: operators },
    ),
    fc.integer({ min: 0, max: 40_000 }),
  ),
  { maxLength: 60 },
);

test('no history breaks an invariant of the loan machine', () => {
  fc.assert(
    fc.property(histories, fc.boolean(), (history, retires) => {
      let stored = start('loan', { id: 'loan', now: 0 });
      let now = 1_000;
      const events: Happening[] = history.map(([happening]) => happening);
      if (retires) events.splice(Math.floor(events.length / 2), 0, () => RETIRE);
      for (const [index, happening] of events.entries()) {
        now += history[index]?.[1] ?? 0;
        const event = happening(stored, now);
        const { stored: after, commands } = step(throughJson(stored), event);
        expect(broken({ before: stored, event, after, commands })).toEqual([]);
        stored = throughJson(after);
      }
    }),
    { numRuns: 400 },
  );
});

test('one history gives one result, however often it is told', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const tell = (): Stored =>
        history.reduce(
          (stored, [happening], index) => step(stored, happening(stored, index * 1_000)).stored,
          start('loan', { id: 'loan', now: 0 }),
        );
      expect(tell()).toEqual(tell());
    }),
    { numRuns: 50 },
  );
});

test("the door gives what xstate's own transition gives", () => {
  fc.assert(
    fc.property(histories, (history) => {
      let stored = start('loan', { id: 'loan', now: 0 });
      let [snapshot] = initialTransition(loanMachine, { id: 'loan' });
      for (const [index, [happening]] of history.entries()) {
        const event = happening(stored, index * 1_000);
        const [next, actions] = transition(loanMachine, snapshot, event);
        const { stored: after, commands } = step(stored, event);
        expect(commands).toEqual(actions.map(({ params }) => params));
        expect(after.context).toEqual(next.context);
        expect(JSON.stringify(next.value).replaceAll(/["{}]/g, '').replace(':', '.')).toBe(after.state);
        [stored, snapshot] = [after, next];
      }
    }),
    { numRuns: 50 },
  );
});
