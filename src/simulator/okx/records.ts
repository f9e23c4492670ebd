/** Rows that the venue keeps and hands out page by page, newest first. */

/** What every row has. */
export interface Row {
  /** Increasing decimal text, larger than 2^53 where the venue's ids are. */
  readonly id: string;
  /** Time the row states, ms. */
  readonly atMs: number;
}

/** Which rows a request asks for. */
export interface Page {
  /** Only rows older than this cursor. */
  readonly after?: bigint | undefined;
  /** Only rows newer than this cursor. */
  readonly before?: bigint | undefined;
  readonly limit: number;
}

/** How a cursor compares: the three endpoints families differ (okx.md §9.9). */
export type Cursor = 'idExclusive' | 'tsInclusive' | 'tsExclusive';

const PRUNE_BATCH = 512;

/** An append-only list that forgets rows older than `keepMs` of the rows' own time. */
export class Records<R extends Row> {
  readonly #rows: { readonly row: R; readonly addedMs: number }[] = [];
  readonly #keepMs: number;

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** `nowMs` is wire time: the row can be read once the record lag has passed since. */
  add(row: R, nowMs: number): void {
    this.#rows.push({ row, addedMs: nowMs });
    const horizon = row.atMs - this.#keepMs;
    const stale = this.#rows[PRUNE_BATCH];
    if (stale !== undefined && stale.row.atMs < horizon) this.#rows.splice(0, PRUNE_BATCH);
  }

  /** Rows added up to `visibleToMs` of wire time and not older than `sinceMs`, newest first. */
  page(cursor: Cursor, page: Page, window: { visibleToMs: number; sinceMs: number }, wanted: (row: R) => boolean): R[] {
    const found: R[] = [];
    for (let index = this.#rows.length - 1; index >= 0 && found.length < page.limit; index -= 1) {
      const entry = this.#rows[index];
      if (entry === undefined || entry.addedMs > window.visibleToMs || entry.row.atMs < window.sinceMs) continue;
      if (within(cursor, page, entry.row) && wanted(entry.row)) found.push(entry.row);
    }
    return found;
  }
}

function within(cursor: Cursor, page: Page, row: Row): boolean {
  const value = cursor === 'idExclusive' ? BigInt(row.id) : BigInt(row.atMs);
  const slack = cursor === 'tsInclusive' ? 1n : 0n;
  if (page.after !== undefined && value >= page.after + slack) return false;
  return page.before === undefined || value > page.before - slack;
}
