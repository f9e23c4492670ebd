/**
 * Before any money is looked at: may this loan be acted on now, and how far should the remedy reach (DESIGN §2, §4, §5.7)?
 * A list of questions in order; the first that says no ends the matter, and every answer goes into the trace.
 */
import type { Asset, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import type { Levels, Need, TraceLine } from './need.ts';
import type { Policy } from './policy.ts';
import { LevelsError, aimLevel, levelsOf } from './levels.ts';
import { fuse } from './limits.ts';
import type { Tier } from './limits.ts';
import { modeProtects } from './modes.ts';
import { isAtOrBelow, ltvOfStand, percent, positionOf } from './position.ts';
import type { Position } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import type { Scene } from './purse.ts';
import { type Dec, ZERO, format, max } from './money.ts';

/** A loan in need that may be acted on. */
export interface Case {
  readonly need: Need;
  readonly view: LoanView;
  readonly policy: Policy;
  readonly levels: Levels;
  readonly tier: Tier;
  /** Where the plan starts: quantities, or worse where something worse is possible. */
  readonly start: Position;
  /** The LTV that triggers, not below the one the plan starts from. */
  readonly ltv: Dec;
  /** LTVs that the remedy should reach, and that counts as rescued (just below urgent). */
  readonly aim: Dec;
  readonly rescued: Dec;
  /** At its aim already: only what is left of this debt is to be cleared; `null` for every other loan. */
  readonly clear: Asset | null;
  readonly trace: readonly TraceLine[];
}

/** A loan that is left alone, and why. `view` and `levels` are `null` when the loan was not seen or has none. */
export interface Idle {
  readonly need: Need;
  readonly view: LoanView | null;
  readonly levels: Levels | null;
  readonly verdict: 'nothing' | 'wait' | 'capped';
  readonly says: string;
  readonly trace: readonly TraceLine[];
}

export type Considered = { readonly case: Case } | { readonly idle: Idle };

/** Everything the questions are about. */
interface Facts {
  readonly scene: Scene;
  readonly need: Need;
  readonly view: LoanView;
  readonly policy: Policy;
  readonly levels: Levels;
  readonly start: Position;
  /** LTV of `start`; `null` when debt stands without collateral. */
  readonly startLtv: Dec | null;
  readonly notes: readonly string[];
  readonly aim: Need['aim'];
}

/** One question's answer: `verdict` ends the matter, `null` goes on. `fired` marks a rule that made a difference. */
interface Answer {
  readonly rule: string;
  readonly says: string;
  readonly fired: boolean;
  readonly verdict: Idle['verdict'] | null;
}

export function consider(scene: Scene, need: Need): Considered {
  const found = find(scene, need);
  if ('idle' in found) return found;
  const { facts } = found;
  const trace: TraceLine[] = facts.notes.map((says) => ({ rule: 'basis', fired: true, says }));
  for (const ask of QUESTIONS) {
    const { rule, fired, says, verdict } = ask(facts);
    trace.push({ rule, fired, says });
    if (verdict !== null) return { idle: { need, view: facts.view, levels: facts.levels, verdict, says, trace } };
  }
  return { case: caseOf(facts, trace) };
}

const QUESTIONS: readonly ((facts: Facts) => Answer)[] = [
  modeAllowsIt,
  isOpen,
  isUndisturbed,
  fuseHolds,
  pricesAgree,
  isBeyondAim,
];

/** The loan, its policy and its levels, or why there is nothing to ask about. */
function find(scene: Scene, need: Need): { readonly facts: Facts } | { readonly idle: Idle } {
  const { input } = scene;
  const view = input.view.loans.find((one) => one.id === need.loan);
  if (view === undefined) return absent(need, null, 'seen', 'this look did not see the loan: no decision without eyes');
  const policy = input.policies[need.loan];
  if (policy === undefined) return absent(need, view, 'policy', 'no policy names the loan');
  const levels = tryLevels(view, policy);
  if (typeof levels === 'string') return absent(need, view, 'levels', levels);
  const insideName = PRODUCT_FACTS[view.product].inside;
  const keep = input.wallets.find((rule) => rule.name === insideName)?.keep ?? {};
  const { position, notes } = positionOf(view, { keep, undecided: input.undecided, recent: input.recent });
  const aim = aimOf(scene, need, view, policy);
  return {
    facts: {
      scene,
      need,
      view,
      policy,
      levels,
      start: position,
      startLtv: position.C.eq(view.collateralValue) ? view.ltv : ltvOfStand(position),
      notes,
      aim,
    },
  };
}

function absent(need: Need, view: LoanView | null, rule: string, says: string): { readonly idle: Idle } {
  return { idle: { need, view, levels: null, verdict: 'wait', says, trace: [{ rule, fired: true, says }] } };
}

function tryLevels(view: LoanView, policy: Policy): Levels | string {
  try {
    return levelsOf(view, policy);
  } catch (error) {
    if (error instanceof LevelsError) return error.message;
    throw error;
  }
}

/** While price sources of the loan disagree, the aim is only to get below urgent, unless the policy says otherwise (§2.7). */
function aimOf(scene: Scene, need: Need, view: LoanView, policy: Policy): Need['aim'] {
  return disputed(scene, view) !== null && policy.whenDislocated !== 'aimTarget' ? 'urgent' : need.aim;
}

function disputed(scene: Scene, view: LoanView): string | null {
  return [...view.debts, ...view.collateral].find((coin) => scene.isDislocated(coin.asset))?.asset ?? null;
}

function caseOf({ need, view, policy, levels, start, startLtv, aim }: Facts, trace: readonly TraceLine[]): Case {
  const isThere = isAtOrBelow(start, aimLevel(levels, aim));
  const trigger = triggerLtv(view);
  return {
    need,
    view,
    policy,
    levels,
    start,
    trace,
    tier: need.urgency === 'urgent' ? 'urgent' : 'normal',
    ltv: max(trigger, startLtv ?? levels.line),
    aim: aimLevel(levels, aim),
    rescued: aimLevel(levels, 'urgent'),
    clear: isThere ? need.clear : null,
  };
}

function modeAllowsIt({ scene }: Facts): Answer {
  const { mode } = scene.input;
  return modeProtects(mode)
    ? go('mode', `mode ${mode} lets protecting calls through`)
    : stop('mode', `mode ${mode} lets no money move`, 'wait');
}

function isOpen({ view }: Facts): Answer {
  if (view.status === 'liquidating') return stop('status', 'the venue is liquidating the loan and refuses us', 'wait');
  if (view.status === 'closed') return stop('status', 'the venue says there is no debt', 'nothing');
  return go('status', 'the loan is open');
}

/** One undecided call at a time; beyond urgent one more from money it cannot have touched (§5.7). */
function isUndisturbed({ scene, need, policy }: Facts): Answer {
  const { undecided } = scene.input;
  const [first] = undecided;
  if (first === undefined) return go('undecided', 'no intent of the account is undecided');
  const names = undecided.map((intent) => intent.id).join(', ');
  if (!need.emergency || need.urgency !== 'urgent')
    return stop('undecided', `${names} is undecided: the account waits`, 'wait');
  if (policy.whenUnsettled === 'hold') return stop('undecided', `${names} is undecided and the policy holds`, 'wait');
  if (undecided.length > 1) return stop('undecided', `${names} are undecided: one emergency call is the most`, 'wait');
  return stop('undecided', `${names} is undecided; beyond urgent other money may move`, null);
}

function fuseHolds({ scene, need, policy }: Facts): Answer {
  const { now, fruitless } = scene.input;
  const { blown, count } = fuse(policy.limits, fruitless[need.loan] ?? [], now);
  return blown
    ? stop('fuse', `${count} calls in a row had no effect: the fuse is blown`, 'capped')
    : go('fuse', `${count} calls in a row without effect, the fuse blows at ${policy.limits.actions.count}`);
}

function pricesAgree({ scene, view, policy }: Facts): Answer {
  const asset = disputed(scene, view);
  if (asset === null) return go('dislocated', 'no price of the loan is in dispute');
  if (policy.whenDislocated === 'hold')
    return stop('dislocated', `the sources of ${asset}'s price disagree and the policy holds`, 'wait');
  const aim =
    policy.whenDislocated === 'aimUrgent' ? 'below urgent is enough' : 'the policy aims at target all the same';
  return stop('dislocated', `the sources of ${asset}'s price disagree: ${aim}`, null);
}

function isBeyondAim({ need, levels, start, startLtv, aim }: Facts): Answer {
  const t = aimLevel(levels, aim);
  const name = aim === 'target' ? 'target' : 'below urgent';
  const says = `LTV ${startLtv === null ? 'without collateral' : percent(startLtv)}, aim ${name} ${percent(t)}`;
  if (!isAtOrBelow(start, t)) return stop('aim', says, null);
  const left = start.debts.find((debt) => debt.asset === need.clear && debt.amount.gt(ZERO));
  if (left !== undefined)
    return stop('aim', `${says}: reached; ${format(left.amount)} ${left.asset} of a cleared debt are left`, null);
  const dropped = need.remainder === null ? '' : '; the rest of the plan is dropped';
  return stop('aim', `${says}: reached${dropped}`, 'nothing');
}

function go(rule: string, says: string): Answer {
  return { rule, says, fired: false, verdict: null };
}

function stop(rule: string, says: string, verdict: Answer['verdict']): Answer {
  return { rule, says, fired: true, verdict };
}
