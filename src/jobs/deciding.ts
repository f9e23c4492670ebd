/** Step 5, first half: gathers what the core needs to decide, and adds a record for every loan that it was not asked about. */
import { blocksOf, breakerWords } from '../core/breaker.ts';
import type { Breaker } from '../core/breaker.ts';
import type { Verdicts } from '../core/dislocation.ts';
import type { Intent } from '../core/intent.ts';
import type { AccountView, LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { decide } from '../core/decide.ts';
import { releases } from '../core/release.ts';
import { levelsText } from '../core/levels.ts';
import { format } from '../core/money.ts';
import type { DecideInput, Decision, DecisionBase, Need, TraceLine } from '../core/need.ts';
import { nextPrices } from '../core/next.ts';
import { isExcused } from '../core/outsiders.ts';
import type { Policy } from '../core/policy.ts';
import { held } from '../machines/step.ts';
import { attestedOf, dislocatedOf, involved, withInside, wordsOf } from '../core/verdicts.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountSetup } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { pausedWords } from './obeying.ts';
import type { Paused } from './operator.ts';
import { followed, isWatched, whyUnseen } from './needing.ts';
import type { Followed } from './needing.ts';
import { releaseInputOf } from './releasing.ts';
import type { Freedom } from './undecided.ts';
import { decimalPercent } from './words.ts';

export interface Question {
  readonly setup: AccountSetup;
  readonly draft: Draft;
  readonly opened: Opened;
  readonly view: AccountView;
  /** Of its prices. */
  readonly verdicts: Verdicts;
  readonly undecided: readonly Intent[];
  /** Our newest calls as they stand now, those that this look settled too, in no order. */
  readonly ours: readonly Intent[];
  readonly freedom: Freedom;
  /** Calls that the venue fails at. */
  readonly breakers: readonly Breaker[];
  /** Redis' clock: the one that budgets and the fuse are counted on (DESIGN §5.6). */
  readonly now: number;
}

/** The rule that a quiet decision names first while a breach waits for another look. */
export const UNCONFIRMED = 'unconfirmed';

/** One decision for every loan: the core's for a loan in need; for each other one what was seen, or why nothing was. */
export function decideAll(question: Question): readonly Decision[] {
  const { draft, view } = question;
  const input = inputOf(question);
  const decided = decide(input).map((decision) => explained(decision, question));
  const answered = new Set(decided.map(({ loan }) => loan));
  const released = new Map(releases(releaseInputOf(input, draft)).map((decision) => [decision.loan, decision]));
  const quiet = view.loans
    .filter(({ id }) => !answered.has(id))
    .map((loan) => explained(withRelease(quietDecision(loan, question), released.get(loan.id)), question));
  const seen = new Set(view.loans.map(({ id }) => id));
  const unseen = [...draft.loans].filter(([id, stored]) => !seen.has(id) && isWatched(stored));
  return [
    ...decided,
    ...quiet,
    ...unseen.map(([id, stored]) => blindDecision(id, stored, whyUnseen(view, id) ?? 'it is gone', question.now)),
  ];
}

/** The records of a look that saw nothing: it decided to do nothing (DESIGN §2.9). */
export function decideBlind(draft: Draft, why: string, now: number): readonly Decision[] {
  return [...draft.loans]
    .filter(([, stored]) => isWatched(stored))
    .map(([id, stored]) => blindDecision(id, stored, why, now));
}

export function inputOf(question: Question): DecideInput {
  const { setup, draft, opened, view, verdicts, undecided, ours, freedom, breakers, now } = question;
  const policies: Record<LoanId, Policy> = {};
  const priorities: Record<LoanId, number> = {};
  for (const loan of view.loans) {
    const found = followed(setup, loan);
    if ('none' in found) continue;
    policies[loan.id] = found.policy;
    priorities[loan.id] = found.priority;
  }
  return {
    now,
    view,
    mode: draft.mode,
    sendMode: setup.mode,
    needs: needsOf(draft, freedom),
    policies,
    priorities,
    wallets: setup.wallets,
    groups: setup.groups,
    charges: opened.charges,
    reserved: [...draft.loans].flatMap(([loan, stored]) => held(stored).map((one) => ({ ...one, loan }))),
    undecided,
    recent: ours,
    recentAmounts: opened.recentAmounts,
    fruitless: fruitlessOf(question),
    dislocated: dislocatedOf(verdicts),
    attested: attestedOf(verdicts),
    blocked: [...(freedom.kind === 'otherMoney' ? freedom.blocked : []), ...blocksOf(breakers)],
    learned: opened.learned,
    epoch: opened.epoch,
  };
}

/** Sends without effect, but for those that somebody who moved the same loan explains (DESIGN §2.6). */
function fruitlessOf({ setup, opened }: Question): DecideInput['fruitless'] {
  const { lagMarginMs } = setup.timing;
  const excused = (loan: LoanId, at: number): boolean => isExcused(loan, at, opened.others, lagMarginMs);
  return Object.fromEntries(
    Object.entries(opened.fruitless).map(([loan, times]) => [loan, times.filter((at) => !excused(loan, at))]),
  );
}

/** While the hold is on the whole account no need is an emergency, whatever the loan's own machine thinks (DESIGN §5.7). */
function needsOf(draft: Draft, freedom: Freedom): readonly Need[] {
  return [...draft.needs].map(([loan, { type: _type, ...need }]) => ({
    ...need,
    loan,
    emergency: need.emergency && freedom.kind === 'otherMoney',
  }));
}

/** Says in the record which prices are in dispute, what the venue fails at, and why the whole account is still held. */
function explained(decision: Decision, { freedom, view, verdicts, setup, breakers }: Question): Decision {
  const loans = view.loans.filter(({ id }) => id === decision.loan);
  const coins = withInside(involved({ loans }), setup.groups);
  const disputed = dislocatedOf(verdicts).filter((asset) => coins.includes(asset));
  const more: TraceLine[] = disputed.map((coin) => ({
    rule: 'price',
    fired: true,
    says: wordsOf(coin, verdicts[coin]),
  }));
  for (const breaker of breakers.filter(({ product }) => product === null || product === loans[0]?.product)) {
    more.push({ rule: 'breaker', fired: breaker.state === 'open', says: breakerWords(breaker) });
  }
  if (freedom.kind === 'held' && decision.verdict === 'wait')
    more.push({ rule: 'hold', fired: true, says: freedom.why });
  return more.length === 0 ? decision : { ...decision, trace: [...decision.trace, ...more] };
}

function quietDecision(loan: LoanView, question: Question): Decision {
  const { setup, draft, now } = question;
  const found = followed(setup, loan);
  const ltv = triggerLtv(loan);
  if ('none' in found) {
    return { ...unleveled(loan.id, now, format(ltv)), verdict: 'wait', ...because(found.none, found.why) };
  }
  const stored = draft.loans.get(loan.id);
  const { rule, says } = quietWords(loan, stored, found, question);
  return {
    loan: loan.id,
    at: now,
    ltv: format(ltv),
    levels: levelsText(found.levels),
    verdict: ltv.lt(found.levels.act) || loan.status !== 'open' ? 'nothing' : 'wait',
    ...because(rule, says),
    next: nextPrices(loan, found.levels, setup.groups),
  };
}

/** A quiet loan's record also says whether, and why not, its collateral leaves. */
function withRelease(quiet: Decision, release: Decision | undefined): Decision {
  if (release === undefined) return quiet;
  const trace = [...quiet.trace, ...release.trace];
  if (release.verdict === 'act') return { ...release, trace };
  return { ...quiet, trace, says: `${quiet.says}; ${release.says}`, next: release.next };
}

function blindDecision(loan: LoanId, { context }: Stored, why: string, now: number): Decision {
  const ltv = typeof context['ltv'] === 'string' ? context['ltv'] : '0';
  const says = `not seen, so it is left alone: ${why}`;
  return { ...unleveled(loan, now, ltv), verdict: 'wait', ...because('blind', says) };
}

function unleveled(loan: LoanId, at: number, ltv: string): Omit<DecisionBase, 'trace' | 'says'> {
  return { loan, at, ltv, levels: { target: '0', act: '0', urgent: '0', line: '0', call: null }, next: [] };
}

function because(rule: string, says: string): Pick<DecisionBase, 'trace' | 'says'> {
  return { trace: [{ rule, fired: true, says }], says };
}

function pauseOf(stored: Stored | undefined): string {
  const pause = stored?.context['pause'];
  return typeof pause === 'object' && pause !== null ? pausedWords(pause as Paused) : 'is paused';
}

function quietWords(
  loan: LoanView,
  stored: Stored | undefined,
  { levels }: Followed,
  { undecided }: Question,
): { readonly rule: string; readonly says: string } {
  const state = stored?.state ?? 'unseen';
  if (loan.status === 'closed') return { rule: state, says: 'no debt: nothing to watch' };
  if (loan.status === 'liquidating') return { rule: state, says: 'the venue is liquidating and refuses every call' };
  const where = `LTV ${decimalPercent(triggerLtv(loan))}, acts at ${decimalPercent(levels.act)}`;
  const names = undecided.map(({ id }) => id).join(' and ');
  switch (state) {
    case 'watching.breached':
      if (undecided.length > 0) return { rule: 'undecided', says: `${where}: ${names} is undecided, so it waits` };
      return { rule: UNCONFIRMED, says: `${where}: one more look at another price must agree` };
    case 'cooling':
      return { rule: state, says: `${where}: just acted, cooling down` };
    case 'unresolved':
      return { rule: state, says: `${where}: the last money call is not proven yet, so its loan waits` };
    case 'paused':
      return { rule: state, says: `${where}: it ${pauseOf(stored)}` };
    default:
      return { rule: state, says: `${where}: nothing to do` };
  }
}
