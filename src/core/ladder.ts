/**
 * The ladder walk (DESIGN §5.4): rung by rung, source by source, coin by coin in the operator's order, each contributing what
 * it can until the aim is reached. A rung that cannot contribute is skipped and named; nothing is skipped in silence.
 */
import type { Asset, LoanView } from './loan.ts';
import type { Need, TraceLine } from './need.ts';
import type { Policy, Rung, RungSource } from './policy.ts';
import { attempt, isLastResort } from './remedy.ts';
import type { PlanStep, Stopper } from './remedy.ts';
import { isAtOrBelow } from './position.ts';
import type { Position } from './position.ts';
import type { Tier } from './limits.ts';
import { routeOf } from './products.ts';
import type { Purse, Scene } from './purse.ts';
import { excess } from './sizing.ts';
import { Dec, ZERO, max, parse } from './money.ts';

/** One loan that is to be brought to LTV `t`, with the money and rules it may use. */
export interface Ask {
  readonly scene: Scene;
  readonly need: Need;
  readonly loan: LoanView;
  readonly policy: Policy;
  readonly tier: Tier;
  readonly start: Position;
  readonly t: Dec;
  readonly purse: Purse;
}

/** One thing the ladder offers: a rung with one of its sources and one of its coins. */
export interface Option {
  readonly rung: Rung;
  readonly from: RungSource;
  readonly asset: Asset;
  /** Coins at most, when this option finishes what an earlier leg began; `null` for a fresh one. */
  readonly atMost: Dec | null;
  /** The money is inside because our own transfer brought it there: it was paid for and is not charged again. */
  readonly fed: boolean;
}

/** Why a plan stops short of its aim. */
export interface Short {
  readonly by: 'money' | 'limit';
  /** The limit or source that was the last to say no. */
  readonly what: string;
  /** USD of outside repayment that would still be needed. */
  readonly missingUsd: Dec;
}

export interface Plan {
  readonly ask: Ask;
  readonly steps: readonly PlanStep[];
  /** The loan once every step is done. */
  readonly position: Position;
  /** What is left for others. */
  readonly purse: Purse;
  readonly notes: readonly TraceLine[];
  readonly short: Short | null;
  /** The venue's smallest debt kept a rung from giving more, or anything. */
  readonly leftDust: boolean;
}

/**
 * The plan that brings the loan to `t`, or as near as rungs, money and limits allow. Where the policy would rather leave a
 * small debt standing (`dust: leave`) and no other rung makes up for it, the debt is cleared after all: the aim comes first.
 */
export function planFor(ask: Ask): Plan {
  const plan = walk(ask, ask.policy.dust);
  if (plan.short === null || !plan.leftDust || ask.policy.dust === 'clear') return plan;
  const cleared = walk(ask, 'clear');
  return cleared.short === null ? cleared : plan;
}

/**
 * The plan that clears what is left of one debt after a full repayment, whole or not at all. The loan is at its aim, so
 * nobody goes short for it and it is never short itself.
 */
export function planToClear(given: Ask, asset: Asset): Plan {
  const ask = { ...given, t: ZERO };
  const start = { position: ask.start, purse: ask.purse };
  const begun = begunOptions(ask);
  const notes: TraceLine[] = [...begun.notes];
  for (const option of [...begun.options, ...ladderOptions(ask)]) {
    if (option.rung.do !== 'repay' || option.asset !== asset) continue;
    const tried = attempt(ask, start, option, 'clear', null);
    const step = tried.ok && tried.step.fit.full ? tried.step : null;
    const says = tried.ok && step === null ? `skipped: ${tried.says}, not the whole rest` : tried.says;
    notes.push({ rule: ruleOf(option), fired: step !== null, says });
    if (step === null) continue;
    return { ask, steps: [step], notes, position: step.position, purse: step.purse, short: null, leftDust: false };
  }
  return { ask, steps: [], notes, ...start, short: null, leftDust: false };
}

/** Marking and interest ahead may still add to an amount; with this much room to a cap it need not be tried against it. */
const ROOMY: Dec = new Dec('1.001');

/** A plan's first step within what one action may cost, USD; `null` when that allows nothing. */
export function firstStep({ ask }: Plan, planned: PlanStep, perActionUsd: Dec | null): PlanStep | null {
  const isRoomy = perActionUsd === null || planned.sized.amount.times(planned.price).times(ROOMY).lte(perActionUsd);
  if (isRoomy || planned.option.fed) return planned;
  const tried = attempt(ask, { position: ask.start, purse: ask.purse }, planned.option, planned.dust, perActionUsd);
  return tried.ok ? tried.step : null;
}

