/**
 * The spot-mode borrowing account in the server's words (okx.md §4.6, §4.7, DESIGN §5.2). Pure.
 *
 * adjEq is net of debt, so C = adjEq + D and LTV = D / (adjEq + D). How `cashBal` looks right after a borrow is not
 * documented; coins are therefore counted as equity plus what is owed, which is the same either way.
 */
import {
  loanId,
  type Asset,
  type CollateralView,
  type DebtView,
  type LoanView,
  type VenueRisk,
  type WeightTier,
} from '../../core/loan.ts';
import { Dec, ONE, ZERO, max, min, sum } from '../../core/money.ts';
import { malformed } from '../parse.ts';
import { bracketValue, lastRate, leavingTiers, nextTiers } from './weights.ts';
import type { BalanceDetail, BalanceRow } from './spotWire.ts';
import type { DiscountRow } from './wire.ts';

/** Amounts with eight decimals are taken everywhere; debts are printed with sixteen. */
const DECIMALS = 8;
/** The venue warns at a margin ratio of 3 and liquidates at 1 (okx.md §4.7). */
const WARNED_AT = new Dec(3);
/** Difference of our D from `notionalUsdForBorrow` that an operator should see. */
const ODD = new Dec('0.005');
const WHERE = 'account/balance';

export interface SpotSurroundings {
  readonly account: string;
  readonly asOf: number;
  readonly prices: ReadonlyMap<Asset, Dec>;
  /** `null` when the brackets could not be read. */
  readonly discounts: ReadonlyMap<Asset, DiscountRow> | null;
  /** Coins of the funding account that could be moved in. */
  readonly addable: readonly Asset[];
  readonly autoRepay: boolean;
}

/** One currency with everything that is counted from it. */
interface Coin {
  readonly detail: BalanceDetail;
  readonly asset: Asset;
  readonly price: Dec;
  readonly owed: Dec;
  readonly equity: Dec;
  readonly discount: DiscountRow | undefined;
}

/** @throws VenueError when a needed figure is missing, or when there is debt without a margin ratio */
export function spotBorrowView(row: BalanceRow, around: SpotSurroundings): LoanView {
  const coins = row.details.flatMap((detail) => coinOf(detail, around));
  const debts = coins.filter(({ owed }) => owed.gt(ZERO)).map(debtOf);
  const debtValue = sum(debts.map(({ amount, price }) => amount.times(price)));
  const closed = debtValue.isZero();
  const adjEq = closed ? (row.adjEq ?? ZERO) : needed(row.adjEq, 'adjEq');
  const collateralValue = adjEq.plus(debtValue);
  if (!closed && collateralValue.lte(ZERO)) throw malformed(WHERE, 'debt without any collateral value');
  const marginRatio = closed ? null : marginOf(needed(row.mgnRatio, 'mgnRatio'), adjEq, debtValue);
  const m = marginRatio?.m ?? null;
  return {
    id: loanId(around.account, 'okx.spotBorrow', ''),
    account: around.account,
    product: 'okx.spotBorrow',
    key: '',
    status: closed ? 'closed' : 'open',
    asOf: around.asOf,
    debts,
    collateral: [...coins.map((coin) => collateralOf(coin)), ...newcomers(coins, around)],
    debtValue,
    collateralValue: max(collateralValue, ZERO),
    ltv: closed ? ZERO : debtValue.div(collateralValue),
    venueLtv: null,
    line: m === null ? ONE : ONE.div(ONE.plus(m)),
    call: m === null ? null : ONE.div(ONE.plus(m.times(WARNED_AT))),
    marginRatio,
    maxRelease: {},
    alerts: accountAlerts(row, debtValue),
    risks: closed ? [] : [...coins.flatMap(risksOf), ...(around.autoRepay ? [AUTO_REPAY] : [])],
  };
}

/** `""` means not applicable; where debt makes it applicable something is wrong, and we stay blind (okx.md §4.7). */
function needed(value: Dec | null, name: string): Dec {
  if (value === null) throw malformed(`${WHERE}.${name}`, 'missing although there is debt');
  return value;
}

/** m: maintenance margin and liquidation fee as a share of the debt (DESIGN §5.2). */
function marginOf(value: Dec, adjEq: Dec, debtValue: Dec): LoanView['marginRatio'] {
  if (value.lte(ZERO) || adjEq.lte(ZERO)) throw malformed(WHERE, 'margin ratio or equity is not above zero');
  return { value, m: adjEq.div(value.times(debtValue)), adjEq };
}

function coinOf(detail: BalanceDetail, around: SpotSurroundings): Coin[] {
  const owed = (detail.liab ?? ZERO).abs().plus((detail.interest ?? ZERO).abs());
  const { eq: equity } = detail;
  if (equity === null) throw malformed(`${WHERE} ${detail.ccy}.eq`, 'missing');
  if (equity.isZero() && owed.isZero()) return [];
  const price = around.prices.get(detail.ccy) ?? ownPrice(detail, equity);
  if (price === null) {
    if (owed.gt(ZERO)) throw malformed(`${WHERE} ${detail.ccy}`, 'debt without a price');
    return []; // A coin that nobody prices protects nothing and can pay nothing.
  }
  return [{ detail, asset: detail.ccy, price, owed, equity, discount: around.discounts?.get(detail.ccy) }];
}

