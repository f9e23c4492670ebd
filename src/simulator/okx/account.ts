/** One account of the simulated OKX: what it holds and held a moment ago, and its records. */
import type { Holdings } from './holdings.ts';
import type { Row } from './records.ts';
import { Records } from './records.ts';
import type { OkxAccountWorld } from './world.ts';

const DAY_MS = 86_400_000;

/** Row of flexible-loan/loan-history. The wire shows no ordId, it can only be filtered by (okx.md §3.5). */
export interface LoanRow extends Row {
  readonly ordId: string;
  readonly type: string;
  readonly ccy: string;
  /** Signed coins, seen from the funding account. */
  readonly amt: string;
}

/** Row of flexible-loan/interest-accrued; `atMs` is tape time. */
export interface InterestRow extends Row {
  readonly ordId: string;
  readonly ccy: string;
  readonly loan: string;
  readonly interest: string;
  /** Yearly. */
  readonly interestRate: string;
}

/** Row of asset/bills. */
export interface FundingBill extends Row {
  readonly ccy: string;
  readonly clientId: string;
  readonly balChg: string;
  readonly bal: string;
  readonly type: string;
}

/** Row of account/bills, the fields that ever differ. */
export interface TradingBill extends Row {
  readonly ccy: string;
  readonly balChg: string;
  readonly bal: string;
  readonly sz: string;
  readonly type: string;
  readonly subType: string;
  readonly from: string;
  readonly to: string;
  readonly interest: string;
}

/** Row of account/spot-borrow-repay-history. */
export interface BorrowRow extends Row {
  readonly ccy: string;
  readonly type: 'auto_borrow' | 'auto_repay' | 'manual_borrow' | 'manual_repay';
  readonly amt: string;
  readonly accBorrowed: string;
}

/** Row of account/interest-accrued; `atMs` is tape time. */
export interface SpotInterestRow extends Row {
  readonly ccy: string;
  readonly interest: string;
  /** Hourly. */
  readonly interestRate: string;
  readonly liab: string;
}

/** How the platform rates what it may do with a currency by itself, as account/balance shows it (okx.md §4.6). */
export interface SelfActing {
  /** Risk of a forced repayment, 0 to 5, and whose fault it is: 0 none, 1 the user's, 2 the platform's. */
  readonly twap: string;
  readonly frpType: string;
  /** The platform's cap for it as collateral: 0 not reached, 1 nearly, 2 reached. */
  readonly colRes: string;
  /** Risk that it is sold because of that cap, 0 to 5. */
  readonly colBorrAutoConversion: string;
}

/** One account. Holdings change only through `commit`. */
export class Account {
  readonly name: string;
  readonly uid: string;
  readonly masterUid: string;
  readonly key: OkxAccountWorld['key'];
  /** Comma list, may be changed by an act. */
  perm: string;
  ip: string;
  readonly acctLv: OkxAccountWorld['acctLv'];
  readonly enableSpotBorrow: boolean;
  autoRepay: boolean;
  /** Currencies that do not count as collateral in the trading account. */
  readonly collateralOff = new Set<string>();
  /** By currency; the others are at no risk. */
  readonly selfActing = new Map<string, SelfActing>();

  readonly loanRows = new Records<LoanRow>(400 * DAY_MS);
  readonly interestRows = new Records<InterestRow>(31 * DAY_MS);
  readonly fundingBills = new Records<FundingBill>(31 * DAY_MS);
  readonly tradingBills = new Records<TradingBill>(8 * DAY_MS);
  readonly borrowRows = new Records<BorrowRow>(400 * DAY_MS);
  readonly spotInterestRows = new Records<SpotInterestRow>(31 * DAY_MS);

  #holdings: Holdings;
  #past: { readonly holdings: Holdings; readonly replacedMs: number }[] = [];

  constructor(world: OkxAccountWorld, holdings: Holdings) {
    this.name = world.name;
    this.uid = world.uid;
    this.masterUid = world.mainUid ?? world.uid;
    this.key = world.key;
    this.perm = world.perm;
    this.ip = world.ip;
    this.acctLv = world.acctLv;
    this.enableSpotBorrow = world.enableSpotBorrow;
    this.autoRepay = world.autoRepay;
    this.#holdings = holdings;
  }

  /** The truth. */
  get holdings(): Holdings {
    return this.#holdings;
  }

  /** Makes a change true. The state before is kept for `rememberMs` of wire time, for stale reads. */
  commit(next: Holdings, nowMs: number, rememberMs: number): void {
    const horizon = nowMs - rememberMs;
    if (this.#past.length > 0) this.#past = this.#past.filter((past) => past.replacedMs > horizon);
    if (rememberMs > 0) this.#past.push({ holdings: this.#holdings, replacedMs: nowMs });
    this.#holdings = next;
  }

  /** The state at a moment of wire time, as far back as it is remembered. */
  at(wireMs: number): Holdings {
    const stale = this.#past.find((past) => past.replacedMs > wireMs);
    return stale?.holdings ?? this.#holdings;
  }
}
