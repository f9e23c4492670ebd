/** What collateral and debts are worth. Pure; amounts in coins, values in USD, LTVs as shares. */
import type { Dec } from '../../core/money.ts';
import { Dec as Decimal, ONE, ZERO, floor, max, min } from '../../core/money.ts';
import type { Amounts, Holdings, Order } from './holdings.ts';
import { held, owed } from './holdings.ts';
import type { BorrowTier, Bracket } from './tables.ts';
import type { OkxSettings } from './world.ts';
import { bracketsOf, tiersOf } from './world.ts';

/** Index price in USD of one unit. */
export type PriceOf = (asset: string) => Dec;

/** Stands for "no collateral at all": larger than any line. */
const HOPELESS = new Decimal(9999);

const NOTHING: Amounts = new Map();

/** Coins that count after the marginal discount brackets (okx.md §4.7). */
export function discounted(brackets: readonly Bracket[] | undefined, amount: Dec): Dec {
  let coins = ZERO;
  let from = ZERO;
  for (const { upTo, rate } of brackets ?? []) {
    const edge = upTo === undefined ? amount : min(amount, upTo);
    if (edge.gt(from)) coins = coins.plus(edge.minus(from).times(rate));
    if (upTo === undefined || amount.lte(upTo)) break;
    from = upTo;
  }
  return coins;
}

/** USD value of coins at full price. */
export function usdOf(amounts: Amounts, price: PriceOf): Dec {
  let total = ZERO;
  for (const [ccy, amount] of amounts) total = total.plus(amount.times(price(ccy)));
  return total;
}

/** An order's debt, discount-adjusted collateral and LTV (okx.md §3.2). */
export interface OrderValue {
  readonly loanUsd: Dec;
  readonly collateralUsd: Dec;
  /** Exact; the wire shows it truncated to four decimals. */
  readonly ltv: Dec;
}

/** Values an order at the given prices. */
export function valueOrder(
  order: Pick<Order, 'debt' | 'collateral'>,
  settings: OkxSettings,
  price: PriceOf,
): OrderValue {
  const loanUsd = usdOf(order.debt, price);
  const collateralUsd = usdOf(countedCoins(order.collateral, settings), price);
  return { loanUsd, collateralUsd, ltv: ratio(loanUsd, collateralUsd) };
}

const countedOf = new WeakMap<Amounts, { readonly settings: OkxSettings; readonly coins: Amounts }>();

/** Coins after discount. Amounts are immutable and prices move far more often, so the brackets are walked once per change. */
function countedCoins(amounts: Amounts, settings: OkxSettings): Amounts {
  const known = countedOf.get(amounts);
  if (known?.settings === settings) return known.coins;
  const coins = new Map([...amounts].map(([ccy, amount]) => [ccy, discounted(bracketsOf(settings, ccy), amount)]));
  countedOf.set(amounts, { settings, coins });
  return coins;
}

/**
 * Largest amount of a collateral that may leave while the LTV stays at or below the initial LTV. The real rule is not
 * published (okx.md §11). The highest bracket leaves first, because it counts least.
 */
export function redeemable(order: Order, ccy: string, settings: OkxSettings, price: PriceOf): Dec {
  const amount = held(order.collateral, ccy);
  const { loanUsd, collateralUsd } = valueOrder(order, settings, price);
  let spare = collateralUsd.minus(loanUsd.div(order.initialLtv)).div(price(ccy));
  if (spare.lte(0)) return ZERO;
  let free = ZERO;
  for (const step of slices(bracketsOf(settings, ccy) ?? [], amount).reverse()) {
    const counted = step.size.times(step.rate);
    if (counted.gt(spare)) return floor(free.plus(spare.div(step.rate)), settings.decimals);
    free = free.plus(step.size);
    spare = spare.minus(counted);
  }
  return free;
}

function slices(brackets: readonly Bracket[], amount: Dec): { size: Dec; rate: Dec }[] {
  const found: { size: Dec; rate: Dec }[] = [];
  let from = ZERO;
  for (const { upTo, rate } of brackets) {
    const edge = upTo === undefined ? amount : min(amount, upTo);
    if (edge.gt(from)) found.push({ size: edge.minus(from), rate });
    if (upTo !== undefined) from = max(from, upTo);
  }
  return found;
}

/** The trading account of spot-mode borrowing (okx.md §4.6, §4.7). */
export interface SpotValue {
  /** Value of everything, undiscounted and net, USD. */
  readonly totalEq: Dec;
  /** Discounted, net of debts, USD. */
  readonly adjEq: Dec;
  readonly debtUsd: Dec;
  /** Maintenance margin, USD. */
  readonly mmr: Dec;
  /** Initial margin, USD. */
  readonly imr: Dec;
  /** adjEq / (mmr + liquidation fee); undefined without debt. Liquidation at 1 and below. */
  readonly mgnRatio: Dec | undefined;
  /** Debt / (adjEq + debt), zero without debt. */
  readonly ltv: Dec;
  /** LTV at which mgnRatio reaches 1 with these debts. */
  readonly line: Dec;
}

