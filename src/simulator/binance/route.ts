/** What an endpoint is to the face, and what a call hands to it. */
import type { Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { EMPTY } from './holdings.ts';
import type { Holdings } from './holdings.ts';
import type { Weight } from './limits.ts';
import type { Streams } from './streams.ts';
import { WireError } from './wire.ts';
import type { Json, Params } from './wire.ts';

/** What a key must be allowed to do; `trade` is "Spot & Margin Trading" (binance.md §2.5). */
export type Permission = 'read' | 'trade' | 'margin' | 'transfer';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** §2.2: nothing, the key header only, or key, timestamp and signature. */
  readonly security: 'none' | 'key' | 'signed';
  readonly needs?: Permission;
  readonly weight: Weight | ((params: Params) => Weight);
  readonly mandatory?: readonly string[];
  readonly optional?: readonly string[];
  /** It can move money. */
  readonly isMoney?: boolean;
  /** @throws WireError */
  run(call: Call): Json | Late;
}

/** An answer that the venue gives only after a while. */
export class Late {
  readonly body: Json;
  /** Wire ms. */
  readonly afterMs: number;

  constructor(body: Json, afterMs: number) {
    this.body = body;
    this.afterMs = afterMs;
  }
}

/** One request after its gates. */
export class Call {
  readonly desk: Desk;
  readonly streams: Streams;
  readonly params: Params;
  readonly mood: Mood;
  readonly #account: Account | undefined;
  readonly #inMicroseconds: boolean;

  constructor(
    desk: Desk,
    streams: Streams,
    params: Params,
    mood: Mood,
    account: Account | undefined,
    inMicroseconds = false,
  ) {
    this.#inMicroseconds = inMicroseconds;
    this.desk = desk;
    this.streams = streams;
    this.params = params;
    this.mood = mood;
    this.#account = account;
  }

  /** The account behind the key. Only endpoints without security have none. */
  get account(): Account {
    if (this.#account === undefined) throw new Error('an endpoint without security asked for its account');
    return this.#account;
  }

  /** A wire time as `/api` answers it: ms, or microseconds when the request asked for them (§2.1). Default: now. */
  stamp(atMs = this.desk.now()): number {
    return this.#inMicroseconds ? atMs * 1000 : atMs;
  }

  /** What the account's reads show: perhaps stale, perhaps nothing. */
  seen(): Holdings {
    if (this.mood.zeroBalances === true) return EMPTY;
    return this.account.heldAgo(this.mood.staleMs ?? this.desk.settings.readLagMs, this.desk.now());
  }

  /** Rows younger than this wire time are not listed yet. */
  visibleToMs(): number {
    return this.desk.now() - (this.mood.recordLagMs ?? this.desk.settings.recordLagMs);
  }

  /** Empty for cross, else the isolated symbol that a parameter names. */
  symbol(name = 'isolatedSymbol'): string {
    return this.params.find(name) ?? '';
  }

  /**
   * The time range asked for, ms. Without one: the last `usualDays`.
   * @throws WireError when it is longer than `mostDays` or ends before it starts
   */
  range(
    usualDays: number,
    mostDays: number,
    refusal: WireError = BAD_RANGE,
  ): { readonly fromMs: number; readonly toMs: number } {
    const end = this.params.whole('endTime');
    const start = this.params.whole('startTime');
    const toMs = end === undefined ? this.desk.now() : Number(end);
    const fromMs = start === undefined ? toMs - usualDays * DAY_MS : Number(start);
    const lastMs = end === undefined && start !== undefined ? Math.max(toMs, fromMs) : toMs;
    if (fromMs > lastMs || lastMs - fromMs > mostDays * DAY_MS) throw refusal;
    return { fromMs, toMs: lastMs };
  }

  /** One page of rows, newest first. @throws WireError -1130 */
  page<R>(rows: readonly R[], sizeName = 'size', most = 100): R[] {
    const current = Number(this.params.whole('current') ?? 1n);
    const size = Number(this.params.whole(sizeName) ?? 10n);
    if (current < 1) throw new WireError(-1130, "Data sent for parameter 'current' is not valid.");
    if (size < 1 || size > most) throw new WireError(-1130, `Data sent for parameter '${sizeName}' is not valid.`);
    return rows.slice((current - 1) * size, current * size);
  }
}

const DAY_MS = 86_400_000;
const BAD_RANGE = new WireError(-3011, 'Your input date is invalid.');

export const ip = (cost: number): Weight => ({ scope: 'ip', cost });
export const uid = (cost: number): Weight => ({ scope: 'uid', cost });
