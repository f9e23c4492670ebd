/**
 * Flexible-loan moves as pure changes of holdings. A move is accepted first and happens later (okx.md §3.4, §3.7), so it
 * is cut in two: coins leave their place, and coins arrive.
 */
import type { Dec } from '../../core/money.ts';
import { min } from '../../core/money.ts';
import type { Amounts, Holdings, Order } from './holdings.ts';
import { held, shifted, withFunding, withOrder } from './holdings.ts';

/** An accepted move. */
export interface Move {
  readonly ordId: string;
  /** Coins leave their place; undefined when that is no longer possible. */
  take(holdings: Holdings): Holdings | undefined;
  /** Coins arrive. Called on holdings after `take`; when the order is gone by then, they return. */
  put(holdings: Holdings): Holdings;
  /** Undoes `take`. */
  back(holdings: Holdings): Holdings;
}

/** Funding account to collateral. */
export function addMove(ordId: string, ccy: string, amount: Dec): Move {
  return {
    ordId,
    take: (holdings) => fromFunding(holdings, ordId, ccy, amount),
    put: (holdings) =>
      onOrder(holdings, ordId, (order) => ({ ...order, collateral: shifted(order.collateral, ccy, amount) })) ??
      withFunding(holdings, ccy, amount),
    back: (holdings) => withFunding(holdings, ccy, amount),
  };
}

/** Collateral to funding account. */
export function reduceMove(ordId: string, ccy: string, amount: Dec): Move {
  const shift = (holdings: Holdings, delta: Dec): Holdings | undefined =>
    onOrder(holdings, ordId, (order) => ({ ...order, collateral: shifted(order.collateral, ccy, delta) }));
  return {
    ordId,
    take: (holdings) => {
      const order = holdings.orders.get(ordId);
      const enough = order !== undefined && held(order.collateral, ccy).gte(amount);
      return enough ? shift(holdings, amount.negated()) : undefined;
    },
    put: (holdings) => withFunding(holdings, ccy, amount),
    back: (holdings) => shift(holdings, amount) ?? withFunding(holdings, ccy, amount),
  };
}

/** Funding account to debt. What exceeds the debt at that moment stays in the funding account. */
export function repayMove(ordId: string, ccy: string, amount: Dec): Move {
  return {
    ordId,
    take: (holdings) => fromFunding(holdings, ordId, ccy, amount),
    put: (holdings) => {
      const owed = held(holdings.orders.get(ordId)?.debt ?? new Map(), ccy);
      const paid = min(amount, owed);
      const reduced = onOrder(holdings, ordId, (order) => ({
        ...order,
        debt: shifted(order.debt, ccy, paid.negated()),
      }));
      return reduced === undefined ? withFunding(holdings, ccy, amount) : withFunding(reduced, ccy, amount.minus(paid));
    },
    back: (holdings) => withFunding(holdings, ccy, amount),
  };
}

/** New debt of an order; `collateral` is locked with it. A new order starts empty. */
export function borrowMove(order: Order, ccy: string, amount: Dec, collateral: Amounts): Move {
  const isNew = order.debt.size === 0;
  const takeAll = (holdings: Holdings, sign: 1 | -1): Holdings =>
    [...collateral].reduce((rest, [coin, size]) => withFunding(rest, coin, size.times(sign)), holdings);
  return {
    ordId: order.ordId,
    take: (holdings) => {
      const payable = [...collateral].every(([coin, size]) => held(holdings.funding, coin).gte(size));
      const open = isNew || holdings.orders.has(order.ordId);
      return payable && open ? takeAll(holdings, -1) : undefined;
    },
    put: (holdings) => {
      const now = holdings.orders.get(order.ordId) ?? (isNew ? order : undefined);
      if (now === undefined) return takeAll(holdings, 1);
      const locked = [...collateral].reduce((rest, [coin, size]) => shifted(rest, coin, size), now.collateral);
      const next = { ...now, collateral: locked, debt: shifted(now.debt, ccy, amount) };
      return withFunding(withOrder(holdings, next), ccy, amount);
    },
    back: (holdings) => takeAll(holdings, 1),
  };
}

function fromFunding(holdings: Holdings, ordId: string, ccy: string, amount: Dec): Holdings | undefined {
  const possible = holdings.orders.has(ordId) && held(holdings.funding, ccy).gte(amount);
  return possible ? withFunding(holdings, ccy, amount.negated()) : undefined;
}

function onOrder(holdings: Holdings, ordId: string, change: (order: Order) => Order): Holdings | undefined {
  const order = holdings.orders.get(ordId);
  return order === undefined ? undefined : withOrder(holdings, change(order));
}
