/**
 * Forced liquidation of a margin pocket (binance.md §10.5): it is locked, its assets are sold against its debts until
 * the margin level is back at the stop level or nothing is left; what stays unpaid in cross becomes a liquidation loan.
 */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO, ceil, floor, min } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { coinOf, owed, pocketOf, withFree, withPaid, withPocket } from './holdings.ts';
import type { Pocket } from './holdings.ts';
import { worthOf } from './worth.ts';
import type { Worth } from './worth.ts';

interface Seizure {
  readonly desk: Desk;
  readonly account: Account;
  readonly symbol: string;
  readonly tranId: bigint;
  readonly stop: Dec;
  readonly fee: Dec;
  pocket: Pocket;
}

/** Liquidates the pocket when its level has reached the line. `worth` is what it is worth now. */
export function liquidateIfDue(desk: Desk, account: Account, symbol: string, worth: Worth): void {
  if (account.frozen.has(symbol)) return;
  const bars = desk.barsOf(account, symbol);
  // The line itself already counts: "ML <= 1.1" (§10.1).
  if (worth.assets.lte(bars.liquidation.times(worth.debts))) seize(desk, account, symbol, bars.stop);
}

/** Liquidates whatever the level is. */
export function seize(desk: Desk, account: Account, symbol: string, stop: Dec): void {
  account.frozen.add(symbol);
  account.track(symbol === '' ? 'binance.crossMargin' : 'binance.isolatedMargin', symbol).liquidated = true;
  const pocket = pocketOf(account.holdings, symbol);
  const seizure: Seizure = {
    desk,
    account,
    symbol,
    stop,
    tranId: desk.id('tran'),
    fee: desk.settings.liquidationFee,
    pocket,
  };
  payFromInside(seizure);
  sellAssets(seizure);
  writeOff(seizure);
  desk.put(account, withPocket(account.holdings, symbol, seizure.pocket), 'liquidation');
  desk.settle(desk.settings.liquidationMs, () => account.frozen.delete(symbol));
}

/** USD that must be paid (or sold, when a fee is taken) to reach the stop level; zero when it is reached. */
function missing(seizure: Seizure, fee: Dec): Dec {
  const { assets, debts } = worthOf(seizure.pocket, seizure.desk.priceOf);
  const gap = seizure.stop.times(debts).minus(assets);
  if (gap.lte(0)) return ZERO;
  const slope = seizure.stop.times(ONE.minus(fee)).minus(1);
  return slope.gt(0) ? gap.div(slope) : assets;
}

/** Coins that are owed and there at the same time pay first. */
function payFromInside(seizure: Seizure): void {
  for (const [asset, coin] of seizure.pocket) {
    const coins = ceil(missing(seizure, ZERO).div(seizure.desk.priceOf(asset)), 8);
    pay(seizure, asset, min(coin.free, owed(coin), coins), true);
  }
}

/** The largest position is sold first. */
function sellAssets(seizure: Seizure): void {
  const { desk } = seizure;
  const usdOf = (asset: string): Dec => coinOf(seizure.pocket, asset).free.times(desk.priceOf(asset));
  const order = [...seizure.pocket.keys()].sort((one, other) => usdOf(other).comparedTo(usdOf(one)));
  for (const asset of order) {
    const { free } = coinOf(seizure.pocket, asset);
    const qty = min(free, ceil(missing(seizure, seizure.fee).div(desk.priceOf(asset)), 8));
    if (qty.gt(0)) sell(seizure, asset, qty);
  }
}

function sell(seizure: Seizure, asset: string, qty: Dec): void {
  const { desk, account, symbol, tranId, fee } = seizure;
  const price = desk.priceOf(asset);
  seizure.pocket = withFree(seizure.pocket, asset, qty.negated());
  desk.flow(account, { tranId, asset, symbol, type: 'SELL_LIQUIDATION', amount: qty });
  desk.flow(account, { tranId, asset, symbol, type: 'LIQUIDATION_FEE', amount: qty.times(fee) });
  account.forced.add({ orderId: desk.id('order'), asset, symbol, price, qty, atMs: desk.now() });
  let usd = qty.times(price).times(ONE.minus(fee));
  for (const [debtAsset, coin] of seizure.pocket) {
    const coins = min(owed(coin), floor(usd.div(desk.priceOf(debtAsset)), 8));
    pay(seizure, debtAsset, coins, false);
    usd = usd.minus(coins.times(desk.priceOf(debtAsset)));
  }
}

function pay(seizure: Seizure, asset: string, coins: Dec, free: boolean): void {
  if (coins.lte(0)) return;
  const { desk, account, symbol, tranId } = seizure;
  seizure.pocket = withPaid(seizure.pocket, asset, coins, free);
  desk.flow(account, { tranId, asset, symbol, type: 'REPAY_LIQUIDATION', amount: coins });
}

/** With nothing left to sell the debts leave the account: a USDC loan for cross (§5.10), Binance's loss for isolated. */
function writeOff(seizure: Seizure): void {
  const { desk, account, symbol } = seizure;
  const { assets, debts } = worthOf(seizure.pocket, desk.priceOf);
  if (debts.isZero() || assets.gte(debts)) return;
  if (symbol === '') account.deficitUsdc = account.deficitUsdc.plus(ceil(debts.div(desk.priceOf('USDC')), 8));
  for (const [asset, coin] of seizure.pocket) pay(seizure, asset, owed(coin), false);
}
