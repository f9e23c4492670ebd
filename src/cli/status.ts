/** `ballast status`: what a running server sees, what is in flight, and what prices may do. Reads Redis and nothing else. */
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import { ledgerOf } from '../jobs/ledger.ts';
import type { LedgerRow } from '../jobs/ledger.ts';
import { breakersNow } from '../jobs/breakers.ts';
import { RECENT_INTENTS } from '../jobs/journal.ts';
import type { Means } from '../jobs/shelf.ts';
import { keptTerms } from '../jobs/terms.ts';
import type { ExternalStatus } from './externals.ts';
import { externalsOf } from './externals.ts';
import { heldByBreaker, heldWords } from './held.ts';
import type { AccountJournal } from './journalView.ts';
import { withJournal } from './journalView.ts';
import { legWords } from './narrate.ts';
import type { Output } from './output.ts';
import { statusWords } from './statusWords.ts';
import { survivalOf } from './survival.ts';
import type { AccountSurvival, LoanSurvival, SurvivalRow } from './survival.ts';
import type { TermsAge, TermsRow } from './terms.ts';
import { ageOf, termsOf } from './terms.ts';
import { decisionOf } from './why.ts';

export interface LoanStatus {
  readonly account: string;
  readonly mode: string;
  readonly loan: string;
  readonly state: string;
  readonly ltv: string | null;
  readonly says: string | null;
  readonly terms: readonly TermsRow[];
  /** `null` while the loan is not open, or was not seen. */
  readonly survival: LoanSurvival | null;
}

export interface AccountStatus {
  readonly account: string;
  readonly mode: string;
  /** Since the last complete look, ms; `null` before the first. */
  readonly lookedMs: number | null;
  /** DESIGN's word: `active`, `reducing`, `degraded`, `quarantine`, `halted`. */
  readonly accountMode: string;
  /** What keeps it from doing everything: causes of its mode, pauses, and open breakers, in words. */
  readonly held: readonly string[];
  readonly terms: TermsAge;
  /** The account's loans sharing its money: the move that takes the first of them, nearest first. */
  readonly survival: readonly SurvivalRow[];
}

/** A row of the ledger of the undecided. */
export interface InFlight extends LedgerRow {
  readonly account: string;
  readonly what: string;
  readonly sinceMs: number;
}

/** An account that a running server does not watch. */
export interface AbsentStatus {
  readonly account: string;
  readonly state: 'unreachable' | 'refused';
  readonly sinceMs: number;
  readonly says: string;
}

export interface Status extends Watched {
  readonly absent: readonly AbsentStatus[];
}

interface Watched {
  readonly accounts: readonly AccountStatus[];
  readonly loans: readonly LoanStatus[];
  readonly inFlight: readonly InFlight[];
  /** What others did lately, newest first. */
  readonly externals: readonly ExternalStatus[];
}

export async function status(config: Config, clock: Clock, output: Output, json: boolean): Promise<void> {
  const now = clock.wall();
  const seen = await withJournal(config, async (accounts, absent) => {
    const all = await Promise.all(accounts.map((account) => statusOf(config, account, clock)));
    return {
      absent: absent.map(({ name, state, since, says }) => ({ account: name, state, sinceMs: now - since, says })),
      accounts: all.flatMap((one) => one.accounts),
      loans: all.flatMap((one) => one.loans),
      inFlight: all.flatMap((one) => one.inFlight),
      externals: all.flatMap((one) => one.externals),
    };
  });
  if (json) output.json(seen);
  else for (const line of statusWords(seen, now)) output.say(line);
}

async function statusOf(
  config: Config,
  { label, config: account, address, journal, operator, shelf }: AccountJournal,
  clock: Clock,
): Promise<Watched> {
  const { mode } = address;
  const now = clock.wall();
  const [looked, standing, means, terms, stored] = await Promise.all([
    journal.lookedAt(),
    operator.standing(),
    shelf.means(),
    keptTerms(shelf),
    journal.loans(),
  ]);
  const survival = survivalIn(config, account, means);
  const loans: LoanStatus[] = [];
  for (const [loan, { state }] of [...stored].sort(byName)) {
    const decision = decisionOf(await journal.why(loan));
    loans.push({
      ...{ account: label, mode, loan, state },
      ltv: decision?.ltv ?? null,
      says: decision?.says ?? null,
      terms: termsOf(terms, loan, now),
      survival: survival?.loans.get(loan) ?? null,
    });
  }
  const breakers = account === null ? [] : breakersNow(await shelf.newest(RECENT_INTENTS), now, account.timing);
  const held = [...heldWords(label, standing), ...breakers.map((one) => heldByBreaker(label, one, now))];
  const seen = {
    ...{ account: label, mode, accountMode: standing.mode, held },
    lookedMs: looked === null ? null : now - looked,
    terms: ageOf(terms, now),
    survival: survival?.shared ?? [],
  };
  const { timing } = account ?? config;
  const rows = ledgerOf({ undecided: means.undecided, mode: standing.mode, now, timing });
  const flying = rows.map((row) => ({ ...row, account: label, what: legWords(row), sinceMs: now - row.since }));
  return { accounts: [seen], loans, inFlight: flying, externals: await externalsOf({ label, journal }, clock) };
}

/** `null` for an account that the file at hand does not name, and before the first look. */
function survivalIn(config: Config, account: AccountConfig | null, means: Means): AccountSurvival | null {
  const { view, redisNow: now, ...rest } = means;
  return account === null || view === null ? null : survivalOf(config, account, { ...rest, view, now });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
