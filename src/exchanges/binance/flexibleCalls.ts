/** Money calls of flexible loans, and the history rows that prove them (binance.md §7.1, §7.2). */
import type { Intent } from '../../core/intent.ts';
import { parse } from '../../core/money.ts';
import { Reader, wireAmount } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS, type Endpoint } from './endpoints.ts';
import { acceptAdjust, acceptBorrow, acceptRepay } from './flexibleReplies.ts';
import { UnsupportedCall, type Call } from './product.ts';
import { knownIds, type RecordPage, type RecordRow } from './records.ts';

export const PAGE_SIZE = 100;

export function flexibleCall(intent: Intent): Call {
  const { loanCoin, collateralCoin } = coinsOf(intent);
  const amount = wireAmount(intent.amount);
  switch (intent.verb) {
    case 'repay':
      return {
        endpoint: ENDPOINTS.flexibleRepay,
        // The collateral stays where it is, so that the LTV falls (§7.2); a full repayment gives it back.
        params: {
          loanCoin,
          collateralCoin,
          repayAmount: amount,
          collateralReturn: intent.full ? 'TRUE' : 'FALSE',
          fullRepayment: intent.full ? 'TRUE' : 'FALSE',
        },
        accept: (json) => acceptRepay(json, loanCoin, collateralCoin),
      };
    case 'borrow':
      // Without a collateralAmount the venue pledges what its initial LTV asks for, from Earn and spot (§7.2).
      return {
        endpoint: ENDPOINTS.flexibleBorrow,
        params: { loanCoin, collateralCoin, loanAmount: amount },
        accept: (json) => acceptBorrow(json, loanCoin, collateralCoin),
      };
    case 'add':
    case 'reduce':
      return {
        endpoint: ENDPOINTS.flexibleAdjust,
        params: {
          loanCoin,
          collateralCoin,
          adjustmentAmount: amount,
          direction: intent.verb === 'add' ? 'ADDITIONAL' : 'REDUCED',
        },
        accept: (json) => acceptAdjust(json, loanCoin, collateralCoin),
      };
    case 'transferIn':
    case 'transferOut':
      throw new UnsupportedCall(`a flexible loan has no ${intent.verb}`);
  }
}

/** The coins of the pair. Throws for an intent whose asset cannot be what its verb moves. */
export function coinsOf(intent: Intent): { readonly loanCoin: string; readonly collateralCoin: string } {
  const [loanCoin, collateralCoin, more] = intent.key.split('-');
  if (loanCoin === undefined || collateralCoin === undefined || more !== undefined) {
    throw new UnsupportedCall(`${intent.key} is not a flexible loan, expected LOAN-COLLATERAL`);
  }
  const moves = intent.verb === 'repay' || intent.verb === 'borrow' ? loanCoin : collateralCoin;
  if (intent.asset !== moves) throw new UnsupportedCall(`${intent.verb} of ${intent.key} is in ${moves} only`);
  return { loanCoin, collateralCoin };
}

interface History {
  readonly endpoint: Endpoint;
  /** The adjustments list holds both directions. */
  readonly direction: string | null;
  readonly rowOf: (row: Reader, asset: string) => RecordRow;
}

const ADJUSTS = { endpoint: ENDPOINTS.flexibleAdjusts, rowOf: adjustRow };
const HISTORIES: Readonly<Partial<Record<Intent['verb'], History>>> = {
  repay: { endpoint: ENDPOINTS.flexibleRepays, direction: null, rowOf: repayRow },
  borrow: { endpoint: ENDPOINTS.flexibleBorrows, direction: null, rowOf: borrowRow },
  add: { ...ADJUSTS, direction: 'ADDITIONAL' },
  reduce: { ...ADJUSTS, direction: 'REDUCED' },
};

/** The venue's rows of the intent's pair and kind since then (venue ms). */
export async function readHistory(
  client: BinanceClient,
  intent: Intent,
  since: number,
  signal: AbortSignal,
): Promise<RecordPage> {
  const { loanCoin, collateralCoin } = coinsOf(intent);
  const history = HISTORIES[intent.verb];
  if (history === undefined) throw new UnsupportedCall(`a flexible loan has no ${intent.verb}`);
  const { endpoint, direction, rowOf } = history;
  const params = { loanCoin, collateralCoin, startTime: String(since), limit: String(PAGE_SIZE) };
  const answer = Reader.of(await client.read(endpoint, params, { signal, purpose: 'rescue' }), endpoint.path);
  const listed = answer.listOrEmpty('rows');
  const rows = listed
    .filter((row) => direction === null || row.text('direction').toUpperCase() === direction)
    .map((row) => rowOf(row, intent.asset));
  return { rows, complete: listed.length >= (answer.has('total') ? answer.count('total') : listed.length) };
}

const BORROWED = new Set(['SUCCESS', 'SUCCEEDS']);

function borrowRow(row: Reader, asset: string): RecordRow {
  const [amount, at] = [row.amount('initialLoanAmount'), row.time('borrowTime')];
  const word = row.text('status').toUpperCase();
  const status = BORROWED.has(word) ? 'confirmed' : word === 'FAILED' ? 'failed' : 'open';
  return { id: `${String(at)}:${amount.toFixed()}`, asset, amount, status, at };
}

/** Rows have no id: time and amount together stand for one. */
function repayRow(row: Reader, asset: string): RecordRow {
  const [amount, at, word] = [row.amount('repayAmount'), row.time('repayTime'), row.text('repayStatus').toUpperCase()];
  const status = word === 'REPAID' ? 'confirmed' : word === 'FAILED' ? 'failed' : 'open';
  return { id: `${String(at)}:${amount.toFixed()}`, asset, amount, status, at };
}

function adjustRow(row: Reader, asset: string): RecordRow {
  const [amount, at] = [row.amount('collateralAmount'), row.time('adjustTime')];
  return { id: `${String(at)}:${amount.toFixed()}`, asset, amount, status: 'confirmed', at };
}

/** A full repayment pays what is owed at that moment: a little more than was planned, by the interest since. */
export function withOwnAmount(intent: Intent, page: RecordPage): Intent {
  const planned = parse(intent.amount);
  const known = knownIds(intent);
  const close = page.rows.filter(
    (row) => !known.has(row.id) && row.amount.gte(planned.times('0.99')) && row.amount.lte(planned.times('1.01')),
  );
  const [only] = close;
  return only !== undefined && close.length === 1 ? { ...intent, amount: only.amount.toFixed() } : intent;
}
