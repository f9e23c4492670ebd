/** Step 5, second half: of all decisions at most one becomes a call now (DESIGN §2.3); the others say why they do not. */
import type { Intent } from '../core/intent.ts';
import { intentFrom } from '../core/intents.ts';
import type { ActDecision } from '../core/intents.ts';
import type { Decision } from '../core/need.ts';
import { awaited } from '../machines/step.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { decideAll, inputOf } from './deciding.ts';
import type { Question } from './deciding.ts';
import type { Withheld } from './draft.ts';
import type { Opened } from './journal.ts';
import { messageOf, withDeadline } from './observing.ts';
import type { Sight } from './observing.ts';
import { releaseInputOf, withMostToRelease } from './releasing.ts';

/** One call that is about to leave. */
export interface Plan {
  readonly intent: Intent;
  /** Another call is undecided, and this one leaves beside it (DESIGN §5.7). */
  readonly beside: boolean;
}

type Chosen = { readonly intent: Intent } | { readonly withheld: Withheld };

/** Decides for every loan, tells the machines, and puts the records into the draft. Returns the call that leaves, if any. */
export async function triage(
  deps: LookDeps,
  question: Question,
  sight: Sight,
  signal: AbortSignal,
): Promise<Plan | null> {
  const { draft, opened, setup, undecided } = question;
  const decisions = decideAll(await informed(deps, question, signal));
  const now = deps.clock.wall();
  for (const { verdict, loan, says: why } of decisions) {
    const clears = draft.needs.get(loan)?.clear ?? null;
    const told = { now, why, ...(clears === null ? {} : { clears }) };
    if (verdict === 'starved') draft.tell(loan, { type: 'STARVED', ...told });
    if (verdict === 'capped') draft.tell(loan, { type: 'CAPPED', ...told });
  }
  const first = choose(decisions, opened, now, setup.timing.lookEveryMs);
  const chosen = first === null ? null : await plan(deps, question, sight, first, signal);
  const turn: Withheld = { kind: 'notItsTurn', why: `one call at a time, ${first?.loan ?? ''} goes first` };
  const ofFirst = chosen !== null && 'withheld' in chosen ? chosen.withheld : null;
  draft.decisions = decisions.map((decision) => {
    const withheld = decision.verdict !== 'act' ? null : decision === first ? ofFirst : turn;
    return { decision: inWords(decision, withheld), withheld };
  });
  return chosen !== null && 'intent' in chosen ? { intent: chosen.intent, beside: undecided.length > 0 } : null;
}

/** The question with the venue's own maximum of what may leave, if a release is all that is left to decide. */
async function informed(deps: LookDeps, question: Question, signal: AbortSignal): Promise<Question> {
  const { setup, draft } = question;
  const still = whyStill(question);
  const isShown = still === null || still.kind === 'dryRun';
  const canRelease = Object.values(setup.policies).some(({ release }) => release !== null);
  if (!isShown || !canRelease) return question;
  const view = await withMostToRelease(deps, releaseInputOf(inputOf(question), draft), setup, signal);
  return { ...question, view };
}

/**
 * The call that leaves in this look: the core's first, nearest to its line (DESIGN §2.3). When the venue has just turned
 * that loan down, another loan in need goes first once, so that one loan whose calls fail does not keep help from all.
 */
function choose(decisions: readonly Decision[], opened: Opened, now: number, lookEveryMs: number): ActDecision | null {
  const acts = decisions.filter((decision): decision is ActDecision => decision.verdict === 'act');
  const [last] = opened.recent;
  const isFresh = last !== undefined && now - (last.settledAt ?? 0) <= 2 * lookEveryMs;
  const turnedDown = isFresh && (last.state === 'rejected' || last.state === 'refused') ? last.loan : null;
  return acts.find(({ loan }) => loan !== turnedDown) ?? acts[0] ?? null;
}

/** The chosen call as an intent, or why it does not leave in this look. */
async function plan(
  deps: LookDeps,
  question: Question,
  sight: Sight,
  decision: ActDecision,
  signal: AbortSignal,
): Promise<Chosen> {
  const { draft, setup } = question;
  const { loan, rung, remainder, partial, leg, reserves } = decision;
  const still = whyStill(question);
  if (still !== null) return { withheld: still };
  const intent = intentOf(deps, question, sight, decision);
  let cursors: Intent['cursors'];
  try {
    cursors = await deps.venue.cursors(intent, withDeadline(deps.clock, signal, setup));
  } catch (error) {
    // Without cursors nothing could prove later what became of the call, so there is no call.
    return { withheld: { kind: 'cursors', why: `the venue's records: ${messageOf(error)}` } };
  }
  const now = deps.clock.wall();
  const clears = leg.full && leg.verb === 'repay' ? { clears: leg.asset } : {};
  draft.tell(loan, { type: 'PLANNED', now, intentId: intent.id, rung, remainder, partial, reserves, ...clears });
  const stored = draft.loans.get(loan);
  // A machine that does not wait for a call must not have it sent.
  if (stored === undefined || !awaited(stored).includes(intent.id)) {
    return { withheld: { kind: 'stray', why: `the loan is ${stored?.state ?? 'unknown'}` } };
  }
  return { intent: { ...intent, cursors, maxAgeMs: leftOf(sight, setup) } };
}

/** Two processes know Redis' time this well; a clock that seems to have gone back further did go back. */
const CLOCK_SLACK_MS = 1_000;

/** Why nothing leaves this account now, whatever its loans need. */
function whyStill({ freedom, setup, opened: { paused, rest }, now }: Question): Withheld | null {
  if (freedom.kind === 'held') return { kind: 'hold', why: freedom.why };
  if (setup.mode === 'dryRun') return { kind: 'dryRun', why: 'dry-run' };
  if (paused !== null) return { kind: 'paused', why: `paused by ${paused.by}: ${paused.why}` };
  if (rest === null || now < rest.from - CLOCK_SLACK_MS || now >= rest.until) return null;
  return { kind: 'backoff', why: `the last call was turned down, ${String(rest.until - now)} ms are left to wait` };
}

function intentOf(deps: LookDeps, { setup, draft, opened }: Question, sight: Sight, decision: ActDecision): Intent {
  return intentFrom(decision, {
    // One intent a look at most, so the epoch numbers them; the stamp keeps apart what a lost journal numbered before.
    id: `${deps.stamp}-${sight.view.uid}-${String(opened.epoch)}`,
    view: sight.view,
    mode: setup.mode,
    epoch: opened.epoch,
    episode: draft.needs.get(decision.loan)?.episode ?? '',
    policyDigest: setup.digest,
    plannedAt: deps.clock.wall(),
    maxAgeMs: leftOf(sight, setup),
  });
}

/** A plan may be claimed for as long as the reads behind it may be used, not for as long again (DESIGN §2.4). */
function leftOf(sight: Sight, { timing }: AccountSetup): number {
  return Math.max(0, Math.floor(timing.maxAgeMs - sight.ageMs()));
}

/** In a record, a call that does not leave must not read like one that does. */
function inWords(decision: Decision, withheld: Withheld | null): Decision {
  return withheld === null ? decision : { ...decision, says: `not sent (${withheld.why}): ${decision.says}` };
}
