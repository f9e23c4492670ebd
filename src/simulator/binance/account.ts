/** One Binance account: who it is, what it holds now and held a moment ago, what it is busy with, and its records. */
import type { Dec } from '../../core/money.ts';
import { ONE, ZERO } from '../../core/money.ts';
import type { Holdings } from './holdings.ts';
import { EMPTY } from './holdings.ts';
import { Ledger } from './records.ts';
import type { FlexRow, FlowRow, ForcedRow, InterestRow, LoanRow, TransferRow } from './records.ts';
import type { BinanceAccountWorld } from './settings.ts';
import { ltvOf } from './worth.ts';
import type { Bars } from './worth.ts';

/** What is remembered of one loan for the admin report. */
export class Track {
  liquidated = false;
  #debts: Dec = ZERO;
  #assets: Dec = ONE;

  /** Notes an LTV as debts / assets, both in USD. No division: this runs for every loan at every moment. */
  note(debts: Dec, assets: Dec): void {
    if (debts.times(this.#assets).lte(this.#debts.times(assets))) return;
    this.#debts = debts;
    this.#assets = assets;
  }

  /** The highest LTV that was noted; 999 when debts faced no assets. */
  maxLtv(): Dec {
    return ltvOf({ assets: this.#assets, debts: this.#debts });
  }
}

/** Who holds the one-at-a-time lock of borrow and repay (§0.1 fact 2). */
export type LockOwner = 'client' | 'foreign';

interface Moment {
  readonly atMs: number;
  readonly holdings: Holdings;
}

export class Account {
  readonly name: string;
  readonly uid: string;
  readonly key: { readonly id: string; readonly secret: string };
  permissions: BinanceAccountWorld['permissions'];
  readonly leverage: 3 | 5;
  readonly hasCross: boolean;
  readonly bnbBurn: BinanceAccountWorld['bnbBurn'];

  readonly loans = new Ledger<LoanRow>();
  readonly transfers = new Ledger<TransferRow>();
  readonly interests = new Ledger<InterestRow>();
  readonly flows = new Ledger<FlowRow>();
  readonly forced = new Ledger<ForcedRow>();
  readonly flexRows = new Ledger<FlexRow>();

  /** Locks by scope: the empty text is the account, or cross when every pocket has its own. */
  readonly locks = new Map<string, LockOwner>();
  /** Pockets (empty text: cross) that a liquidation has locked (§10.5). */
  readonly frozen = new Set<string>();
  /** Thresholds that a deed has changed, by pocket. */
  readonly ownBars = new Map<string, Partial<Bars>>();
  /** Liquidation LTVs of flexible loans that a deed has changed, by pair. */
  readonly ownFlexLines = new Map<string, Dec>();
  /** By product and key, for the report. */
  readonly tracks = new Map<string, Track>();
  /** USDC that a liquidation left unpaid (§5.10). */
  deficitUsdc: Dec = ZERO;
  /** Word of the last margin-level status that was told. */
  lastStatus = '';

  #holdings: Holdings = EMPTY;
  readonly #history: Moment[] = [];
  #keepMs = 0;

  constructor(world: BinanceAccountWorld) {
    this.name = world.name;
    this.uid = world.uid;
    this.key = world.key;
    this.permissions = world.permissions;
    this.leverage = world.cross?.leverage ?? 3;
    this.hasCross = world.cross !== undefined;
    this.bnbBurn = world.bnbBurn;
  }

  /** What it holds now. */
  get holdings(): Holdings {
    return this.#holdings;
  }

  /** Replaces what it holds. `nowMs` is wire time. */
  put(holdings: Holdings, nowMs: number): void {
    this.#holdings = holdings;
    this.#history.push({ atMs: nowMs, holdings });
    while ((this.#history[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - this.#keepMs) this.#history.shift();
  }

  /** What it held this long ago (wire ms), or the oldest that is remembered. */
  heldAgo(lagMs: number, nowMs: number): Holdings {
    if (lagMs <= 0) return this.#holdings;
    const old = this.#history.findLast((moment) => moment.atMs <= nowMs - lagMs);
    return (old ?? this.#history[0])?.holdings ?? this.#holdings;
  }

  /** Keep at least this much of the past, wire ms. */
  remember(ms: number): void {
    this.#keepMs = Math.max(this.#keepMs, ms);
  }

  /** The report's memory of one loan. */
  track(product: string, key: string): Track {
    const name = `${product} ${key}`;
    const known = this.tracks.get(name);
    if (known !== undefined) return known;
    const fresh = new Track();
    this.tracks.set(name, fresh);
    return fresh;
  }
}
