/**
 * What moved in margin accounts, in the venue's own records (binance.md §5.4, §5.9, §10.6): borrow-repay rows of every
 * kind, transfers from anywhere, the capital flow, forced sales.
 *
 * The capital flow holds nearly everything a second time, under the same transaction id; it adds what the other lists do
 * not have (Auto Top-up notes, liquidations, conversions, trades) and stands in for a record that is missing there.
 */
import type { Verb } from '../../core/intent.ts';
import { loanId, type Asset, type LoanId, type Product } from '../../core/loan.ts';
import type { ExternalAct, ExternalKind } from '../exchange.ts';
import { changesOf, type ForeignRecord } from '../explain.ts';
import type { Gaps } from '../gather.ts';
import { Reader } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { readAll, windows, type Span } from './pages.ts';
import { statusOf, type RecordRow } from './records.ts';

export interface Asking {
  readonly client: BinanceClient;
  readonly gaps: Gaps;
  readonly signal: AbortSignal;
}

/** Lists without an asset take seven days at a time, the capital flow always does (§5.4, §5.9). */
const WINDOW_DAYS = 7;
const FLOW_LIMIT = 1000;
const AUTO = /auto/i;

/** A margin account of its own: cross, or one isolated pair. */
export interface Pocket {
  readonly product: Product;
  readonly key: string;
}

type Spans = readonly Span[];

export async function marginRecords(
  pocket: Pocket,
  sinceMs: number,
  untilMs: number,
  asking: Asking,
): Promise<readonly ForeignRecord[]> {
  const { client, gaps } = asking;
  const about = `${pocket.product}${pocket.key === '' ? '' : ` ${pocket.key}`}`;
  const loan = loanId(client.account, pocket.product, pocket.key);
  const spans = windows(sinceMs, untilMs, WINDOW_DAYS);
  const [borrows, repays, moved, flow, sold] = await Promise.all([
    gaps.attempt(`${about} borrowings`, () => loanRows(pocket, 'BORROW', spans, loan, asking)),
    gaps.attempt(`${about} repayments`, () => loanRows(pocket, 'REPAY', spans, loan, asking)),
    gaps.attempt(`${about} transfers`, () => transferRows(pocket, spans, loan, asking)),
    gaps.attempt(`${about} capital flow`, () => flowRows(pocket, spans, asking)),
    gaps.attempt(`${about} forced sales`, () => forcedRows(pocket, spans, loan, asking)),
  ]);
  const listed = [...(borrows ?? []), ...(repays ?? []), ...(moved ?? [])];
  const notes = new Map((flow ?? []).map(({ tranId, note }) => [tranId, note]));
  const known = new Set(listed.map(({ record }) => record.ref));
  const rest = (flow ?? [])
    .filter((row) => !known.has(row.tranId) && !(row.type.endsWith('_LIQUIDATION') && isSale(row.type) && sold?.length))
    .filter((row) => !listed.some(({ record }) => isTwin(row, record)))
    .map((row) => flowRecord(row, pocket.product, loan));
  const done = listed.filter(({ status }) => status === 'confirmed').map(({ record }) => noted(record, notes));
  const open = listed
    .filter(({ status }) => status === 'open')
    .map(({ record }) => ({ ...record, open: true as const }));
  return [...done, ...open, ...(sold ?? []), ...rest];
}

interface Listed {
  readonly record: ForeignRecord;
  readonly status: RecordRow['status'];
}

/** Names of rows that the owner or an order made; the others are the venue's (§5.4). */
async function loanRows(
  { product, key }: Pocket,
  type: 'BORROW' | 'REPAY',
  spans: Spans,
  loan: LoanId,
  { client, gaps, signal }: Asking,
): Promise<readonly Listed[]> {
  const params = { type, ...(key === '' ? {} : { isolatedSymbol: key }) };
  const request = { endpoint: ENDPOINTS.borrowRepays, params, sizeName: 'size', spans } as const;
  const listed = await readAll(client, request, signal, (row): Listed => {
    const how = row.textOrNull('type') ?? 'MANUAL';
    const byHand = how.toUpperCase() === 'MANUAL';
    const repays = type === 'REPAY';
    const [asset, amount] = [row.text('asset'), row.dec('amount').abs()];
    const verbs: readonly Verb[] = byHand ? [repays ? 'repay' : 'borrow'] : [];
    const change = repays ? amount.negated() : amount;
    return {
      status: statusOf(row.text('status')),
      record: {
        at: row.time('timestamp'),
        product,
        loan,
        kind: repays ? (byHand ? 'repay' : 'autoRepay') : 'borrow',
        effect: repays ? 'debtDown' : 'debtUp',
        asset,
        amount,
        changes: changesOf(loan, asset, { debt: change, collateral: change }),
        ref: row.text('txId'),
        says: `${repays ? 'repayment' : 'borrowing'} (${how}) of ${amount.toFixed()} ${asset}`,
        verbs,
      },
    };
  });
  if (!listed.complete) gaps.note(`${product} ${type}`, 'more rows than can be read; the oldest are missing');
  return listed.rows;
}

