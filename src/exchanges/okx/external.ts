/**
 * What moved in flexible loans and in the funding account, in the venue's own records (okx.md §3.1, §3.5, §5). The
 * history of loans is the list to go by; the bills of the funding account hold the same once more and stand in for it
 * when it cannot be read.
 */
import type { LoanId, Product } from '../../core/loan.ts';
import type { ExternalAct, ExternalKind } from '../exchange.ts';
import { changesOf, type ForeignRecord } from '../explain.ts';
import { perOrder } from './costs.ts';
import { ENDPOINTS } from './endpoints.ts';
import { readBack } from './pages.ts';
import type { Asking } from './terms.ts';
import { fundingBillRow, loanHistoryRow, type FundingBillRow, type LoanHistoryRow } from './wire.ts';

interface Meaning {
  readonly kind: ExternalKind;
  readonly effect: ExternalAct['effect'];
  readonly verbs: ForeignRecord['verbs'];
}

const means = (
  kind: ExternalKind,
  effect: ExternalAct['effect'],
  ...verbs: readonly ForeignRecord['verbs'][number][]
): Meaning => ({ kind, effect, verbs });

/** Types of loan-history (§3.5). Conversions happen at any LTV, when the platform runs short of a coin (§3.1). */
const HISTORY: Readonly<Record<string, Meaning>> = {
  borrowed: means('borrow', 'debtUp', 'borrow'),
  repaid: means('repay', 'debtDown', 'repay'),
  collateral_locked: means('collateral', 'collateralUp', 'add'),
  collateral_released: means('collateral', 'collateralDown', 'reduce'),
  forced_repayment_buy: means('conversion', 'unknown'),
  forced_repayment_sell: means('conversion', 'collateralDown'),
  forced_liquidation: means('liquidation', 'debtDown'),
  partial_liquidation: means('liquidation', 'debtDown'),
  sell_collateral: means('liquidation', 'collateralDown'),
  buy_transition_coin: means('liquidation', 'unknown'),
  sell_transition_coin: means('liquidation', 'unknown'),
  buy_borrowed_coin: means('liquidation', 'unknown'),
};
const STRANGE: Meaning = means('conversion', 'unknown');

/** Funding bills of loans (§3.1), and what they are called in the history. */
const BILLS: Readonly<Record<string, string>> = {
  '212': 'collateral_locked',
  '215': 'collateral_released',
  '217': 'borrowed',
  '218': 'repaid',
};
/** From and to the trading account; interest that the venue pays back. */
const BETWEEN: readonly string[] = ['130', '131'];
const SUBSIDY = '232';
const MOST_DAYS = 30;

/** @param orders those that were open when this was asked before, so that what closed them has a name */
export async function flexibleRecords(
  account: string,
  sinceMs: number,
  asking: Asking,
  orders: Set<string>,
): Promise<readonly ForeignRecord[] | null> {
  const { client, gaps, signal } = asking;
  return gaps.attempt('okx.flexibleLoan history', async () => {
    const of = (params: Readonly<Record<string, string>>): ReturnType<typeof readBack<LoanHistoryRow>> =>
      readBack(client, historyOf(params), wholeSecond(sinceMs), signal);
    const { rows, loanOf, complete } = await perOrder(account, asking, of, orders);
    if (!complete) gaps.note('okx.flexibleLoan history', 'more rows than can be read; the oldest are missing');
    return rows.map((row) => historyRecord(row, loanOf.get(row.refId) ?? null));
  });
}

function historyOf(params: Readonly<Record<string, string>>): Parameters<typeof readBack<LoanHistoryRow>>[1] {
  return {
    endpoint: ENDPOINTS.loanHistory,
    params,
    rowOf: loanHistoryRow,
    at: ({ ts }) => ts,
    idOf: ({ refId }) => refId,
    cursorOf: ({ refId }) => refId,
  };
}

/** The only documented row has whole seconds (§3.5). */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** Money of these comes from the funding account or goes there (§3.1). */
const WITH_FUNDING: readonly string[] = ['borrowed', 'repaid', 'collateral_locked', 'collateral_released'];

function historyRecord({ refId, type, ccy, amt, ts }: LoanHistoryRow, loan: LoanId | null): ForeignRecord {
  const amount = amt.abs();
  const meaning = HISTORY[type] ?? STRANGE;
  const { effect } = meaning;
  const change = effect.endsWith('Up') ? amount : amount.negated();
  // What is borrowed arrives there; what is locked left there.
  const arrives = effect === 'debtUp' || effect === 'collateralDown' ? amount : amount.negated();
  return {
    ...meaning,
    at: ts,
    product: 'okx.flexibleLoan',
    loan,
    asset: ccy,
    amount,
    changes: changesOf(loan, ccy, {
      ...(effect.startsWith('debt') ? { debt: change } : {}),
      ...(effect.startsWith('collateral') ? { collateral: change } : {}),
      ...(WITH_FUNDING.includes(type) ? { wallets: { funding: arrives } } : {}),
    }),
    ref: refId,
    says: `loan history ${type} of ${amount.toFixed()} ${ccy}`,
  };
}

/**
 * Money in and out of the funding account: deposits, transfers. With `loansToo` also what the loans' own history would
 * have said. Transfers between the two accounts are left to the trading account's bills where that one is read.
 */
export async function fundingRecords(
  about: { readonly product: Product; readonly loansToo: boolean; readonly transfersToo: boolean },
  sinceMs: number,
  asking: Asking,
): Promise<readonly ForeignRecord[]> {
  const { client, gaps, signal } = asking;
  const bills = await gaps.attempt('okx funding bills', async () => {
    const listed = await readBack(
      client,
      {
        endpoint: ENDPOINTS.fundingBills,
        params: {},
        rowOf: (row) => ({ ...fundingBillRow(row), ts: row.time('ts') }),
        at: ({ ts }) => ts,
        idOf: ({ billId }) => billId,
        cursorOf: ({ billId }) => billId,
      },
      sinceMs,
      signal,
    );
    if (!listed.complete) gaps.note('okx funding bills', 'more rows than can be read; the oldest are missing');
    return listed.rows;
  });
  if (sinceMs < client.clock.wall() - MOST_DAYS * 86_400_000)
    gaps.note('okx funding bills', 'the venue lists a month only');
  return (bills ?? []).flatMap((bill) => {
    if (bill.type === SUBSIDY || (!about.transfersToo && BETWEEN.includes(bill.type))) return [];
    const loan = BILLS[bill.type];
    if (loan === undefined) return [walletRecord(bill, about.product)];
    return about.loansToo ? [loanBill(bill, loan)] : [];
  });
}

type Bill = FundingBillRow & { readonly ts: number };

function loanBill({ billId, ccy, change, ts, type }: Bill, history: string): ForeignRecord {
  const row = { refId: `bill-${billId}`, type: history, ccy, amt: change, ts };
  return { ...historyRecord(row, null), says: `funding bill ${type} (${history}) of ${change.abs().toFixed()} ${ccy}` };
}

function walletRecord({ billId, ccy, change, ts, type, clientId }: Bill, product: Product): ForeignRecord {
  const amount = change.abs();
  return {
    at: ts,
    product,
    loan: null,
    kind: 'transfer',
    effect: 'unknown',
    asset: ccy,
    amount,
    changes: changesOf(null, ccy, { wallets: { funding: change } }),
    ref: `bill-${billId}`,
    says: `funding bill ${type}: ${amount.toFixed()} ${ccy} ${change.isNegative() ? 'left' : 'came in'}`,
    verbs: type === '131' ? ['transferIn'] : type === '130' ? ['transferOut'] : [],
    clientId,
  };
}
