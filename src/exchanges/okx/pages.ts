/** Long lists of the venue, page by page back in time (okx.md §9.9: every family of endpoints has cursors of its own). */
import type { Json } from '../json.ts';
import type { Reader } from '../parse.ts';
import type { OkxClient } from './client.ts';
import type { Endpoint } from './endpoints.ts';
import type { Params } from './signer.ts';
import { readRows } from './wire.ts';

const PAGE = 100;
/** Hourly rows of a month are eight pages per debt. */
const MOST_PAGES = 50;

export interface Listed<T> {
  readonly rows: readonly T[];
  /** False when the venue holds more rows of that time than were read. */
  readonly complete: boolean;
}

export interface Listing<T> {
  readonly endpoint: Endpoint;
  readonly params: Params;
  readonly rowOf: (row: Reader) => T;
  readonly at: (row: T) => number;
  /** Tells rows apart: pages may overlap. */
  readonly idOf: (row: T) => string;
  /** What `after` has to be for the rows older than this one. */
  readonly cursorOf: (row: T) => string;
}

/** A cursor that is a time may leave its own moment out or in; one later, it is in either way, and known rows are dropped. */
export function timeCursor(ts: number): string {
  return String(ts + 1);
}

/** Rows since then (the venue's dates), newest first as the venue lists them, each once. */
export async function readBack<T>(
  client: OkxClient,
  listing: Listing<T>,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const found = new Map<string, T>();
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const params: Params = { ...listing.params, limit: String(PAGE), ...(after === null ? {} : { after }) };
    const data: readonly Json[] = await client.read(listing.endpoint, params, signal);
    const rows = readRows(listing.endpoint.path, listing.rowOf, data);
    const before = found.size;
    for (const row of rows) found.set(listing.idOf(row), row);
    const oldest = rows.at(-1);
    const done = rows.length < PAGE || oldest === undefined || listing.at(oldest) < sinceMs;
    if (done) return { rows: since([...found.values()], listing, sinceMs), complete: true };
    // The cursor does not move on: what is older cannot be reached.
    if (found.size === before) break;
    after = listing.cursorOf(oldest);
  }
  return { rows: since([...found.values()], listing, sinceMs), complete: false };
}

function since<T>(rows: readonly T[], { at }: Listing<T>, sinceMs: number): T[] {
  return rows.filter((row) => at(row) >= sinceMs);
}