/** What the venue itself counts a coin for, when there is no index price. */
function ownPrice(detail: BalanceDetail, equity: Dec): Dec | null {
  if (detail.eqUsd === null || equity.isZero()) return null;
  const price = detail.eqUsd.div(equity);
  return price.gt(ZERO) ? price : null;
}

function debtOf({ asset, price, detail, owed }: Coin): DebtView {
  const principal = (detail.liab ?? ZERO).abs();
  return {
    asset,
    amount: owed,
    principal,
    interest: owed.minus(principal),
    price,
    minRepay: null,
    minLeft: null,
    decimals: DECIMALS,
  };
}

function collateralOf(coin: Coin): CollateralView {
  const { asset, price, equity, owed, detail, discount } = coin;
  const positive = max(equity, ZERO);
  const amount = max(equity.plus(owed), ZERO);
  // What the venue says the coin counts for, against the public brackets (the same reasoning as for flexible loans).
  const counted = positive.isZero() ? null : detail.discountedUsd;
  const implied = counted === null ? ONE : max(counted.div(positive.times(price)), ZERO);
  const listed = positive.isZero() || discount === undefined ? ZERO : bracketValue(positive, price, discount);
  const scale = counted === null || listed.isZero() ? ONE : counted.div(listed);
  const weight =
    owed.gt(ZERO) && equity.lte(ZERO)
      ? ONE
      : discount === undefined
        ? implied
        : lastRate(positive, discount).times(max(scale, ONE));
  return {
    asset,
    amount,
    free: max(min(detail.available ?? ZERO, amount), ZERO),
    price,
    weight,
    // What is owed is not ours to take out, so only equity leaves.
    leaveTiers: leavingTiers(positive, discount, scale),
    addTiers: [...netting(equity), ...beyond(positive, discount, counted === null ? ONE : implied)],
    minAdd: null,
    decimals: DECIMALS,
  };
}

/** Coins of a currency that is owed count fully until its equity turns positive (fixture X16). */
function netting(equity: Dec): WeightTier[] {
  return equity.lt(ZERO) ? [{ room: equity.negated(), weight: ONE }] : [];
}

function beyond(positive: Dec, discount: DiscountRow | undefined, cap: Dec): WeightTier[] {
  if (discount !== undefined) return nextTiers(positive, discount, cap);
  return positive.isZero() || cap.isZero() ? [] : [{ room: null, weight: min(cap, ONE) }];
}

function newcomers(coins: readonly Coin[], around: SpotSurroundings): CollateralView[] {
  const held = new Set(coins.map(({ asset }) => asset));
  return around.addable.flatMap((asset): CollateralView[] => {
    const price = around.prices.get(asset);
    const discount = around.discounts?.get(asset);
    if (held.has(asset) || price === undefined || discount === undefined) return [];
    const addTiers = nextTiers(ZERO, discount, ONE);
    const [first] = addTiers;
    if (first === undefined) return [];
    return [
      {
        asset,
        amount: ZERO,
        free: ZERO,
        price,
        weight: first.weight,
        leaveTiers: [],
        addTiers,
        minAdd: null,
        decimals: DECIMALS,
      },
    ];
  });
}

/** Any inflow of a debt coin repays by itself (okx.md §4.4). */
const AUTO_REPAY: VenueRisk = { kind: 'autoRepay', asset: null, level: null, why: '' };
/** Whom a forced repayment is due to (okx.md §4.6 `frpType`). */
const FORCED_BY: Readonly<Record<string, string>> = {
  '1': 'the account is at risk',
  '2': 'the platform runs short of it',
};

/** Risks that no LTV shows (okx.md §4.6: twap, frpType, colRes, colBorrAutoConversion). */
function risksOf({ asset, detail }: Coin): VenueRisk[] {
  const { twap, forcedRepayType, autoConversion, colRes } = detail;
  const risks: VenueRisk[] = [];
  if (isAtLeastOne(twap)) {
    risks.push({ kind: 'forcedRepayment', asset, level: Number(twap), why: FORCED_BY[forcedRepayType] ?? '' });
  }
  if (isAtLeastOne(autoConversion))
    risks.push({ kind: 'autoConversion', asset, level: Number(autoConversion), why: '' });
  if (colRes === '2') risks.push({ kind: 'collateralCap', asset, level: null, why: '' });
  return risks;
}

function isAtLeastOne(level: string): boolean {
  return /^[1-9]\d*$/.test(level);
}

function accountAlerts({ borrowUsd }: BalanceRow, debtValue: Dec): string[] {
  if (borrowUsd === null || debtValue.isZero() || borrowUsd.minus(debtValue).abs().lte(debtValue.times(ODD))) return [];
  return [`the venue counts the debt as ${borrowUsd.toFixed(2)} USD, we count ${debtValue.toFixed(2)} USD`];
}
