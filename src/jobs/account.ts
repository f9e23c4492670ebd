/** What a look needs to know and to use: the account's settings and its ports. Everything effectful comes in here. */
import type { Clock } from '../clock.ts';
import type { DislocationRules } from '../core/dislocation.ts';
import type { Intent, IntentState, Mode } from '../core/intent.ts';
import type { AccountView, Asset, LoanId } from '../core/loan.ts';
import type { AccountMode, Decision } from '../core/need.ts';
import type { AssetGroup, LoanRule, Policy, WalletRule } from '../core/policy.ts';
import type { ExternalAct, Venue } from '../exchanges/exchange.ts';
import type { ReferenceFeed } from '../exchanges/reference.ts';
import type { Conditions } from './conditions.ts';
import type { Journal } from './journal.ts';
import type { Passing } from './points.ts';
import type { Safeguard } from './safeguard.ts';
import type { Timing } from './timing.ts';

/** One account as its policy file describes it. Replaced as a whole between looks when the file is reloaded. */
export interface AccountSetup {
  readonly name: string;
  readonly venue: 'binance' | 'okx';
  /** What the one function that sends may do (DESIGN §2.11). */
  readonly mode: Mode;
  readonly digest: string;
  readonly policies: Readonly<Record<string, Policy>>;
  readonly loans: readonly LoanRule[];
  readonly unlisted:
    { readonly kind: 'alert' } | { readonly kind: 'ignore' } | { readonly kind: 'use'; readonly policy: string };
  readonly wallets: readonly WalletRule[];
  readonly groups: Readonly<Record<Asset, AssetGroup>>;
  /** When a price of the venue is no longer believed. */
  readonly dislocation: DislocationRules;
  readonly timing: Timing;
}

export type Severity = 'info' | 'warning' | 'critical';

/** Where the account stands after a look. */
interface Standing {
  readonly states: Readonly<Record<LoanId, string>>;
  readonly nextLookAt: number;
  /** A money call may be on its way, or is owed another try soon. */
  readonly inFlight: boolean;
}

/** What a look tells the rest of the server. Data: printing, alerting and measuring are done elsewhere. */
export type LookEvent =
  | {
      readonly type: 'alert';
      readonly severity: Severity;
      readonly category: string;
      readonly loan: LoanId | null;
      readonly says: string;
    }
  /** Somebody else moved something: told once, when the venue's record is first read. */
  | { readonly type: 'external'; readonly severity: Severity; readonly act: ExternalAct; readonly says: string }
  /** `mode`: what may be sent; an observer's decisions are those of a dry run. */
  | { readonly type: 'decided'; readonly decision: Decision; readonly changed: boolean; readonly mode: Mode }
  | { readonly type: 'sent'; readonly intent: Intent }
  | { readonly type: 'outcome'; readonly intent: Intent; readonly state: IntentState; readonly note: string }
  | { readonly type: 'confirmed'; readonly intent: Intent; readonly ltvBefore: string; readonly ltvAfter: string }
  | ({
      readonly type: 'looked';
      readonly reason: string;
      readonly view: AccountView;
      readonly mode: AccountMode;
    } & Standing)
  | ({ readonly type: 'acted' } & Standing)
  | { readonly type: 'blind'; readonly why: string; readonly nextLookAt: number }
  /** A look has ended, whatever it saw: since its doorbell was queued, or the look before it ended; and what it took. */
  | { readonly type: 'timed'; readonly waitedMs: number; readonly tookMs: number }
  /** What holds now, whole, after every commit. */
  | ({ readonly type: 'conditions' } & Conditions);

export interface LookDeps {
  readonly setup: () => AccountSetup;
  readonly journal: Journal;
  readonly venue: Venue;
  /** What is said elsewhere of coins' prices; `null`: nobody is asked. */
  readonly reference: ReferenceFeed | null;
  readonly clock: Clock;
  /** Part of every intent id: differs whenever the journal or the simulated world does. Letters and digits. */
  readonly stamp: string;
  /** Must not throw: nothing that listens may come between a claim and its send. */
  readonly emit: (account: string, event: LookEvent) => void;
  /** Asks for another look of this account right after this one. */
  readonly ring: (reason: string) => Promise<void>;
  /**
   * Something moved that none of our calls explains: search the venue's records soon, but not within `leastMs` of the last
   * search. Nothing waits for it; what is found rings.
   */
  readonly askRecords: (leastMs: number) => void;
  /** False once the server is stopping: no new claims (DESIGN §8). */
  readonly mayClaim: () => boolean;
  /** Told of every place at which a death would leave something half done. */
  readonly passing: Passing;
  /** `null` where nothing real is sent: a journal that forgets costs nothing there. */
  readonly safeguard: Safeguard | null;
}
