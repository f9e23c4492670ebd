/**
 * A venue with books of its own, in memory: it accepts, rejects, loses answers, executes or not, lags, fails section by
 * section, throws and hangs, as a test tells it. It counts every request that reached it.
 */
import type { Clock } from '../../src/clock.ts';
import type { Evidence, Intent, RejectEffect, Reply } from '../../src/core/intent.ts';
import type { AccountView, Asset, LoanView, Product, SectionState } from '../../src/core/loan.ts';
import { loanId } from '../../src/core/loan.ts';
import { Dec, parse } from '../../src/core/money.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type {
  ExternalAct,
  ExternalActs,
  ExternalKind,
  Finding,
  PriceTick,
  SignedRequest,
  Stop,
  Venue,
} from '../../src/exchanges/exchange.ts';
import { coin, debt, loan } from '../core/build.ts';

/** What the venue does with the next money call. */
export type Conduct =
  /** `settleMs`: the record stays open for so long; `null`: until `finish()`. */
  | { readonly do: 'accept'; readonly settleMs?: number | null; readonly fails?: boolean }
  | { readonly do: 'reject'; readonly effect?: RejectEffect; readonly retryAfterMs?: number }
  | { readonly do: 'refuse' }
  /** The answer is lost, with or without the effect. */
  | { readonly do: 'lose'; readonly executes: boolean; readonly settleMs?: number | null }
  | { readonly do: 'throw' };

interface Books {
  debt: Dec;
  btc: Dec;
  inside: Dec;
  liquidating: boolean;
}

interface Row {
  readonly id: string;
  readonly intent: Intent;
  readonly doneAt: number | null;
  readonly fails: boolean;
  status: 'open' | 'confirmed' | 'failed';
}

export interface FakeOptions {
  readonly clock: Clock;
  readonly account: string;
  readonly product: Product;
  /** By key; the empty key is an account-wide loan. Debt in USDT, collateral in BTC. */
  readonly loans: Readonly<Record<string, { readonly debt: string; readonly btc: string; readonly inside?: string }>>;
  readonly wallet: Readonly<Record<Asset, string>>;
  readonly price?: string;
}

export const UID = '42';
/** Validity of a signed request, ms. */
export const WINDOW_MS = 3_000;

export class FakeVenue implements Venue {
  readonly name: 'binance' | 'okx';
  readonly products: readonly Product[];
  readonly clock: Clock;
  readonly product: Product;
  readonly account: string;
  readonly loans: Map<string, Books>;
  readonly wallet: Map<Asset, Dec>;
  price: Dec;
  /** Served first to last; when it is empty, calls are accepted and done at once. */
  readonly script: Conduct[] = [];
  /** Every money request that arrived, in order. */
  readonly sent: Intent[] = [];
  readonly records: Row[] = [];
  readonly failing = new Map<string, string>();
  /** Sections that were read so many ms ago. */
  readonly aged = new Map<string, number>();
  observeError: Error | null = null;
  /** The published line, and what the venue itself says of the LTV. */
  line = '0.9';
  venueLtv: readonly [low: string, high: string] | null = null;
  evidenceError: Error | null = null;
  cursorsError: Error | null = null;
  /** Reads show this view instead. */
  frozen: AccountView | null = null;
  /** Awaited by every money call after it arrived and before it is answered; and by every observation. */
  beforeReply: (intent: Intent) => Promise<void> = () => Promise.resolve();
  beforeObserve: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  /** What others did, and lists that cannot be read; how often these were asked for, and since when. */
  readonly acts: ExternalAct[] = [];
  gaps: ExternalActs['gaps'] = [];
  readonly asked: number[] = [];
  looks = 0;
  /** How often it was asked how much may leave, and what it answers; `null` is all that a loan holds. */
  askedMost = 0;
  lets: Dec | null = null;
  readonly watches = new Set<{ readonly assets: readonly Asset[]; readonly onPrice: (tick: PriceTick) => void }>();
  /** Money calls that are under way now, and the most there ever were. */
  underWay = 0;
  most = 0;
  readonly #signed = new Map<string, Intent>();

  constructor(options: FakeOptions) {
    this.product = options.product;
    this.products = [options.product];
    this.name = options.product.startsWith('okx') ? 'okx' : 'binance';
    this.clock = options.clock;
    this.account = options.account;
    this.price = parse(options.price ?? '10000');
    this.loans = new Map(
      Object.entries(options.loans).map(([key, one]) => [
        key,
        { debt: parse(one.debt), btc: parse(one.btc), inside: parse(one.inside ?? '0'), liquidating: false },
      ]),
    );
    this.wallet = new Map(Object.entries(options.wallet).map(([asset, amount]) => [asset, parse(amount)]));
  }

