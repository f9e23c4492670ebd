/** Step 6: everything a look decided, as the one thing the journal writes. */
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import type { Charge } from '../core/need.ts';
import { causesOf } from '../machines/accountMachine.ts';
import { episodeOf } from '../machines/loanContext.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountSetup } from './account.ts';
import type { Draft, Recorded } from './draft.ts';
import type { Commit, Opened } from './journal.ts';
import { EMPTY_COMMIT } from './journal.ts';

export interface CommitParts {
  readonly setup: AccountSetup;
  readonly opened: Opened;
  readonly draft: Draft;
  /** Redis' clock: budgets are counted on it (DESIGN §5.6). */
  readonly now: number;
}

/** What the draft holds, as the parts that every commit of a look has. */
export function commitOf({ setup, opened, draft, now }: CommitParts, more: CommitMore): Commit {
  const { view, intent, ...rest } = more;
  return {
    ...EMPTY_COMMIT,
    ...rest,
    loans: draft.changed,
    account: draft.account,
    decisions: draft.decisions.map((recorded) => ({
      decision: recorded.decision,
      signature: signatureOf(recorded, setup, draft, intent),
      detail: detailOf(recorded, setup, opened, draft, view),
    })),
    intent: intent === null ? null : { intent, charge: chargeOf(intent, now) },
    told: draft.told,
    over: draft.over,
    health: draft.health,
    disputes: draft.disputes,
    haltTaken: opened.halt,
    acknowledgedTaken: opened.acknowledged?.text ?? null,
    mode: { mode: draft.mode, why: causesWords(draft.account) },
    episodes: [...draft.loans.values()].flatMap((stored) => episodeOf(stored) ?? []),
  };
}

export interface CommitMore extends Partial<
  Pick<Commit, 'learned' | 'seen' | 'suspect' | 'nextLookAt' | 'lookedAt' | 'rest' | 'charges'>
> {
  readonly view: AccountView | null;
  readonly intent: Intent | null;
}

/** Two decisions with one signature are the same decision seen again: the record is extended, not repeated (DESIGN §2.9). */
function signatureOf(
  { decision, withheld }: Recorded,
  setup: AccountSetup,
  draft: Draft,
  intent: Intent | null,
): string {
  const fired = decision.trace.filter((line) => line.fired).map((line) => line.rule);
  const sent = intent?.loan === decision.loan ? intent.id : (withheld?.kind ?? '');
  return [setup.digest, setup.mode, draft.mode, decision.verdict, sent, ...fired].join('|');
}

/** What it takes to read a record by itself, and to decide again what it decided. */
function detailOf(
  { decision, withheld }: Recorded,
  setup: AccountSetup,
  opened: Opened,
  draft: Draft,
  view: AccountView | null,
): object {
  return {
    epoch: opened.epoch,
    digest: setup.digest,
    sends: setup.mode,
    mode: draft.mode,
    state: draft.loans.get(decision.loan)?.state ?? null,
    withheld,
    quantities: view?.loans.find((seen) => seen.id === decision.loan) ?? null,
  };
}

function causesWords(account: Stored): string {
  return causesOf(account)
    .map(({ why }) => why)
    .join('; ');
}

function chargeOf(intent: Intent, now: number): Charge {
  return {
    intent: intent.id,
    at: now,
    loan: intent.loan,
    episode: intent.episode,
    rung: intent.rung,
    asset: intent.asset,
    amount: intent.amount,
    usd: intent.chargeUsd,
    tier: intent.tier,
  };
}
