/**
 * Deeds: an operator works by hand, money comes and goes, the venue acts by itself. They happen at once and leave the same
 * records as the real thing. Admin `POST /act` and the fault effects `actBefore`, `actAfter` send them.
 */
import { z } from 'zod';
import { parse } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import type { Force } from './forced.ts';
import type { Holdings, Order } from './holdings.ts';
import { earliestOrder, withCash, withFunding, withOrder } from './holdings.ts';
import type { LoanBook } from './loanBook.ts';
import { addMove, borrowMove, reduceMove, repayMove } from './moves.ts';
import type { Move } from './moves.ts';
import type { Pending } from './pending.ts';
import type { SpotBorrowing } from './spot.ts';
import type { Transfers } from './transfers.ts';

const decimal = z
  .string()
  .regex(/^\d+(?:\.\d+)?$/)
  .transform(parse);
/** Name or uid. */
const account = z.string().min(1);
/** Left out: the earliest order. */
const ordId = z.string().optional();
const ccy = z.string().min(1);
/** 0: no risk. */
const rating = z.int().min(0).max(5).default(0);
const onOrder = { account, ordId, ccy, amt: decimal };
const onAccount = { account, ccy, amt: decimal };

/** Everything that can be done without a request. Amounts in coins, LTVs and shares from 0 to 1. */
export const okxActSchema = z.discriminatedUnion('do', [
  /** Somebody repays a flexible loan by hand, from the funding account. */
  z.strictObject({ do: z.literal('repay'), ...onOrder }),
  /** Somebody borrows more on a flexible loan by hand. */
  z.strictObject({ do: z.literal('borrow'), ...onOrder }),
  z.strictObject({ do: z.literal('addCollateral'), ...onOrder }),
  z.strictObject({ do: z.literal('removeCollateral'), ...onOrder }),
  z.strictObject({ do: z.literal('spotRepay'), ...onAccount }),
  z.strictObject({ do: z.literal('spotBorrow'), ...onAccount }),
  /** Coins come from outside. */
  z.strictObject({ do: z.literal('deposit'), ...onAccount, wallet: z.enum(['funding', 'trading']).default('funding') }),
  /** Coins leave for outside. */
  z.strictObject({
    do: z.literal('withdraw'),
    ...onAccount,
    wallet: z.enum(['funding', 'trading']).default('funding'),
  }),
  /** The platform repays `share` of the debt out of collateral, at any LTV (okx.md §3.1). */
  z.strictObject({ do: z.literal('forcedRepayment'), account, ordId, share: decimal.prefault('1') }),
  /** The platform rates anew what it may do with a currency of the trading account (okx.md §4.6). */
  z.strictObject({
    do: z.literal('risk'),
    account,
    ccy,
    forcedRepayment: rating,
    byPlatform: z.boolean().default(false),
    autoConversion: rating,
    colRes: z.enum(['0', '1', '2']).default('0'),
  }),
  /** The venue changes an order's lines. */
  z.strictObject({
    do: z.literal('thresholds'),
    account,
    ordId,
    liqLtv: decimal.optional(),
    callLtv: decimal.optional(),
    initialLtv: decimal.optional(),
  }),
  /** What was held pending settles now. */
  z.strictObject({ do: z.literal('release'), account }),
  /** The key's permissions, its addresses or the auto-repay setting change. */
  z.strictObject({
    do: z.literal('setKey'),
    account,
    perm: z.string().optional(),
    ip: z.string().optional(),
    autoRepay: z.boolean().optional(),
  }),
]);

/** A deed after parsing. */
export type OkxAct = z.output<typeof okxActSchema>;
type Doing<K extends OkxAct['do']> = Extract<OkxAct, { do: K }>;

/** What deeds are done with. */
export interface ActParts {
  readonly core: Core;
  readonly book: LoanBook;
  readonly force: Force;
  readonly pending: Pending;
  readonly spot: SpotBorrowing;
  readonly transfers: Transfers;
}

