/**
 * What an evidence read makes of an undecided intent (DESIGN §5.7, §6). Pure. Unknown is settled by evidence, never by
 * hope: a record or a read that shows the change confirms; only absence in three reads over half a minute, or the
 * venue's own FAILED record, says that it did not happen; what still pends never expires.
 */
import type { Evidence, Intent } from '../core/intent.ts';
import type { LoanEvent } from '../machines/types.ts';
import type { OutcomeState } from './journal.ts';
import type { Timing } from './timing.ts';
import { AGREEING_READS } from './timing.ts';

export interface Ruling {
  /** The intent's new state; the same state again only refreshes its note. */
  readonly state: OutcomeState;
  readonly note: string;
  readonly ref: string | null;
  /** What the loan's machine is told; `null` when nothing changed for it. */
  readonly event: Extract<LoanEvent['type'], 'CONFIRMED' | 'UNKNOWN' | 'DID_NOT_HAPPEN' | 'EXPIRED'> | null;
}

/** `shown`: the reads that feed the next plan show the change; `null` when no fresh view was taken. */
export function ruling(intent: Intent, evidence: Evidence, shown: boolean | null, now: number, timing: Timing): Ruling {
  const ref = evidence.verdict === 'happened' ? (evidence.ref ?? intent.ref) : intent.ref;
  if (evidence.verdict === 'happened') {
    if (shown === true) return { state: 'confirmed', note: evidence.why, ref, event: 'CONFIRMED' };
    return waiting(intent, `${evidence.why}; the account does not show it yet`, ref, now, timing);
  }
  if (evidence.verdict === 'didNotHappen' && (evidence.byRecord === true || absentForLong(intent, now, timing))) {
    return { state: 'rejected', note: evidence.why, ref, event: 'DID_NOT_HAPPEN' };
  }
  if (evidence.verdict !== 'pending' && givenUp(intent, now, timing)) {
    return { state: 'expired', note: `given up: ${evidence.why}`, ref, event: 'EXPIRED' };
  }
  return waiting(intent, evidence.why, ref, now, timing);
}

/** Accepted calls are `settling` until the reads had their time; everything else that is undecided is `unknown`. */
function waiting(intent: Intent, note: string, ref: string | null, now: number, timing: Timing): Ruling {
  const since = intent.sentAt ?? intent.plannedAt;
  if (intent.state === 'settling' && now - since <= timing.reflectTimeoutMs) return { state: 'settling', note, ref, event: null };
  return { state: 'unknown', note, ref, event: 'UNKNOWN' };
}

/** The last reads, this one included, all show no trace and are spread far enough. */
function absentForLong(intent: Intent, now: number, timing: Timing): boolean {
  const absent = trailing(intent.reads, 'didNotHappen');
  return absent.length >= AGREEING_READS - 1 && now - (absent[0]?.at ?? now) >= timing.evidenceSpreadMs;
}

function givenUp(intent: Intent, now: number, timing: Timing): boolean {
  if (intent.state !== 'unknown' || now - (intent.sentAt ?? intent.plannedAt) < timing.giveUpMs) return false;
  const last = intent.reads.slice(-AGREEING_READS);
  return last.length === AGREEING_READS && last.every((read) => read.verdict !== 'pending' && read.verdict !== 'happened');
}

function trailing(reads: Intent['reads'], verdict: string): Intent['reads'] {
  let from = reads.length;
  while (from > 0 && reads[from - 1]?.verdict === verdict) from -= 1;
  return reads.slice(from);
}
