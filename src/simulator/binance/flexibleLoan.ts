/** Flexible loans: interest every minute, repay, adjust, borrow, liquidation (binance.md §7.2, §8.4). */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, ceil, floor, max, min, parse } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { held, shownDebt, withLoan, withWallet } from './holdings.ts';
import type { FlexLoan, Holdings } from './holdings.ts';
import { minimumOf } from './settings.ts';
import type { FlexibleCollateral } from './tables.ts';
import { WireError, trim } from './wire.ts';
import { ltvOf } from './worth.ts';
import type { Worth } from './worth.ts';

const MINUTE_MS = 60_000;
const MINUTES_PER_HOUR = parse('60');
const KEPT_DECIMALS = 18;

/** `LOAN/COLLATERAL`: a position is its pair, there is no order id (§7). */
export function pairName(loanCoin: string, collateralCoin: string): string {
  return `${loanCoin}/${collateralCoin}`;
}

/** Debt and collateral in USD at index prices. */
export function flexWorth(desk: Desk, loan: FlexLoan): Worth {
  return {
    assets: loan.collateral.times(desk.priceOf(loan.collateralCoin)),
    debts: shownDebt(loan).times(desk.priceOf(loan.loanCoin)),
  };
}

/** Debt / collateral; 999 when nothing is pledged. */
export function flexLtv(desk: Desk, loan: FlexLoan): Dec {
  return ltvOf(flexWorth(desk, loan));
}

/** The wire shows LTVs with two decimals in every sample; how they are rounded is not documented (§15.8). */
export function ltvShown(ltv: Dec): string {
  return ltv.toFixed(2, 4);
}

/** Collateral facts with the liquidation LTV that a deed may have changed. @throws WireError -10009 */
export function pledgeOf(desk: Desk, account: Account, loanCoin: string, collateralCoin: string): FlexibleCollateral {
  const facts = desk.settings.flexibleCollateral[collateralCoin];
  if (facts === undefined) throw new WireError(-10009, 'This coin is not supported as collateral.');
  const own = account.ownFlexLines.get(pairName(loanCoin, collateralCoin));
  return own === undefined ? facts : { ...facts, liquidationLtv: own };
}

/** An open position. @throws WireError -10021 */
export function openLoan(holdings: Holdings, loanCoin: string, collateralCoin: string): FlexLoan {
  const loan = holdings.flexible.get(pairName(loanCoin, collateralCoin));
  if (loan === undefined || loan.debt.isZero()) throw new WireError(-10021, 'Order does not exist.');
  return loan;
}

/** Adds the interest of the full minutes passed. */
export function accrueMinutes(desk: Desk, account: Account, fromMs: number, toMs: number): void {
  const minutes = Math.floor(toMs / MINUTE_MS) - Math.floor(fromMs / MINUTE_MS);
  if (minutes === 0 || account.holdings.flexible.size === 0) return;
  let { holdings } = account;
  for (const [pair, loan] of holdings.flexible) {
    if (loan.debt.isZero()) continue;
    const rate = desk.settings.flexibleLoanable[loan.loanCoin]?.hourlyRate ?? ZERO;
    const grown = loan.debt.times(ONE.plus(rate.times(minutes).div(MINUTES_PER_HOUR)));
    holdings = withLoan(holdings, pair, { ...loan, debt: ceil(grown, KEPT_DECIMALS) });
  }
  desk.put(account, holdings, 'interest');
}

/** Coins that spot and Simple Earn hold together: collateral comes from either (§7.2). */
function reach(holdings: Holdings, coin: string): Dec {
  return held(holdings.spot, coin).plus(held(holdings.earn, coin));
}

/** Takes coins out of Simple Earn first, then out of spot. */
function taken(holdings: Holdings, coin: string, amount: Dec): Holdings {
  const fromEarn = min(held(holdings.earn, coin), amount);
  return withWallet(withWallet(holdings, 'earn', coin, fromEarn.negated()), 'spot', coin, fromEarn.minus(amount));
}