const NONE: ReadonlySet<string> = new Set();

/** Values a trading account at the given prices. Coins in `off` do not count as collateral. */
export function valueSpot(
  holdings: Pick<Holdings, 'trading'>,
  settings: OkxSettings,
  price: PriceOf,
  off = NONE,
): SpotValue {
  let [totalEq, adjEq, debtUsd, mmr, imr] = [ZERO, ZERO, ZERO, ZERO, ZERO];
  for (const [ccy, coin] of holdings.trading) {
    const debt = owed(coin);
    const equity = coin.cash.minus(debt);
    // A negative equity counts at full price: the sign convention is not published, this is the careful reading (okx.md §4.7).
    const counted = equity.gt(0) ? discounted(off.has(ccy) ? [] : bracketsOf(settings, ccy), equity) : equity;
    const usd = debt.times(price(ccy));
    const tier = tierFor(tiersOf(settings, ccy), debt);
    totalEq = totalEq.plus(equity.times(price(ccy)));
    adjEq = adjEq.plus(counted.times(price(ccy)));
    debtUsd = debtUsd.plus(usd);
    mmr = mmr.plus(usd.times(tier.mmr));
    imr = imr.plus(usd.times(tier.imr));
  }
  const needed = mmr.plus(debtUsd.times(settings.liquidationFee));
  if (debtUsd.isZero()) {
    return { totalEq, adjEq, debtUsd, mmr, imr, mgnRatio: undefined, ltv: ZERO, line: ONE };
  }
  const line = debtUsd.div(needed.plus(debtUsd));
  return {
    totalEq,
    adjEq,
    debtUsd,
    mmr,
    imr,
    mgnRatio: adjEq.div(needed),
    ltv: ratio(debtUsd, adjEq.plus(debtUsd)),
    line,
  };
}

/** The tier whose margin rates hold for a debt of so many coins. */
export function tierFor(tiers: readonly BorrowTier[], debt: Dec): BorrowTier {
  const tier = tiers.find(({ upTo }) => upTo === undefined || debt.lte(upTo)) ?? tiers.at(-1);
  if (tier === undefined) throw new Error('a currency needs at least one borrow tier');
  return tier;
}

/** How much more of a coin could be borrowed while the initial margin is covered; the proceeds stay, so adjEq is flat. */
export function borrowable(holdings: Holdings, ccy: string, settings: OkxSettings, price: PriceOf, off = NONE): Dec {
  const { adjEq, imr } = valueSpot(holdings, settings, price, off);
  const coin = holdings.trading.get(ccy);
  const debt = coin === undefined ? ZERO : owed(coin);
  const tiers = tiersOf(settings, ccy);
  const room = adjEq.minus(imr).plus(debt.times(price(ccy)).times(tierFor(tiers, debt).imr));
  let most = ZERO;
  for (const { upTo, imr: rate } of tiers) {
    const affordable = room.div(rate.times(price(ccy)));
    const capped = upTo === undefined ? affordable : min(affordable, upTo);
    // A higher tier binds its whole debt at the higher rate, so the best tier need not be the last one.
    if (tierFor(tiers, capped).imr.lte(rate)) most = max(most, capped);
  }
  return floor(max(ZERO, most.minus(debt)), settings.decimals);
}

/**
 * The factor (8 decimals) by which all amounts must be scaled for their discounted value to be `wantedUsd`. The value is
 * concave in the factor and starts at zero, so the plain ratio step converges.
 */
export function scaleFor(amounts: Amounts, wantedUsd: Dec, settings: OkxSettings, price: PriceOf): Dec {
  let factor = ONE;
  for (let round = 0; round < 60; round += 1) {
    const value = valueOrder({ debt: NOTHING, collateral: scaled(amounts, factor) }, settings, price).collateralUsd;
    if (value.isZero()) return ONE;
    factor = factor.times(wantedUsd).div(value);
  }
  return factor.toDecimalPlaces(8);
}

/** Every amount times a factor, to 8 decimals. */
export function scaled(amounts: Amounts, factor: Dec): Amounts {
  return new Map([...amounts].map(([ccy, amount]) => [ccy, amount.times(factor).toDecimalPlaces(8)]));
}

function ratio(debt: Dec, collateral: Dec): Dec {
  if (debt.isZero()) return ZERO;
  return collateral.gt(0) ? min(debt.div(collateral), HOPELESS) : HOPELESS;
}
