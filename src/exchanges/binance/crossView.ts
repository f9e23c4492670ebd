/**
 * A cross-margin account as a loan (DESIGN §5.2: D = liabilities with interest, C = total assets, w = 1, line =
 * 1/forceLiquidationBar). Pure: what was read goes in, a `LoanView` or a `VenueError` comes out.
 *
 * Our own LTV is checked against the venue's two (binance.md §10.2): 1/marginLevel and the totals in BTC. More than
 * 0.5 % apart means that something was misread or read at two different moments, and nothing may rest on it.
 */
import {
  loanId,
  type Asset,
  type CollateralView,
  type DebtView,
  type LoanStatus,
  type LoanView,
} from '../../core/loan.ts';
import { Dec, ONE, ZERO, parse, sum } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { type Reader, malformed, printedUnit } from '../parse.ts';
import type { AssetRules } from './hostShared.ts';

/** Classic cross margin; MARGIN_2 was Cross Margin Pro (§5.1). */
export const CLASSIC = 'MARGIN_1';

export interface CrossAsset {
  readonly asset: Asset;
  readonly free: Dec;
  readonly locked: Dec;
  readonly borrowed: Dec;
  readonly interest: Dec;
}

export interface CrossAccount {
  readonly marginLevel: Dec;
  readonly totalAssetOfBtc: Dec;
  readonly totalLiabilityOfBtc: Dec;
  readonly tradeEnabled: boolean;
  readonly transferInEnabled: boolean;
  readonly transferOutEnabled: boolean;
  /** Only assets with a balance or a debt. */
  readonly assets: readonly CrossAsset[];
}

/** `margin/account` (binance.md §5.1). Refuses Cross Margin Pro, whose margin level is not a ratio of assets to debts (§10.2). */
export function readCrossAccount(account: Reader): CrossAccount {
  const type = account.text('accountType');
  // Status words changed case over time (§7.2), here too.
  if (type.toUpperCase() !== CLASSIC) {
    throw new VenueError(
      'unavailable',
      `${account.where}: account type ${type} is not supported, only classic cross margin is`,
    );
  }
  const rows = account.list('userAssets');
  // The venue lists every margin asset, zeros included (§5.1): a list without any is not an empty account.
  if (rows.length === 0) throw malformed(account.where, 'no assets listed');
  const both = account.flagOrNull('transferEnabled');
  return {
    marginLevel: account.amount('marginLevel'),
    totalAssetOfBtc: account.amount('totalAssetOfBtc'),
    totalLiabilityOfBtc: account.amount('totalLiabilityOfBtc'),
    tradeEnabled: account.flag('tradeEnabled'),
    transferInEnabled: account.flagOrNull('transferInEnabled') ?? both ?? true,
    transferOutEnabled: account.flagOrNull('transferOutEnabled') ?? both ?? true,
    assets: rows.map(readAsset).filter((row) => !isEmpty(row)),
  };
}

function readAsset(row: Reader): CrossAsset {
  return {
    asset: row.text('asset'),
    free: row.amount('free'),
    locked: row.amount('locked'),
    borrowed: row.amount('borrowed'),
    interest: row.amount('interest'),
  };
}

function isEmpty(row: CrossAsset): boolean {
  return sum([row.free, row.locked, row.borrowed, row.interest]).isZero();
}

/** Personal thresholds as LTVs (`margin/tradeCoeff`, §5.7). */
export function readThresholds(coeff: Reader): { readonly line: Dec; readonly call: Dec } {
  const bars = { call: coeff.amount('marginCallBar'), line: coeff.amount('forceLiquidationBar') };
  if (bars.line.lte(ONE) || bars.call.lt(bars.line)) throw malformed(coeff.where, 'thresholds make no sense');
  return { line: ONE.div(bars.line), call: ONE.div(bars.call) };
}

