/** What every part of the simulated OKX works with: clocks, prices, settings, accounts, and the one way to change them. */
import type { Dec } from '../../core/money.ts';
import type { Market, Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Holdings } from './holdings.ts';
import type { Row } from './records.ts';
import type { OkxSettings } from './world.ts';
import { yearlyRate } from './world.ts';

/** USD values on the wire carry at most so many decimals. */
const USD_DECIMALS = 8;

const EMPTY: Holdings = { funding: new Map(), trading: new Map(), orders: new Map() };

/** The state and services that all parts share. */
export class Core {
  readonly market: Market;
  readonly settings: OkxSettings;
  readonly accounts: readonly Account[];
  readonly #byKey = new Map<string, Account>();
  readonly #listeners = new Set<(uid: string) => void>();
  #rememberMs: number;

  constructor(market: Market, settings: OkxSettings, accounts: readonly Account[]) {
    this.market = market;
    this.settings = settings;
    this.#rememberMs = settings.readLagMs;
    this.accounts = accounts;
    for (const account of accounts) {
      if (this.#byKey.has(account.key.id)) throw new Error(`two OKX accounts share the key ${account.key.id}`);
      this.#byKey.set(account.key.id, account);
    }
    const uids = new Set(accounts.map((account) => account.uid));
    if (uids.size !== accounts.length) throw new Error('two OKX accounts share a uid');
  }

  /** Wire time, ms. */
  now(): number {
    return this.market.host.now();
  }

  /** Index price in USD. */
  readonly price = (asset: string): Dec => this.market.price(asset);

  /** Whether the venue knows the currency at all. */
  knows(ccy: string): boolean {
    return this.market.assets().includes(ccy);
  }

  /** Whether the currency can be borrowed here. */
  lends(ccy: string): boolean {
    return this.knows(ccy) && yearlyRate(this.settings, ccy) !== undefined;
  }

  byKey(keyId: string): Account | undefined {
    return this.#byKey.get(keyId);
  }

  /** By name or uid. */
  account(nameOrUid: string): Account | undefined {
    return this.accounts.find(({ name, uid }) => name === nameOrUid || uid === nameOrUid);
  }

  /** What the account's reads show. */
  seen(account: Account, mood: Mood): Holdings {
    return mood.zeroBalances === true ? EMPTY : account.at(this.now() - (mood.staleMs ?? this.settings.readLagMs));
  }

  /** Makes a change of holdings true. */
  commit(account: Account, next: Holdings): void {
    account.commit(next, this.now(), this.#rememberMs);
    for (const tell of this.#listeners) tell(account.uid);
  }

  /** Calls `tell` with the UID of every account whose holdings change; returns a stop function. */
  onChange(tell: (uid: string) => void): () => void {
    this.#listeners.add(tell);
    return () => {
      this.#listeners.delete(tell);
    };
  }

  /** Keeps from now on what reads that are stale by up to `ms` of wire time need. */
  remember(ms: number): void {
    this.#rememberMs = Math.max(this.#rememberMs, ms);
  }

  /** Which records can be read now; `clockMs` is the clock that the records' own times follow. */
  window(mood: Mood, keepMs: number, clockMs = this.now()): { visibleToMs: number; sinceMs: number } {
    return { visibleToMs: this.now() - (mood.recordLagMs ?? this.settings.recordLagMs), sinceMs: clockMs - keepMs };
  }

  /** Head of a new record at wire time. */
  row(series: 'ref' | 'fundingBill' | 'bill' | 'borrow'): Row {
    return { id: this.market.nextId(`okx.${series}`), atMs: this.now() };
  }
}

/** USD value as wire text. */
export function usdText(value: Dec): string {
  return value.toDecimalPlaces(USD_DECIMALS).toFixed();
}
