/** Step 4: every loan's machine is told what was seen of it; what it needs comes back. */
import type { Intent } from '../core/intent.ts';
import type { AccountView, LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { levelsOf } from '../core/levels.ts';
import { format } from '../core/money.ts';
import type { Levels } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';
import { rulesFor } from '../core/select.ts';
import type { LevelsText, LoanEvent } from '../machines/types.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';

/** The policy a loan follows, or why it follows none. */
export function policyOf(setup: AccountSetup, loan: LoanView): { readonly policy: Policy; readonly priority: number } | { readonly none: string } {
  const rules = rulesFor(loan, setup.loans);
  const [rule] = rules;
  if (rules.length > 1) return { none: `${loan.id} is matched by ${String(rules.length)} rules: name it once` };
  const name = rule?.policy ?? (setup.unlisted.kind === 'use' ? setup.unlisted.policy : null);
  const policy = name === null ? undefined : setup.policies[name];
  if (policy === undefined) return { none: `${loan.id} is named by no rule: nothing protects it` };
  return { policy, priority: rule?.priority ?? 0 };
}

export function seeLoans(deps: LookDeps, setup: AccountSetup, draft: Draft, view: AccountView, undecided: readonly Intent[], epoch: number): void {
  const now = deps.clock.wall();
  const seen = new Set<LoanId>();
  for (const loan of view.loans) {
    seen.add(loan.id);
    const found = policyOf(setup, loan);
    if ('none' in found) {
      if (loan.status === 'open' && setup.unlisted.kind !== 'ignore') draft.alert('warning', 'unlisted', loan.id, found.none);
      continue;
    }
    draft.tell(loan.id, observed(loan, found.policy, undecided, now, `${setup.name}-${String(epoch)}`));
  }
  for (const id of draft.loans.keys()) {
    if (!seen.has(id)) draft.tell(id, unseen(view, id, now));
  }
}

function observed(loan: LoanView, policy: Policy, undecided: readonly Intent[], now: number, look: string): LoanEvent {
  const levels = levelsOf(loan, policy);
  return {
    type: 'OBSERVED',
    now,
    status: loan.status,
    ltv: format(triggerLtv(loan)),
    levels: asText(levels),
    rules: { confirmAct: policy.confirm.act, confirmUrgent: policy.confirm.urgent, coolDownMs: policy.coolDownMs, whenUnsettled: policy.whenUnsettled },
    episodeId: `${look}-${loan.product.replace('.', '-')}${loan.key === '' ? '' : `-${loan.key}`}`,
    priceMoment: priceMoment(loan),
    undecided: undecided.some((intent) => intent.loan !== loan.id),
  };
}

/** Prices behind an LTV as one text: it changes exactly when one of them does. */
function priceMoment(loan: LoanView): string {
  const prices = [...loan.debts, ...loan.collateral].map((held) => `${held.asset}=${format(held.price)}`);
  return [...new Set(prices)].sort().join(' ');
}

/** A loan the journal knows and this view does not: gone when its section was read, unseen when that read failed. */
function unseen(view: AccountView, id: LoanId, now: number): LoanEvent {
  const product = id.split('/')[1] ?? '';
  const section = view.sections[product];
  if (section?.state === 'fresh') return gone(now);
  return { type: 'OBSERVE_FAILED', now, why: section === undefined ? `${product} was not read` : section.reason };
}

function gone(now: number): LoanEvent {
  const none: LevelsText = { warn: [], target: '1', act: '1', urgent: '1', line: '1', call: null };
  return {
    type: 'OBSERVED',
    now,
    status: 'closed',
    ltv: '0',
    levels: none,
    rules: { confirmAct: 1, confirmUrgent: 1, coolDownMs: 0, whenUnsettled: 'hold' },
    episodeId: '',
    priceMoment: '',
    undecided: false,
  };
}

function asText(levels: Levels): LevelsText {
  return {
    warn: levels.warn.map(format),
    target: format(levels.target),
    act: format(levels.act),
    urgent: format(levels.urgent),
    line: format(levels.line),
    call: levels.call === null ? null : format(levels.call),
  };
}
