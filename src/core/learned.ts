/**
 * What refusals taught: minima and precisions that no endpoint lists (DESIGN §5.2 "Unknown minima"). Pure; the journal
 * remembers it, `jobs/learning.ts` says what a refusal teaches.
 */
import type { Asset, Product } from './loan.ts';
import { type Dec, max, parse } from './money.ts';

/**
 * `minRepay`: smallest repayment; `minLeft`: smallest debt that may stay; `minAdd`: smallest addition in one call;
 * `minTransfer`: smallest transfer into the loan's own account.
 */
export const MINIMA = ['minRepay', 'minLeft', 'minAdd', 'minTransfer'] as const;
export type Minimum = (typeof MINIMA)[number];

/** Minima are coins as text, by product and asset ({@link learnedKey}): one coin may have another minimum in each product. */
export type Learned = Readonly<Record<Minimum, Readonly<Record<string, string>>>> & {
  /** Decimals of an asset's amounts that are not known to be refused; an asset in here carries no fingerprint tail. */
  readonly decimals: Readonly<Record<Asset, number>>;
};

export const NOTHING_LEARNED: Learned = { minRepay: {}, minLeft: {}, minAdd: {}, minTransfer: {}, decimals: {} };

export function learnedKey(product: Product, asset: Asset): string {
  return `${product}/${asset}`;
}

/** A minimum, coins: the larger of what the venue states and what it taught; `null` when neither is known. */
export function minimumOf(
  learned: Learned,
  kind: Minimum,
  coin: { readonly product: Product; readonly asset: Asset },
  stated: Dec | null,
): Dec | null {
  const text = learned[kind][learnedKey(coin.product, coin.asset)];
  if (text === undefined) return stated;
  return stated === null ? parse(text) : max(stated, parse(text));
}
