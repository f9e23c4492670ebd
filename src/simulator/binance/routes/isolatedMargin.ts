/** Isolated margin: one pocket per pair with bars by tier (binance.md §5.2, §5.8, §10.1). Borrow, repay and transfers are those of cross. */
import type { Dec } from '../../../core/money.ts';
import { ZERO } from '../../../core/money.ts';
import type { Desk } from '../desk.ts';
import { coinOf, owed } from '../holdings.ts';
import type { Coin, Pocket } from '../holdings.ts';
import { ip } from '../route.ts';
import type { Call, Route } from '../route.ts';
import { WireError, trim } from '../wire.ts';
import type { Json } from '../wire.ts';
import { levelOf, statusOf, worthOf } from '../worth.ts';
import { pairsOf } from './marginReference.ts';

const MOST_SYMBOLS = 5;
const MOST_ACCOUNTS = 20;

const read = { method: 'GET', security: 'signed', needs: 'read' } as const;

export const isolatedMarginRoutes: readonly Route[] = [
  { ...read, path: '/sapi/v1/margin/isolated/account', weight: ip(10), optional: ['symbols'], run: account },
  {
    ...read,
    path: '/sapi/v1/margin/isolatedMarginTier',
    weight: ip(1),
    mandatory: ['symbol'],
    optional: ['tier'],
    run: tiers,
  },
  {
    ...read,
    path: '/sapi/v1/margin/isolatedMarginData',
    weight: (params) => ip(params.find('symbol') === undefined ? 10 : 1),
    optional: ['vipLevel', 'symbol'],
    run: rates,
  },
  {
    ...read,
    path: '/sapi/v1/margin/isolated/allPairs',
    security: 'key',
    weight: ip(10),
    optional: ['symbol'],
    run: allPairs,
  },
  {
    ...read,
    path: '/sapi/v1/margin/isolated/accountLimit',
    weight: ip(300),
    run: (call) => ({ enabledAccount: call.seen().isolated.size, maxAccount: MOST_ACCOUNTS }),
  },
];

/** All pairs with three totals, or up to five named pairs without totals (§5.2). */
function account(call: Call): Json {
  const pockets = [...call.seen().isolated];
  const symbols = call.params.find('symbols')?.split(',');
  if (symbols !== undefined) {
    if (symbols.length > MOST_SYMBOLS) throw new WireError(-1130, "Data sent for parameter 'symbols' is not valid.");
    return {
      assets: pockets
        .filter(([symbol]) => symbols.includes(symbol))
        .map(([symbol, pocket]) => pairShown(call, symbol, pocket)),
    };
  }
  let [assets, debts] = [ZERO, ZERO];
  for (const [, pocket] of pockets) {
    const worth = worthOf(pocket, call.desk.priceOf);
    [assets, debts] = [assets.plus(worth.assets), debts.plus(worth.debts)];
  }
  const btc = call.desk.priceOf('BTC');
  return {
    assets: pockets.map(([symbol, pocket]) => pairShown(call, symbol, pocket)),
    totalAssetOfBtc: trim(assets.div(btc)),
    totalLiabilityOfBtc: trim(debts.div(btc)),
    totalNetAssetOfBtc: trim(assets.minus(debts).div(btc)),
  };
}

function pairShown(call: Call, symbol: string, pocket: Pocket): Json {
  const { desk } = call;
  const { base, quote } = desk.pair(symbol);
  const bars = desk.barsOf(call.account, symbol);
  const level = levelOf(worthOf(pocket, desk.priceOf));
  const index = desk.priceOf(base).div(desk.priceOf(quote));
  const liquidatePrice = liquidationPrice(coinOf(pocket, base), coinOf(pocket, quote), bars.liquidation);
  const frozen = call.account.frozen.has(symbol);
  return {
    baseAsset: coinShown(desk, base, coinOf(pocket, base), frozen),
    quoteAsset: coinShown(desk, quote, coinOf(pocket, quote), frozen),
    symbol,
    isolatedCreated: true,
    enabled: true,
    marginLevel: level === undefined ? '999' : trim(level),
    marginLevelStatus: statusOf(level, bars),
    marginRatio: desk.tierOf(symbol, pocket).effectiveMultiple,
    indexPrice: trim(index),
    liquidatePrice: trim(liquidatePrice),
    // What the rate means is not documented (§15.11); here: how far the price is from liquidation, in per cent.
    liquidateRate: liquidatePrice.isZero() ? '0' : trim(liquidatePrice.minus(index).abs().div(index).times(100)),
    tradeEnabled: !frozen,
  };
}

function coinShown(desk: Desk, asset: string, coin: Coin, frozen: boolean): Json {
  const total = coin.free.plus(coin.locked);
  const net = total.minus(owed(coin));
  return {
    asset,
    borrowEnabled: !frozen && desk.facts(asset).isBorrowable,
    borrowed: trim(coin.borrowed),
    free: trim(coin.free),
    interest: trim(coin.interest),
    locked: trim(coin.locked),
    netAsset: trim(net),
    netAssetOfBtc: trim(net.times(desk.priceOf(asset)).div(desk.priceOf('BTC'))),
    repayEnabled: !frozen,
    totalAsset: trim(total),
  };
}

/** Price of the base in quote at which (assets / debts) reaches the line; zero when no price does. */
function liquidationPrice(base: Coin, quote: Coin, line: Dec): Dec {
  const numerator = line.times(owed(quote)).minus(quote.free.plus(quote.locked));
  const denominator = base.free.plus(base.locked).minus(line.times(owed(base)));
  if (denominator.isZero()) return ZERO;
  const price = numerator.div(denominator);
  return price.gt(0) ? price : ZERO;
}

function tiers(call: Call): Json {
  const symbol = call.params.text('symbol');
  call.desk.pair(symbol);
  const wanted = call.params.whole('tier');
  return call.desk.tiersOf(symbol).flatMap((tier, index) =>
    wanted !== undefined && wanted !== BigInt(index + 1)
      ? []
      : [
          {
            symbol,
            tier: index + 1,
            effectiveMultiple: tier.effectiveMultiple,
            initialRiskRatio: trim(tier.initialRiskRatio),
            liquidationRiskRatio: trim(tier.liquidationRiskRatio),
            baseAssetMaxBorrowable: trim(tier.baseAssetMaxBorrowable),
            quoteAssetMaxBorrowable: trim(tier.quoteAssetMaxBorrowable),
          },
        ],
  );
}

function rates(call: Call): Json {
  const wanted = call.params.find('symbol');
  return pairsOf(call.desk).flatMap(({ symbol, base, quote }) => {
    if (wanted !== undefined && wanted !== symbol) return [];
    const data = [base, quote].map((coin) => {
      const { dailyRate, borrowLimit } = call.desk.facts(coin);
      return { coin, dailyInterest: trim(dailyRate), borrowLimit: trim(borrowLimit) };
    });
    return [{ vipLevel: 0, symbol, leverage: call.desk.tiersOf(symbol)[0]?.effectiveMultiple ?? '3', data }];
  });
}

function allPairs(call: Call): Json {
  const wanted = call.params.find('symbol');
  return pairsOf(call.desk).flatMap(({ symbol, base, quote }) =>
    wanted !== undefined && wanted !== symbol
      ? []
      : [{ base, isBuyAllowed: true, isMarginTrade: true, isSellAllowed: true, quote, symbol }],
  );
}
