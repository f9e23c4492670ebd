/** What an episode carries with it: a debt that is being cleared, and what later legs hold of the caps (DESIGN §5.2, §5.6). */
import { describe, expect, test } from 'vitest';
import { held } from '../../src/machines/step.ts';
import { breached, CAPPED, HELD, LEGS, Loan, news, planned, RETIRE, seen, sent, STARVED } from './support.ts';

const CLEARS = { clears: 'USDT' } as const;
const confirmed = (id: string, more: Parameters<typeof planned>[1] = {}) => [
  planned(id, more),
  news('CLAIMED', id),
  news('ACCEPTED', id),
  news('CONFIRMED', id),
];
const LATER = 100_000;
const clear = (loan: Loan): unknown => loan.said('need')[0]?.clear;

describe('a full repayment', () => {
  const paid = (): Loan => breached().tell(...confirmed('i', CLEARS));

  test('keeps the episode open until the venue lists no debt in its coin', () => {
    const loan = paid().tell(seen('0.01', { now: LATER }));
    expect([loan.state, clear(loan)]).toEqual(['watching.breached', 'USDT']);
    loan.tell(...confirmed('j', CLEARS), seen('0.01', { now: 2 * LATER }));
    expect(clear(loan)).toBe('USDT');
    loan.tell(...confirmed('k', CLEARS), seen('0', { now: 3 * LATER, owes: ['BTC'] }));
    expect([loan.state, loan.context.episode, loan.last.at(-1)?.type]).toEqual([
      'watching.healthy',
      null,
      'episodeClosed',
    ]);
    expect(paid().tell(seen('0', { now: LATER, status: 'closed' })).state).toBe('closed');
  });

  test('waits for the cool-down with what interest left', () => {
    const loan = paid().tell(seen('0.01', { now: 2_000 }));
    expect([loan.state, loan.said('need')]).toEqual(['cooling', []]);
  });

  test('of which nothing is known to have happened clears nothing', () => {
    const loan = breached().tell(planned('i', CLEARS), news('CLAIMED', 'i'), news('REJECTED', 'i'));
    expect(loan.tell(seen('0.01', { now: LATER })).context.episode).toBeNull();
  });

  test('asks for the level first when the price has moved on', () => {
    const loan = paid().tell(seen('0.72', { now: LATER }));
    expect([clear(loan), loan.said('need').length]).toEqual([null, 1]);
  });

  test.each([STARVED, CAPPED])('whose rest cannot be paid ends the episode with a warning ($type)', (stuck) => {
    const loan = paid().tell(seen('0.01', { now: LATER }), { ...stuck, clears: 'USDT' });
    expect([loan.state, loan.context.episode]).toEqual(['watching.healthy', null]);
    expect(loan.said('alert')).toMatchObject([{ severity: 'warning', category: 'dust' }]);
    expect(loan.tell(seen('0.01', { now: 2 * LATER })).last).toEqual([]);
  });
});

describe('what later legs hold of the caps', () => {
  const RESERVES = { reserves: [HELD], remainder: LEGS } as const;
  const open = (): Loan => breached().tell(planned('i', RESERVES));
  const usd = (loan: Loan): string[] => held(loan.stored).map((one) => one.usd);

  test('is held from the plan on, through every crash between its legs', () => {
    const loan = open();
    expect(held(loan.stored)).toEqual([{ ...HELD, episode: 'episode-1000' }]);
    for (const type of ['CLAIMED', 'ACCEPTED', 'CONFIRMED'] as const) {
      expect(usd(loan.tell(news(type, 'i')))).toEqual(['400']);
    }
    expect(usd(loan.tell(seen('0.72', { now: 1_100 })))).toEqual(['400']);
  });

  test('is what the newest plan says: a leg that is charged is held no more', () => {
    const loan = open().tell(news('CLAIMED', 'i'), news('CONFIRMED', 'i'), planned('j', { reserves: [] }));
    expect(usd(loan)).toEqual([]);
  });

  test('is let go with the episode, and when nothing can be planned', () => {
    const done = (): Loan => open().tell(...sent('i').slice(1), news('CONFIRMED', 'i'));
    expect(usd(done().tell(seen('0.50', { now: LATER })))).toEqual([]);
    expect(usd(done().tell(seen('0', { now: LATER, status: 'closed' })))).toEqual([]);
    expect(usd(done().tell(STARVED))).toEqual([]);
    expect(usd(done().tell(CAPPED))).toEqual([]);
    expect(usd(done().tell(RETIRE))).toEqual([]);
  });

  test('is nothing for a loan that never planned', () => {
    expect([held(new Loan().stored), held(breached().stored)]).toEqual([[], []]);
  });
});
