/**
 * What an evidence read makes of an undecided intent (DESIGN §5.7, §6). Pure. Unknown is settled by evidence, never by
 * hope:
 *
 * - it happened when a final record says so AND the reads that feed the next plan show it;
 * - it did not happen when the venue's own record says FAILED, or when three reads over half a minute find no trace;
 * - it is given up after a long time in which three reads could be made and none of them saw it pending or done;
 * - everything else waits. What still pends never expires;
 * - an operator may say what became of it: that settles what evidence leaves open, and no more.
 */
import type { Evidence, Intent, Word } from '../core/intent.ts';
import type { Shown } from '../core/outcome.ts';
import type { LoanEvent } from '../machines/types.ts';
import type { OutcomeState } from './outcomes.ts';
import type { Timing } from './timing.ts';
import { AGREEING_READS } from './timing.ts';

export interface Ruling {
  /** The intent's new state; the same state again only refreshes its note. */
  readonly state: OutcomeState;
  readonly note: string;
  readonly ref: string | null;
  /** What the loan's machine is told; `null` when nothing changed for it. */
  readonly event: Extract<LoanEvent['type'], 'CONFIRMED' | 'UNKNOWN' | 'DID_NOT_HAPPEN' | 'EXPIRED'> | null;
  /** An operator's word settled it. */
  readonly byWord?: true;
}

export type RulingTiming = Pick<Timing, 'reflectTimeoutMs' | 'evidenceSpreadMs' | 'giveUpMs'>;

/**
 * @param evidence `null` when it could not be read: that says nothing, and never counts towards any verdict
 * @param shown what the view that was read after the evidence says about the intent
 */
export function ruling(
  intent: Intent,
  evidence: Evidence | null,
  shown: Shown,
  now: number,
  timing: RulingTiming,
): Ruling {
  const ruled = byEvidence(intent, evidence, shown, now, timing);
  const isProven = ruled.state === 'confirmed' || ruled.state === 'rejected';
  return intent.word === undefined || isProven
    ? ruled
    : withWord(intent.word, intent, evidence, shown, ruled, now, timing);
}

function byEvidence(
  intent: Intent,
  evidence: Evidence | null,
  shown: Shown,
  now: number,
  timing: RulingTiming,
): Ruling {
  if (evidence === null) return waiting(intent, 'the evidence could not be read', intent.ref, now, timing);
  if (evidence.verdict === 'happened') return happened(intent, evidence, shown, now, timing);
  const { ref } = intent;
  const { verdict, why } = evidence;
  if (verdict === 'didNotHappen' && (evidence.byRecord === true || absentForLong(intent, now, timing))) {
    return { state: 'rejected', note: why, ref, event: 'DID_NOT_HAPPEN' };
  }
  const mayCome = verdict === 'pending' || (verdict === 'cannotTell' && evidence.early === true);
  if (!mayCome && isLate(intent, now, timing) && lastReads(intent, ['didNotHappen', 'cannotTell'])) {
    return { state: 'expired', note: `given up: ${why}`, ref, event: 'EXPIRED' };
  }
  return waiting(intent, why, ref, now, timing);
}

/**
 * What an operator said, where the venue has proven nothing. That it happened counts once the reads that feed the next plan
 * show it, or had the time that they get after an acceptance; that it did not, never against a record that says it did.
 */
function withWord(
  { says, by, why }: Word,
  intent: Intent,
  evidence: Evidence | null,
  shown: Shown,
  ruled: Ruling,
  now: number,
  timing: RulingTiming,
): Ruling {
  const { ref } = ruled;
  if (says === 'didNotHappen') {
    if (evidence?.verdict !== 'happened') {
      return {
        state: 'rejected',
        note: `${by} says that it did not happen: ${why}`,
        ref,
        event: 'DID_NOT_HAPPEN',
        byWord: true,
      };
    }
    return { ...ruled, note: `${ruled.note}; ${by} says that it did not happen, which the record outranks` };
  }
  if ((shown === 'notYet' || shown === 'inPart') && isYoung(intent, now, timing)) return ruled;
  return { state: 'confirmed', note: `${by} says that it happened: ${why}`, ref, event: 'CONFIRMED', byWord: true };
}

