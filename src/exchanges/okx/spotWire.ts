/** Shapes of the trading account's answers (okx.md §4). The rules of `wire.ts` hold. */
import type { Dec } from '../../core/money.ts';
import type { Reader } from '../parse.ts';
import { idOf } from './wire.ts';

/** okx.md §4.6. `null` is the venue's `""`: not applicable. */
export interface BalanceDetail {
  readonly ccy: string;
  readonly eq: Dec | null;
  readonly cash: Dec | null;
  readonly available: Dec | null;
  readonly liab: Dec | null;
  readonly interest: Dec | null;
  readonly eqUsd: Dec | null;
  readonly discountedUsd: Dec | null;
  readonly twap: string;
  readonly forcedRepayType: string;
  readonly colRes: string;
  readonly autoConversion: string;
}

export interface BalanceRow {
  readonly adjEq: Dec | null;
  readonly mgnRatio: Dec | null;
  readonly borrowUsd: Dec | null;
  readonly details: readonly BalanceDetail[];
}

export function balanceRow(row: Reader): BalanceRow {
  return {
    adjEq: row.decOrNull('adjEq'),
    mgnRatio: row.decOrNull('mgnRatio'),
    borrowUsd: row.decOrNull('notionalUsdForBorrow'),
    details: row.list('details').map(balanceDetail),
  };
}

function balanceDetail(row: Reader): BalanceDetail {
  return {
    ccy: row.text('ccy'),
    eq: row.decOrNull('eq'),
    cash: row.decOrNull('cashBal'),
    available: row.decOrNull('availBal'),
    liab: row.decOrNull('liab'),
    interest: row.decOrNull('interest'),
    eqUsd: row.decOrNull('eqUsd'),
    discountedUsd: row.decOrNull('disEq'),
    twap: row.textOrNull('twap') ?? '',
    forcedRepayType: row.textOrNull('frpType') ?? '',
    colRes: row.textOrNull('colRes') ?? '',
    autoConversion: row.textOrNull('colBorrAutoConversion') ?? '',
  };
}

/** okx.md §4.3. The row has no id. */
export interface BorrowRepayRow {
  readonly ccy: string;
  readonly type: string;
  readonly amt: Dec;
  readonly ts: number;
}

export function borrowRepayRow(row: Reader): BorrowRepayRow {
  return { ccy: row.text('ccy'), type: row.text('type'), amt: row.dec('amt'), ts: row.time('ts') };
}

/** okx.md §4.2: account bills carry a unique id, the history rows do not. */
export interface AccountBillRow {
  readonly billId: string;
  readonly ccy: string;
  readonly change: Dec;
  readonly size: Dec | null;
  readonly type: string;
  readonly subType: string;
}

export function accountBillRow(row: Reader): AccountBillRow {
  return {
    billId: idOf(row, 'billId'),
    ccy: row.text('ccy'),
    change: row.dec('balChg'),
    size: row.decOrNull('sz'),
    type: row.text('type'),
    subType: row.textOrNull('subType') ?? '',
  };
}

/** okx.md §4.8: what may leave without borrowed coins. */
export function maxWithdrawalRow(row: Reader): { readonly ccy: string; readonly max: Dec | null } {
  return { ccy: row.text('ccy'), max: row.decOrNull('maxWd') };
}
