/**
 * Reference tables of the simulated Binance. Figures that the documents print are taken from there (binance.md §5.8,
 * §7.1); the others are made up to be plausible and can be laid over in the World file.
 */
import type { Dec } from '../../core/money.ts';
import { ZERO, parse } from '../../core/money.ts';

/** One margin asset. Amounts in coins, rates per day. */
export interface AssetFacts {
  readonly fullName: string;
  readonly isBorrowable: boolean;
  /** Whether it may be moved into margin. */
  readonly isMortgageable: boolean;
  readonly userMinBorrow: Dec;
  readonly userMinRepay: Dec;
  /** A repay may not leave less than this; undefined: the venue-wide USD figure decides. */
  readonly minLeft: Dec | undefined;
  readonly dailyRate: Dec;
  /** Most an account may owe. */
  readonly borrowLimit: Dec;
  /** What the venue can lend. */
  readonly inventory: Dec;
}

/** An isolated tier; ratios are assets / debts. */
export interface IsolatedTier {
  readonly effectiveMultiple: string;
  readonly initialRiskRatio: Dec;
  readonly liquidationRiskRatio: Dec;
  readonly baseAssetMaxBorrowable: Dec;
  readonly quoteAssetMaxBorrowable: Dec;
}

/** A slice of an asset's USD value and what share of it counts. */
export interface CollateralBracket {
  readonly minUsdValue: Dec;
  readonly maxUsdValue?: Dec | undefined;
  readonly discountRate: Dec;
}

/** Loanable coin of flexible loans: rate per hour, limits in USD. */
export interface Loanable {
  readonly hourlyRate: Dec;
  readonly minUsd: Dec;
  readonly maxUsd: Dec;
}

/** Collateral coin of flexible loans: LTVs as shares, limit in USD. */
export interface FlexibleCollateral {
  readonly initialLtv: Dec;
  readonly marginCallLtv: Dec;
  readonly liquidationLtv: Dec;
  readonly maxLimit: Dec;
}

function asset(fullName: string, dailyRate: string, borrowLimit: string): AssetFacts {
  return {
    fullName,
    isBorrowable: true,
    isMortgageable: true,
    userMinBorrow: ZERO,
    userMinRepay: ZERO,
    minLeft: undefined,
    dailyRate: parse(dailyRate),
    borrowLimit: parse(borrowLimit),
    inventory: parse('1000000000'),
  };
}

export const OTHER_ASSET: AssetFacts = asset('Other', '0.0006', '1000000');

/** Cross margin assets. The daily rates of BTC and USDT are those of the documents' sample (§5.8). */
export const ASSETS: Readonly<Record<string, AssetFacts>> = {
  BTC: asset('Bitcoin', '0.00026125', '180'),
  ETH: asset('Ethereum', '0.00031', '3000'),
  SOL: asset('Solana', '0.00052', '60000'),
  BNB: asset('BNB', '0.0003', '10000'),
  DOGE: asset('Dogecoin', '0.0006', '20000000'),
  USDT: asset('TetherUS', '0.000475', '20000000'),
  USDC: asset('USD coin', '0.000475', '20000000'),
};

function tier(multiple: string, initial: string, liquidation: string, base: string, quote: string): IsolatedTier {
  return {
    effectiveMultiple: multiple,
    initialRiskRatio: parse(initial),
    liquidationRiskRatio: parse(liquidation),
    baseAssetMaxBorrowable: parse(base),
    quoteAssetMaxBorrowable: parse(quote),
  };
}

/** Tier 1 of BTCUSDT is the documents' sample; the other tiers are made up. */
export const ISOLATED_TIERS: Readonly<Record<string, readonly IsolatedTier[]>> = {
  BTCUSDT: [
    tier('10', '1.111', '1.05', '9', '70000'),
    tier('5', '1.25', '1.15', '45', '1000000'),
    tier('3', '1.5', '1.18', '270', '10000000'),
  ],
  '*': [tier('5', '1.25', '1.15', '10000', '500000'), tier('3', '1.5', '1.18', '10000000', '10000000')],
};

const whole: readonly CollateralBracket[] = [{ minUsdValue: ZERO, discountRate: parse('1') }];
/** The documents' sample brackets (§5.8). */
export const COLLATERAL_TIERS: Readonly<Record<string, readonly CollateralBracket[]>> = {
  BTC: whole,
  ETH: whole,
  USDT: whole,
  USDC: whole,
  '*': [
    { minUsdValue: ZERO, maxUsdValue: parse('13000000'), discountRate: parse('1') },
    { minUsdValue: parse('13000000'), maxUsdValue: parse('20000000'), discountRate: parse('0.975') },
    { minUsdValue: parse('20000000'), discountRate: ZERO },
  ],
};

const loan = (hourlyRate: string): Loanable => ({
  hourlyRate: parse(hourlyRate),
  minUsd: parse('100'),
  maxUsd: parse('1000000'),
});
export const FLEXIBLE_LOANABLE: Readonly<Record<string, Loanable>> = {
  USDT: loan('0.00000491'),
  USDC: loan('0.00000491'),
  BTC: loan('0.0000019'),
  ETH: loan('0.0000025'),
  BNB: loan('0.000003'),
  SOL: loan('0.000006'),
};

const pledge = (initial: string, call: string, liquidation: string): FlexibleCollateral => ({
  initialLtv: parse(initial),
  marginCallLtv: parse(call),
  liquidationLtv: parse(liquidation),
  maxLimit: parse('1000000'),
});
/** 65/75/83 % is the documents' sample, 78/85/91 % a figure of 2025 (§7.2). */
export const FLEXIBLE_COLLATERAL: Readonly<Record<string, FlexibleCollateral>> = {
  BNB: pledge('0.65', '0.75', '0.83'),
  SOL: pledge('0.65', '0.75', '0.83'),
  DOGE: pledge('0.65', '0.75', '0.83'),
  BTC: pledge('0.78', '0.85', '0.91'),
  ETH: pledge('0.78', '0.85', '0.91'),
  USDT: pledge('0.78', '0.85', '0.91'),
  USDC: pledge('0.78', '0.85', '0.91'),
};
