/** Public tickers, which need no key (binance.md §2.2, §4.1). There is no order book and no trade here: all levels are the index. */
import { ip } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { pad } from '../wire.ts';
import type { Json } from '../wire.ts';
import type { Pair } from './marginReference.ts';
import { wantedPairs } from './system.ts';

const DAY_MS = 86_400_000;
const ZERO_TEXT = '0.00000000';
const ONE_TEXT = '1.00000000';

type Row = (call: Call, pair: Pair) => Json;

export const tickerRoutes: readonly Route[] = [
  ticker('price', 2, 4, (call, pair) => ({ symbol: pair.symbol, price: indexText(call, pair) })),
  ticker('bookTicker', 2, 4, bookRow),
  ticker('24hr', 2, 80, dayRow),
];

/** One row for `symbol`, a list for `symbols` and for all. */
function ticker(name: string, costOfOne: number, costOfAll: number, row: Row): Route {
  return {
    method: 'GET',
    security: 'none',
    path: `/api/v3/ticker/${name}`,
    weight: (params) => ip(params.find('symbol') === undefined ? costOfAll : costOfOne),
    optional: ['symbol', 'symbols'],
    run: (call) => {
      const rows = wantedPairs(call).map((pair) => row(call, pair));
      return call.params.find('symbol') === undefined ? rows : (rows[0] ?? null);
    },
  };
}

function indexText(call: Call, { base, quote }: Pair): string {
  return pad(call.desk.priceOf(base).div(call.desk.priceOf(quote)));
}

function bookRow(call: Call, pair: Pair): Readonly<Record<string, Json>> {
  const price = indexText(call, pair);
  return { symbol: pair.symbol, bidPrice: price, bidQty: ONE_TEXT, askPrice: price, askQty: ONE_TEXT };
}

/** The simulator keeps no day's history. */
function dayRow(call: Call, pair: Pair): Json {
  const price = indexText(call, pair);
  const levels = { weightedAvgPrice: price, prevClosePrice: price, lastPrice: price };
  const day = { openPrice: price, highPrice: price, lowPrice: price, volume: ZERO_TEXT, quoteVolume: ZERO_TEXT };
  return {
    ...bookRow(call, pair),
    ...levels,
    ...day,
    lastQty: ZERO_TEXT,
    priceChange: ZERO_TEXT,
    priceChangePercent: '0.000',
    openTime: call.stamp(call.desk.now() - DAY_MS),
    closeTime: call.stamp(),
    firstId: -1,
    lastId: -1,
    count: 0,
  };
}