/** Adds or removes collateral. @throws WireError */
export function adjust(
  desk: Desk,
  account: Account,
  loan: FlexLoan,
  direction: 'ADDITIONAL' | 'REDUCED',
  amount: Dec,
): void {
  if (amount.lte(0)) throw new WireError(-10022, 'Invalid adjustment amount.');
  const { initialLtv, maxLimit } = pledgeOf(desk, account, loan.loanCoin, loan.collateralCoin);
  const { collateralCoin } = loan;
  const adds = direction === 'ADDITIONAL';
  if (adds && amount.lt(minimumOf(desk.settings, 'flexibleAdd', collateralCoin)))
    throw new WireError(-10022, 'Invalid adjustment amount.');
  if (adds && reach(account.holdings, collateralCoin).lt(amount)) throw POOR;
  if (!adds && amount.gt(loan.collateral)) throw new WireError(-10022, 'Invalid adjustment amount.');
  const after = { ...loan, collateral: adds ? loan.collateral.plus(amount) : loan.collateral.minus(amount) };
  if (adds && after.collateral.times(desk.priceOf(collateralCoin)).gt(maxLimit))
    throw new WireError(-10044, 'Collateral limit reached.');
  // Nothing says what REDUCED may do; the initial LTV is the natural bound (§7.2).
  if (!adds && flexLtv(desk, after).gt(initialLtv))
    throw new WireError(-10046, 'The collateral adjustment amount exceeds the maximum.');
  const money = adds
    ? taken(account.holdings, collateralCoin, amount)
    : withWallet(account.holdings, desk.settings.switches.collateralTo, collateralCoin, amount);
  desk.put(account, withLoan(money, pairName(loan.loanCoin, collateralCoin), after), 'loan');
  record(desk, account, loan, 'adjust', {
    direction,
    collateralAmount: trim(amount),
    preLTV: ltvShown(flexLtv(desk, loan)),
    afterLTV: ltvShown(flexLtv(desk, after)),
  });
}

/** How a repayment is to be made. */
export interface Repayment {
  readonly amount: Dec;
  readonly full: boolean;
  /** Give back collateral in proportion, so that the LTV stays; a full repayment gives back all. */
  readonly returns: boolean;
  /** Pay with collateral instead of coins from spot. */
  readonly withCollateral: boolean;
}

/** Pays debt. @throws WireError */
export function repay(desk: Desk, account: Account, loan: FlexLoan, how: Repayment): void {
  const debt = shownDebt(loan);
  if (how.amount.lte(0)) throw new WireError(-10018, 'Invalid repayment amount.');
  if (!how.full && how.amount.gt(debt))
    throw new WireError(-10017, 'Repay amount should not be larger than liability.');
  const paid = how.full ? debt : how.amount;
  if (paid.lt(min(debt, minimumOf(desk.settings, 'flexibleRepay', loan.loanCoin))))
    throw new WireError(-10039, 'The repayment amount is too small.');
  const spent = how.withCollateral ? inCollateral(desk, loan, paid) : ZERO;
  if (!how.withCollateral && held(account.holdings.spot, loan.loanCoin).lt(paid)) throw POOR;
  if (spent.gt(loan.collateral)) throw new WireError(-10013, 'Insufficient collateral amount.');
  const left = max(ZERO, loan.debt.minus(paid));
  const kept = loan.collateral.minus(spent);
  const back = left.isZero() ? kept : how.returns && !how.withCollateral ? floor(kept.times(paid).div(debt), 8) : ZERO;
  const coins = how.withCollateral
    ? account.holdings
    : withWallet(account.holdings, 'spot', loan.loanCoin, paid.negated());
  const money = withWallet(coins, desk.settings.switches.collateralTo, loan.collateralCoin, back);
  const after = { ...loan, debt: left, collateral: kept.minus(back) };
  desk.put(account, withLoan(money, pairName(loan.loanCoin, loan.collateralCoin), after), 'loan');
  record(desk, account, loan, 'repay', {
    repayAmount: trim(paid),
    collateralReturn: trim(back),
    repayStatus: word(desk, 'REPAID', 'Repaid'),
  });
}

/** Collateral coins that a payment of `paid` loan coins costs. */
export function inCollateral(desk: Desk, loan: FlexLoan, paid: Dec): Dec {
  return ceil(paid.times(desk.priceOf(loan.loanCoin)).div(desk.priceOf(loan.collateralCoin)), 8);
}

