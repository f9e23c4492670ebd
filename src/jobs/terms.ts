/** The terms of an account's loans, read now and then beside its lane: what `status` shows of rates, room and interest. */
import type { Clock } from '../clock.ts';
import type { AccountTerms, Reports } from '../exchanges/exchange.ts';
import { VenueError } from '../exchanges/exchange.ts';
import type { Errand } from './errands.ts';
import type { Shelf } from './shelf.ts';

/** Between two reads of a real account. Rates change by the hour; the room to borrow moves with prices. */
export const TERMS_EVERY_MS = 180_000;

export interface KeptTerms {
  /** `null` before the first read that succeeded. */
  readonly terms: AccountTerms | null;
  /** Why the newest read failed, wall ms; `null` when it did not. */
  readonly failed: Failed | null;
}

export interface Failed {
  readonly at: number;
  readonly says: string;
}

/** What slow reads need. */
export interface ReportDeps {
  readonly reports: Reports;
  readonly shelf: Shelf;
  readonly clock: Clock;
  /** Share of the waits: 1 for real accounts, less for simulated ones. */
  readonly scale: number;
  /** A simulated exchange may date interest by its tape: then no date says where to begin, and all of it is read. */
  readonly byTape: boolean;
}

/** A venue that does not answer is no news here: looks tell it. The failure is kept, so that old figures look old. */
export function termsErrand({ reports, shelf, clock, scale }: ReportDeps): Errand {
  const everyMs = Math.ceil(TERMS_EVERY_MS * scale);
  return {
    name: 'terms',
    everyMs,
    run: async (signal) => {
      const read = await attempt(signal, everyMs, clock, (within) => reports.terms(within));
      const known = await keptTerms(shelf);
      const kept: KeptTerms =
        'failed' in read ? { ...known, failed: read.failed } : { terms: read.value, failed: null };
      await shelf.keep('terms', kept);
    },
  };
}

export async function keptTerms(shelf: Shelf): Promise<KeptTerms> {
  return ((await shelf.report('terms')) as KeptTerms | null) ?? { terms: null, failed: null };
}

/** @throws what is neither the venue's nor the network's doing, and when the server stops */
export async function attempt<T>(
  signal: AbortSignal,
  withinMs: number,
  clock: Clock,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | { readonly failed: Failed }> {
  const late = AbortSignal.timeout(withinMs);
  try {
    return { value: await read(AbortSignal.any([signal, late])) };
  } catch (error) {
    if (signal.aborted || !(error instanceof VenueError || late.aborted)) throw error;
    const says = error instanceof VenueError ? error.message : `it took longer than ${String(withinMs)} ms`;
    return { failed: { at: clock.wall(), says } };
  }
}
