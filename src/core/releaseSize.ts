/**
 * How much collateral may leave a loan, and of which coin (DESIGN §5.2 row release): (C − D/t) / (w·P), the last tier first,
 * rounded down, within what the venue would let go and within every limit. Errs on the side of leaving too little.
 */
import type { Asset, CollateralView, LoanView } from './loan.ts';
import { fitRelease } from './fit.ts';
import type { Bound, Fit, Misfit } from './fit.ts';
import { minimumOf } from './learned.ts';
import type { Learned } from './learned.ts';
import type { Levels } from './need.ts';
import type { ReleaseLevels } from './levels.ts';
import { isAtOrBelow } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { releaseCollateral, releaseKeepingRatio, valueAdded } from './sizing.ts';
import type { Stand } from './sizing.ts';
import { Dec, ZERO, max, min } from './money.ts';

/** Binance lets collateral out of cross margin only while the collateral margin level stays above this (binance.md §10.1). */
const CROSS_LEVEL: Dec = new Dec('2');

/** A release worth less than this, USD, is not worth a money call and its record (docs/release.md). */
export const LEAST_RELEASE_USD: Dec = new Dec('10');

/** The loan by the worse of its own quantities and the venue's LTV: generosity believes the smaller collateral (DESIGN §2.7). */
export function releaseStand(loan: LoanView): Stand {
  const low = loan.venueLtv?.low ?? ZERO;
  const C = low.gt(loan.ltv) ? min(loan.collateralValue, loan.debtValue.div(low)) : loan.collateralValue;
  return { D: loan.debtValue, C };
}

/**
 * The LTV that a release is sized to: `upTo`, and low enough that the venue's own figure, at the upper edge of its rounding,
 * does not lie above `target` afterwards. A two-decimal LTV would else ask back at once what has just left.
 */
export function releaseAim(loan: LoanView, levels: Levels, release: ReleaseLevels): Dec {
  const rounding = loan.venueLtv === null ? ZERO : loan.venueLtv.high.minus(loan.venueLtv.low);
  return min(release.upTo, levels.target.minus(rounding));
}

/** What bounds a release besides the loan itself. */
export interface ReleaseRules {
  /** LTV that it may bring the loan up to. */
  readonly t: Dec;
  /** Coins that stay inside the loan's own account, per asset. */
  readonly keep: Readonly<Record<Asset, Dec>>;
  readonly learned: Learned;
  /** USD that limits leave, each with its name. */
  readonly rooms: readonly { readonly name: string; readonly usd: Dec }[];
}

export interface Released {
  readonly asset: Asset;
  readonly price: Dec;
  readonly decimals: number;
  readonly fit: Fit;
  /** The loan once the coins have left. */
  readonly after: Stand;
}

/**
 * Coins that may leave, in this order: what counts least goes first (the last tier, over all coins), then the largest
 * holding. A coin that the loan also owes stays: it is what repays from inside.
 */
export function leavingOrder(loan: LoanView): readonly CollateralView[] {
  const owed = new Set(loan.debts.map(({ asset }) => asset));
  const weight = (coin: CollateralView): Dec => coin.leaveTiers[0]?.weight ?? ZERO;
  const value = (coin: CollateralView): Dec => coin.amount.times(coin.price);
  return loan.collateral
    .filter(
      (coin) => coin.amount.gt(ZERO) && coin.price.gt(ZERO) && coin.leaveTiers.length > 0 && !owed.has(coin.asset),
    )
    .sort((a, b) => weight(a).cmp(weight(b)) || value(b).cmp(value(a)) || (a.asset < b.asset ? -1 : 1));
}

/** What of one coin may leave now. The venue's maximum bounds it where it is known; the caller does not act without it. */
export function sizeRelease(loan: LoanView, coin: CollateralView, rules: ReleaseRules): Released | Misfit {
  const stand = releaseStand(loan);
  const { asset, price, leaveTiers } = coin;
  const decimals = Math.min(coin.decimals, rules.learned.decimals[asset] ?? coin.decimals);
  const unbounded = max(ZERO, releaseCollateral(stand, rules.t, price, leaveTiers));
  const inputs = { D: stand.D, C: stand.C, t: rules.t, p: price };
  const least = max(smallest(loan, coin, rules.learned), LEAST_RELEASE_USD.div(price));
  const bounds = boundsOf(loan, coin, stand, rules, decimals);
  const fit = fitRelease(
    { formula: 'releaseCollateral', inputs, tiers: leaveTiers, unbounded },
    decimals,
    bounds,
    least,
  );
  if (!fit.ok) return fit;
  const after = { D: stand.D, C: stand.C.minus(valueAdded(fit.sized.amount, price, leaveTiers)) };
  if (after.C.lte(ZERO) || !isAtOrBelow(after, rules.t)) {
    return { ok: false, why: `${asset} cannot leave without passing the level`, cause: 'venue' };
  }
  return { asset, price, decimals, fit, after };
}

/** Nobody lists minima of the way out; the way in is the same call in the other direction. */
function smallest({ product }: LoanView, { asset, minAdd }: CollateralView, learned: Learned): Dec {
  const isTransfer = PRODUCT_FACTS[product].inside !== null;
  return minimumOf(learned, isTransfer ? 'minTransfer' : 'minAdd', { product, asset }, minAdd) ?? ZERO;
}

function boundsOf(
  loan: LoanView,
  coin: CollateralView,
  stand: Stand,
  { keep, rooms }: ReleaseRules,
  decimals: number,
): readonly Bound[] {
  const { asset, amount, free, price, leaveTiers } = coin;
  const hasInside = PRODUCT_FACTS[loan.product].inside !== null;
  const held = hasInside ? max(ZERO, free.minus(keep[asset] ?? ZERO)) : amount;
  const bounds: Bound[] = [{ name: hasInside ? 'inside' : 'held', coins: held, cause: 'money' }];
  const most = loan.maxRelease[asset];
  if (most !== undefined) bounds.push({ name: 'maxRelease', coins: most, cause: 'limit' });
  if (loan.product === 'binance.crossMargin') {
    // Without haircuts, which only the venue's own maximum knows: never more than this, whatever it says (fixture X05).
    const ask = { weighted: stand.C, debt: stand.D, ratio: CROSS_LEVEL, price, decimals };
    bounds.push({ name: 'marginLevel', coins: releaseKeepingRatio(ask, leaveTiers), cause: 'limit' });
  }
  return [...bounds, ...rooms.map(({ name, usd }): Bound => ({ name, coins: usd.div(price), cause: 'limit' }))];
}