export interface CrossInput {
  readonly account: string;
  readonly asOf: number;
  readonly cross: CrossAccount;
  readonly thresholds: { readonly line: Dec; readonly call: Dec };
  /** `null`: the venue has no index for it. */
  readonly prices: ReadonlyMap<Asset, Dec | null>;
  readonly rules: AssetRules | null;
  /** Coins outside that could be added and are not inside yet. */
  readonly addable: readonly Asset[];
}

const PRODUCT = 'binance.crossMargin';
/** Amounts have 8 decimals in every sample (§10.4). */
export const DECIMALS = 8;
const NO_DEBT_LEVEL = parse('999');
const TOLERANCE = parse('0.005');
/** Stands for "debt without any asset": larger than every line, still a number. */
const HOPELESS = parse('999');

export function crossView(input: CrossInput): LoanView {
  const { cross, thresholds } = input;
  const alerts: string[] = [];
  const debts = cross.assets.flatMap((row) => debtOf(row, input));
  const collateral = [
    ...cross.assets.flatMap((row) => collateralOf(row, input, alerts)),
    ...input.addable.flatMap((asset) => newCollateral(asset, input)),
  ];
  const debtValue = sum(debts.map((debt) => debt.amount.times(debt.price)));
  const collateralValue = sum(collateral.map((held) => held.amount.times(held.price)));
  const ltv = debts.length === 0 ? ZERO : collateralValue.isZero() ? HOPELESS : debtValue.div(collateralValue);
  const venueLtv = debts.length === 0 ? null : levelInterval(cross.marginLevel);
  checkAgreement(cross, debts.length > 0, ltv, venueLtv);
  checkTotals(cross, { debtValue, collateralValue, btc: input.prices.get('BTC') ?? null });
  if (input.rules === null) alerts.push('minima and collateral rules of the venue could not be read yet');
  if (!cross.transferInEnabled) alerts.push('the venue takes no transfers into this account now');
  if (!cross.tradeEnabled) alerts.push('the venue has locked trading in this account');
  return {
    id: loanId(input.account, PRODUCT, ''),
    account: input.account,
    product: PRODUCT,
    key: '',
    status: statusOf(cross, debts.length > 0, ltv, thresholds.line),
    asOf: input.asOf,
    debts,
    collateral,
    debtValue,
    collateralValue,
    ltv,
    venueLtv,
    line: thresholds.line,
    call: thresholds.call,
    marginRatio: null,
    maxRelease: {},
    risks: [],
    alerts,
  };
}

function debtOf(row: CrossAsset, input: CrossInput): DebtView[] {
  const amount = row.borrowed.plus(row.interest);
  if (amount.isZero()) return [];
  const price = input.prices.get(row.asset) ?? null;
  if (price === null) throw new VenueError('unavailable', `no index price for the debt in ${row.asset}`);
  return [
    {
      asset: row.asset,
      amount,
      principal: row.borrowed,
      interest: row.interest,
      price,
      minRepay: input.rules?.get(row.asset)?.minRepay ?? null,
      minLeft: null, // Not published (§15.2); learned from refusals.
      decimals: DECIMALS,
    },
  ];
}

function collateralOf(row: CrossAsset, input: CrossInput, alerts: string[]): CollateralView[] {
  const amount = row.free.plus(row.locked);
  if (amount.isZero()) return [];
  const price = input.prices.get(row.asset) ?? null;
  if (price === null) {
    // Counts as nothing here; if it is worth anything the comparison with the venue's totals says so.
    alerts.push(`${row.asset} has no index price and is not counted`);
    return [];
  }
  return [{ ...entry(row.asset, price, input), amount, free: row.free }];
}

function newCollateral(asset: Asset, input: CrossInput): CollateralView[] {
  const price = input.prices.get(asset) ?? null;
  return price === null ? [] : [entry(asset, price, input)];
}

