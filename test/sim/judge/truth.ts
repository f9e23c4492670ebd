/**
 * What really moved, as the venues' books have it: every change of an account's holdings, with the request, deed or tick
 * that caused it. Ballast's own opinion has no part in this.
 */
import type { Dec } from '../../../src/core/money.ts';
import { ZERO } from '../../../src/core/money.ts';
import type { Host, WireReply, WireRequest } from '../../../src/simulator/contract.ts';
import type { Holdings as BinanceHoldings, Pocket } from '../../../src/simulator/binance/holdings.ts';
import type { Holdings as OkxHoldings } from '../../../src/simulator/okx/holdings.ts';
import type { Simulation } from '../../../src/simulator/simulation.ts';

/** Coins by place: `spot USDT`, `cross USDT owed`, `order 12 BTC pledged`. */
export type Flat = ReadonlyMap<string, Dec>;

export type Cause =
  /** A request; `tag` is the intent it carried, `null` none. */
  | { readonly kind: 'request'; readonly tag: string | null; readonly path: string }
  /** Somebody else: the owner by hand, or the venue by itself. */
  | { readonly kind: 'deed'; readonly what: string }
  /** Time: interest and liquidations. */
  | { readonly kind: 'tick' };

export interface Move {
  readonly at: number;
  readonly account: string;
  readonly cause: Cause | null;
  readonly changes: Flat;
}

interface State {
  readonly at: number;
  readonly holdings: Flat;
}

export class Truth {
  readonly moves: Move[] = [];
  readonly #states = new Map<string, State[]>();
  readonly #now: () => number;
  #cause: Cause | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Timers of the books belong to whatever set them. */
  hostOver(host: Host): Host {
    return {
      now: () => host.now(),
      random: () => host.random(),
      later: (ms, run) => {
        const cause = this.#cause;
        return host.later(ms, () => this.during(cause, run));
      },
    };
  }

  /** Listens to everything that changes holdings, and to everything that may be the cause. */
  watch(simulation: Simulation, onHandled: (request: WireRequest, reply: WireReply) => void): void {
    const { binance, okx } = simulation;
    for (const account of binance.books.accounts()) {
      this.#begin(account.name, flatBinance(account.holdings));
      const put = account.put.bind(account);
      account.put = (holdings, nowMs) => {
        put(holdings, nowMs);
        this.#note(account.name, flatBinance(holdings));
      };
    }
    for (const account of okx.books.accounts()) {
      this.#begin(account.name, flatOkx(account.holdings));
      const commit = account.commit.bind(account);
      account.commit = (next, nowMs, rememberMs) => {
        commit(next, nowMs, rememberMs);
        this.#note(account.name, flatOkx(next));
      };
    }
    for (const face of [binance.face, okx.face]) {
      const handle = face.handle.bind(face);
      face.handle = (request, mood) => {
        const tag = request.headers['x-ballast-intent'] ?? null;
        const reply = this.during({ kind: 'request', tag, path: request.path }, () => handle(request, mood));
        onHandled(request, reply);
        return reply;
      };
    }
    for (const books of [binance.books, okx.books]) {
      const tick = books.tick.bind(books);
      books.tick = (from, to) => this.during({ kind: 'tick' }, () => tick(from, to));
    }
  }

  during<T>(cause: Cause | null, run: () => T): T {
    const outer = this.#cause;
    this.#cause = cause;
    try {
      return run();
    } finally {
      this.#cause = outer;
    }
  }

  /** What an account holds now. */
  now(account: string): Flat {
    return this.#states.get(account)?.at(-1)?.holdings ?? new Map<string, Dec>();
  }

  /** Every state an account was in since a moment, the one that held at it first. */
  since(account: string, at: number): readonly Flat[] {
    const states = this.#states.get(account) ?? [];
    const first = Math.max(
      0,
      states.findLastIndex((state) => state.at <= at),
    );
    return states.slice(first).map(({ holdings }) => holdings);
  }

  #begin(account: string, holdings: Flat): void {
    this.#states.set(account, [{ at: this.#now(), holdings }]);
  }

  #note(account: string, holdings: Flat): void {
    const at = this.#now();
    const changes = difference(this.now(account), holdings);
    if (changes.size === 0) return;
    this.#states.get(account)?.push({ at, holdings });
    this.moves.push({ at, account, cause: this.#cause, changes });
  }
}

function difference(before: Flat, after: Flat): Flat {
  const changes = new Map<string, Dec>();
  for (const place of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(place) ?? ZERO, after.get(place) ?? ZERO];
    if (!is.eq(was)) changes.set(place, is.minus(was));
  }
  return changes;
}

function flatBinance({ spot, earn, funding, cross, isolated, flexible }: BinanceHoldings): Flat {
  const flat = new Map<string, Dec>();
  for (const [wallet, amounts] of Object.entries({ spot, earn, funding })) {
    for (const [asset, coins] of amounts) flat.set(`${wallet} ${asset}`, coins);
  }
  flattenPocket(flat, 'cross', cross);
  for (const [symbol, pocket] of isolated) flattenPocket(flat, `isolated ${symbol}`, pocket);
  for (const [pair, loan] of flexible) {
    flat.set(`flexible ${pair} ${loan.loanCoin} owed`, loan.debt);
    flat.set(`flexible ${pair} ${loan.collateralCoin} pledged`, loan.collateral);
  }
  return flat;
}

function flattenPocket(flat: Map<string, Dec>, name: string, pocket: Pocket): void {
  for (const [asset, coin] of pocket) {
    flat.set(`${name} ${asset} free`, coin.free.plus(coin.locked));
    flat.set(`${name} ${asset} owed`, coin.borrowed.plus(coin.interest));
  }
}

function flatOkx({ funding, trading, orders }: OkxHoldings): Flat {
  const flat = new Map<string, Dec>();
  for (const [ccy, coins] of funding) flat.set(`funding ${ccy}`, coins);
  for (const [ccy, coin] of trading) {
    flat.set(`trading ${ccy} free`, coin.cash);
    flat.set(`trading ${ccy} owed`, coin.liab.plus(coin.interest));
  }
  for (const [ordId, order] of orders) {
    for (const [ccy, coins] of order.debt) flat.set(`order ${ordId} ${ccy} owed`, coins);
    for (const [ccy, coins] of order.collateral) flat.set(`order ${ordId} ${ccy} pledged`, coins);
  }
  return flat;
}