  id(key: string): string {
    return loanId(this.account, this.product, key);
  }

  books(key: string): Books {
    const found = this.loans.get(key);
    if (found === undefined) throw new Error(`no loan ${key}`);
    return found;
  }

  /** Sends of each intent. */
  sends(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { id } of this.sent) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  /** Everything that is still on its way arrives. */
  finish(): void {
    for (const row of this.records) if (row.status === 'open') this.#settle(row);
  }

  async observe(signal: AbortSignal): Promise<AccountView> {
    this.looks += 1;
    await this.beforeObserve(signal);
    if (signal.aborted) throw new Error('aborted');
    if (this.observeError !== null) throw this.observeError;
    this.#tick();
    return this.frozen ?? this.view();
  }

  view(): AccountView {
    const now = this.clock.wall();
    const { wallet } = PRODUCT_FACTS[this.product];
    const section = (name: string): SectionState => {
      const reason = this.failing.get(name);
      if (reason !== undefined) return { state: 'failed', reason, at: now };
      return { state: 'fresh', asOf: now - (this.aged.get(name) ?? 0) };
    };
    const walletFails = this.failing.has(`wallet.${wallet}`);
    const free = Object.fromEntries([...this.wallet].filter(([, amount]) => amount.gt(0)));
    return {
      account: this.account,
      uid: UID,
      asOf: now,
      sections: { [this.product]: section(this.product), [`wallet.${wallet}`]: section(`wallet.${wallet}`) },
      loans: this.failing.has(this.product) ? [] : [...this.loans].map(([key, books]) => this.#loanView(key, books)),
      wallets: walletFails ? [] : [{ name: wallet, free, asOf: now }],
      prices: { BTC: this.price, USDT: new Dec(1) },
    };
  }

  #loanView(key: string, books: Books): LoanView {
    const margin = PRODUCT_FACTS[this.product].inside !== null;
    const usdt = margin ? [coin({ asset: 'USDT', amount: books.inside, price: '1' })] : [];
    const made = loan({
      account: this.account,
      product: this.product,
      key,
      line: this.line,
      ...(this.venueLtv === null ? {} : { venueLtv: this.venueLtv }),
      debts: [debt({ amount: books.debt })],
      coins: [coin({ amount: books.btc, free: margin ? books.btc : '0', price: this.price }), ...usdt],
      status: books.liquidating ? 'liquidating' : books.debt.isZero() ? 'closed' : 'open',
    });
    return { ...made, asOf: this.clock.wall() };
  }

  async mostToRelease(loan: LoanView, assets: readonly Asset[]): Promise<Record<Asset, Dec>> {
    await Promise.resolve();
    this.askedMost += 1;
    const held = (asset: Asset): Dec => loan.collateral.find((one) => one.asset === asset)?.amount ?? new Dec(0);
    return Object.fromEntries(assets.map((asset) => [asset, this.lets ?? held(asset)]));
  }

  async cursors(): Promise<Readonly<Record<string, string>>> {
    await Promise.resolve();
    if (this.cursorsError !== null) throw this.cursorsError;
    return { known: this.records.map(({ id }) => id).join(',') };
  }

  sign(intent: Intent): SignedRequest {
    this.#signed.set(intent.id, intent);
    const now = this.#venueNow();
    const request = { method: 'POST', url: 'https://venue.invalid/money', headers: {}, body: intent.amount } as const;
    return { ...request, intentId: intent.id, signedAt: now, validUntil: now + WINDOW_MS };
  }

  async send(request: SignedRequest): Promise<Reply> {
    const intent = this.#signed.get(request.intentId);
    if (intent === undefined) throw new Error('never signed here');
    const conduct = this.script.shift() ?? { do: 'accept' };
    if (conduct.do === 'throw') throw new Error('a bug in the adapter');
    if (conduct.do === 'refuse') return { outcome: 'refused', reason: 'no connection' };
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    this.sent.push(intent);
    const reply = this.#carryOut(intent, conduct);
    await this.beforeReply(intent);
    this.underWay -= 1;
    return reply;
  }

