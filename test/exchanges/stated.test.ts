/** The one amount that a refusal's text states, and nothing where it could mean anything else. */
import { describe, expect, it } from 'vitest';
import { BINANCE_ERRORS } from '../../src/exchanges/binance/errors.ts';
import { classify } from '../../src/exchanges/errorTable.ts';
import { OKX_ERRORS } from '../../src/exchanges/okx/errors.ts';
import { statedIn } from '../../src/exchanges/stated.ts';

describe('an amount in a text', () => {
  it.each([
    ['The collateral amount is below the minimum of 0.5 ETH', '0.5', 'ETH'],
    ['Minimum: 10', '10', null],
    ['at least 1,250.75 USDT is needed.', '1250.75', 'USDT'],
    ['The minimum is 0.01.', '0.01', null],
  ])('%s', (text, amount, asset) => {
    expect(statedIn(text)).toEqual({ amount, asset });
  });

  it.each([
    ['no number', 'The unpaid debt is too small after this repayment.'],
    ['two numbers', 'must be between 1 and 100'],
    ['a percentage', 'below 5% of the debt'],
    ['a number in a word', 'error E51757x'],
    ['a version or a date', 'see v5.2.1'],
  ])('is not taken from %s', (_what, text) => {
    expect(statedIn(text)).toBeNull();
  });
});

describe('a refusal', () => {
  const refuse = (table: typeof OKX_ERRORS, code: string, text: string) =>
    classify(table, { status: 400, headers: {}, error: { code, text }, wall: 0 });

  it('of an amount carries what its text states', () => {
    const least = refuse(OKX_ERRORS, '51757', 'The collateral amount is below the minimum of 0.5 ETH');
    expect(least).toMatchObject({ effect: 'tooSmall', stated: { amount: '0.5', asset: 'ETH' } });
    const dust = refuse(BINANCE_ERRORS, '-3015', 'The unpaid debt is too small after this repayment, leave 10 USDT.');
    expect(dust).toMatchObject({ effect: 'dust', stated: { amount: '10', asset: 'USDT' } });
    expect(refuse(BINANCE_ERRORS, '-3016', 'Repay amount less than minimum repay amount.')).not.toHaveProperty(
      'stated',
    );
  });

  it('of anything else states nothing, whatever numbers it holds', () => {
    expect(refuse(OKX_ERRORS, '51758', 'exceeds the maximum redeemable of 2 BTC')).not.toHaveProperty('stated');
  });
});
