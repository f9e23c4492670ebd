/** Borrow and repay of margin: one at a time per account, PENDING first, money moves at CONFIRMED (binance.md §5.3, §10.4, §14). */
import type { Dec } from '../../core/money.ts';
import { ZERO, max, min } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { coinOf, owed, pocketOf, splitOf, withLent, withPaid, withPocket } from './holdings.ts';
import type { Pocket } from './holdings.ts';
import { chargeHour } from './interest.ts';
import type { LoanRow } from './records.ts';
import { minimumOf } from './settings.ts';
import { maxBorrowable } from './worth.ts';
import { WireError } from './wire.ts';

/** A borrow or repay as it is asked for. */
export interface LoanOrder {
  readonly type: 'BORROW' | 'REPAY';
  readonly asset: string;
  /** Empty for cross. */
  readonly symbol: string;
  readonly amount: Dec;
  /** Default MANUAL. */
  readonly rowType?: string | undefined;
  /** Wire ms until it is final; null: until released. Absent: the venue's usual time. */
  readonly settleMs?: number | null | undefined;
  readonly fate?: 'done' | 'failed' | undefined;
}

const PENDING_TEXTS = {
  oneDot: 'You have pending transaction, please try again later.',
  twoDots: 'You have pending transaction, please try again later..',
  typo: 'You have pending transcation, please try again later.',
} as const;

/** Accepts an order of a client. @throws WireError the venue's refusal */
export function placeOrder(
  desk: Desk,
  account: Account,
  order: LoanOrder,
): { readonly txId: bigint; readonly settleMs: number | null } {
  checkLock(desk, account, order.symbol, order.type);
  checkOrder(desk, account, order);
  const row = account.loans.add(rowOf(desk, order));
  const settleMs = order.settleMs === undefined ? usualTime(desk) : order.settleMs;
  if (settleMs !== 0) desk.lock(account, order.symbol, 'client');
  desk.settle(settleMs, () => {
    if (settleMs !== 0) desk.unlock(account, order.symbol);
    finish(desk, account, row, order.fate ?? 'done');
  });
  return { txId: row.txId, settleMs };
}

/** Carries out an order of somebody else at once: the account's owner on the web page, or the venue. The lock does not matter. */
export function forceOrder(desk: Desk, account: Account, order: LoanOrder): bigint {
  checkOrder(desk, account, order);
  const row = account.loans.add(rowOf(desk, order));
  finish(desk, account, row, 'done');
  return row.txId;
}

/** -3007 while another borrow or repay of the account runs (§0.1 fact 2). @throws WireError */
export function checkLock(desk: Desk, account: Account, symbol: string, type: 'BORROW' | 'REPAY'): void {
  const owner = account.locks.get(desk.lockScope(symbol));
  if (owner === undefined) return;
  if (owner === 'client') desk.conflicts += 1;
  const { pendingText, pendingBorrowCode } = desk.settings.switches;
  throw new WireError(type === 'BORROW' ? pendingBorrowCode : -3007, PENDING_TEXTS[pendingText]);
}

/** Locks an account for a while, as a borrow of somebody else does. */
export function foreignLock(desk: Desk, account: Account, symbol: string, ms: number): void {
  desk.lock(account, symbol, 'foreign');
  desk.settle(ms, () => desk.unlock(account, symbol));
}

/** Coins that can be borrowed now, and the cap of the account's level (§5.5). */
export function borrowableOf(
  desk: Desk,
  account: Account,
  pocket: Pocket,
  symbol: string,
  asset: string,
): { readonly amount: Dec; readonly limit: Dec } {
  const facts = desk.facts(asset);
  const { initial } = desk.barsOf(account, symbol);
  const limit = symbol === '' ? facts.borrowLimit : isolatedLimit(desk, symbol, asset);
  const byValue = maxBorrowable(pocket, asset, initial, desk.priceOf, desk.bracketsFor(symbol));
  const byLimit = max(ZERO, limit.minus(coinOf(pocket, asset).borrowed));
  return { amount: facts.isBorrowable ? min(byValue, byLimit, facts.inventory) : ZERO, limit };
}

function isolatedLimit(desk: Desk, symbol: string, asset: string): Dec {
  const { base } = desk.pair(symbol);
  const limits = desk
    .tiersOf(symbol)
    .map((tier) => (asset === base ? tier.baseAssetMaxBorrowable : tier.quoteAssetMaxBorrowable));
  return max(ZERO, ...limits);
}

/** The pocket of cross or of an isolated pair. @throws WireError -3003 when it was never opened, -3027 for a foreign asset */
export function openPocket(desk: Desk, account: Account, symbol: string, asset: string): Pocket {
  const isOpen = symbol === '' ? account.hasCross : account.holdings.isolated.has(symbol);
  if (symbol !== '') {
    const { base, quote } = desk.pair(symbol);
    if (asset !== base && asset !== quote) throw new WireError(-3027, 'Not a valid margin asset.');
  }
  if (!isOpen) throw new WireError(-3003, 'Margin account does not exist.');
  return pocketOf(account.holdings, symbol);
}

