/** One loan of an account as its last look and its newest decision have it. */
import type { AccountConfig, Config } from '../config/types.ts';
import type { LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { format } from '../core/money.ts';
import type { Decision } from '../core/need.ts';
import type { Means } from '../jobs/shelf.ts';
import { followed } from '../jobs/needing.ts';
import type { Paused } from '../jobs/operator.ts';
import { episodeOf } from '../machines/loanContext.ts';
import type { Stored } from '../machines/types.ts';
import type { BudgetRow, FuseRow } from './budgets.ts';
import { budgetsOf, fuseOf } from './budgets.ts';
import type { LoanSurvival } from './survival.ts';
import type { TermsRow } from './terms.ts';

export interface LoanStatus {
  readonly account: string;
  readonly mode: string;
  readonly loan: string;
  readonly state: string;
  readonly ltv: string | null;
  readonly says: string | null;
  readonly terms: readonly TermsRow[];
  /** `null` while the loan is not open, or was not seen. */
  readonly survival: LoanSurvival | null;
  readonly verdict: Decision['verdict'] | null;
  /** Ratios as text; `null` before the first decision that saw the loan. */
  readonly levels: Decision['levels'] | null;
  readonly next: Decision['next'];
  readonly paused: Paused | null;
  /** Name in the file; `null` when it follows none. */
  readonly policy: string | null;
  readonly debts: readonly HeldRow[];
  readonly collateral: readonly HeldRow[];
  readonly budgets: readonly BudgetRow[];
  readonly fuse: FuseRow | null;
}

/** Coins and USD, text. */
export interface HeldRow {
  readonly asset: string;
  readonly amount: string;
  readonly usd: string;
}

export interface LoanParts {
  readonly account: string;
  readonly mode: string;
  readonly id: LoanId;
  readonly stored: Stored;
  readonly decision: Decision | null;
  readonly means: Means;
  readonly fruitless: readonly number[];
  readonly terms: readonly TermsRow[];
  readonly survival: LoanSurvival | null;
  readonly paused: Paused | null;
  /** What the file at hand says of the account; `null`: nothing. */
  readonly file: { readonly config: Config; readonly account: AccountConfig } | null;
}

export function loanStatus(parts: LoanParts): LoanStatus {
  const { account, mode, id, stored, decision, means, terms, survival, paused } = parts;
  const view = means.view?.loans.find((loan) => loan.id === id) ?? null;
  const seen = decision !== null && Number(decision.levels.line) > 0;
  const ltv = seen ? decision.ltv : view === null || view.status === 'closed' ? null : format(triggerLtv(view));
  return {
    ...{ account, mode, loan: id, state: stored.state, ltv, terms, survival, paused },
    says: decision?.says ?? null,
    verdict: decision?.verdict ?? null,
    levels: seen ? decision.levels : null,
    next: decision?.next ?? [],
    debts: (view?.debts ?? []).map((debt) => rowOf(debt)),
    collateral: (view?.collateral ?? []).map((held) => rowOf(held)),
    ...moneyOf(parts, view),
  };
}

function rowOf({ asset, amount, price }: LoanView['debts'][number] | LoanView['collateral'][number]): HeldRow {
  return { asset, amount: format(amount), usd: format(amount.times(price).toDecimalPlaces(2)) };
}

/** The policy a loan follows, and what is left of its limits. */
function moneyOf(
  { file, means, fruitless, stored }: LoanParts,
  view: LoanView | null,
): Pick<LoanStatus, 'policy' | 'budgets' | 'fuse'> {
  const policyOf = (loan: LoanView) => {
    if (file === null) return null;
    const { loans, unlisted } = file.account;
    const found = followed({ loans, unlisted, policies: file.config.policies }, loan);
    return 'none' in found ? null : found.policy;
  };
  const policy = view === null ? null : policyOf(view);
  if (policy === null) return { policy: null, budgets: [], fuse: null };
  const { charges, redisNow: now } = means;
  // A loan that left every policy still spent this account's money: it counts.
  const others = new Set(
    (means.view?.loans ?? []).filter((loan) => (policyOf(loan) ?? policy).name !== policy.name).map(({ id }) => id),
  );
  const counts = (loan: LoanId): boolean => !others.has(loan);
  const budgets = budgetsOf({ policy, charges, now, counts, episode: episodeOf(stored) ?? '' });
  return { policy: policy.name, budgets, fuse: fuseOf(policy, fruitless, now) };
}
