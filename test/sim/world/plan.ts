/** What one seed means: the world, the accounts with their policies, and everything that will go wrong. Plain data. */
import type { AccountSetup } from '../../../src/jobs/account.ts';
import type { Product } from '../../../src/core/loan.ts';
import type { FaultInput } from '../../../src/simulator/faults.ts';
import type { WorldInput } from '../../../src/simulator/world.ts';
import type { Points } from '../../../src/simulator/tape/csv.ts';
import type { Cut } from '../engine/machine.ts';

export interface AccountPlan {
  readonly setup: AccountSetup;
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
  | { readonly at: number; readonly kind: 'rewind'; readonly byMs: number }
  | { readonly at: number; readonly kind: 'skew'; readonly byMs: number }
  | { readonly at: number; readonly kind: 'pause'; readonly account: number; readonly forMs: number };

/** One process: when it starts, and what befalls it. */
export interface ProcessPlan {
  readonly startMs: number;
  readonly skewMs: number;
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
  /** Lost writes and rewinds happen. */
  readonly rewinds: boolean;
}
