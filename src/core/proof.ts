/**
 * What proves a money call, as one table (DESIGN §5.7, §6 "Evidence"): in which of the venue's lists its record appears, by
 * which mark it is recognised there, what must stand still before "no record" means anything, and for how long a record may
 * still come. The adapters read these lists; the ledger of what is undecided and docs/evidence.md say so in words.
 */
import type { Intent, Verb } from './intent.ts';
import type { Product } from './loan.ts';

/** How a record is told from those of others. */
export type Mark =
  /** The venue's own reference, from its answer. */
  | 'reference'
  /** Our client id, which the record carries. */
  | 'clientId'
  /** The amount: its last decimals are made unique, unless the whole debt is paid or a coin takes fewer decimals. */
  | 'amount';

export interface Proof {
  /** Lists in which the record appears, as the venue names them. */
  readonly records: readonly string[];
  /** Words of the record that say so; `null` where it has none and its being there is the proof. */
  readonly done: string | null;
  readonly failed: string | null;
  readonly pending: string | null;
  readonly marks: readonly Mark[];
  /** Quantities that must stand as before the send, before "no record" counts. */
  readonly still: string;
  /** For how many lags of records the record may still come: after a lost answer, and after "accepted". */
  readonly lags: { readonly lost: number; readonly accepted: number };
  /** After which answers "no record" may prove, once that time is over, that it did not happen. */
  readonly absence: Absence;
}

export type Absence =
  /** Silence does not outweigh the venue's own word that it accepted: such a call is given up, charged and told instead. */
  | 'afterLostAnswer'
  /** The venue is asked for our id by name, and says that it has none: that is its word, not its silence. */
  | 'always';

/** OKX takes calls first and does them later, how much later is not documented: a settlement is given so many lags … */
export const SETTLE_FACTOR = 4;
/** … and so many after its own word that it accepted. */
export const ACCEPTED_FACTOR = 20;

const ONE_LAG = { lost: 1, accepted: 1 } as const;

const UNTAKEN = { absence: 'afterLostAnswer' } as const;

const BINANCE = { done: 'CONFIRMED', failed: 'FAILED', pending: 'PENDING', lags: ONE_LAG, ...UNTAKEN } as const;

function binanceMargin(place: string): Partial<Record<Verb, Proof>> {
  const transfer = (type: string): Proof => ({
    ...BINANCE,
    records: [`asset/transfer ${type}`, 'margin/capital-flow TRANSFER'],
    marks: ['reference', 'amount'],
    still: `the coins inside the ${place} account`,
  });
  const [into, out] =
    place === 'cross' ? ['MAIN_MARGIN', 'MARGIN_MAIN'] : ['MAIN_ISOLATED_MARGIN', 'ISOLATED_MARGIN_MAIN'];
  const repay: Proof = {
    ...BINANCE,
    records: ['margin/borrow-repay REPAY', 'margin/capital-flow REPAY'],
    marks: ['reference', 'amount'],
    still: 'the debt of the coin',
  };
  return { repay, transferIn: transfer(into), transferOut: transfer(out) };
}

/** A record that is there says that it happened. */
const THERE = { done: null, failed: null, pending: null } as const;

function flexibleAdjust(direction: string): Proof {
  const records = [`loan/flexible/ltv/adjustment/history ${direction}`];
  return { ...THERE, ...UNTAKEN, records, marks: ['amount'], still: 'the collateral of the position', lags: ONE_LAG };
}

function okxFlexible(history: string, bill: string): Proof {
  return {
    ...THERE,
    ...UNTAKEN,
    records: [`loan-history ${history}`, `asset/bills ${bill}`],
    marks: ['amount'],
    still: 'the order in loan-info, and the funding account',
    lags: { lost: SETTLE_FACTOR, accepted: ACCEPTED_FACTOR },
  };
}

function okxTransfer(bill: string): Proof {
  return {
    ...{ done: 'success', failed: 'failed', pending: 'pending' },
    records: ['asset/transfer-state', `asset/bills ${bill}`],
    marks: ['clientId'],
    still: 'nothing: an id that neither list knows is the absence itself',
    lags: ONE_LAG,
    absence: 'always',
  };
}

/** Verbs that a policy can reach. */
export const PROOFS: Readonly<Record<Product, Readonly<Partial<Record<Verb, Proof>>>>> = {
  'binance.crossMargin': binanceMargin('cross'),
  'binance.isolatedMargin': binanceMargin('isolated'),
  'binance.flexibleLoan': {
    repay: {
      ...UNTAKEN,
      records: ['loan/flexible/repay/history'],
      ...{ done: 'REPAID', failed: 'FAILED', pending: 'REPAYING' },
      marks: ['amount'],
      still: 'the debt of the position',
      lags: ONE_LAG,
    },
    add: flexibleAdjust('ADDITIONAL'),
    reduce: flexibleAdjust('REDUCED'),
  },
  'okx.flexibleLoan': {
    repay: okxFlexible('repaid', '218'),
    add: okxFlexible('collateral_locked', '212'),
    reduce: okxFlexible('collateral_released', '215'),
  },
  'okx.spotBorrow': {
    repay: {
      ...THERE,
      ...UNTAKEN,
      records: ['account/bills 22/308', 'spot-borrow-repay-history manual_repay'],
      marks: ['amount'],
      still: 'the debt of the coin, and the coins of the trading account',
      lags: { lost: 1, accepted: SETTLE_FACTOR },
    },
    transferIn: okxTransfer('131'),
    transferOut: okxTransfer('130'),
  },
};

export function proofOf({ product, verb }: Pick<Intent, 'product' | 'verb'>): Proof | null {
  return PROOFS[product][verb] ?? null;
}

/** By what the record of this intent is recognised. */
export function markOf(intent: Intent): { readonly by: Mark | 'nothing'; readonly value: string | null } {
  const marks = proofOf(intent)?.marks ?? [];
  if (marks.includes('reference') && intent.ref !== null) return { by: 'reference', value: intent.ref };
  if (marks.includes('clientId')) return { by: 'clientId', value: intent.clientId };
  return intent.fingerprint === 'marked'
    ? { by: 'amount', value: intent.amount }
    : { by: 'nothing', value: intent.amount };
}

/** Whether "no record" may prove that this call did not happen, once its record cannot come any more. */
export function absenceProves(intent: Intent): boolean {
  return intent.ref === null || proofOf(intent)?.absence === 'always';
}

/**
 * Wall ms until which the call may still be executed, or its record may still come, so that its absence says nothing;
 * `null`: not known.
 * @param lagMarginMs what records may lag behind actions
 */
export function showsUntil(intent: Intent, lagMarginMs: number): number | null {
  if (intent.validUntil === null) return null;
  const { lost, accepted } = proofOf(intent)?.lags ?? ONE_LAG;
  return intent.validUntil + lagMarginMs * (intent.ref === null ? lost : accepted);
}
