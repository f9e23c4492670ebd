/** Flexible loan: which moves the venue accepts (okx.md §3). What happens to accepted ones is `pending.ts`. */
import type { Dec } from '../../core/money.ts';
import { Dec as Decimal, ZERO, floor, max, min } from '../../core/money.ts';
import type { Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import type { Amounts, Holdings, Order } from './holdings.ts';
import { earliestOrder, held, shifted } from './holdings.ts';
import { addMove, borrowMove, reduceMove, repayMove } from './moves.ts';
import type { Pending } from './pending.ts';
import { Refusal } from './refusals.ts';
import { redeemable, valueOrder } from './valuation.ts';
import { bracketsOf, minimumOf, quotaOf } from './world.ts';

/** Thresholds of a newly opened order, as shares. */
const NEW_ORDER = { initialLtv: '0.65', callLtv: '0.75', liqLtv: '0.85' } as const;

const NOTHING: Amounts = new Map();

/** Called when an accepted move is over, whatever came of it. */
type Finish = () => void;

export interface BorrowRequest {
  readonly ordId: string | undefined;
  readonly ccy: string;
  readonly amount: Dec;
  readonly collateral: Amounts;
  readonly eMode: boolean;
}

/** Judges and accepts flexible-loan requests. */
export class FlexibleLoans {
  readonly #core: Core;
  readonly #pending: Pending;

  constructor(core: Core, pending: Pending) {
    this.#core = core;
    this.#pending = pending;
  }

  /** The named order, or the earliest one. undefined: none is open. @throws Refusal 51063 for a named one that does not exist */
  pick(holdings: Holdings, ordId: string | undefined): Order | undefined {
    if (ordId === undefined) return earliestOrder(holdings);
    const order = holdings.orders.get(ordId);
    if (order === undefined) throw new Refusal('51063');
    return order;
  }

  /** adjust-collateral, `add`. Amounts in coins. */
  add(account: Account, ordId: string | undefined, ccy: string, amount: Dec, mood: Mood): void {
    const free = this.#pending.uncommitted(account);
    const order = this.pick(free, ordId);
    if (order === undefined || order.debt.size === 0) throw new Refusal('51754');
    this.#checkCollateral(ccy, amount, [...order.debt.keys()], order.eMode);
    if (held(free.funding, ccy).lt(amount)) throw new Refusal('51736', ccy);
    this.#pending.accept(account, addMove(order.ordId, ccy, amount), mood, nothing);
  }

  /** adjust-collateral, `reduce`. Amounts in coins. */
  reduce(account: Account, ordId: string | undefined, ccy: string, amount: Dec, mood: Mood): void {
    const free = this.#pending.uncommitted(account);
    const order = this.pick(free, ordId);
    if (order === undefined) throw new Refusal('51063');
    if (held(order.collateral, ccy).isZero()) throw new Refusal('51753', ccy);
    const most = this.mayRedeem(order, ccy);
    if (amount.gt(most)) throw new Refusal(this.#core.settings.switches.overRedeem, most.toFixed(), ccy);
    this.#pending.accept(account, reduceMove(order.ordId, ccy, amount), mood, nothing);
  }

  /** Largest amount that `reduce` accepts, in coins. */
  mayRedeem(order: Order, ccy: string): Dec {
    return redeemable(order, ccy, this.#core.settings, this.#core.price);
  }

  /** repay. Amounts in coins. */
  repay(account: Account, ordId: string, ccy: string, amount: Dec, mood: Mood, finish: Finish): void {
    const free = this.#pending.uncommitted(account);
    const order = this.pick(free, ordId);
    const debt = held(order?.debt ?? NOTHING, ccy);
    if (debt.isZero()) throw new Refusal('51000', 'ccy');
    const { settings } = this.#core;
    if (amount.gt(debt) && settings.switches.overRepay === 'refuse') throw new Refusal('51000', 'amt');
    if (amount.lt(min(debt, minimumOf(settings, 'repay', ccy)))) throw new Refusal('51000', 'amt');
    // Only what is owed is needed: the rest of an over-repayment never leaves the funding account.
    const paying = min(amount, debt);
    if (held(free.funding, ccy).lt(paying)) throw new Refusal('51736', ccy);
    // Interest may fall due before the move settles, so what the request offers beyond the debt is offered, as far as it is there.
    const offered = min(amount, held(free.funding, ccy));
    this.#pending.accept(account, repayMove(ordId, ccy, offered), mood, finish);
  }

  /** borrow: more debt on an order, or a new order. @returns the ordId */
  borrow(account: Account, request: BorrowRequest, mood: Mood, finish: Finish): Order {
    const { ccy, amount, collateral } = request;
    const free = this.#pending.uncommitted(account);
    const known = request.ordId === undefined ? undefined : this.pick(free, request.ordId);
    const order = known ?? this.#newOrder(request.eMode);
    if (!this.#core.lends(ccy)) throw new Refusal('51751', ccy);
    if (known !== undefined && !known.debt.has(ccy)) throw new Refusal('51000', 'loanData');
    if (known === undefined && (collateral.size === 0 || collateral.size > 10))
      throw new Refusal('51000', 'collateralData');
    if (amount.lt(minimumOf(this.#core.settings, 'borrow', ccy))) throw new Refusal('51000', 'amt');
    for (const [coin, size] of collateral) {
      this.#checkCollateral(coin, size, [ccy], order.eMode);
      if (held(free.funding, coin).lt(size)) throw new Refusal('51736', coin);
    }
    if (amount.gt(this.mayBorrow(account, order, ccy, collateral))) throw new Refusal('51759');
    this.#pending.accept(account, borrowMove(order, ccy, amount, collateral), mood, finish);
    return order;
  }

  /** How much more the order may borrow with that much more collateral, in coins, rounded down. */
  mayBorrow(account: Account, order: Order, ccy: string, more: Amounts): Dec {
    const { settings, price } = this.#core;
    const collateral = [...more].reduce((rest, [coin, size]) => shifted(rest, coin, size), order.collateral);
    const { loanUsd, collateralUsd } = valueOrder({ debt: order.debt, collateral }, settings, price);
    const room = collateralUsd.times(order.initialLtv).minus(loanUsd).div(price(ccy));
    return floor(max(ZERO, min(room, this.quotaLeft(account, ccy))), settings.decimals);
  }

  /** What is left of the quota, which a master shares with its sub-accounts, in coins. */
  quotaLeft(account: Account, ccy: string): Dec {
    let left = quotaOf(this.#core.settings, ccy);
    for (const other of this.#core.accounts) {
      if (other.masterUid !== account.masterUid) continue;
      for (const order of other.holdings.orders.values()) left = left.minus(held(order.debt, ccy));
    }
    return max(ZERO, left);
  }

  #checkCollateral(ccy: string, amount: Dec, lent: readonly string[], eMode: boolean): void {
    const { settings } = this.#core;
    if (lent.includes(ccy)) throw new Refusal('51750', ccy);
    if (bracketsOf(settings, ccy) === undefined || !this.#core.knows(ccy)) throw new Refusal('51752', ccy);
    const paired = settings.emodePairs.some((pair) => pair.collateralCcy === ccy && lent.includes(pair.borrowCcy));
    if (eMode && !paired) throw new Refusal('51785');
    const least = minimumOf(settings, 'collateral', ccy);
    if (amount.lt(least)) throw new Refusal('51757', least.toFixed(), ccy);
  }

  #newOrder(eMode: boolean): Order {
    return {
      ordId: this.#core.market.nextId('okx.order'),
      startMs: this.#core.now(),
      eMode,
      initialLtv: new Decimal(NEW_ORDER.initialLtv),
      callLtv: new Decimal(NEW_ORDER.callLtv),
      liqLtv: new Decimal(NEW_ORDER.liqLtv),
      debt: NOTHING,
      collateral: NOTHING,
    };
  }
}

function nothing(): void {
  // adjust-collateral carries no client id, so nothing waits for its end.
}
