/** Reports that are put together from many reads, of which some may fail. */
import { VenueError, type Gap } from './exchange.ts';

export class Gaps {
  readonly #gaps: Gap[] = [];
  #readAny = false;
  #first: unknown = null;

  get list(): readonly Gap[] {
    return this.#gaps;
  }

  note(section: string, reason: string): void {
    this.#gaps.push({ section, reason });
  }

  /** What was read, or `null` and a gap that says why not. */
  async attempt<T>(section: string, read: () => Promise<T>): Promise<T | null> {
    try {
      const value = await read();
      this.#readAny = true;
      return value;
    } catch (error) {
      this.#first ??= error;
      this.note(section, reasonOf(error));
      return null;
    }
  }

  /** When every read failed, the first reason speaks for all. @throws that error */
  refuseNothing(): void {
    if (!this.#readAny && this.#first !== null) throw asVenueError(this.#first);
  }
}

/** Never a word of a lower layer: it might quote what was sent. */
export function asVenueError(error: unknown): VenueError {
  if (error instanceof VenueError) return error;
  // The time that the whole reading was given ran out while this part waited for its turn.
  if (error instanceof Error && error.name === 'TimeoutError') return new VenueError('network', 'no answer in time');
  return new VenueError('malformed', error instanceof Error ? `unexpected ${error.name}` : 'unexpected failure');
}

function reasonOf(error: unknown): string {
  return asVenueError(error).message;
}

/** From lists that have the newest first; rows of one moment keep their order. */
export function oldestFirst<T extends { readonly at: number }>(rows: readonly T[]): T[] {
  return [...rows].reverse().sort((one, other) => one.at - other.at);
}

/** Each row once: a loan and a `ref` name it. */
export function onceEach<T extends { readonly ref: string; readonly loan: string | null }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [`${row.loan ?? ''} ${row.ref}`, row])).values()];
}