  #carryOut(intent: Intent, conduct: Exclude<Conduct, { readonly do: 'refuse' | 'throw' }>): Reply {
    if (conduct.do === 'reject') {
      const { effect = 'none', retryAfterMs = null } = conduct;
      return { outcome: 'rejected', code: '-1', meaning: 'no', retryAfterMs, effect };
    }
    if (conduct.do === 'lose' && !conduct.executes) return { outcome: 'unknown', reason: 'reset', code: null };
    const settleMs = conduct.settleMs === undefined ? 0 : conduct.settleMs;
    const row: Row = {
      id: `r${String(this.records.length + 1)}`,
      intent,
      doneAt: settleMs === null ? null : this.clock.wall() + settleMs,
      fails: conduct.do === 'accept' && conduct.fails === true,
      status: 'open',
    };
    this.records.push(row);
    this.#tick();
    if (conduct.do === 'lose') return { outcome: 'unknown', reason: 'reset', code: null };
    return { outcome: 'accepted', ref: row.id, final: false, note: 'accepted' };
  }

  #tick(): void {
    for (const row of this.records) {
      if (row.status === 'open' && row.doneAt !== null && row.doneAt <= this.clock.wall()) this.#settle(row);
    }
  }

  #settle(row: Row): void {
    row.status = row.fails ? 'failed' : 'confirmed';
    if (row.fails) return;
    const { verb, asset, from, key } = row.intent;
    const amount = parse(row.intent.amount);
    const books = this.books(key);
    if (verb === 'transferOut' || verb === 'reduce') {
      books.btc = books.btc.minus(amount);
      this.wallet.set(asset, (this.wallet.get(asset) ?? new Dec(0)).plus(amount));
      return;
    }
    const pay = (by: Dec): void => void this.wallet.set(asset, (this.wallet.get(asset) ?? new Dec(0)).minus(by));
    if (from === 'inside') books.inside = books.inside.minus(amount);
    else pay(amount);
    if (verb === 'repay') books.debt = Dec.max(0, books.debt.minus(amount));
    else if (asset === 'BTC') books.btc = books.btc.plus(amount);
    else books.inside = books.inside.plus(amount);
  }

  async evidence(intent: Intent): Promise<Evidence> {
    await Promise.resolve();
    if (this.evidenceError !== null) throw this.evidenceError;
    this.#tick();
    const row = this.records.find((one) => one.intent.id === intent.id);
    if (row?.status === 'open') return { verdict: 'pending', why: 'the record is open' };
    if (row?.status === 'failed') return { verdict: 'didNotHappen', why: 'the record says FAILED', byRecord: true };
    if (row !== undefined)
      return { verdict: 'happened', ref: row.id, amount: intent.amount, why: 'the record is final' };
    const certain = intent.validUntil !== null && this.#venueNow() > intent.validUntil + 1_000;
    return certain ? { verdict: 'didNotHappen', why: 'no trace' } : { verdict: 'cannotTell', why: 'it may still come' };
  }

  /**
   * Somebody else moves debt (USDT) or collateral (BTC) of a loan.
   * @param unlisted the venue's records do not show it
   */
  somebody(
    kind: ExternalKind,
    key: string,
    by: { readonly debt?: string; readonly btc?: string; readonly unlisted?: boolean },
  ): void {
    const books = this.books(key);
    books.debt = books.debt.plus(by.debt ?? '0');
    books.btc = books.btc.plus(by.btc ?? '0');
    for (const [what, asset, text] of [
      ['debt', 'USDT', by.debt],
      ['collateral', 'BTC', by.btc],
    ] as const) {
      if (text === undefined || by.unlisted === true) continue;
      const change = parse(text);
      this.acts.push({
        at: this.clock.wall(),
        product: this.product,
        loan: this.id(key),
        kind,
        effect: `${what}${change.isNegative() ? 'Down' : 'Up'}`,
        asset,
        amount: change.abs(),
        changes: [{ what, of: this.id(key), asset, change }],
        ref: `x${String(this.acts.length + 1)}`,
        says: `${kind} of ${change.abs().toFixed()} ${asset}`,
      });
    }
  }

  async external(sinceMs: number, ours: () => Promise<readonly Intent[]>): Promise<ExternalActs> {
    this.asked.push(sinceMs);
    await ours();
    return { acts: this.acts.filter(({ at }) => at >= sinceMs), inWork: [], gaps: this.gaps };
  }

  watchPrices(assets: readonly Asset[], onPrice: (tick: PriceTick) => void): Stop {
    const watch = { assets, onPrice };
    this.watches.add(watch);
    return () => Promise.resolve(void this.watches.delete(watch));
  }

  /** The feed says a price. */
  tick(asset: Asset, price: Dec | number): void {
    const tick: PriceTick = { asset, price: new Dec(price), at: this.clock.wall() };
    for (const { assets, onPrice } of this.watches) if (assets.includes(asset)) onPrice(tick);
  }

  findings: readonly Finding[] | Error = [];
  async examine(): Promise<readonly Finding[]> {
    await Promise.resolve();
    if (this.findings instanceof Error) throw this.findings;
    return this.findings;
  }

  /** How far the venue's clock is ahead. */
  clockAheadMs: number | null = 0;
  clockOffsetMs(): number | null {
    return this.clockAheadMs;
  }

  #venueNow(): number {
    return this.clock.wall() + (this.clockAheadMs ?? 0);
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}
