/**
 * The least that anyone could have moved, knowing the whole price path beforehand (fixtures X23, X24): what benches and
 * replays measure the engine against. Without releases money is a ratchet, so all of it may be placed at the start and only
 * the worst visited moment binds.
 */
import { type Dec, ZERO, max, min } from '../../src/core/money.ts';

export interface Path {
  /** Debt and collateral, coins; the debt coin is worth one USD. */
  readonly debt: Dec;
  readonly coins: Dec;
  readonly weight: Dec;
  /** LTV that must never be exceeded. */
  readonly level: Dec;
  /** USD per collateral coin at every visited moment, the first one being now. */
  readonly path: readonly Dec[];
}

/** Least repayment, USD: max(D − a·w·q·P). */
export function clairvoyantRepay({ debt, coins, weight, level, path }: Path): Dec {
  return max(ZERO, ...path.map((price) => debt.minus(level.times(weight).times(coins).times(price))));
}

/** Least addition, coins: max(D/(a·w·P) − q). */
export function clairvoyantAdd({ debt, coins, weight, level, path }: Path): Dec {
  return max(ZERO, ...path.map((price) => debt.div(level.times(weight).times(price)).minus(coins)));
}

export interface Mixed {
  readonly repayUsd: Dec;
  readonly addCoins: Dec;
  /** Both at the first price. */
  readonly costUsd: Dec;
}

/**
 * Least cost with both remedies limited. Relief per USD at the binding moment is 1 for repaying and a·w·P_min/P_0 for adding,
 * which is less wherever prices fell: repay to its limit first, then add.
 * @returns `null` when the limits do not suffice
 */
export function clairvoyantMixed(ask: Path, limits: { readonly repayUsd: Dec; readonly addCoins: Dec }): Mixed | null {
  const [first = ZERO] = ask.path;
  const lowest = min(first, ...ask.path);
  const gain = ask.level.times(ask.weight).times(lowest).div(first);
  const repayFirst = gain.lte(1);
  const repayUsd = repayFirst ? min(limits.repayUsd, clairvoyantRepay(ask)) : repayAfterAdding(ask, limits);
  const addCoins = clairvoyantAdd({ ...ask, debt: ask.debt.minus(repayUsd) });
  if (repayUsd.gt(limits.repayUsd) || addCoins.gt(limits.addCoins)) return null;
  return { repayUsd, addCoins, costUsd: repayUsd.plus(addCoins.times(first)) };
}

function repayAfterAdding(ask: Path, limits: { readonly addCoins: Dec }): Dec {
  return clairvoyantRepay({ ...ask, coins: ask.coins.plus(min(limits.addCoins, clairvoyantAdd(ask))) });
}
