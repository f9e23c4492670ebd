/** Decision records as the journal keeps them, read back. */
import type { Decision } from '../core/need.ts';

/** A record as the journal gives it: the decision, and when it was first and last made, how often in a row (Redis ms). */
export interface DecisionRecord {
  readonly decision: Decision;
  readonly firstAt?: number;
  readonly lastAt?: number;
  readonly count?: number;
  /** Why its call did not leave although it says `act`. */
  readonly withheld?: { readonly kind: string; readonly why: string } | null;
  /** Digest of the policy that decided, and the account's mode. */
  readonly digest?: string;
  readonly mode?: string;
}

export function recordOf(text: string): DecisionRecord {
  return JSON.parse(text) as DecisionRecord;
}

export function decisionOf(text: string | null): Decision | null {
  return text === null ? null : recordOf(text).decision;
}
