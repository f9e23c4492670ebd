/**
 * What an account holds, as an immutable value: a change makes a new one. A move is then all or nothing, and a stale
 * read is a reference that was kept a little longer.
 */
import type { Dec } from '../../core/money.ts';
import { ZERO, ceil, min } from '../../core/money.ts';

/** Coins by asset. No zero rows. */
export type Amounts = ReadonlyMap<string, Dec>;

/** One asset of a margin pocket, in coins. */
export interface Coin {
  readonly free: Dec;
  readonly locked: Dec;
  /** Principal owed. */
  readonly borrowed: Dec;
  readonly interest: Dec;
}

/** One thing that is liquidated by itself: the cross account or one isolated pair. */
export type Pocket = ReadonlyMap<string, Coin>;

/** One flexible loan. The debt keeps more decimals than the wire shows, because interest comes every minute (§7.2). */
export interface FlexLoan {
  readonly loanCoin: string;
  readonly collateralCoin: string;
  readonly debt: Dec;
  readonly collateral: Dec;
}

/** Everything an account holds. */
export interface Holdings {
  readonly spot: Amounts;
  readonly funding: Amounts;
  /** Simple Earn Flexible. */
  readonly earn: Amounts;
  readonly cross: Pocket;
  /** By symbol. */
  readonly isolated: ReadonlyMap<string, Pocket>;
  /** By `LOAN/COLLATERAL`. */
  readonly flexible: ReadonlyMap<string, FlexLoan>;
}

/** A wallet without debts. */
export type Wallet = 'spot' | 'funding' | 'earn';

const NOTHING: Amounts = new Map();
export const EMPTY: Holdings = {
  spot: NOTHING,
  funding: NOTHING,
  earn: NOTHING,
  cross: new Map(),
  isolated: new Map(),
  flexible: new Map(),
};
const NO_COIN: Coin = { free: ZERO, locked: ZERO, borrowed: ZERO, interest: ZERO };

/** Amount of an asset, zero when there is none. */
export function held(amounts: Amounts, asset: string): Dec {
  return amounts.get(asset) ?? ZERO;
}

/** An asset of a pocket; all zero when it is not there. */
export function coinOf(pocket: Pocket, asset: string): Coin {
  return pocket.get(asset) ?? NO_COIN;
}

/** Principal and interest owed, in coins. */
export function owed(coin: Coin): Dec {
  return coin.borrowed.plus(coin.interest);
}

/** Adds `delta` coins, which may be negative, to a wallet. Books never go below zero: that would be a bug of the simulator. */
export function withWallet(holdings: Holdings, wallet: Wallet, asset: string, delta: Dec): Holdings {
  const next = held(holdings[wallet], asset).plus(delta);
  if (next.lt(0)) throw new Error(`${wallet} ${asset} would go below zero`);
  const copy = new Map(holdings[wallet]);
  if (next.isZero()) copy.delete(asset);
  else copy.set(asset, next);
  return { ...holdings, [wallet]: copy };
}

/** The pocket of a symbol; the empty symbol is cross margin. */
export function pocketOf(holdings: Holdings, symbol: string): Pocket {
  return symbol === '' ? holdings.cross : (holdings.isolated.get(symbol) ?? new Map<string, Coin>());
}

export function withPocket(holdings: Holdings, symbol: string, pocket: Pocket): Holdings {
  if (symbol === '') return { ...holdings, cross: pocket };
  return { ...holdings, isolated: new Map(holdings.isolated).set(symbol, pocket) };
}

export function withLoan(holdings: Holdings, pair: string, loan: FlexLoan): Holdings {
  return { ...holdings, flexible: new Map(holdings.flexible).set(pair, loan) };
}

function withCoin(pocket: Pocket, asset: string, coin: Coin): Pocket {
  if (coin.free.lt(0) || coin.borrowed.lt(0) || coin.interest.lt(0)) throw new Error(`${asset} would go below zero`);
  return new Map(pocket).set(asset, coin);
}

/** Adds free coins, which may be negative. */
export function withFree(pocket: Pocket, asset: string, delta: Dec): Pocket {
  const coin = coinOf(pocket, asset);
  return withCoin(pocket, asset, { ...coin, free: coin.free.plus(delta) });
}

/** Lends coins: they become free and owed. */
export function withLent(pocket: Pocket, asset: string, amount: Dec): Pocket {
  const coin = coinOf(pocket, asset);
  return withCoin(pocket, asset, { ...coin, free: coin.free.plus(amount), borrowed: coin.borrowed.plus(amount) });
}

/** Adds interest owed. */
export function withInterest(pocket: Pocket, asset: string, amount: Dec): Pocket {
  const coin = coinOf(pocket, asset);
  return withCoin(pocket, asset, { ...coin, interest: coin.interest.plus(amount) });
}

/** How a payment splits: interest first, then principal (§0.1 fact 9). */
export function splitOf(coin: Coin, amount: Dec): { readonly interest: Dec; readonly principal: Dec } {
  const interest = min(amount, coin.interest);
  return { interest, principal: amount.minus(interest) };
}

/** Pays debt. `free` says whether the coins come out of the pocket's own free balance. */
export function withPaid(pocket: Pocket, asset: string, amount: Dec, free: boolean): Pocket {
  const coin = coinOf(pocket, asset);
  const { interest, principal } = splitOf(coin, amount);
  return withCoin(pocket, asset, {
    ...coin,
    free: free ? coin.free.minus(amount) : coin.free,
    borrowed: coin.borrowed.minus(principal),
    interest: coin.interest.minus(interest),
  });
}

/** What a flexible loan shows as its debt: the wire has 8 decimals, and a debt is never shown too small. */
export function shownDebt(loan: FlexLoan): Dec {
  return ceil(loan.debt, 8);
}
