/**
 * Who gets the money when there is not enough for all (DESIGN §5.5).
 *
 * When it suffices: everyone straight to its aim, nearest to its line first. When it does not: (A) of the loans beyond
 * `urgent`, the affordable set with the largest avoidable loss is rescued to below `urgent`; (B) what is left raises the
 * lowest cushion first, all of them together, up to their aims. A set is affordable when its members, planned one after
 * the other along their ladders, nearest to the line first, all get below `urgent`: the operator's order of remedies is
 * kept even when money is short.
 */
import type { LoanId } from './loan.ts';
import type { Plan } from './ladder.ts';
import { cushionOf } from './levels.ts';
import type { Purse } from './purse.ts';
import { Dec, ONE, ZERO, max, min } from './money.ts';

/** Up to this many loans beyond `urgent` every subset is considered; above it they are rescued greedily, by loss avoided. */
export const EXACT_UP_TO = 12;

/** Cushions are shared out to this precision. */
const FINE: Dec = new Dec('1e-9');
/** More halvings than any real range of cushions needs: a bound on the work, not on the precision. */
const HALVINGS = 64;
/** A cushion a loan must still be able to gain not to be left behind while the others rise. */
const NOTICEABLE: Dec = new Dec('1e-6');
/** Rounds of leaving behind those that cannot rise further; each ends one scarce source or limit. */
const ROUNDS = 8;

/** A loan in need, as triage sees it. */
export interface Claimant {
  readonly loan: LoanId;
  /** LTV now, the worse of the venue's and ours, and the line. */
  readonly ltv: Dec;
  readonly line: Dec;
  /** LTVs: where its need ends, and just below urgent. */
  readonly aim: Dec;
  readonly rescued: Dec;
  /** USD the owner loses when the venue liquidates: what is left of the collateral after the debt. */
  readonly avoidableLoss: Dec;
  /** A higher number is served first among equals. */
  readonly priority: number;
  /** `whenShort: skip`: no money unless it gets below urgent. */
  readonly allOrNothing: boolean;
  /** Its plan to an LTV with the money of a purse. */
  readonly planTo: (t: Dec, purse: Purse) => Plan;
}

/** What one loan gets. `refused` says why it gets nothing although its ladder could have given something. */
export interface Share<T extends Claimant> {
  readonly claimant: T;
  readonly plan: Plan;
  readonly refused: string | null;
}

export interface Triage<T extends Claimant> {
  readonly shares: readonly Share<T>[];
  /** Whether money or limits did not suffice for all. */
  readonly short: boolean;
  /** Loans beyond urgent that phase A rescues. */
  readonly rescues: readonly LoanId[];
}

/** Nearest to its line first; the higher priority first among equals. */
export function byDistance(a: Claimant, b: Claimant): number {
  return (
    cushionOf(a.ltv, a.line).cmp(cushionOf(b.ltv, b.line)) || b.priority - a.priority || (a.loan < b.loan ? -1 : 1)
  );
}

/** Shares the purse among the claimants. The result is in the order in which they are to be served. */
export function triage<T extends Claimant>(claimants: readonly T[], purse: Purse): Triage<T> {
  const ordered = [...claimants].sort(byDistance);
  const straight = inTurn(ordered, purse, (one) => one.aim);
  if (straight.every((share) => share.plan.short === null)) return { shares: straight, short: false, rescues: [] };
  if (isNobodysFault(straight, purse)) return { shares: straight.map(refuseHalfMeasures), short: true, rescues: [] };
  const rescues = chooseRescues(ordered, purse);
  const levels = raise(
    ordered.filter((one) => takesPart(one, rescues)),
    purse,
    rescues,
  );
  const shares = inTurn(ordered, purse, (one) => levels.get(one.loan) ?? null);
  return { shares, short: true, rescues: [...rescues] };
}

/** Plans one after the other, each from what the ones before left; a level of `null` is shown its plan and given nothing. */
function inTurn<T extends Claimant>(
  ordered: readonly T[],
  purse: Purse,
  levelOf: (one: T) => Dec | null,
): readonly Share<T>[] {
  let left = purse;
  return ordered.map((claimant) => {
    const t = levelOf(claimant);
    if (t === null) return { claimant, plan: claimant.planTo(claimant.aim, left), refused: SKIP };
    const plan = claimant.planTo(t, left);
    left = plan.purse;
    return { claimant, plan, refused: null };
  });
}

const SKIP =
  'it cannot be brought below urgent with what is there, and the policy then gives nothing (whenShort: skip)';

/** True when every loan that is short would be just as short alone: then nobody takes anything from anybody. */
function isNobodysFault(shares: readonly Share<Claimant>[], purse: Purse): boolean {
  return shares.every(({ claimant, plan }) => {
    if (plan.short === null) return true;
    const alone = claimant.planTo(claimant.aim, purse);
    return alone.short !== null && alone.short.missingUsd.eq(plan.short.missingUsd);
  });
}

/** `whenShort: skip` for a loan that is alone with its sources. */
function refuseHalfMeasures<T extends Claimant>(share: Share<T>): Share<T> {
  const { claimant, plan } = share;
  const saved = plan.position.D.lte(claimant.rescued.times(plan.position.C));
  return saved || !claimant.allOrNothing ? share : { ...share, refused: SKIP };
}