/** Borrows against collateral; of the two amounts one may be left out. @throws WireError */
export function borrow(
  desk: Desk,
  account: Account,
  loan: FlexLoan,
  asked: { loan?: Dec | undefined; collateral?: Dec | undefined },
): { loan: Dec; collateral: Dec } {
  const facts = desk.settings.flexibleLoanable[loan.loanCoin];
  if (facts === undefined) throw new WireError(-10007, 'This coin is not loanable.');
  const { initialLtv } = pledgeOf(desk, account, loan.loanCoin, loan.collateralCoin);
  const ratio = desk.priceOf(loan.loanCoin).div(desk.priceOf(loan.collateralCoin)).div(initialLtv);
  const amount = asked.loan ?? floor((asked.collateral ?? ZERO).div(ratio), 8);
  const collateral = asked.collateral ?? ceil(amount.times(ratio), 8);
  const usd = amount.times(desk.priceOf(loan.loanCoin));
  if (usd.lt(facts.minUsd)) throw new WireError(-10029, 'The loan amount is too small.');
  if (usd.gt(facts.maxUsd)) throw new WireError(-10030, 'The loan amount is too large.');
  if (reach(account.holdings, loan.collateralCoin).lt(collateral)) throw POOR;
  const after = { ...loan, debt: loan.debt.plus(amount), collateral: loan.collateral.plus(collateral) };
  if (flexLtv(desk, after).gt(initialLtv)) throw new WireError(-10013, 'Insufficient collateral amount.');
  const money = withWallet(taken(account.holdings, loan.collateralCoin, collateral), 'spot', loan.loanCoin, amount);
  desk.put(account, withLoan(money, pairName(loan.loanCoin, loan.collateralCoin), after), 'loan');
  const status = word(desk, 'SUCCESS', 'Succeeds');
  record(desk, account, loan, 'borrow', {
    initialLoanAmount: trim(amount),
    initialCollateralAmount: trim(collateral),
    status,
  });
  return { loan: amount, collateral };
}

/** Liquidates a position at its line. `worth` is what it is worth now. */
export function liquidateLoanIfDue(desk: Desk, account: Account, pair: string, loan: FlexLoan, worth: Worth): void {
  const { liquidationLtv } = pledgeOf(desk, account, loan.loanCoin, loan.collateralCoin);
  if (worth.debts.gte(liquidationLtv.times(worth.assets))) seizeLoan(desk, account, pair, loan);
}

/** Liquidates a position whatever its LTV is: the collateral pays debt and fee, the rest comes back. */
export function seizeLoan(desk: Desk, account: Account, pair: string, loan: FlexLoan): void {
  account.track('binance.flexibleLoan', pair).liquidated = true;
  const spent = min(loan.collateral, inCollateral(desk, loan, shownDebt(loan)));
  const fee = min(loan.collateral.minus(spent), ceil(spent.times(desk.settings.liquidationFee), 8));
  const back = loan.collateral.minus(spent).minus(fee);
  const money = withWallet(account.holdings, desk.settings.switches.collateralTo, loan.collateralCoin, back);
  desk.put(account, withLoan(money, pair, { ...loan, debt: ZERO, collateral: ZERO }), 'liquidation');
  record(desk, account, loan, 'liquidation', {
    liquidationDebt: trim(shownDebt(loan)),
    liquidationCollateralAmount: trim(loan.collateral),
    returnCollateralAmount: trim(back),
    liquidationFee: trim(fee),
    liquidationStartingPrice: trim(desk.priceOf(loan.collateralCoin).div(desk.priceOf(loan.loanCoin))),
    status: 'Liquidated',
  });
}

/** Status words changed over the years (§7.2). */
export function word(desk: Desk, now: string, before: string): string {
  return desk.settings.switches.flexibleWords === 'new' ? now : before;
}

function record(
  desk: Desk,
  account: Account,
  loan: FlexLoan,
  kind: 'adjust' | 'repay' | 'borrow' | 'liquidation',
  shown: Readonly<Record<string, string>>,
): void {
  account.flexRows.add({ kind, loanCoin: loan.loanCoin, collateralCoin: loan.collateralCoin, atMs: desk.now(), shown });
}

const POOR = new WireError(-10011, 'Insufficient spot assets.');
