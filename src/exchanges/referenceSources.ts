/**
 * Where outside prices are read: public tickers of the other venue, without a key. What is asked, how it is counted, what
 * the answer says. The adapters know more about their venue, but no adapter may know the other one (DESIGN §3), so the two
 * requests are written down here once more; a test compares the buckets with those of the adapters.
 */
import type { Asset, VenueName } from '../core/loan.ts';
import { classify, type ErrorTable, type Failure, type WireError } from './errorTable.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Bucket } from './limits.ts';
import { malformed } from './parse.ts';
import type { HttpReply } from './transport.ts';

/** Prices of coins in one quote, as the wire spelled them. */
export type Quotes = ReadonlyMap<Asset, string>;

export interface SourceRequest {
  readonly quote: Asset;
  readonly url: string;
  /** Asked instead once the venue has refused a parameter of `url` with 400; `null` when there is nothing to leave out. */
  readonly plainUrl: string | null;
  readonly bucket: Bucket;
  readonly points: number;
}

export interface Source {
  readonly venue: VenueName;
  readonly requests: readonly SourceRequest[];
  /** Response header that says what is used of the bucket, whoever spent it. */
  readonly usedHeader: string | null;
  /** @throws VenueError for an answer of another shape; a row of another shape is left out */
  readonly read: (reply: HttpReply, quote: Asset, wall: number) => Quotes;
  /** What an answer means that is no success; `null` for a success. */
  readonly failure: (reply: HttpReply, wall: number) => Failure | null;
}

/** Market data only, and for everybody: an account elsewhere needs no more of Binance (binance.md §1). */
export const BINANCE_DATA = 'https://data-api.binance.vision';
/** okx.md §1.1. */
export const OKX_REST = 'https://openapi.okx.com';

export function sourceOf(venue: VenueName, rest: string | null): Source {
  return venue === 'okx' ? okxSource(originOf(rest ?? OKX_REST)) : binanceSource(originOf(rest ?? BINANCE_DATA));
}

function originOf(rest: string): string {
  return rest.replace(/\/+$/, '');
}

const FIREWALL_MS = 300_000;
const BAN_MS = 120_000;

/** binance.md §3, §4: without a usable `Retry-After`, a firewall is given minutes and a limit the rest of the fixed minute. */
const BINANCE_ERRORS: ErrorTable = {
  rows: [],
  statuses: [
    {
      status: 403,
      effect: 'rateLimited',
      meaning: 'turned away by the firewall',
      waitMs: () => FIREWALL_MS,
      source: 'binance.md §3',
    },
    { status: 418, effect: 'banned', meaning: 'this IP is banned', waitMs: () => BAN_MS, source: 'binance.md §3' },
    {
      status: 429,
      effect: 'rateLimited',
      meaning: 'request limit broken',
      waitMs: (wall) => 61_000 - (wall % 60_000),
      source: 'binance.md §3',
    },
  ],
};

/**
 * `GET ticker/price` without a symbol: weight 4, as for several ones (binance.md §4.1), and no unlisted symbol can spoil it.
 * Pairs that are not traded any more keep their last price for ever; `symbolStatus` leaves them out where it is known
 * (typed by the `binance` package 3.6.5, absent from binance.md).
 */
function binanceSource(rest: string): Source {
  const host = URL.canParse(rest) ? new URL(rest).host : rest;
  const scope = `binance:ip:${host}`;
  const plainUrl = `${rest}/api/v3/ticker/price`;
  return {
    venue: 'binance',
    requests: [
      {
        quote: 'USDT',
        url: `${plainUrl}?symbolStatus=TRADING`,
        plainUrl,
        bucket: { id: `${scope}:api`, scope, limit: 6_000, windowMs: 60_000 },
        points: 4,
      },
    ],
    usedHeader: 'x-mbx-used-weight-1m',
    read: ({ json }, quote) => quotesOf(json, (row) => priceRow(row, 'symbol', quote, 'price')),
    failure: (reply, wall) => failureOf(BINANCE_ERRORS, reply, binanceError(reply.json), wall),
  };
}

