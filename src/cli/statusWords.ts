/** `ballast status` for a person: account by account, what is wrong first. Pure. */
import { duration, percent } from '../core/words.ts';
import type { LoanStatus } from '../reading/loans.ts';
import { ledgerWords } from '../reading/ledgerWords.ts';
import type { AccountStatus, Status } from '../reading/status.ts';
import { externalWords } from './externals.ts';
import { stateWord } from './report.ts';
import { reachWords, targetWords } from './survival.ts';
import { ageWords, termsWords } from './terms.ts';

const SENDS: Readonly<Record<string, string>> = {
  live: 'LIVE',
  simulated: 'simulated',
  dryRun: 'moves nothing',
};

const ABSENT = {
  unreachable: 'NOT WATCHED, its venue cannot be reached yet',
  refused: 'NOT WATCHED, refused',
} as const;

/** @param now wall ms */
export function statusWords({ accounts, absent, loans, inFlight, externals }: Status, now: number): string[] {
  const width = Math.max(0, ...loans.map(({ loan }) => loan.length));
  const lines = accounts.flatMap((account) => {
    const mine = loans.filter((loan) => loan.account === account.account);
    const moving = inFlight.filter((one) => one.account === account.account);
    return [
      ...accountWords(account),
      ...mine.flatMap((loan) => loanWords(loan, width)),
      ...moving.flatMap((row) => ledgerWords(row, now).map((line) => `  ${line}`)),
      ...externalWords(externals.filter((one) => one.account === account.account)),
      ...sharedWords(account, mine),
      ...(mine.length === 0 ? [] : ageWords(account.terms).map((line) => `  ${line}`)),
    ];
  });
  for (const { account, state, sinceMs, says } of absent) {
    lines.push(`account ${account}: ${ABSENT[state]} for ${duration(Math.max(0, sinceMs))}: ${says}`);
  }
  if (loans.length === 0) lines.push('no loan has been seen yet');
  return lines;
}

/** What holds an account back comes before everything else. */
function accountWords({ account, mode, lookedMs, held }: AccountStatus): readonly string[] {
  const looked = lookedMs === null ? 'not seen yet' : `seen ${duration(Math.max(0, lookedMs))} ago`;
  return [`account ${account} (${SENDS[mode] ?? mode}): ${looked}`, ...held.map((words) => `  !!! ${words}`)];
}

function loanWords({ loan, state, ltv, says, terms, survival }: LoanStatus, width: number): readonly string[] {
  const where = says ?? (ltv === null ? '' : `LTV ${percent(ltv)}`);
  const moves = survival === null ? [] : reachWords(survival.moves, 'its line');
  const targets = (survival?.targets ?? []).map(targetWords);
  const none = survival !== null && moves.length === 0 ? ['no move of prices alone reaches its line'] : [];
  return [
    `  ${loan.padEnd(width)}  ${stateWord(state).padEnd(10)}  ${where}`,
    ...[...moves, ...none, ...targets].map((line) => `    ${line}`),
    ...terms.map((row) => `    ${termsWords(row)}`),
  ];
}

/** With one loan the account says nothing new. */
function sharedWords({ survival }: AccountStatus, loans: readonly LoanStatus[]): readonly string[] {
  if (loans.filter((loan) => loan.survival !== null).length < 2) return [];
  return reachWords(survival, 'the line of the first loan').map((line) => `  all loans sharing the money: ${line}`);
}
