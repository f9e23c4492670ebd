/**
 * The ledger of the undecided: every money call of an account that is in flight or unknown, with what would prove it and
 * what waits for it (DESIGN §5.7). Pure: rows out of what the journal holds, by the same rules that looks follow. The
 * terminal words them; any other page may serve them as they are. Times are wall ms.
 */
import type { Intent, IntentState, Verb, Word } from '../core/intent.ts';
import type { Asset, LoanId, Product } from '../core/loan.ts';
import type { AccountMode, DecideInput } from '../core/need.ts';
import { absenceProves, markOf, proofOf, showsUntil } from '../core/proof.ts';
import type { Mark, Proof } from '../core/proof.ts';
import type { Timing } from './timing.ts';
import { AGREEING_READS } from './timing.ts';
import { freedomOf } from './undecided.ts';
import type { Freedom } from './undecided.ts';

export interface LedgerRow {
  readonly intent: string;
  readonly loan: LoanId;
  readonly product: Product;
  readonly verb: Verb;
  readonly asset: Asset;
  /** Coins, wire text. */
  readonly amount: string;
  readonly from: Intent['from'];
  readonly to: Intent['to'];
  /** All that is owed was meant to be paid. */
  readonly full: boolean;
  readonly state: IntentState;
  /** When it was sent; when it was planned, if nobody knows whether it was. */
  readonly since: number;
  /** The last thing known, in words, and the venue's reference, if it gave one. */
  readonly note: string;
  readonly ref: string | null;
  readonly evidence: LedgerEvidence;
  readonly held: LedgerHold;
  /** When it is given up to a person at the earliest; `null`: not while the venue itself says that it is on its way, or done. */
  readonly givenUpAt: number | null;
  /** An operator's word that the next look takes. */
  readonly word: Word | null;
}

export interface LedgerEvidence {
  /** Lists of the venue in which its record would be, and the words of it that prove something. */
  readonly records: readonly string[];
  readonly words: Pick<Proof, 'done' | 'failed' | 'pending'>;
  readonly mark: { readonly by: Mark | 'nothing'; readonly value: string | null };
  /** What has to stand as before the send before "no record" counts. */
  readonly still: string;
  /** The venue may start executing it until then, and its record may appear until then. */
  readonly executableUntil: number | null;
  readonly mayAppearUntil: number | null;
  /** The last read, and how many in a row have found no trace, of how many it takes over how many ms. */
  readonly lastRead: { readonly at: number; readonly verdict: string } | null;
  readonly absent: number;
  /** Whether finding none proves that it did not happen; never against the venue's word that it accepted. */
  readonly absenceProves: boolean;
  readonly absentNeeded: number;
  readonly absentOverMs: number;
}

export interface LedgerHold {
  /** USD that stay charged to the budgets until it is proven that nothing moved. */
  readonly chargeUsd: string;
  /** Coins that count neither where they were nor where they go. */
  readonly coins: readonly { readonly place: string; readonly asset: Asset }[];
  /** Why nothing else of the account leaves now; `null`: other money may, beyond `urgent`. */
  readonly waits: string | null;
  /** What may not be done even then. */
  readonly blocked: DecideInput['blocked'];
  /** From when on one further call may leave beyond `urgent`, where `whenUnsettled` is `otherMoney`; `null`: not before it is settled. */
  readonly exceptionFrom: number | null;
}

export interface LedgerFacts {
  /** Intents of one account that may still move money. */
  readonly undecided: readonly Intent[];
  readonly mode: AccountMode;
  readonly now: number;
  readonly timing: Pick<Timing, 'lagMarginMs' | 'giveUpMs' | 'evidenceSpreadMs'>;
}

/** Oldest first. */
export function ledgerOf(facts: LedgerFacts): readonly LedgerRow[] {
  const rows = facts.undecided.map((intent) => rowOf(intent, facts));
  return rows.sort((a, b) => a.since - b.since);
}

function rowOf(intent: Intent, facts: LedgerFacts): LedgerRow {
  const { id, loan, product, verb, asset, amount, from, to, full, state, note, ref, word } = intent;
  return {
    ...{ intent: id, loan, product, verb, asset, amount, from, to, full, state, note, ref },
    since: intent.sentAt ?? intent.plannedAt,
    evidence: evidenceOf(intent, facts),
    held: holdOf(intent, facts),
    givenUpAt: givenUpAt(intent, facts),
    word: word ?? null,
  };
}

function evidenceOf(intent: Intent, { timing }: LedgerFacts): LedgerEvidence {
  const { records = [], still = '', done = null, failed = null, pending = null } = proofOf(intent) ?? {};
  const lastOther = intent.reads.findLastIndex(({ verdict }) => verdict !== 'didNotHappen');
  return {
    records,
    words: { done, failed, pending },
    mark: markOf(intent),
    still,
    executableUntil: intent.validUntil,
    mayAppearUntil: showsUntil(intent, timing.lagMarginMs),
    lastRead: intent.reads.at(-1) ?? null,
    absent: intent.reads.length - lastOther - 1,
    absenceProves: absenceProves(intent),
    absentNeeded: AGREEING_READS,
    absentOverMs: timing.evidenceSpreadMs,
  };
}

function holdOf(intent: Intent, facts: LedgerFacts): LedgerHold {
  const freedom = freedomAt(facts.now, facts);
  const places = [intent.from, intent.to].filter((place) => place !== 'loan');
  return {
    chargeUsd: intent.chargeUsd,
    coins: [...new Set(places)].map((place) => ({ place, asset: intent.asset })),
    waits: freedom.kind === 'held' ? freedom.why : null,
    blocked: freedom.kind === 'otherMoney' ? freedom.blocked : [],
    exceptionFrom: exceptionFrom(facts),
  };
}

/** When the whole account waits only for a time to pass, that time. */
function exceptionFrom(facts: LedgerFacts): number | null {
  const [first] = facts.undecided;
  if (first === undefined || first.validUntil === null) return null;
  const freeAt = first.validUntil + facts.timing.lagMarginMs;
  const isFree = freedomAt(Math.max(facts.now, freeAt + 1), facts).kind === 'otherMoney';
  return isFree ? freeAt : null;
}

function freedomAt(now: number, { undecided, mode, timing }: LedgerFacts): Freedom {
  const emergencies = new Set(undecided.flatMap(({ id, emergency }) => (emergency === true ? [id] : [])));
  const last = undecided.flatMap(({ id, reads }) => {
    const verdict = reads.at(-1)?.verdict;
    return isVerdict(verdict) ? [[id, { verdict }] as const] : [];
  });
  return freedomOf({ undecided, emergencies, evidence: new Map(last), mode, now, timing });
}

const VERDICTS = ['happened', 'didNotHappen', 'pending', 'cannotTell'] as const;

function isVerdict(text: string | undefined): text is (typeof VERDICTS)[number] {
  return VERDICTS.some((verdict) => verdict === text);
}

function givenUpAt(intent: Intent, { timing }: LedgerFacts): number | null {
  const last = intent.reads.at(-1)?.verdict;
  if (last === 'pending' || last === 'happened') return null;
  return (intent.sentAt ?? intent.plannedAt) + timing.giveUpMs;
}
