/**
 * The funding account and transfers out of and into it (okx.md §5). A transfer carries our client id, which is an
 * identifier and no idempotency key: it proves what happened, it does not stop a second send.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset, WalletView } from '../../core/loan.ts';
import { ZERO, type Dec } from '../../core/money.ts';
import { VenueError, type SignedRequest } from '../exchange.ts';
import { wireAmount } from '../parse.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { cannotTell, isPartial, phaseOf, type Records } from './judge.ts';
import {
  fundingBillRow,
  fundingRow,
  isNewer,
  readRows,
  transferStateRow,
  type FundingBillRow,
  type TransferStateRow,
} from './wire.ts';

/** Account types of a transfer. */
const FUNDING = '6';
const TRADING = '18';
/** Funding bills of a transfer from and to the trading account. */
const FROM_TRADING = '130';
const TO_TRADING = '131';
/** transfer-state for an id that never arrived: 58129 now, 51000 in older answers (okx.md §5, §9.7). */
const UNKNOWN_ID: readonly string[] = ['58129', '51000'];
export const PAGE = 100;

export async function readFunding(client: OkxClient, signal: AbortSignal): Promise<WalletView> {
  const asOf = client.clock.wall();
  const rows = readRows('asset/balances', fundingRow, await client.read(ENDPOINTS.fundingBalances, {}, signal));
  const free: Record<Asset, Dec> = {};
  for (const { ccy, available } of rows) {
    if (available.gt(ZERO)) free[ccy] = available;
  }
  return { name: 'funding', free, asOf };
}

/** Newest funding bill of an asset; empty when there is none. */
export async function billCursor(client: OkxClient, asset: Asset, signal: AbortSignal): Promise<string> {
  const rows = await readBills(client, { ccy: asset }, signal);
  return newest(rows.map(({ billId }) => billId));
}

/**
 * Bills of one type, newer than the cursor. Filtered here as well, because the documents do not agree on what a page
 * cursor of this endpoint means (okx.md §9.9).
 */
export async function billsSince(
  client: OkxClient,
  intent: Intent,
  type: string,
  cursor: string,
  signal: AbortSignal,
): Promise<Records> {
  const source = `asset/bills ${type}`;
  try {
    const rows = (await readBills(client, { ccy: intent.asset, type }, signal)).filter((row) => row.type === type);
    const newer = rows.filter((row) => row.ccy === intent.asset && isNewer(row.billId, cursor));
    const traces = newer.map(({ billId, change }) => ({
      source,
      id: billId,
      change,
      amount: change.abs(),
      moment: billId,
    }));
    return { source, traces, partial: isPartial(rows.length, PAGE, newer.length) };
  } catch (error) {
    if (error instanceof VenueError) return { source, traces: null, partial: false };
    throw error;
  }
}

/** Whether a later bill of one of these types moved exactly this much the other way. */
export async function billedBack(
  client: OkxClient,
  asset: Asset,
  bill: { readonly id: string; readonly change: Dec },
  types: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const rows = await readBills(client, { ccy: asset }, signal);
  const back = rows.find(
    (row) =>
      row.ccy === asset &&
      types.includes(row.type) &&
      isNewer(row.billId, bill.id) &&
      row.change.eq(bill.change.negated()),
  );
  return back?.billId ?? null;
}

async function readBills(
  client: OkxClient,
  filter: Record<string, string>,
  signal: AbortSignal,
): Promise<FundingBillRow[]> {
  const params = { ...filter, limit: String(PAGE) };
  return readRows('asset/bills', fundingBillRow, await client.read(ENDPOINTS.fundingBills, params, signal, 'rescue'));
}

/** The newest of venue ids, which exceed 2^53; empty for none. */
export function newest(ids: readonly string[]): string {
  return ids.reduce((best, id) => (isNewer(id, best) ? id : best), '');
}

export function signTransfer(client: OkxClient, intent: Intent): SignedRequest {
  const [from, to] = accountsOf(intent);
  return client.sign(intent.id, ENDPOINTS.transfer, {
    ccy: intent.asset,
    amt: wireAmount(intent.amount),
    from,
    to,
    type: '0',
    clientId: intent.clientId,
  });
}

/** The loan's own account is the trading account in spot mode and the funding account for flexible loans. */
function accountsOf(intent: Intent): readonly [from: string, to: string] {
  const code = (name: string): string => {
    if (name === 'funding') return FUNDING;
    if (name === 'trading' || (name === 'inside' && intent.product === 'okx.spotBorrow')) return TRADING;
    if (name === 'inside') return FUNDING;
    throw new VenueError('malformed', `no OKX account is called ${name}`);
  };
  const from = code(intent.from);
  const to = code(intent.to);
  if (from === to) throw new VenueError('malformed', 'transfer from an account to itself');
  return [from, to];
}

/**
 * transfer-state by client id first: it names success, pending and failed. An unknown id is a trace of nothing, but
 * proves it only when the bills agree and the signature has been dead for a while.
 */
export async function transferEvidence(client: OkxClient, intent: Intent, signal: AbortSignal): Promise<Evidence> {
  const state = await transferState(client, intent, signal);
  if (state !== null) return byState(intent, state);
  if (phaseOf(intent, client.venueNow(), client.timing.lagMarginMs) === 'early') {
    return { verdict: 'pending', why: 'the client id is not known yet, and it may still come' };
  }
  const cursor = intent.cursors['bills'];
  if (cursor === undefined) return cannotTell('no cursor of the bills was saved');
  const type = accountsOf(intent)[0] === TRADING ? FROM_TRADING : TO_TRADING;
  const rows = await readBills(client, { ccy: intent.asset, type }, signal);
  const newer = rows.filter((row) => row.type === type && row.ccy === intent.asset && isNewer(row.billId, cursor));
  const ours = newer.find((row) => row.clientId === intent.clientId);
  if (ours !== undefined) {
    return {
      verdict: 'happened',
      ref: ours.billId,
      amount: intent.amount,
      why: `asset/bills ${ours.billId} carries the client id`,
    };
  }
  if (newer.some((row) => row.clientId === '')) return cannotTell('a transfer without a client id may be this one');
  if (isPartial(rows.length, PAGE, newer.length)) return cannotTell('asset/bills holds more records than one page');
  return { verdict: 'didNotHappen', why: 'the client id is unknown to transfer-state and to asset/bills' };
}

async function transferState(client: OkxClient, intent: Intent, signal: AbortSignal): Promise<TransferStateRow | null> {
  try {
    const params = { clientId: intent.clientId, type: '0' };
    const data = await client.read(ENDPOINTS.transferState, params, signal, 'rescue');
    return readRows('asset/transfer-state', transferStateRow, data)[0] ?? null;
  } catch (error) {
    if (error instanceof VenueError && error.code !== null && UNKNOWN_ID.includes(error.code)) return null;
    throw error;
  }
}

function byState(intent: Intent, row: TransferStateRow): Evidence {
  const [from, to] = accountsOf(intent);
  const said = `transfer ${row.transId} is ${row.state}`;
  if (row.ccy !== intent.asset || !row.amt.eq(intent.amount) || row.from !== from || row.to !== to) {
    return cannotTell(`${said}, but it is not the transfer we sent`);
  }
  if (row.state === 'success') return { verdict: 'happened', ref: row.transId, amount: intent.amount, why: said };
  if (row.state === 'failed') return { verdict: 'didNotHappen', why: said, byRecord: true };
  return { verdict: 'pending', why: said };
}
