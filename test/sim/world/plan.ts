/** What one seed means: the world, the accounts with their policies, and everything that will go wrong. Plain data. */
import type { AccountSetup } from '../../../src/jobs/account.ts';
import type { Product } from '../../../src/core/loan.ts';
import type { FaultInput } from '../../../src/simulator/faults.ts';
import type { WorldInput } from '../../../src/simulator/world.ts';
import type { Points } from '../../../src/simulator/tape/csv.ts';
import type { Cut } from '../engine/machine.ts';

export interface AccountPlan {
  readonly setup: AccountSetup;
  /** The same account by another policy file. */
  readonly otherwise: AccountSetup;
  readonly uid: string;
  readonly products: readonly Product[];
  readonly key: { readonly id: string; readonly secret: string; readonly passphrase: string };
}

/** Something that happens by itself at a moment, ms after the start. */
export type Event =
  | {
      readonly at: number;
      readonly kind: 'deed';
      readonly venue: 'binance' | 'okx';
      readonly deed: { readonly do: string };
    }
  | { readonly at: number; readonly kind: 'fault'; readonly fault: FaultInput; readonly forMs: number }
  | { readonly at: number; readonly kind: 'bell'; readonly account: number; readonly times: number }
  | { readonly at: number; readonly kind: 'bellsLost'; readonly account: number }
  | { readonly at: number; readonly kind: 'unreachable' | 'redisGone'; readonly forMs: number }
  /** Redis forgets so much of what it acknowledged; `null`: everything. */
  | { readonly at: number; readonly kind: 'rewind'; readonly byMs: number | null }
  /** The venues' clock moves to this far from the true one. */
  | { readonly at: number; readonly kind: 'skew'; readonly byMs: number }
  /** Redis' clock, or the wall clock of a machine, is off by so much for a while. */
  | { readonly at: number; readonly kind: 'redisClock'; readonly byMs: number; readonly forMs: number }
  | {
      readonly at: number;
      readonly kind: 'clock';
      readonly host: number;
      readonly byMs: number;
      readonly forMs: number;
    }
  /** The key of an account may do nothing, or only read, for a while. */
  | {
      readonly at: number;
      readonly kind: 'key';
      readonly account: number;
      readonly loses: 'all' | 'trade';
      readonly forMs: number;
    }
  /** Somebody changes the policy file and tells every process, one after the other. */
  | { readonly at: number; readonly kind: 'reload'; readonly eachMs: number }
  /** `loan`: of a random loan only. */
  | {
      readonly at: number;
      readonly kind: 'pause';
      readonly account: number;
      readonly loan: boolean;
      readonly forMs: number | null;
    }
  /** Somebody resumes what is paused. */
  | { readonly at: number; readonly kind: 'resume'; readonly account: number };

/** One process: when it starts, and what befalls it. */
export interface ProcessPlan {
  readonly startMs: number;
  /** Which machine it runs on. */
  readonly host: number;
  readonly skewMs: number;
  /** It was started with the other policy file. */
  readonly otherwise: boolean;
  readonly cuts: readonly Cut[];
}

export interface Plan {
  readonly seed: number;
  readonly startMs: number;
  /** Faults stop here, and the run is over at the latest there; ms after the start. */
  readonly calmMs: number;
  readonly endMs: number;
  readonly world: WorldInput;
  readonly prices: Readonly<Record<string, Points>>;
  readonly accounts: readonly AccountPlan[];
  readonly processes: readonly ProcessPlan[];
  readonly events: readonly Event[];
  /** Chance of each mishap per call to Redis while faults last. */
  readonly redisTrouble: number;
  /** ms one way between processes and venues. */
  readonly tripMs: readonly [number, number];
  /** Every machine has known this journal for long; else it is new, and the run begins with a quarantine. */
  readonly trusted: boolean;
  /** After so long a person acknowledges what halts an account, ms. */
  readonly personMs: number;
}