function walk(ask: Ask, dust: Policy['dust']): Plan {
  const steps: PlanStep[] = [];
  const begun = begunOptions(ask);
  const notes: TraceLine[] = [...begun.notes];
  let at = { position: ask.start, purse: ask.purse };
  let stopper: Stopper | null = null;
  let leftDust = false;
  for (const option of lastResortLast(ask, [...begun.options, ...ladderOptions(ask)])) {
    if (isAtOrBelow(at.position, ask.t)) break;
    const tried = attempt(ask, at, option, dust, null);
    notes.push({ rule: ruleOf(option), fired: tried.ok, says: tried.says });
    stopper = telling(stopper, tried.stopper, tried.ok);
    leftDust ||= tried.ok ? tried.step.fit.leftDust : tried.dust;
    if (!tried.ok) continue;
    steps.push(tried.step);
    at = { position: tried.step.position, purse: tried.step.purse };
  }
  return { ask, steps, notes, ...at, short: shortOf(at.position, ask.t, stopper), leftDust };
}

/** Neither money nor a limit stood in the way. */
export const NO_RUNG = 'no rung of the ladder can be used';

/** What an open breaker stands against comes after everything else beyond `urgent`, where no brake may stop the rescue. */
function lastResortLast(ask: Ask, options: readonly Option[]): readonly Option[] {
  if (ask.tier !== 'urgent' || ask.scene.input.blocked.length === 0) return options;
  const last = (option: Option): number => Number(isLastResort(ask, option));
  return [...options].sort((a, b) => last(a) - last(b));
}

function shortOf(position: Position, t: Dec, stopper: Stopper | null): Short | null {
  if (isAtOrBelow(position, t)) return null;
  const missingUsd = max(ZERO, excess(position, t));
  return { ...(stopper ?? { by: 'money', what: NO_RUNG }), missingUsd };
}

/**
 * What to name when a plan falls short: a limit before money, because that money was there and was not allowed; then a
 * source that gave all it had, the last one; then the first one that had nothing.
 */
function telling(known: Stopper | null, next: Stopper | null, gave: boolean): Stopper | null {
  if (known === null || next === null) return next ?? known;
  if (known.by !== next.by) return known.by === 'limit' ? known : next;
  return gave && next.by === 'money' ? next : known;
}

function ruleOf(option: Option): string {
  return `${option.atMost === null ? '' : 'continue '}rung ${option.rung.number} ${option.rung.do} ${option.asset} from ${option.from}`;
}

/** Every rung, each with its sources in order, each source with its coins in order. */
function ladderOptions(ask: Ask): readonly Option[] {
  return ask.policy.ladder.flatMap((rung) =>
    rung.from.flatMap((from) =>
      coinsOf(rung, ask.start).map((asset) => ({ rung, from, asset, atMost: null, fed: false })),
    ),
  );
}

/** The coins of a rung; `debt` is the loan's own debts, the largest first. */
function coinsOf(rung: Rung, position: Position): readonly Asset[] {
  if (rung.with !== 'debt') return rung.with;
  const bySize = [...position.debts].sort((a, b) => b.amount.times(b.price).cmp(a.amount.times(a.price)));
  return bySize.map((debt) => debt.asset);
}

/**
 * What an earlier leg of the same plan began, as the first option of the walk. A remainder that starts with `repay` on a
 * product with an inside is always the second half of a transfer (decide.ts never leaves another one), so it is fed.
 */
function begunOptions(ask: Ask): { readonly options: readonly Option[]; readonly notes: readonly TraceLine[] } {
  const remainder = ask.need.remainder;
  const leg = remainder?.legs[0];
  if (remainder === null || leg === undefined) return { options: [], notes: [] };
  const rung = ask.policy.ladder.find((one) => one.number === remainder.rung);
  const fed = leg.verb === 'repay' && routeOf(ask.loan.product, 'repay', 'inside') !== null;
  const from: RungSource = fed ? 'inside' : 'wallet';
  const fits =
    rung !== undefined &&
    firstVerb(ask.loan, rung.do, from) === leg.verb &&
    coinsOf(rung, ask.start).includes(leg.asset);
  if (!fits) {
    const says = `the ladder no longer has the rung that began ${leg.verb} ${leg.asset}; it is planned afresh`;
    return { options: [], notes: [{ rule: 'remainder', fired: false, says }] };
  }
  return { options: [{ rung, from, asset: leg.asset, atMost: parse(leg.atMost), fed }], notes: [] };
}

function firstVerb(loan: LoanView, action: Rung['do'], from: RungSource): string | null {
  return routeOf(loan.product, action, from)?.[0]?.verb ?? null;
}
