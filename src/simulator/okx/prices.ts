/** Rows about prices, as public endpoints answer them and public channels push them (okx.md §6, §8). All from the index. */
import type { Dec } from '../../core/money.ts';
import type { Market } from '../contract.ts';

const PRICE_DECIMALS = 12;
const SWAP = '-SWAP';

/** Kinds of instruments with a mark price. */
export type MarkType = 'MARGIN' | 'SWAP' | 'FUTURES' | 'OPTION';

/** The currencies of `BASE-QUOTE` or `BASE-QUOTE-SWAP`; undefined when one has no price. USD has one. */
export function splitInstrument(market: Market, instId: string): { base: string; quote: string } | undefined {
  const pair = instId.endsWith(SWAP) ? instId.slice(0, -SWAP.length) : instId;
  const [base = '', quote = '', ...more] = pair.split('-');
  const known = (ccy: string): boolean => ccy === 'USD' || market.assets().includes(ccy);
  return more.length === 0 && base !== 'USD' && known(base) && known(quote) ? { base, quote } : undefined;
}

/** Price of one `base` in `quote`. */
export function pairPrice(market: Market, base: string, quote: string): Dec {
  return market.price(base).div(market.price(quote)).toDecimalPlaces(PRICE_DECIMALS);
}

/** Row of index-tickers. The simulator keeps no day's history: all levels are the price now. */
export function indexRow(market: Market, base: string, quote: string): Record<string, string> {
  const px = pairPrice(market, base, quote).toFixed();
  const day = { high24h: px, low24h: px, open24h: px, sodUtc0: px, sodUtc8: px };
  return { instId: `${base}-${quote}`, idxPx: px, ...day, ts: String(market.host.now()) };
}

/** Row of mark-price. */
export function markRow(market: Market, instType: MarkType, instId: string, price: Dec): Record<string, string> {
  return { instType, instId, markPx: price.toFixed(), ts: String(market.host.now()) };
}

/** Rows of mark-price: one instrument, or all against USDT. There are no futures and options here. */
export function markRows(
  market: Market,
  instType: MarkType,
  instId: string | undefined,
): readonly Record<string, string>[] {
  if (instType === 'FUTURES' || instType === 'OPTION') return [];
  const suffix = instType === 'SWAP' ? SWAP : '';
  const all = market.assets().flatMap((base) => (base === 'USDT' ? [] : [`${base}-USDT${suffix}`]));
  return (instId === undefined ? all : [instId]).flatMap((id) => {
    const pair = id.endsWith(SWAP) === (suffix !== '') ? splitInstrument(market, id) : undefined;
    return pair === undefined ? [] : [markRow(market, instType, id, pairPrice(market, pair.base, pair.quote))];
  });
}

/** Row of tickers. Bid, ask and last are the index: the simulator has no order book. */
export function tickerRow(market: Market, base: string, quote: string): Record<string, string> {
  const px = pairPrice(market, base, quote).toFixed();
  const day = { open24h: px, high24h: px, low24h: px, sodUtc0: px, sodUtc8: px, volCcy24h: '0', vol24h: '0' };
  const book = { last: px, lastSz: '0', askPx: px, askSz: '1', bidPx: px, bidSz: '1' };
  return { instType: 'SPOT', instId: `${base}-${quote}`, ...book, ...day, ts: String(market.host.now()) };
}

/** Rows of instruments: every asset against USDT, spot. Nothing can be traded here; clients read them to learn the pairs. */
export function instrumentRows(market: Market): readonly Record<string, string>[] {
  const sizes = { lotSz: '0.00000001', minSz: '0.00000001', tickSz: '0.00000001', lever: '10', ctVal: '', ctMult: '' };
  const empty = {
    alias: '',
    ctType: '',
    ctValCcy: '',
    expTime: '',
    instFamily: '',
    listTime: '',
    optType: '',
    settleCcy: '',
    stk: '',
    uly: '',
  };
  return market
    .assets()
    .filter((base) => base !== 'USDT')
    .map((base) => ({
      ...sizes,
      ...empty,
      instType: 'SPOT',
      instId: `${base}-USDT`,
      baseCcy: base,
      quoteCcy: 'USDT',
      state: 'live',
    }));
}
