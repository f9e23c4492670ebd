/**
 * OKX's envelope and error table (okx.md §1.4, §1.5): what an answer proves about a money call, and what a failed read
 * is called. Codes live in `errorRows.ts`; this file says which code counts.
 */
import type { RejectEffect } from '../../core/intent.ts';
import { classify, toVenueError, type ErrorRow, type ErrorTable, type Failure, type WireError } from '../errorTable.ts';
import type { VenueError } from '../exchange.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { HttpReply } from '../transport.ts';
import { GROUPS } from './errorRows.ts';

/** Codes that mean success; `1` and `2` never do, although they come with HTTP 200. */
const SUCCESS = '0';

/** Waits named by the limit that was hit (okx.md §2): one window of the endpoint family. */
const WAITS: Readonly<Record<string, number>> = { '50011': 2_000, '50040': 2_000, '50061': 2_000, '58102': 1_000 };

/**
 * Where one code means two things its text decides. 51000 names the parameter: an amount that it dislikes has too many
 * decimals (§1.5 "bug / rounding") or is below a minimum that nobody publishes (§12.4, §12.7).
 */
const BY_TEXT: readonly ErrorRow[] = [
  {
    code: '51000',
    text: /\b(?:amt|collateralAmt)\b/i,
    outcome: 'rejected',
    effect: 'precision',
    meaning: 'the venue dislikes the amount: its decimals, or it is too small',
    waitMs: null,
    source: 'okx.md §1.5',
    sample: 'Parameter amt error',
  },
];

function tableRows(): readonly ErrorRow[] {
  const rows = GROUPS.flatMap((group): readonly ErrorRow[] => [
    ...group.doubts.map(([code, meaning]) => rowOf(code, 'unknown', 'none', meaning, group.source)),
    ...group.refusals.map(([code, effect, meaning]) => rowOf(code, 'rejected', effect, meaning, group.source)),
  ]);
  return [...BY_TEXT, ...rows];
}

function rowOf(
  code: string,
  outcome: ErrorRow['outcome'],
  effect: RejectEffect,
  meaning: string,
  source: string,
): ErrorRow {
  return { code, text: null, outcome, effect, meaning, waitMs: WAITS[code] ?? null, source, sample: meaning };
}

/**
 * No HTTP status proves anything by itself here: 429 also carries 50013 ("systems busy"), 400 also carries 50004
 * (outcome unknown), so only the code decides (okx.md §1.4, §9.6).
 */
export const OKX_ERRORS: ErrorTable = { rows: tableRows(), statuses: [] };

export type Envelope =
  { readonly ok: true; readonly data: readonly Json[] } | { readonly ok: false; readonly error: WireError | null };

/**
 * Reads the envelope, whatever the HTTP status. `data` may be missing on errors; `data[0].sCode` outranks `code`, both
 * ways: top `1` hides the reason there, and top `0` does not make a failed item good (okx.md §1.4).
 */
export function readEnvelope(json: Json | undefined): Envelope {
  if (!isObject(json)) return { ok: false, error: null };
  const code = textOf(json, 'code');
  if (code === null) return { ok: false, error: null };
  const data: Json = json['data'] ?? [];
  const rows: readonly Json[] | null = Array.isArray(data) ? data : null;
  const item = itemError(rows?.[0]);
  if (item !== null && item.code !== SUCCESS) return { ok: false, error: item };
  if (code !== SUCCESS) return { ok: false, error: { code, text: textOf(json, 'msg') ?? '' } };
  return rows === null ? { ok: false, error: null } : { ok: true, data: rows };
}

function itemError(row: Json | undefined): WireError | null {
  if (!isObject(row)) return null;
  const code = textOf(row, 'sCode');
  return code === null || code === '' ? null : { code, text: textOf(row, 'sMsg') ?? '' };
}

function textOf(object: JsonObject, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' ? value : null;
}

/** An answer that is a success, or what its failure proves. A 2xx status alone is no success. */
export type Verdict =
  { readonly ok: true; readonly data: readonly Json[] } | { readonly ok: false; readonly failure: Failure };

export function verdictOf(reply: HttpReply, wall: number): Verdict {
  const envelope = readEnvelope(reply.json);
  if (envelope.ok && reply.status >= 200 && reply.status < 300) return envelope;
  const error = envelope.ok ? null : envelope.error;
  return { ok: false, failure: classify(OKX_ERRORS, { status: reply.status, headers: reply.headers, error, wall }) };
}

/** The same as an error of a read. */
export function readError(where: string, failure: Failure): VenueError {
  return toVenueError(where, failure);
}
