/** Turns one reading of the journal into gauges: the accounts of this server's policy file, and nothing of other servers. */
import { UNDECIDED } from '../core/intent.ts';
import type { BudgetRow } from '../reading/budgets.ts';
import type { LoanStatus } from '../reading/loans.ts';
import type { AccountStatus, Status } from '../reading/status.ts';
import { ownIn } from '../reading/own.ts';
import { BUDGETS, LEVELS } from './journalRows.ts';
import type { Meters } from './meters.ts';
import { numberOf, sumOf } from './numbers.ts';

/** An open alert, as far as it is counted. */
export interface OpenAlert {
  readonly severity: 'warning' | 'critical';
  readonly category: string;
  readonly over: number | null;
  readonly acknowledged: object | null;
}

/** @param wanted names of the accounts in the policy file */
export function gaugeStatus(meters: Meters, wanted: readonly string[], status: Status): void {
  for (const name of wanted) {
    const account = ownIn(status, name);
    meters.set('ballast_account_watched', { account: name }, account === null ? 0 : 1);
    if (account !== null) gaugeAccount(meters, name, account, status);
  }
}

export function gaugeAlerts(meters: Meters, alerts: readonly OpenAlert[]): void {
  const counted = new Map<string, { readonly labels: Labels; readonly count: number }>();
  for (const { severity, category, over, acknowledged } of alerts) {
    if (over !== null) continue;
    const labels: Labels = { severity, category, acknowledged: acknowledged === null ? 'no' : 'yes' };
    const key = JSON.stringify(labels);
    counted.set(key, { labels, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  for (const { labels, count } of counted.values()) meters.set('ballast_alerts_open', labels, count);
}

interface Labels {
  readonly severity: string;
  readonly category: string;
  readonly acknowledged: string;
}

function gaugeAccount(meters: Meters, account: string, one: AccountStatus, status: Status): void {
  const { venue, mode: sends, accountMode, standing, seenMs, seenWithinMs, lane, unread } = one;
  const isPaused = standing.pauses.some(({ loan }) => loan === null);
  meters.set('ballast_account_sends', { account, venue, sends }, 1);
  meters.set('ballast_account_mode', { account, mode: accountMode }, 1);
  meters.set('ballast_account_paused', { account }, isPaused ? 1 : 0);
  if (seenMs !== null) meters.set('ballast_account_observation_age_seconds', { account }, seenMs / 1_000);
  if (seenWithinMs !== null) meters.set('ballast_account_observation_limit_seconds', { account }, seenWithinMs / 1_000);
  meters.set('ballast_account_failed_looks', { account }, lane.failed);
  meters.set('ballast_account_unread_sections', { account }, unread.length);
  meters.set('ballast_account_processes', { account }, lane.processes);
  if (lane.nextLookMs !== null)
    meters.set('ballast_look_overdue_seconds', { account }, Math.max(0, -lane.nextLookMs) / 1_000);
  const loans = status.loans.filter((loan) => loan.account === one.account && isWatched(loan));
  for (const loan of loans) gaugeLoan(meters, account, loan);
  gaugeWallets(meters, account, one, loans);
  gaugeBudgets(meters, account, loans);
  gaugeUndecided(
    meters,
    account,
    status.inFlight.filter((call) => call.account === one.account),
  );
}

/** Closed and retired ones stay in the journal for ever. */
function isWatched({ state }: LoanStatus): boolean {
  return state !== 'closed' && state !== 'retired';
}

function gaugeLoan(meters: Meters, account: string, one: LoanStatus): void {
  const { loan, state, ltv, levels, debts, collateral, paused, fuse, survival } = one;
  const labels = { account, loan };
  meters.set('ballast_loan_state', { ...labels, state }, 1);
  if (ltv !== null) meters.set('ballast_loan_ltv_ratio', labels, numberOf(ltv));
  for (const level of LEVELS) {
    const at = levels?.[level] ?? null;
    if (at !== null) meters.set('ballast_loan_level_ratio', { ...labels, level }, numberOf(at));
  }
  if (ltv !== null && levels !== null)
    meters.set('ballast_loan_cushion_ratio', labels, 1 - numberOf(ltv) / numberOf(levels.line));
  if (ltv !== null) {
    meters.set('ballast_loan_debt_usd', labels, sumOf(debts.map(({ usd }) => usd)));
    meters.set('ballast_loan_collateral_usd', labels, sumOf(collateral.map(({ usd }) => usd)));
  }
  meters.set('ballast_loan_paused', labels, paused === null ? 0 : 1);
  if (fuse !== null) meters.set('ballast_loan_fuse_blown', labels, fuse.blown ? 1 : 0);
  for (const direction of ['fall', 'rise'] as const) {
    const moves = (survival?.moves ?? []).filter((move) => move.kind === 'price' && move.direction === direction);
    for (const money of ['without', 'with'] as const) {
      const nearest = smallest(moves.flatMap((move) => move[money] ?? []));
      if (nearest !== null) meters.set('ballast_loan_survival_ratio', { ...labels, direction, money }, nearest);
    }
  }
}

/** The smallest move, with its sign. */
function smallest(shares: readonly string[]): number | null {
  const numbers = shares.map(numberOf).sort((a, b) => Math.abs(a) - Math.abs(b));
  return numbers[0] ?? null;
}

function gaugeWallets(meters: Meters, account: string, one: AccountStatus, loans: readonly LoanStatus[]): void {
  const ofLoans = new Set(
    loans.flatMap(({ debts, collateral }) => [...debts, ...collateral].map(({ asset }) => asset)),
  );
  for (const { wallet, coins } of one.wallets) {
    for (const { asset, free, keep } of coins) {
      if (keep === null && !ofLoans.has(asset)) continue;
      meters.set('ballast_wallet_free_coins', { account, wallet, asset }, numberOf(free));
      meters.set('ballast_wallet_keep_coins', { account, wallet, asset }, numberOf(keep ?? '0'));
    }
  }
}

/** Loans of one policy share its windows; of what each has for itself the smallest counts. */
function gaugeBudgets(meters: Meters, account: string, loans: readonly LoanStatus[]): void {
  const least = new Map<string, { readonly policy: string; readonly row: BudgetRow; readonly left: number }>();
  for (const { policy, budgets } of loans) {
    if (policy === null) continue;
    for (const row of budgets) {
      const key = `${policy} ${row.tier} ${row.limit}`;
      const left = numberOf(row.left);
      const known = least.get(key);
      if (isWindow(row.limit) && (known === undefined || left < known.left)) least.set(key, { policy, row, left });
    }
  }
  for (const { policy, row, left } of least.values()) {
    const labels = { account, policy, tier: row.tier, limit: row.limit };
    meters.set('ballast_budget_left_usd', labels, left);
    meters.set('ballast_budget_cap_usd', labels, numberOf(row.cap));
  }
}

function isWindow(limit: string): boolean {
  return BUDGETS.some((name) => name === limit);
}

function gaugeUndecided(meters: Meters, account: string, calls: Status['inFlight']): void {
  for (const state of UNDECIDED) {
    const count = calls.filter((call) => call.state === state).length;
    meters.set('ballast_money_calls_undecided', { account, state }, count);
  }
  if (calls.length === 0) return;
  const oldest = Math.max(...calls.map(({ sinceMs }) => sinceMs));
  meters.set('ballast_money_call_undecided_age_seconds', { account }, oldest / 1_000);
}