/** Does one deed. @throws Error that says why it cannot be done */
export function perform(parts: ActParts, deed: OkxAct): unknown {
  const found = parts.core.account(deed.account);
  if (found === undefined) throw new Error(`no OKX account ${deed.account}`);
  switch (deed.do) {
    case 'repay':
    case 'borrow':
    case 'addCollateral':
    case 'removeCollateral':
      return byHand(parts, found, deed);
    case 'spotRepay':
      return { amt: parts.spot.repay(found, deed.ccy, deed.amt).toFixed() };
    case 'spotBorrow':
      return { amt: parts.spot.borrow(found, deed.ccy, deed.amt).toFixed() };
    case 'deposit':
    case 'withdraw':
      return fromOutside(parts, found, deed);
    case 'forcedRepayment':
      parts.force.convert(found, orderOf(found, deed.ordId), deed.share);
      return {};
    case 'risk':
      found.selfActing.set(deed.ccy, {
        twap: String(deed.forcedRepayment),
        // Only set when there is a risk.
        frpType: deed.forcedRepayment === 0 ? '0' : deed.byPlatform ? '2' : '1',
        colRes: deed.colRes,
        colBorrAutoConversion: String(deed.autoConversion),
      });
      return {};
    case 'thresholds':
      return thresholds(parts, found, deed);
    case 'release':
      return { released: parts.pending.release(found) + parts.transfers.release(found) };
    case 'setKey':
      found.perm = deed.perm ?? found.perm;
      found.ip = deed.ip ?? found.ip;
      found.autoRepay = deed.autoRepay ?? found.autoRepay;
      return {};
  }
}

function byHand(
  { book }: ActParts,
  owner: Account,
  deed: Doing<'repay' | 'borrow' | 'addCollateral' | 'removeCollateral'>,
): unknown {
  const order = orderOf(owner, deed.ordId);
  const move = moveOf(order, deed);
  const taken = move.take(owner.holdings);
  if (taken === undefined) throw new Error(`${owner.name} does not have ${deed.amt.toFixed()} ${deed.ccy} there`);
  book.commit(owner, order.ordId, move.put(taken));
  book.closeIfPaid(owner, order.ordId);
  return { ordId: order.ordId };
}

function moveOf(order: Order, deed: Doing<'repay' | 'borrow' | 'addCollateral' | 'removeCollateral'>): Move {
  switch (deed.do) {
    case 'repay':
      return repayMove(order.ordId, deed.ccy, deed.amt);
    case 'borrow':
      return borrowMove(order, deed.ccy, deed.amt, new Map());
    case 'addCollateral':
      return addMove(order.ordId, deed.ccy, deed.amt);
    case 'removeCollateral':
      return reduceMove(order.ordId, deed.ccy, deed.amt);
  }
}

/** Deposits and withdrawals: bill types 1 and 2. */
function fromOutside({ core, book, spot }: ActParts, owner: Account, deed: Doing<'deposit' | 'withdraw'>): unknown {
  if (!core.knows(deed.ccy)) throw new Error(`no price for ${deed.ccy}`);
  const delta = deed.do === 'deposit' ? deed.amt : deed.amt.negated();
  const change = (from: Holdings): Holdings =>
    deed.wallet === 'funding' ? withFunding(from, deed.ccy, delta) : withCash(from, deed.ccy, delta);
  core.commit(owner, change(owner.holdings));
  if (deed.wallet === 'funding') book.bill(owner, deed.ccy, delta, deed.do === 'deposit' ? '1' : '2');
  else {
    spot.bill(owner, deed.ccy, delta, { type: '1', subType: deed.do === 'deposit' ? '11' : '12' });
    if (deed.do === 'deposit') spot.arrived(owner, deed.ccy);
  }
  return {};
}

function thresholds({ book }: ActParts, owner: Account, deed: Doing<'thresholds'>): unknown {
  const order = orderOf(owner, deed.ordId);
  const next = {
    ...order,
    liqLtv: deed.liqLtv ?? order.liqLtv,
    callLtv: deed.callLtv ?? order.callLtv,
    initialLtv: deed.initialLtv ?? order.initialLtv,
  };
  book.rewrite(owner, order.ordId, withOrder(owner.holdings, next));
  return {};
}

function orderOf(owner: Account, wanted: string | undefined): Order {
  const order = wanted === undefined ? earliestOrder(owner.holdings) : owner.holdings.orders.get(wanted);
  if (order === undefined) throw new Error(`${owner.name} has no order ${wanted ?? ''}`);
  return order;
}
