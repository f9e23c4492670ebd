/** What the venue does to flexible loans by itself: hourly interest, liquidation at the line, conversion at any LTV. */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, ceil, min } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import type { Amounts, Order } from './holdings.ts';
import { shifted, withOrder, withoutOrder } from './holdings.ts';
import type { LoanBook } from './loanBook.ts';
import { usdOf, valueOrder } from './valuation.ts';
import { yearlyRate } from './world.ts';

const HOURS_PER_YEAR = 8760;
const INTEREST_DECIMALS = 8;

/** Row types of a forced sale and of what it paid (okx.md §3.5). */
interface Words {
  readonly sold: string;
  readonly bought: string;
  readonly paid: string;
}
const PARTIAL: Words = { sold: 'sell_collateral', bought: 'buy_borrowed_coin', paid: 'partial_liquidation' };
const CONVERSION: Words = { sold: 'forced_repayment_sell', bought: 'forced_repayment_buy', paid: 'repaid' };

/** The venue's own hand. */
export class Force {
  readonly #core: Core;
  readonly #book: LoanBook;

  constructor(core: Core, book: LoanBook) {
    this.#core = core;
    this.#book = book;
  }

  /** Adds one hour's interest to every debt of an account. `hourMs` is the tape time of the full hour. */
  accrue(account: Account, hourMs: number): void {
    for (const order of account.holdings.orders.values()) {
      let debt = order.debt;
      for (const [ccy, loan] of order.debt) {
        const rate = yearlyRate(this.#core.settings, ccy) ?? ZERO;
        // Rounded up at eight decimals, checked against the documented row (okx.md §3.6).
        const interest = ceil(loan.times(rate).div(HOURS_PER_YEAR), INTEREST_DECIMALS);
        if (interest.isZero()) continue;
        debt = shifted(debt, ccy, interest);
        const row = { ...this.#core.row('ref'), atMs: hourMs, ordId: order.ordId, ccy };
        const [loanText, interestText] = [loan.toFixed(), interest.toFixed()];
        account.interestRows.add(
          { ...row, loan: loanText, interest: interestText, interestRate: rate.toFixed() },
          this.#core.now(),
        );
      }
      this.#book.rewrite(account, order.ordId, withOrder(account.holdings, { ...order, debt }));
    }
  }

  /** Looks at every order at a visited moment and liquidates those at or above their line. */
  inspect(account: Account): void {
    for (const order of account.holdings.orders.values()) {
      const ltv = this.#book.note(account, order.ordId, true);
      if (ltv?.gte(order.liqLtv) === true) this.#liquidate(account, order);
    }
  }

  /**
   * The platform repays a debt out of collateral at any LTV, as it did when borrowings of a coin reached its deposits
   * (okx.md §3.1). `share` is the part of the debt, 0 to 1.
   */
  convert(account: Account, order: Order, share: Dec): void {
    const usd = usdOf(order.debt, this.#core.price).times(share);
    this.#sell(account, order, usd, ONE, CONVERSION);
    this.#book.closeIfPaid(account, order.ordId);
  }

  #liquidate(account: Account, order: Order): void {
    this.#book.noteLiquidated(account, order);
    const { switches, liquidationPenalty } = this.#core.settings;
    if (switches.liquidation === 'partial') {
      const usd = this.#cure(order);
      if (usd !== undefined) {
        this.#sell(account, order, usd, ONE.minus(liquidationPenalty), PARTIAL);
        return;
      }
    }
    for (const [ccy, amount] of order.collateral)
      this.#book.write(account, order.ordId, 'sell_collateral', ccy, amount.negated());
    for (const [ccy, amount] of order.debt) {
      this.#book.write(account, order.ordId, 'buy_borrowed_coin', ccy, amount);
      this.#book.write(account, order.ordId, 'forced_liquidation', ccy, amount.negated());
    }
    // Nothing is left over after a liquidation (okx.md §3.1, older help text).
    this.#book.rewrite(account, order.ordId, withoutOrder(account.holdings, order.ordId));
  }

  /** USD of debt whose forced repayment brings the order to its margin call; undefined when no amount does. */
  #cure(order: Order): Dec | undefined {
    const debtUsd = usdOf(order.debt, this.#core.price);
    const keep = ONE.minus(this.#core.settings.liquidationPenalty);
    const STEPS = 100;
    for (let step = 1; step <= STEPS; step += 1) {
      const usd = debtUsd.times(step).div(STEPS);
      const after = this.#afterSale(order, usd, keep);
      if (after.paidUsd.lt(usd)) return undefined;
      if (valueOrder(after.order, this.#core.settings, this.#core.price).ltv.lte(order.callLtv)) return usd;
    }
    return undefined;
  }

  #sell(account: Account, order: Order, usd: Dec, keep: Dec, words: Words): void {
    const { order: next, sold, paid } = this.#afterSale(order, usd, keep);
    for (const [ccy, amount] of sold) this.#book.write(account, order.ordId, words.sold, ccy, amount.negated());
    for (const [ccy, amount] of paid) {
      this.#book.write(account, order.ordId, words.bought, ccy, amount);
      this.#book.write(account, order.ordId, words.paid, ccy, amount.negated());
    }
    this.#book.rewrite(account, order.ordId, withOrder(account.holdings, next));
  }

  /** Sells collateral, the most valuable first, for `usd` of debt; of each sale the share `keep` arrives. */
  #afterSale(order: Order, usd: Dec, keep: Dec): { order: Order; sold: Amounts; paid: Amounts; paidUsd: Dec } {
    const { price, settings } = this.#core;
    let collateral = order.collateral;
    let wanted = usd;
    const sold = new Map<string, Dec>();
    const byValue = [...collateral].sort(([a, x], [b, y]) => y.times(price(b)).cmp(x.times(price(a))));
    for (const [ccy, amount] of byValue) {
      const size = min(amount, ceil(wanted.div(keep).div(price(ccy)), settings.decimals));
      if (size.lte(0)) break;
      sold.set(ccy, size);
      collateral = shifted(collateral, ccy, size.negated());
      wanted = wanted.minus(size.times(price(ccy)).times(keep));
    }
    const paidUsd = usd.minus(wanted.gt(0) ? wanted : ZERO);
    const { debt, paid } = this.#pay(order, paidUsd);
    return { order: { ...order, collateral, debt }, sold, paid, paidUsd };
  }

  #pay(order: Order, usd: Dec): { debt: Amounts; paid: Amounts } {
    let debt = order.debt;
    let left = usd;
    const paid = new Map<string, Dec>();
    for (const [ccy, amount] of order.debt) {
      const unit = this.#core.price(ccy);
      const size = min(amount, left.div(unit).toDecimalPlaces(INTEREST_DECIMALS));
      if (size.lte(0)) continue;
      paid.set(ccy, size);
      debt = shifted(debt, ccy, size.negated());
      left = left.minus(size.times(unit));
    }
    return { debt, paid };
  }
}
