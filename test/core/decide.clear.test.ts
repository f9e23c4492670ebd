/** The rest of a debt that was paid whole, and caps that other episodes hold (DESIGN §5.2, §5.6). */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { LoanView } from '../../src/core/loan.ts';
import type { Decision, Reservation } from '../../src/core/need.ts';
import { acting, coin, dec, debt, input, loan, need, policy, rung, wallet } from './build.ts';
import type { InputSpec, PolicySpec } from './build.ts';

const FLEXIBLE = [rung(1, { from: ['wallet'] }), rung(2, { do: 'add', with: ['BTC'], from: ['wallet'] })];

function order(owed: string, key = '1', price = '50000'): LoanView {
  const coins = [coin({ amount: '1', price, free: '0' })];
  return loan({ product: 'okx.flexibleLoan', key, coins, debts: [debt({ amount: owed })] });
}

function decided(of: LoanView, spec: Partial<InputSpec>, rules: PolicySpec = {}): Decision {
  const [decision] = decide(input({ loans: [of], policy: policy({ ladder: FLEXIBLE, ...rules }), ...spec }));
  if (decision === undefined) throw new Error('nothing was decided');
  return decision;
}

describe('what interest left of a cleared debt', () => {
  const rest = order('0.00001234');
  const asked = { needs: [need(rest, { clear: 'USDT' })] };
  const funding = (USDT: string) => ({ wallet: wallet('funding', { USDT, BTC: '1' }) });

  it('is paid whole, crumb or not', () => {
    const decision = acting(decided(rest, { ...asked, ...funding('10') }));
    expect(decision.leg).toMatchObject({ verb: 'repay', amount: '0.00001234', full: true });
    expect([decision.partial, decision.remainder, decision.reserves]).toEqual([false, null, []]);
  });

  it('is left alone unless it was asked for', () => {
    expect(decided(rest, { needs: [need(rest)], ...funding('10') }).verdict).toBe('nothing');
    expect(decided(order('0'), { needs: [need(order('0'), { clear: 'USDT' })], ...funding('10') }).verdict).toBe(
      'nothing',
    );
  });

  it('is paid whole or not at all, and says why not', () => {
    const decision = decided(rest, { ...asked, ...funding('0.00001') });
    expect(decision.verdict).toBe('starved');
    expect(decision.says).toContain('what is left of the USDT debt cannot be cleared');
    const capped = decided(rest, { ...asked, ...funding('9') }, { caps: { perDay: dec('0') } });
    expect([capped.verdict, capped.says]).toEqual(['starved', expect.stringContaining('perDay')]);
  });

  it('that is smaller than any amount on the wire is named', () => {
    const tiny = order('0.000000001');
    expect(decided(tiny, { needs: [need(tiny, { clear: 'USDT' })], ...funding('9') }).says).toContain(
      'cannot be cleared',
    );
  });

  it('takes nothing from a loan that is in need', () => {
    const other = order('40000', '2');
    const needs = [need(rest, { clear: 'USDT' }), need(other)];
    const [first, second] = decide(
      input({ loans: [rest, other], needs, policy: policy({ ladder: FLEXIBLE }), ...funding('0.00002') }),
    );
    expect(first?.loan).toBe(other.id);
    expect(acting(first).leg).toMatchObject({ verb: 'add' });
    expect(acting(second).leg).toMatchObject({ amount: '0.00001234', full: true });
  });

  it('goes through inside where the product has one', () => {
    const usdt = (amount: string) => coin({ asset: 'USDT', amount, price: '1' });
    const cross = (inside: string) =>
      loan({ coins: [coin({ amount: '1', price: '50000' }), usdt(inside)], debts: [debt({ amount: '0.5' })] });
    const ladder = [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })];
    const spot = { wallet: wallet('spot', { USDT: '100' }), policy: policy({ ladder }) };
    const first = (inside: string) => {
      const of = cross(inside);
      return acting(decide(input({ loans: [of], needs: [need(of, { clear: 'USDT' })], ...spot }))[0]).leg;
    };
    expect(first('0.9')).toMatchObject({ verb: 'repay', from: 'inside', amount: '0.5', full: true });
    expect(first('0.1')).toMatchObject({ verb: 'transferIn', amount: '0.50005' });
  });
});

describe('what the later legs of a plan will be charged', () => {
  const breached = order('40000');

  it('is said with the first call, without what was already moved in', () => {
    const decision = acting(decided(breached, { wallet: wallet('funding', { USDT: '6000', BTC: '1' }) }));
    expect(decision.leg).toMatchObject({ verb: 'repay', amount: '6000' });
    expect(decision.reserves).toEqual([{ rung: 2, asset: 'BTC', amount: '0.0967742', usd: '4838.71' }]);
  });

  it('counts what one action may not carry', () => {
    const spec = { wallet: wallet('funding', { USDT: '50000' }) };
    const decision = acting(decided(breached, spec, { caps: { perAction: dec(4_000) } }));
    expect(decision.leg.amount).toBe('4000');
    expect(decision.reserves).toEqual([{ rung: 1, asset: 'USDT', amount: '5000', usd: '5000' }]);
  });
});

describe('caps that another episode holds', () => {
  const mine = order('40000', 'mine');
  const spec = { wallet: wallet('funding', { USDT: '50000' }) };
  const rules = { ladder: FLEXIBLE.slice(0, 1), caps: { perDay: dec(10_000) } };
  const reserve = (over: Partial<Reservation> = {}): Reservation => ({
    ...{ loan: 'bnb/okx.flexibleLoan/other', episode: 'e-other', rung: 2, asset: 'USDT', amount: '4000', usd: '4000' },
    ...over,
  });

  it('are not spent on a loan between act and urgent', () => {
    expect(acting(decided(mine, spec, rules)).leg.amount).toBe('9000');
    const decision = acting(decided(mine, { ...spec, reserved: [reserve()] }, rules));
    expect([decision.leg.amount, decision.short?.what]).toEqual(['6000', 'perDay']);
    const all = decided(mine, { ...spec, reserved: [reserve({ usd: '10000' })] }, rules);
    expect([all.verdict, all.says]).toEqual(['capped', expect.stringContaining('perDay')]);
  });

  it('do not hold back a rescue, nor the loan that holds them', () => {
    const needs = [need(mine, { urgency: 'urgent' })];
    const urgent = { ...rules, urgentCaps: { perDay: dec(10_000) } };
    const reserved = [reserve({ usd: '10000' })];
    expect(acting(decided(mine, { ...spec, needs, reserved }, urgent)).leg.amount).toBe('9000');
    const own = [reserve({ loan: mine.id, usd: '10000' })];
    expect(acting(decided(mine, { ...spec, reserved: own }, rules)).leg.amount).toBe('9000');
  });

  it('are replaced by the plan that their loan makes now', () => {
    const other = order('41000', 'other');
    const reserved = [reserve({ loan: other.id, usd: '9000' })];
    const caps = { ...rules, caps: { perDay: dec(20_000) } };
    const [first, second] = decide(input({ loans: [mine, other], reserved, policy: policy(caps), ...spec }));
    expect([first?.loan, acting(first).leg.amount]).toEqual([other.id, '10000']);
    expect([second?.loan, acting(second).leg.amount]).toEqual([mine.id, '9000']);
  });
});