/** Transfers of every kind, also from sub-accounts and other wallets: universal transfers list one kind at a time. */
async function transferRows(
  { product, key }: Pocket,
  spans: Spans,
  loan: LoanId,
  { client, gaps, signal }: Asking,
): Promise<readonly Listed[]> {
  const params = key === '' ? {} : { isolatedSymbol: key };
  const request = { endpoint: ENDPOINTS.marginTransfers, params, sizeName: 'size', spans } as const;
  const listed = await readAll(client, request, signal, (row): Listed => {
    const type = row.text('type').toUpperCase();
    const into = type !== 'ROLL_OUT';
    const [asset, amount] = [row.text('asset'), row.dec('amount').abs()];
    const [from, to] = [row.textOrNull('transFrom') ?? '?', row.textOrNull('transTo') ?? '?'];
    const change = into ? amount : amount.negated();
    const wallets = (into ? from : to).toUpperCase() === 'SPOT' ? { spot: change.negated() } : {};
    return {
      status: statusOf(row.text('status')),
      record: {
        at: row.time('timestamp'),
        product,
        loan,
        kind: AUTO.test(type) ? 'topUp' : 'transfer',
        effect: into ? 'collateralUp' : 'collateralDown',
        asset,
        amount,
        changes: changesOf(loan, asset, { collateral: change, wallets }),
        ref: row.text('txId'),
        says: `transfer (${type}) of ${amount.toFixed()} ${asset}, ${from} to ${to}`,
        verbs: AUTO.test(type) ? [] : [into ? 'transferIn' : 'transferOut'],
      },
    };
  });
  if (!listed.complete) gaps.note(`${product} transfers`, 'more rows than can be read; the oldest are missing');
  return listed.rows;
}

interface FlowLine {
  readonly id: string;
  readonly tranId: string;
  readonly at: number;
  readonly asset: Asset;
  readonly type: string;
  readonly amount: ForeignRecord['amount'];
  readonly note: string;
}

async function flowRows({ key }: Pocket, spans: Spans, { client, gaps, signal }: Asking): Promise<readonly FlowLine[]> {
  const lines: FlowLine[] = [];
  for (const span of spans) {
    const params = { ...span, limit: String(FLOW_LIMIT), ...(key === '' ? {} : { symbol: key }) };
    const rows = Reader.list(await client.read(ENDPOINTS.capitalFlow, params, { signal }), 'margin/capital-flow');
    if (rows.length >= FLOW_LIMIT) gaps.note('capital flow', 'more rows in a week than one read lists');
    lines.push(
      ...rows.map((row) => ({
        id: row.text('id'),
        tranId: row.text('tranId'),
        at: row.time('timestamp'),
        asset: row.text('asset'),
        type: row.text('type').toUpperCase(),
        amount: row.dec('amount').abs(),
        note: row.textOrNull('note') ?? '',
      })),
    );
  }
  return lines;
}

/** A transfer may carry another id here than in its own list: then asset, amount and minute tell. */
const TWIN_MS = 60_000;

function isTwin(row: FlowLine, record: ForeignRecord): boolean {
  const sameKind = row.type === 'TRANSFER' ? record.kind === 'transfer' || record.kind === 'topUp' : false;
  return (
    sameKind && row.asset === record.asset && row.amount.eq(record.amount) && Math.abs(row.at - record.at) <= TWIN_MS
  );
}

function noted(record: ForeignRecord, notes: ReadonlyMap<string, string>): ForeignRecord {
  const note = notes.get(record.ref) ?? '';
  if (record.kind !== 'transfer' || !AUTO.test(note)) return record;
  // The venue moved it by itself at a margin call (§10.6).
  return { ...record, kind: 'topUp', verbs: [], says: `Auto Top-up: ${record.says}` };
}

interface Meaning {
  readonly kind: ExternalKind;
  readonly effect: ExternalAct['effect'];
  readonly verbs: readonly Verb[];
  /** Which way it moves debt and coins; nothing where the documents leave it open. */
  readonly moves: { readonly debt?: 1 | -1; readonly collateral?: 1 | -1 };
}