function takesPart(one: Claimant, rescues: ReadonlySet<LoanId>): boolean {
  return !one.allOrNothing || !isBeyondUrgent(one) || rescues.has(one.loan);
}

function isBeyondUrgent(one: Claimant): boolean {
  return one.ltv.gt(one.rescued);
}

/** Phase A: the affordable set with the largest avoidable loss; among equal sets the one with the higher priorities. */
function chooseRescues(ordered: readonly Claimant[], purse: Purse): ReadonlySet<LoanId> {
  const urgent = ordered.filter(isBeyondUrgent);
  return urgent.length <= EXACT_UP_TO ? bestSubset(urgent, purse) : greedily(urgent, purse);
}

interface Chosen {
  readonly loss: Dec;
  readonly priority: number;
  readonly loans: readonly LoanId[];
}

const NOBODY: Chosen = { loss: ZERO, priority: 0, loans: [] };

/** Every subset, by taking or leaving one loan after the other; a branch that cannot beat the best known is not walked. */
function bestSubset(urgent: readonly Claimant[], purse: Purse): ReadonlySet<LoanId> {
  let best = NOBODY;
  const walk = (index: number, chosen: Chosen, left: Purse, possible: Dec): void => {
    if (isBetter(chosen, best)) best = chosen;
    const next = urgent[index];
    if (next === undefined || chosen.loss.plus(possible).lt(best.loss)) return;
    const rest = possible.minus(next.avoidableLoss);
    const plan = next.planTo(next.rescued, left);
    if (plan.short === null) walk(index + 1, withOne(chosen, next), plan.purse, rest);
    walk(index + 1, chosen, left, rest);
  };
  walk(
    0,
    NOBODY,
    purse,
    urgent.reduce((total, one) => total.plus(one.avoidableLoss), ZERO),
  );
  return new Set(best.loans);
}

/** For crowds: the largest avoidable loss first, each one rescued if what is left suffices for it. */
function greedily(urgent: readonly Claimant[], purse: Purse): ReadonlySet<LoanId> {
  let left = purse;
  const rescued = new Set<LoanId>();
  for (const one of [...urgent].sort((a, b) => b.avoidableLoss.cmp(a.avoidableLoss) || byDistance(a, b))) {
    const plan = one.planTo(one.rescued, left);
    if (plan.short !== null) continue;
    rescued.add(one.loan);
    left = plan.purse;
  }
  return rescued;
}

function withOne(chosen: Chosen, one: Claimant): Chosen {
  return {
    loss: chosen.loss.plus(one.avoidableLoss),
    priority: chosen.priority + one.priority,
    loans: [...chosen.loans, one.loan],
  };
}

function isBetter(a: Chosen, b: Chosen): boolean {
  const difference = a.loss.cmp(b.loss);
  return difference > 0 || (difference === 0 && a.priority > b.priority);
}

/** Phase B: the LTV each loan is raised to when the lowest cushions rise together until money or limits end. */
function raise(ordered: readonly Claimant[], purse: Purse, rescues: ReadonlySet<LoanId>): ReadonlyMap<LoanId, Dec> {
  const floorOf = (one: Claimant): Dec => (rescues.has(one.loan) ? one.rescued : one.ltv);
  const fixed = new Map<LoanId, Dec>();
  const levelAt = (one: Claimant, cushion: Dec): Dec =>
    fixed.get(one.loan) ?? max(one.aim, min(floorOf(one), one.line.times(ONE.minus(cushion))));
  const suffices = (levelOf: (one: Claimant) => Dec): boolean =>
    inTurn(ordered, purse, levelOf).every((share) => share.plan.short === null);

  let reached = lowest(ordered.map((one) => cushionOf(floorOf(one), one.line)));
  const top = highest(ordered.map((one) => cushionOf(one.aim, one.line)));
  for (let round = 0; round < ROUNDS && fixed.size < ordered.length; round += 1) {
    reached = highestFeasible(reached, top, (cushion) => suffices((one) => levelAt(one, cushion)));
    const here = reached;
    const canRise = (one: Claimant): boolean =>
      levelAt(one, here).gt(one.aim) &&
      suffices((other) => levelAt(other, other === one ? here.plus(NOTICEABLE) : here));
    const stuck = ordered.filter((one) => !fixed.has(one.loan) && !canRise(one));
    for (const one of stuck) fixed.set(one.loan, levelAt(one, here));
  }
  return new Map(ordered.map((one) => [one.loan, levelAt(one, reached)]));
}

/** The highest value between a feasible low and a high for which `feasible` holds, by halving. */
function highestFeasible(low: Dec, high: Dec, feasible: (value: Dec) => boolean): Dec {
  if (feasible(high)) return high;
  let good = low;
  let bad = high;
  for (let halvings = 0; halvings < HALVINGS && bad.minus(good).gt(FINE); halvings += 1) {
    const middle = good.plus(bad).div(2);
    if (feasible(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function lowest(values: readonly Dec[]): Dec {
  return values.reduce((a, b) => min(a, b), ONE);
}

function highest(values: readonly Dec[]): Dec {
  return values.reduce((a, b) => max(a, b), ZERO);
}
