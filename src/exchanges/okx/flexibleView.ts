/**
 * One flexible-loan order in the server's words (okx.md §3.2, §3.3, DESIGN §5.2). Pure.
 *
 * D is `loanNotionalUsd`, C is `collateralNotionalUsd`: the venue's own figures, already discounted. `curLTV` is printed
 * with four decimals, apparently cut, so the true value lies in [v, v + 0.0001].
 */
import {
  loanId,
  type Asset,
  type CollateralView,
  type DebtView,
  type LoanView,
  type WeightTier,
} from '../../core/loan.ts';
import { Dec, ONE, ZERO, max, min, sum } from '../../core/money.ts';
import { malformed, printedUnit } from '../parse.ts';
import { bracketValue, lastRate, leavingTiers, nextTiers } from './weights.ts';
import type { Coins, DiscountRow, LoanInfoRow } from './wire.ts';

/** Key of an order that the venue names no id for: the shape before April 2026. No ordId is sent for it. */
export const SINGLE = 'single';

/** No endpoint lists decimals or minima for flexible loans (okx.md §12.7); amounts are printed with eight. */
export const DECIMALS = 8;
const CUR_LTV_DECIMALS = 4;

/** Difference of our LTV from `curLTV` that is an alert, and one that makes the reading unusable (okx.md §3.2). */
const ODD = new Dec('0.002');
const ABSURD = new Dec('0.02');

export interface FlexibleSurroundings {
  readonly account: string;
  readonly asOf: number;
  readonly prices: ReadonlyMap<Asset, Dec>;
  /** `null` when the brackets could not be read. */
  readonly discounts: ReadonlyMap<Asset, DiscountRow> | null;
  /** Coins of the funding account that could be added. */
  readonly addable: readonly Asset[];
}

/** @throws VenueError when the row cannot be true or a needed figure is missing */
export function flexibleLoanView(row: LoanInfoRow, around: FlexibleSurroundings): LoanView {
  const key = row.ordId === '' ? SINGLE : row.ordId;
  const where = `loan-info ${key}`;
  const debts = debtsOf(row, around.prices, where);
  const closed = row.loan.every(({ amt }) => amt.isZero()) && row.loanUsd.isZero();
  const alerts: string[] = [];
  const collateral = collateralOf(row, around, alerts, where);
  const ltv = closed ? ZERO : ltvOf(row, where);
  return {
    id: loanId(around.account, 'okx.flexibleLoan', key),
    account: around.account,
    product: 'okx.flexibleLoan',
    key,
    status: closed ? 'closed' : 'open',
    asOf: around.asOf,
    debts,
    collateral,
    debtValue: row.loanUsd,
    collateralValue: row.collateralUsd,
    ltv,
    venueLtv: closed ? null : venueLtvOf(row, ltv, alerts, where),
    line: closed ? (row.liqLtv ?? ONE) : lineOf(row, where),
    call: row.callLtv,
    marginRatio: null,
    maxRelease: {},
    alerts,
    risks: [],
  };
}

function ltvOf(row: LoanInfoRow, where: string): Dec {
  if (row.loanUsd.isZero() || row.collateralUsd.isZero())
    throw malformed(where, 'debt without a value, or without any collateral');
  return row.loanUsd.div(row.collateralUsd);
}

function lineOf(row: LoanInfoRow, where: string): Dec {
  const { liqLtv } = row;
  if (liqLtv === null) throw malformed(`${where}.liqLTV`, 'missing');
  if (liqLtv.lte(ZERO)) throw malformed(`${where}.liqLTV`, 'not above zero');
  return liqLtv;
}

function venueLtvOf(row: LoanInfoRow, ltv: Dec, alerts: string[], where: string): LoanView['venueLtv'] {
  const low = row.curLtv;
  if (low === null) throw malformed(`${where}.curLTV`, 'missing');
  const high = low.plus(printedUnit(low, CUR_LTV_DECIMALS));
  const gap = max(low.minus(ltv), ltv.minus(high), ZERO);
  if (gap.gt(ABSURD))
    throw malformed(`${where}.curLTV`, 'contradicts loan value / collateral value by more than 2 points');
  if (gap.gt(ODD)) alerts.push(`curLTV ${low.toFixed(4)} and loan value / collateral value ${ltv.toFixed(4)} differ`);
  return { low, high };
}

