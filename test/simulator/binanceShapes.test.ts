/** Answers have the members and JSON types of the documents' samples, where the shared data folder is there to compare. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, alice } from './support.ts';

const SAMPLES = join(import.meta.dirname, '../../../shared/data/fixtures/responses/binance');

interface Sample {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Parameters by path; an endpoint that is not here is not simulated. */
const CALLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'GET /sapi/v1/margin/account': {},
  'GET /sapi/v1/margin/isolated/account': {},
  'POST /sapi/v1/margin/borrow-repay': { asset: 'USDT', isIsolated: 'FALSE', amount: '1', type: 'REPAY' },
  'GET /sapi/v1/margin/borrow-repay': { type: 'REPAY', isolatedSymbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/maxBorrowable': { asset: 'USDT' },
  'GET /sapi/v1/margin/maxTransferable': { asset: 'USDT' },
  'GET /sapi/v1/margin/tradeCoeff': {},
  'GET /sapi/v1/margin/capital-flow': { symbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/interestHistory': { isolatedSymbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/interestRateHistory': { asset: 'BTC' },
  'GET /sapi/v1/margin/next-hourly-interest-rate': { assets: 'BTC', isIsolated: 'FALSE' },
  'GET /sapi/v1/margin/forceLiquidationRec': { isolatedSymbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/transfer': { isolatedSymbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/exchange-small-liability': {},
  'GET /sapi/v1/margin/liquidation-loan': {},
  'GET /sapi/v1/margin/allAssets': {},
  'GET /sapi/v1/margin/allPairs': {},
  'GET /sapi/v1/margin/isolated/allPairs': {},
  'GET /sapi/v1/margin/isolated/accountLimit': {},
  'GET /sapi/v1/margin/isolatedMarginTier': { symbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/isolatedMarginData': { symbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/priceIndex': { symbol: 'BTCUSDT' },
  'GET /sapi/v1/margin/crossMarginCollateralRatio': {},
  'GET /sapi/v1/margin/crossMarginData': { coin: 'BTC' },
  'GET /sapi/v1/margin/restricted-asset': {},
  'GET /sapi/v1/margin/available-inventory': { type: 'MARGIN' },
  'GET /sapi/v1/bnbBurn': {},
  'POST /sapi/v1/asset/transfer': { type: 'MAIN_MARGIN', asset: 'USDT', amount: '1' },
  'GET /sapi/v1/asset/transfer': { type: 'MAIN_MARGIN' },
  'POST /sapi/v3/asset/getUserAsset': {},
  'POST /sapi/v1/asset/get-funding-asset': {},
  'GET /api/v3/account': {},
  'GET /sapi/v2/loan/flexible/ongoing/orders': {},
  'GET /sapi/v2/loan/flexible/repay/rate': { loanCoin: 'USDT', collateralCoin: 'BTC' },
  'GET /sapi/v2/loan/flexible/loanable/data': {},
  'GET /sapi/v2/loan/flexible/collateral/data': {},
  'GET /sapi/v2/loan/interestRateHistory': { coin: 'USDT' },
  'GET /sapi/v2/loan/flexible/ltv/adjustment/history': {},
  'GET /sapi/v2/loan/flexible/repay/history': {},
  'GET /sapi/v2/loan/flexible/borrow/history': {},
  'GET /sapi/v2/loan/flexible/liquidation/history': {},
  'POST /sapi/v2/loan/flexible/adjust/ltv': {
    loanCoin: 'USDT',
    collateralCoin: 'BTC',
    adjustmentAmount: '0.01',
    direction: 'ADDITIONAL',
  },
  'POST /sapi/v2/loan/flexible/repay': { loanCoin: 'USDT', collateralCoin: 'BTC', repayAmount: '10' },
  'POST /sapi/v2/loan/flexible/borrow': { loanCoin: 'USDT', collateralCoin: 'BTC', loanAmount: '100' },
};

/** Members that the simulator leaves out where they do not apply, older spellings of one library, and numbers that the documents write as text or back. */
const OPTIONAL = new Set([
  'delistTime',
  'rawAsset',
  'maxUsdValue',
  'note',
  'vipLevel',
  'fromSymbol',
  'transferEnabled',
  'totalCollateralValueInUSDT',
  'liabilityQty',
]);

/** An account to which everything has happened once. */
function lively(): Bench {
  const pair = { symbol: 'BTCUSDT', assets: { BTC: '1', USDT: '1000' }, debts: { USDT: '45000' } };
  const loan = { loanCoin: 'USDT', collateralCoin: 'BTC', debt: '30000', collateral: '1' };
  const liquidated = { loanCoin: 'USDC', collateralCoin: 'ETH', debt: '100', collateral: '1' };
  const world = alice({
    isolated: [pair],
    flexible: [loan, liquidated],
    spot: { USDT: '20000', BTC: '1' },
    funding: { USDT: '5' },
    cross: { assets: { BTC: '1', USDT: '5000' }, debts: { USDT: '30000', ETH: '0.001' } },
  });
  const bench = new Bench({ binance: [world], binanceSettings: { limits: { on: false } } });
  const { engine, binance } = bench.simulation;
  bench.signed('POST', '/sapi/v1/asset/transfer', { type: 'MAIN_MARGIN', asset: 'USDT', amount: '1' });
  bench.signed('POST', '/sapi/v1/asset/transfer', {
    type: 'MAIN_ISOLATED_MARGIN',
    asset: 'USDT',
    amount: '1',
    toSymbol: 'BTCUSDT',
  });
  bench.signed('POST', '/sapi/v1/margin/borrow-repay', {
    asset: 'USDT',
    isIsolated: 'TRUE',
    symbol: 'BTCUSDT',
    amount: '1',
    type: 'REPAY',
  });
  bench.host.pass(100);
  for (const [path, params] of Object.entries(CALLS)) {
    if (path.startsWith('POST /sapi/v2')) bench.signed('POST', path.slice(5), params);
  }
  engine.advanceTo(engine.tapeNow() + 3_600_000);
  binance.books.act({ do: 'liquidate', account: 'alice', symbol: 'BTCUSDT' });
  binance.books.act({ do: 'liquidate', account: 'alice', pair: 'USDC/ETH' });
  return bench;
}

/** What is missing or of another type, as paths. */
function differences(sample: unknown, answer: unknown, at: string): string[] {
  if (Array.isArray(sample)) {
    if (!Array.isArray(answer)) return [`${at}: a list`];
    if (sample.length === 0 || typeof sample[0] === 'string') return [];
    return answer.length === 0 ? [`${at}: empty`] : differences(sample[0], answer[0], `${at}[0]`);
  }
  if (typeof sample === 'object' && sample !== null) {
    if (typeof answer !== 'object' || answer === null) return [`${at}: an object`];
    const members = new Map(Object.entries(answer));
    if (at.endsWith('.assets') && [...members.values()].every((value) => typeof value === 'string')) return [];
    return Object.entries(sample).flatMap(([name, value]) => {
      if (OPTIONAL.has(name)) return [];
      return members.has(name) ? differences(value, members.get(name), `${at}.${name}`) : [`${at}.${name}: missing`];
    });
  }
  return typeof sample === typeof answer ? [] : [`${at}: ${typeof answer} instead of ${typeof sample}`];
}

describe('answers have the shape of the documents', () => {
  const files = existsSync(SAMPLES) ? readdirSync(SAMPLES) : [];
  const samples = files
    .map((file) => ({ file, ...(JSON.parse(readFileSync(join(SAMPLES, file), 'utf8')) as Sample) }))
    .filter(({ method, path }) => CALLS[`${method} ${path}`] !== undefined);

  it.each(samples)('$file', ({ method, path, body }) => {
    const answer = lively().signed(method, path, CALLS[`${method} ${path}`]);
    expect(answer.status, answer.text).toBe(200);
    expect(differences(body, answer.json, '')).toEqual([]);
  });

  it('and every call of the list is answered', () => {
    const bench = lively();
    const refused = Object.entries(CALLS).flatMap(([call, params]) => {
      const [method = '', path = ''] = call.split(' ');
      const answer = bench.signed(method, path, params);
      bench.host.pass(1000);
      return answer.status === 200 ? [] : [`${call}: ${answer.text}`];
    });
    expect(refused).toEqual([]);
  });
});
