/** Intents as values: how they are made (DESIGN §2, §4). */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { ActDecision, IntentFacts } from '../../src/core/intents.ts';
import { IntentError, clientIdOf, intentFrom, stateBefore } from '../../src/core/intents.ts';
import type { LoanView } from '../../src/core/loan.ts';
import { NOW, acting, coin, debt, input, loan, view, wallet } from './build.ts';

const SPOT = wallet('spot', { USDT: '50000' });
const FUNDING = wallet('funding', { USDT: '50000' });
const CROSS = loan({
  coins: [coin({ amount: '1', price: '50000', free: '0.4' }), coin({ asset: 'USDT', amount: '0', price: '1' })],
  debts: [debt({ amount: '40000' })],
});
const SPOT_BORROW = { ...CROSS, product: 'okx.spotBorrow' as const, id: 'okx/okx.spotBorrow' };

function decided(of: LoanView, money = SPOT): ActDecision {
  return acting(decide(input({ loans: [of], wallet: money }))[0]);
}

function facts(of: LoanView, money = SPOT, more: Partial<IntentFacts> = {}): IntentFacts {
  return {
    id: 'bnb-7-1',
    view: view([of], [money]),
    episode: 'e1',
    mode: 'live',
    epoch: 7,
    policyDigest: 'p1',
    plannedAt: NOW,
    maxAgeMs: 5000,
    ...more,
  };
}

function intent(more: Partial<Intent> = {}): Intent {
  return { ...intentFrom(decided(CROSS), facts(CROSS)), ...more };
}

describe('an intent', () => {
  it('is the decision with its id, its facts and the state before', () => {
    const made = intent();
    expect(made).toMatchObject({
      verb: 'transferIn',
      asset: 'USDT',
      amount: '9000',
      from: 'spot',
      to: 'inside',
      id: 'bnb-7-1',
      loan: CROSS.id,
      product: 'binance.crossMargin',
      state: 'planned',
      tier: 'normal',
      rung: 2,
      chargeUsd: '9000',
      clientId: '',
      validUntil: null,
      reads: [],
    });
    expect(made.before).toEqual({
      debt: { USDT: '40000' },
      collateral: { BTC: '1', USDT: '0' },
      inside: { BTC: '0.4', USDT: '0' },
      wallet: { USDT: '50000' },
      ltv: '0.8',
    });
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });

  it('carries a client id only where the venue takes one', () => {
    const made = intentFrom(decided(SPOT_BORROW, FUNDING), facts(SPOT_BORROW, FUNDING));
    expect(made.clientId).toMatch(/^[A-Za-z0-9]{1,32}$/);
    expect(
      intentFrom(
        { ...decided(SPOT_BORROW, FUNDING), leg: { ...made, verb: 'repay', from: 'inside', to: 'loan' } },
        facts(SPOT_BORROW, FUNDING),
      ).clientId,
    ).toBe('');
  });

  it('needs its loan in the view and an id that venues and keys can carry', () => {
    expect(() => intentFrom(decided(CROSS), facts(CROSS, SPOT, { view: view([], [SPOT]) }))).toThrow(IntentError);
    expect(() => intentFrom(decided(CROSS), facts(CROSS, SPOT, { id: 'bnb:7:1' }))).toThrow(IntentError);
  });

  it('remembers what the loan was without a wallet that could not be read', () => {
    expect(stateBefore(CROSS, view([CROSS], [])).wallet).toEqual({});
  });
});

describe('client ids', () => {
  it('are short, plain and different', () => {
    const ids = [
      'a-1-11',
      'a-11-1',
      'a-1-1',
      'carry-sub-account-number-17-with-a-long-name-123456-1',
      'carry-sub-account-number-17-with-a-long-name-123456-2',
    ];
    const made = ids.map(clientIdOf);
    for (const one of made) expect(one).toMatch(/^[A-Za-z0-9]{1,32}$/);
    expect(new Set(made).size).toBe(ids.length);
    expect(clientIdOf('a-1-1')).toBe(clientIdOf('a-1-1'));
  });
});
