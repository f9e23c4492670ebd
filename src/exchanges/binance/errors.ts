/** Binance's refusals: the table, its envelope, and its statuses (binance.md §3, §8). */
import { classify, type ErrorTable, type Failure, type WireError } from '../errorTable.ts';
import { isObject, type Json } from '../json.ts';
import type { HttpReply } from '../transport.ts';
import { GENERAL_ROWS, LOAN_ROWS, MARGIN_ROWS, TRANSFER_ROWS } from './errorRows.ts';

/** Buckets are fixed minutes (§4): without a usable `Retry-After` wait for the next full minute and a second. */
function nextMinute(wall: number): number {
  return 61_000 - (wall % 60_000);
}

export const BINANCE_ERRORS: ErrorTable = {
  rows: [...GENERAL_ROWS, ...MARGIN_ROWS, ...TRANSFER_ROWS, ...LOAN_ROWS],
  statuses: [
    {
      status: 403,
      effect: 'rateLimited',
      meaning: 'turned away by the firewall',
      waitMs: () => 300_000,
      source: 'binance.md §3',
    },
    { status: 418, effect: 'banned', meaning: 'this IP is banned', waitMs: () => 120_000, source: 'binance.md §3' },
    {
      status: 429,
      effect: 'rateLimited',
      meaning: 'request limit broken',
      waitMs: nextMinute,
      source: 'binance.md §3',
    },
  ],
};

/** `{"code":-1121,"msg":"Invalid symbol."}`; `null` for everything else. */
export function wireErrorOf(json: Json | undefined): WireError | null {
  if (!isObject(json)) return null;
  const { code, msg } = json;
  if (typeof code !== 'string' || !/^-?\d+$/.test(code)) return null;
  return { code, text: typeof msg === 'string' ? msg : '' };
}

/** What an answer other than a good 200 means. */
export function failureOf(reply: HttpReply, wall: number): Failure {
  return classify(BINANCE_ERRORS, {
    status: reply.status,
    headers: reply.headers,
    error: wireErrorOf(reply.json),
    wall,
  });
}
