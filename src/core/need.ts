/**
 * What a loan needs and what was decided about it. `machines/` produces needs, `decide` answers each with one decision.
 */
import type { AccountView, Asset, LoanId, LoanView, Product } from './loan.ts';
import type { Intent, Leg, Mode } from './intent.ts';
import type { Learned } from './learned.ts';
import type { AssetGroup, Policy, WalletRule } from './policy.ts';
import type { Dec } from './money.ts';

/** Band levels of one loan at one moment, as LTVs (DESIGN §5.1). `act` is already clamped under `call − 1pp`. */
export interface Levels {
  readonly warn: readonly Dec[];
  readonly target: Dec;
  readonly act: Dec;
  readonly urgent: Dec;
  readonly line: Dec;
  readonly call: Dec | null;
}

/** Legs of a plan that are still to come; each is sized again from a new look and never above `atMost` (coins, text). */
export interface Remainder {
  readonly rung: number;
  readonly legs: readonly { readonly verb: Leg['verb']; readonly asset: Asset; readonly atMost: string }[];
}

export interface Need {
  readonly loan: LoanId;
  readonly episode: string;
  /** Which level the remedy should reach. */
  readonly aim: 'target' | 'urgent';
  readonly urgency: 'act' | 'urgent';
  /** True when an intent of the account is undecided and only other money may be used (DESIGN §5.7). */
  readonly emergency: boolean;
  readonly remainder: Remainder | null;
  /** The loan is at target, and what is left of this debt after a full repayment is to be cleared (DESIGN §5.2). */
  readonly clear: Asset | null;
}

/** Account modes (DESIGN §4). */
export type AccountMode = 'active' | 'reducing' | 'degraded' | 'quarantine' | 'halted';

/** One charge against budgets, written with the intent and returned only when it provably did not happen. */
export interface Charge {
  readonly intent: string;
  readonly at: number;
  readonly loan: LoanId;
  readonly episode: string;
  readonly rung: number;
  readonly asset: Asset;
  /** Coins and USD, text. A repay fed by its own transfer charges zero. */
  readonly amount: string;
  readonly usd: string;
  readonly tier: 'normal' | 'urgent';
}

/** Money of a plan's later legs: counted against the caps until it is charged or the episode ends (DESIGN §5.6). */
export interface Reserved {
  readonly rung: number;
  readonly asset: Asset;
  /** Coins and USD, text. */
  readonly amount: string;
  readonly usd: string;
}

export interface Reservation extends Reserved {
  readonly loan: LoanId;
  readonly episode: string;
}

/** Calls that may not be planned now: a hanging transfer, an open breaker. `null` leaves nothing out. */
export interface Block {
  readonly loan: LoanId | null;
  readonly product: Product | null;
  /** `add` is a call of the product itself; collateral that goes in by a transfer needs `transfer`. */
  readonly needs: 'transfer' | 'repay' | 'add';
  readonly asset: Asset | null;
  /** Beyond `urgent` its rungs come after all others instead of not at all: no brake may stop the rescue (DESIGN §2.6). */
  readonly lastResort: boolean;
  readonly why: string;
}

export interface DecideInput {
  readonly now: number;
  readonly view: AccountView;
  readonly mode: AccountMode;
  readonly sendMode: Mode;
  readonly needs: readonly Need[];
  readonly policies: Readonly<Record<LoanId, Policy>>;
  readonly priorities: Readonly<Record<LoanId, number>>;
  readonly wallets: readonly WalletRule[];
  readonly groups: Readonly<Record<Asset, AssetGroup>>;
  /** Charges of the last 24 h (at least), this account. */
  readonly charges: readonly Charge[];
  /** What open episodes hold of the caps for legs that are still to come. */
  readonly reserved: readonly Reservation[];
  /** Intents of the account that may still move money. */
  readonly undecided: readonly Intent[];
  /** Our newest calls, settled or not, in no order. */
  readonly recent: readonly Intent[];
  /** Recent intents (record window), so that fingerprints stay unique. */
  readonly recentAmounts: readonly string[];
  /** Times of the sends in a row without any effect, per loan: the fuse's input. */
  readonly fruitless: Readonly<Record<LoanId, readonly number[]>>;
  /** Assets whose price sources disagree. */
  readonly dislocated: readonly Asset[];
  /**
   * Assets whose price has a reference of its own, outside the venue, that agrees now. Only a loan all of whose prices are
   * attested may let collateral go (DESIGN §2.7); what nobody compared is not attested.
   */
  readonly attested: readonly Asset[];
  /** Rungs that may not be used now, with the reason. */
  readonly blocked: readonly Block[];
  readonly learned: Learned;
  /** Epoch of the run: part of intent ids and of the fingerprint tail. */
  readonly epoch: number;
}

/** One rule that was looked at, in order: the explanation of a decision (DESIGN §5.8). */
export interface TraceLine {
  readonly rule: string;
  readonly fired: boolean;
  readonly says: string;
}

/** Everything an amount was computed from, as text, so that anyone can compute it again. */
export interface Sizing {
  readonly formula: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly unbounded: string;
  /** Bounds applied in order with the value each left. */
  readonly bounds: readonly { readonly by: string; readonly to: string }[];
  readonly tail: string;
  readonly amount: string;
}

export interface DecisionBase {
  readonly loan: LoanId;
  readonly at: number;
  readonly ltv: string;
  readonly levels: Readonly<Record<'target' | 'act' | 'urgent' | 'line', string>> & { readonly call: string | null };
  readonly trace: readonly TraceLine[];
  /** In words, one sentence. */
  readonly says: string;
  /** The next price of the loan's main factor at which something would happen; `null` when no price would. */
  readonly next: readonly { readonly asset: Asset; readonly price: string; readonly what: string }[];
}

export type Decision = DecisionBase &
  (
    | { readonly verdict: 'nothing' | 'wait' }
    | { readonly verdict: 'starved' | 'capped'; readonly missingUsd: string }
    | {
        readonly verdict: 'act';
        readonly leg: Leg;
        readonly rung: number;
        readonly remainder: Remainder | null;
        /** The plan was cut by money or caps and will not reach its aim. */
        readonly partial: boolean;
        /** What cut it, and USD of outside repayment that is still missing; absent when the plan is whole. */
        readonly short?: { readonly by: 'money' | 'limit'; readonly what: string; readonly missingUsd: string };
        readonly tier: 'normal' | 'urgent';
        readonly chargeUsd: string;
        /** What the plan's later legs will be charged. */
        readonly reserves: readonly Reserved[];
        readonly fingerprint: Intent['fingerprint'];
        readonly sizing: Sizing;
        readonly ltvAfter: string;
      }
  );

/** A loan with the levels its policy gives it now. */
export interface LeveledLoan {
  readonly loan: LoanView;
  readonly policy: Policy;
  readonly levels: Levels;
}
