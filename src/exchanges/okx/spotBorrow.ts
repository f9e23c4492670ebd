/**
 * Spot-mode borrowing (okx.md §4): one debt-bearing trading account, repaid from its own coins. A manual repayment takes
 * no client id and returns no record id; account/bills carries a unique id for each, so bills are the proof.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset } from '../../core/loan.ts';
import { Dec, ZERO, format, min, parse } from '../../core/money.ts';
import { absenceProves } from '../../core/proof.ts';
import { VenueError, type SignedRequest } from '../exchange.ts';
import { wireAmount } from '../parse.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { PAGE, billCursor, newest, signTransfer, transferEvidence } from './funding.ts';
import { amountMatch, cannotTell, isPartial, judge, phaseOf, type Quantity, type Records } from './judge.ts';
import type { ProductPart, Section, Surroundings } from './product.ts';
import type { Urgency } from './publicClient.ts';
import { echoedAmount } from './replies.ts';
import { spotBorrowView } from './spotView.ts';
import {
  accountBillRow,
  balanceRow,
  borrowRepayRow,
  type AccountBillRow,
  type BalanceRow,
  type BorrowRepayRow,
} from './spotWire.ts';
import { isNewer, readOne, readRows } from './wire.ts';

/** Records of each call: account/bills, where automatic ones have another sub-type, and the history's type (okx.md §4.2). */
const RECORDS = {
  repay: { side: 'repay', bill: '22', manual: '308', history: 'manual_repay' },
  borrow: { side: 'borrow', bill: '16', manual: '306', history: 'manual_borrow' },
} as const;
type CallRecords = (typeof RECORDS)[keyof typeof RECORDS];
/** Interest that may have been added between two reads, as a share of the debt: far more than hours of it. */
const GROWTH = new Dec('1.001');

export interface SpotOptions {
  readonly account: string;
  readonly client: OkxClient;
}

export class SpotBorrow implements ProductPart {
  readonly product = 'okx.spotBorrow';
  readonly #account: string;
  readonly #client: OkxClient;

  constructor(options: SpotOptions) {
    this.#account = options.account;
    this.#client = options.client;
  }

  async observe(around: Surroundings, signal: AbortSignal): Promise<Section> {
    const { config } = around;
    if (config.acctLv !== '1') throw new VenueError('unavailable', `account mode ${config.acctLv} is not spot mode`);
    const asOf = this.#client.clock.wall();
    const [row, funding, discounts] = await Promise.all([
      this.#balance(signal, 'poll'),
      around.funding,
      around.discounts,
    ]);
    const addable = Object.keys(funding?.free ?? {}).filter((asset) => around.usable(asset));
    const coins = row.details.map(({ ccy }) => ccy);
    const prices = await around.prices([...coins, ...addable]).catch((error: unknown) => {
      // account/balance values every coin itself.
      if (error instanceof VenueError) return { asOf, of: new Map<Asset, Dec>() };
      throw error;
    });
    const oldest = Math.min(asOf, prices.asOf);
    const loan = spotBorrowView(row, {
      account: this.#account,
      asOf: oldest,
      prices: prices.of,
      discounts,
      addable,
      autoRepay: config.autoRepay,
    });
    return { loans: [loan], asOf: oldest, prices: prices.of };
  }

