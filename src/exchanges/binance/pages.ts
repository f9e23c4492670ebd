/** Long lists of the venue, window by window and page by page (binance.md §5.4, §5.9, §7.1). */
import { Reader } from '../parse.ts';
import type { BinanceClient, Params } from './client.ts';
import type { Endpoint } from './endpoints.ts';

const DAY_MS = 86_400_000;
const PAGE_SIZE = 100;
/** Pages of one window at most: hourly rows of many coins over a month are some seventy. */
const MOST_PAGES = 100;

export interface Listed<T> {
  readonly rows: readonly T[];
  /** False when the venue holds more rows than were read. */
  readonly complete: boolean;
}

/** Spans of at most so many days that cover `sinceMs` to `untilMs`, newest first, with no moment in two of them. */
export function windows(
  sinceMs: number,
  untilMs: number,
  days: number,
): readonly { readonly startTime: string; readonly endTime: string }[] {
  const spans = [];
  for (let end = Math.ceil(untilMs); end >= sinceMs; end -= days * DAY_MS) {
    const start = Math.max(Math.floor(sinceMs), end - days * DAY_MS + 1);
    spans.push({ startTime: String(start), endTime: String(end) });
  }
  return spans;
}

/** Every row of every window. `sizeName` is the parameter that sizes a page: margin and loans differ. */
export async function readAll<T>(
  client: BinanceClient,
  request: {
    readonly endpoint: Endpoint;
    readonly params: Params;
    readonly sizeName: 'size' | 'limit';
    readonly spans: ReturnType<typeof windows>;
  },
  signal: AbortSignal,
  rowOf: (row: Reader) => T,
): Promise<Listed<T>> {
  const rows: T[] = [];
  let complete = true;
  for (const span of request.spans) {
    for (let page = 1; ; page += 1) {
      const query = { ...request.params, ...span, current: String(page), [request.sizeName]: String(PAGE_SIZE) };
      const answer = Reader.of(await client.read(request.endpoint, query, { signal }), request.endpoint.path);
      const listed = answer.listOrEmpty('rows');
      rows.push(...listed.map(rowOf));
      // `total` where the venue gives one; a short page is the last one either way.
      if (listed.length < PAGE_SIZE || (answer.has('total') && page * PAGE_SIZE >= answer.count('total'))) break;
      if (page < MOST_PAGES) continue;
      complete = false;
      break;
    }
  }
  return { rows, complete };
}
