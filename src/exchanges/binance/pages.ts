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

/** A span of time as the venue takes it; without an end it goes on until now. */
export interface Span {
  readonly startTime: string;
  readonly endTime?: string;
}

/** The venue's idea of now may be later than ours: the newest span is this much shorter, so that it is never too long. */
const SLACK_MS = 60_000;

/**
 * Spans of at most so many days that cover everything since `sinceMs`, newest first, with no moment in two of them. The
 * newest has no end: by the venue's own clock nothing may fall behind it.
 */
export function windows(sinceMs: number, nowMs: number, days: number): readonly Span[] {
  const since = Math.floor(sinceMs);
  const length = days * DAY_MS;
  let start = Math.max(since, Math.floor(nowMs) - length + SLACK_MS);
  const spans: Span[] = [{ startTime: String(start) }];
  while (start > since) {
    const end = start - 1;
    start = Math.max(since, end - length + 1);
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
    readonly spans: readonly Span[];
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