/**
 * The record is final. While the reads still show the state before, they are stale and nothing may be planned from them,
 * however long that takes. When the loan shows it and only the wallet does not, for longer than reads ever lag, it was the
 * wallet's read before the send that lagged: a failed call that gives its money back late leaves the same balance twice. When they show neither before nor after, somebody else acted too: then the record and stable
 * reads decide after the give-up time.
 */
function happened(
  intent: Intent,
  evidence: Extract<Evidence, { readonly verdict: 'happened' }>,
  shown: Shown,
  now: number,
  timing: RulingTiming,
): Ruling {
  const ref = evidence.ref ?? intent.ref;
  if (shown === 'shown') return { state: 'confirmed', note: evidence.why, ref, event: 'CONFIRMED' };
  if (shown === 'inPart' && !isYoung(intent, now, timing) && lastReads(intent, ['happened'])) {
    const note = `${evidence.why}; the loan shows it, and the balance that it left stands as it was read before`;
    return { state: 'confirmed', note, ref, event: 'CONFIRMED' };
  }
  if (shown === 'contradicts' && isLate(intent, now, timing) && lastReads(intent, ['happened'])) {
    const note = `${evidence.why}; the account shows another change, so somebody else acted as well`;
    return { state: 'confirmed', note, ref, event: 'CONFIRMED' };
  }
  return waiting(intent, `${evidence.why}; the account does not show it yet`, ref, now, timing);
}

/** Accepted calls are `settling` until the reads had their time; everything else that is undecided is `unknown`. */
function waiting(intent: Intent, note: string, ref: string | null, now: number, timing: RulingTiming): Ruling {
  if (intent.state === 'settling' && isYoung(intent, now, timing)) return { state: 'settling', note, ref, event: null };
  return { state: 'unknown', note, ref, event: 'UNKNOWN' };
}

/** Reads may still show the state before. */
function isYoung(intent: Intent, now: number, timing: RulingTiming): boolean {
  return now - sentAt(intent) <= timing.reflectTimeoutMs;
}

/** The last reads, this one included, all show no trace and are spread far enough. */
function absentForLong(intent: Intent, now: number, timing: RulingTiming): boolean {
  const from = intent.reads.findLastIndex((read) => read.verdict !== 'didNotHappen') + 1;
  const absent = intent.reads.slice(from);
  return absent.length >= AGREEING_READS - 1 && now - (absent[0]?.at ?? now) >= timing.evidenceSpreadMs;
}

function isLate(intent: Intent, now: number, timing: RulingTiming): boolean {
  return intent.state === 'unknown' && now - sentAt(intent) >= timing.giveUpMs;
}

/** The reads before this one were as many as it takes, and said nothing else. */
function lastReads(intent: Intent, verdicts: readonly string[]): boolean {
  const last = intent.reads.slice(-AGREEING_READS);
  return last.length === AGREEING_READS && last.every((read) => verdicts.includes(read.verdict));
}

function sentAt(intent: Intent): number {
  return intent.sentAt ?? intent.plannedAt;
}

/** Of a row of equal verdicts the first is kept, which says since when, and the newest. */
const KEPT_OF_A_ROW = 4;
const KEPT_READS = 50;

/**
 * The reads with one more. Bounded, so that an intent that stays undecided for days does not grow without end; and never
 * so that frequent reads push out the first one of a row, because the time since that one is what proves something.
 */
export function withRead(intent: Intent, at: number, evidence: Evidence | null): Intent['reads'] {
  if (evidence === null) return intent.reads;
  const reads = [...intent.reads, { at, verdict: evidence.verdict }];
  const first = reads.findLastIndex((read) => read.verdict !== evidence.verdict) + 1;
  return (reads.length - first > KEPT_OF_A_ROW ? reads.toSpliced(first + 1, 1) : reads).slice(-KEPT_READS);
}
