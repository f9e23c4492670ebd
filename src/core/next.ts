/** The next price at which something would happen, in closed form (DESIGN §5.8). */
import type { Asset, LoanView } from './loan.ts';
import type { Decision, Levels } from './need.ts';
import { coinExposures, exposureTo, factorOf, factorsOf } from './survival.ts';
import type { CoinExposure, Exposure, Groups } from './survival.ts';
import { type Dec, ZERO, format } from './money.ts';

/** Significant digits of a shown price: it informs, it decides nothing. */
const SHOWN_DIGITS = 8;

/**
 * For every coin that moves the loan, the prices at which its next levels would be reached, all other prices standing
 * still. A level already reached, and one that no price of the coin reaches, is left out.
 */
export function nextPrices(loan: LoanView, levels: Levels, groups: Groups): Decision['next'] {
  return pricesOf(loan, levelsAhead({ C: loan.collateralValue, D: loan.debtValue }, levels), groups);
}

interface NamedLevel {
  readonly what: string;
  readonly level: Dec;
}

/** The prices at which the loan's LTV would meet these levels, coin by coin. */
export function pricesOf(loan: LoanView, ahead: readonly NamedLevel[], groups: Groups): Decision['next'] {
  if (loan.status !== 'open' || loan.debtValue.lte(ZERO)) return [];
  const coins = coinExposures(loan);
  const total = { C: loan.collateralValue, D: loan.debtValue };
  return factorsOf(coins, groups).flatMap((factor) => {
    const asset = pricedCoin(coins, factor, groups);
    const price = priceOf(loan, asset);
    if (price === null) return [];
    const moving = exposureTo(coins, (other) => factorOf(other, groups) === factor);
    const still = { C: total.C.minus(moving.C), D: total.D.minus(moving.D) };
    return ahead.flatMap(({ what, level }) => {
      const reached = priceAt(still, moving, level, price);
      return reached === null ? [] : [{ asset, price: format(reached.toSignificantDigits(SHOWN_DIGITS)), what }];
    });
  });
}

/**
 * The price at which the LTV meets a level. With C and D split into what moves with the price and what stands still,
 * (D_still + D_f·P'/P) = level × (C_still + C_f·P'/P) gives P' = P × (D_still − level·C_still) / (level·C_f − D_f).
 * @returns `null` when no price above zero does
 */
export function priceAt(still: Exposure, moving: Exposure, level: Dec, price: Dec): Dec | null {
  const slope = level.times(moving.C).minus(moving.D);
  const rest = still.D.minus(level.times(still.C));
  if (slope.isZero() || rest.isZero() || slope.isNegative() !== rest.isNegative()) return null;
  return price.times(rest).div(slope);
}

function levelsAhead(total: Exposure, levels: Levels): readonly NamedLevel[] {
  const named = [
    ...levels.warn.map((level, index) => ({ what: `warn ${index + 1}`, level })),
    { what: 'act', level: levels.act },
    { what: 'urgent', level: levels.urgent },
    { what: 'line', level: levels.line },
  ];
  return named.filter(({ level }) => total.D.lt(level.times(total.C)));
}

/** The coin whose price is shown for a factor: the factor itself when the loan has it, else the first that follows it. */
function pricedCoin(coins: readonly CoinExposure[], factor: Asset, groups: Groups): Asset {
  if (coins.some((coin) => coin.asset === factor)) return factor;
  return coins.find((coin) => factorOf(coin.asset, groups) === factor)?.asset ?? factor;
}

function priceOf(loan: LoanView, asset: Asset): Dec | null {
  return [...loan.collateral, ...loan.debts].find((coin) => coin.asset === asset)?.price ?? null;
}
