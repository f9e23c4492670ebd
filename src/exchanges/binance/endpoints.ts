/**
 * The calls this adapter makes, with what Binance charges for them (binance.md §4, §4.1).
 *
 * `/api/*` shares one bucket of 6000 per minute and IP. Every `/sapi/*` endpoint is its own bucket: 12000 per minute
 * and IP, or 180000 per minute and UID. Where sources disagree the smaller budget is assumed (§11).
 */
import type { Bucket } from '../limits.ts';

/** ccxt's names of the URL groups; `public` and `private` are both `/api/v3`. */
export type Group = 'sapi' | 'sapiV2' | 'sapiV3' | 'private' | 'public';

export interface Endpoint {
  readonly group: Group;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly weight: number;
  readonly per: 'ip' | 'uid';
}

export const ENDPOINTS = {
  time: { group: 'public', path: 'time', method: 'GET', weight: 1, per: 'ip' },
  systemStatus: { group: 'sapi', path: 'system/status', method: 'GET', weight: 1, per: 'ip' },
  spotAccount: { group: 'private', path: 'account', method: 'GET', weight: 20, per: 'ip' },
  apiRestrictions: { group: 'sapi', path: 'account/apiRestrictions', method: 'GET', weight: 1, per: 'ip' },
  userAsset: { group: 'sapiV3', path: 'asset/getUserAsset', method: 'POST', weight: 5, per: 'ip' },
  transfer: { group: 'sapi', path: 'asset/transfer', method: 'POST', weight: 900, per: 'uid' },
  transfers: { group: 'sapi', path: 'asset/transfer', method: 'GET', weight: 1, per: 'ip' },
  marginAccount: { group: 'sapi', path: 'margin/account', method: 'GET', weight: 10, per: 'ip' },
  tradeCoeff: { group: 'sapi', path: 'margin/tradeCoeff', method: 'GET', weight: 10, per: 'ip' },
  priceIndex: { group: 'sapi', path: 'margin/priceIndex', method: 'GET', weight: 10, per: 'ip' },
  allAssets: { group: 'sapi', path: 'margin/allAssets', method: 'GET', weight: 1, per: 'ip' },
  maxTransferable: { group: 'sapi', path: 'margin/maxTransferable', method: 'GET', weight: 50, per: 'ip' },
  borrowRepay: { group: 'sapi', path: 'margin/borrow-repay', method: 'POST', weight: 1500, per: 'uid' },
  borrowRepays: { group: 'sapi', path: 'margin/borrow-repay', method: 'GET', weight: 10, per: 'ip' },
  capitalFlow: { group: 'sapi', path: 'margin/capital-flow', method: 'GET', weight: 100, per: 'ip' },
  isolatedAccount: { group: 'sapi', path: 'margin/isolated/account', method: 'GET', weight: 10, per: 'ip' },
  isolatedTier: { group: 'sapi', path: 'margin/isolatedMarginTier', method: 'GET', weight: 1, per: 'ip' },
  maxBorrowable: { group: 'sapi', path: 'margin/maxBorrowable', method: 'GET', weight: 750, per: 'uid' },
  nextRates: { group: 'sapi', path: 'margin/next-hourly-interest-rate', method: 'GET', weight: 100, per: 'ip' },
  /** One coin at a time; all at once cost 5. */
  crossRates: { group: 'sapi', path: 'margin/crossMarginData', method: 'GET', weight: 1, per: 'ip' },
  /** One pair at a time; all at once cost 10. */
  isolatedRates: { group: 'sapi', path: 'margin/isolatedMarginData', method: 'GET', weight: 1, per: 'ip' },
  isolatedPairs: { group: 'sapi', path: 'margin/isolated/allPairs', method: 'GET', weight: 10, per: 'ip' },
  interestHistory: { group: 'sapi', path: 'margin/interestHistory', method: 'GET', weight: 1, per: 'ip' },
  marginTransfers: { group: 'sapi', path: 'margin/transfer', method: 'GET', weight: 1, per: 'ip' },
  forcedSales: { group: 'sapi', path: 'margin/forceLiquidationRec', method: 'GET', weight: 1, per: 'ip' },
  flexibleOrders: { group: 'sapiV2', path: 'loan/flexible/ongoing/orders', method: 'GET', weight: 300, per: 'ip' },
  flexibleCollateral: { group: 'sapiV2', path: 'loan/flexible/collateral/data', method: 'GET', weight: 400, per: 'ip' },
  flexibleLoanable: { group: 'sapiV2', path: 'loan/flexible/loanable/data', method: 'GET', weight: 400, per: 'ip' },
  flexibleRates: { group: 'sapiV2', path: 'loan/interestRateHistory', method: 'GET', weight: 400, per: 'ip' },
  flexibleBorrow: { group: 'sapiV2', path: 'loan/flexible/borrow', method: 'POST', weight: 6000, per: 'ip' },
  flexibleBorrows: { group: 'sapiV2', path: 'loan/flexible/borrow/history', method: 'GET', weight: 400, per: 'ip' },
  flexibleRepay: { group: 'sapiV2', path: 'loan/flexible/repay', method: 'POST', weight: 6000, per: 'ip' },
  flexibleAdjust: { group: 'sapiV2', path: 'loan/flexible/adjust/ltv', method: 'POST', weight: 6000, per: 'uid' },
  flexibleRepays: { group: 'sapiV2', path: 'loan/flexible/repay/history', method: 'GET', weight: 400, per: 'ip' },
  flexibleLiquidations: {
    group: 'sapiV2',
    path: 'loan/flexible/liquidation/history',
    method: 'GET',
    weight: 400,
    per: 'ip',
  },
  flexibleAdjusts: {
    group: 'sapiV2',
    path: 'loan/flexible/ltv/adjustment/history',
    method: 'GET',
    weight: 400,
    per: 'ip',
  },
} as const satisfies Readonly<Record<string, Endpoint>>;

export type EndpointName = keyof typeof ENDPOINTS;

/** What a ban (418) closes: all REST of this IP (§3). Hosts are part of it, so that a simulator's ban stays its own. */
export function ipScope(host: string): string {
  return `binance:ip:${host}`;
}

/** The bucket of one endpoint. `account` stands for the UID: a name, never the key. */
export function bucketOf(endpoint: Endpoint, host: string, account: string): Bucket {
  const scope = ipScope(host);
  if (endpoint.group === 'public' || endpoint.group === 'private') {
    return { id: `${scope}:api`, scope, limit: 6000, windowMs: 60_000 };
  }
  const name = `${endpoint.group}:${endpoint.method}:${endpoint.path}`;
  return endpoint.per === 'ip'
    ? { id: `${scope}:${name}`, scope, limit: 12_000, windowMs: 60_000 }
    : { id: `binance:uid:${host}:${account}:${name}`, scope, limit: 180_000, windowMs: 60_000 };
}

/** Headers that say what was used (§4), for the count of the bucket the call was charged to. */
export function usedHeader(endpoint: Endpoint): string {
  if (endpoint.group === 'public' || endpoint.group === 'private') return 'x-mbx-used-weight-1m';
  return endpoint.per === 'ip' ? 'x-sapi-used-ip-weight-1m' : 'x-sapi-used-uid-weight-1m';
}
