/** What the safety costs: the formula of docs/costs.md, worked by hand. */
import { describe, expect, it } from 'vitest';
import type { Bearing, BufferInput } from '../../src/core/buffer.ts';
import { bufferOf } from '../../src/core/buffer.ts';
import { coin, dec, debt, loan, policy, rung } from './build.ts';

const RULES = policy({
  ladder: [
    rung(1, { do: 'repay', with: 'debt', from: ['wallet'] }),
    rung(2, { do: 'add', with: ['ETH'], from: ['wallet'] }),
  ],
});

/** 100 000 USD of bitcoin against this much debt; it would have to act at 80 %. */
function bearing(key: string, owed: string, ratePerYear: string | null): Bearing {
  const view = loan({
    product: 'okx.flexibleLoan',
    key,
    coins: [coin({ amount: '2', price: '50000' })],
    debts: [debt({ amount: owed })],
  });
  return { loan: view, policy: RULES, act: dec('0.8'), ratePerYear: ratePerYear === null ? null : dec(ratePerYear) };
}

function given(bearings: readonly Bearing[], free: Readonly<Record<string, string>>): BufferInput {
  const prices: Readonly<Record<string, string>> = { USDT: '1', ETH: '2500', SOL: '100' };
  return {
    bearings,
    free: { funding: Object.fromEntries(Object.entries(free).map(([asset, coins]) => [asset, dec(coins)])) },
    wallets: [{ name: 'funding', keep: { USDT: dec(1000) } }],
    priceOf: (asset) => (prices[asset] === undefined ? null : dec(prices[asset])),
  };
}

describe('the buffer', () => {
  it('is collateral beyond what `act` needs, and permitted coins above what is kept', () => {
    const buffer = bufferOf(given([bearing('1', '60000', '0.12')], { USDT: '7000', ETH: '2', SOL: '50' }));
    // 100000 − 60000 / 0.8; no rung takes SOL.
    expect(buffer.loans.map(({ collateralUsd }) => collateralUsd.toFixed())).toEqual(['25000']);
    expect(buffer.idleUsd.toFixed()).toBe('11000');
    // One per cent a month of 25000 and of 11000.
    expect(buffer.loans[0]?.costPerMonth?.toFixed()).toBe('250');
    expect(buffer.idleCostPerMonth.toFixed()).toBe('110');
    expect(buffer.costPerMonth.toFixed()).toBe('360');
    expect(buffer.missing).toEqual([]);
  });

  it('is worth the dearest debts first, and no more than there is debt', () => {
    const dear = bearing('1', '76000', '0.24');
    const cheap = bearing('2', '78000', '0.06');
    const buffer = bufferOf(given([cheap, dear], { USDT: '92000' }));
    // Collateral repays 5000 of the dear one and 2500 of the cheap one; 71000 and 20000 of the 91000 go to the rest.
    expect(buffer.idleCostPerMonth.toFixed()).toBe('1520');
    const little = bufferOf(given([bearing('1', '2000', '0.12')], { USDT: '92000' }));
    expect(little.loans[0]?.costPerMonth?.toFixed()).toBe('20');
    expect(little.idleCostPerMonth.toFixed()).toBe('0');
  });

  it('is nothing beyond `act`, and says what it does not know', () => {
    const past = bufferOf(given([bearing('1', '85000', null)], { USDT: '500', ETH: '0' }));
    expect(past.loans.map(({ collateralUsd, costPerMonth }) => [collateralUsd.toFixed(), costPerMonth])).toEqual([
      ['0', null],
    ]);
    expect([past.idleUsd.toFixed(), past.costPerMonth.toFixed()]).toEqual(['0', '0']);
    expect(past.missing).toEqual(['the rate of bnb/okx.flexibleLoan/1']);
  });
});
