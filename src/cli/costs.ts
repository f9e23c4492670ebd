/** `ballast costs`: interest by loan and day as the server keeps it, the yearly rate, and what the buffer costs (docs/costs.md). */
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import type { Bearing } from '../core/buffer.ts';
import { bufferOf } from '../core/buffer.ts';
import type { AccountView, Asset, LoanView } from '../core/loan.ts';
import { type Dec, ZERO, format, parse, sum } from '../core/money.ts';
import type { DaySum, KeptInterest } from '../jobs/interest.ts';
import { dayOf, keptInterest } from '../jobs/interest.ts';
import { followed } from '../jobs/needing.ts';
import type { KeptTerms } from '../jobs/terms.ts';
import { keptTerms } from '../jobs/terms.ts';
import { costsWords } from './costsWords.ts';
import { Ending, EXIT } from './exit.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import { withJournal } from './journalView.ts';
import type { Output } from './output.ts';

const DAY_MS = 86_400_000;
const DAYS_OF_YEAR = 365;

/** Amounts and shares are text. USD at the last seen price; `null` without one. */
export interface InterestLine {
  /** `null`: the venue does not say which loan. */
  readonly loan: string | null;
  readonly product: string;
  readonly asset: string;
  readonly coins: string;
  readonly usd: string | null;
  /** Interest over debt and time, per year, of the rows whose rate the venue states. */
  readonly ratePerYear: string | null;
  readonly days: readonly { readonly day: string; readonly coins: string }[];
}

export interface BufferLine {
  readonly loans: readonly {
    readonly loan: string;
    readonly collateralUsd: string;
    readonly perMonthUsd: string | null;
  }[];
  readonly idleUsd: string;
  readonly idlePerMonthUsd: string;
  readonly perMonthUsd: string;
  readonly missing: readonly string[];
}

export interface AccountCosts {
  readonly account: string;
  readonly readMs: number | null;
  readonly failed: string | null;
  /** Day from which on the figures are whole; `null`: before the first read, or everything there was. */
  readonly since: string | null;
  readonly lines: readonly InterestLine[];
  readonly totalUsd: string;
  /** Coins whose interest is not in the total, because nobody said their price. */
  readonly unpriced: readonly string[];
  /** Loans whose interest is derived from how the debt grew, and since when. */
  readonly derived: readonly { readonly loan: string; readonly since: string }[];
  readonly gaps: readonly string[];
  /** `null` before the first look, and for an account that the file at hand does not name. */
  readonly buffer: BufferLine | null;
}

export interface CostsAsk {
  readonly days: number;
  readonly account: string | null;
}

/** @throws Ending when no server runs, or the account is not one of its */
export async function costs(config: Config, clock: Clock, ask: CostsAsk, output: Output, json: boolean): Promise<void> {
  const accounts = await withJournal(config, async (all) => {
    const wanted = all.filter(
      ({ name, label }) => ask.account === null || ask.account === label || ask.account === name,
    );
    if (wanted.length === 0) throw noAccount(ask.account ?? '', all);
    return Promise.all(wanted.map((account) => costsOf(config, account, clock, ask.days)));
  });
  if (json) output.json({ days: ask.days, accounts });
  else for (const line of costsWords(accounts, ask.days)) output.say(line);
}

function noAccount(wanted: string, all: readonly AccountJournal[]): Ending {
  const names = all.map(({ label }) => label);
  return new Ending(EXIT.usage, {
    happened: `the running server has no account ${wanted}.`,
    ballast: 'it changed nothing.',
    operator: names.length === 0 ? 'ask again when it has started.' : `name one of these: ${names.join(', ')}`,
  });
}

async function costsOf(
  config: Config,
  { label, config: account, address, shelf }: AccountJournal,
  clock: Clock,
  days: number,
): Promise<AccountCosts> {
  const now = clock.wall();
  const [interest, terms, view] = await Promise.all([keptInterest(shelf), keptTerms(shelf), shelf.view()]);
  const first = firstDay(interest, days, address.mode === 'simulated' ? null : now);
  const priceOf = pricesOf(view);
  const lines = linesOf(interest, first, priceOf);
  const { failed, gaps, unexplained } = interest;
  return {
    account: label,
    readMs: interest.readAt === null ? null : Math.max(0, now - interest.readAt),
    failed: failed?.says ?? null,
    since: interest.since === null || interest.since === 0 ? null : laterOf(first, dayOf(interest.since)),
    lines,
    totalUsd: cents(sum(lines.flatMap(({ usd }) => (usd === null ? [] : parse(usd))))),
    unpriced: [...new Set(lines.filter(({ usd }) => usd === null).map(({ asset }) => asset))],
    derived: derivedOf(interest),
    gaps: [
      ...gaps.map(({ section, reason }) => `${section}: ${reason}`),
      ...unexplained.filter(({ at }) => dayOf(at) >= first).map(({ loan, says }) => `${loan}: ${says}; not counted`),
    ],
    buffer: account === null || view === null ? null : bufferLine(config, account, view, { lines, terms }, priceOf),
  };
}

