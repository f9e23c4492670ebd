/** `ballast history`: what happened, from the journal of a running server or the one that the last server left. */
import { isoOf } from '../clock.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import type { HistoryAsk, HistoryRow } from '../reading/history.ts';
import { historyOf } from '../reading/history.ts';
import { withAnyJournal } from './journalView.ts';
import type { Reading } from './readingCommands.ts';
import { findLoan } from './why.ts';

export interface HistoryFlags extends Omit<HistoryAsk, 'loan'> {
  /** An account, a loan or any part of its name; `null`: everything. */
  readonly target: string | null;
}

/** @throws Ending */
export async function history({ config, clock, output, json, redisProgram: program }: Reading, flags: HistoryFlags) {
  const { target, ...span } = flags;
  const rows = await withAnyJournal(config, { clock, program }, async (accounts) => {
    const { asked, loan } = await scopeOf(accounts, target);
    return historyOf(asked, { ...span, loan });
  });
  if (json) {
    output.json({ rows });
    return;
  }
  for (const row of rows) output.say(lineOf(row));
  if (rows.length === 0) output.say('nothing happened in that time, as far as the journal goes back.');
}

/** Accounts, and the one loan of them that is asked for. @throws Ending */
export async function scopeOf(
  accounts: readonly AccountJournal[],
  target: string | null,
): Promise<{ readonly asked: readonly AccountJournal[]; readonly loan: string | null }> {
  if (target === null) return { asked: accounts, loan: null };
  const named = accounts.filter(({ name, label }) => label === target || name === target);
  if (named.length > 0) return { asked: named, loan: null };
  const { loan, ...account } = await findLoan(accounts, target);
  return { asked: [account], loan };
}

function lineOf({ at, account, loan, kind, says, made, money }: HistoryRow): string {
  const about = kind === 'decision' ? 'decided: ' : '';
  const often =
    made === undefined || made.count < 2 ? '' : ` (${String(made.count)} looks, until ${timeOf(made.until)})`;
  const id = money === undefined ? '' : ` [${money.intent}]`;
  return `${timeOf(at)}  ${loan ?? account}  ${about}${says}${often}${id}`;
}

function timeOf(wallMs: number): string {
  return isoOf(wallMs).slice(0, 19).replace('T', ' ');
}
