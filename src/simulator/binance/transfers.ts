/** Universal transfer between the wallets of one account (binance.md §6.1). */
import type { Dec } from '../../core/money.ts';
import type { Account } from './account.ts';
import { checkLock, openPocket } from './borrowRepay.ts';
import type { Desk } from './desk.ts';
import { coinOf, held, pocketOf, withFree, withPocket, withWallet } from './holdings.ts';
import type { Holdings, Wallet } from './holdings.ts';
import type { TransferRow } from './records.ts';
import { minimumOf } from './settings.ts';
import { WireError, mandatory } from './wire.ts';
import { maxTransferable, worthOf } from './worth.ts';

/** One end of a transfer: a wallet without debts, or a margin pocket. */
type Place = { readonly wallet: Wallet } | { readonly symbol: string };

/** A transfer as it is asked for. */
export interface TransferOrder {
  readonly type: string;
  readonly asset: string;
  readonly amount: Dec;
  readonly fromSymbol: string;
  readonly toSymbol: string;
  /** Wire ms until it is final; null: until released. Absent: the venue's usual time. */
  readonly settleMs?: number | null | undefined;
  readonly fate?: 'done' | 'failed' | undefined;
  /** Shown in the capital flow when the venue moved the money by itself (§10.6). */
  readonly note?: string | undefined;
}

type End = 'MAIN' | 'FUNDING' | 'MARGIN' | 'ISOLATED';
const TYPES: Readonly<Record<string, readonly [End, End]>> = {
  MAIN_MARGIN: ['MAIN', 'MARGIN'],
  MARGIN_MAIN: ['MARGIN', 'MAIN'],
  MAIN_FUNDING: ['MAIN', 'FUNDING'],
  FUNDING_MAIN: ['FUNDING', 'MAIN'],
  MARGIN_FUNDING: ['MARGIN', 'FUNDING'],
  FUNDING_MARGIN: ['FUNDING', 'MARGIN'],
  MARGIN_ISOLATEDMARGIN: ['MARGIN', 'ISOLATED'],
  ISOLATEDMARGIN_MARGIN: ['ISOLATED', 'MARGIN'],
  ISOLATEDMARGIN_ISOLATEDMARGIN: ['ISOLATED', 'ISOLATED'],
  MAIN_ISOLATED_MARGIN: ['MAIN', 'ISOLATED'],
  ISOLATED_MARGIN_MAIN: ['ISOLATED', 'MAIN'],
};
const DIRECT = ['MAIN_ISOLATED_MARGIN', 'ISOLATED_MARGIN_MAIN'];

/** Accepts a transfer; the money leaves at once and arrives when it is confirmed. @throws WireError the venue's refusal */
export function placeTransfer(desk: Desk, account: Account, order: TransferOrder): bigint {
  const [from, to] = endsOf(desk, order);
  if (order.amount.lte(0)) throw new WireError(-5007, 'Quantity must be greater than zero.');
  // No document names a smallest transfer or its code; this one says that the amount is disliked (§8.1).
  if (order.amount.lt(minimumOf(desk.settings, 'transfer', order.asset)))
    throw new WireError(-1130, "Data sent for parameter 'amount' is not valid.");
  for (const place of [from, to]) {
    if (desk.settings.switches.transfersLock && 'symbol' in place) checkLock(desk, account, place.symbol, 'REPAY');
  }
  checkArrival(desk, account, to, order.asset);
  checkDeparture(desk, account, from, order);
  const row = account.transfers.add({
    tranId: desk.id('tran'),
    type: order.type,
    asset: order.asset,
    amount: order.amount,
    fromSymbol: 'symbol' in from ? from.symbol : '',
    toSymbol: 'symbol' in to ? to.symbol : '',
    status: 'PENDING',
    atMs: desk.now(),
  });
  desk.put(account, moved(account.holdings, from, order.asset, order.amount.negated()), 'transfer');
  desk.settle(order.settleMs === undefined ? desk.settings.transferMs : order.settleMs, () => {
    finish(desk, account, row, order, order.fate === 'failed' ? from : to);
  });
  return row.tranId;
}

