/**
 * What moved in a trading account that borrows (okx.md §4.2–4.4): borrow and repay rows by name, and the bills for
 * everything else that changes what it holds.
 */
import { loanId, type LoanId } from '../../core/loan.ts';
import type { ExternalAct, ExternalKind } from '../exchange.ts';
import { changesOf, type ForeignRecord } from '../explain.ts';
import { ENDPOINTS } from './endpoints.ts';
import { readBack, timeCursor } from './pages.ts';
import { accountBillRow, borrowRepayRow, type AccountBillRow, type BorrowRepayRow } from './spotWire.ts';
import type { Asking } from './terms.ts';

const PRODUCT = 'okx.spotBorrow';
const BILL_DAYS = 7;

interface Meaning {
  readonly kind: ExternalKind;
  readonly effect: ExternalAct['effect'];
  readonly verbs: ForeignRecord['verbs'];
}

const HISTORY: Readonly<Record<string, Meaning>> = {
  manual_repay: { kind: 'repay', effect: 'debtDown', verbs: ['repay'] },
  manual_borrow: { kind: 'borrow', effect: 'debtUp', verbs: ['borrow'] },
  auto_repay: { kind: 'autoRepay', effect: 'debtDown', verbs: [] },
  auto_borrow: { kind: 'borrow', effect: 'debtUp', verbs: [] },
};

/** Bills of borrowing and repaying by sub-type (§4.2): they stand in when the history cannot be read. */
const BY_SUB_TYPE: Readonly<Record<string, string>> = {
  '306': 'manual_borrow',
  '307': 'auto_borrow',
  '308': 'manual_repay',
  '309': 'auto_repay',
};
const TRANSFER = '1';
const TRADE = '2';
/** Interest, borrowing, repaying: told elsewhere. */
const TOLD: readonly string[] = ['7', '16', '22'];
/** Forced repayment and liquidation. */
const FORCED: readonly string[] = ['4', '5'];

export async function spotRecords(account: string, sinceMs: number, asking: Asking): Promise<readonly ForeignRecord[]> {
  const { gaps } = asking;
  const loan = loanId(account, PRODUCT, '');
  const [history, bills] = await Promise.all([
    gaps.attempt(`${PRODUCT} history`, () => historyRecords(loan, sinceMs, asking)),
    gaps.attempt(`${PRODUCT} bills`, () => billRows(sinceMs, asking)),
  ]);
  const others = (bills ?? []).flatMap((bill) => {
    const named = BY_SUB_TYPE[bill.subType];
    if (named !== undefined) return history === null ? [namedBill(bill, named, loan)] : [];
    return TOLD.includes(bill.type) ? [] : [billRecord(bill, loan)];
  });
  return [...(history ?? []), ...others];
}

async function historyRecords(loan: LoanId, sinceMs: number, asking: Asking): Promise<readonly ForeignRecord[]> {
  const listed = await readBack(
    asking.client,
    {
      endpoint: ENDPOINTS.borrowRepayHistory,
      params: {},
      rowOf: (row) => ({ ...borrowRepayRow(row), after: row.textOrNull('accBorrowed') ?? '' }),
      at: ({ ts }) => ts,
      // Rows have no id (§4.3): what was owed afterwards tells equal ones apart.
      idOf: (row) => idOf(row),
      cursorOf: ({ ts }) => timeCursor(ts),
    },
    sinceMs,
    asking.signal,
  );
  if (!listed.complete) asking.gaps.note(`${PRODUCT} history`, 'more rows than can be read; the oldest are missing');
  return listed.rows.map((row) => historyRecord(row, idOf(row), loan));
}

function idOf({ ccy, type, ts, amt, after }: BorrowRepayRow & { readonly after: string }): string {
  return [type, ccy, String(ts), amt.toFixed(), after].join(':');
}

function historyRecord({ ccy, type, amt, ts }: BorrowRepayRow, ref: string, loan: LoanId): ForeignRecord {
  const amount = amt.abs();
  const meaning: Meaning = HISTORY[type] ?? { kind: 'conversion', effect: 'unknown', verbs: [] };
  const change = meaning.effect === 'debtUp' ? amount : amount.negated();
  return {
    ...meaning,
    at: ts,
    product: PRODUCT,
    loan,
    asset: ccy,
    amount,
    changes: meaning.effect === 'unknown' ? [] : changesOf(loan, ccy, { debt: change, collateral: change }),
    ref,
    says: `${type} of ${amount.toFixed()} ${ccy}`,
  };
}

type Bill = AccountBillRow & { readonly ts: number };

/** The venue keeps a week of them (§2 row 12). */
async function billRows(sinceMs: number, asking: Asking): Promise<readonly Bill[]> {
  const { client, gaps, signal } = asking;
  if (sinceMs < client.clock.wall() - BILL_DAYS * 86_400_000)
    gaps.note(`${PRODUCT} bills`, 'the venue lists 7 days only');
  const listed = await readBack(
    client,
    {
      endpoint: ENDPOINTS.accountBills,
      params: {},
      rowOf: (row) => ({ ...accountBillRow(row), ts: row.time('ts') }),
      at: ({ ts }) => ts,
      idOf: ({ billId }) => billId,
      cursorOf: ({ billId }) => billId,
    },
    sinceMs,
    signal,
  );
  if (!listed.complete) gaps.note(`${PRODUCT} bills`, 'more rows than can be read; the oldest are missing');
  return listed.rows;
}

function namedBill({ billId, ccy, change, ts }: Bill, name: string, loan: LoanId): ForeignRecord {
  return historyRecord({ ccy, type: name, amt: change, ts }, `bill-${billId}`, loan);
}

function billRecord({ billId, ccy, change, ts, type, subType }: Bill, loan: LoanId): ForeignRecord {
  const amount = change.abs();
  const into = !change.isNegative();
  const transfer = type === TRANSFER;
  return {
    at: ts,
    product: PRODUCT,
    loan,
    kind: transfer ? 'transfer' : type === TRADE ? 'trade' : FORCED.includes(type) ? 'liquidation' : 'conversion',
    effect: into ? 'collateralUp' : 'collateralDown',
    asset: ccy,
    amount,
    changes: changesOf(loan, ccy, {
      collateral: change,
      ...(transfer ? { wallets: { funding: change.negated() } } : {}),
    }),
    ref: `bill-${billId}`,
    says: `account bill ${type}${subType === '' ? '' : `/${subType}`}: ${amount.toFixed()} ${ccy} ${into ? 'came in' : 'left'}`,
    verbs: transfer ? [into ? 'transferIn' : 'transferOut'] : [],
  };
}
