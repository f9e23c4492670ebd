import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dec, ZERO } from '../../src/core/money.ts';
import type { Dec as Amount } from '../../src/core/money.ts';
import { Bench, accountInput, isObject } from './okxSupport.ts';

const ROOT = '/api/v5/finance/flexible-loan';
const COINS = ['BTC', 'ETH', 'USDT'] as const;

type Step =
  | {
      readonly kind: 'add' | 'reduce' | 'in' | 'out' | 'repay';
      readonly ccy: (typeof COINS)[number];
      readonly units: number;
    }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('add' as const, 'reduce' as const, 'in' as const, 'out' as const, 'repay' as const),
    ccy: fc.constantFrom(...COINS),
    units: fc.integer({ min: 1, max: 2_000_000_000 }),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }),
);

/** What an account has and owes of each coin: funding + trading + collateral − debt. */
function nets(bench: Bench): Record<string, string> {
  const total = new Map<string, Amount>(COINS.map((ccy) => [ccy, ZERO]));
  const add = (ccy: unknown, amt: unknown, sign: 1 | -1 = 1): void => {
    total.set(String(ccy), (total.get(String(ccy)) ?? ZERO).plus(new Dec(String(amt)).times(sign)));
  };
  for (const row of bench.get('/api/v5/asset/balances').data) add(row['ccy'], row['bal']);
  for (const row of rows(bench.get('/api/v5/account/balance').data[0]?.['details'])) add(row['ccy'], row['cashBal']);
  for (const order of bench.get(`${ROOT}/loan-info`).data) {
    for (const row of rows(order['collateralData'])) add(row['ccy'], row['amt']);
    for (const row of rows(order['loanData'])) add(row['ccy'], row['amt'], -1);
  }
  return Object.fromEntries([...total].map(([ccy, amount]) => [ccy, amount.toFixed()]));
}

function rows(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function take(bench: Bench, { kind, ccy, units }: Exclude<Step, { kind: 'wait' }>, count: number): void {
  const amt = new Dec(units)
    .div(100_000_000)
    .times(ccy === 'USDT' ? 1000 : 1)
    .toFixed();
  switch (kind) {
    case 'add':
    case 'reduce':
      bench.post(`${ROOT}/adjust-collateral`, { type: kind, ordId: '12345', collateralCcy: ccy, collateralAmt: amt });
      return;
    case 'repay':
      bench.post(`${ROOT}/repay`, { ordId: '12345', ccy, amt, clOrdId: `r${count}` });
      return;
    case 'in':
      bench.post('/api/v5/asset/transfer', { ccy, amt, from: '6', to: '18' });
      return;
    case 'out':
      bench.post('/api/v5/asset/transfer', { ccy, amt, from: '18', to: '6' });
  }
}

describe('whatever a client sends, in any order and at any moment', () => {
  it.each(['settle', 'accept'] as const)('no coin appears or disappears (debit at %s)', (debitAt) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const bench = new Bench([accountInput()], { limits: { on: false }, transferMs: 40, switches: { debitAt } });
        const before = nets(bench);
        steps.forEach((one, count) => {
          if (one.kind === 'wait') bench.pass(one.ms);
          else take(bench, one, count);
        });
        bench.pass(1000);
        expect(nets(bench)).toEqual(before);
        expect(bench.okx.books.busy()).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('records sum up to the change of the balance', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const bench = new Bench();
        steps.forEach((one, count) => {
          if (one.kind === 'wait') bench.pass(one.ms);
          else take(bench, one, count);
        });
        bench.pass(1000);
        const start: Readonly<Record<string, string>> = { USDT: '20000', BTC: '0.5', ETH: '2' };
        for (const ccy of COINS) {
          const bills = bench.get(`/api/v5/asset/bills?ccy=${ccy}`).data;
          const change = bills.reduce((sum, row) => sum.plus(String(row['balChg'])), ZERO);
          expect(new Dec(start[ccy] ?? '0').plus(change).toFixed()).toBe(bench.funding(ccy));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a reduction never lifts the LTV above the initial LTV', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.integer({ min: 37_000, max: 200_000 }),
        (units, price) => {
          const bench = new Bench();
          bench.tick(1000, { BTC: String(price) });
          const collateralAmt = new Dec(units).div(100_000_000).toFixed();
          const answer = bench.post(`${ROOT}/adjust-collateral`, {
            type: 'reduce',
            collateralCcy: 'BTC',
            collateralAmt,
          });
          bench.pass(100);
          if (answer.code === '0') expect(Number(bench.loan()['curLTV'])).toBeLessThanOrEqual(0.65);
        },
      ),
      { numRuns: 100 },
    );
  });
});
