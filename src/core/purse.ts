/**
 * The money that plans of one call share: what every wallet may give, and what earlier plans of the call already took from
 * wallets and limits. A purse never changes; taking returns the purse that is left.
 */
import type { Asset, LoanId, WalletName } from './loan.ts';
import type { DecideInput } from './need.ts';
import { reservedOf, spentOf } from './limits.ts';
import type { Spent } from './limits.ts';
import { type Dec, ZERO, max } from './money.ts';

/** What one call of `decide` sees, with its lookups prepared once. */
export interface Scene {
  readonly input: DecideInput;
  readonly spent: readonly Spent[];
  readonly reserved: readonly Spent[];
  /** USD per coin; `null` when nobody said. */
  readonly priceOf: (asset: Asset) => Dec | null;
  /** Whether the price of this coin, or of the coin it wraps, is in dispute. */
  readonly isDislocated: (asset: Asset) => boolean;
  /** Whether two loans spend under the same policy, so that its windows count both. */
  readonly sharePolicy: (a: LoanId, b: LoanId) => boolean;
}

export function sceneOf(input: DecideInput): Scene {
  let prices: ReadonlyMap<Asset, Dec> | null = null;
  const disputed = new Set(input.dislocated);
  return {
    input,
    spent: spentOf(input.charges),
    reserved: reservedOf(input.reserved, input.now),
    priceOf: (asset) => {
      prices ??= pricesOf(input);
      return prices.get(asset) ?? null;
    },
    isDislocated: (asset) => disputed.has(asset) || disputed.has(input.groups[asset]?.wraps ?? asset),
    sharePolicy: (a, b) => {
      const first = input.policies[a];
      const second = input.policies[b];
      // a loan that left every policy still spent this account's money: it counts
      return second === undefined || first?.name === second.name;
    },
  };
}

/** Prices of loans first: they are what the venue values by. */
function pricesOf(input: DecideInput): ReadonlyMap<Asset, Dec> {
  const prices = new Map(Object.entries(input.view.prices));
  for (const loan of input.view.loans) {
    for (const coin of [...loan.collateral, ...loan.debts]) prices.set(coin.asset, coin.price);
  }
  return prices;
}

export interface Purse {
  readonly coins: ReadonlyMap<string, Dec>;
  readonly planned: readonly Spent[];
}

/**
 * Wallets less what the policy keeps in them. A wallet the policy does not name gives nothing. While an intent is undecided,
 * every wallet and asset it may have touched, on either side, gives nothing at all: only money that it cannot have moved
 * is other money (DESIGN §5.7).
 */
export function purseOf(input: DecideInput): Purse {
  const coins = new Map<string, Dec>();
  for (const wallet of input.view.wallets) {
    const rule = input.wallets.find((one) => one.name === wallet.name);
    if (rule === undefined) continue;
    for (const [asset, free] of Object.entries(wallet.free)) {
      if (isTouched(input, wallet.name, asset)) continue;
      coins.set(key(wallet.name, asset), max(ZERO, free.minus(rule.keep[asset] ?? ZERO)));
    }
  }
  return { coins, planned: [] };
}

export function available(purse: Purse, wallet: WalletName, asset: Asset): Dec {
  return purse.coins.get(key(wallet, asset)) ?? ZERO;
}

/** Why a wallet gives nothing of an asset, in words. */
export function whyEmpty(input: DecideInput, purse: Purse, wallet: WalletName, asset: Asset): string {
  if (!input.wallets.some((one) => one.name === wallet)) return `the policy names no wallet ${wallet}`;
  const seen = input.view.wallets.find((one) => one.name === wallet);
  if (seen === undefined) {
    const section = input.view.sections[`wallet.${wallet}`];
    return `wallet ${wallet} could not be read${section?.state === 'failed' ? `: ${section.reason}` : ''}`;
  }
  if (isTouched(input, wallet, asset)) return `an undecided intent may have touched ${asset} in ${wallet}`;
  if (seen.free[asset] === undefined) return `no ${asset} in ${wallet}`;
  return purse.planned.some((one) => one.asset === asset)
    ? `${asset} in ${wallet} is taken by plans nearer to their line`
    : `${asset} in ${wallet} is not above what is kept there`;
}

export function take(purse: Purse, wallet: WalletName | null, coins: Dec, spent: Spent | null): Purse {
  const planned = spent === null ? purse.planned : [...purse.planned, spent];
  if (wallet === null || spent === null) return { coins: purse.coins, planned };
  const left = new Map(purse.coins);
  left.set(key(wallet, spent.asset), max(ZERO, available(purse, wallet, spent.asset).minus(coins)));
  return { coins: left, planned };
}

function isTouched(input: DecideInput, wallet: WalletName, asset: Asset): boolean {
  return input.undecided.some((one) => one.asset === asset && (one.from === wallet || one.to === wallet));
}

function key(wallet: WalletName, asset: Asset): string {
  return `${wallet}/${asset}`;
}
