/**
 * What the witnesses of an undecided OKX call say together (DESIGN §2.2, §6 "Evidence"). Pure.
 *
 * A record with our amount proves that it happened. `didNotHappen` needs every witness to be readable and to show
 * nothing, and the signature to be dead for a margin; the caller counts such reads. A record of that type and asset that
 * is not ours makes the quantities useless, so nobody can tell. `pending` is only said while time alone may still help:
 * before the margin has passed, or while the venue itself says so.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import { format, parse, sum, type Dec } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';

/** A venue record of the intent's type and asset, newer than its cursor. */
export interface Trace {
  readonly source: string;
  readonly id: string;
  /** Coins moved, never negative; and as the record has it, with its sign. */
  readonly amount: Dec;
  readonly change: Dec;
  /** Records of one settlement share it: a repayment may be split. */
  readonly moment: string;
}

/** Records of one source; `null` when they could not be read, `partial` when older ones did not fit into one page. */
export interface Records {
  readonly source: string;
  readonly traces: readonly Trace[] | null;
  readonly partial: boolean;
}

/** What balances say: as if it happened, as if nothing happened, or neither. */
export type Quantity = 'moved' | 'unmoved' | 'unclear';

export interface Witness {
  readonly records: readonly Records[];
  /** Read only when needed: records that agree are proof enough. */
  readonly quantities: () => Promise<{ readonly says: Quantity; readonly why: string }>;
  readonly isOurs: (amount: Dec) => boolean;
  /** The venue's answer said that it took the call. */
  readonly accepted: boolean;
}

/** Where the intent stands in time. */
export type Phase = 'early' | 'late';

/** `late`: the venue can no longer start it, and what it had started by then would show within the margin (DESIGN §5.7). */
export function phaseOf(intent: Intent, venueNow: number, marginMs: number): Phase {
  return intent.validUntil !== null && venueNow > intent.validUntil + marginMs ? 'late' : 'early';
}

export async function judge(witness: Witness, phase: Phase): Promise<Evidence> {
  const found = byRecord(witness);
  if (found !== null) return found;
  const unread = witness.records.filter(({ traces }) => traces === null).map(({ source }) => source);
  if (phase === 'early') {
    const why = unread.length > 0 ? `${unread.join(', ')} could not be read` : 'no record yet, and it may still come';
    return { verdict: 'pending', why };
  }
  if (unread.length > 0) return cannotTell(`${unread.join(', ')} could not be read`);
  const partial = witness.records.find((records) => records.partial);
  if (partial !== undefined) return cannotTell(`${partial.source} holds more records than one page`);
  const { says, why } = await witness.quantities();
  if (says !== 'unmoved') return cannotTell(`no record, but ${why}`);
  // Silence does not outweigh the venue's own word: such a call is given up, charged and told instead (DESIGN §5.7).
  if (witness.accepted) return cannotTell(`the venue said that it took the call, and shows no record; ${why}`);
  return { verdict: 'didNotHappen', why: `no record and ${why}` };
}

/**
 * A call that was paid for when it was accepted and then failed. No record of that kind is documented (okx.md §12.3), so it
 * is proven from three sides: one source holds our record and the other, which a call that is done writes as well, was read
 * whole and does not; the same source holds the way back of the same coins, later; and the quantities stand as before.
 * `null`: this says nothing.
 * @param wayBack the id of the record that took this one back
 */
export async function takenBack(
  { records, isOurs, quantities }: Witness,
  wayBack: (record: Trace) => Promise<string | null>,
): Promise<Evidence | null> {
  if (records.some(({ traces, partial }) => traces === null || partial)) return null;
  const found = records.flatMap(({ traces }) => attributed(traces ?? [], isOurs) ?? []);
  const [record] = found;
  if (record === undefined || record === 'several' || found.length > 1) return null;
  const back = await wayBack(record).catch((error: unknown) => {
    if (error instanceof VenueError) return null;
    throw error;
  });
  if (back === null) return null;
  const said = `${record.source} record ${record.id} of ${format(record.amount)} was taken back by ${back}`;
  const { says, why } = await quantities();
  return says === 'unmoved'
    ? { verdict: 'didNotHappen', why: `${said}, and ${why}` }
    : cannotTell(`${said}, but ${why}`);
}

function byRecord(witness: Witness): Evidence | null {
  const all = witness.records.map(({ traces }) => traces ?? []);
  for (const traces of all) {
    const ours = attributed(traces, witness.isOurs);
    if (ours === 'several') return cannotTell('several records with our amount');
    if (ours !== null) {
      const why = `${ours.source} record ${ours.id} of ${format(ours.amount)}`;
      return { verdict: 'happened', ref: ours.id, amount: format(ours.amount), why };
    }
  }
  const foreign = all.flat()[0];
  if (foreign === undefined) return null;
  return cannotTell(`${foreign.source} record ${foreign.id} of ${format(foreign.amount)} is not ours`);
}

function attributed(traces: readonly Trace[], isOurs: (amount: Dec) => boolean): Trace | 'several' | null {
  const ours = traces.filter(({ amount }) => isOurs(amount));
  const [first] = ours;
  if (first !== undefined) return ours.length === 1 ? first : 'several';
  for (const { moment } of traces) {
    const parts = traces.filter((trace) => trace.moment === moment);
    const [part] = parts;
    const whole = sum(parts.map(({ amount }) => amount));
    if (part !== undefined && parts.length > 1 && isOurs(whole)) return { ...part, amount: whole };
  }
  return null;
}

/** Our amount; or, for at least what was owed, what was owed then with a little interest: over-payment may be cut. */
export function amountMatch(sent: string, owedBefore: string | undefined): (amount: Dec) => boolean {
  const whole = parse(sent);
  const owed = owedBefore === undefined ? null : parse(owedBefore);
  return (amount) => amount.eq(whole) || (owed !== null && whole.gte(owed) && amount.gte(owed) && amount.lte(whole));
}

export function cannotTell(why: string): Evidence {
  return { verdict: 'cannotTell', why };
}

/** A record page is complete when it did not fill up, or when it reaches back to a record that was there before. */
export function isPartial(rows: number, limit: number, newer: number): boolean {
  return rows >= limit && newer >= rows;
}
