/** Shapes of the answers about terms, offers and interest (okx.md §3.6, §4.5). The rules of `wire.ts` hold. */
import type { Dec } from '../../core/money.ts';
import type { Reader } from '../parse.ts';
import { idOf } from './wire.ts';

/** flexible-loan/max-loan: coins, and what is left of the quota in coins. */
export interface MaxLoanRow {
  readonly ccy: string;
  readonly most: Dec;
  readonly quota: Dec | null;
}

export function maxLoanRow(row: Reader): MaxLoanRow {
  return { ccy: row.text('borrowCcy'), most: row.amount('maxLoan'), quota: row.decOrNull('remainingQuota') };
}

/** account/max-loan. */
export function spotMaxLoanRow(row: Reader): { readonly ccy: string; readonly most: Dec } {
  return { ccy: row.text('ccy'), most: row.amount('maxLoan') };
}

export function borrowCurrencyRow(row: Reader): string {
  return row.text('borrowCcy');
}

/** flexible-loan/collateral-assets: one row with a list. */
export function collateralAssetsRow(row: Reader): readonly string[] {
  return row.list('assets').map((asset) => asset.text('ccy'));
}

/** flexible-loan/interest-accrued; the rate is per year. */
export interface LoanInterestRow {
  readonly refId: string;
  readonly ccy: string;
  readonly interest: Dec;
  readonly yearly: Dec | null;
  readonly ts: number;
}

export function loanInterestRow(row: Reader): LoanInterestRow {
  return {
    refId: idOf(row, 'refId'),
    ccy: row.text('ccy'),
    interest: row.dec('interest').abs(),
    yearly: row.decOrNull('interestRate'),
    ts: row.time('ts'),
  };
}

/** account/interest-accrued; the rate is per hour, and the row has no id. */
export interface SpotInterestRow {
  readonly ccy: string;
  readonly interest: Dec;
  readonly hourly: Dec | null;
  readonly ts: number;
  /** Tells rows of one currency and hour apart. */
  readonly kind: string;
}

export function spotInterestRow(row: Reader): SpotInterestRow {
  const words = ['type', 'mgnMode', 'instId'].map((name) => row.textOrNull(name) ?? '');
  return {
    ccy: row.text('ccy'),
    interest: row.dec('interest').abs(),
    hourly: row.decOrNull('interestRate'),
    ts: row.time('ts'),
    kind: words.join('/'),
  };
}

/** One currency of account/interest-limits; the rate is per day. */
export interface LimitRow {
  readonly ccy: string;
  readonly daily: Dec | null;
  readonly quota: Dec | null;
  readonly left: Dec | null;
  readonly interest: Dec | null;
}

export interface InterestLimitsRow {
  readonly nextInterestAt: number | null;
  readonly records: readonly LimitRow[];
}

export function interestLimitsRow(row: Reader): InterestLimitsRow {
  return {
    nextInterestAt: row.timeOrNull('nextInterestTime'),
    records: row.list('records').map((record) => ({
      ccy: record.text('ccy'),
      daily: record.decOrNull('rate'),
      quota: record.decOrNull('loanQuota'),
      left: record.decOrNull('surplusLmt'),
      interest: record.decOrNull('interest'),
    })),
  };
}

/** account/interest-rate: per hour. */
export function interestRateRow(row: Reader): { readonly ccy: string; readonly hourly: Dec } {
  return { ccy: row.text('ccy'), hourly: row.amount('interestRate') };
}
