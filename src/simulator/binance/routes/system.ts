/** Public endpoints and keys for streams (binance.md §6.4, §9.3, §9.4). */
import type { Desk } from '../desk.ts';
import { ip, uid } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { WireError } from '../wire.ts';
import type { Json } from '../wire.ts';
import { pairsOf } from './marginReference.ts';
import type { Pair } from './marginReference.ts';

const open = { method: 'GET', security: 'none' } as const;
const DAY_MS = 86_400_000;

export const systemRoutes: readonly Route[] = [
  { ...open, path: '/api/v3/ping', weight: ip(1), run: () => ({}) },
  { ...open, path: '/api/v3/time', weight: ip(1), run: (call) => ({ serverTime: call.stamp() }) },
  {
    ...open,
    path: '/api/v3/exchangeInfo',
    weight: ip(20),
    optional: ['symbol', 'symbols', 'permissions'],
    run: exchangeInfo,
  },
  { ...open, path: '/sapi/v1/system/status', weight: ip(1), run: () => ({ status: 0, msg: 'normal' }) },
  {
    method: 'POST',
    path: '/sapi/v1/margin/listen-key',
    security: 'key',
    weight: uid(1),
    run: (call) => ({ listenKey: call.streams.openKey(call.account) }),
  },
  {
    method: 'PUT',
    path: '/sapi/v1/margin/listen-key',
    security: 'key',
    weight: uid(1),
    mandatory: ['listenKey'],
    run: keepKey,
  },
  {
    method: 'DELETE',
    path: '/sapi/v1/margin/listen-key',
    security: 'key',
    weight: uid(3000),
    mandatory: ['listenKey'],
    run: closeKey,
  },
];

/** `POST userListenToken`: signed in one library, key only in another (§9.4). */
export function listenTokenRoute(desk: Desk): Route {
  return {
    method: 'POST',
    path: '/sapi/v1/userListenToken',
    security: desk.settings.switches.listenTokenSigned ? 'signed' : 'key',
    weight: uid(1),
    optional: ['symbol', 'isIsolated', 'validity'],
    run(call) {
      const isIsolated = call.params.flag('isIsolated', false);
      const symbol = isIsolated ? call.params.text('symbol') : '';
      const validityMs = Number(call.params.whole('validity') ?? BigInt(DAY_MS));
      const { token, expiresMs } = call.streams.openToken(call.account, symbol, validityMs);
      return { token, expirationTime: expiresMs };
    },
  };
}

function keepKey(call: Call): Json {
  call.streams.extendKey(call.account, call.params.text('listenKey'));
  return {};
}

function closeKey(call: Call): Json {
  call.streams.closeKey(call.account, call.params.text('listenKey'));
  return {};
}

function exchangeInfo(call: Call): Json {
  const pairs = wantedPairs(call);
  return {
    timezone: 'UTC',
    serverTime: call.stamp(),
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
    exchangeFilters: [],
    symbols: pairs.map(pairShown),
  };
}

function pairShown({ symbol, base, quote }: Pair): Json {
  return {
    symbol,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: true,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.00000100', maxPrice: '1000000.00000000', tickSize: '0.00000100' },
      { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
      {
        filterType: 'NOTIONAL',
        minNotional: '5.00000000',
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: [],
    permissionSets: [['SPOT', 'MARGIN']],
    defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
    allowedSelfTradePreventionModes: ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'],
  };
}

/** The pairs named by `symbol` or `symbols`, or all. @throws WireError -1121 */
export function wantedPairs(call: Call): readonly Pair[] {
  const pairs = pairsOf(call.desk);
  const names = namesOf(call);
  if (names === undefined) return pairs;
  const found = pairs.filter((pair) => names.includes(pair.symbol));
  if (found.length !== new Set(names).size) throw new WireError(-1121, 'Invalid symbol.');
  return found;
}

function namesOf(call: Call): readonly string[] | undefined {
  const one = call.params.find('symbol');
  if (one !== undefined) return [one];
  const many = call.params.find('symbols');
  if (many === undefined) return undefined;
  return many
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((name) => name.replaceAll('"', '').trim());
}