function binanceError(json: Json | undefined): WireError | null {
  const code = isObject(json) ? textOf(json, 'code') : null;
  return isObject(json) && code !== null ? { code, text: textOf(json, 'msg') ?? '' } : null;
}

/** okx.md §1.5, §1.6: two seconds are the window of the endpoint. */
const OKX_ERRORS: ErrorTable = {
  rows: [
    {
      code: '50011',
      text: null,
      outcome: 'rejected',
      effect: 'rateLimited',
      meaning: 'rate limit reached',
      waitMs: 2_000,
      source: 'okx.md §1.5',
      sample: 'Requests too frequent.',
    },
  ],
  statuses: [
    { status: 429, effect: 'rateLimited', meaning: 'rate limit reached', waitMs: () => 2_000, source: 'okx.md §1.5' },
    // Not documented for OKX. They pause this reader only: a guess must not close the door to a rescue.
    ...[403, 418].map((status) => ({
      status,
      effect: 'rateLimited' as const,
      meaning: 'turned away at the door',
      waitMs: () => (status === 403 ? FIREWALL_MS : BAN_MS),
      source: 'as on Binance',
    })),
  ],
};

/** An index is pushed at least once a minute even when nothing changes (okx.md §8): one that is older has died. */
const DEAD_INDEX_MS = 120_000;

/** `GET market/index-tickers` by quote currency (okx.md §6): USDT to compare with, USD for the price of USDT itself. */
function okxSource(rest: string): Source {
  const path = 'market/index-tickers';
  const bucket = { id: `okx:ip:${path}`, scope: 'okx:ip', limit: 20, windowMs: 2_000 };
  return {
    venue: 'okx',
    requests: ['USDT', 'USD'].map((quote) => ({
      quote,
      url: `${rest}/api/v5/${path}?quoteCcy=${quote}`,
      plainUrl: null,
      bucket,
      points: 1,
    })),
    usedHeader: null,
    read: ({ json }, quote, wall) =>
      quotesOf(isObject(json) ? json['data'] : undefined, (row) =>
        isDead(row, wall) ? null : priceRow(row, 'instId', `-${quote}`, 'idxPx'),
      ),
    failure: (reply, wall) => failureOf(OKX_ERRORS, reply, okxError(reply.json), wall),
  };
}

function okxError(json: Json | undefined): WireError | null {
  const code = isObject(json) ? textOf(json, 'code') : null;
  return isObject(json) && code !== null && code !== '0' ? { code, text: textOf(json, 'msg') ?? '' } : null;
}

function isDead(row: JsonObject, wall: number): boolean {
  const ts = textOf(row, 'ts');
  return ts !== null && /^\d{13}$/.test(ts) && wall - Number(ts) > DEAD_INDEX_MS;
}

function failureOf(table: ErrorTable, reply: HttpReply, error: WireError | null, wall: number): Failure | null {
  if (reply.status === 200 && error === null) return null;
  return classify(table, { status: reply.status, headers: reply.headers, error, wall });
}

function quotesOf(rows: Json | undefined, read: (row: JsonObject) => readonly [Asset, string] | null): Quotes {
  if (!Array.isArray(rows)) throw malformed('reference prices', 'not a list');
  const list: readonly Json[] = rows;
  return new Map(list.flatMap((row) => (isObject(row) ? [read(row)] : [])).filter((found) => found !== null));
}

/** `BTCUSDT` or `BTC-USDT` with its price; `null` for any other quote, and for a row without text where text should be. */
function priceRow(row: JsonObject, name: string, ending: string, price: string): readonly [Asset, string] | null {
  const pair = textOf(row, name);
  const text = textOf(row, price);
  if (pair === null || text === null || !pair.endsWith(ending) || pair.length === ending.length) return null;
  return [pair.slice(0, -ending.length), text];
}

function textOf(object: JsonObject, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' ? value : null;
}