/** @param now `null`: the account is simulated, and its newest row says what day it is there */
function firstDay({ days }: KeptInterest, count: number, now: number | null): string {
  const newest = Object.keys(days).sort().at(-1);
  const today = now ?? (newest === undefined ? 0 : Date.parse(newest));
  return dayOf(Math.max(0, today - (count - 1) * DAY_MS));
}

function linesOf(
  { days }: KeptInterest,
  first: string,
  priceOf: (asset: Asset) => Dec | null,
): readonly InterestLine[] {
  const sums = new Map<string, { readonly day: string; readonly one: DaySum }[]>();
  for (const [day, keyed] of Object.entries(days).sort()) {
    if (day < first) continue;
    for (const [key, one] of Object.entries(keyed)) sums.set(key, [...(sums.get(key) ?? []), { day, one }]);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => {
      const [owner = '', asset = ''] = key.split(' ');
      const coins = sum(of.map(({ one }) => one.coins));
      const [rated, coinYears] = [sum(of.map(({ one }) => one.rated)), sum(of.map(({ one }) => one.coinYears))];
      const price = priceOf(asset);
      const isLoan = owner.includes('/');
      return {
        loan: isLoan ? owner : null,
        product: isLoan ? (owner.split('/')[1] ?? '') : owner,
        asset,
        coins: format(coins),
        usd: price === null ? null : format(coins.times(price)),
        ratePerYear: coinYears.isZero() ? null : format(rated.div(coinYears)),
        days: of.map(({ day, one }) => ({ day, coins: format(one.coins) })),
      };
    });
}

function derivedOf({ bases }: KeptInterest): AccountCosts['derived'] {
  return Object.entries(bases).map(([key, { since }]) => ({ loan: key.split(' ')[0] ?? '', since: dayOf(since) }));
}

function bufferLine(
  config: Config,
  { loans: rules, unlisted, wallets }: AccountConfig,
  view: AccountView,
  known: { readonly lines: readonly InterestLine[]; readonly terms: KeptTerms },
  priceOf: (asset: Asset) => Dec | null,
): BufferLine {
  const bearings = view.loans.flatMap((loan): readonly Bearing[] => {
    const found = followed({ loans: rules, unlisted, policies: config.policies }, loan);
    if (loan.status !== 'open' || loan.debtValue.lte(0) || 'none' in found) return [];
    return [{ loan, policy: found.policy, act: found.levels.act, ratePerYear: rateOf(loan, known) }];
  });
  const free = Object.fromEntries(view.wallets.map(({ name, free: held }) => [name, held]));
  const buffer = bufferOf({ bearings, free, wallets, priceOf });
  return {
    loans: buffer.loans.map(({ loan, collateralUsd, costPerMonth }) => ({
      loan,
      collateralUsd: cents(collateralUsd),
      perMonthUsd: costPerMonth === null ? null : cents(costPerMonth),
    })),
    idleUsd: cents(buffer.idleUsd),
    idlePerMonthUsd: cents(buffer.idleCostPerMonth),
    perMonthUsd: cents(buffer.costPerMonth),
    missing: buffer.missing,
  };
}

/** The rate that was paid; where the venue states none with its rows, the one it states now. By debt where there are several. */
function rateOf(
  { id, debts }: LoanView,
  { lines, terms }: { readonly lines: readonly InterestLine[]; readonly terms: KeptTerms },
): Dec | null {
  const rated = debts.map(({ asset, amount, price }) => {
    const paid = lines.find((line) => line.loan === id && line.asset === asset)?.ratePerYear ?? null;
    const stated = terms.terms?.debts.find((debt) => debt.loan === id && debt.asset === asset)?.ratePerDay ?? null;
    const rate = paid === null ? (stated?.times(DAYS_OF_YEAR) ?? null) : parse(paid);
    return { value: amount.times(price), rate };
  });
  if (rated.some(({ value, rate }) => rate === null && value.gt(0))) return null;
  const total = sum(rated.map(({ value }) => value));
  return total.isZero() ? null : sum(rated.map(({ value, rate }) => value.times(rate ?? ZERO))).div(total);
}

function pricesOf(view: AccountView | null): (asset: Asset) => Dec | null {
  const prices = new Map(Object.entries(view?.prices ?? {}));
  for (const loan of view?.loans ?? []) {
    for (const { asset, price } of [...loan.collateral, ...loan.debts]) prices.set(asset, price);
  }
  return (asset) => prices.get(asset) ?? null;
}

function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}

function cents(usd: Dec): string {
  return usd.toFixed(2);
}
