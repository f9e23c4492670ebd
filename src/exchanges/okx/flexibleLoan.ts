/**
 * Flexible loans (okx.md §3): collateral and repayments come from the funding account, every change is asynchronous,
 * and an accepted call proves nothing until loan-history, asset/bills or loan-info show it.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { Asset, LoanView } from '../../core/loan.ts';
import { Dec, ONE, ZERO, parse } from '../../core/money.ts';
import { absenceProves } from '../../core/proof.ts';
import { VenueError, type SignedRequest } from '../exchange.ts';
import type { Json } from '../json.ts';
import { wireAmount } from '../parse.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { SINGLE, flexibleLoanView } from './flexibleView.ts';
import {
  PAGE,
  billCursor,
  billedBack,
  billsSince,
  newest,
  readFunding,
  signTransfer,
  transferEvidence,
} from './funding.ts';
import { amountMatch, cannotTell, isPartial, judge, phaseOf, takenBack } from './judge.ts';
import type { Quantity, Records, Trace } from './judge.ts';
import type { ProductPart, Section, Surroundings } from './product.ts';
import type { Params } from './signer.ts';
import { isNewer, loanHistoryRow, loanInfoRow, readRows, type LoanHistoryRow, type LoanInfoRow } from './wire.ts';

/** Records of each verb: loan-history's type and the funding bill's (okx.md §3.1, §3.5). */
const RECORDS: Readonly<Partial<Record<Intent['verb'], { readonly history: string; readonly bill: string }>>> = {
  repay: { history: 'repaid', bill: '218' },
  add: { history: 'collateral_locked', bill: '212' },
  reduce: { history: 'collateral_released', bill: '215' },
  borrow: { history: 'borrowed', bill: '217' },
};

/** Calls of loan-history that evidence leaves to others. */
const HISTORY_RESERVE = 3;
const NO_SUCH_ORDER = '51063';

/** Interest that may have been added to a debt between two reads, as a share of it: far more than hours of it. */
const GROWTH = new Dec('1.001');

export interface FlexibleOptions {
  readonly account: string;
  readonly client: OkxClient;
}

export class FlexibleLoan implements ProductPart {
  readonly product = 'okx.flexibleLoan';
  readonly #account: string;
  readonly #client: OkxClient;

  constructor(options: FlexibleOptions) {
    this.#account = options.account;
    this.#client = options.client;
  }

  /** All orders of the account. An empty list is the venue's own word that there is no loan (okx.md §3.3). */
  async observe(around: Surroundings, signal: AbortSignal): Promise<Section> {
    const asOf = this.#client.clock.wall();
    const [rows, funding, discounts] = await Promise.all([
      this.#orders('', signal, 'poll'),
      around.funding,
      around.discounts,
    ]);
    const addable = Object.keys(funding?.free ?? {}).filter((asset) => around.usable(asset));
    const coins = rows.flatMap((row) => [...row.loan, ...row.collateral].map(({ ccy }) => ccy));
    const prices = await around.prices([...coins, ...addable]).catch((error: unknown) => {
      // Debt and collateral values come from loan-info, so a repayment can still be sized.
      if (error instanceof VenueError) return { asOf, of: new Map<Asset, Dec>() };
      throw error;
    });
    const oldest = rows.length === 0 ? asOf : Math.min(asOf, prices.asOf);
    const loans: LoanView[] = [];
    for (const row of rows) {
      loans.push(
        flexibleLoanView(row, {
          account: this.#account,
          asOf: oldest,
          prices: prices.of,
          discounts,
          addable,
        }),
      );
    }
    return { loans, asOf: oldest, prices: prices.of };
  }

