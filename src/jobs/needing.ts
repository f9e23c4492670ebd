/** Step 4: every loan's machine is told what was seen of it; what it needs comes back. */
import type { Intent } from '../core/intent.ts';
import type { AccountView, DebtView, LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { LevelsError, levelsOf, levelsText, releaseLevelsOf } from '../core/levels.ts';
import { floor, format, ZERO } from '../core/money.ts';
import type { Levels } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';
import { isBack } from '../core/position.ts';
import { rulesFor } from '../core/select.ts';
import { awaited } from '../machines/step.ts';
import type { LevelsText, LoanEvent, ReleaseWatch, Stored } from '../machines/types.ts';
import type { AccountSetup } from './account.ts';
import type { Draft } from './draft.ts';
import { VENUE_RISK, tellRisks } from './venueRisks.ts';

export interface Followed {
  readonly policy: Policy;
  readonly priority: number;
  readonly levels: Levels;
}

/** `unlisted`: nobody named it, or two rules did. `levels`: the venue's thresholds leave no room for the policy's. */
export interface Unfollowed {
  readonly none: 'unlisted' | 'levels';
  readonly why: string;
}

/** The policy a loan follows with its levels now, or why it follows none. */
export function followed(
  setup: Pick<AccountSetup, 'loans' | 'unlisted' | 'policies'>,
  loan: LoanView,
): Followed | Unfollowed {
  const rules = rulesFor(loan, setup.loans);
  const [rule] = rules;
  if (rules.length > 1) {
    return { none: 'unlisted', why: `${loan.id} is matched by ${String(rules.length)} rules: name it once` };
  }
  const name = rule?.policy ?? (setup.unlisted.kind === 'use' ? setup.unlisted.policy : null);
  const policy = name === null ? undefined : setup.policies[name];
  if (policy === undefined) return { none: 'unlisted', why: `${loan.id} is named by no rule: nothing protects it` };
  try {
    return { policy, priority: rule?.priority ?? 0, levels: levelsOf(loan, policy) };
  } catch (error) {
    if (!(error instanceof LevelsError)) throw error;
    return { none: 'levels', why: `${loan.id}: ${error.message}: nothing protects it` };
  }
}

export interface SeeFacts {
  readonly view: AccountView;
  readonly undecided: readonly Intent[];
  readonly now: number;
  readonly epoch: number;
  /** What somebody else did to a loan since it was last seen, in words; `null`: nothing. */
  readonly others: (loan: LoanId) => string | null;
}

export function seeLoans(setup: AccountSetup, draft: Draft, facts: SeeFacts): void {
  const { view, now } = facts;
  const seen = new Set<LoanId>();
  for (const loan of view.loans) {
    seen.add(loan.id);
    tellRisks(draft, loan);
    const found = followed(setup, loan);
    if ('none' in found) leave(setup, draft, loan, found, now);
    else {
      const stored = draft.loans.get(loan.id);
      if (stored?.state === 'retired' && awaited(stored).length === 0) draft.renew(loan.id);
      draft.tell(loan.id, observed(loan, found, facts, setup));
    }
  }
  for (const [id, stored] of draft.loans) {
    if (!seen.has(id) && isWatched(stored)) draft.tell(id, unseen(facts, id));
  }
  const whole = Object.values(view.sections).every(({ state }) => state === 'fresh');
  if (whole) draft.searched('unlisted', 'levels', 'machine', VENUE_RISK);
}

/** Closed and retired loans say nothing more until they are seen again. */
export function isWatched({ state }: Stored): boolean {
  return state !== 'closed' && state !== 'retired';
}

/** Loans that follow no policy are never silent (DESIGN §6), and a loan that lost its policy leaves. */
function leave(setup: AccountSetup, draft: Draft, loan: LoanView, { none, why }: Unfollowed, now: number): void {
  const stored = draft.loans.get(loan.id);
  if (none === 'levels') {
    if (loan.status === 'open') draft.lasting('critical', none, loan.id, why);
    if (stored !== undefined) draft.tell(loan.id, { type: 'OBSERVE_FAILED', now, why });
    return;
  }
  const ignored = setup.unlisted.kind === 'ignore' && rulesFor(loan, setup.loans).length === 0;
  if (loan.status === 'open' && !ignored) draft.lasting('warning', none, loan.id, why);
  if (stored !== undefined && isWatched(stored)) draft.tell(loan.id, { type: 'RETIRE', now });
}

function observed(loan: LoanView, { policy, levels }: Followed, facts: SeeFacts, setup: AccountSetup): LoanEvent {
  const { undecided, now, epoch, others } = facts;
  const look = `${setup.name}-${String(epoch)}`;
  return {
    type: 'OBSERVED',
    now,
    status: loan.status,
    ltv: format(triggerLtv(loan)),
    atTarget: isBack(loan, levels),
    owes: loan.debts.filter(isPayable).map(({ asset }) => asset),
    levels: levelsText(levels),
    rules: {
      confirmAct: policy.confirm.act,
      confirmUrgent: policy.confirm.urgent,
      coolDownMs: policy.coolDownMs,
      whenUnsettled: policy.whenUnsettled,
      release: releaseWatch(policy, levels, setup.timing.lookEveryMs),
    },
    episodeId: `${look}-${loan.product.replace('.', '-')}${loan.key === '' ? '' : `-${loan.key}`}`,
    priceMoment: priceMoment(loan),
    undecided: undecided.length > 0,
    others: others(loan.id),
  };
}

/** Gaps between two looks that are ordinary: an outage of the venue, a restart. */
const ORDINARY_GAP_LOOKS = 12;

function releaseWatch({ bands, release }: Policy, levels: Levels, lookEveryMs: number): ReleaseWatch | null {
  if (release === null) return null;
  const rule = [bands.scale, release.below, release.upTo, release.afterMs, release.perDay].join(' ');
  const { below } = releaseLevelsOf(bands, release, levels);
  return { below: format(below), rule, gapMs: ORDINARY_GAP_LOOKS * lookEveryMs };
}

/** More than nothing, in decimals that an amount may carry: OKX counts interest in finer ones. */
function isPayable({ amount, decimals }: DebtView): boolean {
  return floor(amount, decimals).gt(ZERO);
}

/** Prices behind an LTV as one text: it changes exactly when one of them does. */
function priceMoment(loan: LoanView): string {
  const prices = [...loan.debts, ...loan.collateral].map((held) => `${held.asset}=${format(held.price)}`);
  return [...new Set(prices)].sort().join(' ');
}

/**
 * A loan the journal knows and this view does not: gone when its section was read, because the venue lists every loan
 * there is; unseen when that read failed (DESIGN §2.4).
 */
function unseen({ view, now, others }: SeeFacts, id: LoanId): LoanEvent {
  const why = whyUnseen(view, id);
  return why === null ? gone(now, others(id)) : { type: 'OBSERVE_FAILED', now, why };
}

/** Why a loan is not in a view; `null` when the venue's answer is complete and does not hold it. */
export function whyUnseen(view: AccountView, id: LoanId): string | null {
  const product = id.split('/')[1] ?? '';
  // A loan in doubt is a section of its own.
  const section = view.sections[id] ?? view.sections[product];
  if (section?.state === 'fresh') return null;
  return section === undefined ? `${product} was not read` : section.reason;
}

function gone(now: number, others: string | null): LoanEvent {
  const none: LevelsText = { warn: [], target: '1', act: '1', urgent: '1', line: '1', call: null };
  return {
    type: 'OBSERVED',
    now,
    status: 'closed',
    ltv: '0',
    atTarget: true,
    owes: [],
    levels: none,
    rules: { confirmAct: 1, confirmUrgent: 1, coolDownMs: 0, whenUnsettled: 'hold', release: null },
    episodeId: '',
    priceMoment: '',
    undecided: false,
    others,
  };
}
