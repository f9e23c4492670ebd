/** Small money: crumbs, dust, and minima that only refusals taught (DESIGN §5.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { LoanView } from '../../src/core/loan.ts';
import { parse } from '../../src/core/money.ts';
import { acting, coin, dec, debt, input, loan, policy, rung, wallet } from './build.ts';
import type { InputSpec, PolicySpec } from './build.ts';

const LADDER = [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })];

/** Cross margin at 80 % of 50 000 with so much USDT inside; target 62 %. */
function cross(inside: string, more: Partial<Parameters<typeof debt>[0]> = {}): LoanView {
  const usdt = coin({ asset: 'USDT', amount: inside, price: '1' });
  return loan({ coins: [coin({ amount: '1', price: '50000' }), usdt], debts: [debt({ amount: '40000', ...more })] });
}

function decided(of: LoanView, spec: Partial<InputSpec> = {}, rules: PolicySpec = {}) {
  const spot = wallet('spot', { USDT: '50000' });
  const [decision] = decide(
    input({ loans: [of], wallet: spot, policy: policy({ ladder: LADDER, ...rules }), ...spec }),
  );
  if (decision === undefined) throw new Error('nothing was decided');
  return decision;
}

const ruled = (decision: ReturnType<typeof decided>, rule: string): string =>
  decision.trace.filter((line) => line.rule.startsWith(rule)).map(({ says }) => says)[0] ?? '';