  async cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    if (isTransfer(intent)) return { bills: await billCursor(this.#client, intent.asset, signal) };
    const [history, bills] = await Promise.all([
      this.#history(intent, signal),
      billCursor(this.#client, intent.asset, signal),
    ]);
    return { history: newest(history.map(({ refId }) => refId)), bills };
  }

  sign(intent: Intent): SignedRequest {
    const amount = wireAmount(intent.amount);
    const order = orderParam(intent);
    switch (intent.verb) {
      case 'repay':
        return this.#client.sign(intent.id, ENDPOINTS.repay, {
          ...order,
          ccy: intent.asset,
          amt: amount,
          clOrdId: intent.clientId,
        });
      case 'add':
      case 'reduce': {
        const type = intent.verb;
        const params = { type, ...order, collateralCcy: intent.asset, collateralAmt: amount };
        return this.#client.sign(intent.id, ENDPOINTS.adjustCollateral, params);
      }
      case 'borrow':
        return this.#client.sign(intent.id, ENDPOINTS.borrow, {
          ...orderToGrow(intent),
          loanData: { ccy: intent.asset, amt: amount },
          clOrdId: intent.clientId,
        });
      case 'transferIn':
      case 'transferOut':
        return signTransfer(this.#client, intent);
    }
  }

  async evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    if (isTransfer(intent)) return transferEvidence(this.#client, intent, signal);
    const types = RECORDS[intent.verb];
    const { history, bills } = intent.cursors;
    if (types === undefined || history === undefined || bills === undefined)
      return cannotTell('no record cursors were saved');
    const { settleLagMs, acceptedLagMs } = this.#client.timing;
    const now = this.#client.venueNow();
    const accepted = !absenceProves(intent);
    const phase = phaseOf(intent, now, accepted ? acceptedLagMs : settleLagMs);
    const mayBeUndone = phaseOf(intent, now, settleLagMs) === 'late';
    const isOurs = amountMatch(intent.amount, intent.verb === 'repay' ? intent.before.debt[intent.asset] : undefined);
    const quantities = (): Promise<{ says: Quantity; why: string }> => this.#quantities(intent, signal);
    const byBill = await billsSince(this.#client, intent, types.bill, bills, signal);
    if (phase === 'early' && !mayBeUndone) {
      const soon = await judge({ records: [byBill], quantities, isOurs, accepted }, phase);
      // While a call settles it is asked for often, and loan-history's limit is also needed for the next call's cursors.
      if (soon.verdict === 'happened' || this.#client.roomFor(ENDPOINTS.loanHistory) <= HISTORY_RESERVE) return soon;
    }
    const byHistory = await this.#historySince(intent, types.history, history, signal);
    const witness = { records: [byHistory, byBill], quantities, isOurs, accepted };
    const wayBack = (record: Trace): Promise<string | null> => this.#wayBack(intent, record, signal);
    const undone = mayBeUndone ? await takenBack(witness, wayBack) : null;
    return undone ?? judge(witness, phase);
  }

  /** The record by which the same coins went the other way, later, in the same source. */
  async #wayBack(intent: Intent, record: Trace, signal: AbortSignal): Promise<string | null> {
    const isBill = record.source.startsWith('asset/bills');
    const types = Object.values(RECORDS).map(({ history, bill }) => (isBill ? bill : history));
    if (isBill) return billedBack(this.#client, intent.asset, record, types, signal);
    const rows = await this.#history(intent, signal);
    const away = rows.filter(
      ({ type, ccy, amt }) => types.includes(type) && ccy === intent.asset && amt.eq(record.change.negated()),
    );
    return away.find(({ refId }) => isNewer(refId, record.id))?.refId ?? null;
  }

  async #orders(ordId: string, signal: AbortSignal, urgency: 'poll' | 'rescue'): Promise<LoanInfoRow[]> {
    const params: Params = ordId === '' ? {} : { ordId };
    const data = await this.#client.read(ENDPOINTS.loanInfo, params, signal, urgency).catch((error: unknown) => {
      // The venue's word that the order is no more (okx.md §3.8).
      if (ordId !== '' && error instanceof VenueError && error.code === NO_SUCH_ORDER) return [];
      throw error;
    });
    return readRows('loan-info', loanInfoRow, data);
  }

  /** Newest first, of the order only: the rows themselves name no order (okx.md §3.5). */
  async #history(intent: Intent, signal: AbortSignal, type?: string): Promise<LoanHistoryRow[]> {
    const filter: Params = type === undefined ? {} : { type };
    const page = { ...filter, limit: String(PAGE) };
    const read = (params: Params): Promise<readonly Json[]> =>
      this.#client.read(ENDPOINTS.loanHistory, params, signal, 'rescue');
    const data = await read({ ...orderParam(intent), ...page }).catch((error: unknown) => {
      // A closed order may be unknown here; the records of all orders still hold it.
      if (error instanceof VenueError && error.code === NO_SUCH_ORDER) return read(page);
      throw error;
    });
    return readRows('loan-history', loanHistoryRow, data);
  }

  async #historySince(intent: Intent, type: string, cursor: string, signal: AbortSignal): Promise<Records> {
    const source = `loan-history ${type}`;
    try {
      const rows = await this.#history(intent, signal, type);
      const newer = rows.filter((row) => row.type === type && row.ccy === intent.asset && isNewer(row.refId, cursor));
      const traces = newer.map(({ refId, amt, ts }) => ({
        source,
        id: refId,
        amount: amt.abs(),
        change: amt,
        moment: String(ts),
      }));
      return { source, traces, partial: isPartial(rows.length, PAGE, newer.length) };
    } catch (error) {
      if (error instanceof VenueError) return { source, traces: null, partial: false };
      throw error;
    }
  }

  /** The order and the funding account against the state before: both must stand still for "nothing happened" (§3.4). */
  async #quantities(intent: Intent, signal: AbortSignal): Promise<{ says: Quantity; why: string }> {
    const [rows, funding] = await Promise.all([
      this.#orders(intent.key === SINGLE ? '' : intent.key, signal, 'rescue'),
      readFunding(this.#client, signal),
    ]);
    const row = rows.find(({ ordId }) => ordId === (intent.key === SINGLE ? '' : intent.key));
    const order = orderSays(intent, row);
    const had = intent.before.wallet[intent.asset];
    const has = funding.free[intent.asset] ?? ZERO;
    const paid = intent.verb === 'repay' || intent.verb === 'add';
    if (order === 'unmoved' && paid && had !== undefined && has.lt(had)) {
      return { says: 'unclear', why: 'the funding account holds less than before' };
    }
    if (order === 'unmoved' && !paid && has.gt(had ?? ZERO)) {
      return { says: 'unclear', why: 'the funding account holds more than before' };
    }
    const words = {
      moved: 'loan-info shows the change',
      unmoved: 'loan-info and funding stand as before',
      unclear: 'loan-info shows another change',
    };
    return { says: order, why: words[order] };
  }
}

