/** Loans for which nothing could be done if they needed it: told by what is missing, and never where something could. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapsOf } from '../../src/core/coverage.ts';
import { decide } from '../../src/core/decide.ts';
import { levelsOf } from '../../src/core/levels.ts';
import type { LoanView } from '../../src/core/loan.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { InputSpec } from './build.ts';
import { coin, debt, input, loan, need, policy, rung, wallet } from './build.ts';

/** Half of it owed: far below `act`. */
const CALM = loan({
  coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: '0', price: '1' })],
  debts: [debt({ amount: '28000' })],
});
const REPAY = [rung(1, { do: 'repay', with: 'debt', from: ['wallet'] })];

function gaps(of: LoanView, spec: Partial<InputSpec> = {}, given: Policy = policy({ ladder: REPAY })) {
  const leveled = { loan: of, policy: given, levels: levelsOf(of, given) };
  return gapsOf(input({ loans: [of], policy: given, ...spec, needs: [] }), [leveled]);
}

describe('a loan that needs nothing yet', () => {
  it('has no gap when its ladder could give something', () => {
    expect(gaps(CALM, { wallet: wallet('spot', { USDT: '5000' }) })).toEqual([]);
  });

  it('has one when there is no money where the ladder looks', () => {
    const [gap] = gaps(CALM, { wallet: wallet('spot', { BTC: '5' }) });
    expect(gap).toMatchObject({ loan: CALM.id, kind: 'sourceEmpty', why: expect.stringContaining('no USDT in spot') });
  });

  it('has one when all the money is kept', () => {
    const one = wallet('spot', { USDT: '500' });
    const wallets = [{ name: 'spot', keep: { USDT: one.free['USDT'] ?? CALM.debtValue } }];
    expect(gaps(CALM, { wallet: one, wallets })[0]?.why).toContain('is not above what is kept there');
  });

  it('has one when limits allow nothing, also in an emergency', () => {
    const none = { perAction: CALM.ltv, perHour: null, perDay: null, perIncident: null };
    const base = policy({ ladder: REPAY });
    const tight: Policy = { ...base, limits: { ...base.limits, urgent: none } };
    const small = { ...CALM, debts: [debt({ amount: '28000', minRepay: '10' })] };
    const [gap] = gaps(small, { wallet: wallet('spot', { USDT: '5000' }) }, tight);
    expect(gap).toMatchObject({ kind: 'remediesBlocked', why: expect.stringContaining('perAction') });
  });

  it('has one when the ladder has nothing for it', () => {
    const useless = policy({ ladder: [rung(1, { do: 'add', with: ['DOGE'], from: ['wallet'] })] });
    const [gap] = gaps(CALM, { wallet: wallet('spot', { USDT: '5000', DOGE: '1' }) }, useless);
    expect(gap).toMatchObject({ kind: 'remediesBlocked', why: expect.stringContaining('takes no DOGE') });
  });

  it('has one when the venue leaves no such debt standing and the money does not clear it, unless it is a small rest', () => {
    const debts = [debt({ amount: '80', minLeft: '100' })];
    const poor = { wallet: wallet('spot', { USDT: '5' }) };
    const small = loan({ coins: [coin({ amount: '0.0025', price: '50000' })], debts });
    expect(gaps(small, poor)).toMatchObject([{ kind: 'tooSmall', why: expect.stringContaining('no debt below 100') }]);
    expect(gaps(loan({ coins: [coin({ amount: '1', price: '50000' })], debts }), poor)).toEqual([]);
    expect(gaps(small, { wallet: wallet('spot', { USDT: '500' }) })).toEqual([]);
  });

  it('has one when what is there is less than the venue takes', () => {
    const choosy = { ...CALM, debts: [debt({ amount: '28000', minRepay: '10' })] };
    expect(gaps(choosy, { wallet: wallet('spot', { USDT: '5' }) })).toMatchObject([
      { kind: 'sourceEmpty', why: expect.stringContaining('the smallest repayment is 10') },
    ]);
  });
});

it('a gap is what the engine would meet: without one a loan in need gets a call, with one it gets none', () => {
  const money = fc.constantFrom('0', '0.5', '40', '3000', '50000');
  const cap = fc.constantFrom('1', '400', '20000');
  fc.assert(
    fc.property(money, money, cap, fc.constantFrom('1', '10', '100'), (usdt, btc, perAction, minRepay) => {
      const base = policy({ ladder: [...REPAY, rung(2, { do: 'add', with: ['BTC'], from: ['wallet'] })] });
      const caps = { ...base.limits.urgent, perAction: debt({ amount: perAction }).amount };
      const given: Policy = { ...base, limits: { ...base.limits, urgent: caps } };
      const made = (owed: string): LoanView =>
        loan({
          coins: [coin({ amount: '1', price: '50000', minAdd: '0.001' })],
          debts: [debt({ amount: owed, minRepay })],
        });
      const spec = { wallet: wallet('spot', { USDT: usdt, BTC: btc }) };
      const hasGap = gaps(made('28000'), spec, given).length > 0;
      const breached = made('46000');
      const needs = [need(breached, { urgency: 'urgent' })];
      const [decision] = decide(input({ loans: [breached], policy: given, needs, ...spec }));
      expect(decision?.verdict === 'act').toBe(!hasGap);
    }),
  );
});
