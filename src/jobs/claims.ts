/** Calls that a journal which was taken back does not know any more, and what they take from the proof of others. */
import { type Evidence, type Intent, WITHOUT_EFFECT } from '../core/intent.ts';
import { parse } from '../core/money.ts';
import { markOf } from '../core/proof.ts';
import { BEFORE_CLAIM } from './witness.ts';

/** All calls: those of the journal, and those that only the witness of this machine knows. */
export interface Calls {
  readonly known: readonly Intent[];
  readonly forgotten: readonly Intent[];
}

/**
 * @param held intents of the journal. One that was taken back to just before a claim holds the call as a plan, which the
 * next look voided
 * @param claimed what the witness saw leave
 */
export function callsOf(held: readonly Intent[], claimed: readonly Intent[]): Calls {
  const left = new Set(claimed.map(({ id }) => id));
  const known = held.filter(({ id, state }) => !BEFORE_CLAIM.includes(state) || !left.has(id));
  const ids = new Set(known.map(({ id }) => id));
  return { known, forgotten: claimed.filter(({ id }) => !ids.has(id)) };
}

/**
 * Evidence as far as it is about this intent. A record that is recognised by its amount proves nothing where another call of
 * ours had the same amount: a debt that is paid whole is the same twice, and a small amount has no room for a mark.
 */
export function undisputed<E extends Evidence>(evidence: E, intent: Intent, ours: readonly Intent[]): E | Evidence {
  if (evidence.verdict !== 'happened' || intent.ref !== null || markOf(intent).by === 'clientId') return evidence;
  const twin = ours.find((one) => isAlike(one, intent) && mayOwn(one, evidence.ref));
  if (twin === undefined) return evidence;
  return { verdict: 'cannotTell', why: `${evidence.why}, but intent ${twin.id} was of the same amount` };
}

function isAlike(one: Intent, intent: Intent): boolean {
  const { id, loan, verb, asset, amount } = intent;
  if (one.id === id || one.loan !== loan || one.verb !== verb || one.asset !== asset) return false;
  return !WITHOUT_EFFECT.includes(one.state) && parse(one.amount).eq(parse(amount));
}

/** Whether a record may be this call's: one whose own record is known has no other. */
function mayOwn({ ref }: Intent, record: string | null): boolean {
  return ref === null || record === null || ref === record;
}