/** The checks in the order of §14. */
function checkOrder(desk: Desk, account: Account, order: LoanOrder): void {
  const { asset, symbol, amount } = order;
  const facts = desk.facts(asset);
  const pocket = openPocket(desk, account, symbol, asset);
  if (amount.lte(0)) throw new WireError(-3026, 'Your input param is invalid.');
  if (order.type === 'REPAY') checkRepay(desk, account, order, pocket);
  else {
    if (account.frozen.has(symbol)) throw new WireError(-3014, 'Borrow is banned for this account.');
    if (!facts.isBorrowable) throw new WireError(-3012, 'Borrow is banned for this asset.');
    if (amount.lt(facts.userMinBorrow)) throw new WireError(-3013, 'Borrow amount less than minimum borrow amount.');
    if (amount.gt(facts.inventory)) throw new WireError(-3045, 'The system does not have enough asset now.');
    if (amount.gt(borrowableOf(desk, account, pocket, symbol, asset).amount)) throw overBorrow(desk, symbol);
  }
}

function overBorrow(desk: Desk, symbol: string): WireError {
  const isolatedCode = desk.settings.switches.isolatedOverBorrow;
  return symbol !== '' && isolatedCode === -11008
    ? new WireError(-11008, "Exceeding the account's maximum borrowable limit.")
    : new WireError(-3006, 'Your borrow amount has exceed maximum borrow amount.');
}

function checkRepay(desk: Desk, account: Account, order: LoanOrder, pocket: Pocket): void {
  const { asset, amount, symbol } = order;
  const facts = desk.facts(asset);
  const coin = coinOf(pocket, asset);
  const debt = owed(coin);
  if (amount.gt(debt)) throw new WireError(-3015, 'Repay amount exceeds borrow amount.');
  const least = max(facts.userMinRepay, minimumOf(desk.settings, 'marginRepay', asset));
  if (amount.lt(least) && amount.lt(debt)) {
    throw new WireError(-3016, 'Repay amount less than minimum repay amount.');
  }
  const left = debt.minus(amount);
  const minLeft = facts.minLeft ?? desk.settings.minLeftUsd.div(desk.priceOf(asset));
  if (left.gt(0) && left.lt(minLeft)) {
    throw new WireError(desk.settings.switches.dustCode, 'The unpaid debt is too small after this repayment.');
  }
  if (coin.free.lt(amount)) throw new WireError(-3041, 'Balance is not enough');
  if (account.frozen.has(symbol)) throw new WireError(-3036, 'This account is not allowed to repay.');
}

function usualTime(desk: Desk): number {
  const { settleMs, settleTail } = desk.settings;
  return settleTail.share > 0 && desk.market.host.random() < settleTail.share ? settleTail.ms : settleMs;
}

function rowOf(desk: Desk, order: LoanOrder): LoanRow {
  const { type, asset, symbol, amount } = order;
  return {
    txId: desk.id('tran'),
    type,
    rowType: order.rowType ?? 'MANUAL',
    asset,
    symbol,
    amount,
    principal: type === 'BORROW' ? amount : ZERO,
    interest: ZERO,
    status: 'PENDING',
    atMs: desk.now(),
  };
}

/** Moves the money, or writes FAILED when the account can no longer do it: then nothing happened (§5.4). */
function finish(desk: Desk, account: Account, row: LoanRow, fate: 'done' | 'failed'): void {
  const pocket = pocketOf(account.holdings, row.symbol);
  const coin = coinOf(pocket, row.asset);
  const impossible = row.type === 'REPAY' && (coin.free.lt(row.amount) || owed(coin).lt(row.amount));
  if (fate === 'failed' || impossible || account.frozen.has(row.symbol)) {
    row.status = 'FAILED';
    return;
  }
  if (row.type === 'REPAY') ({ interest: row.interest, principal: row.principal } = splitOf(coin, row.amount));
  const after = row.type === 'REPAY' ? withPaid(pocket, row.asset, row.amount, true) : lend(desk, account, row, pocket);
  row.status = 'CONFIRMED';
  desk.flow(account, { tranId: row.txId, asset: row.asset, symbol: row.symbol, type: row.type, amount: row.amount });
  desk.put(account, withPocket(account.holdings, row.symbol, after), 'loan');
}

/** A borrow is charged its first hour at once (§10.3). */
function lend(desk: Desk, account: Account, row: LoanRow, pocket: Pocket): Pocket {
  const at = { symbol: row.symbol, asset: row.asset, principal: row.amount, type: 'ON_BORROW' } as const;
  return chargeHour(desk, account, at, withLent(pocket, row.asset, row.amount));
}
