/**
 * After an operator's word: an errand that goes on asking the venue's records about intents that were settled by it. A late
 * outcome is never dropped (DESIGN §4): what proves the opposite outranks the word, moves the budgets, and halts the account.
 */
import { isUndecided } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import type { LookDeps } from './account.ts';
import type { Errand } from './errands.ts';
import { messageOf, withDeadline } from './observing.ts';
import type { OutcomeState } from './outcomes.ts';

export function followWords(deps: LookDeps): Errand {
  return {
    name: 'proof of an operator’s word',
    everyMs: deps.setup().timing.recordsEveryMs,
    run: (signal) => follow(deps, signal),
  };
}

/** One turn. A record that cannot be read now is asked for at the next one. */
async function follow(deps: LookDeps, signal: AbortSignal): Promise<void> {
  const { journal } = deps;
  for (const id of await journal.spoken.followed()) {
    const intent = await journal.intent(id);
    if (intent !== null && isUndecided(intent)) continue;
    // What evidence settled needs no more of it.
    if (intent?.byWord !== true || (await isProven(deps, intent, signal))) await journal.spoken.proven(id);
  }
}

async function isProven(deps: LookDeps, intent: Intent, signal: AbortSignal): Promise<boolean> {
  const { clock, journal, venue, setup } = deps;
  const evidence = await venue.evidence(intent, withDeadline(clock, signal, setup())).catch(messageOf);
  if (typeof evidence === 'string') return false;
  const { verdict, why } = evidence;
  // Absence is no proof here: records are kept for so long only, and the word may know more than they do.
  const isProof = verdict === 'happened' || (verdict === 'didNotHappen' && evidence.byRecord === true);
  if (!isProof) return false;
  const state: OutcomeState = verdict === 'happened' ? 'confirmed' : 'rejected';
  if (state === intent.state) return true;
  const ref = verdict === 'happened' ? (evidence.ref ?? intent.ref) : intent.ref;
  const { result } = await journal.outcome(intent, state, { ref, note: why, settledAt: clock.wall() });
  if (result !== 'overrules') return true;
  const { by, says, why: reason } = intent.word ?? { by: 'an operator', says: 'something else', why: '' };
  const said = says === 'happened' ? 'happened' : 'did not happen';
  const alert = `${by} said that intent ${intent.id} ${said} (${reason}), and the venue's record proves the opposite: ${why}. The venue counts, the budgets follow it, and the account halts. Look at it, then acknowledge.`;
  deps.emit(setup().name, { type: 'alert', severity: 'critical', category: 'word', loan: intent.loan, says: alert });
  await deps.ring('an operator’s word was disproven');
  return true;
}
