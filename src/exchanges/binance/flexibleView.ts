/** A flexible-loan position as a loan (DESIGN §5.2: quantities × index, w = 1 for the same coin only, line = liquidationLTV). Pure. */
import { loanId, type Asset, type LoanView } from '../../core/loan.ts';
import { Dec, ONE, ZERO, floor, max, parse } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { malformed, printedUnit, type Reader } from '../parse.ts';
import { DECIMALS, apart } from './crossView.ts';

export interface Position {
  readonly loanCoin: Asset;
  readonly collateralCoin: Asset;
  readonly debt: Dec;
  readonly collateral: Dec;
  /** `currentLTV` as printed; `null` for a position that is gone. */
  readonly printedLtv: Dec | null;
}

export interface FlexibleThresholds {
  readonly line: Dec;
  readonly call: Dec;
  /** Highest LTV at which the venue lends; `null` when it does not say. */
  readonly initial: Dec | null;
}

const PRODUCT = 'binance.flexibleLoan';
/** The wire shows two decimals in every sample; how they are rounded is not documented (binance.md §15.8). */
const LTV_DECIMALS = 2;
const HOPELESS = parse('999');

export function keyOf(position: Pick<Position, 'loanCoin' | 'collateralCoin'>): string {
  return `${position.loanCoin}-${position.collateralCoin}`;
}

/** One row of `ongoing/orders` (§7.1). */
export function readPosition(row: Reader): Position {
  const position = {
    loanCoin: row.text('loanCoin'),
    collateralCoin: row.text('collateralCoin'),
    debt: row.amount('totalDebt'),
    collateral: row.amount('collateralAmount'),
    printedLtv: row.amount('currentLTV'),
  };
  // The list holds ongoing positions only: one without debt is a contradiction, not a closed loan.
  if (position.debt.isZero()) throw malformed(row.where, 'an ongoing position without debt');
  return position;
}

/** `collateral/data` (§7.1), per collateral coin. */
export function readThresholds(answer: Reader): ReadonlyMap<Asset, FlexibleThresholds> {
  const thresholds = new Map<Asset, FlexibleThresholds>();
  for (const row of answer.list('rows')) {
    const [line, call] = [row.amount('liquidationLTV'), row.amount('marginCallLTV')];
    if (line.lte(ZERO) || line.gte(ONE) || call.gt(line)) throw malformed(row.where, 'thresholds make no sense');
    const initial = row.decOrNull('initialLTV');
    thresholds.set(row.text('collateralCoin'), { line, call, initial: initial?.gt(ZERO) === true ? initial : null });
  }
  return thresholds;
}

export interface FlexibleInput {
  readonly account: string;
  readonly asOf: number;
  readonly position: Position;
  readonly prices: ReadonlyMap<Asset, Dec | null>;
  readonly thresholds: ReadonlyMap<Asset, FlexibleThresholds>;
}

export function flexibleView(input: FlexibleInput): LoanView {
  const { account, asOf, position, thresholds } = input;
  const key = keyOf(position);
  const [debtPrice, price] = [priceOf(input, position.loanCoin), priceOf(input, position.collateralCoin)];
  const bars = thresholds.get(position.collateralCoin);
  if (bars === undefined)
    throw new VenueError('unavailable', `${key}: the venue names no thresholds for ${position.collateralCoin}`);
  const debtValue = position.debt.times(debtPrice);
  const collateralValue = position.collateral.times(price);
  const closed = position.debt.isZero();
  const ltv = closed ? ZERO : collateralValue.isZero() ? HOPELESS : debtValue.div(collateralValue);
  const venueLtv = printedInterval(position.printedLtv);
  return {
    id: loanId(account, PRODUCT, key),
    account,
    product: PRODUCT,
    key,
    status: closed ? 'closed' : 'open',
    asOf,
    debts: closed ? [] : [debtView(position, debtPrice)],
    collateral: closed ? [] : [collateralView(position, price)],
    debtValue,
    collateralValue,
    ltv,
    venueLtv,
    line: bars.line,
    call: bars.call,
    marginRatio: null,
    maxRelease: closed ? {} : releasable(position, debtValue, price, bars),
    // The loan index may differ from the margin index that is read here: said, not refused. The worse one triggers anyway.
    risks: [],
    alerts:
      venueLtv !== null && apart(venueLtv, { low: ltv, high: ltv })
        ? ['the venue’s LTV and quantities at index prices disagree']
        : [],
  };
}

/**
 * The venue names no maximum and documents none: that what stays must carry the debt at the initial LTV is the natural
 * bound (§7.2 "presumably refused"), and a call beyond it would be refused, not harmful.
 */
function releasable(position: Position, debtValue: Dec, price: Dec, bars: FlexibleThresholds): Record<Asset, Dec> {
  if (bars.initial === null || price.isZero()) return {};
  const most = position.collateral.minus(debtValue.div(bars.initial.times(price)));
  return { [position.collateralCoin]: floor(max(most, ZERO), DECIMALS) };
}

function priceOf({ prices, position }: FlexibleInput, asset: Asset): Dec {
  const price = prices.get(asset) ?? null;
  if (price === null) throw new VenueError('unavailable', `${keyOf(position)}: no index price for ${asset}`);
  return price;
}

function debtView(position: Position, price: Dec): LoanView['debts'][number] {
  // Interest is not told apart from principal (§7.1).
  return {
    asset: position.loanCoin,
    amount: position.debt,
    principal: position.debt,
    interest: ZERO,
    price,
    minRepay: null,
    minLeft: null,
    decimals: DECIMALS,
  };
}

function collateralView(position: Position, price: Dec): LoanView['collateral'][number] {
  return {
    asset: position.collateralCoin,
    amount: position.collateral,
    free: ZERO,
    price,
    weight: ONE,
    leaveTiers: [{ room: null, weight: ONE }],
    addTiers: [{ room: null, weight: ONE }],
    minAdd: null,
    decimals: DECIMALS,
  };
}

/** Rounding up, down or to the nearest: all of them lie within one printed unit. */
function printedInterval(printed: Dec | null): LoanView['venueLtv'] {
  if (printed === null) return null;
  const unit = printedUnit(printed, LTV_DECIMALS);
  return { low: Dec.max(ZERO, printed.minus(unit)), high: printed.plus(unit) };
}
