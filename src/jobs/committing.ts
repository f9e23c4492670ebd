/** Step 6: everything a look decided, as the one thing the journal writes. */
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import type { Charge, Decision } from '../core/need.ts';
import type { Draft } from './draft.ts';
import type { Commit } from './journal.ts';
import { viewText } from './viewText.ts';

export interface CommitParts {
  readonly view: AccountView | null;
  readonly intent: Intent | null;
  readonly suspect: string | null;
  readonly nextLookAt: number | null;
  readonly lookedAt: number | null;
}

export function commitOf(draft: Draft, parts: CommitParts): Commit {
  return {
    loans: draft.changed,
    account: draft.account,
    decisions: draft.decisions.map((decision) => ({
      decision,
      signature: signatureOf(decision, parts.intent),
      detail: { mode: draft.mode, quantities: quantitiesOf(parts.view, decision.loan) },
    })),
    intent: parts.intent === null ? null : { intent: parts.intent, charge: chargeOf(parts.intent) },
    learned: [],
    // Quantities of the last good look: what the next one is judged against (DESIGN §2.4).
    seen: parts.view === null ? null : viewText(parts.view),
    suspect: parts.suspect,
    nextLookAt: parts.nextLookAt,
    lookedAt: parts.lookedAt,
  };
}

/** Two decisions with one signature are the same decision seen again: the record is extended, not repeated (DESIGN §2.9). */
function signatureOf(decision: Decision, intent: Intent | null): string {
  const fired = decision.trace.filter((line) => line.fired).map((line) => line.rule);
  const acted = intent?.loan === decision.loan ? intent.id : '';
  return [decision.verdict, acted, ...fired].join('|');
}

function chargeOf(intent: Intent): Charge {
  return {
    intent: intent.id,
    at: intent.plannedAt,
    loan: intent.loan,
    episode: intent.episode,
    rung: intent.rung,
    asset: intent.asset,
    amount: intent.amount,
    usd: intent.chargeUsd,
    tier: intent.tier,
  };
}

/** The loan's part of the view, so that a record can be read and recomputed by itself. */
function quantitiesOf(view: AccountView | null, loan: string): object | null {
  return view?.loans.find((seen) => seen.id === loan) ?? null;
}
