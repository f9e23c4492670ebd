/**
 * What a venue's refusal means, as a table: code (and text, where one code means two things) → outcome.
 *
 * `rejected` is a promise that the money did not move, so it needs a row with a source. Everything else is `unknown`
 * (DESIGN §2.2): a 5xx outranks whatever its body says, a body that is not the venue's envelope says nothing, and a
 * code without a row is not guessed at.
 */
import type { RejectEffect, Reply } from '../core/intent.ts';
import { VenueError } from './exchange.ts';
import { statedIn } from './stated.ts';

export interface ErrorRow {
  readonly code: string;
  /** `null`: whatever the text. Rows of one code are tried in order. */
  readonly text: RegExp | null;
  readonly outcome: 'rejected' | 'unknown';
  readonly effect: RejectEffect;
  readonly meaning: string;
  /** Wait before a fresh look; `null` for none beyond the usual. The request itself is never sent again. */
  readonly waitMs: number | null;
  /** Where this is known from. */
  readonly source: string;
  /** A wire text that this row must match: its generated test uses it. */
  readonly sample: string;
}

/** A status that by itself proves the request was turned away at the door (rate limits, firewall). */
export interface StatusRow {
  readonly status: number;
  readonly effect: RejectEffect;
  readonly meaning: string;
  /** Used when the venue sends no usable `Retry-After`; a function of our wall clock. */
  readonly waitMs: (wall: number) => number;
  readonly source: string;
}

export interface ErrorTable {
  readonly rows: readonly ErrorRow[];
  readonly statuses: readonly StatusRow[];
}

/** Code and text as one venue's envelope carries them. */
export interface WireError {
  readonly code: string;
  readonly text: string;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `null` when the body is not the venue's error envelope. */
  readonly error: WireError | null;
  readonly wall: number;
}

export type Failure = Extract<Reply, { outcome: 'rejected' | 'unknown' }>;

/** Refusals whose text may name the minimum. */
const MINIMA: ReadonlySet<RejectEffect> = new Set<RejectEffect>(['tooSmall', 'dust', 'precision']);

export function findRow(table: ErrorTable, error: WireError): ErrorRow | null {
  return table.rows.find((row) => row.code === error.code && (row.text === null || row.text.test(error.text))) ?? null;
}

/** Classifies an answer that is not a success. */
export function classify(table: ErrorTable, refusal: Refusal): Failure {
  const { status, error, wall } = refusal;
  const code = error?.code ?? null;
  const asked = retryAfterMs(refusal.headers, wall);
  if (status >= 500) {
    return { outcome: 'unknown', reason: `status ${String(status)}: execution unknown`, code };
  }
  const door = table.statuses.find((row) => row.status === status);
  if (door !== undefined) {
    const wait = Math.max(asked ?? door.waitMs(wall), bannedForMs(error?.text ?? '', wall) ?? 0);
    return {
      outcome: 'rejected',
      code: code ?? String(status),
      meaning: door.meaning,
      retryAfterMs: wait,
      effect: door.effect,
    };
  }
  if (error === null) {
    return { outcome: 'unknown', reason: `status ${String(status)} without a readable error`, code: null };
  }
  const row = findRow(table, error);
  if (row === null) return { outcome: 'unknown', reason: `code ${error.code} is not in the error table`, code };
  if (row.outcome === 'unknown') return { outcome: 'unknown', reason: `${error.code} ${row.meaning}`, code };
  const stated = MINIMA.has(row.effect) ? statedIn(error.text) : null;
  return {
    ...(stated === null ? {} : { stated }),
    outcome: 'rejected',
    code: error.code,
    meaning: row.meaning,
    retryAfterMs: asked ?? bannedForMs(error.text, wall) ?? row.waitMs,
    effect: row.effect,
  };
}

/** `Retry-After` in ms: seconds or an HTTP date. `null` when absent, unreadable or zero (binance.md §3: zero was seen and means nothing). */
export function retryAfterMs(headers: Readonly<Record<string, string>>, wall: number): number | null {
  const value = headers['retry-after'];
  if (value === undefined) return null;
  const ms = /^\d{1,7}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - wall;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** "… IP banned until 1573535012345." (binance.md §4). */
function bannedForMs(text: string, wall: number): number | null {
  const until = /banned until (\d{13})/i.exec(text)?.[1];
  return until === undefined ? null : Math.max(0, Number(until) - wall);
}

/** The same failure as an error of a read. A read moves nothing, so an unknown outcome is just a read that failed. */
export function toVenueError(where: string, failure: Failure): VenueError {
  if (failure.outcome === 'unknown') return new VenueError('unavailable', `${where}: ${failure.reason}`, failure.code);
  const says = `${where}: ${failure.code} ${failure.meaning}`;
  return new VenueError(READ_KIND[failure.effect] ?? 'unavailable', says, failure.code, failure.retryAfterMs);
}

const READ_KIND: Partial<Record<RejectEffect, VenueError['kind']>> = {
  rateLimited: 'rateLimited',
  banned: 'banned',
  clock: 'clock',
  halt: 'permission',
};
