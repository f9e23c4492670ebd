/** Steps 2 and 8: what became of money that was sent. Undecided intents come first, before anything is observed or planned. */
import type { Evidence, Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { shows } from '../core/outcome.ts';
import { awaited } from '../machines/step.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import { withRead } from './journal.ts';
import type { Ruling } from './ruling.ts';
import { ruling } from './ruling.ts';

export interface Gathered {
  readonly intent: Intent;
  readonly evidence: Evidence;
}

/** Tells each loan's machine what the journal already knows: a run may have died between the fact and the machine. */
export async function feedVerdicts(deps: LookDeps, draft: Draft): Promise<void> {
  for (const [loan, stored] of draft.loans) {
    for (const id of awaited(stored)) {
      const intent = await deps.journal.intent(id);
      if (intent === null) continue;
      tellState(deps, draft, stored.state, intent);
      if (intent.loan !== loan) draft.alert('warning', 'stray', loan, `${loan} waits for ${id}, which belongs to ${intent.loan}`);
    }
  }
}

function tellState(deps: LookDeps, draft: Draft, state: string, intent: Intent): void {
  const now = deps.clock.wall();
  const { id: intentId, loan, note: why } = intent;
  const claimed = (): void => {
    if (state.endsWith('.planned')) draft.tell(loan, { type: 'CLAIMED', now, intentId });
  };
  switch (intent.state) {
    case 'planned':
      return;
    case 'voided':
      draft.tell(loan, { type: 'VOIDED', now, intentId, why });
      return;
    case 'refused':
      draft.tell(loan, { type: 'REFUSED', now, intentId, why });
      return;
    case 'sending':
    case 'unknown':
      claimed();
      if (state !== 'unresolved') draft.tell(loan, { type: 'UNKNOWN', now, intentId, why: why === '' ? 'the run that sent it ended before it saw the reply' : why });
      return;
    case 'settling':
      claimed();
      if (state.endsWith('.planned') || state.endsWith('.sending')) draft.tell(loan, { type: 'ACCEPTED', now, intentId });
      return;
    case 'confirmed':
      claimed();
      draft.tell(loan, { type: 'CONFIRMED', now, intentId });
      return;
    case 'rejected':
      claimed();
      draft.tell(loan, { type: 'DID_NOT_HAPPEN', now, intentId, why });
      return;
    case 'expired':
      claimed();
      draft.tell(loan, { type: 'EXPIRED', now, intentId, why });
      return;
  }
}

/** Reads the evidence of each undecided intent. A read that fails says nothing, so it cannot tell. */
export async function gather(deps: LookDeps, undecided: readonly Intent[], signal: AbortSignal): Promise<readonly Gathered[]> {
  const gathered: Gathered[] = [];
  for (const intent of undecided) {
    const evidence = await deps.venue.evidence(intent, signal).catch((error: unknown): Evidence => {
      return { verdict: 'cannotTell', why: error instanceof Error ? error.message : 'the venue could not be read' };
    });
    gathered.push({ intent, evidence });
  }
  return gathered;
}

/** Rules on what was gathered, in the light of a fresh view. Returns the intents that stay undecided. */
export async function judge(deps: LookDeps, setup: AccountSetup, draft: Draft, gathered: readonly Gathered[], view: AccountView): Promise<readonly Intent[]> {
  const left: Intent[] = [];
  for (const { intent, evidence } of gathered) {
    const now = deps.clock.wall();
    const ruled = ruling(intent, evidence, shows(intent, view) === 'shown', now, setup.timing);
    const next: Intent = { ...intent, state: ruled.state, note: ruled.note, ref: ruled.ref, reads: withRead(intent, now, evidence) };
    const appended = await deps.journal.outcome(intent, ruled.state, { note: next.note, ref: next.ref, reads: next.reads, settledAt: settledAt(ruled, now) });
    if (typeof appended === 'object') draft.tellAccount({ type: 'HALT', now, why: `intent ${intent.id}: the journal says ${appended.contradicts}, the evidence says ${ruled.state}` });
    if (ruled.event === null || ruled.event === 'UNKNOWN') left.push(next);
    announce(deps, setup, draft, intent, ruled, next, view);
  }
  return left;
}

function settledAt(ruled: Ruling, now: number): number | null {
  return ruled.event === null || ruled.event === 'UNKNOWN' ? null : now;
}

function announce(deps: LookDeps, setup: AccountSetup, draft: Draft, intent: Intent, ruled: Ruling, next: Intent, view: AccountView): void {
  const now = deps.clock.wall();
  if (ruled.event === null) return;
  const stored = draft.loans.get(intent.loan);
  if (ruled.event === 'UNKNOWN') {
    if (stored !== undefined && stored.state !== 'unresolved') draft.tell(intent.loan, { type: 'UNKNOWN', now, intentId: intent.id, why: ruled.note });
    return;
  }
  if (ruled.event === 'CONFIRMED') draft.tell(intent.loan, { type: 'CONFIRMED', now, intentId: intent.id });
  else draft.tell(intent.loan, { type: ruled.event, now, intentId: intent.id, why: ruled.note });
  deps.emit(setup.name, { type: 'outcome', intent: next, state: ruled.state, note: ruled.note });
  const loan = view.loans.find((seen) => seen.id === intent.loan);
  if (ruled.event === 'CONFIRMED') deps.emit(setup.name, { type: 'confirmed', intent: next, ltvBefore: intent.before.ltv, ltvAfter: loan === undefined ? '0' : triggerLtv(loan).toFixed(6) });
}
