/** Names of the policy file against what the venue offers: what is not known is never called right. */
import { expect, it } from 'vitest';
import { offerFindings } from '../../src/cli/offers.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { LoanView } from '../../src/core/loan.ts';
import type { Offers, ProductOffers } from '../../src/exchanges/exchange.ts';
import { coin, debt, loan } from '../core/build.ts';
import { FOUR_ACCOUNTS } from './policyFiles.ts';

const WITH_ADD = FOUR_ACCOUNTS.replace(
  'ladder: [{ do: repay, with: debt, from: wallet }]',
  'ladder: [{ do: repay, with: debt, from: wallet }, { do: add, with: [ETH, SOL], from: wallet }]',
);

function found(over: Partial<ProductOffers>, loans: readonly LoanView[] = []): readonly string[] {
  const config = loadConfig({ path: 'policy.yaml', text: WITH_ADD, env: {}, readSecret: () => '' });
  const account = config.accounts.find(({ name }) => name === 'okx');
  if (account === undefined) throw new Error('no account');
  const product: ProductOffers = {
    ...{ product: 'okx.flexibleLoan', borrowable: ['USDT', 'BTC'], collateral: ['ETH', 'SOL'], likelyCollateral: [] },
    ...{ pairs: null, minBorrow: {}, minRepay: {}, loanUsd: {} },
    ...over,
  };
  const offers: Offers = { account: 'okx', products: [product], gaps: [] };
  return offerFindings(config, account, offers, loans).map(({ key, level, says }) => `${level} ${key} ${says}`);
}

const named = (lines: readonly string[], level: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${level} `)).map((line) => line.split(' ')[1] ?? '');

it('every name that the venue has is ok, once for each key', () => {
  const lines = found({});
  expect(named(lines, 'ok')).toHaveLength(lines.length);
  expect(new Set(lines).size).toBe(lines.length);
  expect(new Set(named(lines, 'ok'))).toEqual(
    new Set([
      'accounts.okx.loans[0].match.borrow',
      'accounts.okx.loans[1].match.borrow',
      'policies.stable.ladder[1]',
      'policies.tight.ladder[1]',
      'accounts.okx.wallets.funding.keep',
    ]),
  );
});

it('a name that a whole list lacks fails, unless a loan of the account has it', () => {
  const without = { borrowable: ['USDT'] };
  expect(named(found(without), 'fail')).toEqual(['accounts.okx.loans[1].match.borrow']);
  const owing = loan({
    product: 'okx.flexibleLoan',
    coins: [coin({ asset: 'USDT', amount: '1', price: '1' })],
    debts: [debt({ asset: 'BTC', amount: '1' })],
  });
  const lines = found(without, [owing]);
  expect([named(lines, 'fail'), named(lines, 'warn')]).toEqual([[], ['accounts.okx.loans[1].match.borrow']]);
  expect(lines.join('\n')).toMatch(/does not lend BTC any more/);
});

it('what only a public list says is a warning, also where the list of the product could not be read', () => {
  for (const collateral of [null, ['ETH']]) {
    const lines = found({ collateral, likelyCollateral: ['SOL'] });
    expect(named(lines, 'warn')).toEqual(['policies.stable.ladder[1]', 'policies.tight.ladder[1]']);
  }
});

it('what could not be read is unknown, never ok and never wrong', () => {
  const lines = found({ borrowable: null, collateral: null });
  expect(named(lines, 'unknown')).toHaveLength(lines.length);
  expect(lines.every((line) => line.includes('could not be checked'))).toBe(true);
});

it('a kept coin that no product knows is questionable, and no more than that', () => {
  const lines = found({ borrowable: ['BTC'], collateral: ['ETH', 'SOL'] });
  expect(named(lines, 'warn')).toEqual(['accounts.okx.wallets.funding.keep']);
  expect(named(lines, 'fail')).toEqual(['accounts.okx.loans[0].match.borrow']);
});
