/**
 * What the safety costs (docs/costs.md). The buffer is the value that the policy keeps beside the debt although it could be
 * debt no more: coins above what is kept in wallets that a ladder may use, and collateral beyond what the loan needs to
 * stand at `act`. Used to repay instead, it would save interest; what it would save in a month is what the buffer costs.
 */
import type { Asset, LoanId, LoanView, WalletName } from './loan.ts';
import type { WalletRule, Policy } from './policy.ts';
import { PRODUCT_FACTS, routeOf } from './products.ts';
import { type Dec, ZERO, max, min, sum } from './money.ts';

const MONTHS = 12;

/** One loan of the account with its act level and what its debt costs. */
export interface Bearing {
  readonly loan: LoanView;
  readonly policy: Policy;
  /** LTV at which money moves. */
  readonly act: Dec;
  /** Share of the debt per year; `null` when nobody says. */
  readonly ratePerYear: Dec | null;
}

export interface LoanBuffer {
  readonly loan: LoanId;
  /** USD, weighted as the venue counts it: C − D/act, never below zero. */
  readonly collateralUsd: Dec;
  /** USD per month, of this collateral; `null` without a rate. */
  readonly costPerMonth: Dec | null;
}

export interface AccountBuffer {
  readonly loans: readonly LoanBuffer[];
  /** USD of permitted coins above what is kept, and what repaying the dearest debts with them would save per month. */
  readonly idleUsd: Dec;
  readonly idleCostPerMonth: Dec;
  /** Coins without a price, and loans without a rate: their part is missing. */
  readonly missing: readonly string[];
  /** USD per month of all of it that is known. */
  readonly costPerMonth: Dec;
}

export interface BufferInput {
  readonly bearings: readonly Bearing[];
  readonly free: Readonly<Record<WalletName, Readonly<Record<Asset, Dec>>>>;
  readonly wallets: readonly WalletRule[];
  readonly priceOf: (asset: Asset) => Dec | null;
}

export function bufferOf(input: BufferInput): AccountBuffer {
  const loans = input.bearings.map(loanBuffer);
  const idle = idleCoins(input);
  const priced = idle.map(({ asset, coins }) => ({ asset, usd: input.priceOf(asset)?.times(coins) ?? null }));
  const idleUsd = sum(priced.flatMap(({ usd }) => usd ?? []));
  const idleCostPerMonth = saved(input.bearings, loans, idleUsd);
  return {
    loans,
    idleUsd,
    idleCostPerMonth,
    missing: [
      ...priced.filter(({ usd }) => usd === null).map(({ asset }) => `the price of ${asset}`),
      ...loans.filter(({ costPerMonth }) => costPerMonth === null).map(({ loan }) => `the rate of ${loan}`),
    ],
    costPerMonth: idleCostPerMonth.plus(sum(loans.flatMap(({ costPerMonth }) => costPerMonth ?? []))),
  };
}

function loanBuffer({ loan, act, ratePerYear }: Bearing): LoanBuffer {
  const collateralUsd = max(ZERO, loan.collateralValue.minus(loan.debtValue.div(act)));
  const repayable = min(collateralUsd, loan.debtValue);
  return {
    loan: loan.id,
    collateralUsd,
    costPerMonth: ratePerYear === null ? null : repayable.times(ratePerYear).div(MONTHS),
  };
}

/** Idle money would repay the dearest debts first, as far as the loan's own collateral would not have done so already. */
function saved(bearings: readonly Bearing[], loans: readonly LoanBuffer[], idleUsd: Dec): Dec {
  const debts = bearings.flatMap(({ loan, ratePerYear }, index) => {
    const left = max(ZERO, loan.debtValue.minus(loans[index]?.collateralUsd ?? ZERO));
    return ratePerYear === null ? [] : [{ left, ratePerYear }];
  });
  let money = idleUsd;
  let total = ZERO;
  for (const { left, ratePerYear } of debts.sort((a, b) => b.ratePerYear.cmp(a.ratePerYear))) {
    const paid = min(money, left);
    total = total.plus(paid.times(ratePerYear).div(MONTHS));
    money = money.minus(paid);
  }
  return total;
}

/** Coins above what is kept, of wallets and coins that a rung of one of the loans may take. */
function idleCoins({
  bearings,
  free,
  wallets,
}: BufferInput): readonly { readonly asset: Asset; readonly coins: Dec }[] {
  const usable = new Set<string>();
  for (const { loan, policy } of bearings) {
    const { wallet } = PRODUCT_FACTS[loan.product];
    for (const rung of policy.ladder) {
      if (!rung.from.includes('wallet') || routeOf(loan.product, rung.do, 'wallet') === null) continue;
      const coins = rung.with === 'debt' ? loan.debts.map(({ asset }) => asset) : rung.with;
      for (const asset of coins) usable.add(`${wallet}/${asset}`);
    }
  }
  return wallets.flatMap(({ name, keep }) =>
    Object.entries(free[name] ?? {}).flatMap(([asset, held]) => {
      const coins = max(ZERO, held.minus(keep[asset] ?? ZERO));
      return coins.isZero() || !usable.has(`${name}/${asset}`) ? [] : [{ asset, coins }];
    }),
  );
}
