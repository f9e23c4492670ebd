/**
 * From the amount a formula wants to the amount a call may carry: rounding, the venue's minima and dust rules, money and
 * limits (DESIGN §5.2, §5.6). Every step is kept, so that a sizing can be shown and computed again (sizingRecord.ts).
 */
import type { WeightTier } from './loan.ts';
import { CRUMB } from './sizing.ts';
import { Dec, ZERO, ceil, floor, max, min } from './money.ts';

/** No crumb is what makes up this share of what is wanted: a small loan is saved with small money. */
const WORTHWHILE: Dec = new Dec('0.1');

/** Whether an amount that a bound cut is not worth a call. What reaches the aim or clears the debt always is. */
export function isCrumb({ cut, sized }: Fit, price: Dec): boolean {
  return cut !== null && sized.amount.times(price).lt(CRUMB) && sized.amount.lt(sized.unbounded.times(WORTHWHILE));
}

export type Formula = 'repayOutside' | 'repayInside' | 'addCollateral' | 'releaseCollateral';

/** An upper bound in coins: its name in the record, and whether money or a limit stands behind it. */
export interface Bound {
  readonly name: string;
  readonly coins: Dec;
  readonly cause: 'money' | 'limit';
}

/** An amount with the way it came about. Inputs hold everything that formula and bounds were computed from. */
export interface Sized {
  readonly formula: Formula;
  readonly inputs: Readonly<Record<string, Dec>>;
  readonly tiers: readonly WeightTier[] | null;
  readonly unbounded: Dec;
  readonly bounds: readonly { readonly by: string; readonly to: Dec }[];
  readonly amount: Dec;
}

export interface Fit {
  readonly ok: true;
  readonly sized: Sized;
  /** The whole debt is paid. */
  readonly full: boolean;
  /** The bound that keeps the amount below what the formula wants; `null` when nothing does. */
  readonly cut: Bound | null;
  /** Dust kept the amount below what the formula wants. */
  readonly leftDust: boolean;
  /** Where marking may move the amount: up to reach a level, down where a bound was the reason. */
  readonly direction: 'up' | 'down';
  /** Most and least that the amount may become when its last decimals are marked, coins. */
  readonly most: Dec;
  readonly least: Dec;
  /** What money and limits alone would allow, coins. */
  readonly sources: Dec;
}

export interface Misfit {
  readonly ok: false;
  readonly why: string;
  readonly cause: 'money' | 'limit' | 'venue';
  /** The venue lets no smaller debt stand; clearing it all might go. */
  readonly dust?: true;
}

/** What a formula wants, in coins, with its inputs. */
export interface Wanted {
  readonly formula: Formula;
  readonly inputs: Readonly<Record<string, Dec>>;
  readonly tiers: readonly WeightTier[] | null;
  readonly unbounded: Dec;
}

export interface RepayRules {
  readonly debt: Dec;
  readonly decimals: number;
  readonly minRepay: Dec | null;
  readonly minLeft: Dec | null;
  /** What to do when less than `minLeft` would be left (Policy.dust). */
  readonly dust: 'leave' | 'clear';
  /** Coins that a transfer brought for this repayment; `null` when none did. */
  readonly begun: Dec | null;
}

/** Of what a transfer brought, less than this share is not left lying: both legs then carry the same amount (X01, X06). */
const LEFT_LYING: Dec = new Dec('0.0001');

/** Collects the steps from the wanted amount to the final one. */
class Trail {
  readonly bounds: { readonly by: string; readonly to: Dec }[] = [];
  readonly inputs: Record<string, Dec>;
  readonly wanted: Wanted;
  value: Dec;

  constructor(wanted: Wanted, decimals: number) {
    this.wanted = wanted;
    this.inputs = { ...wanted.inputs, decimals: new Dec(decimals) };
    this.value = wanted.unbounded;
  }

  /** Notes a step; one that changes nothing leaves no trace, its inputs neither. */
  step(by: string, to: Dec, inputs: Readonly<Record<string, Dec>> = {}): void {
    if (to.eq(this.value)) return;
    Object.assign(this.inputs, inputs);
    this.bounds.push({ by, to });
    this.value = to;
  }

  sized(): Sized {
    const { formula, tiers, unbounded } = this.wanted;
    return { formula, tiers, unbounded, inputs: this.inputs, bounds: this.bounds, amount: this.value };
  }
}

/** A repayment: X09a (dust), X19 (minimum), full repayment, balances and caps. */
export function fitRepay(wanted: Wanted, rules: RepayRules, bounds: readonly Bound[]): Fit | Misfit {
  const { decimals } = rules;
  const payable = floor(rules.debt, decimals);
  const trail = new Trail(wanted, decimals);
  trail.step('roundUp', ceil(wanted.unbounded, decimals));
  raiseTo(trail, 'minRepay', rules.minRepay, decimals);
  const enough = trail.value;
  useWhole(trail, rules, payable);
  trail.step('atMost debt', min(trail.value, payable), { debt: rules.debt });
  const cut = lower(trail, bounds, decimals);
  const leftDust = respectDust(trail, rules, payable, bounds);
  const full = trail.value.eq(payable);
  const sources = lowest(bounds, decimals) ?? payable;
  const least = rules.minRepay ?? ZERO;
  const more = trail.value.gt(enough);
  if (trail.value.lte(ZERO) || (!full && trail.value.lt(least)))
    return leftDust ? dustStays(rules, payable, bounds) : tooSmall(trail, cut, rules.minRepay, 'repayment');
  return {
    ok: true,
    sized: trail.sized(),
    full,
    cut: leftDust || full ? null : cut,
    leftDust,
    direction: cut !== null || leftDust || more ? 'down' : 'up',
    most: min(sources, full || rules.minLeft === null ? payable : floor(rules.debt.minus(rules.minLeft), decimals)),
    least: more ? enough : least,
    sources,
  };
}

