/**
 * Request weights. Every `/sapi` endpoint is a bucket of its own, per IP or per account; all of `/api` is one bucket
 * per IP; windows are fixed minutes (binance.md §4). Who goes on after 429 is banned (§3).
 */
import { WireError } from './wire.ts';

/** What a call costs and who pays. */
export interface Weight {
  readonly scope: 'ip' | 'uid';
  readonly cost: number;
}

export interface LimitSettings {
  readonly on: boolean;
  /** 429 answers in one minute after which an IP is banned. */
  readonly banAfter: number;
  /** Stretches or shrinks the minute, so that fast tests can run it at a tenth. */
  readonly windowScale: number;
}

const API_PER_MINUTE = 6_000;
const IP_PER_MINUTE = 12_000;
const UID_PER_MINUTE = 180_000;
const MINUTE_MS = 60_000;
const FIRST_BAN_MS = 2 * MINUTE_MS;
const LONGEST_BAN_MS = 3 * 24 * 60 * MINUTE_MS;

interface Bucket {
  window: number;
  used: number;
}

interface Record429 {
  window: number;
  ignored: number;
  bans: number;
  bannedUntilMs: number;
}

/** Meters calls. Rejected calls are charged too, as the header on error answers shows (§3). */
export class Limits {
  readonly #settings: LimitSettings;
  readonly #buckets = new Map<string, Bucket>();
  readonly #offenders = new Map<string, Record429>();

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** @throws WireError 418 while the IP is banned */
  checkBan(ip: string, nowMs: number): void {
    const offender = this.#offenders.get(ip);
    if (this.#settings.on && offender !== undefined && nowMs < offender.bannedUntilMs) {
      throw banned(offender.bannedUntilMs, nowMs);
    }
  }

  /**
   * Charges one call and tells the header that reports it.
   * @param uid undefined when the key is unknown: nobody's UID bucket is charged then
   * @throws WireError 429, later 418
   */
  charge(
    method: string,
    path: string,
    weight: Weight,
    ip: string,
    uid: string | undefined,
    nowMs: number,
  ): Record<string, string> {
    const isApi = path.startsWith('/api/');
    if (weight.scope === 'uid' && uid === undefined) return {};
    const payer = isApi ? `api ${ip}` : `${method} ${path} ${weight.scope === 'ip' ? ip : (uid ?? '')}`;
    const used = this.#add(payer, weight.cost, nowMs);
    const header = isApi ? 'X-MBX-USED-WEIGHT-1M' : `X-SAPI-USED-${weight.scope === 'ip' ? 'IP' : 'UID'}-WEIGHT-1M`;
    const headers = { [header]: String(used) };
    const most = isApi ? API_PER_MINUTE : weight.scope === 'ip' ? IP_PER_MINUTE : UID_PER_MINUTE;
    if (this.#settings.on && used > most) this.#refuse(ip, most, headers, nowMs);
    return headers;
  }

  #windowMs(): number {
    return MINUTE_MS * this.#settings.windowScale;
  }

  #add(payer: string, cost: number, nowMs: number): number {
    const window = Math.floor(nowMs / this.#windowMs());
    const bucket = this.#buckets.get(payer);
    const used = (bucket?.window === window ? bucket.used : 0) + cost;
    this.#buckets.set(payer, { window, used });
    return used;
  }

  #refuse(ip: string, most: number, headers: Record<string, string>, nowMs: number): never {
    const window = Math.floor(nowMs / this.#windowMs());
    const old = this.#offenders.get(ip) ?? { window, ignored: 0, bans: 0, bannedUntilMs: 0 };
    const ignored = (old.window === window ? old.ignored : 0) + 1;
    if (ignored > this.#settings.banAfter) {
      const banMs = Math.min(LONGEST_BAN_MS, FIRST_BAN_MS * 2 ** old.bans) * this.#settings.windowScale;
      this.#offenders.set(ip, { window, ignored: 0, bans: old.bans + 1, bannedUntilMs: nowMs + banMs });
      throw banned(nowMs + banMs, nowMs);
    }
    this.#offenders.set(ip, { ...old, window, ignored });
    const retryAfterSec = Math.ceil(((window + 1) * this.#windowMs() - nowMs) / 1000);
    throw tooMany(429, most, retryAfterSec, headers);
  }
}

/** The -1003 answer with 429 or 418; texts as in §4. */
export function tooMany(
  status: 429 | 418,
  most: number,
  retryAfterSec: number,
  headers: Record<string, string> = {},
): WireError {
  const text = `Too much request weight used; current limit is ${most} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`;
  return new WireError(-1003, text, status, { ...headers, 'Retry-After': String(retryAfterSec) });
}

/** The answer to everything from a banned IP. `untilMs` is wire time. */
export function banned(untilMs: number, nowMs: number): WireError {
  const text = `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`;
  return new WireError(-1003, text, 418, { 'Retry-After': String(Math.ceil((untilMs - nowMs) / 1000)) });
}