  async cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    if (isTransfer(intent)) return { bills: await billCursor(this.#client, intent.asset, signal) };
    const [bills, history] = await Promise.all([
      this.#bills(intent.asset, signal),
      this.#history(intent.asset, recordsOf(intent), signal),
    ]);
    return { accountBills: newest(bills.map(({ billId }) => billId)), history: cursorOf(history) };
  }

  sign(intent: Intent): SignedRequest {
    if (isTransfer(intent)) return signTransfer(this.#client, intent);
    const params = { ccy: intent.asset, side: recordsOf(intent).side, amt: wireAmount(amountOf(intent)) };
    return this.#client.sign(intent.id, ENDPOINTS.spotBorrowRepay, params);
  }

  async evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    if (isTransfer(intent)) return transferEvidence(this.#client, intent, signal);
    const { accountBills, history } = intent.cursors;
    if (accountBills === undefined || history === undefined) return cannotTell('no record cursors were saved');
    const records = await Promise.all([
      this.#billsSince(intent, accountBills, signal),
      this.#historySince(intent, history, signal),
    ]);
    const { lagMarginMs, settleLagMs } = this.#client.timing;
    const accepted = !absenceProves(intent);
    const phase = phaseOf(intent, this.#client.venueNow(), accepted ? settleLagMs : lagMarginMs);
    const owed = intent.verb === 'repay' ? intent.before.debt[intent.asset] : undefined;
    const fits = amountMatch(amountOf(intent), owed);
    const echoed = echoedAmount(intent.ref);
    const isOurs = (amount: Dec): boolean => (echoed === null ? fits(amount) : amount.eq(echoed));
    return judge({ records, quantities: () => this.#quantities(intent, signal), isOurs, accepted }, phase);
  }

  async #balance(signal: AbortSignal, urgency: Urgency): Promise<BalanceRow> {
    return readOne('account/balance', balanceRow, await this.#client.read(ENDPOINTS.balance, {}, signal, urgency));
  }

  async #bills(asset: Asset, signal: AbortSignal, filter: Record<string, string> = {}): Promise<AccountBillRow[]> {
    const params = { ccy: asset, ...filter, limit: String(PAGE) };
    return readRows(
      'account/bills',
      accountBillRow,
      await this.#client.read(ENDPOINTS.accountBills, params, signal, 'rescue'),
    );
  }

  async #history(asset: Asset, { history: wanted }: CallRecords, signal: AbortSignal): Promise<BorrowRepayRow[]> {
    const params = { ccy: asset, type: wanted, limit: String(PAGE) };
    const data = await this.#client.read(ENDPOINTS.borrowRepayHistory, params, signal, 'rescue');
    const rows = readRows('spot-borrow-repay-history', borrowRepayRow, data);
    return rows.filter(({ ccy, type }) => ccy === asset && type === wanted);
  }

  async #billsSince(intent: Intent, cursor: string, signal: AbortSignal): Promise<Records> {
    const { asset } = intent;
    const { bill, manual: byHand } = recordsOf(intent);
    const source = `account/bills ${bill}/${byHand}`;
    try {
      const rows = await this.#bills(asset, signal, { type: bill });
      const newer = rows.filter((row) => row.ccy === asset && isNewer(row.billId, cursor));
      const manual = newer.filter(({ type, subType }) => type === bill && subType === byHand);
      const traces = manual.map(({ billId: id, change }) => ({ source, id, change, amount: change.abs(), moment: id }));
      return { source, traces, partial: isPartial(rows.length, PAGE, newer.length) };
    } catch (error) {
      if (error instanceof VenueError) return { source, traces: null, partial: false };
      throw error;
    }
  }

  /** Rows have no id: those after the newest moment we knew, and those of that moment beyond the number we knew. */
  async #historySince(intent: Intent, cursor: string, signal: AbortSignal): Promise<Records> {
    const source = 'spot-borrow-repay-history';
    try {
      const rows = await this.#history(intent.asset, recordsOf(intent), signal);
      const { ts: known, count } = readCursor(cursor);
      const same = rows.filter(({ ts }) => ts === known);
      const newer = [...rows.filter(({ ts }) => ts > known), ...same.slice(0, Math.max(0, same.length - count))];
      const traces = newer.map(({ ts, amt: change }) => {
        const moment = String(ts);
        return { source, id: moment, change, amount: change.abs(), moment };
      });
      return { source, traces, partial: isPartial(rows.length, PAGE, newer.length) };
    } catch (error) {
      if (error instanceof VenueError) return { source, traces: null, partial: false };
      throw error;
    }
  }

  /** Debt and coins of the currency against the state before. */
  async #quantities(intent: Intent, signal: AbortSignal): Promise<{ says: Quantity; why: string }> {
    const row = await this.#balance(signal, 'rescue');
    const detail = row.details.find(({ ccy }) => ccy === intent.asset);
    const owes = (detail?.liab ?? ZERO).abs().plus((detail?.interest ?? ZERO).abs());
    const owed = parse(intent.before.debt[intent.asset] ?? '0');
    const had = intent.before.inside[intent.asset];
    const has = detail?.available ?? ZERO;
    if (owes.lt(owed))
      return { says: intent.verb === 'repay' ? 'moved' : 'unclear', why: 'the debt is smaller than before' };
    if (owes.gt(owed.times(GROWTH)) || (intent.verb === 'borrow' && owes.minus(owed).gte(intent.amount)))
      return { says: 'unclear', why: 'the debt is larger than before by more than interest' };
    if (had !== undefined && has.lt(had)) return { says: 'unclear', why: 'the trading account holds less than before' };
    return { says: 'unmoved', why: 'debt and trading account stand as before' };
  }
}

/** @throws VenueError for a verb that spot borrowing does not have */
function recordsOf({ verb }: Intent): CallRecords {
  if (verb === 'repay' || verb === 'borrow') return RECORDS[verb];
  throw new VenueError('malformed', `spot borrowing has no ${verb}`);
}

function isTransfer(intent: Intent): boolean {
  return intent.verb === 'transferIn' || intent.verb === 'transferOut';
}

/** A full repayment names the debt to its last digit: more than it may be refused (59309) or cut, nobody says which (§4.2). */
function amountOf(intent: Intent): string {
  const debt = intent.before.debt[intent.asset];
  if (intent.verb !== 'repay' || !intent.full || debt === undefined) return intent.amount;
  return format(min(parse(intent.amount), parse(debt)));
}

/** Newest moment and how many rows share it; pages of this endpoint include their cursor (okx.md §4.3). */
function cursorOf(rows: readonly BorrowRepayRow[]): string {
  const ts = rows.reduce((latest, row) => Math.max(latest, row.ts), 0);
  return `${String(ts)}:${String(rows.filter((row) => row.ts === ts).length)}`;
}

function readCursor(text: string): { ts: number; count: number } {
  const [ts = '0', count = '0'] = text.split(':');
  return { ts: Number(ts), count: Number(count) };
}
