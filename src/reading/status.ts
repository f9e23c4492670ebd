/** What a running server sees, what is in flight, and what prices may do: one account at a time, as data. Reads Redis only. */
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import type { AccountView } from '../core/loan.ts';
import { format } from '../core/money.ts';
import { legWords } from '../core/words.ts';
import { breakersNow } from '../jobs/breakers.ts';
import { RECENT_INTENTS } from '../jobs/journal.ts';
import { ledgerOf } from '../jobs/ledger.ts';
import type { LedgerRow } from '../jobs/ledger.ts';
import type { Standing } from '../jobs/operator.ts';
import type { Means, Watch } from '../jobs/shelf.ts';
import { keptTerms } from '../jobs/terms.ts';
import { unseenAfterMs } from '../jobs/timing.ts';
import type { AccountJournal, Watched } from './accounts.ts';
import type { ExternalStatus } from './externals.ts';
import { externalsOf } from './externals.ts';
import { heldByBreaker, heldWords, policyWords } from './held.ts';
import type { LoanStatus } from './loans.ts';
import { loanStatus } from './loans.ts';
import { decisionOf } from './records.ts';
import { survivalOf } from './survival.ts';
import type { AccountSurvival, SurvivalRow } from './survival.ts';
import type { TermsAge } from './terms.ts';
import { ageOf, termsOf } from './terms.ts';

export interface AccountStatus {
  /** The name, with more to tell it by where two servers on this Redis use one. */
  readonly account: string;
  /** As its policy file calls it. */
  readonly name: string;
  readonly mode: string;
  readonly venue: 'binance' | 'okx';
  readonly uid: string;
  /** The policy file at hand has it, in this mode. */
  readonly own: boolean;
  /** Since the last look ended, ms; `null` before the first. */
  readonly lookedMs: number | null;
  /** Since the readings that the last good look rests on, ms; `null` before the first. */
  readonly seenMs: number | null;
  /** Not seen for longer than this, it counts as not watched; `null`: the file at hand does not say. */
  readonly seenWithinMs: number | null;
  /** DESIGN's word: `active`, `reducing`, `degraded`, `quarantine`, `halted`. */
  readonly accountMode: string;
  /** What keeps it from doing everything: causes of its mode, pauses, and open breakers, in words. */
  readonly held: readonly string[];
  readonly standing: Standing;
  readonly lane: LaneStatus;
  /** Products and wallets that the last good look could not read, and why. */
  readonly unread: readonly { readonly section: string; readonly reason: string }[];
  readonly wallets: readonly WalletStatus[];
  readonly terms: TermsAge;
  /** The account's loans sharing its money: the move that takes the first of them, nearest first. */
  readonly survival: readonly SurvivalRow[];
}

export interface LaneStatus {
  readonly looks: number;
  /** Until the next look, ms. Below zero: it is late. */
  readonly nextLookMs: number | null;
  readonly running: boolean;
  readonly processes: number;
  /** Failed looks in a row. */
  readonly failed: number;
}

