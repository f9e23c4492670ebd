/** Spot-mode borrowing: manual borrow and repay, hourly interest, forced repayment (okx.md §4). Amounts in coins. */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, ceil, floor, max, min, sum } from '../../core/money.ts';
import type { Account, BorrowRow } from './account.ts';
import type { Core } from './core.ts';
import type { Holdings } from './holdings.ts';
import { owed, spotCoin, withCash, withSpotCoin } from './holdings.ts';
import { Refusal } from './refusals.ts';
import type { Tracker } from './tracker.ts';
import type { SpotValue } from './valuation.ts';
import { borrowable, valueSpot } from './valuation.ts';
import { minimumOf, quotaOf, yearlyRate } from './world.ts';

const HOUR_MS = 3_600_000;
const HOURS_PER_YEAR = 8760;
const DAYS_PER_YEAR = 365;
const RATE_DECIMALS = 16;
const INTEREST_DECIMALS = 16;

/** What a bill of the trading account says besides its amount (okx.md §4.2). */
const BILLS = {
  manual_borrow: { type: '16', subType: '306' },
  auto_borrow: { type: '16', subType: '307' },
  manual_repay: { type: '22', subType: '308' },
  auto_repay: { type: '22', subType: '309' },
} as const;

/** The trading account of every spot-mode account. */
export class SpotBorrowing {
  readonly #core: Core;
  readonly #tracker: Tracker;
  readonly #indebted = new Set<Account>();

  constructor(core: Core, tracker: Tracker) {
    this.#core = core;
    this.#tracker = tracker;
  }

