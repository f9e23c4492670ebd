/**
 * Every payment is decided here (DESIGN §5): needs in, one decision per need out, nearest to its line first.
 *
 *   consider   may this loan be acted on at all, and how far?           consider.ts
 *   triage     who gets what of the money that all of them share        triage.ts
 *   plan       the ladder, rung by rung, as far as money and limits go  ladder.ts → remedy.ts → sizing.ts, fit.ts, limits.ts
 *   answer     the one call that leaves now, or why none does           leg.ts
 *
 * The money of all plans is shared: a plan further down the list only sees what those above it leave. The caller executes
 * the first acting decision of an account per look and asks again with new eyes; the others are what it would do next.
 * Nothing here reads a clock, draws a number or invents an id.
 */
import { triggerLtv } from './loan.ts';
import { consider } from './consider.ts';
import type { Case, Idle } from './consider.ts';
import { planFor, planToClear } from './ladder.ts';
import type { Plan, Short } from './ladder.ts';
import { firstLeg } from './leg.ts';
import type { Leaving } from './leg.ts';
import { cushionOf } from './levels.ts';
import type { DecideInput, Decision, DecisionBase } from './need.ts';
import { isAtOrBelow, ltvOfStand } from './position.ts';
import type { Position } from './position.ts';
import { purseOf, sceneOf } from './purse.ts';
import type { Scene } from './purse.ts';
import { actSays, baseOf, cannotSays, shown, triageLine, usdAmount } from './record.ts';
import { excess } from './sizing.ts';
import { triage } from './triage.ts';
import type { Claimant, Share } from './triage.ts';
import { type Dec, ONE, ZERO, max } from './money.ts';

/** One decision per need, in the order in which they are to be executed. */
export function decide(input: DecideInput): readonly Decision[] {
  const scene = sceneOf(input);
  const considered = input.needs.map((need) => consider(scene, need));
  const inNeed = considered.flatMap((one) => ('case' in one ? [claimOf(scene, one.case)] : []));
  const { shares, short } = triage(inNeed, purseOf(input));
  const acting = shares.map((share) => ({ at: share.claimant, decision: answer(scene, share, short) }));
  const idle = considered.flatMap((one) => ('idle' in one ? [leaveAlone(scene, one.idle)] : []));
  return nearestFirst(acting, idle).map((one) => one.decision);
}

/** A decision with where its loan stands; `null` for a loan that this look did not see. */
interface Placed {
  readonly at: { readonly ltv: Dec; readonly line: Dec } | null;
  readonly decision: Decision;
}

/** Triage has ordered those that act; the idle ones are put between them by their distance to the line, unseen ones last. */
function nearestFirst(acting: readonly Placed[], idle: readonly Placed[]): readonly Placed[] {
  if (idle.length === 0) return acting;
  const cushion = ({ at }: Placed): Dec => (at === null ? ONE : cushionOf(at.ltv, at.line));
  return [...acting, ...idle].sort((a, b) => cushion(a).cmp(cushion(b)));
}

/** A case with its question to the ladder: what would bring it to t, with the money of this purse? */
type Claim = Case & Claimant;

function claimOf(scene: Scene, one: Case): Claim {
  const { need, view, policy, tier, start, clear } = one;
  return {
    ...one,
    loan: view.id,
    line: view.line,
    avoidableLoss: max(ZERO, start.C.minus(start.D)),
    priority: scene.input.priorities[view.id] ?? 1,
    allOrNothing: policy.whenShort === 'skip',
    planTo: (t, purse) => {
      const ask = { scene, need, loan: view, policy, tier, start, t, purse };
      return clear === null ? planFor(ask) : planToClear(ask, clear);
    },
  };
}

/** The call that leaves now, or why none can. */
function answer(scene: Scene, { claimant, plan, refused }: Share<Claim>, scarce: boolean): Decision {
  const trace = [...claimant.trace, triageLine(refused, scarce), ...plan.notes];
  const base = baseOf(scene.input, claimant.loan, claimant.view, claimant.levels, trace);
  if (refused !== null) return cannot(base, claimant, plan.short, claimant.rescued, refused);
  if (plan.steps.length === 0) return cannot(base, claimant, plan.short, claimant.aim, whyNotCleared(claimant, plan));
  const leaving = firstLeg(plan);
  return leaving === null ? cannot(base, claimant, BY_ACTION, claimant.aim, null) : act(base, claimant, plan, leaving);
}

/** Why what is left of a debt stays: the last thing that stood in the way. */
function whyNotCleared({ clear }: Claim, { notes }: Plan): string | null {
  return clear === null
    ? null
    : `what is left of the ${clear} debt cannot be cleared: ${notes.at(-1)?.says ?? 'no rung'}`;
}

const BY_ACTION: Short = {
  by: 'limit',
  what: 'perAction is below the smallest amount the venue takes',
  missingUsd: ZERO,
};

function act(base: DecisionBase, claim: Claim, plan: Plan, leaving: Leaving): Decision {
  const after = leaving.cut ? leaving.step.position : plan.position;
  const short = shortOf(claim, plan, leaving, after);
  const ltvAfter = ltvOfStand(after);
  return {
    ...base,
    ...leaving.part,
    verdict: 'act',
    partial: short !== null,
    ...(short === null ? {} : { short: { ...short, missingUsd: usdAmount(short.missingUsd) } }),
    ltvAfter: shown(ltvAfter ?? ZERO),
    says: actSays(leaving, claim.ltv, ltvAfter, short),
  };
}

/** What keeps the plan from its own aim: a limit on one action, the ladder's end, or loans that need the money more. */
function shortOf(claim: Claim, plan: Plan, leaving: Leaving, after: Position): Short | null {
  if (isAtOrBelow(after, claim.aim)) return null;
  const missingUsd = max(ZERO, excess(after, claim.aim));
  if (leaving.cut) return { by: 'limit', what: 'perAction', missingUsd };
  return { ...(plan.short ?? { by: 'money', what: 'what loans in greater danger leave' }), missingUsd };
}

/** No call can leave: `capped` when a limit forbids money that is there, else `starved`. */
function cannot(base: DecisionBase, claim: Claim, short: Short | null, level: Dec, why: string | null): Decision {
  const missing = max(ZERO, excess(claim.start, level));
  const reason = why ?? short?.what ?? 'loans in greater danger need the money more';
  const verdict = short?.by === 'limit' ? 'capped' : 'starved';
  return { ...base, verdict, missingUsd: usdAmount(missing), says: cannotSays(missing, claim.ltv, reason) };
}

function leaveAlone(scene: Scene, { need, view, levels, verdict, says, trace }: Idle): Placed {
  const base = { ...baseOf(scene.input, need.loan, view, levels, trace), says };
  const decision: Decision = verdict === 'capped' ? { ...base, verdict, missingUsd: '0' } : { ...base, verdict };
  return { decision, at: view === null ? null : { ltv: triggerLtv(view), line: view.line } };
}
