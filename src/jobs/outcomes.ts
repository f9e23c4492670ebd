/** Which facts about an intent may follow which, and which two cannot both be true. */
import type { IntentState } from '../core/intent.ts';

interface Standing {
  /** States that the outcome may follow. */
  readonly follows: string;
  /** States that say the opposite; every other one simply knew it already, or knows better. */
  readonly contradicts: string;
  readonly refund?: boolean;
}

/**
 * How each outcome stands to what the journal already says (DESIGN §4 "appended by intent id"). Facts may arrive late and
 * out of order: a frozen run wakes up when another one has settled its intent by evidence. Only two that cannot both be
 * true halt the account. `refused` is said by the one run that could have sent, so it settles a doubt of others.
 */
export const OUTCOMES: Readonly<Record<OutcomeState, Standing>> = {
  settling: { follows: 'sending,unknown,settling', contradicts: 'rejected,refused,voided,planned,missing' },
  unknown: { follows: 'sending,settling,unknown', contradicts: 'missing' },
  // Given up is not proven: a late truth is welcome and contradicts nothing.
  confirmed: {
    follows: 'sending,settling,unknown,expired',
    contradicts: 'rejected,refused,voided,planned,missing',
  },
  rejected: { follows: 'sending,settling,unknown,expired', contradicts: 'confirmed,missing', refund: true },
  refused: { follows: 'planned,sending,unknown,expired', contradicts: 'settling,confirmed,missing', refund: true },
  expired: { follows: 'unknown', contradicts: 'missing' },
};

export type OutcomeState = Exclude<IntentState, 'planned' | 'sending' | 'voided'>;
/**
 * `known`: the journal had settled it already, in a way that does not contradict this. `overrules`: an operator had said
 * the opposite, and this is what it is now.
 */
export type Appended =
  | { readonly result: 'ok' | 'same' }
  | { readonly result: 'known' | 'contradicts' | 'overrules'; readonly state: IntentState | 'missing' };

/** What the journal's script answered. */
export function appendedOf(reply: string): Appended {
  const [result, state] = reply.split(' ');
  if (result === 'ok' || result === 'same') return { result };
  const told = result === 'known' || result === 'overrules' ? result : 'contradicts';
  return { result: told, state: state as IntentState | 'missing' };
}
