import { describe, expect, it } from 'vitest';
import { changedThresholds, drift } from '../../src/core/definition.ts';
import { coin, debt, loan } from './build.ts';
import type { LoanSpec } from './build.ts';

const of = (over: Partial<LoanSpec> = {}, owed = '30000') =>
  loan({ debts: [debt({ amount: owed })], coins: [coin({ amount: '1' })], line: '0.9', call: '0.8', ...over });

describe('thresholds', () => {
  it.each([
    ['that stay are no news', {}, null],
    ['that the venue rounds otherwise are no news', { line: '0.904' }, null],
    ['that fall are news', { line: '0.85' }, 'line 90.00 % → 85.00 %'],
    ['that rise are news as well', { line: '0.95', call: '0.85' }, 'line 90.00 % → 95.00 %, call 80.00 % → 85.00 %'],
  ])('%s', (_name, over, says) => {
    expect(changedThresholds(of(), of(over))).toBe(says);
  });

  it('that follow the size of a loan are compared only while that stands still', () => {
    const isolated = { product: 'binance.isolatedMargin', key: 'BTCUSDT' } as const;
    expect(changedThresholds(of(isolated), of({ ...isolated, line: '0.85' }))).toBe('line 90.00 % → 85.00 %');
    expect(changedThresholds(of(isolated), of({ ...isolated, line: '0.85' }, '20000'))).toBeNull();
    expect(changedThresholds(of(), of({ line: '0.85' }, '20000'))).toBe('line 90.00 % → 85.00 %');
  });

  it('of a loan that is closed or being liquidated mean nothing', () => {
    expect(changedThresholds(of(), of({ status: 'closed', line: '0.5' }))).toBeNull();
    expect(changedThresholds(of({ status: 'liquidating' }), of({ line: '0.5' }))).toBeNull();
  });
});

describe("the venue's LTV", () => {
  it.each([
    ['is not stated', undefined, false],
    ['holds ours', ['0.49', '0.51'], false],
    ['is a moment apart', ['0.506', '0.507'], false],
    ['means more than ours', ['0.56', '0.57'], true],
    ['means less than ours', ['0.40', '0.41'], true],
  ] as const)('%s', (_name, venueLtv, apart) => {
    const made = of(venueLtv === undefined ? {} : { venueLtv: [venueLtv[0], venueLtv[1]] });
    expect(drift(made) !== null).toBe(apart);
  });

  it('of next to no debt means nothing', () => {
    expect(drift(of({ venueLtv: ['0.9', '0.9'] }, '0.001'))).toBeNull();
  });
});