  /** Value of a trading account as it is in `holdings`. */
  value(account: Account, holdings: Holdings): SpotValue {
    return valueSpot(holdings, this.#core.settings, this.#core.price, account.collateralOff);
  }

  /** Hourly rate of a currency, zero when it cannot be borrowed. */
  hourlyRate(ccy: string): Dec {
    const yearly = yearlyRate(this.#core.settings, ccy) ?? ZERO;
    return yearly.div(HOURS_PER_YEAR).toDecimalPlaces(RATE_DECIMALS);
  }

  /** Daily rate of a currency, as interest-limits shows it. */
  dailyRate(ccy: string): Dec {
    const yearly = yearlyRate(this.#core.settings, ccy) ?? ZERO;
    return yearly.div(DAYS_PER_YEAR).toDecimalPlaces(RATE_DECIMALS);
  }

  /** What can still be borrowed of a currency now. */
  maxLoan(account: Account, holdings: Holdings, ccy: string): Dec {
    if (!this.#core.lends(ccy)) return ZERO;
    const { settings, price } = this.#core;
    const room = borrowable(holdings, ccy, settings, price, account.collateralOff);
    return floor(min(room, this.quotaLeft(account, ccy)), settings.decimals);
  }

  /** What is left of the quota that a master shares with its sub-accounts. */
  quotaLeft(account: Account, ccy: string): Dec {
    const family = this.#core.accounts.filter((other) => other.masterUid === account.masterUid);
    const used = sum(family.map((other) => spotCoin(other.holdings, ccy).liab));
    return max(ZERO, quotaOf(this.#core.settings, ccy).minus(used));
  }

  /** Borrows; the coins stay in the trading account. @returns the actual amount */
  borrow(account: Account, ccy: string, amount: Dec): Dec {
    this.#checkMode(account);
    if (!this.#core.lends(ccy)) throw new Refusal('59410');
    const least = minimumOf(this.#core.settings, 'borrow', ccy);
    if (amount.lt(least)) throw new Refusal('59414', least.toFixed());
    if (amount.gt(this.quotaLeft(account, ccy))) throw new Refusal('59412');
    if (amount.gt(this.maxLoan(account, account.holdings, ccy))) throw new Refusal('59411');
    const coin = spotCoin(account.holdings, ccy);
    const next = { ...coin, cash: coin.cash.plus(amount), liab: coin.liab.plus(amount) };
    this.#core.commit(account, withSpotCoin(account.holdings, ccy, next));
    this.#record(account, ccy, 'manual_borrow', amount);
    return amount;
  }

  /** Repays from the coin's own cash. @returns the actual amount, which may be less than asked for (okx.md §4.2) */
  repay(account: Account, ccy: string, amount: Dec): Dec {
    this.#checkMode(account);
    const coin = spotCoin(account.holdings, ccy);
    if (owed(coin).isZero()) throw new Refusal('59413');
    if (amount.gt(owed(coin)) && this.#core.settings.switches.spotOverRepay === 'refuse') throw new Refusal('59309');
    const paid = min(amount, owed(coin));
    if (paid.lt(min(owed(coin), minimumOf(this.#core.settings, 'repay', ccy)))) throw new Refusal('51000', 'amt');
    if (coin.cash.lt(paid)) throw new Refusal('59319');
    this.#pay(account, ccy, paid, 'manual_repay');
    return paid;
  }

  /** Coins have arrived in the trading account: with auto-repay they pay the debt of their own currency (okx.md §4.4). */
  arrived(account: Account, ccy: string): void {
    const coin = spotCoin(account.holdings, ccy);
    const paid = min(coin.cash, owed(coin));
    if (account.autoRepay && paid.gt(0)) this.#pay(account, ccy, paid, 'auto_repay');
  }

  /** What may leave to the funding account: without borrowed coins, and with them; the initial margin stays covered. */
  mayLeave(account: Account, holdings: Holdings, ccy: string): { own: Dec; withBorrowed: Dec } {
    const coin = spotCoin(holdings, ccy);
    const risk = this.#riskRoom(account, holdings, ccy);
    const withBorrowed = min(coin.cash, risk);
    const own = min(withBorrowed, max(ZERO, coin.cash.minus(owed(coin))));
    return { own, withBorrowed };
  }

  /** One hour's interest on every debt. `hourMs` is the tape time of the full hour. */
  accrue(account: Account, hourMs: number): void {
    const deducting = (hourMs / HOUR_MS) % this.#core.settings.deductEveryHours === 0;
    for (const [ccy, coin] of account.holdings.trading) {
      if (owed(coin).isZero()) continue;
      const rate = this.hourlyRate(ccy);
      // The exact rate, rounded up at sixteen decimals: so the documented row comes out (okx.md §4.5).
      const yearly = yearlyRate(this.#core.settings, ccy) ?? ZERO;
      const added = ceil(coin.liab.times(yearly).div(HOURS_PER_YEAR), INTEREST_DECIMALS);
      const interest = coin.interest.plus(added);
      const next = deducting ? { ...coin, liab: coin.liab.plus(interest), interest: ZERO } : { ...coin, interest };
      this.#core.commit(account, withSpotCoin(account.holdings, ccy, next));
      const row = { ...this.#core.row('borrow'), atMs: hourMs, ccy };
      const texts = { interest: added.toFixed(), interestRate: rate.toFixed(), liab: coin.liab.toFixed() };
      account.spotInterestRows.add({ ...row, ...texts }, this.#core.now());
    }
  }

  /** Looks at the account at a visited moment; at a margin ratio of 1 and below the venue repays by force (okx.md §4.7). */
  inspect(account: Account): void {
    const { holdings } = account;
    if (![...holdings.trading.values()].some((coin) => owed(coin).gt(0))) {
      if (this.#indebted.delete(account)) this.#tracker.ended(account, 'okx.spotBorrow', '');
      return;
    }
    this.#indebted.add(account);
    const value = this.value(account, holdings);
    const [debt, collateral] = [new Map<string, Dec>(), new Map<string, Dec>()];
    for (const [ccy, coin] of holdings.trading) {
      if (owed(coin).gt(0)) debt.set(ccy, owed(coin));
      if (coin.cash.gt(0)) collateral.set(ccy, coin.cash);
    }
    this.#tracker.saw(account, 'okx.spotBorrow', '', { debt, collateral, line: value.line, ltv: value.ltv }, true);
    if (value.mgnRatio?.lte(1) === true) this.#liquidate(account);
  }

  #checkMode(account: Account): void {
    if (account.acctLv !== '1') throw new Refusal('51010');
    if (!account.enableSpotBorrow) throw new Refusal('59410');
  }

  /** How much of a coin may leave before the initial margin is uncovered; without debts, everything. */
  #riskRoom(account: Account, holdings: Holdings, ccy: string): Dec {
    const { cash } = spotCoin(holdings, ccy);
    if (this.value(account, holdings).debtUsd.isZero()) return cash;
    const covered = (leaving: Dec): boolean => {
      const { adjEq, imr } = this.value(account, withCash(holdings, ccy, leaving.negated()));
      return adjEq.gte(imr);
    };
    if (covered(cash)) return cash;
    let [low, high] = [ZERO, cash];
    for (let round = 0; round < 60; round += 1) {
      const middle = low.plus(high).div(2);
      if (covered(middle)) low = middle;
      else high = middle;
    }
    return floor(low, this.#core.settings.decimals);
  }

  #pay(account: Account, ccy: string, amount: Dec, how: 'manual_repay' | 'auto_repay'): void {
    const coin = spotCoin(account.holdings, ccy);
    const interest = min(amount, coin.interest);
    const next = {
      cash: coin.cash.minus(amount),
      liab: coin.liab.minus(amount.minus(interest)),
      interest: coin.interest.minus(interest),
    };
    this.#core.commit(account, withSpotCoin(account.holdings, ccy, next));
    this.#record(account, ccy, how, amount);
  }

  #record(account: Account, ccy: string, how: BorrowRow['type'], amount: Dec): void {
    const borrowing = how === 'manual_borrow' || how === 'auto_borrow';
    const row = this.#core.row('borrow');
    const accBorrowed = spotCoin(account.holdings, ccy).liab.toFixed();
    account.borrowRows.add({ ...row, ccy, type: how, amt: amount.toFixed(), accBorrowed }, row.atMs);
    this.bill(account, ccy, borrowing ? amount : amount.negated(), BILLS[how]);
  }

  /** Writes one row of account/bills. */
  bill(
    account: Account,
    ccy: string,
    delta: Dec,
    what: { type: string; subType: string; from?: string; to?: string },
  ): void {
    const row = this.#core.row('bill');
    const bal = spotCoin(account.holdings, ccy).cash.toFixed();
    const texts = { balChg: delta.toFixed(), bal, sz: delta.abs().toFixed(), interest: '0' };
    account.tradingBills.add({ ...row, ccy, from: '', to: '', ...what, ...texts }, row.atMs);
  }

  /**
   * Every debt is paid from the coin's own cash, then by selling the most valuable coins at a loss. The real steps are only
   * partly published (okx.md §12.10); what is missing in the end is the venue's loss.
   */
  #liquidate(account: Account): void {
    this.#tracker.liquidated(account, 'okx.spotBorrow', '');
    const { price, settings } = this.#core;
    const keep = ONE.minus(settings.liquidationPenalty);
    for (const [ccy, coin] of account.holdings.trading) {
      const debt = owed(coin);
      if (debt.isZero()) continue;
      const own = min(debt, coin.cash);
      let missing = debt.minus(own).times(price(ccy)).div(keep);
      this.#core.commit(
        account,
        withSpotCoin(account.holdings, ccy, { cash: coin.cash.minus(own), liab: ZERO, interest: ZERO }),
      );
      this.bill(account, ccy, own.negated(), BILLS.auto_repay);
      for (const [sold, amount] of this.#byValue(account)) {
        const size = min(amount, ceil(missing.div(price(sold)), settings.decimals));
        if (size.lte(0)) break;
        missing = missing.minus(size.times(price(sold)));
        this.#core.commit(account, withCash(account.holdings, sold, size.negated()));
        this.bill(account, sold, size.negated(), { type: '5', subType: '' });
      }
    }
  }

  #byValue(account: Account): [string, Dec][] {
    const free = [...account.holdings.trading].map(([ccy, coin]): [string, Dec] => [
      ccy,
      max(ZERO, coin.cash.minus(owed(coin))),
    ]);
    return free.sort(([a, x], [b, y]) => y.times(this.#core.price(b)).cmp(x.times(this.#core.price(a))));
  }
}
