/**
 * The OKX calls we make, with the limit of each and what the venue counts it by (okx.md §2). Paths are spelled as in
 * ccxt's endpoint table, which a test compares them with.
 */
import type { Bucket } from '../limits.ts';

/** What a limit is keyed on (okx.md §1.6). */
export type LimitKey = 'ip' | 'uid' | 'uid+ccy' | 'masterUid';

export interface Endpoint {
  /** Without `/api/v5/`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly access: 'public' | 'private';
  readonly limit: number;
  readonly windowMs: number;
  readonly per: LimitKey;
}

const read = (path: string, limit: number, windowMs: number): Endpoint => ({
  path,
  method: 'GET',
  access: 'private',
  limit,
  windowMs,
  per: 'uid',
});
const open = (path: string, limit: number, windowMs: number): Endpoint => ({
  path,
  method: 'GET',
  access: 'public',
  limit,
  windowMs,
  per: 'ip',
});
/** A read that the venue has as a POST (okx.md §2 row 23). */
const ask = (path: string, limit: number, windowMs: number): Endpoint => ({
  ...read(path, limit, windowMs),
  method: 'POST',
});
const money = (path: string, limit: number, windowMs: number, per: LimitKey = 'uid'): Endpoint => ({
  path,
  method: 'POST',
  access: 'private',
  limit,
  windowMs,
  per,
});

const LOAN = 'finance/flexible-loan';

export const ENDPOINTS = {
  time: open('public/time', 10, 2_000),
  status: open('system/status', 1, 5_000),
  indexTickers: open('market/index-tickers', 20, 2_000),
  discounts: open('public/discount-rate-interest-free-quota', 2, 2_000),

  config: read('account/config', 5, 2_000),
  balance: read('account/balance', 10, 2_000),
  borrowRepayHistory: read('account/spot-borrow-repay-history', 5, 2_000),
  accountBills: read('account/bills', 5, 1_000),
  maxWithdrawal: read('account/max-withdrawal', 20, 2_000),
  spotMaxLoan: read('account/max-loan', 20, 2_000),
  interestLimits: read('account/interest-limits', 5, 2_000),
  interestRates: read('account/interest-rate', 5, 2_000),
  spotInterest: read('account/interest-accrued', 5, 2_000),
  fundingBalances: read('asset/balances', 6, 1_000),
  fundingBills: read('asset/bills', 6, 1_000),
  transferState: read('asset/transfer-state', 10, 1_000),
  loanInfo: read(`${LOAN}/loan-info`, 5, 2_000),
  loanHistory: read(`${LOAN}/loan-history`, 5, 2_000),
  loanInterest: read(`${LOAN}/interest-accrued`, 5, 2_000),
  borrowCurrencies: read(`${LOAN}/borrow-currencies`, 5, 2_000),
  collateralAssets: read(`${LOAN}/collateral-assets`, 5, 2_000),
  maxLoan: ask(`${LOAN}/max-loan`, 5, 2_000),
  maxRedeem: read(`${LOAN}/max-collateral-redeem-amount`, 5, 2_000),

  repay: money(`${LOAN}/repay`, 2, 2_000),
  borrow: money(`${LOAN}/borrow`, 2, 2_000),
  adjustCollateral: money(`${LOAN}/adjust-collateral`, 5, 2_000),
  transfer: money('asset/transfer', 2, 1_000, 'uid+ccy'),
  /** The page says one per 3 s, the change log one per 1 s: the slower one is kept (okx.md §2). */
  spotBorrowRepay: money('account/spot-manual-borrow-repay', 1, 3_000, 'masterUid'),
} as const satisfies Record<string, Endpoint>;

/** What the venue knows an account by; `uid` may be a label until the venue has said it. */
export interface Counted {
  readonly uid: string;
  readonly masterUid: string;
}

export function bucketOf(endpoint: Endpoint, who: Counted, ccy: string): Bucket {
  const owner = {
    ip: 'ip',
    uid: `uid:${who.uid}`,
    'uid+ccy': `uid:${who.uid}:${ccy}`,
    masterUid: `master:${who.masterUid}`,
  }[endpoint.per];
  return {
    id: `okx:${owner}:${endpoint.path}`,
    scope: 'okx:ip',
    limit: endpoint.limit,
    windowMs: endpoint.windowMs,
  };
}

/** The endpoint a signed URL belongs to; `null` for one that is none of ours. */
export function endpointOf(url: string, method: string): Endpoint | null {
  const path = new URL(url).pathname.replace(/^\/api\/v5\//, '');
  return Object.values(ENDPOINTS).find((endpoint) => endpoint.path === path && endpoint.method === method) ?? null;
}
