/**
 * Built-in tables of the simulated OKX. Every value is an assumption in the shape of the documents: real ones change
 * and must be read from the venue (okx.md §3.2, §6). A world overrides them per currency.
 */
import { Dec } from '../../core/money.ts';

/** A marginal bracket of collateral: coins above the previous bracket and up to `upTo` count at `rate` (okx.md §4.7). */
export interface Bracket {
  /** Upper edge in coins; undefined means there is none. */
  readonly upTo: Dec | undefined;
  /** Share of the coin's USD value that counts, 0 to 1. */
  readonly rate: Dec;
}

/** Margin rates of a debt of up to `upTo` coins; they hold for the whole debt (okx.md §4.7, position-tiers). */
export interface BorrowTier {
  readonly upTo: Dec | undefined;
  /** Maintenance margin as a share of the debt. */
  readonly mmr: Dec;
  /** Initial margin as a share of the debt. */
  readonly imr: Dec;
}

const flat = (rate: string): readonly Bracket[] => [{ upTo: undefined, rate: new Dec(rate) }];

const stepped = (first: string, second: string): readonly Bracket[] => [
  { upTo: new Dec(first), rate: new Dec('0.98') },
  { upTo: new Dec(second), rate: new Dec('0.975') },
  { upTo: undefined, rate: new Dec('0.97') },
];

/** Discount brackets by currency. A currency without a row is no collateral (51752). */
export const DISCOUNTS: Readonly<Record<string, readonly Bracket[]>> = {
  BTC: stepped('20', '25'),
  ETH: stepped('400', '500'),
  WBTC: flat('0.97'),
  STETH: flat('0.95'),
  SOL: flat('0.9'),
  BNB: flat('0.9'),
  DOGE: flat('0.9'),
  XRP: flat('0.9'),
  USDT: flat('1'),
  USDC: flat('1'),
  DAI: flat('1'),
};

/** Yearly interest rate by borrowable currency. A currency without a row cannot be borrowed (51751, 59410). */
export const YEARLY_RATES: Readonly<Record<string, Dec>> = {
  USDT: new Dec('0.08'),
  USDC: new Dec('0.08'),
  BTC: new Dec('0.02'),
  ETH: new Dec('0.03'),
  SOL: new Dec('0.06'),
  DOGE: new Dec('0.06'),
  XRP: new Dec('0.05'),
  BNB: new Dec('0.05'),
};

/** What a master account may borrow, in coins; other currencies fall back to `OTHER_QUOTA`. */
export const QUOTAS: Readonly<Record<string, Dec>> = {
  USDT: new Dec('3500000'),
  USDC: new Dec('3500000'),
  BTC: new Dec('175'),
  ETH: new Dec('3000'),
};
export const OTHER_QUOTA = new Dec('1000000');

const tiers = (first: string, second: string): readonly BorrowTier[] => [
  { upTo: new Dec(first), mmr: new Dec('0.03'), imr: new Dec('0.1') },
  { upTo: new Dec(second), mmr: new Dec('0.04'), imr: new Dec('0.125') },
  { upTo: undefined, mmr: new Dec('0.05'), imr: new Dec('0.2') },
];

/** Borrow tiers by currency, in coins of debt. */
export const BORROW_TIERS: Readonly<Record<string, readonly BorrowTier[]>> = {
  BTC: tiers('50', '100'),
  ETH: tiers('500', '1500'),
};
export const OTHER_TIERS = tiers('500000', '1500000');

/** Pairs that an E-Mode order may hold (okx.md §3.6, emode-info). */
export const EMODE_PAIRS: readonly { readonly collateralCcy: string; readonly borrowCcy: string }[] = [
  { collateralCcy: 'USDC', borrowCcy: 'USDT' },
  { collateralCcy: 'WBTC', borrowCcy: 'BTC' },
  { collateralCcy: 'STETH', borrowCcy: 'ETH' },
];
