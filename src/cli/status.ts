/** `ballast status` and `ballast why LOAN`: the journal in words. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { UNDECIDED } from '../core/intent.ts';
import { parse } from '../core/money.ts';
import type { Decision } from '../core/need.ts';
import { Ending, EXIT } from './exit.ts';
import { heldWords } from './held.ts';
import type { AccountJournal } from './journalView.ts';
import { withJournal } from './journalView.ts';
import { legWords, percent } from './narrate.ts';
import type { Output } from './output.ts';
import { duration } from './progress.ts';
import { stateWord } from './report.ts';

interface LoanStatus {
  readonly account: string;
  readonly mode: string;
  readonly loan: string;
  readonly state: string;
  readonly ltv: string | null;
  readonly says: string | null;
}

interface AccountStatus {
  readonly account: string;
  readonly mode: string;
  /** Since the last complete look, ms; `null` before the first. */
  readonly lookedMs: number | null;
  /** What keeps it from doing everything: causes of its mode, and pauses, in words. */
  readonly held: readonly string[];
}

/** An account that a running server does not watch. */
interface AbsentStatus {
  readonly account: string;
  readonly state: 'unreachable' | 'refused';
  readonly sinceMs: number;
  readonly says: string;
}

interface InFlight {
  readonly intent: string;
  readonly loan: string;
  readonly what: string;
  readonly state: string;
  readonly sinceMs: number;
  readonly note: string;
}

interface Status extends Watched {
  readonly absent: readonly AbsentStatus[];
}

interface Watched {
  readonly accounts: readonly AccountStatus[];
  readonly loans: readonly LoanStatus[];
  readonly inFlight: readonly InFlight[];
}

const SHOWN_DECIMALS = 10;

/** What a decision record holds beside the decision is of no use here. */
interface DecisionRecord {
  readonly decision: Decision;
}

export async function status(config: Config, clock: Clock, output: Output, json: boolean): Promise<void> {
  const now = clock.wall();
  const seen = await withJournal(config, async (accounts, absent) => {
    const all = await Promise.all(accounts.map((account) => statusOf(account, clock)));
    return {
      absent: absent.map(({ name, state, since, says }) => ({ account: name, state, sinceMs: now - since, says })),
      accounts: all.flatMap((one) => one.accounts),
      loans: all.flatMap((one) => one.loans),
      inFlight: all.flatMap((one) => one.inFlight),
    };
  });
  if (json) output.json(seen);
  else for (const line of statusWords(seen)) output.say(line);
}

async function statusOf({ label, address, journal, operator }: AccountJournal, clock: Clock): Promise<Watched> {
  const { mode } = address;
  const now = clock.wall();
  const looked = await journal.lookedAt();
  const standing = await operator.standing();
  const loans: LoanStatus[] = [];
  for (const [loan, { state }] of [...(await journal.loans())].sort(byName)) {
    const decision = decisionOf(await journal.why(loan));
    loans.push({ account: label, mode, loan, state, ltv: decision?.ltv ?? null, says: decision?.says ?? null });
  }
  const undecided = (await journal.intents()).filter((intent) => UNDECIDED.includes(intent.state));
  return {
    accounts: [
      { account: label, mode, lookedMs: looked === null ? null : now - looked, held: heldWords(label, standing) },
    ],
    loans,
    inFlight: undecided.map((intent) => {
      const sinceMs = now - (intent.sentAt ?? intent.plannedAt);
      return {
        intent: intent.id,
        loan: intent.loan,
        what: legWords(intent),
        state: intent.state,
        sinceMs,
        note: intent.note,
      };
    }),
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const MODES: Readonly<Record<string, string>> = {
  live: 'LIVE',
  simulated: 'simulated',
  dryRun: 'moves nothing',
};

const ABSENT = {
  unreachable: 'NOT WATCHED, its venue cannot be reached yet',
  refused: 'NOT WATCHED, refused',
} as const;

export function statusWords({ accounts, absent, loans, inFlight }: Status): string[] {
  const lines = accounts.flatMap(({ account, mode, lookedMs, held }) => {
    const looked = lookedMs === null ? 'not seen yet' : `seen ${duration(Math.max(0, lookedMs))} ago`;
    return [`account ${account} (${MODES[mode] ?? mode}): ${looked}`, ...held.map((words) => `  ${words}`)];
  });
  for (const { account, state, sinceMs, says } of absent) {
    lines.push(`account ${account}: ${ABSENT[state]} for ${duration(Math.max(0, sinceMs))}: ${says}`);
  }
  const width = Math.max(0, ...loans.map(({ loan }) => loan.length));
  for (const { loan, state, ltv, says } of loans) {
    lines.push(
      `  ${loan.padEnd(width)}  ${stateWord(state).padEnd(10)}  ${says ?? (ltv === null ? '' : `LTV ${percent(ltv)}`)}`,
    );
  }
  for (const { what, loan, state, sinceMs, note } of inFlight) {
    lines.push(`  in flight: ${what} for ${loan}, ${state} for ${duration(sinceMs)}: ${note}`);
  }
  if (loans.length === 0) lines.push('no loan has been seen yet');
  return lines;
}

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

function decisionOf(text: string | null): Decision | null {
  return text === null ? null : (JSON.parse(text) as DecisionRecord).decision;
}
