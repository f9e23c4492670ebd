/**
 * What OKX lends and takes as collateral (okx.md §3.6, §4.5, §6). What a flexible loan takes is stated nowhere:
 * `collateral-assets` lists coins of this account only, and whether the public discount brackets are the loans' is open
 * (§3.2), so they are told apart.
 */
import type { Asset, Product } from '../../core/loan.ts';
import { ZERO } from '../../core/money.ts';
import type { ProductOffers } from '../exchange.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Discounts, OkxMarket } from './market.ts';
import type { Asking } from './terms.ts';
import { borrowCurrencyRow, collateralAssetsRow, interestLimitsRow } from './termsWire.ts';
import { readOne, readRows } from './wire.ts';

const EMPTY = { likelyCollateral: [], pairs: null, minBorrow: {}, minRepay: {}, loanUsd: {} } as const;

export async function offersOf(
  products: readonly Product[],
  market: OkxMarket,
  asking: Asking,
): Promise<readonly ProductOffers[]> {
  const discounts = await asking.gaps.attempt('okx discount brackets', () => market.discounts());
  const counting = discounts === null ? null : countingCoins(discounts);
  return Promise.all(
    products.map((product) =>
      product === 'okx.spotBorrow' ? spotOffers(counting, asking) : flexibleOffers(counting, asking),
    ),
  );
}

/** Coins that count for something in the first bracket, and are not closed for new collateral. */
function countingCoins(discounts: Discounts): Asset[] {
  const open = [...discounts.values()].filter(
    ({ brackets, colRes }) => colRes !== '2' && brackets[0]?.rate.gt(ZERO) === true,
  );
  return open.map(({ ccy }) => ccy);
}

async function flexibleOffers(
  counting: readonly Asset[] | null,
  { client, gaps, signal }: Asking,
): Promise<ProductOffers> {
  const [borrowable, held] = await Promise.all([
    gaps.attempt('okx.flexibleLoan borrow currencies', async () =>
      readRows('borrow-currencies', borrowCurrencyRow, await client.read(ENDPOINTS.borrowCurrencies, {}, signal)),
    ),
    gaps.attempt('okx.flexibleLoan collateral assets', async () => {
      const rows = readRows(
        'collateral-assets',
        collateralAssetsRow,
        await client.read(ENDPOINTS.collateralAssets, {}, signal),
      );
      return [...new Set(rows.flat())];
    }),
  ]);
  const likelyCollateral = (counting ?? []).filter((asset) => held?.includes(asset) !== true);
  return { ...EMPTY, product: 'okx.flexibleLoan', borrowable, collateral: held, likelyCollateral };
}

/** In spot mode equity counts by the public brackets, so they say what is collateral (§4.7). */
async function spotOffers(counting: readonly Asset[] | null, { client, gaps, signal }: Asking): Promise<ProductOffers> {
  const limits = await gaps.attempt('okx.spotBorrow limits', async () =>
    readOne('account/interest-limits', interestLimitsRow, await client.read(ENDPOINTS.interestLimits, {}, signal)),
  );
  const lent = limits?.records.filter(({ quota }) => quota === null || quota.gt(ZERO)).map(({ ccy }) => ccy) ?? null;
  return { ...EMPTY, product: 'okx.spotBorrow', borrowable: lent, collateral: counting };
}
