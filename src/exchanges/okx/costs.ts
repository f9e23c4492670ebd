/** Interest that OKX charged (okx.md §3.6, §4.5): flexible loans list thirty days, the trading account a year. */
import { loanId, type LoanId, type Product } from '../../core/loan.ts';
import { VenueError, type InterestRow } from '../exchange.ts';
import { onceEach } from '../gather.ts';
import { perYear } from '../rates.ts';
import { ENDPOINTS } from './endpoints.ts';
import { SINGLE } from './flexibleView.ts';
import { readBack, timeCursor, type Listed } from './pages.ts';
import type { Asking } from './terms.ts';
import { loanInterestRow, spotInterestRow, type LoanInterestRow } from './termsWire.ts';
import { loanInfoRow, readRows } from './wire.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;

export async function costsOf(
  account: string,
  products: readonly Product[],
  sinceMs: number,
  asking: Asking,
): Promise<readonly InterestRow[]> {
  const [flexible, spot] = await Promise.all([
    products.includes('okx.flexibleLoan')
      ? asking.gaps.attempt('okx.flexibleLoan interest', () => flexibleCosts(account, sinceMs, asking))
      : null,
    products.includes('okx.spotBorrow')
      ? asking.gaps.attempt('okx.spotBorrow interest', () => spotCosts(account, sinceMs, asking))
      : null,
  ]);
  return onceEach([...(flexible ?? []), ...(spot ?? [])]);
}

async function flexibleCosts(account: string, sinceMs: number, asking: Asking): Promise<readonly InterestRow[]> {
  const { client, gaps } = asking;
  const oldest = client.clock.wall() + asking.offset - KEPT_DAYS * DAY_MS;
  if (sinceMs > 0 && sinceMs < oldest) gaps.note('okx.flexibleLoan', 'the venue lists interest for 30 days only');
  const { rows, loanOf, complete } = await perOrder(account, asking, (order) =>
    readBack(client, listing(order), sinceMs, asking.signal),
  );
  if (!complete) gaps.note('okx.flexibleLoan interest', 'more rows than can be read; the oldest are missing');
  return rows.map(({ refId, ccy, ts, interest, yearly }) => ({
    loan: loanOf.get(refId) ?? null,
    product: 'okx.flexibleLoan',
    asset: ccy,
    at: ts,
    amount: interest,
    ratePerYear: yearly,
    ref: refId,
  }));
}

function listing(order: Readonly<Record<string, string>>): Parameters<typeof readBack<LoanInterestRow>>[1] {
  return {
    endpoint: ENDPOINTS.loanInterest,
    params: order,
    rowOf: loanInterestRow,
    at: ({ ts }) => ts,
    idOf: ({ refId }) => refId,
    cursorOf: ({ refId }) => refId,
  };
}

/**
 * Rows of flexible loans name no order (§3.5): every row once, and for each order that is open the rows that it owns.
 * What is left belongs to closed orders, of which those in `known` are asked for as well; open ones are added to it.
 */
export async function perOrder<T extends { readonly refId: string }>(
  account: string,
  { client, signal }: Asking,
  read: (order: Readonly<Record<string, string>>) => Promise<Listed<T>>,
  known = new Set<string>(),
): Promise<{
  readonly rows: readonly T[];
  readonly loanOf: ReadonlyMap<string, LoanId>;
  readonly complete: boolean;
}> {
  const orders = readRows('loan-info', loanInfoRow, await client.read(ENDPOINTS.loanInfo, {}, signal));
  const all = await read({});
  const loanOf = new Map<string, LoanId>();
  const open = new Set(orders.map(({ ordId }) => ordId));
  for (const ordId of new Set([...open, ...known])) {
    const own =
      ordId === '' ? all : await read({ ordId }).catch((error: unknown) => closedRows(error, open.has(ordId)));
    for (const { refId } of own.rows)
      loanOf.set(refId, loanId(account, 'okx.flexibleLoan', ordId === '' ? SINGLE : ordId));
    known.add(ordId);
  }
  return { ...all, loanOf };
}

/** Nobody says whether the venue answers for an order that is closed: then its rows stay nobody's. */
function closedRows(error: unknown, isOpen: boolean): { readonly rows: readonly never[] } {
  if (isOpen || !(error instanceof VenueError)) throw error;
  return { rows: [] };
}

async function spotCosts(account: string, sinceMs: number, asking: Asking): Promise<readonly InterestRow[]> {
  const { client, gaps, signal } = asking;
  const listed = await readBack(
    client,
    {
      endpoint: ENDPOINTS.spotInterest,
      params: {},
      rowOf: spotInterestRow,
      at: ({ ts }) => ts,
      idOf: ({ ccy, ts, kind }) => `${ccy}:${String(ts)}:${kind}`,
      cursorOf: ({ ts }) => timeCursor(ts),
    },
    sinceMs,
    signal,
  );
  if (!listed.complete) gaps.note('okx.spotBorrow interest', 'more rows than can be read; the oldest are missing');
  return listed.rows.map(({ ccy, ts, interest, hourly, kind }) => ({
    loan: loanId(account, 'okx.spotBorrow', ''),
    product: 'okx.spotBorrow',
    asset: ccy,
    at: ts,
    amount: interest,
    ratePerYear: hourly === null ? null : perYear({ rate: hourly, per: 'hour' }),
    ref: `${ccy}:${String(ts)}:${kind}`,
  }));
}
