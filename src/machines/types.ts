/**
 * Events and commands of the two machines. Plain JSON: decimals are text, times are wall ms that the caller passes in.
 * A result carries its intent id; one that does not belong to the loan's current intent changes nothing (it is reported as `stray`).
 */
import type { AccountMode, Remainder, Reserved } from '../core/need.ts';

export interface LevelsText {
  readonly warn: readonly string[];
  readonly target: string;
  readonly act: string;
  readonly urgent: string;
  readonly line: string;
  readonly call: string | null;
}

/** Rules of the policy that the lifecycle itself needs. */
export interface LifecycleRules {
  readonly confirmAct: number;
  readonly confirmUrgent: number;
  readonly coolDownMs: number;
  readonly whenUnsettled: 'hold' | 'otherMoney';
  /** `null`: the policy releases nothing. */
  readonly release: ReleaseWatch | null;
}

/** What the lifecycle keeps count of for a release: for how long the LTV was seen below its level. */
export interface ReleaseWatch {
  /** LTV below which time counts. */
  readonly below: string;
  /** The rule as text: another one begins the count anew. */
  readonly rule: string;
  /** Longest time between two looks that counts in full; what was not seen for ten times as long is forgotten. */
  readonly gapMs: number;
}

export type LoanEvent =
  | {
      readonly type: 'OBSERVED';
      readonly now: number;
      readonly status: 'open' | 'closed' | 'liquidating';
      /** The LTV that triggers. */
      readonly ltv: string;
      /** A plan to `target` would find nothing to do; `ltv` may show more than that, as the venue rounds it. */
      readonly atTarget: boolean;
      /** Coins that are owed now, more than amounts can say. */
      readonly owes: readonly string[];
      readonly levels: LevelsText;
      readonly rules: LifecycleRules;
      /** Id for the episode that would open at this look. */
      readonly episodeId: string;
      /** Changes whenever the prices behind the LTV do: two looks at one price moment confirm nothing. */
      readonly priceMoment: string;
      /** An intent of this account is undecided. */
      readonly undecided: boolean;
      /** What somebody else did to the loan since the last look, e.g. `repaid 2000 USDT`; `null`: nothing. */
      readonly others: string | null;
    }
  | { readonly type: 'OBSERVE_FAILED'; readonly now: number; readonly why: string }
  | {
      readonly type: 'PLANNED';
      readonly now: number;
      readonly intentId: string;
      readonly rung: number;
      readonly remainder: Remainder | null;
      readonly partial: boolean;
      /** The call pays the whole debt in this coin. */
      readonly clears?: string;
      /** What later legs of the plan hold of the caps. */
      readonly reserves?: readonly Reserved[];
    }
  | {
      readonly type: 'STARVED' | 'CAPPED';
      readonly now: number;
      readonly why: string;
      /** Only what is left of the debt in this coin was asked to be cleared. */
      readonly clears?: string;
    }
  | { readonly type: 'CLAIMED'; readonly now: number; readonly intentId: string }
  | { readonly type: 'ACCEPTED'; readonly now: number; readonly intentId: string }
  | { readonly type: 'CONFIRMED'; readonly now: number; readonly intentId: string }
  | { readonly type: 'UNKNOWN'; readonly now: number; readonly intentId: string; readonly why: string }
  | {
      readonly type: 'REJECTED' | 'REFUSED' | 'DID_NOT_HAPPEN' | 'EXPIRED' | 'VOIDED';
      readonly now: number;
      readonly intentId: string;
      readonly why: string;
    }
  | {
      readonly type: 'PAUSE';
      readonly now: number;
      readonly by: string;
      readonly why: string;
      readonly until: number | null;
    }
  | { readonly type: 'RESUME'; readonly now: number; readonly by: string; readonly why: string }
  | { readonly type: 'RETIRE'; readonly now: number };

export type LoanCommand =
  /** The loan needs a remedy now. */
  | {
      readonly type: 'need';
      readonly episode: string;
      readonly aim: 'target' | 'urgent';
      readonly urgency: 'act' | 'urgent';
      readonly emergency: boolean;
      readonly remainder: Remainder | null;
      readonly clear: string | null;
    }
  | { readonly type: 'episodeOpened'; readonly episode: string; readonly ltv: string }
  | { readonly type: 'episodeClosed'; readonly episode: string; readonly ltv: string; readonly why: string }
  | {
      readonly type: 'alert';
      readonly severity: 'info' | 'warning' | 'critical';
      readonly category: string;
      readonly says: string;
    }
  /** Look again not later than this wall ms. */
  | { readonly type: 'lookBy'; readonly at: number; readonly why: string }
  /** An event that the current state does not expect: logged and counted, never ignored in silence. */
  | { readonly type: 'stray'; readonly event: string; readonly says: string };

export type AccountEvent =
  | { readonly type: 'OBSERVED'; readonly now: number }
  | { readonly type: 'READS_FAILING'; readonly now: number; readonly why: string }
  | { readonly type: 'DISLOCATED' | 'DEFINITION_CHANGED' | 'CLOCK_JUMPED'; readonly now: number; readonly why: string }
  /** What is seen to be over; without `of`, all three. */
  | { readonly type: 'CALM'; readonly now: number; readonly why: string; readonly of?: 'reads' | 'prices' | 'clock' }
  | { readonly type: 'JOURNAL_LOST'; readonly now: number; readonly why: string; readonly until: number }
  | { readonly type: 'RECORDS_IMPORTED'; readonly now: number }
  | { readonly type: 'HALT'; readonly now: number; readonly why: string }
  | { readonly type: 'ACKNOWLEDGE'; readonly now: number; readonly by: string; readonly why: string };

export type AccountCommand =
  | { readonly type: 'modeChanged'; readonly from: AccountMode; readonly to: AccountMode; readonly why: string }
  | {
      readonly type: 'alert';
      readonly severity: 'info' | 'warning' | 'critical';
      readonly category: string;
      readonly says: string;
    }
  | { readonly type: 'stray'; readonly event: string; readonly says: string };

/** What is stored of a machine between looks. */
export interface Stored {
  readonly machine: 'loan' | 'account';
  readonly version: number;
  /** Grows by one with every event. */
  readonly seq: number;
  /** State path in DESIGN's words, e.g. `watching.healthy`, `acting.settling`, `cooling`. */
  readonly state: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly updatedAt: number;
}
