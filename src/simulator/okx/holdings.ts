/**
 * What an account holds, as an immutable value: every change makes a new one. A move is then all or nothing, and a stale
 * read is only a reference kept a little longer.
 */
import type { Dec } from '../../core/money.ts';
import { ZERO } from '../../core/money.ts';

/** Coins by currency. No zero rows. */
export type Amounts = ReadonlyMap<string, Dec>;

/** One flexible-loan order. LTVs are shares: 0.85 is 85 %. */
export interface Order {
  readonly ordId: string;
  /** Wire time, ms. */
  readonly startMs: number;
  readonly eMode: boolean;
  readonly initialLtv: Dec;
  readonly callLtv: Dec;
  readonly liqLtv: Dec;
  readonly debt: Amounts;
  readonly collateral: Amounts;
}

/** One coin of the trading account, in coins. */
export interface SpotCoin {
  /** Includes borrowed coins that are still there. */
  readonly cash: Dec;
  /** Debt with deducted interest, positive. */
  readonly liab: Dec;
  /** Interest accrued and not yet deducted, positive. */
  readonly interest: Dec;
}

/** Everything an account holds. */
export interface Holdings {
  readonly funding: Amounts;
  readonly trading: ReadonlyMap<string, SpotCoin>;
  readonly orders: ReadonlyMap<string, Order>;
}

const NO_COIN: SpotCoin = { cash: ZERO, liab: ZERO, interest: ZERO };

/** Amount of a currency, zero when there is none. */
export function held(amounts: Amounts, ccy: string): Dec {
  return amounts.get(ccy) ?? ZERO;
}

/** Adds `delta` coins, which may be negative. Books never go below zero: that would be a bug of the simulator. */
export function shifted(amounts: Amounts, ccy: string, delta: Dec): Amounts {
  const next = held(amounts, ccy).plus(delta);
  if (next.isNegative() && !next.isZero()) throw new Error(`${ccy} would go below zero`);
  const copy = new Map(amounts);
  if (next.isZero()) copy.delete(ccy);
  else copy.set(ccy, next);
  return copy;
}

/** The same holdings with `delta` more coins in the funding account. */
export function withFunding(holdings: Holdings, ccy: string, delta: Dec): Holdings {
  return { ...holdings, funding: shifted(holdings.funding, ccy, delta) };
}

/** The same holdings with an order put in place of the one with its ordId. */
export function withOrder(holdings: Holdings, order: Order): Holdings {
  return { ...holdings, orders: new Map(holdings.orders).set(order.ordId, order) };
}

/** The same holdings without an order. */
export function withoutOrder(holdings: Holdings, ordId: string): Holdings {
  const orders = new Map(holdings.orders);
  orders.delete(ordId);
  return { ...holdings, orders };
}

/** One coin of the trading account; all zero when there is none. */
export function spotCoin(holdings: Holdings, ccy: string): SpotCoin {
  return holdings.trading.get(ccy) ?? NO_COIN;
}

/** The same holdings with a trading coin replaced. */
export function withSpotCoin(holdings: Holdings, ccy: string, coin: SpotCoin): Holdings {
  if (coin.cash.lt(0)) throw new Error(`${ccy} would go below zero in the trading account`);
  const trading = new Map(holdings.trading);
  if (coin.cash.isZero() && coin.liab.isZero() && coin.interest.isZero()) trading.delete(ccy);
  else trading.set(ccy, coin);
  return { ...holdings, trading };
}

/** The same holdings with `delta` more cash in the trading account. */
export function withCash(holdings: Holdings, ccy: string, delta: Dec): Holdings {
  const coin = spotCoin(holdings, ccy);
  return withSpotCoin(holdings, ccy, { ...coin, cash: coin.cash.plus(delta) });
}

/** Debt of a trading coin with its accrued interest, in coins. */
export function owed(coin: SpotCoin): Dec {
  return coin.liab.plus(coin.interest);
}

/** The order that is meant when a request names none: the one that started first (okx.md §3.1). */
export function earliestOrder(holdings: Holdings): Order | undefined {
  let first: Order | undefined;
  for (const order of holdings.orders.values()) {
    if (first === undefined || order.startMs < first.startMs) first = order;
  }
  return first;
}

/** Coins by currency from a plain object, without zero rows. */
export function amountsOf(record: Readonly<Record<string, Dec>>): Amounts {
  return new Map(Object.entries(record).filter(([, amount]) => amount.gt(0)));
}

/** Text by currency, for reports. */
export function textOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([ccy, amount]) => [ccy, amount.toFixed()]));
}
