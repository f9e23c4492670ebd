/**
 * What records, capital flow and balances together say about one intent (DESIGN §6 "Evidence"). Pure.
 *
 * The split with the caller: one call judges ONE read of all witnesses. `didNotHappen` without `byRecord` means that
 * this read shows no trace anywhere, and that it was made after `validUntil` plus the lag margin; the caller counts such
 * reads (`intent.reads`) and believes them only when at least three, spread over `evidenceSpreadMs`, agree without any
 * other verdict between them. `byRecord` means the venue's own record of our reference says FAILED: proof at once.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import { format, parse } from '../../core/money.ts';
import type { FlowPage, RecordPage, RecordRow } from './records.ts';

/** What the balances say: `moved`: they changed in a way the intent could explain, or that nothing explains. */
export type BalanceWitness = { readonly moved: boolean; readonly says: string };

export interface Witnesses {
  readonly records: RecordPage;
  /** `null` where the product has none. */
  readonly flow: FlowPage | null;
  /** Asked only when the lists show no trace. */
  readonly balances: () => Promise<BalanceWitness>;
  readonly known: ReadonlySet<string>;
  /** The venue's wall ms. */
  readonly now: number;
  readonly lagMarginMs: number;
}

/** The venue gave us a reference: its record decides. */
export function judgeReference(ref: string, page: RecordPage): Evidence {
  const row = page.rows.find((candidate) => candidate.id === ref);
  // Accepted, so it exists somewhere: a list that does not show it yet lags.
  if (row === undefined) return { verdict: 'cannotTell', why: `the record ${ref} is not listed yet` };
  return fromRow(row);
}

function fromRow(row: RecordRow): Evidence {
  switch (row.status) {
    case 'confirmed':
      return { verdict: 'happened', ref: row.id, amount: format(row.amount), why: `record ${row.id} is CONFIRMED` };
    case 'failed':
      return { verdict: 'didNotHappen', why: `record ${row.id} is FAILED`, byRecord: true };
    case 'open':
      return { verdict: 'pending', why: `record ${row.id} is not final` };
  }
}

/** No reference: the answer was lost. */
export async function judgeTrace(intent: Intent, witnesses: Witnesses): Promise<Evidence> {
  const { records, flow, known } = witnesses;
  const amount = parse(intent.amount);
  const rows = records.rows.filter((row) => row.asset === intent.asset && !known.has(row.id));
  const flows = (flow?.rows ?? []).filter((row) => row.asset === intent.asset && !known.has(row.tranId));
  const mine = rows.filter((row) => row.amount.eq(amount));
  const others = [...rows, ...flows].filter((row) => !row.amount.eq(amount)).length;

  const [only] = mine;
  if (mine.length > 1) return { verdict: 'cannotTell', why: `${String(mine.length)} records carry this amount` };
  if (only !== undefined && intent.fingerprint === 'marked') return fromRow(only);
  // From here on the amount alone proves nothing: every other trace must be explained.
  if (others > 0)
    return {
      verdict: 'cannotTell',
      why: `${String(others)} records of this kind and asset that are not ours to explain`,
    };
  if (only?.status === 'open') return fromRow(only);
  if (only?.status === 'confirmed') {
    if (flow === null || flows.some((row) => row.tranId === only.id)) return fromRow(only);
    return { verdict: 'cannotTell', why: `record ${only.id} is not in the capital flow yet` };
  }
  if (flows.length > 0)
    return { verdict: 'cannotTell', why: 'the capital flow shows a movement whose record is missing' };
  return judgeAbsence(intent, witnesses);
}

/** Nothing moved as far as the lists go; a FAILED record of the same amount may be among them. */
async function judgeAbsence(intent: Intent, witnesses: Witnesses): Promise<Evidence> {
  if (!witnesses.records.complete || witnesses.flow?.complete === false) {
    return { verdict: 'cannotTell', why: 'the venue holds more records than it listed' };
  }
  const early = tooEarly(intent, witnesses);
  if (early !== null) return early;
  const balances = await witnesses.balances();
  if (balances.moved) return { verdict: 'cannotTell', why: balances.says };
  return { verdict: 'didNotHappen', why: 'no trace in records, capital flow and balances' };
}

/** Absence proves nothing while the venue might still start executing, or while its records may lag (DESIGN §6). */
function tooEarly(intent: Intent, { now, lagMarginMs }: Witnesses): Evidence | null {
  if (intent.validUntil === null) return { verdict: 'cannotTell', why: 'no validity is known' };
  const left = intent.validUntil + lagMarginMs - now;
  return left > 0
    ? { verdict: 'cannotTell', early: true, why: `no trace, but it may still come for ${String(Math.ceil(left))} ms` }
    : null;
}

/** A debt only ever grows by itself, and by a little: any fall, and any rise by most of a borrowing, needs an explanation. */
export function debtWitness(intent: Intent, debtNow: string): BalanceWitness {
  const before = intent.before.debt[intent.asset];
  if (intent.verb === 'borrow') {
    const moved = parse(debtNow)
      .minus(parse(before ?? '0'))
      .gte(parse(intent.amount).times('0.99'));
    return { moved, says: moved ? `the ${intent.asset} debt rose although no record says so` : 'debt did not rise' };
  }
  if (intent.verb !== 'repay' || before === undefined) {
    return { moved: true, says: `the ${intent.asset} debt before the send is not known` };
  }
  const moved = parse(debtNow).lt(parse(before));
  return { moved, says: moved ? `the ${intent.asset} debt fell although no record says so` : 'debt did not fall' };
}

/** Coins inside the loan's account: a rise (or fall) by the whole amount looks like our transfer. */
export function insideWitness(intent: Intent, insideNow: string): BalanceWitness {
  const before = intent.before.inside[intent.asset] ?? '0';
  const change = parse(insideNow)
    .minus(parse(before))
    .times(intent.verb === 'transferOut' ? -1 : 1);
  const moved = change.gte(parse(intent.amount));
  return { moved, says: moved ? `the ${intent.asset} balance moved as if it had happened` : 'balance did not move' };
}
