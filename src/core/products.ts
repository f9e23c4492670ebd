/**
 * What each loan product allows, as one table: where money comes from and which calls a remedy is made of.
 * Configuration reads it to refuse ladders that can never work; the ladder reads it to build legs (DESIGN §5.4, §6).
 */
import type { Leg, Verb } from './intent.ts';
import type { Product, VenueName, WalletName } from './loan.ts';
import type { Rung, RungSource } from './policy.ts';

/**
 * How a venue's record of this call is recognised later: by a client id we chose, or by the amount itself (DESIGN §6).
 * `unlistedId`: the call takes a client id, its record shows none, so the amount has to tell.
 */
export type Identified = 'clientId' | 'amount' | 'unlistedId';

/** One call of a route. */
export interface Step {
  readonly verb: Verb;
  readonly from: Leg['from'];
  readonly to: Leg['to'];
  readonly identified: Identified;
}

export interface ProductFacts {
  readonly venue: VenueName;
  /** The wallet that `from: wallet` means. */
  readonly wallet: WalletName;
  /** The loan's own account, under the name its `keep` rule uses; `null` when the product has no inside. */
  readonly inside: WalletName | null;
  /** Which coins may be added: any the venue lists, the pair's two, or the collateral coin only. */
  readonly addable: 'listed' | 'pair' | 'collateral';
  /**
   * Weight at which an inside repayment takes its coins out of C: `one` where the venue nets coin and debt so that the
   * equity stays (OKX spot, fixture X14), else the coin's own weight.
   */
  readonly insideCounts: 'one' | 'weight';
  readonly repay: Readonly<Partial<Record<'inside' | 'wallet', readonly Step[]>>>;
  readonly add: Readonly<Partial<Record<'inside' | 'wallet', readonly Step[]>>>;
  readonly release: readonly Step[];
}

function step(verb: Verb, from: Leg['from'], to: Leg['to'], identified: Identified): Step {
  return { verb, from, to, identified };
}

/** Binance margin: nothing takes a client id, so every amount is its own mark. */
function binanceMargin(inside: WalletName, addable: ProductFacts['addable']): ProductFacts {
  const transferIn = step('transferIn', 'spot', 'inside', 'amount');
  const repay = step('repay', 'inside', 'loan', 'amount');
  return {
    venue: 'binance',
    wallet: 'spot',
    inside,
    addable,
    insideCounts: 'weight',
    repay: { inside: [repay], wallet: [transferIn, repay] },
    add: { wallet: [transferIn] },
    release: [step('transferOut', 'inside', 'spot', 'amount')],
  };
}

export const PRODUCT_FACTS: Readonly<Record<Product, ProductFacts>> = {
  'binance.crossMargin': binanceMargin('crossInside', 'listed'),
  'binance.isolatedMargin': binanceMargin('isolatedInside', 'pair'),
  'binance.flexibleLoan': {
    venue: 'binance',
    wallet: 'spot',
    inside: null,
    addable: 'collateral',
    insideCounts: 'weight',
    repay: { wallet: [step('repay', 'spot', 'loan', 'amount')] },
    add: { wallet: [step('add', 'spot', 'loan', 'amount')] },
    release: [step('reduce', 'loan', 'spot', 'amount')],
  },
  'okx.flexibleLoan': {
    venue: 'okx',
    wallet: 'funding',
    inside: null,
    addable: 'listed',
    insideCounts: 'weight',
    // clOrdId keeps a call from being taken twice for 60 s; neither loan-history nor asset/bills shows it (okx.md §3.5, §3.7)
    repay: { wallet: [step('repay', 'funding', 'loan', 'unlistedId')] },
    // adjust-collateral takes no client id (okx.md §3.4)
    add: { wallet: [step('add', 'funding', 'loan', 'amount')] },
    release: [step('reduce', 'loan', 'funding', 'amount')],
  },
  'okx.spotBorrow': {
    venue: 'okx',
    wallet: 'funding',
    inside: 'trading',
    addable: 'listed',
    insideCounts: 'one',
    // manual repay takes no client id (okx.md §4.2); transfers do
    repay: {
      inside: [step('repay', 'inside', 'loan', 'amount')],
      wallet: [step('transferIn', 'funding', 'inside', 'clientId'), step('repay', 'inside', 'loan', 'amount')],
    },
    add: { wallet: [step('transferIn', 'funding', 'inside', 'clientId')] },
    release: [step('transferOut', 'inside', 'funding', 'clientId')],
  },
};

export type Legality = { readonly ok: true } | { readonly ok: false; readonly why: string; readonly remedy: string };

/** The calls of a remedy, first call first; `null` when the product has no such remedy. */
export function routeOf(product: Product, action: Rung['do'], from: RungSource): readonly Step[] | null {
  if (action === 'sell' || from === 'treasury') return null;
  return PRODUCT_FACTS[product][action][from] ?? null;
}

/** Whether a rung can ever work for a product. A refusal says why and what to write instead. */
export function legalRung(product: Product, action: Rung['do'], from: RungSource): Legality {
  if (action === 'sell') {
    return no(
      'selling collateral is an opt-in remedy that this server does not offer',
      'remove the rung; repay or add instead',
    );
  }
  if (from === 'treasury') {
    return no(
      'money of a treasury account is not within reach of this account',
      `fund the ${PRODUCT_FACTS[product].wallet} wallet and write from: wallet`,
    );
  }
  if (routeOf(product, action, from) !== null) return { ok: true };
  if (action === 'add') {
    return no('what is inside the loan already counts as its collateral', 'write from: wallet');
  }
  return no(`${product} has no inside to repay from`, `write from: wallet (${PRODUCT_FACTS[product].wallet})`);
}

function no(why: string, remedy: string): Legality {
  return { ok: false, why, remedy };
}
