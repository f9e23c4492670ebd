/**
 * From a plan to the one call that leaves now: cut to what one action may cost, marked, charged, with the rest of the plan
 * named (DESIGN §1 plan and leg, §5.6, §6).
 */
import type { Leg } from './intent.ts';
import type { Decision, Remainder, Reserved, Sizing } from './need.ts';
import { mark, markWidth } from './fingerprint.ts';
import type { Marked } from './fingerprint.ts';
import { firstStep } from './ladder.ts';
import type { Ask, Plan } from './ladder.ts';
import { capsOf } from './limits.ts';
import type { PlanStep } from './remedy.ts';
import { sizingOf } from './sizingRecord.ts';
import { type Dec, ZERO, ceil, format, min } from './money.ts';

type ActPart = Pick<
  Extract<Decision, { verdict: 'act' }>,
  'leg' | 'rung' | 'remainder' | 'tier' | 'chargeUsd' | 'reserves' | 'fingerprint' | 'sizing'
>;

/** The call that leaves now, the step it belongs to, and whether `perAction` cut it. */
export interface Leaving {
  readonly part: ActPart;
  readonly step: PlanStep;
  readonly cut: boolean;
}

/** The first leg of a plan; `null` when one action may not even carry the smallest amount the venue takes. */
export function firstLeg(plan: Plan): Leaving | null {
  const { ask } = plan;
  const [planned, following] = plan.steps;
  if (planned === undefined) return null;
  const step = firstStep(plan, planned, capsOf(ask.policy.limits, ask.tier).perAction);
  if (step === null) return null;
  const cut = step.pays.lt(planned.pays);
  const marked = markLeg(ask, step);
  const leg = legOf(step, marked);
  const remainder =
    restOf(step, leg) ??
    (cut || following === undefined ? null : ahead(ask, following, marked.tail.abs().times(step.price)));
  const part = { ...partOf(ask, step, marked, leg, remainder), reserves: reservesOf(plan, step) };
  return { part, step, cut };
}

/** What is still to be charged once this call has left: the later steps, and what `perAction` cut off this one. */
function reservesOf({ ask, steps: [planned, ...later] }: Plan, leaving: PlanStep): readonly Reserved[] {
  const cutOff = planned === undefined ? ZERO : planned.sized.amount.minus(leaving.sized.amount);
  const rest = cutOff.gt(ZERO) ? [{ step: leaving, coins: cutOff }] : [];
  return [...rest, ...later.map((step) => ({ step, coins: step.sized.amount.plus(marksOf(ask, step)) }))]
    .filter(({ step }) => !step.option.fed)
    .map(({ step: { option, price }, coins }) => ({
      rung: option.rung.number,
      asset: option.asset,
      amount: format(coins),
      usd: format(coins.times(price)),
    }));
}

function partOf(
  ask: Ask,
  step: PlanStep,
  marked: Marked,
  leg: Leg,
  remainder: Remainder | null,
): Omit<ActPart, 'reserves'> {
  const sizing: Sizing = sizingOf(step.sized, marked.tail);
  const chargeUsd = step.option.fed ? ZERO : marked.amount.times(step.price);
  return {
    leg,
    rung: step.option.rung.number,
    remainder,
    tier: ask.tier,
    chargeUsd: format(chargeUsd),
    fingerprint: marked.fingerprint,
    sizing,
  };
}

function legOf(step: PlanStep, marked: Marked): Leg {
  const [call] = step.route;
  const { asset } = step.option;
  const full = step.fit.full && call.verb === 'repay';
  return { verb: call.verb, asset, amount: format(marked.amount), from: call.from, to: call.to, full };
}

/**
 * The amount as it goes out. A full repayment is never marked; neither is what a client id identifies, nor an asset whose
 * precision the venue has refused.
 */
function markLeg(ask: Ask, step: PlanStep): Marked {
  const [call] = step.route;
  const { input } = ask.scene;
  const amount = step.sized.amount;
  const isFull = step.fit.full && call.verb === 'repay';
  if (isFull || call.identified === 'clientId' || !mayMark(ask, step))
    return { amount, tail: ZERO, fingerprint: 'unmarked' };
  const feeds = call.verb === 'transferIn' && step.route.length > 1;
  const most = feeds ? step.fit.sources : step.fit.most;
  const more = feeds ? amount.plus(markWidth(amount, step.decimals)) : amount;
  const marked = mark({
    // A transfer of all there is has no room above it, only below.
    amount: step.fit.direction === 'down' ? min(more, most) : more,
    decimals: step.decimals,
    seed: `${input.view.account}-${input.epoch}-${ask.loan.id}-${call.verb}`,
    direction: step.fit.direction,
    most,
    least: step.fit.least,
    recent: input.recentAmounts,
  });
  return marked.fingerprint === 'marked'
    ? { ...marked, tail: marked.amount.minus(amount) }
    : { amount, tail: ZERO, fingerprint: 'unmarked' };
}

/** A venue that once refused an asset's precision gets no tails for it any more. */
function mayMark(ask: Ask, step: PlanStep): boolean {
  return ask.scene.input.learned.decimals[step.option.asset] === undefined;
}

/** What is left of the step itself: the repayment that a transfer feeds. It may use what the transfer brought, no more. */
function restOf(step: PlanStep, leg: Leg): Remainder | null {
  const rest = step.route.slice(1).map((call) => ({ verb: call.verb, asset: leg.asset, atMost: leg.amount }));
  return rest.length === 0 ? null : { rung: step.option.rung.number, legs: rest };
}

/** What marking the calls of a step may add to it, coins. */
function marksOf(ask: Ask, step: PlanStep): Dec {
  return mayMark(ask, step) ? markWidth(step.sized.amount, step.decimals).times(step.route.length) : ZERO;
}

/** What one USD less now may cost later, at most: added collateral relieves less than a repayment does. */
const DEARER_LATER = 3;

/**
 * The next step of the plan, sized again when its turn comes: it may use what it was planned with, what marking its calls
 * takes, and what the mark of this call left undone. One that would start with an own repayment is left to the next look's
 * ladder: a remainder that starts with `repay` always means money that a transfer brought (ladder.ts).
 */
function ahead(ask: Ask, following: PlanStep, undoneUsd: Dec): Remainder | null {
  if (following.route[0].verb === 'repay') return null;
  const { sized, decimals, price, route } = following;
  const marks = marksOf(ask, following);
  const undone = undoneUsd.times(DEARER_LATER).div(price);
  const atMost = format(ceil(sized.amount.plus(marks).plus(undone), decimals));
  const legs = route.map((call) => ({ verb: call.verb, asset: following.option.asset, atMost }));
  return { rung: following.option.rung.number, legs };
}
