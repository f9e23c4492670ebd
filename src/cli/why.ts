/** `ballast why LOAN`: the newest decision about a loan in words. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { parse } from '../core/money.ts';
import type { Decision } from '../core/need.ts';
import { Ending, EXIT } from './exit.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import type { DecisionRecord } from '../reading/records.ts';
import { decisionOf } from '../reading/records.ts';
import { withJournal } from './journalView.ts';
import { duration, percent } from '../core/words.ts';
import type { Output } from './output.ts';

const SHOWN_DECIMALS = 10;

/** Explains the newest decision about a loan: what fired, what did not and why, and what happens next (DESIGN §5.8). */
export async function why(config: Config, clock: Clock, wanted: string, output: Output, json: boolean): Promise<void> {
  const { text, acted } = await withJournal(config, async (accounts) => {
    const { loan, journal } = await findLoan(accounts, wanted);
    return { loan, text: await journal.why(loan), acted: await lastAct(journal, loan) };
  });
  const decision = decisionOf(text);
  if (decision === null) {
    throw new Ending(EXIT.temporary, {
      happened: `${wanted} was seen, but nothing was decided about it yet.`,
      ballast: 'it goes on looking.',
      operator: 'ask again in a few seconds.',
    });
  }
  if (json) {
    const record = JSON.parse(text ?? '{}') as object;
    output.json({ ...record, lastAct: acted });
    return;
  }
  for (const line of explain(decision)) output.say(line);
  if (acted === null || acted.decision.at === decision.at) return;
  output.say(`The last time it acted, ${duration(Math.max(0, clock.wall() - acted.decision.at))} ago:`);
  for (const line of explain(acted.decision)) output.say(line);
}

/** A loan by its whole id, or by any part of it that only one loan has. @throws Ending */
export async function findLoan(
  accounts: readonly AccountJournal[],
  wanted: string,
): Promise<AccountJournal & { readonly loan: string }> {
  const known: (AccountJournal & { readonly loan: string })[] = [];
  for (const account of accounts) {
    for (const loan of (await account.journal.loans()).keys()) known.push({ ...account, loan });
  }
  const exact = known.filter(({ loan }) => loan === wanted);
  const named = exact.length > 0 ? exact : known.filter(({ loan }) => loan.includes(wanted));
  const own = named.filter((one) => one.own);
  const [found, ...more] = own.length > 0 ? own : named;
  if (found !== undefined && more.length === 0) return found;
  const names = known.map(({ loan, label }) => (loan.startsWith(`${label}/`) ? loan : `${loan} of ${label}`));
  throw new Ending(EXIT.usage, {
    happened: found === undefined ? `no loan is called ${wanted}.` : `${wanted} is part of the names of several loans.`,
    ballast: 'it changed nothing.',
    operator: names.length === 0 ? 'ask again when the first look is done.' : `name one of these: ${names.join(', ')}`,
  });
}

async function lastAct(journal: AccountJournal['journal'], loan: string): Promise<DecisionRecord | null> {
  const records = await journal.decisions();
  for (const record of records.reverse()) {
    if (record.loan !== loan) continue;
    const made = JSON.parse(record.json) as DecisionRecord;
    if (made.decision.verdict === 'act') return made;
  }
  return null;
}

export function explain(decision: Decision): string[] {
  const { levels } = decision;
  const call = levels.call === null ? '' : `, the venue warns at ${percent(levels.call)}`;
  return [
    `${decision.loan}: ${decision.says}`,
    `  LTV ${percent(decision.ltv)}; target ${percent(levels.target)}, act ${percent(levels.act)}, urgent ${percent(levels.urgent)}, line ${percent(levels.line)}${call}`,
    ...decision.trace.map((line) => `  ${line.fired ? '*' : '-'} ${line.rule}: ${line.says}`),
    ...decision.next.map((next) => `  next: ${next.what} at ${next.asset} ${next.price}`),
    ...(decision.verdict === 'act' ? [amountWords(decision)] : []),
  ];
}

function amountWords({ sizing, ltvAfter }: Extract<Decision, { verdict: 'act' }>): string {
  return `  amount: ${sizing.formula} gives ${shown(sizing.unbounded)}, sent ${sizing.amount}; LTV after ${percent(ltvAfter)}`;
}

/** Enough digits to follow the computation; the record has all of them. */
function shown(amount: string): string {
  return parse(amount).toDecimalPlaces(SHOWN_DECIMALS).toFixed();
}