describe('a crumb inside', () => {
  it('is skipped and named: the call that matters leaves first', () => {
    const decision = decided(cross('0.00004972'));
    expect(acting(decision).leg).toMatchObject({ verb: 'transferIn', from: 'spot' });
    expect(ruled(decision, 'rung 1')).toContain('skipped: 0.00004972 USDT is a crumb');
  });

  it('is none from one USD on', () => {
    expect(acting(decided(cross('1'))).leg).toMatchObject({ verb: 'repay', amount: '1', from: 'inside' });
    expect(acting(decided(cross('0.99'))).leg.verb).toBe('transferIn');
  });

  it('is used where it closes the need, clears the debt, or is much of what is missing', () => {
    const small = (D: string, inside: string, minLeft = '0'): LoanView => {
      const usdt = coin({ asset: 'USDT', amount: inside, price: '1' });
      return loan({ coins: [coin({ amount: '1', price: '1' }), usdt], debts: [debt({ amount: D, minLeft })] });
    };
    const closes = acting(decided(small('1.2', '0.9')));
    expect([closes.leg.from, closes.partial]).toEqual(['inside', false]);
    const clears = acting(decided(small('1.1', '1.2', '0.8'), {}, { target: '0.4', act: '0.5', dust: 'clear' }));
    expect(clears.leg).toMatchObject({ from: 'inside', amount: '1.1', full: true });
    const much = acting(decided(small('1.2', '0.2'), { wallet: wallet('spot', {}) }));
    expect([much.leg.from, much.partial]).toEqual(['inside', true]);
  });

  it('of a wallet or a limit ends named, not in a call of its own', () => {
    const ladder = LADDER.slice(1);
    const poor = decided(cross('0'), { wallet: wallet('spot', { USDT: '0.4' }) }, { ladder });
    expect([poor.verdict, poor.says.includes('wallet spot')]).toEqual(['starved', true]);
    const capped = decided(cross('0'), {}, { ladder, caps: { perDay: dec('0.4') } });
    expect([capped.verdict, capped.says.includes('perDay')]).toEqual(['capped', true]);
  });

  it('never leaves as the first call of any plan', () => {
    const cents = (most: number) => fc.integer({ min: 0, max: most * 100 }).map((value) => dec(value).div(100));
    fc.assert(
      fc.property(cents(3), cents(50_000), cents(20_000), (inside, free, perDay) => {
        const of = cross(inside.toFixed());
        const decision = decided(of, { wallet: wallet('spot', { USDT: free }) }, { caps: { perDay } });
        if (decision.verdict !== 'act') return;
        expect(parse(decision.leg.amount).gte(1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('dust', () => {
  const flexible = (D: string, minLeft: string): LoanView => {
    const coins = [coin({ amount: '1', price: '150' })];
    return loan({ product: 'binance.flexibleLoan', key: 'USDT-BTC', coins, debts: [debt({ amount: D, minLeft })] });
  };
  const ladder = LADDER.slice(1);

  it('that is the whole debt is cleared, because nothing less may be paid', () => {
    const decision = decided(flexible('120', '130'), {}, { ladder });
    expect(acting(decision).leg).toMatchObject({ amount: '120', full: true });
  });

  it('that money or a limit does not clear is named', () => {
    const poor = decided(flexible('120', '130'), { wallet: wallet('spot', { USDT: '100' }) }, { ladder });
    expect([poor.verdict, poor.says]).toEqual(['starved', expect.stringContaining('no debt below 130')]);
    const capped = decided(flexible('120', '130'), {}, { ladder, caps: { perDay: dec(100) } });
    expect([capped.verdict, capped.says]).toEqual(['capped', expect.stringContaining('perDay')]);
  });
});

describe('a minimum that a refusal taught', () => {
  const key = 'binance.crossMargin/USDT';

  it('counts although the venue states a smaller one', () => {
    const taught = { minRepay: { [key]: '20000' }, decimals: { USDT: 8 } };
    const decision = decided(cross('12000', { amount: '50000', minRepay: '0' }), { learned: taught });
    expect(ruled(decision, 'rung 1')).toContain('the smallest repayment is 20000');
    expect(acting(decision).leg).toMatchObject({ verb: 'transferIn', amount: '20000' });
  });

  it('raises a transfer, and what it brings too much stays inside', () => {
    const taught = { minTransfer: { [key]: '15000' }, decimals: { USDT: 8 } };
    const decision = acting(decided(cross('0'), { learned: taught }));
    expect(decision.leg).toMatchObject({ verb: 'transferIn', amount: '15000' });
    expect(decision.sizing.bounds.at(-1)).toEqual({ by: 'atLeast minTransfer', to: '15000' });
    expect(decision.chargeUsd).toBe('15000');
  });

  it('that no money reaches ends starved, that a limit forbids ends capped, each with the minimum named', () => {
    const taught = { minTransfer: { [key]: '60000' }, decimals: { USDT: 8 } };
    const ladder = LADDER.slice(1);
    const starved = decided(cross('0'), { learned: taught }, { ladder });
    expect([starved.verdict, starved.says]).toEqual(['starved', expect.stringContaining('smallest transfer is 60000')]);
    const caps = { perDay: dec(59_000) };
    const capped = decided(
      cross('0'),
      { learned: taught, wallet: wallet('spot', { USDT: '90000' }) },
      { ladder, caps },
    );
    expect([capped.verdict, capped.says]).toEqual(['capped', expect.stringContaining('smallest transfer is 60000')]);
  });

  it('raises an addition: of a call of its own by that minimum, through a transfer by the one of transfers', () => {
    const add = [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })];
    const learned = { minAdd: { 'okx.flexibleLoan/BTC': '2' }, minTransfer: { 'binance.crossMargin/BTC': '3' } };
    const spec = (name: string): Partial<InputSpec> => ({
      learned: { ...learned, decimals: { BTC: 8 } },
      wallet: wallet(name, { BTC: '9' }),
    });
    const order = loan({
      ...{ product: 'okx.flexibleLoan', key: '1' },
      ...{ coins: [coin({ amount: '1', price: '50000' })], debts: [debt({ amount: '40000' })] },
    });
    expect(acting(decided(order, spec('funding'), { ladder: add })).leg.amount).toBe('2');
    expect(acting(decided(cross('0'), spec('spot'), { ladder: add })).leg.amount).toBe('3');
  });
});