/** A single loan currency is valued as the venue itself does (fixture X12); several by the index. */
function debtsOf(row: LoanInfoRow, prices: ReadonlyMap<Asset, Dec>, where: string): DebtView[] {
  const owed = row.loan.filter(({ amt }) => !amt.isZero());
  return owed.map(({ ccy, amt }): DebtView => {
    const price = owed.length === 1 ? row.loanUsd.div(amt) : prices.get(ccy);
    if (price === undefined) throw malformed(where, `no index price for ${ccy}`);
    // loan-info gives one figure that grows with interest (okx.md §3.3).
    return {
      asset: ccy,
      amount: amt,
      principal: amt,
      interest: ZERO,
      price,
      minRepay: null,
      minLeft: null,
      decimals: DECIMALS,
    };
  });
}

interface Priced extends Coins {
  readonly price: Dec;
  readonly discount: DiscountRow | undefined;
  /** What the coins count for by public brackets, USD. */
  readonly counts: Dec;
}

function collateralOf(
  row: LoanInfoRow,
  around: FlexibleSurroundings,
  alerts: string[],
  where: string,
): CollateralView[] {
  const held = row.collateral.filter(({ amt }) => !amt.isZero());
  const unpriced = held.filter(({ ccy }) => !around.prices.has(ccy));
  const priced = held.flatMap((coins) => priceCoins(coins, around));
  const known = sum(priced.map(({ counts }) => counts));
  const [lone] = unpriced;
  if (lone === undefined) {
    const scale = known.isZero() ? ONE : row.collateralUsd.div(known);
    return [...priced.map((coins) => heldView(coins, scale)), ...newcomers(row, held, around, scale)];
  }
  if (unpriced.length > 1) throw malformed(where, `no index price for ${unpriced.map(({ ccy }) => ccy).join(', ')}`);
  const rest = row.collateralUsd.minus(known);
  if (rest.lte(ZERO)) throw malformed(where, `no index price for ${lone.ccy} and nothing left to derive it from`);
  alerts.push(
    `no index price for ${lone.ccy}: derived from the collateral value; nothing is added while it is missing`,
  );
  const derived = { ...emptyView(lone.ccy, rest.div(lone.amt)), amount: lone.amt, weight: ONE };
  return [...priced.map((coins) => ({ ...heldView(coins, ONE), addTiers: [] })), derived];
}

function priceCoins(coins: Coins, around: FlexibleSurroundings): Priced[] {
  const price = around.prices.get(coins.ccy);
  if (price === undefined) return [];
  const discount = around.discounts?.get(coins.ccy);
  return [{ ...coins, price, discount, counts: bracketValue(coins.amt, price, discount) }];
}

/**
 * `scale` makes the public values of all coins sum up to the venue's figure, so a coin's implied weight is its public
 * average times `scale`. With one coin that is `collateralNotionalUsd / (amount × index)`, whatever the brackets say.
 */
function heldView(coins: Priced, scale: Dec): CollateralView {
  const value = coins.amt.times(coins.price);
  const implied = coins.counts.times(scale).div(value);
  const tiers =
    coins.discount === undefined ? [endless(min(implied, ONE))] : nextTiers(coins.amt, coins.discount, implied);
  return {
    ...emptyView(coins.ccy, coins.price),
    amount: coins.amt,
    weight: lastRate(coins.amt, coins.discount).times(coins.discount === undefined ? scale : max(scale, ONE)),
    leaveTiers: leavingTiers(coins.amt, coins.discount, scale),
    addTiers: tiers,
  };
}

function endless(weight: Dec): WeightTier {
  return { room: null, weight };
}

/** Coins that the order does not hold but could: never the borrowed one (51750), only those with public brackets. */
function newcomers(
  row: LoanInfoRow,
  held: readonly Coins[],
  around: FlexibleSurroundings,
  scale: Dec,
): CollateralView[] {
  const taken = new Set([...row.loan, ...held].map(({ ccy }) => ccy));
  return around.addable.flatMap((asset): CollateralView[] => {
    const price = around.prices.get(asset);
    const discount = around.discounts?.get(asset);
    if (taken.has(asset) || price === undefined || discount === undefined) return [];
    const addTiers = nextTiers(ZERO, discount, ONE).map(({ room, weight }) => ({
      room,
      weight: weight.times(min(scale, ONE)),
    }));
    return addTiers.length === 0 ? [] : [{ ...emptyView(asset, price), weight: addTiers[0]?.weight ?? ZERO, addTiers }];
  });
}

function emptyView(asset: Asset, price: Dec): CollateralView {
  return {
    asset,
    amount: ZERO,
    free: ZERO,
    price,
    weight: ZERO,
    leaveTiers: [],
    addTiers: [],
    minAdd: null,
    decimals: DECIMALS,
  };
}
