/**
 * The venue's records of what moved, in one shape (binance.md §5.4, §5.9, §6.2), and the cursors saved before a send.
 * Ids are text: they may exceed what a number holds.
 */
import type { Intent } from '../../core/intent.ts';
import type { Asset } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { Reader } from '../parse.ts';
import type { BinanceClient, Params } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { transferSymbol, type TransferType } from './wallet.ts';

export interface RecordRow {
  readonly id: string;
  readonly asset: Asset;
  readonly amount: Dec;
  /** `open`: neither CONFIRMED nor FAILED; a status we do not know is open too. */
  readonly status: 'confirmed' | 'failed' | 'open';
  /** Venue's wall ms. */
  readonly at: number;
}

export interface RecordPage {
  readonly rows: readonly RecordRow[];
  /** False when the venue holds more rows of this window than it listed. */
  readonly complete: boolean;
}

const PAGE_SIZE = 100;
/** Rows of one read of the capital flow at most (§5.9). */
const FLOW_LIMIT = 1000;

function pageOf(json: Parameters<typeof Reader.of>[0], where: string, idName: string): RecordPage {
  const page = Reader.of(json, where);
  // Without rows the list may be left out (§6.2).
  const rows = page.listOrEmpty('rows').map((row) => ({
    id: row.text(idName),
    asset: row.text('asset'),
    amount: row.dec('amount').abs(),
    status: statusOf(row.text('status')),
    at: row.time('timestamp'),
  }));
  const total = page.has('total') ? page.count('total') : rows.length;
  return { rows, complete: rows.length >= total };
}

export function statusOf(text: string): RecordRow['status'] {
  const word = text.toUpperCase();
  if (word === 'CONFIRMED') return 'confirmed';
  return word === 'FAILED' ? 'failed' : 'open';
}

/** Repayments or borrowings of one asset; `symbol` is empty for cross margin. With `txId` only that one. */
export async function readLoanRecords(
  client: BinanceClient,
  query: { readonly type: 'REPAY' | 'BORROW'; readonly asset: Asset; readonly symbol: string } & (
    { readonly txId: string } | { readonly since: number }
  ),
  signal: AbortSignal,
): Promise<RecordPage> {
  const params: Params = {
    type: query.type,
    asset: query.asset,
    ...(query.symbol === '' ? {} : { isolatedSymbol: query.symbol }),
    ...('txId' in query ? { txId: query.txId } : { startTime: String(query.since), size: String(PAGE_SIZE) }),
  };
  const json = await client.read(ENDPOINTS.borrowRepays, params, { signal, purpose: 'rescue' });
  return pageOf(json, 'margin/borrow-repay', 'txId');
}

/** Universal transfers of one type (and pair), any asset: the venue has no filter for assets or ids (§6.2). */
export async function readTransfers(
  client: BinanceClient,
  query: { readonly type: TransferType; readonly symbol: string; readonly since: number },
  signal: AbortSignal,
): Promise<RecordPage> {
  const params: Params = {
    type: query.type,
    startTime: String(query.since),
    size: String(PAGE_SIZE),
    ...transferSymbol(query.type, query.symbol),
  };
  const json = await client.read(ENDPOINTS.transfers, params, { signal, purpose: 'rescue' });
  return pageOf(json, 'asset/transfer', 'tranId');
}

/** One line of the capital flow: the second witness of every margin movement. */
export interface FlowRow {
  readonly tranId: string;
  readonly asset: Asset;
  readonly amount: Dec;
  readonly at: number;
}

export interface FlowPage {
  readonly rows: readonly FlowRow[];
  readonly complete: boolean;
}

export async function readFlow(
  client: BinanceClient,
  query: {
    readonly type: 'REPAY' | 'BORROW' | 'TRANSFER';
    readonly asset: Asset;
    readonly symbol: string;
    readonly since: number;
  },
  signal: AbortSignal,
): Promise<FlowPage> {
  const params: Params = {
    type: query.type,
    asset: query.asset,
    startTime: String(query.since),
    limit: String(FLOW_LIMIT),
    ...(query.symbol === '' ? {} : { symbol: query.symbol }),
  };
  const json = await client.read(ENDPOINTS.capitalFlow, params, { signal, purpose: 'rescue' });
  const rows = Reader.list(json, 'margin/capital-flow').map((row) => ({
    tranId: row.text('tranId'),
    asset: row.text('asset'),
    amount: row.dec('amount').abs(),
    at: row.time('timestamp'),
  }));
  return { rows, complete: rows.length < FLOW_LIMIT };
}

/** Cursor of records: the ids that were listed just before the send, so that they are never taken for ours. */
const KNOWN = 'known';
/** The cursor reaches further back than the evidence will, because the plan is a little older than the cursor. */
const CURSOR_SLACK_MS = 15_000;

/** Venue wall ms from which records are read for a cursor now. */
export async function cursorSince(client: BinanceClient): Promise<number> {
  return Math.floor((await client.time.now()) - client.timing.recordSkewMs - CURSOR_SLACK_MS);
}

export function cursorOf(page: RecordPage): Readonly<Record<string, string>> {
  return { [KNOWN]: page.rows.map((row) => row.id).join(',') };
}

/** Venue wall ms from which a record of this intent could be dated. */
export async function evidenceSince(client: BinanceClient, intent: Intent): Promise<number> {
  const offset = await client.time.known();
  return Math.floor((intent.sentAt ?? intent.plannedAt) + offset - client.timing.recordSkewMs);
}

export function knownIds(intent: Intent): ReadonlySet<string> {
  return new Set((intent.cursors[KNOWN] ?? '').split(',').filter((id) => id !== ''));
}
