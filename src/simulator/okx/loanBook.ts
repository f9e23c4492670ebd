/**
 * The one door through which flexible-loan orders change: holdings, history rows and funding bills move together. Rows
 * are read off the difference, so that records can never disagree with the books.
 */
import type { Dec } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import type { Amounts, Holdings, Order } from './holdings.ts';
import { held, withFunding, withoutOrder } from './holdings.ts';
import type { Tracker } from './tracker.ts';
import { valueOrder } from './valuation.ts';

const SECOND_MS = 1000;
const NOTHING: Amounts = new Map();

/** Funding bill types (okx.md §3.1). */
const BILL = { locked: '212', released: '215', borrowed: '217', repaid: '218' } as const;

/** Orders, their records and their memory. */
export class LoanBook {
  readonly #core: Core;
  readonly #tracker: Tracker;

  constructor(core: Core, tracker: Tracker) {
    this.#core = core;
    this.#tracker = tracker;
  }

  /** Makes a change of one order and the funding account true and writes its records. */
  commit(account: Account, ordId: string, next: Holdings): void {
    const before = account.holdings;
    const [was, is] = [before.orders.get(ordId), next.orders.get(ordId)];
    this.#core.commit(account, next);
    for (const { ccy, delta } of differences(was?.collateral, is?.collateral)) {
      // Signs are those of the funding account: locking is negative (okx.md §3.5).
      this.write(account, ordId, delta.gt(0) ? 'collateral_locked' : 'collateral_released', ccy, delta.negated());
    }
    for (const { ccy, delta } of differences(was?.debt, is?.debt)) {
      this.write(account, ordId, delta.gt(0) ? 'borrowed' : 'repaid', ccy, delta);
    }
    for (const { ccy, delta } of differences(before.funding, next.funding)) {
      const lent = was?.debt.has(ccy) === true || is?.debt.has(ccy) === true;
      const [away, home] = lent ? [BILL.repaid, BILL.borrowed] : [BILL.locked, BILL.released];
      this.bill(account, ccy, delta, delta.gt(0) ? home : away);
    }
    this.note(account, ordId, false);
  }

  /**
   * When nothing is owed any more, the order ends and its collateral returns after `releaseMs` of wire time.
   * Whether a full repayment releases by itself is not documented, that the order closes is (okx.md §3.7, §12.4).
   */
  closeIfPaid(account: Account, ordId: string): void {
    const order = account.holdings.orders.get(ordId);
    if (order === undefined || order.debt.size > 0) return;
    const { releaseMs } = this.#core.settings;
    const released = (from: Holdings): Holdings =>
      [...order.collateral].reduce((rest, [ccy, amount]) => withFunding(rest, ccy, amount), from);
    const ended = withoutOrder(account.holdings, ordId);
    this.commit(account, ordId, releaseMs === 0 ? released(ended) : ended);
    if (releaseMs === 0) return;
    this.#core.market.host.later(releaseMs, () => {
      this.commit(account, ordId, released(account.holdings));
    });
  }

  /** Replaces an order without funding moves, for interest, conversions and liquidations; the caller writes the rows. */
  rewrite(account: Account, ordId: string, next: Holdings): void {
    this.#core.commit(account, next);
    this.note(account, ordId, false);
  }

  /** Writes one row of loan-history. */
  write(account: Account, ordId: string, type: string, ccy: string, signed: Dec): void {
    const { id, atMs } = this.#core.row('ref');
    // The only documented row has whole seconds (okx.md §3.5): a client must not count on milliseconds.
    const row = { id, atMs: Math.floor(atMs / SECOND_MS) * SECOND_MS, ordId, type, ccy, amt: signed.toFixed() };
    account.loanRows.add(row, atMs);
  }

  /** Writes one row of asset/bills; `clientId` is that of a transfer. */
  bill(account: Account, ccy: string, delta: Dec, type: string, clientId = ''): void {
    const row = this.#core.row('fundingBill');
    const bal = held(account.holdings.funding, ccy).toFixed();
    account.fundingBills.add({ ...row, ccy, clientId, balChg: delta.toFixed(), bal, type }, row.atMs);
  }

  /** Tells the report how an order stands; `visited` when the tape has just reached this moment. @returns the order's LTV */
  note(account: Account, ordId: string, visited: boolean): Dec | undefined {
    const order = account.holdings.orders.get(ordId);
    if (order === undefined) {
      this.#tracker.ended(account, 'okx.flexibleLoan', ordId);
      return undefined;
    }
    const { ltv } = valueOrder(order, this.#core.settings, this.#core.price);
    const { debt, collateral, liqLtv } = order;
    this.#tracker.saw(account, 'okx.flexibleLoan', ordId, { debt, collateral, line: liqLtv, ltv }, visited);
    return ltv;
  }

  /** Tells the report that the venue has taken collateral by force. */
  noteLiquidated(account: Account, order: Order): void {
    this.#tracker.liquidated(account, 'okx.flexibleLoan', order.ordId);
  }
}

function differences(was: Amounts = NOTHING, is: Amounts = NOTHING): { ccy: string; delta: Dec }[] {
  const coins = new Set([...was.keys(), ...is.keys()]);
  return [...coins]
    .map((ccy) => ({ ccy, delta: held(is, ccy).minus(held(was, ccy)) }))
    .filter(({ delta }) => !delta.isZero());
}
