/**
 * What the venue did to flexible loans by itself: liquidations, and conversions that no LTV protects from, because the
 * platform ran short of a coin (okx.md §3.1, §3.5). Read from loan-history once in a while, only to tell an operator.
 */
import { format } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { loanHistoryRow, readRows, type LoanHistoryRow } from './wire.ts';

const FORCED: readonly string[] = [
  'forced_repayment_buy',
  'forced_repayment_sell',
  'forced_liquidation',
  'partial_liquidation',
  'sell_collateral',
  'buy_transition_coin',
  'sell_transition_coin',
  'buy_borrowed_coin',
];

export interface VenueAct {
  readonly ccy: string;
  readonly says: string;
}

export class VenueActs {
  readonly #client: OkxClient;
  #readAt: number | null = null;
  #known: readonly LoanHistoryRow[] = [];

  constructor(client: OkxClient) {
    this.#client = client;
  }

  /** What is known now. Reading goes on behind, so that no look waits for it; a failed read changes nothing. */
  known(): readonly VenueAct[] {
    const { clock, timing } = this.#client;
    if (this.#readAt === null || clock.mono() - this.#readAt >= timing.forcedEveryMs) {
      this.#readAt = clock.mono();
      void this.#read();
    }
    const since = clock.wall() - timing.forcedKeepMs;
    return this.#known
      .filter(({ ts }) => ts >= since)
      .map(({ ccy, type, amt }) => ({ ccy, says: `the venue acted by itself: ${type} ${format(amt.abs())} ${ccy}` }));
  }

  async #read(): Promise<void> {
    try {
      const data = await this.#client.read(ENDPOINTS.loanHistory, {}, AbortSignal.any([]));
      const rows = readRows('loan-history', loanHistoryRow, data);
      this.#known = rows.filter(({ type }) => FORCED.includes(type));
    } catch (error) {
      const reason = error instanceof VenueError ? error.message : 'unreadable';
      this.#client.log.info('okx.history.unread', { reason });
    }
  }
}
