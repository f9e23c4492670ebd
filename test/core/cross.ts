/** One loan that most tests of decisions share, and short ways to ask for its decision. */
import { expect } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { Decision } from '../../src/core/need.ts';
import { recompute } from '../../src/core/sizingRecord.ts';
import { acting, coin, debt, input, loan, policy, wallet } from './build.ts';
import type { Act, InputSpec, PolicySpec } from './build.ts';

export const SPOT = wallet('spot', { USDT: '50000', BTC: '1' });

/** Cross margin, LTV 80 %, target 62 %: needs 9 000 USDT from outside. */
export const CROSS = loan({
  coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: '0', price: '1' })],
  debts: [debt({ amount: '40000' })],
});

export function one(spec: Partial<InputSpec> = {}, rules: PolicySpec = {}): Decision {
  const [decision, ...more] = decide(input({ loans: [CROSS], wallet: SPOT, policy: policy(rules), ...spec }));
  expect(more).toHaveLength(0);
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

export function act(spec: Partial<InputSpec> = {}, rules: PolicySpec = {}): Act {
  const decision = acting(one(spec, rules));
  expect(recompute(decision.sizing)).toBe(decision.leg.amount);
  return decision;
}

export function fired(decision: Decision, rule: string): string {
  return decision.trace.find((line) => line.rule.includes(rule))?.says ?? '';
}
