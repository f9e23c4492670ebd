/**
 * Interest that margin charged (binance.md §5.9): hourly rows, listed for ninety days, thirty at a time. Flexible loans
 * have no such list: their interest grows the debt every minute and is never named.
 */
import { loanId, type Product } from '../../core/loan.ts';
import type { InterestRow } from '../exchange.ts';
import { onceEach, type Gaps } from '../gather.ts';
import { Reader } from '../parse.ts';
import { perYear } from '../rates.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { readPair } from './isolatedMargin.ts';
import { readAll, windows } from './pages.ts';

const WINDOW_DAYS = 30;
const KEPT_MS = 90 * 86_400_000;

interface Asking {
  readonly client: BinanceClient;
  readonly gaps: Gaps;
  readonly signal: AbortSignal;
}

export async function costsOf(
  products: readonly Product[],
  sinceMs: number,
  asking: Asking,
): Promise<readonly InterestRow[]> {
  const { client, gaps } = asking;
  const found: InterestRow[] = [];
  const now = await client.time.now();
  if (products.includes('binance.flexibleLoan')) {
    gaps.note(
      'binance.flexibleLoan',
      'the venue lists no interest of flexible loans: it grows the debt every minute at the rate that `terms` shows',
    );
  }
  if (sinceMs > 0 && sinceMs < now - KEPT_MS) gaps.note('binance', 'the venue lists interest for 90 days only');
  const spans = windows(Math.max(sinceMs, now - KEPT_MS), now, WINDOW_DAYS);
  for (const { product, key } of await pocketsOf(products, asking)) {
    const rows = await gaps.attempt(`${product}${key === '' ? '' : ` ${key}`} interest`, async () => {
      const listed = await readAll(
        client,
        {
          endpoint: ENDPOINTS.interestHistory,
          params: key === '' ? {} : { isolatedSymbol: key },
          sizeName: 'size',
          spans,
        },
        asking.signal,
        (row) => interestRow(row, client.account, product, key),
      );
      if (!listed.complete) gaps.note(`${product} interest`, 'more rows than can be read; the oldest are missing');
      return listed.rows;
    });
    found.push(...(rows ?? []));
  }
  return onceEach(found).filter(({ at }) => at >= sinceMs);
}

function interestRow(row: Reader, account: string, product: Product, key: string): InterestRow {
  return {
    loan: loanId(account, product, key),
    product,
    asset: row.text('asset'),
    // The venue's own spelling (§5.9).
    at: row.time('interestAccuredTime'),
    amount: row.amount('interest'),
    // A daily rate: principal × rate / 24 is the row's interest (§5.9).
    ratePerYear: perYear({ rate: row.amount('interestRate'), per: 'day' }),
    ref: row.text('txId'),
  };
}

/** Cross margin, and every isolated pair that was ever opened. */
export async function pocketsOf(
  products: readonly Product[],
  { client, gaps, signal }: Asking,
): Promise<readonly { readonly product: Product; readonly key: string }[]> {
  const cross = products.includes('binance.crossMargin') ? [{ product: 'binance.crossMargin', key: '' } as const] : [];
  if (!products.includes('binance.isolatedMargin')) return cross;
  const pairs = await gaps.attempt('binance.isolatedMargin pairs', async () => {
    const json = await client.read(ENDPOINTS.isolatedAccount, {}, { signal });
    return Reader.of(json, 'margin/isolated/account').list('assets').map(readPair);
  });
  return [
    ...cross,
    ...(pairs ?? []).map(({ symbol }) => ({ product: 'binance.isolatedMargin', key: symbol }) as const),
  ];
}
