/** Keys and tokens that open streams (binance.md §9.3, §9.4). The sockets themselves live elsewhere. */
import type { BinanceHappening, BinanceStreams } from '../contract.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { WireError } from './wire.ts';

const LISTEN_KEY_MS = 60 * 60_000;
const LONGEST_TOKEN_MS = 86_400_000;

interface ListenKey {
  readonly key: string;
  expiresMs: number;
}

interface Token {
  readonly uid: string;
  readonly symbol: string;
  readonly expiresMs: number;
}

export class Streams implements BinanceStreams {
  readonly #desk: Desk;
  readonly #keys = new Map<string, ListenKey>();
  readonly #tokens = new Map<string, Token>();

  readonly #accounts: () => readonly Account[];

  constructor(desk: Desk, accounts: () => readonly Account[]) {
    this.#desk = desk;
    this.#accounts = accounts;
  }

  get tokenTimes(): 'us' | 'ms' {
    return this.#desk.settings.switches.tokenTimes;
  }

  uidOfListenKey(key: string): string | undefined {
    for (const [uid, known] of this.#keys) if (known.key === key && this.#desk.now() < known.expiresMs) return uid;
    return undefined;
  }

  listenToken(token: string): Token | undefined {
    const known = this.#tokens.get(token);
    return known !== undefined && this.#desk.now() < known.expiresMs ? known : undefined;
  }

  onHappening(tell: (happening: BinanceHappening) => void): () => void {
    // A status that changed while nobody listened is no news.
    for (const account of this.#accounts()) this.#desk.noteStatus(account);
    return this.#desk.onHappening(tell);
  }

  /** The account's key, new or extended: a repeated call returns the same one. */
  openKey(account: Account): string {
    const old = this.#keys.get(account.uid);
    const now = this.#desk.now();
    if (old !== undefined && now < old.expiresMs) {
      old.expiresMs = now + LISTEN_KEY_MS;
      return old.key;
    }
    const key = this.#word(60);
    this.#keys.set(account.uid, { key, expiresMs: now + LISTEN_KEY_MS });
    return key;
  }

  /** @throws WireError -1125 for a key that is not there any more */
  extendKey(account: Account, key: string): void {
    if (this.uidOfListenKey(key) !== account.uid) throw NO_KEY;
    this.openKey(account);
  }

  /** @throws WireError -1125 */
  closeKey(account: Account, key: string): void {
    if (this.uidOfListenKey(key) !== account.uid) throw NO_KEY;
    this.#keys.delete(account.uid);
  }

  /** A token for the account's cross or isolated stream. */
  openToken(
    account: Account,
    symbol: string,
    validityMs: number,
  ): { readonly token: string; readonly expiresMs: number } {
    const token = this.#word(64);
    const expiresMs = this.#desk.now() + Math.min(validityMs, LONGEST_TOKEN_MS);
    this.#tokens.set(token, { uid: account.uid, symbol, expiresMs });
    return { token, expiresMs };
  }

  #word(length: number): string {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const letter = (): string => letters.charAt(Math.floor(this.#desk.market.host.random() * letters.length));
    return Array.from({ length }, letter).join('');
  }
}

const NO_KEY = new WireError(-1125, 'This listenKey does not exist.');
