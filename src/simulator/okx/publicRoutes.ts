/** Public endpoints: time, prices, tables, status (okx.md §2 rows 32–39, §6). */
import { ONE, ZERO } from '../../core/money.ts';
import { indexRow, instrumentRows, markRows, splitInstrument, tickerRow } from './prices.ts';
import type { Core } from './core.ts';
import type { Params } from './params.ts';
import { Refusal } from './refusals.ts';
import type { Route } from './routes.ts';
import { limit, open } from './routes.ts';
import type { OkxSettings } from './world.ts';
import { bracketsOf, quotaOf, tiersOf } from './world.ts';

const DAYS_PER_YEAR = 365;
const RATE_DECIMALS = 8;

/** The documented eight, one ticker, and instruments, without which some clients do not start. */
export function publicRoutes(core: Core): readonly Route[] {
  const { market } = core;
  return [
    open('/api/v5/public/time', limit(10, 2, 'ip'), () => [{ ts: String(core.now()) }]),
    open('/api/v5/market/index-tickers', limit(20, 2, 'ip'), (params) => indexTickers(core, params)),
    open('/api/v5/public/mark-price', limit(10, 2, 'ipAndInst'), (params) => {
      const instType = params.oneOf('instType', ['MARGIN', 'SWAP', 'FUTURES', 'OPTION']);
      return markRows(market, instType, params.optional('instId'));
    }),
    open('/api/v5/market/tickers', limit(20, 2, 'ip'), (params) => {
      params.oneOf('instType', ['SPOT', 'MARGIN']);
      return market.assets().flatMap((base) => (base === 'USDT' ? [] : [tickerRow(market, base, 'USDT')]));
    }),
    open('/api/v5/market/ticker', limit(20, 2, 'ip'), (params) => {
      const instId = params.text('instId');
      const pair = splitInstrument(market, instId);
      if (pair === undefined || instId.endsWith('-SWAP')) throw new Refusal('51000', 'instId');
      return [tickerRow(market, pair.base, pair.quote)];
    }),
    open('/api/v5/public/instruments', limit(20, 2, 'ip'), (params) =>
      params.oneOf('instType', ['SPOT', 'MARGIN', 'SWAP', 'FUTURES', 'OPTION']) === 'SPOT'
        ? instrumentRows(market)
        : [],
    ),
    open('/api/v5/public/discount-rate-interest-free-quota', limit(2, 2, 'ip'), (params) => discounts(core, params)),
    open('/api/v5/public/interest-rate-loan-quota', limit(2, 2, 'ip'), () => [loanQuota(core)]),
    open('/api/v5/public/position-tiers', limit(10, 2, 'ip'), (params) => positionTiers(core.settings, params)),
    open('/api/v5/system/status', limit(1, 5, 'ip'), () => []),
  ];
}

/** One instrument, or every asset against one quote (okx.md §6). */
function indexTickers(core: Core, params: Params): readonly unknown[] {
  const instId = params.optional('instId');
  const quoteCcy = params.optional('quoteCcy');
  if (instId === undefined && quoteCcy === undefined) throw new Refusal('50014', 'instId');
  const { market } = core;
  if (instId !== undefined) {
    const pair = splitInstrument(market, instId);
    if (pair === undefined) throw new Refusal('51000', 'instId');
    return [indexRow(market, pair.base, pair.quote)];
  }
  const quote = params.oneOf('quoteCcy', ['USD', 'USDT', 'BTC', 'USDC']);
  if (quote !== 'USD' && !core.knows(quote)) throw new Refusal('51000', 'quoteCcy');
  return market.assets().flatMap((base) => (base === quote ? [] : [indexRow(market, base, quote)]));
}

function discounts(core: Core, params: Params): readonly unknown[] {
  const wanted = params.currencies();
  return Object.keys(core.settings.discounts)
    .filter((ccy) => wanted?.has(ccy) ?? true)
    .map((ccy) => ({
      amt: '0',
      ccy,
      colRes: '0',
      collateralRestrict: false,
      details: discountDetails(core.settings, ccy),
      discountLv: '1',
      minDiscountRate: '0',
    }));
}

/** An open upper edge is empty text (okx.md §6). */
function discountDetails(settings: OkxSettings, ccy: string): readonly unknown[] {
  let minAmt = ZERO;
  return (bracketsOf(settings, ccy) ?? []).map(({ upTo, rate }, index) => {
    const row = {
      discountRate: rate.toFixed(),
      liqPenaltyRate: ONE.minus(rate).toFixed(),
      maxAmt: upTo?.toFixed() ?? '',
      minAmt: minAmt.toFixed(),
      tier: String(index + 1),
      disCcyEq: '',
    };
    minAmt = upTo ?? minAmt;
    return row;
  });
}

function loanQuota(core: Core): unknown {
  const basic = Object.entries(core.settings.apr)
    .filter(([ccy]) => core.knows(ccy))
    .map(([ccy, rate]) => ({
      ccy,
      quota: quotaOf(core.settings, ccy).toFixed(),
      rate: rate.div(DAYS_PER_YEAR).toDecimalPlaces(RATE_DECIMALS).toFixed(),
    }));
  const levels = [{ irDiscount: '', level: 'Lv1', loanQuotaCoef: '1' }];
  return { basic, config: [], configCcyList: [], regular: levels, vip: [] };
}

/** Borrow tiers of currencies, or of the quote of a pair (okx.md §4.7). */
function positionTiers(settings: OkxSettings, params: Params): readonly unknown[] {
  params.oneOf('instType', ['MARGIN']);
  const tdMode = params.oneOf('tdMode', ['cross', 'isolated']);
  const instId = params.optional('instId') ?? '';
  const wanted = params.optional('ccy')?.split(',') ?? instId.split('-').slice(1);
  if (wanted.length === 0) throw new Refusal('50014', 'ccy');
  return wanted.flatMap((ccy) => {
    let minSz = ZERO;
    return tiersOf(settings, ccy).map(({ upTo, mmr, imr }, index) => {
      const maxSz = upTo ?? quotaOf(settings, ccy);
      const row = {
        baseMaxLoan: '',
        ccy,
        imr: imr.toFixed(),
        instId,
        maxLever: ONE.div(imr).toDecimalPlaces(2).toFixed(),
        maxSz: maxSz.toFixed(),
        minSz: minSz.toFixed(),
        mmr: mmr.toFixed(),
        optMgnFactor: '0',
        quoteMaxLoan: '',
        tdMode,
        tier: String(index + 1),
        uly: '',
      };
      minSz = upTo ?? minSz;
      return row;
    });
  });
}