/** An addition of collateral. */
export function fitAdd(
  wanted: Wanted,
  rules: { readonly decimals: number; readonly minAdd: Dec | null },
  bounds: readonly Bound[],
): Fit | Misfit {
  const { decimals } = rules;
  const trail = new Trail(wanted, decimals);
  trail.step('roundUp', ceil(wanted.unbounded, decimals));
  raiseTo(trail, 'minAdd', rules.minAdd, decimals);
  const cut = lower(trail, bounds, decimals);
  const least = rules.minAdd ?? ZERO;
  if (trail.value.lte(ZERO) || trail.value.lt(least)) return tooSmall(trail, cut, rules.minAdd, 'addition');
  const most = lowest(bounds, decimals) ?? trail.value;
  return {
    ok: true,
    sized: trail.sized(),
    full: false,
    cut,
    leftDust: false,
    direction: cut === null ? 'up' : 'down',
    most,
    least,
    sources: most,
  };
}

/** A release: rounds down, never above what the venue would let go. @param least smallest one that is worth a call, coins */
export function fitRelease(wanted: Wanted, decimals: number, bounds: readonly Bound[], least = ZERO): Fit | Misfit {
  const trail = new Trail(wanted, decimals);
  trail.step('roundDown', floor(wanted.unbounded, decimals));
  const cut = lower(trail, bounds, decimals);
  if (trail.value.lte(ZERO) || trail.value.lt(least))
    return tooSmall(trail, cut, least.isZero() ? null : least, 'release');
  return {
    ok: true,
    sized: trail.sized(),
    full: false,
    cut,
    leftDust: false,
    direction: 'down',
    most: trail.value,
    least,
    sources: trail.value,
  };
}

function raiseTo(trail: Trail, name: 'minRepay' | 'minAdd', least: Dec | null, decimals: number): void {
  if (least === null || trail.value.lte(ZERO)) return;
  trail.step(`atLeast ${name}`, max(trail.value, ceil(least, decimals)), { [name]: least });
}

/** What was moved in to clear a debt clears it; else the money is used whole when next to nothing of it would be left. */
function useWhole(trail: Trail, { begun, debt, decimals }: RepayRules, payable: Dec): void {
  if (begun === null || trail.value.lte(ZERO)) return;
  if (begun.gte(payable)) trail.step('clear debt', payable, { debt });
  else if (trail.value.lt(begun) && begun.minus(trail.value).lte(begun.times(LEFT_LYING))) {
    trail.step('atLeast begun', ceil(begun, decimals), { begun });
  }
}

/** Applies the upper bounds; returns the one that cut deepest. */
function lower(trail: Trail, bounds: readonly Bound[], decimals: number): Bound | null {
  let cut: Bound | null = null;
  for (const bound of bounds) {
    const most = max(ZERO, floor(bound.coins, decimals));
    if (most.gte(trail.value)) continue;
    trail.step(`atMost ${bound.name}`, most, { [bound.name]: bound.coins });
    cut = bound;
  }
  return cut;
}

/**
 * Less than `minLeft` may not be left standing: clear the debt if money and limits allow, else leave the minimum.
 * Under `leave` the minimum is left first; the ladder walk asks again with `clear` when that misses the aim (ladder.ts).
 * @returns whether the minimum was left although the formula wanted more
 */
function respectDust(trail: Trail, rules: RepayRules, payable: Dec, bounds: readonly Bound[]): boolean {
  const minLeft = rules.minLeft;
  const left = rules.debt.minus(trail.value);
  if (minLeft === null || trail.value.gte(payable) || left.gte(minLeft)) return false;
  const affordable = (lowest(bounds, rules.decimals) ?? payable).gte(payable);
  if (rules.dust === 'clear' && affordable) {
    trail.step('clear debt', payable, { debt: rules.debt });
    return false;
  }
  trail.step('leave minLeft', max(ZERO, floor(rules.debt.minus(minLeft), rules.decimals)), {
    debt: rules.debt,
    minLeft,
  });
  return true;
}

/** Nothing may be paid without leaving dust, and the whole debt not at all, or not under `dust: leave`. */
function dustStays(rules: RepayRules, payable: Dec, bounds: readonly Bound[]): Misfit {
  const block = tightest(bounds, payable);
  const stands = `the venue lets no debt below ${rules.minLeft?.toFixed() ?? '0'} stand`;
  const why = block === null ? stands : `${stands}, and ${block.name} does not allow to clear it`;
  return { ok: false, why, cause: block?.cause ?? 'venue', dust: true };
}

/** The lowest bound below an amount; `null` when none is. */
export function tightest(bounds: readonly Bound[], amount: Dec): Bound | null {
  const below = bounds.filter((bound) => bound.coins.lt(amount)).sort((a, b) => a.coins.cmp(b.coins));
  return below[0] ?? null;
}

/** What the tightest bound allows, in coins a venue takes; `null` without bounds. */
function lowest(bounds: readonly Bound[], decimals: number): Dec | null {
  const [first, ...rest] = bounds.map((bound) => max(ZERO, floor(bound.coins, decimals)));
  return first === undefined ? null : min(first, ...rest);
}

function tooSmall(trail: Trail, cut: Bound | null, least: Dec | null, what: string): Misfit {
  const why =
    cut !== null ? `${cut.name} leaves ${trail.value.toFixed()}` : `only ${trail.value.toFixed()} would be sent`;
  const minimum = least === null ? '' : `, the smallest ${what} is ${least.toFixed()}`;
  return { ok: false, why: why + minimum, cause: cut === null ? 'venue' : cut.cause };
}
