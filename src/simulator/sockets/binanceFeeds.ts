/** Binance market streams: their names, how often they send, and what they say (binance.md §9.2). All from the index price. */
import type { Market } from '../contract.ts';
import { pairPrice } from '../okx/prices.ts';
import type { Pace } from './session.ts';

const SECOND: Pace = { gapMs: 1000, repeatMs: 1000 };
const REAL_TIME: Pace = { gapMs: 0, repeatMs: 10_000 };
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'BTC', 'ETH', 'BNB', 'USD'];
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A stream that a client may subscribe to. */
export interface Feed {
  readonly name: string;
  readonly pace: Pace;
  /** The payload now. */
  payload(): unknown;
  /** Price text by which a change is noticed. */
  mark(): string;
}

interface Pair {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
}

/** The feed behind a stream name; undefined for a name that stands for nothing, which Binance accepts in silence. */
export function feedOf(market: Market, name: string): Feed | undefined {
  if (name === '!miniTicker@arr' || name === '!ticker@arr') return allTickers(market, name);
  const [symbol = '', kind = '', speed = ''] = name.split('@');
  const pair = pairOf(market, symbol.toUpperCase());
  if (pair === undefined) return undefined;
  const make = PAYLOADS[kind];
  if (make === undefined) return undefined;
  const pace =
    kind === 'bookTicker' ? REAL_TIME : kind === 'markPrice' && speed === '' ? { gapMs: 3000, repeatMs: 3000 } : SECOND;
  return { name, pace, payload: () => make(market, pair), mark: () => px(market, pair) };
}

const PAYLOADS: Readonly<Record<string, (market: Market, pair: Pair) => unknown>> = {
  miniTicker,
  ticker: (market, pair) => {
    const price = px(market, pair);
    const now = market.host.now();
    const best = { b: price, B: '1', a: price, A: '1' };
    const change = { p: '0', P: '0', w: price, x: price, Q: '0' };
    const span = { O: now - DAY_MS, C: now, F: 0, L: 0, n: 0 };
    return { ...miniTicker(market, pair), e: '24hrTicker', ...best, ...change, ...span };
  },
  // The only stream without an event time.
  bookTicker: (market, pair) => {
    const price = px(market, pair);
    return { u: market.host.now(), s: pair.symbol, b: price, B: '1', a: price, A: '1' };
  },
  avgPrice: (market, pair) => {
    const now = market.host.now();
    return { e: 'avgPrice', E: now, s: pair.symbol, i: '5m', w: px(market, pair), T: now };
  },
  // Futures: its `i` is the closest push source of the margin index (binance.md §9.2).
  markPrice: (market, pair) => {
    const [price, now] = [px(market, pair), market.host.now()];
    const nextFunding = (Math.floor(now / (8 * HOUR_MS)) + 1) * 8 * HOUR_MS;
    return { e: 'markPriceUpdate', E: now, s: pair.symbol, p: price, i: price, P: price, r: '0', T: nextFunding };
  },
};

function miniTicker(market: Market, pair: Pair): Record<string, unknown> {
  const price = px(market, pair);
  const levels = { c: price, o: price, h: price, l: price, v: '0', q: '0' };
  return { e: '24hrMiniTicker', E: market.host.now(), s: pair.symbol, ...levels };
}

function allTickers(market: Market, name: string): Feed {
  const pairs = market
    .assets()
    .flatMap((base) => (base === 'USDT' ? [] : [{ symbol: `${base}USDT`, base, quote: 'USDT' }]));
  const make = PAYLOADS[name === '!ticker@arr' ? 'ticker' : 'miniTicker'];
  return {
    name,
    pace: SECOND,
    payload: () => pairs.map((pair) => make?.(market, pair)),
    mark: () => pairs.map((pair) => px(market, pair)).join(),
  };
}

/** `BTCUSDT` is BTC against USDT when both have a price. */
function pairOf(market: Market, symbol: string): Pair | undefined {
  const assets = market.assets();
  for (const quote of QUOTES) {
    const base = symbol.endsWith(quote) ? symbol.slice(0, -quote.length) : '';
    const known = assets.includes(base) && (quote === 'USD' || assets.includes(quote));
    if (known) return { symbol, base, quote };
  }
  return undefined;
}

function px(market: Market, { base, quote }: Pair): string {
  return pairPrice(market, base, quote).toFixed();
}