/** Whether the type is one of this simulator, and how its two ends are called in margin/transfer rows. */
export function endsNamed(type: string): readonly [string, string] {
  const names = { MAIN: 'SPOT', FUNDING: 'FUNDING', MARGIN: 'CROSS_MARGIN', ISOLATED: 'ISOLATED_MARGIN' };
  const [from, to] = TYPES[type] ?? ['MAIN', 'MAIN'];
  return [names[from], names[to]];
}

/** @throws WireError for a type that does not exist, or that another product would serve */
export function checkType(desk: Desk, type: string): void {
  if (TYPES[type] !== undefined && (desk.settings.switches.directIsolated || !DIRECT.includes(type))) return;
  const exists = /^[A-Z]+_[A-Z]+(?:_[A-Z]+)?$/.test(type) && /(?:MAIN|MARGIN|FUNDING)/.test(type);
  throw exists
    ? new WireError(-5009, 'Product does not exist.')
    : new WireError(-1130, "Data sent for parameter 'type' is not valid.");
}

function endsOf(desk: Desk, order: TransferOrder): readonly [Place, Place] {
  checkType(desk, order.type);
  const [from, to] = TYPES[order.type] ?? ['MAIN', 'MAIN'];
  return [placeOf(from, order.fromSymbol, 'fromSymbol'), placeOf(to, order.toSymbol, 'toSymbol')];
}

function placeOf(end: End, symbol: string, parameter: string): Place {
  switch (end) {
    case 'MAIN':
      return { wallet: 'spot' };
    case 'FUNDING':
      return { wallet: 'funding' };
    case 'MARGIN':
      return { symbol: '' };
    case 'ISOLATED':
      if (symbol === '') throw mandatory(parameter);
      return { symbol };
  }
}

function checkArrival(desk: Desk, account: Account, to: Place, asset: string): void {
  if ('wallet' in to) return;
  const facts = desk.facts(asset);
  openPocket(desk, account, to.symbol, asset);
  if (!facts.isMortgageable) {
    throw new WireError(-3009, 'This asset are not allowed to transfer into margin account currently.');
  }
  if (account.frozen.has(to.symbol)) throw new WireError(-3043, 'Transferring in not allowed.');
}

function checkDeparture(desk: Desk, account: Account, from: Place, order: TransferOrder): void {
  const { asset, amount } = order;
  if ('wallet' in from) {
    if (held(account.holdings[from.wallet], asset).lt(amount)) throw tooPoor(desk);
    return;
  }
  desk.facts(asset);
  openPocket(desk, account, from.symbol, asset);
  if (account.frozen.has(from.symbol)) throw new WireError(-3005, 'Transferring out not allowed.');
  if (amount.gt(transferableOf(desk, account.holdings, from.symbol, asset))) {
    throw new WireError(-3020, 'Transfer out amount exceeds max amount.');
  }
}

/** Coins that may leave a pocket now (§5.6). */
export function transferableOf(desk: Desk, holdings: Holdings, symbol: string, asset: string): Dec {
  const pocket = pocketOf(holdings, symbol);
  const { free } = coinOf(pocket, asset);
  if (free.isZero() || worthOf(pocket, desk.priceOf).debts.isZero()) return free;
  return maxTransferable(pocket, asset, desk.priceOf, desk.bracketsFor(symbol));
}

function tooPoor(desk: Desk): WireError {
  const code = desk.settings.switches.poorTransfer;
  if (code === -9000) return new WireError(code, 'user have no avaliable amount');
  return code === -5002
    ? new WireError(code, 'You have insufficient balance.')
    : new WireError(code, 'Asset transfer failed: insufficient balance');
}

function moved(holdings: Holdings, place: Place, asset: string, delta: Dec): Holdings {
  if ('wallet' in place) return withWallet(holdings, place.wallet, asset, delta);
  return withPocket(holdings, place.symbol, withFree(pocketOf(holdings, place.symbol), asset, delta));
}

function finish(desk: Desk, account: Account, row: TransferRow, order: TransferOrder, arrival: Place): void {
  row.status = order.fate === 'failed' ? 'FAILED' : 'CONFIRMED';
  desk.put(account, moved(account.holdings, arrival, row.asset, row.amount), 'transfer');
  if (row.status === 'FAILED') return;
  for (const place of endsOf(desk, order)) {
    if (!('symbol' in place)) continue;
    const { asset, amount, tranId } = row;
    desk.flow(account, { tranId, asset, symbol: place.symbol, type: 'TRANSFER', amount, note: order.note });
  }
}
