/** Step 5: gathers what the core needs to decide, and turns its first acting decision into an intent. */
import type { Intent } from '../core/intent.ts';
import { intentFrom } from '../core/intents.ts';
import type { AccountView, LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { decide } from '../core/decide.ts';
import { levelsOf, levelsText } from '../core/levels.ts';
import { format } from '../core/money.ts';
import type { DecideInput, Decision, Need } from '../core/need.ts';
import { nextPrices } from '../core/next.ts';
import type { Policy } from '../core/policy.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { policyOf } from './needing.ts';
import { decimalPercent } from './words.ts';

/** One decision per loan: the core's for a loan in need, a quiet one that says what would happen next for the others. */
export function decideAll(deps: LookDeps, setup: AccountSetup, draft: Draft, opened: Opened, view: AccountView, undecided: readonly Intent[]): readonly Decision[] {
  const input = inputOf(deps, setup, draft, opened, view, undecided);
  const decided = decide(input);
  const answered = new Set(decided.map((decision) => decision.loan));
  const quiet = view.loans.flatMap((loan) => {
    const found = policyOf(setup, loan);
    return answered.has(loan.id) || 'none' in found ? [] : [quietDecision(loan, found.policy, draft, setup, input.now)];
  });
  return [...decided, ...quiet];
}

function inputOf(deps: LookDeps, setup: AccountSetup, draft: Draft, opened: Opened, view: AccountView, undecided: readonly Intent[]): DecideInput {
  const policies: Record<LoanId, Policy> = {};
  const priorities: Record<LoanId, number> = {};
  for (const loan of view.loans) {
    const found = policyOf(setup, loan);
    if ('none' in found) continue;
    policies[loan.id] = found.policy;
    priorities[loan.id] = found.priority;
  }
  return {
    now: deps.clock.wall(),
    view,
    mode: draft.mode,
    sendMode: setup.mode,
    needs: needsOf(draft),
    policies,
    priorities,
    wallets: setup.wallets,
    groups: setup.groups,
    charges: opened.charges,
    undecided,
    recentAmounts: opened.recentAmounts,
    fruitless: opened.fruitless,
    dislocated: [],
    blocked: blockedBy(undecided),
    learned: opened.learned,
    epoch: opened.epoch,
  };
}

function needsOf(draft: Draft): readonly Need[] {
  return [...draft.needs].map(([loan, { type: _type, ...need }]) => ({ loan, ...need }));
}

/** A transfer that hangs blocks only what needs one (DESIGN §5.4). */
function blockedBy(undecided: readonly Intent[]): DecideInput['blocked'] {
  const hanging = undecided.find((intent) => intent.verb === 'transferIn' || intent.verb === 'transferOut');
  if (hanging === undefined) return [];
  return [{ loan: null, needs: 'transfer', asset: null, why: `the transfer of ${hanging.amount} ${hanging.asset} is undecided` }];
}

function quietDecision(loan: LoanView, policy: Policy, draft: Draft, setup: AccountSetup, now: number): Decision {
  const levels = levelsOf(loan, policy);
  const ltv = triggerLtv(loan);
  const state = draft.loans.get(loan.id)?.state ?? 'unseen';
  const says = quietWords(loan, state, `LTV ${decimalPercent(ltv)}, acts at ${decimalPercent(levels.act)}`);
  return {
    loan: loan.id,
    at: now,
    ltv: format(ltv),
    levels: levelsText(levels),
    verdict: ltv.lt(levels.act) || loan.status !== 'open' ? 'nothing' : 'wait',
    trace: [{ rule: state, fired: true, says }],
    says,
    next: nextPrices(loan, levels, setup.groups),
  };
}

function quietWords(loan: LoanView, state: string, where: string): string {
  if (loan.status === 'closed') return 'no debt: nothing to watch';
  if (loan.status === 'liquidating') return 'the venue is liquidating and refuses every call';
  switch (state) {
    case 'watching.breached':
      return `${where}: one more look at another price must agree`;
    case 'cooling':
      return `${where}: just acted, cooling down`;
    case 'unresolved':
      return `${where}: the last money call is not proven yet, so its loan waits`;
    case 'paused':
      return `${where}: an operator paused it`;
    default:
      return `${where}: nothing to do`;
  }
}

export function intentOf(deps: LookDeps, setup: AccountSetup, opened: Opened, view: AccountView, decision: Extract<Decision, { verdict: 'act' }>, draft: Draft): Intent {
  return intentFrom(decision, {
    // One intent a look at most, so the epoch numbers them; the stamp keeps apart what a lost journal numbered before.
    id: `${deps.stamp}-${view.uid}-${String(opened.epoch)}`,
    view,
    mode: setup.mode,
    epoch: opened.epoch,
    episode: draft.needs.get(decision.loan)?.episode ?? '',
    policyDigest: setup.digest,
    plannedAt: deps.clock.wall(),
    maxAgeMs: setup.timing.maxAgeMs,
  });
}
