/**
 * What happened, newest last: money calls, what others did, what operators did, how the account's mode changed, and every
 * change of a decision. For the command line and for the page alike. Reads Redis only, and never more than it shows and a
 * page of it.
 */
import type { IntentState } from '../core/intent.ts';
import type { LoanId } from '../core/loan.ts';
import { doneWords, fateWords, legWords, percent } from '../core/words.ts';
import type { Filed, FiledDecision, ModeChange, OperatorAct, Span } from '../jobs/archive.ts';
import type { AccountJournal } from './accounts.ts';
import { recordOf } from './records.ts';

export type Happened = 'money' | 'external' | 'mode' | 'operator' | 'decision';

/** One thing that happened. Ratios and amounts are text. */
export interface HistoryRow {
  /** ms: when a call was planned, a decision was first made, the venue dates it, an operator did it. */
  readonly at: number;
  readonly account: string;
  /** `null`: the account, or nobody says which loan. */
  readonly loan: LoanId | null;
  readonly kind: Happened;
  /** One sentence. */
  readonly says: string;
  /** Only of money calls. */
  readonly money?: MoneyRow;
  /** Only of decisions: until when it was made, and how often in a row. */
  readonly made?: { readonly verdict: string; readonly ltv: string; readonly until: number; readonly count: number };
}

export interface MoneyRow {
  readonly intent: string;
  readonly state: IntentState;
  readonly verb: string;
  readonly asset: string;
  readonly amount: string;
  readonly chargeUsd: string;
  readonly ltvBefore: string;
  readonly ltvAfter: string | null;
  readonly ref: string | null;
  readonly settledAt: number | null;
}

export interface HistoryAsk extends Span {
  /** `null`: all of the account. */
  readonly loan: LoanId | null;
  /** The newest so many. */
  readonly limit: number;
  /** Also decisions that there was nothing to do, and that something was waited for. */
  readonly everyDecision: boolean;
}

/** Newest last. */
export async function historyOf(accounts: readonly AccountJournal[], ask: HistoryAsk): Promise<readonly HistoryRow[]> {
  const all = await Promise.all(accounts.map((account) => accountHistory(account, ask)));
  return newestOf(all.flat(), ask.limit);
}

async function accountHistory({ label, archive }: AccountJournal, ask: HistoryAsk): Promise<readonly HistoryRow[]> {
  const of = <T>(rows: AsyncIterable<T>, make: (row: T) => Omit<HistoryRow, 'account'> | null) =>
    collected(rows, (row) => withAccount(label, make(row), ask), ask.limit);
  const all = await Promise.all([
    of(archive.intents(ask, 'backward'), moneyRow),
    of(archive.externals(ask, 'backward'), ({ at, loan, says }) => ({ at, loan, kind: 'external', says })),
    of(archive.modes(ask, 'backward'), modeRow),
    of(archive.acts(ask, 'backward'), actRow),
    decisionsOf(label, archive.decisions({ from: ask.from, to: Number.POSITIVE_INFINITY }, 'backward'), ask),
  ]);
  return newestOf(all.flat(), ask.limit);
}

/** Rows about the whole account belong to every loan of it. */
function withAccount(account: string, row: Omit<HistoryRow, 'account'> | null, ask: HistoryAsk): HistoryRow | null {
  const isAsked = row !== null && (ask.loan === null || row.loan === null || row.loan === ask.loan);
  return isAsked ? { account, ...row } : null;
}

/** The newest that are asked for, of rows that come newest first. Oldest first: of one moment, the order of the journal. */
async function collected<T>(
  rows: AsyncIterable<T>,
  make: (row: T) => HistoryRow | null,
  limit: number,
): Promise<readonly HistoryRow[]> {
  const made: HistoryRow[] = [];
  for await (const row of rows) {
    const one = make(row);
    if (one !== null) made.push(one);
    if (made.length >= limit) break;
  }
  return made.reverse();
}

/**
 * Records come in the order in which they were closed, and are wanted in that in which they began: once as many are held as
 * are asked for, nothing that was closed before all of those began can be among the newest.
 */
async function decisionsOf(
  account: string,
  records: AsyncIterable<FiledDecision>,
  ask: HistoryAsk,
): Promise<readonly HistoryRow[]> {
  let held: readonly HistoryRow[] = [];
  for await (const record of records) {
    if (held.length >= ask.limit && (record.closedAt ?? Number.POSITIVE_INFINITY) < (held[0]?.at ?? 0)) break;
    const row = withAccount(account, decisionRow(record, ask.everyDecision), ask);
    if (row !== null && row.at >= ask.from && row.at <= ask.to) held = newestOf([row, ...held], ask.limit);
  }
  return held;
}

function newestOf(rows: readonly HistoryRow[], limit: number): readonly HistoryRow[] {
  return rows.toSorted((a, b) => a.at - b.at || RANK[a.kind] - RANK[b.kind]).slice(-limit);
}

/** Of one moment: why comes before what. */
const RANK: Readonly<Record<Happened, number>> = { external: 0, mode: 1, operator: 2, decision: 3, money: 4 };

function moneyRow({ intent, committedAt, ltvAfter }: Filed): Omit<HistoryRow, 'account'> {
  const { id, loan, state, note, before, ref, settledAt, verb, asset, amount, chargeUsd } = intent;
  const ltvBefore = before.ltv;
  const money = { intent: id, state, verb, asset, amount, chargeUsd, ltvBefore, ltvAfter, ref, settledAt };
  return { at: committedAt, loan, kind: 'money', says: moneyWords(intent, note, ltvAfter), money };
}

function moneyWords(intent: Filed['intent'], note: string, ltvAfter: string | null): string {
  const { state, before } = intent;
  switch (state) {
    case 'confirmed':
      return ltvAfter === null ? legWords(intent, 'done') : doneWords(intent, before.ltv, ltvAfter);
    case 'planned':
      return `plans to ${legWords(intent)}`;
    case 'sending':
    case 'settling':
      return `is on its way: ${legWords(intent)} (${note})`;
    case 'voided':
      return `did not ${legWords(intent)}: ${note}`;
    case 'rejected':
    case 'refused':
    case 'unknown':
    case 'expired':
      return fateWords(intent, state, note) ?? note;
  }
}

function modeRow({ at, mode, why }: ModeChange): Omit<HistoryRow, 'account'> {
  const is = mode === 'quarantine' ? 'is in quarantine' : `is ${mode}`;
  return { at, loan: null, kind: 'mode', says: `${is}${why === '' ? '' : `: ${why}`}` };
}

const DID: Readonly<Record<string, string>> = {
  pause: 'paused it',
  resume: 'resumed it',
  acknowledge: 'acknowledged it',
};

function actRow({ at, loan, act, by, why }: OperatorAct): Omit<HistoryRow, 'account'> {
  return { at, loan, kind: 'operator', says: `${by} ${DID[act] ?? `did this: ${act}`} (${why})` };
}

/** Verdicts of a loan that needed something. */
const NEEDY = ['act', 'starved', 'capped'];

function decisionRow({ loan, json }: FiledDecision, every: boolean): Omit<HistoryRow, 'account'> | null {
  const { decision, firstAt, lastAt, count } = recordOf(json);
  const { verdict, ltv, at } = decision;
  if (!every && !NEEDY.includes(verdict)) return null;
  const made = { verdict, ltv, until: lastAt ?? at, count: count ?? 1 };
  const says = decision.says === '' ? `LTV ${percent(ltv)}: ${verdict}` : decision.says;
  return { at: firstAt ?? at, loan, kind: 'decision', says, made };
}