export interface WalletStatus {
  readonly wallet: string;
  /** Coins, text; `keep` is never touched. */
  readonly coins: readonly { readonly asset: string; readonly free: string; readonly keep: string | null }[];
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

export interface Status extends Seen {
  readonly absent: readonly AbsentStatus[];
}

interface Seen {
  readonly accounts: readonly AccountStatus[];
  readonly loans: readonly LoanStatus[];
  readonly inFlight: readonly InFlight[];
  /** What others did lately, newest first. */
  readonly externals: readonly ExternalStatus[];
}

/** Computes how far prices may move: the dear part, so a caller that asks often may remember the answer. */
export type Survive = (account: AccountConfig, means: Means) => AccountSurvival | null;

export function survivalIn(config: Config): Survive {
  return (account, { view, redisNow: now, ...rest }) =>
    view === null ? null : survivalOf(config, account, { ...rest, view, now });
}

export async function statusOf(
  config: Config,
  { accounts, absent }: Watched,
  clock: Clock,
  survive: Survive = survivalIn(config),
): Promise<Status> {
  const now = clock.wall();
  const all: Seen[] = [];
  // One after another: in a server lanes turn on the same loop, and must come in between.
  for (const account of accounts) all.push(await accountStatus(config, account, clock, survive));
  return {
    absent: absent.map(({ name, state, since, says }) => ({ account: name, state, sinceMs: now - since, says })),
    accounts: all.flatMap((one) => one.accounts),
    loans: all.flatMap((one) => one.loans),
    inFlight: all.flatMap((one) => one.inFlight),
    externals: all.flatMap((one) => one.externals),
  };
}

async function accountStatus(config: Config, one: AccountJournal, clock: Clock, survive: Survive): Promise<Seen> {
  const { label, config: account, address, journal, operator, shelf } = one;
  const { mode } = address;
  const [watch, standing, means, terms, stored, records] = await Promise.all([
    ...([shelf.watch(), operator.standing(), shelf.means(), keptTerms(shelf)] as const),
    ...([journal.loans(), shelf.newestDecisions()] as const),
  ]);
  const now = clock.wall();
  const breakers = account === null ? [] : breakersNow(await shelf.newest(RECENT_INTENTS), now, account.timing);
  const survival = account === null ? null : survive(account, means);
  const pausedOf = (loan: string) => standing.pauses.find((pause) => pause.loan === loan)?.paused ?? null;
  const loans = [...stored].sort(byName).map(([id, machine]) =>
    loanStatus({
      ...{ account: label, mode, id, stored: machine, means, paused: pausedOf(id) },
      decision: decisionOf(records.get(id) ?? null),
      fruitless: means.fruitless[id] ?? [],
      terms: termsOf(terms, id, now),
      survival: survival?.loans.get(id) ?? null,
      file: account === null ? null : { config, account },
    }),
  );
  const seen: AccountStatus = {
    ...{ account: label, name: one.name, mode, venue: address.venue, uid: address.uid, own: one.own, standing },
    accountMode: standing.mode,
    held: [
      ...heldWords(label, standing),
      ...(one.own ? policyWords(label, watch.acting, config.digest) : []),
      ...breakers.map((breaker) => heldByBreaker(label, breaker, now)),
    ],
    ...watchedWords(watch, means.view, account, now),
    wallets: walletsOf(means.view, account),
    terms: ageOf(terms, now),
    survival: survival?.shared ?? [],
  };
  const { timing } = account ?? config;
  const rows = ledgerOf({ undecided: means.undecided, mode: standing.mode, now, timing });
  const flying = rows.map((row) => ({ ...row, account: label, what: legWords(row), sinceMs: now - row.since }));
  return { accounts: [seen], loans, inFlight: flying, externals: await externalsOf({ label, journal }, clock) };
}

function watchedWords(watch: Watch, view: AccountView | null, account: AccountConfig | null, now: number) {
  const { epoch, lookedAt, nextLookAt, running, processes, failed } = watch;
  return {
    lookedMs: lookedAt === null ? null : now - lookedAt,
    seenMs: view === null ? null : now - view.asOf,
    seenWithinMs: account === null ? null : unseenAfterMs(account.timing),
    lane: { looks: epoch, nextLookMs: nextLookAt === null ? null : nextLookAt - now, running, processes, failed },
    unread: Object.entries(view?.sections ?? {}).flatMap(([section, one]) =>
      one.state === 'failed' ? [{ section, reason: one.reason }] : [],
    ),
  };
}

function walletsOf(view: AccountView | null, account: AccountConfig | null): readonly WalletStatus[] {
  return (view?.wallets ?? []).map(({ name, free }) => {
    const keep = account?.wallets.find((wallet) => wallet.name === name)?.keep ?? {};
    const coins = Object.entries(free).map(([asset, amount]) => {
      const kept = keep[asset];
      return { asset, free: format(amount), keep: kept === undefined ? null : format(kept) };
    });
    return { wallet: name, coins };
  });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