function entry(asset: Asset, price: Dec, input: CrossInput): CollateralView {
  const addable = input.cross.transferInEnabled && input.rules?.get(asset)?.mortgageable === true;
  return {
    asset,
    amount: ZERO,
    free: ZERO,
    price,
    weight: ONE,
    leaveTiers: [{ room: null, weight: ONE }],
    addTiers: addable ? [{ room: null, weight: ONE }] : [],
    minAdd: null,
    decimals: DECIMALS,
  };
}

/** 1/marginLevel as the interval its printed digits allow. */
export function levelInterval(level: Dec): { readonly low: Dec; readonly high: Dec } | null {
  const unit = printedUnit(level, DECIMALS);
  if (level.lte(unit)) return null;
  return { low: ONE.div(level.plus(unit)), high: ONE.div(level.minus(unit)) };
}

/** Throws when the venue's figures contradict each other or ours. */
function checkAgreement(cross: CrossAccount, hasDebt: boolean, ltv: Dec, venue: LoanView['venueLtv']): void {
  const where = 'margin/account';
  if (!hasDebt) {
    // Closed only when the venue positively says so (DESIGN §2.4): its sentinel and its total (§0.1 fact 14).
    if (!cross.marginLevel.eq(NO_DEBT_LEVEL) || !cross.totalLiabilityOfBtc.isZero()) {
      throw malformed(where, 'no debt is listed, but margin level or total liability speak of one');
    }
    return;
  }
  if (cross.marginLevel.eq(NO_DEBT_LEVEL)) {
    // 999 may also be the cap of a tiny debt: then our own figure must be just as small.
    if (ltv.gt(ONE.div(NO_DEBT_LEVEL)))
      throw malformed(where, 'a debt is listed, but the margin level says there is none');
    return;
  }
  if (venue === null) throw malformed(where, 'margin level makes no sense');
  const unit = printedUnit(cross.totalAssetOfBtc, DECIMALS);
  const totals = {
    low: Dec.max(ZERO, cross.totalLiabilityOfBtc.minus(unit)).div(cross.totalAssetOfBtc.plus(unit)),
    high: cross.totalLiabilityOfBtc.plus(unit).div(Dec.max(unit, cross.totalAssetOfBtc.minus(unit))),
  };
  if (apart(venue, totals)) throw malformed(where, 'margin level and totals in BTC disagree by more than 0.5 %');
  if (apart({ low: ltv, high: ltv }, totals)) {
    throw malformed(where, 'balances at index prices and totals in BTC disagree by more than 0.5 %');
  }
}

/** The totals themselves, not only their ratio: whole rows could be missing on both sides. */
function checkTotals(cross: CrossAccount, ours: { debtValue: Dec; collateralValue: Dec; btc: Dec | null }): void {
  if (ours.btc === null) return;
  const pairs = [
    [ours.debtValue, cross.totalLiabilityOfBtc],
    [ours.collateralValue, cross.totalAssetOfBtc],
  ] as const;
  for (const [value, total] of pairs) {
    const mine = value.div(ours.btc);
    const unit = printedUnit(total, DECIMALS);
    if (apart({ low: mine, high: mine }, { low: Dec.max(ZERO, total.minus(unit)), high: total.plus(unit) })) {
      throw malformed('margin/account', 'balances at index prices and totals in BTC disagree by more than 0.5 %');
    }
  }
}

interface Interval {
  readonly low: Dec;
  readonly high: Dec;
}

export function apart(one: Interval, other: Interval): boolean {
  const more = ONE.plus(TOLERANCE);
  return one.low.gt(other.high.times(more)) || one.high.times(more).lt(other.low);
}

/** The venue locks an account it liquidates: no transfers, borrowing, repaying or trading (§10.5). */
function statusOf(cross: CrossAccount, hasDebt: boolean, ltv: Dec, line: Dec): LoanStatus {
  if (!hasDebt) return 'closed';
  const locked = !cross.tradeEnabled && (!cross.transferInEnabled || ltv.gte(line));
  return locked ? 'liquidating' : 'open';
}
