/**
 * Intents and outcomes: what is about to be sent, and what became of it (DESIGN §1, §2.1–2.3).
 * Plain JSON, decimals as text, because an intent lives in the journal and must survive everything.
 */
import type { Asset, LoanId, Product, WalletName } from './loan.ts';

/**
 * `repay` debt; `transferIn` wallet → the loan's account; `add` collateral in one call; `transferOut` and `reduce` are the
 * two ways to release; `borrow` exists as a typed call and nothing in the policy can reach it.
 */
export type Verb = 'repay' | 'transferIn' | 'add' | 'transferOut' | 'reduce' | 'borrow';

/** `live` moves real money, `simulated` moves the simulator's, `dryRun` moves nothing. Each has its own journal namespace. */
export type Mode = 'live' | 'simulated' | 'dryRun';

export type IntentState =
  | 'planned' // journaled, nothing sent; voided by the next look
  | 'sending' // claimed: a byte may have left
  | 'settling' // accepted by the venue, record not final or reads do not show it yet
  | 'confirmed'
  | 'rejected' // the venue proves it did not happen
  | 'refused' // provably never left us
  | 'unknown' // undecided: evidence is being gathered
  | 'expired' // given up after stable reads; charged, alerted; the next look is truth
  | 'voided'; // a leftover plan of a run that ended

/** States in which the intent may still move money, so that its account waits (DESIGN §2.3). */
export const UNDECIDED: readonly IntentState[] = ['sending', 'settling', 'unknown'];

/** Proven not to have happened, or never sent: nothing that the venue shows is theirs. */
export const WITHOUT_EFFECT: readonly IntentState[] = ['planned', 'voided', 'refused', 'rejected'];

/** It may still move money. */
export function isUndecided({ state }: Pick<Intent, 'state'>): boolean {
  return UNDECIDED.includes(state);
}

export interface Leg {
  readonly verb: Verb;
  readonly asset: Asset;
  /** Coins, wire text. */
  readonly amount: string;
  /** Where the money is before and after; `inside` is the loan's own account. */
  readonly from: WalletName | 'inside' | 'loan';
  readonly to: WalletName | 'inside' | 'loan';
  /** The whole debt is meant to be paid; never marked by a fingerprint. */
  readonly full: boolean;
}

/** Quantities just before the send, in wire text: what evidence and progress are judged against. */
export interface StateBefore {
  readonly debt: Readonly<Record<Asset, string>>;
  readonly collateral: Readonly<Record<Asset, string>>;
  readonly inside: Readonly<Record<Asset, string>>;
  readonly wallet: Readonly<Record<Asset, string>>;
  readonly ltv: string;
}

export interface Intent extends Leg {
  /** `<account-safe>-<epoch>-<n>`-like, unique for ever, letters and digits and `-` only. */
  readonly id: string;
  readonly account: string;
  readonly loan: LoanId;
  readonly product: Product;
  /** Key of the loan inside its product (pair, ordId …). */
  readonly key: string;
  readonly mode: Mode;
  readonly episode: string;
  /** Ladder rung that asked for it; 0 for a release. */
  readonly rung: number;
  readonly tier: 'normal' | 'urgent';
  /** USD charged to budgets in the commit that writes it. */
  readonly chargeUsd: string;
  /** `marked`: the amount's last decimals identify it among this account's records (DESIGN §6). */
  readonly fingerprint: 'marked' | 'unmarked';
  /** Client id where the venue takes one (OKX repay and transfers); 32 letters and digits at most. */
  readonly clientId: string;
  readonly epoch: number;
  readonly policyDigest: string;
  /** Wall ms of the plan and the age after which it may no longer be claimed. */
  readonly plannedAt: number;
  readonly maxAgeMs: number;
  readonly before: StateBefore;
  /** Record cursors saved before the send, product-specific text. */
  readonly cursors: Readonly<Record<string, string>>;
  readonly state: IntentState;
  /** Set by claim: after this ms of the venue's clock, plus lag margin, the venue can no longer start executing it. */
  readonly validUntil: number | null;
  readonly sentAt: number | null;
  readonly settledAt: number | null;
  /**
   * Wall ms at which the venue first failed at this call: it gave no answer, or one that says nothing, it turned it down as
   * not available, or did not show it in time. `null`: it did not. Breakers are made of this.
   */
  readonly troubleAt: number | null;
  /** Venue's reference, when it gave one. */
  readonly ref: string | null;
  /** Last thing known, in words. */
  readonly note: string;
  /** Evidence reads so far: wall ms and verdict, newest last, bounded. */
  readonly reads: readonly { readonly at: number; readonly verdict: string }[];
  /** It left beside another undecided call (DESIGN §5.7). */
  readonly emergency?: true;
  /** What an operator said became of it; the next look takes it. */
  readonly word?: Word;
  /** Settled by that word and not by evidence: a fact that says otherwise outranks it. */
  readonly byWord?: true;
}

/** An operator's word on what became of an undecided intent. */
export interface Word {
  readonly says: 'happened' | 'didNotHappen';
  readonly by: string;
  readonly why: string;
  /** Wall ms. */
  readonly at: number;
}

/** What one send brought back (DESIGN §2.2). */
export type Reply =
  | { readonly outcome: 'accepted'; readonly ref: string | null; readonly final: boolean; readonly note: string }
  | {
      readonly outcome: 'rejected';
      readonly code: string;
      readonly meaning: string;
      readonly retryAfterMs: number | null;
      readonly effect: RejectEffect;
      /** The amount that the refusal's text names, if it names one: mostly a minimum. */
      readonly stated?: Stated;
    }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unknown'; readonly reason: string; readonly code: string | null };

/** An amount in a text: coins, plain; `asset: null` when the text names no coin. */
export interface Stated {
  readonly amount: string;
  readonly asset: Asset | null;
}

/** What a proven rejection tells the rest of the server besides "it did not happen". */
export type RejectEffect =
  | 'none'
  | 'pending' // another transaction of the account is running (-3007): wait and look afresh
  | 'tooSmall' // below a minimum: learn it
  | 'dust' // would leave forbidden dust: learn it
  | 'precision' // the amount is disliked: fewer decimals, and no fingerprints for this asset; then a larger one
  | 'funds' // the source does not hold that much
  | 'exceedsDebt'
  | 'rateLimited'
  | 'banned' // the IP is banned: stop everything from it
  | 'clock' // clock out of window: re-synchronise once
  | 'halt' // permission, key, frozen account: halt the account
  | 'unavailable'; // this verb or asset is not available now

/** What the venue's records and balances say about an undecided intent. */
export type Evidence =
  | { readonly verdict: 'happened'; readonly ref: string | null; readonly amount: string; readonly why: string }
  /** `byRecord`: the venue's own record says FAILED, which is proof at once; otherwise absence, which needs several reads. */
  | { readonly verdict: 'didNotHappen'; readonly why: string; readonly byRecord?: boolean }
  | { readonly verdict: 'pending'; readonly why: string }
  /** `early`: by the venue's clock it may still come, so nothing is given up yet. */
  | { readonly verdict: 'cannotTell'; readonly why: string; readonly early?: true };
