/**
 * What the server tells the page, and nothing else: plain JSON, amounts and ratios as text, times as wall ms of the server
 * or as ages in ms. Shapes only, so that the page may import it.
 */

/** What a page has to know before it asks for anything else. */
export interface Access {
  readonly reads: 'free' | 'token';
  /** Whether anybody can act through this page at all. */
  readonly acts: boolean;
}

export interface Board {
  /** Wall ms of this reading. */
  readonly at: number;
  readonly version: string;
  /** First letters of the policy digest of this process. */
  readonly policy: string;
  /** Whether anybody can act through this page at all. */
  readonly acts: boolean;
  /** Open alerts, worst first; `null`: this server keeps no list of them. */
  readonly alerts: readonly Alert[] | null;
  readonly accounts: readonly Account[];
  readonly absent: readonly Absent[];
  readonly loans: readonly Loan[];
  readonly inFlight: readonly InFlight[];
  readonly externals: readonly External[];
}

export interface Alert {
  readonly id: string;
  readonly severity: 'warning' | 'critical';
  readonly category: string;
  /** The category in words. */
  readonly means: string;
  readonly account: string | null;
  readonly loan: string | null;
  readonly says: string;
  /** Wall ms. */
  readonly since: number;
  /** Since when it is over, wall ms; `null` while it lasts. */
  readonly over: number | null;
  readonly acknowledged: { readonly by: string; readonly at: number } | null;
}

export interface Paused {
  readonly by: string;
  readonly why: string;
  readonly at: number;
  readonly until: number | null;
}

export interface Account {
  readonly account: string;
  readonly mode: string;
  readonly venue: string;
  readonly uid: string;
  readonly own: boolean;
  readonly lookedMs: number | null;
  readonly seenMs: number | null;
  readonly seenWithinMs: number | null;
  readonly accountMode: string;
  readonly held: readonly string[];
  readonly standing: {
    readonly causes: readonly { readonly kind: string; readonly since: number | null; readonly why: string }[];
    readonly pauses: readonly { readonly loan: string | null; readonly paused: Paused }[];
    readonly acknowledging: boolean;
  };
  /** Kinds of causes that only a person lifts. */
  readonly forAPerson: readonly string[];
  readonly lane: {
    readonly looks: number;
    readonly nextLookMs: number | null;
    readonly running: boolean;
    readonly processes: number;
    readonly failed: number;
  };
  readonly unread: readonly { readonly section: string; readonly reason: string }[];
  readonly wallets: readonly {
    readonly wallet: string;
    readonly coins: readonly { readonly asset: string; readonly free: string; readonly keep: string | null }[];
  }[];
  readonly survival: readonly Move[];
  /** Tape time, ms; `null` for a real account. */
  readonly tapeAt: number | null;
}

export interface Move {
  readonly factor: string;
  readonly kind: 'price' | 'basis';
  readonly against: string | null;
  readonly direction: 'fall' | 'rise';
  /** Signed share; `null`: no such move reaches the line. */
  readonly without: string | null;
  readonly with: string | null;
}

export interface Levels {
  readonly target: string;
  readonly act: string;
  readonly urgent: string;
  readonly line: string;
  readonly call: string | null;
}

export interface Held {
  readonly asset: string;
  readonly amount: string;
  readonly usd: string;
}

export interface Next {
  readonly asset: string;
  readonly price: string;
  readonly what: string;
}

export interface Loan {
  readonly account: string;
  readonly mode: string;
  readonly loan: string;
  readonly state: string;
  readonly ltv: string | null;
  readonly says: string | null;
  readonly verdict: string | null;
  readonly levels: Levels | null;
  readonly next: readonly Next[];
  readonly paused: Paused | null;
  readonly policy: string | null;
  readonly debts: readonly Held[];
  readonly collateral: readonly Held[];
  readonly budgets: readonly {
    readonly tier: 'normal' | 'urgent';
    readonly limit: string;
    readonly cap: string;
    readonly left: string;
  }[];
  readonly fuse: { readonly count: number; readonly of: number; readonly blown: boolean } | null;
  readonly survival: {
    readonly moves: readonly Move[];
    readonly targets: readonly {
      readonly direction: 'fall' | 'rise';
      readonly wanted: string;
      readonly has: string | null;
      readonly shortBy: string | null;
    }[];
  } | null;
  readonly terms: readonly {
    readonly asset: string;
    readonly ratePerYear: string | null;
    readonly nextInterestMs: number | null;
    readonly accrued: string | null;
    readonly room: { readonly coins: string; readonly binds: string } | null;
  }[];
}

export interface InFlight {
  readonly account: string;
  readonly intent: string;
  readonly loan: string;
  readonly what: string;
  readonly state: string;
  readonly sinceMs: number;
  readonly note: string;
  /** What would prove it, what is held because of it, and how it ends. */
  readonly ledger: readonly string[];
}

export interface Absent {
  readonly account: string;
  readonly state: 'unreachable' | 'refused';
  readonly sinceMs: number;
  readonly says: string;
}

export interface External {
  readonly account: string;
  readonly loan: string | null;
  readonly kind: string;
  readonly says: string;
  readonly agoMs: number;
}

/** Wall ms, shown ms (tape time of a simulated account), then ratios: LTV, target, act, urgent, line. */
export type Point = readonly [
  at: number,
  shown: number,
  ltv: number,
  target: number,
  act: number,
  urgent: number,
  line: number,
];

/** By account, then by loan; oldest point first. */
export type Tracks = Readonly<Record<string, Readonly<Record<string, readonly Point[]>>>>;

export interface DecisionDetail {
  readonly says: string;
  readonly verdict: string;
  /** Wall ms of the first and the last look that decided this, and how many did. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  readonly ltv: string;
  readonly trace: readonly { readonly rule: string; readonly fired: boolean; readonly says: string }[];
  readonly next: readonly Next[];
  /** `null` unless it acts. */
  readonly amount: {
    readonly formula: string;
    readonly inputs: Readonly<Record<string, string>>;
    readonly unbounded: string;
    readonly bounds: readonly { readonly by: string; readonly to: string }[];
    readonly amount: string;
    readonly ltvAfter: string;
  } | null;
}

export interface Action {
  readonly id: string;
  readonly what: string;
  readonly state: string;
  readonly tier: 'normal' | 'urgent';
  readonly chargeUsd: string;
  readonly plannedAt: number;
  readonly sentAt: number | null;
  readonly settledAt: number | null;
  /** The venue's own reference. */
  readonly ref: string | null;
  readonly note: string;
  readonly reads: readonly { readonly at: number; readonly verdict: string }[];
  readonly ltvBefore: string;
  /** As it was first seen afterwards; `null`: not seen yet, or long ago. */
  readonly ltvAfter: string | null;
}

export interface LoanDetail {
  readonly account: string;
  readonly loan: string;
  readonly decision: DecisionDetail | null;
  /** The newest decision that moved money, when that is another one. */
  readonly lastAct: DecisionDetail | null;
  /** Newest first, without the present one. */
  readonly history: readonly Pick<DecisionDetail, 'says' | 'verdict' | 'firstAt' | 'lastAt' | 'count' | 'ltv'>[];
  readonly actions: readonly Action[];
  readonly acts: readonly { readonly act: string; readonly by: string; readonly why: string; readonly at: number }[];
  readonly track: readonly Point[];
}

export type Target =
  | { readonly kind: 'all' }
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'loan'; readonly account: string; readonly loan: string };

/** What went wrong, for a person. */
export interface Trouble {
  readonly happened: string;
  readonly ballast: string;
  readonly operator: string;
}
