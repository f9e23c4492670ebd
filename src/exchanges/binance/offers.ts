/** What Binance lends and takes as collateral, per product (binance.md §5.8, §7.1). */
import type { Asset, Product } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import type { ProductOffers } from '../exchange.ts';
import type { Gaps } from '../gather.ts';
import { Reader } from '../parse.ts';
import type { BinanceClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { AssetRule, AssetRules } from './hostShared.ts';
import { readRules } from './rules.ts';

interface Asking {
  readonly client: BinanceClient;
  readonly gaps: Gaps;
  readonly signal: AbortSignal;
}

export async function offersOf(products: readonly Product[], asking: Asking): Promise<readonly ProductOffers[]> {
  const margin = products.some((product) => product !== 'binance.flexibleLoan');
  const rules = margin
    ? asking.gaps.attempt('binance margin assets', () => readRules(asking.client))
    : Promise.resolve(null);
  return Promise.all(
    products.map(async (product) => {
      if (product === 'binance.flexibleLoan') return flexibleOffers(asking);
      return product === 'binance.isolatedMargin' ? isolatedOffers(await rules, asking) : crossOffers(await rules);
    }),
  );
}

const EMPTY = { likelyCollateral: [], pairs: null, minBorrow: {}, minRepay: {}, loanUsd: {} } as const;

function crossOffers(rules: AssetRules | null): ProductOffers {
  return {
    ...EMPTY,
    product: 'binance.crossMargin',
    borrowable: namesOf(rules, ({ borrowable }) => borrowable),
    collateral: namesOf(rules, ({ mortgageable }) => mortgageable),
    ...minimaOf(rules),
  };
}

function namesOf(rules: AssetRules | null, wanted: (rule: AssetRule) => boolean): Asset[] | null {
  return rules === null ? null : [...rules].filter(([, rule]) => wanted(rule)).map(([asset]) => asset);
}

function minimaOf(rules: AssetRules | null): Pick<ProductOffers, 'minBorrow' | 'minRepay'> {
  const minBorrow: Record<Asset, Dec> = {};
  const minRepay: Record<Asset, Dec> = {};
  for (const [asset, rule] of rules ?? []) {
    minRepay[asset] = rule.minRepay;
    if (rule.minBorrow !== null) minBorrow[asset] = rule.minBorrow;
  }
  return { minBorrow, minRepay };
}

/** Both coins of a listed pair are its collateral; what of them is lent is the same switch as for cross. */
async function isolatedOffers(rules: AssetRules | null, { client, gaps, signal }: Asking): Promise<ProductOffers> {
  const pairs = await gaps.attempt('binance.isolatedMargin pairs', async () => {
    const json = await client.read(ENDPOINTS.isolatedPairs, {}, { signal });
    return Reader.list(json, 'margin/isolated/allPairs')
      .filter((row) => row.flagOrNull('isMarginTrade') !== false)
      .map((row) => ({ symbol: row.text('symbol'), base: row.text('base'), quote: row.text('quote') }));
  });
  const coins = pairs === null ? null : [...new Set(pairs.flatMap(({ base, quote }) => [base, quote]))];
  return {
    ...EMPTY,
    product: 'binance.isolatedMargin',
    borrowable:
      rules === null || coins === null ? null : coins.filter((asset) => rules.get(asset)?.borrowable === true),
    collateral: coins,
    pairs,
    ...minimaOf(rules),
  };
}

async function flexibleOffers({ client, gaps, signal }: Asking): Promise<ProductOffers> {
  const [lent, taken] = await Promise.all([
    gaps.attempt('binance.flexibleLoan loan coins', async () => {
      const json = await client.read(ENDPOINTS.flexibleLoanable, {}, { signal });
      const rows = Reader.of(json, 'flexible/loanable/data').list('rows');
      return rows.map((row) => ({
        asset: row.text('loanCoin'),
        least: row.amount('flexibleMinLimit'),
        most: row.amount('flexibleMaxLimit'),
      }));
    }),
    gaps.attempt('binance.flexibleLoan collateral coins', async () => {
      const json = await client.read(ENDPOINTS.flexibleCollateral, {}, { signal });
      return Reader.of(json, 'flexible/collateral/data')
        .list('rows')
        .map((row) => row.text('collateralCoin'));
    }),
  ]);
  return {
    ...EMPTY,
    product: 'binance.flexibleLoan',
    borrowable: lent?.map(({ asset }) => asset) ?? null,
    collateral: taken,
    loanUsd: Object.fromEntries((lent ?? []).map(({ asset, least, most }) => [asset, { least, most }])),
  };
}