/** What a sold coin brings, and whether a fee is part of what was sold, is nowhere written: those lines move nothing. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  TRANSFER: { kind: 'transfer', effect: 'unknown', verbs: ['transferIn', 'transferOut'], moves: {} },
  BORROW: { kind: 'borrow', effect: 'debtUp', verbs: ['borrow'], moves: { debt: 1, collateral: 1 } },
  REPAY: { kind: 'repay', effect: 'debtDown', verbs: ['repay'], moves: { debt: -1, collateral: -1 } },
  REPAY_LIQUIDATION: { kind: 'liquidation', effect: 'debtDown', verbs: [], moves: { debt: -1 } },
  SELL_LIQUIDATION: { kind: 'liquidation', effect: 'collateralDown', verbs: [], moves: { collateral: -1 } },
  BUY_LIQUIDATION: { kind: 'liquidation', effect: 'collateralUp', verbs: [], moves: { collateral: 1 } },
  LIQUIDATION_FEE: { kind: 'liquidation', effect: 'collateralDown', verbs: [], moves: {} },
  OTHER_LIQUIDATION: { kind: 'liquidation', effect: 'unknown', verbs: [], moves: {} },
  BUY_INCOME: { kind: 'trade', effect: 'collateralUp', verbs: [], moves: { collateral: 1 } },
  BUY_EXPENSE: { kind: 'trade', effect: 'collateralDown', verbs: [], moves: { collateral: -1 } },
  SELL_INCOME: { kind: 'trade', effect: 'collateralUp', verbs: [], moves: { collateral: 1 } },
  SELL_EXPENSE: { kind: 'trade', effect: 'collateralDown', verbs: [], moves: { collateral: -1 } },
  TRADING_COMMISSION: { kind: 'trade', effect: 'collateralDown', verbs: [], moves: { collateral: -1 } },
  COMMISSION_RETURN: { kind: 'trade', effect: 'collateralUp', verbs: [], moves: { collateral: 1 } },
  SMALL_BALANCE_CONVERT: { kind: 'trade', effect: 'unknown', verbs: [], moves: {} },
  SMALL_CONVERT: { kind: 'trade', effect: 'unknown', verbs: [], moves: {} },
};
/** Whatever the venue invents. */
const OTHER: Meaning = { kind: 'conversion', effect: 'unknown', verbs: [], moves: {} };

function isSale(type: string): boolean {
  return type === 'SELL_LIQUIDATION' || type === 'BUY_LIQUIDATION';
}

function flowRecord(row: FlowLine, product: Product, loan: LoanId): ForeignRecord {
  const { kind, effect, verbs, moves } = MEANINGS[row.type] ?? OTHER;
  const { at, asset, amount, type, note } = row;
  const topUp = type === 'TRANSFER' && AUTO.test(note);
  return {
    at,
    product,
    loan,
    kind: topUp ? 'topUp' : kind,
    effect,
    asset,
    amount,
    changes: changesOf(loan, asset, {
      ...(moves.debt === undefined ? {} : { debt: amount.times(moves.debt) }),
      ...(moves.collateral === undefined ? {} : { collateral: amount.times(moves.collateral) }),
    }),
    // One liquidation or trade has many lines with one transaction id.
    ref: verbs.length > 0 ? row.tranId : `flow-${row.id}`,
    says: `capital flow ${type}${note === '' ? '' : ` (${note})`} of ${amount.toFixed()} ${asset}`,
    verbs: topUp ? [] : verbs,
  };
}

async function forcedRows(
  { product, key }: Pocket,
  spans: Spans,
  loan: LoanId,
  { client, signal }: Asking,
): Promise<readonly ForeignRecord[]> {
  const params = key === '' ? {} : { isolatedSymbol: key };
  const request = { endpoint: ENDPOINTS.forcedSales, params, sizeName: 'size', spans } as const;
  const listed = await readAll(client, request, signal, (row): ForeignRecord => {
    const [symbol, side, amount] = [row.text('symbol'), row.text('side'), row.amount('executedQty')];
    const price = row.textOrNull('avgPrice') ?? row.textOrNull('price') ?? '?';
    const asset = baseOf(symbol);
    const collateral = side.toUpperCase() === 'SELL' ? amount.negated() : amount;
    return {
      at: row.time('updatedTime'),
      product,
      loan,
      kind: 'liquidation',
      effect: side.toUpperCase() === 'SELL' ? 'collateralDown' : 'unknown',
      asset,
      amount,
      changes: changesOf(loan, asset, { collateral }),
      ref: `order-${row.text('orderId')}`,
      says: `forced ${side} of ${amount.toFixed()} in ${symbol} at ${price}`,
      verbs: [],
    };
  });
  return listed.rows;
}

/** The row names the pair only. */
function baseOf(symbol: string): Asset {
  return /^(.+)(?:USDT|USDC|FDUSD|TUSD|BUSD|BTC|ETH|BNB|EUR|TRY)$/.exec(symbol)?.[1] ?? symbol;
}
