/** The dead-man ping says "all is well" only when it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sight } from '../../src/alerts/deadMan.ts';
import { judge } from '../../src/alerts/deadMan.ts';

const LIMIT_MS = 30_000;
const NOW = 1_000_000;
const ACCOUNTS = ['a', 'b'].map((name) => ({ name, mode: 'live' as const, limitMs: LIMIT_MS }));

const sight = (more: Partial<Sight> = {}): Sight => ({
  at: NOW - 1_000,
  mode: 'active',
  paused: false,
  loans: [{ loan: 'x', state: 'watching.healthy', seen: true }],
  unprotected: [],
  ...more,
});

const verdict = (a: Sight | null, b: Sight | null = sight(), startedAt = 0) =>
  judge(
    ACCOUNTS,
    new Map([['a', a] as const, ['b', b] as const].flatMap(([name, one]) => (one ? [[name, one]] : []))),
    NOW,
    startedAt,
  );

describe('all is', () => {
  it('well when every loan was evaluated lately', () => {
    expect(verdict(sight())).toEqual({
      is: 'well',
      lines: ['all is well: 2 loans of 2 accounts were evaluated on fresh data'],
    });
  });

  it.each<readonly [string, Sight | null, RegExp]>([
    ['an account was never seen', null, /a was never seen/],
    ['an account was not seen lately', sight({ at: NOW - LIMIT_MS - 1 }), /a was not seen for 30 s/],
    [
      'a loan was not seen',
      sight({ loans: [{ loan: 'a/x', state: 'starved', seen: false }] }),
      /a\/x could not be seen/,
    ],
    ['an account is halted', sight({ mode: 'halted' }), /a is halted/],
    ['an account is paused, but long ago', sight({ paused: true, at: 0 }), /not seen for/],
  ])('not well when %s', (_what, a, says) => {
    expect(verdict(a).is).toBe('bad');
    expect(verdict(a).lines.join('\n')).toMatch(says);
  });

  it('well without what was left out on purpose, which is named', () => {
    const loans = [{ loan: 'a/x', state: 'paused', seen: false }];
    expect(verdict(sight({ loans, unprotected: ['a/y'] }), sight({ paused: true, loans }))).toEqual({
      is: 'well',
      lines: [
        'all is well: 0 loans of 2 accounts were evaluated on fresh data',
        'left out: a/y is protected by no rule',
        'left out: a/x is paused',
        'left out: b is paused',
      ],
    });
  });

  it('nothing yet while the first looks are under way', () => {
    expect(verdict(null, sight(), NOW - 1_000).is).toBe('early');
    expect(verdict(sight({ at: 0 }), sight(), NOW - 1_000).is).toBe('early');
    expect(verdict(null, sight(), NOW - LIMIT_MS - 1).is).toBe('bad');
  });
});

it('well means that no unpaused loan of an unpaused account is unseen or old', () => {
  const loan = fc.record({
    loan: fc.constantFrom('1', '2', '3'),
    state: fc.constantFrom('watching.healthy', 'paused', 'starved'),
    seen: fc.boolean(),
  });
  const any = fc.record({
    at: fc.integer({ min: NOW - 2 * LIMIT_MS, max: NOW }),
    mode: fc.constantFrom('active', 'halted', 'degraded'),
    paused: fc.boolean(),
    loans: fc.array(loan, { maxLength: 4 }),
    unprotected: fc.constant([]),
  });
  fc.assert(
    fc.property(fc.option(any), fc.option(any), (a, b) => {
      const isWell = [a, b].every(
        (one) =>
          one !== null &&
          NOW - one.at <= LIMIT_MS &&
          (one.paused || (one.mode !== 'halted' && one.loans.every(({ state, seen }) => seen || state === 'paused'))),
      );
      expect(verdict(a, b).is === 'well').toBe(isWell);
    }),
  );
});
