/** Reference data of margin (binance.md §5.8). */
import { parse } from '../../../core/money.ts';
import type { Desk } from '../desk.ts';
import { hourOf } from '../interest.ts';
import { ip, uid } from '../route.ts';
import type { Call, Permission, Route } from '../route.ts';
import type { CollateralBracket } from '../tables.ts';
import { WireError, pad, trim } from '../wire.ts';
import type { Json } from '../wire.ts';

const FIRST_PAIR_ID = 351_637_150_141_315_861n;
const QUOTES = ['USDT', 'USDC', 'BTC'];
const DAYS_PER_YEAR = parse('365');

const keyOnly = { method: 'GET', security: 'key' } as const;
const signed: { method: 'GET'; security: 'signed'; needs: Permission } = {
  method: 'GET',
  security: 'signed',
  needs: 'read',
};

export const marginReferenceRoutes: readonly Route[] = [
  { ...keyOnly, path: '/sapi/v1/margin/allAssets', weight: ip(1), optional: ['asset'], run: allAssets },
  { ...keyOnly, path: '/sapi/v1/margin/allPairs', weight: ip(1), optional: ['symbol'], run: allPairs },
  { ...keyOnly, path: '/sapi/v1/margin/priceIndex', weight: ip(10), mandatory: ['symbol'], run: priceIndex },
  { ...keyOnly, path: '/sapi/v1/margin/crossMarginCollateralRatio', weight: ip(100), run: collateralRatio },
  { ...keyOnly, path: '/sapi/v1/margin/risk-based-liquidation-ratio', weight: ip(1), run: () => [] },
  {
    ...keyOnly,
    path: '/sapi/v1/margin/restricted-asset',
    weight: ip(1),
    run: () => ({ openLongRestrictedAsset: [], maxCollateralExceededAsset: [] }),
  },
  { ...keyOnly, path: '/sapi/v1/margin/delist-schedule', weight: ip(100), run: () => [] },
  {
    ...signed,
    path: '/sapi/v1/margin/crossMarginData',
    weight: (params) => ip(params.find('coin') === undefined ? 5 : 1),
    optional: ['vipLevel', 'coin'],
    run: crossMarginData,
  },
  {
    ...signed,
    path: '/sapi/v1/margin/next-hourly-interest-rate',
    weight: ip(100),
    mandatory: ['assets', 'isIsolated'],
    run: nextHourlyRate,
  },
  { ...signed, path: '/sapi/v1/margin/available-inventory', weight: uid(50), mandatory: ['type'], run: inventory },
];

/** A tradable pair of the venue. */
export interface Pair {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
}

/** All pairs of margin assets, cross and isolated alike. */
export function pairsOf(desk: Desk): Pair[] {
  const priced = new Set(desk.market.assets());
  const assets = Object.keys(desk.settings.assets).filter((asset) => priced.has(asset));
  const quotes = QUOTES.filter((quote) => assets.includes(quote));
  return quotes.flatMap((quote, index) => {
    const bases = assets.filter((base) => !quotes.slice(0, index + 1).includes(base));
    return bases.map((base) => ({ symbol: base + quote, base, quote }));
  });
}

function allAssets(call: Call): Json {
  const wanted = call.params.find('asset');
  if (wanted !== undefined) call.desk.facts(wanted);
  return Object.entries(call.desk.settings.assets).flatMap(([assetName, facts]) =>
    wanted !== undefined && wanted !== assetName
      ? []
      : [
          {
            assetFullName: facts.fullName,
            assetName,
            isBorrowable: facts.isBorrowable,
            isMortgageable: facts.isMortgageable,
            userMinBorrow: pad(facts.userMinBorrow),
            userMinRepay: pad(facts.userMinRepay),
          },
        ],
  );
}

function allPairs(call: Call): Json {
  const wanted = call.params.find('symbol');
  return pairsOf(call.desk).flatMap(({ symbol, base, quote }, index) =>
    wanted !== undefined && wanted !== symbol
      ? []
      : [
          {
            base,
            id: FIRST_PAIR_ID + BigInt(index),
            isBuyAllowed: true,
            isMarginTrade: true,
            isSellAllowed: true,
            quote,
            symbol,
          },
        ],
  );
}

function priceIndex(call: Call): Json {
  const symbol = call.params.text('symbol');
  const pair = pairsOf(call.desk).find((one) => one.symbol === symbol);
  if (pair === undefined) throw new WireError(-3042, 'PriceIndex not available for this margin pair.');
  const price = call.desk.priceOf(pair.base).div(call.desk.priceOf(pair.quote));
  return { calcTime: call.desk.now(), price: pad(price), symbol };
}

function collateralRatio(call: Call): Json {
  const groups = new Map<readonly CollateralBracket[], string[]>();
  for (const asset of Object.keys(call.desk.settings.assets)) {
    const brackets = call.desk.bracketsFor('')(asset);
    groups.set(brackets, [...(groups.get(brackets) ?? []), asset]);
  }
  return [...groups].map(([brackets, assetNames]) => ({
    collaterals: brackets.map(({ minUsdValue, maxUsdValue, discountRate }) => ({
      minUsdValue: trim(minUsdValue),
      maxUsdValue: maxUsdValue === undefined ? undefined : trim(maxUsdValue),
      discountRate: trim(discountRate),
    })),
    assetNames,
  }));
}

function crossMarginData(call: Call): Json {
  const coin = call.params.find('coin');
  const pairs = pairsOf(call.desk);
  return Object.entries(call.desk.settings.assets).flatMap(([asset, facts]) =>
    coin !== undefined && coin !== asset
      ? []
      : [
          {
            vipLevel: 0,
            coin: asset,
            transferIn: facts.isMortgageable,
            borrowable: facts.isBorrowable,
            dailyInterest: trim(facts.dailyRate),
            yearlyInterest: trim(facts.dailyRate.times(DAYS_PER_YEAR)),
            borrowLimit: trim(facts.borrowLimit),
            marginablePairs: pairs
              .filter((pair) => pair.base === asset || pair.quote === asset)
              .map((pair) => pair.symbol),
          },
        ],
  );
}

function nextHourlyRate(call: Call): Json {
  const assets = call.params.text('assets').split(',');
  call.params.flag('isIsolated');
  if (assets.length > 20) throw new WireError(-1130, "Data sent for parameter 'assets' is not valid.");
  return assets.map((asset) => ({
    asset,
    nextHourlyInterestRate: pad(hourOf(parse('1'), call.desk.facts(asset).dailyRate)),
  }));
}

/** `updateTime` is in seconds in the sample, in ms by the general rule (§5.8, §11). */
function inventory(call: Call): Json {
  call.params.oneOf('type', ['MARGIN', 'ISOLATED']);
  const assets = Object.fromEntries(
    Object.entries(call.desk.settings.assets).map(([asset, facts]) => [asset, trim(facts.inventory)]),
  );
  const now = call.desk.now();
  return { assets, updateTime: call.desk.settings.switches.inventoryTimes === 's' ? Math.floor(now / 1000) : now };
}
