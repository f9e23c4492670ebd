/** What a look reads of the journal when it begins, and what it writes at once when it has decided. */
import type { Intent } from '../core/intent.ts';
import type { Learned } from '../core/learned.ts';
import type { LoanId } from '../core/loan.ts';
import type { AccountMode, Charge, Decision } from '../core/need.ts';
import type { ExternalAct } from '../exchanges/exchange.ts';
import type { Stored } from '../machines/types.ts';
import type { Acknowledged, Paused } from './operator.ts';

/** Everything a look starts from, read in one atomic step that also raised the epoch. */
export interface Opened {
  readonly epoch: number;
  readonly loans: ReadonlyMap<LoanId, Stored>;
  readonly account: Stored | null;
  /** Intents that may still move money; leftovers that were only planned have just been voided. */
  readonly undecided: readonly Intent[];
  /** Those of them that left beside another one (DESIGN §5.7). */
  readonly emergencies: ReadonlySet<string>;
  readonly charges: readonly Charge[];
  /** Times of the sends in a row that had no effect, by loan: what the fuse counts (DESIGN §2.6). */
  readonly fruitless: Readonly<Record<LoanId, readonly number[]>>;
  readonly learned: Learned;
  /** Pauses of the whole account, and of single loans. */
  readonly paused: Paused | null;
  readonly pausedLoans: ReadonlyMap<LoanId, Paused>;
  /** What an operator has acknowledged since the last look, and the text that `acknowledgedTaken` names. */
  readonly acknowledged: { readonly act: Acknowledged; readonly text: string } | null;
  readonly seen: string | null;
  readonly suspect: string | null;
  /** Prices in dispute and how far they have calmed down, as text. */
  readonly disputes: string | null;
  readonly recentAmounts: readonly string[];
  /** The newest intents, newest first, whatever became of them. */
  readonly recent: readonly Intent[];
  readonly voided: readonly string[];
  /** Conditions that were alerted and were not over at the last look, and since when (Redis ms). */
  readonly told: ReadonlyMap<string, number>;
  /** Failed looks in a row; below zero: good ones since there were too many. */
  readonly health: number;
  /** A contradiction that the account's machine may not know yet. */
  readonly halt: string | null;
  /** Redis ms between which nothing is sent, because the venue turned the last call down. */
  readonly rest: Rest | null;
  /** The newest acts of others, oldest first. */
  readonly others: readonly ExternalAct[];
  /** Redis' own clock, ms: the one clock that all processes share. */
  readonly redisNow: number;
}

/** A pause of sending. It has a start, so that a clock that went back cannot stretch it. */
export interface Rest {
  readonly from: number;
  readonly until: number;
}

/** What one look writes at once. */
export interface Commit {
  readonly loans: ReadonlyMap<LoanId, Stored>;
  readonly account: Stored | null;
  readonly decisions: readonly { readonly decision: Decision; readonly signature: string; readonly detail: object }[];
  readonly intent: { readonly intent: Intent; readonly charge: Charge } | null;
  readonly learned: readonly (readonly [field: string, value: string])[];
  readonly seen: string | null;
  readonly suspect: string | null;
  /** `null` leaves them as they are. */
  readonly disputes: string | null;
  readonly nextLookAt: number | null;
  readonly lookedAt: number | null;
  /** Conditions that were alerted in this look, and those that are over. */
  readonly told: readonly string[];
  readonly over: readonly string[];
  readonly health: number | null;
  /** The contradiction that `account` knows from now on. */
  readonly haltTaken: string | null;
  /** The acknowledgement that `account` has heard of. */
  readonly acknowledgedTaken: string | null;
  readonly rest: Rest | null;
  /** Money that others moved, charged to the budgets. */
  readonly charges: readonly Charge[];
  /** The account's mode and why: written down when it is another one than before. `null`: this look does not say. */
  readonly mode: { readonly mode: AccountMode; readonly why: string } | null;
  /** Episodes that are open: what was charged for them is counted however old it is. */
  readonly episodes: readonly string[];
}

export const EMPTY_COMMIT: Commit = {
  loans: new Map(),
  account: null,
  decisions: [],
  intent: null,
  learned: [],
  seen: null,
  suspect: null,
  disputes: null,
  nextLookAt: null,
  lookedAt: null,
  told: [],
  over: [],
  health: null,
  haltTaken: null,
  acknowledgedTaken: null,
  rest: null,
  charges: [],
  mode: null,
  episodes: [],
};
