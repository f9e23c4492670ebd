/**
 * Every state and every transition of the loan machine, reached along shortest paths through the real door, with
 * nothing but JSON surviving from one step to the next; what must hold at a step is checked at each of them.
 */
import { getShortestPaths } from 'xstate/graph';
import { beforeAll, describe, expect, test } from 'vitest';
import { loanMachine } from '../../src/machines/loanMachine.ts';
import { start, step } from '../../src/machines/step.ts';
import type { LoanEvent, Stored } from '../../src/machines/types.ts';
import type { LoanContext } from '../../src/machines/loanContext.ts';
import { broken } from './invariants.ts';
import { statesOf } from '../../src/machines/chart.ts';
import { rowNames, takenBy } from './chart.ts';
import {
  CAPPED,
  contextOf,
  FAILED,
  LEGS,
  news,
  NEWS,
  pauseFor,
  planned,
  RESUME,
  RETIRE,
  seen,
  STARVED,
  throughJson,
} from './support.ts';

const LATER = 10_000_000;

const LOOKS: readonly LoanEvent[] = [
  seen('0.50'),
  seen('0.66'),
  seen('0.72', { priceMoment: 'a' }),
  seen('0.72', { priceMoment: 'b' }),
  seen('0.80'),
  seen('0.80', { undecided: true }),
  seen('0.50', { now: LATER }),
  seen('0.72', { now: LATER }),
  seen('0', { status: 'closed' }),
  seen('0.84', { status: 'liquidating' }),
];
const REST: readonly LoanEvent[] = [
  FAILED,
  STARVED,
  CAPPED,
  { ...STARVED, clears: 'USDT' },
  { ...CAPPED, clears: 'USDT' },
  pauseFor(null),
  pauseFor(5_000),
  RESUME,
  RETIRE,
  news('CONFIRMED', 'old'),
];

function eventsAt({ intent, emergencyIntent }: LoanContext): readonly LoanEvent[] {
  const free = intent === null ? 'normal' : 'emergency';
  const plans = [
    planned(free),
    planned(free, { remainder: LEGS }),
    planned(free, { rung: 0 }),
    planned(free, { clears: 'USDT' }),
  ];
  const ids = [...(intent === null ? [] : ['normal']), ...(emergencyIntent === null ? [] : ['emergency'])];
  return [...LOOKS, ...REST, ...plans, ...ids.flatMap((id) => NEWS.map((type) => news(type, id)))];
}

/** What makes two snapshots different for the paths: how far money is, the episode, latches that steer. */
function serialize(value: unknown, context: LoanContext): string {
  const { intent, emergencyIntent, episode, remainder, warned, pause } = context;
  const money = [intent, emergencyIntent].map(
    (slot) => slot && [slot.phase, slot.release || slot.rest === null, slot.release],
  );
  const watch = [episode?.finished, remainder === null, warned > 0, pause?.until];
  return JSON.stringify([value, money, watch]);
}

describe('the loan machine', () => {
  const reached = new Set<string>();
  const taken = new Set<string>();
  const wrong = new Set<string>();

  function go(before: Stored, event: LoanEvent): Stored {
    for (const name of takenBy(loanMachine, before, event)) taken.add(name);
    const { stored: after, commands } = step(throughJson(before), event);
    for (const rule of broken({ before, event, after, commands }))
      wrong.add(`${rule}: ${before.state} at ${JSON.stringify(event)}`);
    reached.add(after.state);
    return throughJson(after);
  }

  beforeAll(() => {
    const paths = getShortestPaths(loanMachine, {
      input: { id: 'loan' },
      events: ({ context }) => eventsAt(context),
      serializeState: ({ value, context }) => serialize(value, context),
      serializeEvent: (event) => JSON.stringify(event),
    });
    for (const {
      steps: [, ...path],
    } of paths) {
      let stored = start('loan', { id: 'loan', now: 0 });
      for (const { event } of path) stored = go(stored, event);
      for (const event of eventsAt(contextOf(stored))) go(stored, event);
    }
  }, 120_000);

  test('reaches every state', () => {
    expect(statesOf(loanMachine).filter((state) => !reached.has(state))).toEqual([]);
  });

  test('takes every transition', () => {
    expect(rowNames(loanMachine).filter((name) => !taken.has(name))).toEqual([]);
  });

  test('keeps its invariants at every step of every path', () => {
    expect([...wrong].slice(0, 10)).toEqual([]);
  });
});
