/** Margin interest: one hour at borrow, one more at each full hour, principal × daily / 24 rounded up to 8 decimals (binance.md §10.3). */
import type { Dec } from '../../core/money.ts';
import { ceil, parse } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { withInterest, withPocket } from './holdings.ts';
import type { Holdings, Pocket } from './holdings.ts';

const HOUR_MS = 3_600_000;
const BNB_PRICE_SHARE = parse('0.95');

/** Full hours of tape time passed between two moments. */
export function hoursBetween(fromMs: number, toMs: number): number {
  return Math.floor(toMs / HOUR_MS) - Math.floor(fromMs / HOUR_MS);
}

/** One hour of interest on a principal, in coins of the asset. */
export function hourOf(principal: Dec, dailyRate: Dec): Dec {
  return ceil(principal.times(dailyRate).div(24), 8);
}

/** Charges one hour on one asset of a pocket and writes it down. */
export function chargeHour(
  desk: Desk,
  account: Account,
  at: {
    readonly symbol: string;
    readonly asset: string;
    readonly principal: Dec;
    readonly type: 'PERIODIC' | 'ON_BORROW';
  },
  pocket: Pocket,
): Pocket {
  const { symbol, asset, principal, type } = at;
  const { dailyRate } = desk.facts(asset);
  const inBnb = account.bnbBurn.interest && symbol === '' && asset !== 'BNB';
  const interest = inBnb ? hourOf(inBnbOf(desk, asset, principal), dailyRate) : hourOf(principal, dailyRate);
  account.interests.add({
    txId: desk.id('interest'),
    atMs: desk.now(),
    asset: inBnb ? 'BNB' : asset,
    rawAsset: asset,
    principal,
    interest,
    dailyRate,
    type: inBnb ? `${type}_CONVERTED` : type,
    symbol,
  });
  return withInterest(pocket, inBnb ? 'BNB' : asset, interest);
}

function inBnbOf(desk: Desk, asset: string, principal: Dec): Dec {
  return principal.times(desk.priceOf(asset)).times(BNB_PRICE_SHARE).div(desk.priceOf('BNB'));
}

/** Charges full hours on every margin debt of the account. */
export function chargeHours(desk: Desk, account: Account, hours: number): void {
  let holdings = account.holdings;
  for (let hour = 0; hour < hours; hour += 1) {
    holdings = chargePocket(desk, account, '', holdings, holdings.cross);
    for (const [symbol, pocket] of holdings.isolated) holdings = chargePocket(desk, account, symbol, holdings, pocket);
  }
  if (holdings !== account.holdings) desk.put(account, holdings, 'interest');
}

function chargePocket(desk: Desk, account: Account, symbol: string, holdings: Holdings, pocket: Pocket): Holdings {
  let charged = pocket;
  for (const [asset, coin] of pocket) {
    if (coin.borrowed.isZero()) continue;
    charged = chargeHour(desk, account, { symbol, asset, principal: coin.borrowed, type: 'PERIODIC' }, charged);
  }
  return charged === pocket ? holdings : withPocket(holdings, symbol, charged);
}
