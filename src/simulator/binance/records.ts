/** What Binance writes down. Times are wire ms; a row's status may still change (binance.md §5.4, §5.9, §6.2, §7.1). */
import type { Dec } from '../../core/money.ts';

export type Status = 'PENDING' | 'CONFIRMED' | 'FAILED';

/** A borrow or repay of margin. */
export interface LoanRow {
  readonly txId: bigint;
  readonly type: 'BORROW' | 'REPAY';
  /** AUTO, MANUAL, BNB_AUTO_REPAY, … */
  readonly rowType: string;
  readonly asset: string;
  /** Empty for cross. */
  readonly symbol: string;
  readonly amount: Dec;
  principal: Dec;
  interest: Dec;
  status: Status;
  readonly atMs: number;
}

/** A universal transfer. */
export interface TransferRow {
  readonly tranId: bigint;
  readonly type: string;
  readonly asset: string;
  readonly amount: Dec;
  readonly fromSymbol: string;
  readonly toSymbol: string;
  status: Status;
  readonly atMs: number;
}

/** One hour of interest on one asset. */
export interface InterestRow {
  readonly txId: bigint;
  readonly atMs: number;
  readonly asset: string;
  readonly rawAsset: string;
  readonly principal: Dec;
  readonly interest: Dec;
  readonly dailyRate: Dec;
  readonly type: string;
  readonly symbol: string;
}

/** An entry of the capital flow, the one list in which everything that moved margin money appears. */
export interface FlowRow {
  readonly id: bigint;
  readonly tranId: bigint;
  readonly atMs: number;
  readonly asset: string;
  readonly symbol: string;
  readonly type: string;
  readonly amount: Dec;
  readonly note?: string | undefined;
}

/** A forced sale. */
export interface ForcedRow {
  readonly orderId: bigint;
  readonly asset: string;
  readonly symbol: string;
  readonly price: Dec;
  readonly qty: Dec;
  readonly atMs: number;
}

/** Anything that happened to a flexible loan. Rows have no id (§7.2). */
export interface FlexRow {
  readonly kind: 'adjust' | 'repay' | 'borrow' | 'liquidation';
  readonly loanCoin: string;
  readonly collateralCoin: string;
  readonly atMs: number;
  /** The row's own members, as the wire shows them. */
  readonly shown: Readonly<Record<string, string>>;
}

const MOST_ROWS = 20_000;

/** An append-only list, oldest first, that forgets its oldest rows when it grows very long. */
export class Ledger<R extends { readonly atMs: number }> {
  readonly #rows: R[] = [];

  add(row: R): R {
    this.#rows.push(row);
    if (this.#rows.length > MOST_ROWS * 1.5) this.#rows.splice(0, this.#rows.length - MOST_ROWS);
    return row;
  }

  /** Rows not younger than the lag, newest first. */
  newest(visibleToMs: number, wanted: (row: R) => boolean): R[] {
    return this.#rows.filter((row) => row.atMs <= visibleToMs && wanted(row)).reverse();
  }
}