function isTransfer(intent: Intent): boolean {
  return intent.verb === 'transferIn' || intent.verb === 'transferOut';
}

/** Without an ordId the venue takes the earliest order, so it is always sent when the venue named one (okx.md §3.1). */
function orderParam(intent: Intent): Params {
  return intent.key === SINGLE ? {} : { ordId: intent.key };
}

/** More debt on an order that is there. A new order needs collateral of its own, which an intent does not name (§3.7). */
function orderToGrow(intent: Intent): Params {
  if (intent.key === SINGLE) throw new VenueError('malformed', 'only an order that the venue names can grow');
  return { ordId: intent.key };
}

function orderSays(intent: Intent, row: LoanInfoRow | undefined): Quantity {
  const sent = parse(intent.amount);
  if (intent.verb === 'borrow') return debtRose(intent, row, sent);
  if (intent.verb === 'repay') {
    const before = parse(intent.before.debt[intent.asset] ?? '0');
    const now = row?.loan.find(({ ccy }) => ccy === intent.asset)?.amt ?? ZERO;
    if (now.gte(before)) return now.lte(before.times(GROWTH)) ? 'unmoved' : 'unclear';
    const left = before.minus(sent);
    return now.lte(left.lt(ZERO) ? ZERO : left.plus(before.times(GROWTH.minus(ONE)))) ? 'moved' : 'unclear';
  }
  const before = parse(intent.before.collateral[intent.asset] ?? '0');
  const now = row?.collateral.find(({ ccy }) => ccy === intent.asset)?.amt ?? ZERO;
  if (row === undefined) return 'unclear';
  if (now.eq(before)) return 'unmoved';
  return now.eq(intent.verb === 'reduce' ? before.minus(sent) : before.plus(sent)) ? 'moved' : 'unclear';
}

/** A debt that rose by what was borrowed, give or take the interest of some hours. */
function debtRose(intent: Intent, row: LoanInfoRow | undefined, sent: Dec): Quantity {
  const before = parse(intent.before.debt[intent.asset] ?? '0');
  const rise = (row?.loan.find(({ ccy }) => ccy === intent.asset)?.amt ?? ZERO).minus(before);
  const interest = before.times(GROWTH.minus(ONE));
  if (rise.gte(ZERO) && rise.lte(interest) && rise.lt(sent)) return 'unmoved';
  return rise.gte(sent) && rise.lte(sent.times(GROWTH).plus(interest)) ? 'moved' : 'unclear';
}
