/** The plan in words: every product with the line that is known for it, and what a release does. */
import { describe, expect, it } from 'vitest';
import { planInWords } from '../../src/config/plan.ts';
import { BASE, SIMULATED, change, load } from './helpers.ts';

const RELEASE = 'release: { below: cushion 60%, upTo: cushion 50%, after: 24h, perDay: 5000 USD }';
const RULE = '      - { product: crossMargin, policy: careful }\n';

/** Without the coins that some products do not take. */
const ANY = SIMULATED.replace(
  / {4}ladder:\n(?: {6}.*\n)+/,
  '    ladder:\n      - { do: repay, with: debt, from: wallet }\n',
);

const planOf = (text: string): readonly string[] => planInWords(load(text)).map((line) => line.trim());
const lineOf = (text: string, start: string): string =>
  planOf(text).find((line) => line.startsWith(start)) ?? `no line starts with ${start}`;

describe('the plan in words', () => {
  const binance = (rule: string, holdings: string): string =>
    change(
      change(ANY, RULE, `${RULE}      - { ${rule}, policy: careful }\n`),
      '      cross: {',
      `      ${holdings}\n      cross: {`,
    );

  it('of isolated margin has no call, because the venue names none', () => {
    const text = binance(
      'product: isolatedMargin, match: { symbol: BTCUSDT }',
      'isolated: [{ symbol: BTCUSDT, debt: [0.3 BTC], collateral: [15000 USDT] }, { symbol: ETHUSDT, debt: [1 USDT], collateral: [1 ETH] }]',
    );
    expect(lineOf(text, 'pair BTCUSDT')).toBe(
      'pair BTCUSDT: liquidated at LTV 95.24 %; acts at LTV 80 %, stops at 70.48 %, urgent at 87.62 %',
    );
    expect(planOf(text).some((line) => line.includes('ETHUSDT'))).toBe(false);
  });

  it('of a flexible loan follows its collateral', () => {
    const text = binance(
      'product: flexibleLoan, match: { collateral: SOL }',
      'flexible: [{ debt: [1 USDT], collateral: [1 SOL] }, { debt: [1 USDT], collateral: [1 ETH] }]',
    );
    expect(lineOf(text, 'loan USDT-SOL')).toBe(
      'loan USDT-SOL: liquidated at LTV 83 %, called at 75 %; acts at LTV 69.72 %, stops at 61.42 %, urgent at 76.36 %',
    );
    expect(planOf(text).some((line) => line.includes('USDT-ETH'))).toBe(false);
  });

  it('of spot borrowing says what goes where', () => {
    const text = change(
      change(ANY, 'product: flexibleLoan, match: { borrow: USDT }', 'product: spotBorrow'),
      '      loans:\n        - { ordId: "1", debt: [1000 USDT], collateral: [1 BTC] }\n',
      '      spotBorrow: { debt: [20000 USDT], collateral: [9 ETH] }\n',
    );
    expect(lineOf(text, 'trading account')).toBe(
      'trading account: liquidated at LTV 96.62 %, called at 90.5 %; acts at LTV 81.16 %, stops at 71.5 %, urgent at 88.89 %',
    );
    expect(planOf(text)).toContain('1. repay the debt coin from wallet (funding)');
  });

  it.each([
    ['crossMargin', BASE, 'transfer out of the loan to spot'],
    [
      'flexibleLoan',
      change(ANY, RULE, '      - { product: flexibleLoan, policy: careful }\n'),
      'less collateral in the loan to spot',
    ],
  ])('of a release of %s says when, how far and where to', (_product, base, how) => {
    const text = change(base, '    bands:', `    ${RELEASE}\n    bands:`);
    expect(planOf(text)).toContain(
      `releases collateral after 1d beyond a cushion of 60 %, up to a cushion of 50 %, at most 5000 USD per day (${how})`,
    );
  });

  it('of a release says the LTVs where the line is known', () => {
    const text = change(SIMULATED, '    bands:', `    ${RELEASE}\n    bands:`);
    expect(lineOf(text, 'cross margin account')).toMatch(/; releases below LTV 36.36 %, up to 45.45 %$/);
    expect(planOf(BASE)).toContain('never releases collateral');
  });

  it('of what a loan should survive', () => {
    const text = change(BASE, '    bands:', '    survive: { fall: 30%, rise: 150% }\n    bands:');
    expect(planOf(text)).toContain(
      'should survive a fall of prices by 30 % and a rise of prices by 150 % with the money it may use',
    );
  });
});
