/**
 * Whether the venue offers what the policy file names: coins to borrow, collateral to add, pairs, coins that are kept. A list
 * that could not be read proves nothing, so what it would say is not known.
 */
import type { AccountConfig, Config } from '../config/types.ts';
import { pathText } from '../config/tree.ts';
import type { Asset, LoanView, Product } from '../core/loan.ts';
import type { LoanRule } from '../core/policy.ts';
import { routeOf } from '../core/products.ts';
import type { Offers, ProductOffers } from '../exchanges/exchange.ts';

/** `fail`: the venue's list is whole and does not have it. `unknown`: nobody could say. */
export type OfferLevel = 'ok' | 'warn' | 'unknown' | 'fail';

export interface OfferFinding {
  /** Path of keys in the policy file. */
  readonly key: string;
  readonly level: OfferLevel;
  readonly says: string;
  readonly remedy: string;
}

/** Everything the account names, each key with each product once. @param loans that the account has now, in whatever state */
export function offerFindings(
  config: Config,
  account: AccountConfig,
  offers: Offers,
  loans: readonly LoanView[],
): readonly OfferFinding[] {
  const findings = [
    ...account.loans.flatMap((rule, index) => ruleFindings(account, rule, index, offers, loans)),
    ...account.loans.flatMap((rule) => ladderFindings(config, rule, offers)),
    ...account.wallets.flatMap(({ name, keep }) =>
      Object.keys(keep).map((asset) => keptFinding(['accounts', account.name, 'wallets', name, 'keep'], asset, offers)),
    ),
  ];
  return [...new Map(findings.map((finding) => [`${finding.key} ${finding.says}`, finding])).values()];
}

type Path = readonly (string | number)[];

function ruleFindings(
  account: AccountConfig,
  { product, match }: LoanRule,
  index: number,
  offers: Offers,
  loans: readonly LoanView[],
): readonly OfferFinding[] {
  const offered = offers.products.find((one) => one.product === product);
  const path = ['accounts', account.name, 'loans', index, 'match'];
  const mine = loans.filter((loan) => loan.product === product);
  const { borrow, collateral, symbol } = match;
  return [
    ...(borrow === undefined ? [] : [borrowFinding([...path, 'borrow'], borrow, product, offered, mine)]),
    ...(collateral === undefined
      ? []
      : [collateralFinding([...path, 'collateral'], collateral, product, offered, mine)]),
    ...(symbol === undefined ? [] : [pairFinding([...path, 'symbol'], symbol, product, offered, mine)]),
  ];
}

function ladderFindings(config: Config, { product, policy: name, match }: LoanRule, offers: Offers): OfferFinding[] {
  const offered = offers.products.find((one) => one.product === product);
  const pair = match['symbol'] === undefined ? null : offered?.pairs?.find(({ symbol }) => symbol === match['symbol']);
  return (config.policies[name]?.ladder ?? []).flatMap((rung, index) => {
    const path = ['policies', name, 'ladder', index];
    const can = rung.from.some((from) => routeOf(product, rung.do, from) !== null);
    if (!can || rung.with === 'debt') return [];
    return rung.with.flatMap((asset) => {
      // A rung that can never work for this rule is named by the file's own check, and skipped.
      if (pair !== null && pair !== undefined && pair.base !== asset && pair.quote !== asset) return [];
      if (product === 'binance.flexibleLoan' && (match['collateral'] ?? asset) !== asset) return [];
      return [
        rung.do === 'repay'
          ? borrowFinding(path, asset, product, offered, [])
          : collateralFinding(path, asset, product, offered, []),
      ];
    });
  });
}

function borrowFinding(
  path: Path,
  asset: Asset,
  product: Product,
  offered: ProductOffers | undefined,
  loans: readonly LoanView[],
): OfferFinding {
  const list = offered?.borrowable ?? null;
  if (list === null) return unknown(path, `whether ${product} lends ${asset}`);
  if (list.includes(asset)) return ok(path, `${product} lends ${asset}`);
  const says = `${product} does not lend ${asset}`;
  const owed = loans.some(({ debts }) => debts.some((debt) => debt.asset === asset));
  return owed ? stays(path, says) : fail(path, says, `lent are ${some(list)}; correct the coin, or remove the rule`);
}

function collateralFinding(
  path: Path,
  asset: Asset,
  product: Product,
  offered: ProductOffers | undefined,
  loans: readonly LoanView[],
): OfferFinding {
  const list = offered?.collateral ?? null;
  if (list?.includes(asset) === true) return ok(path, `${product} takes ${asset} as collateral`);
  if (offered?.likelyCollateral.includes(asset) === true) {
    return {
      key: pathText(path),
      level: 'warn',
      says: `${product} probably takes ${asset} as collateral: only a public list of the venue says so`,
      remedy: 'try a small amount by hand before you rely on it',
    };
  }
  if (list === null) return unknown(path, `whether ${product} takes ${asset} as collateral`);
  const says = `${product} does not take ${asset} as collateral`;
  const held = loans.some(({ collateral }) => collateral.some((coin) => coin.asset === asset));
  return held ? stays(path, says) : fail(path, says, `taken are ${some(list)}; name one of these, or remove the key`);
}

function pairFinding(
  path: Path,
  symbol: string,
  product: Product,
  offered: ProductOffers | undefined,
  loans: readonly LoanView[],
): OfferFinding {
  const pairs = offered?.pairs ?? null;
  if (pairs === null) return unknown(path, `whether ${product} has the pair ${symbol}`);
  if (pairs.some((pair) => pair.symbol === symbol)) return ok(path, `${product} has the pair ${symbol}`);
  const says = `${product} has no pair ${symbol}`;
  if (loans.some(({ key }) => key === symbol)) return stays(path, says);
  return fail(path, says, `there are ${some(pairs.map((pair) => pair.symbol))}; correct the pair, or remove the rule`);
}

/** Keeping a coin is harmless: at worst it is a name that means nothing here. */
function keptFinding(path: Path, asset: Asset, { products }: Offers): OfferFinding {
  const uses = products.flatMap(({ borrowable, collateral, likelyCollateral }) => [
    ...(borrowable ?? []),
    ...(collateral ?? []),
    ...likelyCollateral,
  ]);
  if (uses.includes(asset)) return ok(path, `${asset} can be lent or pledged here`);
  if (products.some(({ borrowable, collateral }) => borrowable === null || collateral === null))
    return unknown(path, `whether ${asset} can be lent or pledged here`);
  return {
    key: pathText(path),
    level: 'warn',
    says: `no product of this account lends or takes ${asset}`,
    remedy: 'nothing would spend it anyway; check the name of the coin',
  };
}

function ok(path: Path, says: string): OfferFinding {
  return { key: pathText(path), level: 'ok', says, remedy: '' };
}

function fail(path: Path, says: string, remedy: string): OfferFinding {
  return { key: pathText(path), level: 'fail', says, remedy };
}

function unknown(path: Path, what: string): OfferFinding {
  return { key: pathText(path), level: 'unknown', says: `could not be checked: ${what}`, remedy: 'check again later' };
}

/** A venue may stop lending a coin while loans in it go on. */
function stays(path: Path, says: string): OfferFinding {
  const remedy = 'a loan of this account has it all the same and is watched; new ones are not possible';
  return { key: pathText(path), level: 'warn', says: `${says} any more`, remedy };
}

const SHOWN = 12;

function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.length === 0 ? 'none' : names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${String(rest)} more` : '');
}
