/**
 * Shapes of OKX's answers: what we need and nothing else. Unknown fields are ignored, a missing needed field is an
 * error, and `""` means "not applicable", never zero (okx.md §4.6). Ids stay text: they exceed 2^53 (§3.5).
 */
import type { Dec } from '../../core/money.ts';
import type { Json } from '../json.ts';
import { Reader, malformed } from '../parse.ts';

export interface Coins {
  readonly ccy: string;
  readonly amt: Dec;
}

/** okx.md §3.3. `ordId` is empty in the shape before April 2026. */
export interface LoanInfoRow {
  readonly ordId: string;
  readonly loan: readonly Coins[];
  readonly loanUsd: Dec;
  readonly collateral: readonly Coins[];
  readonly collateralUsd: Dec;
  readonly curLtv: Dec | null;
  readonly callLtv: Dec | null;
  readonly liqLtv: Dec | null;
}

export function loanInfoRow(row: Reader): LoanInfoRow {
  return {
    ordId: row.textOrNull('ordId') ?? '',
    loan: row.list('loanData').map(coins),
    loanUsd: row.amount('loanNotionalUsd'),
    collateral: row.list('collateralData').map(coins),
    collateralUsd: row.amount('collateralNotionalUsd'),
    curLtv: row.decOrNull('curLTV'),
    callLtv: row.decOrNull('marginCallLTV'),
    liqLtv: row.decOrNull('liqLTV'),
  };
}

function coins(row: Reader): Coins {
  return { ccy: row.text('ccy'), amt: row.amount('amt') };
}

/** okx.md §3.5. Amounts are signed, seen from the funding account: a lock is negative. */
export interface LoanHistoryRow {
  readonly refId: string;
  readonly type: string;
  readonly ccy: string;
  readonly amt: Dec;
  readonly ts: number;
}

export function loanHistoryRow(row: Reader): LoanHistoryRow {
  return {
    refId: idOf(row, 'refId'),
    type: row.text('type'),
    ccy: row.text('ccy'),
    amt: row.dec('amt'),
    ts: row.time('ts'),
  };
}

/** okx.md §3.6. */
export function maxRedeemRow(row: Reader): Coins {
  return { ccy: row.text('ccy'), amt: row.amount('maxRedeemAmt') };
}

/** okx.md §5. */
export interface FundingRow {
  readonly ccy: string;
  readonly available: Dec;
}

export function fundingRow(row: Reader): FundingRow {
  return { ccy: row.text('ccy'), available: row.amount('availBal') };
}

export interface FundingBillRow {
  readonly billId: string;
  readonly ccy: string;
  readonly clientId: string;
  readonly change: Dec;
  readonly type: string;
}

export function fundingBillRow(row: Reader): FundingBillRow {
  return {
    billId: idOf(row, 'billId'),
    ccy: row.text('ccy'),
    clientId: row.textOrNull('clientId') ?? '',
    change: row.dec('balChg'),
    type: row.text('type'),
  };
}

export interface TransferStateRow {
  readonly transId: string;
  readonly ccy: string;
  readonly amt: Dec;
  readonly from: string;
  readonly to: string;
  readonly state: string;
}

export function transferStateRow(row: Reader): TransferStateRow {
  return {
    transId: row.text('transId'),
    ccy: row.text('ccy'),
    amt: row.amount('amt'),
    from: row.text('from'),
    to: row.text('to'),
    state: row.text('state'),
  };
}

/** okx.md §4.1, §1.7. */
export interface ConfigRow {
  readonly uid: string;
  readonly mainUid: string;
  readonly acctLv: string;
  readonly perm: readonly string[];
  /** Comma list of bound addresses; empty when the key is bound to none. */
  readonly ip: string;
  readonly enableSpotBorrow: boolean;
  readonly autoRepay: boolean;
}

export function configRow(row: Reader): ConfigRow {
  const uid = row.text('uid');
  return {
    uid,
    mainUid: row.textOrNull('mainUid') ?? uid,
    acctLv: row.text('acctLv'),
    perm: row
      .text('perm')
      .split(',')
      .map((word) => word.trim()),
    ip: row.textOrNull('ip') ?? '',
    enableSpotBorrow: row.flagOrNull('enableSpotBorrow') ?? false,
    autoRepay: row.flagOrNull('spotBorrowAutoRepay') ?? false,
  };
}

/** okx.md §6. */
export function indexTickerRow(row: Reader): { readonly instId: string; readonly price: Dec } {
  return { instId: row.text('instId'), price: row.amount('idxPx') };
}

export function timeRow(row: Reader): number {
  return row.time('ts');
}

export interface StatusRow {
  readonly title: string;
  readonly state: string;
  readonly begin: number | null;
  readonly end: number | null;
  /** 0 WebSocket, 5 trading, 8 and 9 batches, 99 other. */
  readonly service: string;
  /** 1 production, 2 demo. */
  readonly env: string;
}

export function statusRow(row: Reader): StatusRow {
  return {
    title: row.textOrNull('title') ?? '',
    state: row.text('state'),
    begin: row.timeOrNull('begin'),
    end: row.timeOrNull('end'),
    service: row.textOrNull('serviceType') ?? '',
    env: row.textOrNull('env') ?? '',
  };
}

/** A marginal bracket by amount of the currency; `to` null is without end (okx.md §6). */
export interface Bracket {
  readonly from: Dec;
  readonly to: Dec | null;
  readonly rate: Dec;
}

export interface DiscountRow {
  readonly ccy: string;
  /** `2`: the platform's cap is reached; existing and new coins still count (okx.md §4.6). */
  readonly colRes: string;
  /** Rate beyond the last bracket. */
  readonly beyond: Dec | null;
  readonly brackets: readonly Bracket[];
}

export function discountRow(row: Reader): DiscountRow {
  const details = row.listOrEmpty('details');
  // `discountInfo` is the older name of `details`.
  const brackets = details.length > 0 ? details : row.listOrEmpty('discountInfo');
  return {
    ccy: row.text('ccy'),
    colRes: row.textOrNull('colRes') ?? '',
    beyond: row.decOrNull('minDiscountRate'),
    brackets: brackets.map((bracket) => ({
      from: bracket.amount('minAmt'),
      to: bracket.decOrNull('maxAmt'),
      rate: bracket.amount('discountRate'),
    })),
  };
}

/**
 * Reads every row of an answer's `data`.
 * @throws VenueError naming the place and the problem, never the content
 */
export function readRows<T>(what: string, read: (row: Reader) => T, data: Json): T[] {
  return Reader.list(data, what).map(read);
}

/** Like `readRows` where exactly one row is documented. */
export function readOne<T>(what: string, read: (row: Reader) => T, data: Json): T {
  const [first] = readRows(what, read, data);
  if (first === undefined) throw malformed(what, 'empty answer');
  return first;
}

/** Ids are whole numbers beyond 2^53: text for us, compared as `bigint`. */
export function idOf(row: Reader, name: string): string {
  const text = row.text(name);
  if (!/^\d+$/.test(text)) throw malformed(`${row.where}.${name}`, 'not a whole number');
  return text;
}

/** Whether `id` was given out after `cursor`; an empty cursor means there was no record before. */
export function isNewer(id: string, cursor: string): boolean {
  return cursor === '' || BigInt(id) > BigInt(cursor);
}
