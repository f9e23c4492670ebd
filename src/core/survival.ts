/**
 * How far prices may move before the venue liquidates (DESIGN §5.3): per factor, for all risky coins together, and for each
 * wrapper and each stable coin against what it should be worth.
 *
 * With C_f and D_f the parts of C and D that move with a factor, a fall by the share x leaves (D − x·D_f) / (C − x·C_f);
 * it meets the line at x* = (line·C − D) / (line·C_f − D_f). 0 < x* < 1 is the fall that kills, x* < 0 the rise by |x*|.
 */
import type { Asset, LoanView } from './loan.ts';
import type { AssetGroup } from './policy.ts';
import { type Dec, ONE, ZERO, sum } from './money.ts';

export type Groups = Readonly<Record<Asset, AssetGroup>>;

/** Parts of C and D, USD, that move together. */
export interface Exposure {
  readonly C: Dec;
  readonly D: Dec;
}

/** One coin of a loan with its parts of C and D. */
export interface CoinExposure extends Exposure {
  readonly asset: Asset;
}

export type Scenario =
  | { readonly kind: 'factor'; readonly asset: Asset }
  | { readonly kind: 'all' }
  | { readonly kind: 'basis'; readonly asset: Asset; readonly against: Asset };

export interface Survival {
  readonly scenario: Scenario;
  /** Signed x*; `null` when the scenario moves neither side. */
  readonly x: Dec | null;
  /** Whether a fall or a rise of the scenario kills, or no move of it alone does. */
  readonly kills: 'fall' | 'rise' | 'never';
  /** The move that kills, as a share: 0.37 is a fall (or rise) by 37 %; `null` when none does. Zero at or past the line. */
  readonly move: Dec | null;
}

/** x* of an exposure; `null` when line·C_f = D_f, so that the LTV does not move towards the line at all. */
export function survives(total: Exposure, moving: Exposure, line: Dec): Dec | null {
  const slope = line.times(moving.C).minus(moving.D);
  return slope.isZero() ? null : line.times(total.C).minus(total.D).div(slope);
}

/**
 * Every coin's part of C and D. Weights of coins that are spread over tiers are known at the margin only, so the parts are
 * scaled to add up to the venue's C; with one collateral coin they are exact.
 */
export function coinExposures(loan: LoanView): readonly CoinExposure[] {
  const held = loan.collateral.map((coin) => coin.amount.times(coin.price).times(coin.weight));
  const total = sum(held);
  const scale = total.isZero() || total.eq(loan.collateralValue) ? null : loan.collateralValue.div(total);
  const parts = new Map<Asset, CoinExposure>();
  const add = (asset: Asset, C: Dec, D: Dec): void => {
    const known = parts.get(asset);
    parts.set(asset, { asset, C: C.plus(known?.C ?? ZERO), D: D.plus(known?.D ?? ZERO) });
  };
  loan.collateral.forEach((coin, index) => {
    const part = held[index] ?? ZERO;
    add(coin.asset, scale === null ? part : part.times(scale), ZERO);
  });
  for (const debt of loan.debts) add(debt.asset, ZERO, debt.amount.times(debt.price));
  return [...parts.values()];
}

/** The coin whose price moves an asset: what it wraps, or itself; `null` for a stable coin. */
export function factorOf(asset: Asset, groups: Groups): Asset | null {
  const group = groups[asset];
  if (group === undefined) return asset;
  if (group.stable !== null) return null;
  return group.wraps ?? asset;
}

/** The parts of a loan that move with one factor. */
export function exposureTo(coins: readonly CoinExposure[], moves: (asset: Asset) => boolean): Exposure {
  const moving = coins.filter((coin) => moves(coin.asset));
  return { C: sum(moving.map((coin) => coin.C)), D: sum(moving.map((coin) => coin.D)) };
}

/** Factors of a loan, in the order of its coins. */
export function factorsOf(coins: readonly CoinExposure[], groups: Groups): readonly Asset[] {
  const factors = coins.map((coin) => factorOf(coin.asset, groups));
  return [...new Set(factors.filter((factor) => factor !== null))];
}

/** Which assets a scenario moves. */
export function movedBy(scenario: Scenario, groups: Groups): (asset: Asset) => boolean {
  switch (scenario.kind) {
    case 'factor':
      return (asset) => factorOf(asset, groups) === scenario.asset;
    case 'all':
      return (asset) => factorOf(asset, groups) !== null;
    case 'basis':
      return (asset) => asset === scenario.asset;
  }
}

/** Every scenario of a loan, the one that kills with the smallest move first. Its own prices alone: no money moves. */
export function survivals(loan: LoanView, groups: Groups): readonly Survival[] {
  return scenariosOf(coinExposures(loan), { C: loan.collateralValue, D: loan.debtValue }, loan.line, groups);
}

function scenariosOf(coins: readonly CoinExposure[], total: Exposure, line: Dec, groups: Groups): readonly Survival[] {
  const judged = (scenario: Scenario): Survival =>
    judge(scenario, total, exposureTo(coins, movedBy(scenario, groups)), line);
  const factors = factorsOf(coins, groups);
  const basis = [...new Set(coins.map((coin) => coin.asset))].flatMap((asset): Survival[] => {
    const against = groups[asset]?.wraps ?? groups[asset]?.stable ?? null;
    return against === null ? [] : [judged({ kind: 'basis', asset, against })];
  });
  const all = [
    ...factors.map((asset) => judged({ kind: 'factor', asset })),
    ...(factors.length > 1 ? [judged({ kind: 'all' })] : []),
    ...basis,
  ];
  return all.sort(byMove);
}

function judge(scenario: Scenario, total: Exposure, moving: Exposure, line: Dec): Survival {
  const x = survives(total, moving, line);
  const risesKill = moving.D.gt(line.times(moving.C));
  // Past the line x* is where the loan came from.
  if (line.times(total.C).lte(total.D)) return { scenario, x, kills: risesKill ? 'rise' : 'fall', move: ZERO };
  if (x === null || x.gte(ONE)) return { scenario, x, kills: 'never', move: null };
  return { scenario, x, kills: risesKill ? 'rise' : 'fall', move: x.abs() };
}

/** Smallest move first; those that never kill last. */
function byMove(a: Survival, b: Survival): number {
  if (a.move === null || b.move === null) return Number(a.move === null) - Number(b.move === null);
  return a.move.cmp(b.move);
}
