/**
 * What a venue said about an account at one moment, in the words of DESIGN §1. Venue-neutral: the adapters translate
 * their products into these quantities once, and everything that decides reads only these.
 */
import type { Dec } from './money.ts';

/** The five loan products (DESIGN §6). The same strings are used in configuration, journal, logs and the simulator's report. */
export const PRODUCTS = [
  'binance.crossMargin',
  'binance.isolatedMargin',
  'binance.flexibleLoan',
  'okx.flexibleLoan',
  'okx.spotBorrow',
] as const;
export type Product = (typeof PRODUCTS)[number];
export type VenueName = 'binance' | 'okx';

/** Upper-case coin symbol as the venue spells it, e.g. `USDT`. */
export type Asset = string;

/** `<account>/<product>/<key>`; key is the pair, `LOAN-COLLATERAL`, ordId, or empty for account-wide loans. */
export type LoanId = string;

export function loanId(account: string, product: Product, key: string): LoanId {
  return key === '' ? `${account}/${product}` : `${account}/${product}/${key}`;
}

/** The next units of an asset count with this weight until `room` units are used up; `null` room is without end. */
export interface WeightTier {
  readonly room: Dec | null;
  readonly weight: Dec;
}

export interface DebtView {
  readonly asset: Asset;
  /** Principal plus interest, in coins: what a full repayment must pay. */
  readonly amount: Dec;
  readonly principal: Dec;
  readonly interest: Dec;
  /** USD per coin as the venue values this debt (its index; DESIGN §5.2 p_debt). */
  readonly price: Dec;
  /** Smallest repayment the venue takes, coins; `null` when unknown. */
  readonly minRepay: Dec | null;
  /** Smallest debt the venue lets stand after a repayment, coins; `null` when unknown. */
  readonly minLeft: Dec | null;
  /** Decimals of an amount the venue takes for this asset. */
  readonly decimals: number;
}

export interface CollateralView {
  readonly asset: Asset;
  /** Coins that count as collateral now. */
  readonly amount: Dec;
  /** Coins inside the loan's own account that a repayment may use at once; zero for products without an inside. */
  readonly free: Dec;
  /** USD per coin, the venue's index. */
  readonly price: Dec;
  /** Weight of the coins that leave first when some leave (DESIGN §5.2 w). */
  readonly weight: Dec;
  /** How the coins held count, in the order in which they would leave: the last tier first (DESIGN §5.2). */
  readonly leaveTiers: readonly WeightTier[];
  /** How the next coins added would count, first tier first; a coin that may not be added has none. */
  readonly addTiers: readonly WeightTier[];
  /** Smallest addition the venue takes, coins; `null` when unknown. */
  readonly minAdd: Dec | null;
  readonly decimals: number;
}

/** `open`: has debt and can be acted on. `liquidating`: the venue acts and refuses us. `closed`: the venue positively says there is no debt. */
export type LoanStatus = 'open' | 'liquidating' | 'closed';

export interface LoanView {
  readonly id: LoanId;
  readonly account: string;
  readonly product: Product;
  readonly key: string;
  readonly status: LoanStatus;
  /** Start of the earliest read that fed this view, wall ms. */
  readonly asOf: number;
  readonly debts: readonly DebtView[];
  readonly collateral: readonly CollateralView[];
  /** D: debt value with interest, USD at the venue's index. */
  readonly debtValue: Dec;
  /** C: weighted collateral value, USD at the venue's index. */
  readonly collateralValue: Dec;
  /** D / C from quantities. Sizing uses this; zero when closed. */
  readonly ltv: Dec;
  /** What the venue itself reports, as the interval its rounding allows; `null` when it reports none. The upper edge triggers (DESIGN §2.7). */
  readonly venueLtv: { readonly low: Dec; readonly high: Dec } | null;
  /** LTV at which the venue liquidates, and at which it warns (`null`: the venue does not say). */
  readonly line: Dec;
  readonly call: Dec | null;
  /** OKX spot mode's second scale (DESIGN §5.1): margin ratio and m = adjEq / (mgnRatio × D). */
  readonly marginRatio: { readonly value: Dec; readonly m: Dec; readonly adjEq: Dec } | null;
  /** Most coins the venue would let go, per asset, as far as it was asked; an absent asset is unknown, not unlimited. */
  readonly maxRelease: Readonly<Record<Asset, Dec>>;
  /** Notes an operator should see: a restricted account or asset, figures that disagree. */
  readonly alerts: readonly string[];
  /** What the venue may do to it by itself, whatever its LTV. */
  readonly risks: readonly VenueRisk[];
}

/**
 * The venue may repay a debt by force, sell collateral because a cap of its own is reached, stop counting a coin for new
 * borrowing, or repay with whatever comes in because the account is set so. No LTV shows it, and nothing of ours prevents it.
 */
export interface VenueRisk {
  readonly kind: 'forcedRepayment' | 'autoConversion' | 'collateralCap' | 'autoRepay';
  /** `null`: not about one coin. */
  readonly asset: Asset | null;
  /** As the venue rates it, from 1 to 5, the higher the sooner; `null` where it does not. */
  readonly level: number | null;
  /** Why, as the venue names it; empty where it does not. */
  readonly why: string;
}

/** A wallet's name in the policy file: `spot`, `funding`, `trading`. */
export type WalletName = string;

export interface WalletView {
  readonly name: WalletName;
  /** Coins that can be moved now. Only positive balances are listed; a wallet that could not be read is absent, not empty. */
  readonly free: Readonly<Record<Asset, Dec>>;
  readonly asOf: number;
}

export type SectionState =
  | { readonly state: 'fresh'; readonly asOf: number }
  | { readonly state: 'failed'; readonly reason: string; readonly at: number };

/** One account as seen in one look. Sections fail separately (DESIGN §2.4). */
export interface AccountView {
  readonly account: string;
  readonly uid: string;
  readonly asOf: number;
  /** Keyed by product or `wallet.<name>`; by a loan's id, always failed, where that one loan of a fresh section is in doubt. */
  readonly sections: Readonly<Record<string, SectionState>>;
  /** Loans of fresh sections only. */
  readonly loans: readonly LoanView[];
  /** Wallets of fresh sections only. */
  readonly wallets: readonly WalletView[];
  /** USD per coin for assets outside the loans, for caps and reserves. */
  readonly prices: Readonly<Record<Asset, Dec>>;
}

/** The LTV that triggers: the worse of the venue's upper edge and our own (DESIGN §2.7). */
export function triggerLtv(loan: LoanView): Dec {
  return loan.venueLtv !== null && loan.venueLtv.high.gt(loan.ltv) ? loan.venueLtv.high : loan.ltv;
}
