/** Checks policies against the loans that follow them: a rung that can never work must not be found out in a crash. */
import { ltvOf } from '../core/levels.ts';
import { ONE, format } from '../core/money.ts';
import { legalRung } from '../core/products.ts';
import type { Legality } from '../core/products.ts';
import type { LoanRule, Policy, Rung } from '../core/policy.ts';
import type { ReadPolicies } from './policies.ts';
import type { Report } from './report.ts';
import { pathText } from './tree.ts';
import type { Path } from './tree.ts';
import type { AccountConfig } from './types.ts';

/** Binance's published liquidation margin level is 1.1 (binance.md §5.8); the account itself says its own at run time. */
const CROSS_LINE = ONE.div('1.1');
/** Collateral leaves cross margin only while the collateral margin level, assets after haircut / debts, is above 2 (binance.md §10.1). */
const RELEASE_LTV = '0.5';

interface User {
  readonly path: Path;
  readonly rule: LoanRule;
}

export function checkUsers(report: Report, policies: ReadPolicies, accounts: readonly AccountConfig[]): void {
  for (const [name, policy] of policies) {
    const users = usersOf(name, accounts);
    const used =
      users.length > 0 ||
      accounts.some(({ unlisted }) => unlisted.kind === 'use' && unlisted.policy === name) ||
      report.bases.has(name);
    if (!used) report.warn(['policies', name], 'no loan follows this policy', 'name it in a loan rule, or remove it');
    if (policy === undefined) continue;
    for (const rung of policy.ladder) checkRung(report, policy, rung, users);
    checkRelease(report, policy, users);
    for (const user of users) {
      checkLine(report, policy, user);
      if (users.length > 1 && policy.ladder.every((rung) => !possible(rung, user.rule).ok)) {
        report.error(
          user.path,
          `no rung of policy \`${name}\` can ever work for this loan`,
          'name another policy, or add a rung for it',
        );
      }
    }
  }
}

function usersOf(name: string, accounts: readonly AccountConfig[]): readonly User[] {
  return accounts.flatMap((account) =>
    account.loans.flatMap((rule, index) =>
      rule.policy === name ? [{ path: ['accounts', account.name, 'loans', index], rule }] : [],
    ),
  );
}

function checkRung(report: Report, policy: Policy, rung: Rung, users: readonly User[]): void {
  const path = ['policies', policy.name, 'ladder', rung.number - 1];
  const verdicts = users.map((user) => ({ user, verdict: possible(rung, user.rule) }));
  const failed = verdicts.flatMap(({ user, verdict }) => (verdict.ok ? [] : [{ user, verdict }]));
  const first = failed[0];
  if (first === undefined) return;
  const whom = failed.map(({ user }) => pathText(user.path)).join(', ');
  const says = `rung ${String(rung.number)} (${rung.text}) can never work for ${whom}: ${first.verdict.why}`;
  if (failed.length === users.length) report.error(path, says, first.verdict.remedy);
  else report.warn(path, says, 'it is skipped there; the other rungs are tried');
}

/** Whether a rung can ever work for the loans of a rule, as far as the file tells. */
export function possible(rung: Rung, rule: LoanRule): Legality {
  const routes = rung.from.map((from) => legalRung(rule.product, rung.do, from));
  const blocked = routes.every((route) => !route.ok) ? routes[0] : undefined;
  if (blocked !== undefined) return blocked;
  if (rung.with === 'debt') return possibleDebt(rung, rule);
  const coins = rung.with.map((coin) => possibleCoin(rung, rule, coin));
  return coins.find((coin) => coin.ok) ?? coins[0] ?? { ok: true };
}

function possibleDebt(rung: Rung, { product }: LoanRule): Legality {
  const flexible = product === 'okx.flexibleLoan' || product === 'binance.flexibleLoan';
  if (rung.do !== 'add' || !flexible) return { ok: true };
  return no('a flexible loan does not take its own debt coin as collateral', 'write `do: repay`, or name another coin');
}

function possibleCoin(rung: Rung, { product, match }: LoanRule, coin: string): Legality {
  const { borrow, collateral, symbol } = match;
  if (symbol !== undefined && !symbol.startsWith(coin) && !symbol.endsWith(coin)) {
    return no(`${coin} is not one of the two coins of ${symbol}`, 'name one of the two');
  }
  if (rung.do === 'repay') {
    const other = borrow !== undefined && borrow !== coin;
    return other ? no(`the debt is ${borrow}, not ${coin}`, 'write `with: debt`') : { ok: true };
  }
  if (product === 'binance.flexibleLoan' && collateral !== undefined && collateral !== coin) {
    return no(`the loan takes ${collateral} as collateral, not ${coin}`, `write \`with: ${collateral}\``);
  }
  const flexible = product === 'okx.flexibleLoan' || product === 'binance.flexibleLoan';
  if (flexible && borrow === coin) return possibleDebt(rung, { product, match, policy: '', priority: 1 });
  return { ok: true };
}

function checkLine(report: Report, policy: Policy, { rule }: User): void {
  if (policy.bands.scale !== 'ltv' || rule.product !== 'binance.crossMargin' || policy.bands.urgent.lt(CROSS_LINE)) {
    return;
  }
  report.warn(
    ['policies', policy.name, 'bands', 'urgent'],
    `urgent ${format(policy.bands.urgent.times(100))}% is at or above 90.9%, where Binance usually liquidates cross margin`,
    'lower it, or write cushions, which fit every line',
  );
}

function checkRelease(report: Report, policy: Policy, users: readonly User[]): void {
  const user = users.find(({ rule }) => rule.product === 'binance.crossMargin');
  if (policy.release === null || user === undefined) return;
  const { scale } = policy.bands;
  const ltv = ltvOf(scale, policy.release.upTo, CROSS_LINE);
  if (ltv.lt(RELEASE_LTV)) return;
  const percent = ltv.times(100).toDecimalPlaces(1).toFixed();
  report.error(
    ['policies', policy.name, 'release', 'upTo'],
    `is LTV ${percent}% for ${pathText(user.path)}: Binance lets collateral leave cross margin only while the collateral margin level (assets after haircut, divided by debts) is above 2, which is below LTV 50%`,
    scale === 'cushion'
      ? 'write a cushion above 45% (and a larger one for `below`), or give cross margin a policy of its own'
      : 'write an LTV below 50% (and a lower one for `below`), or give cross margin a policy of its own',
  );
}

function no(why: string, remedy: string): Legality {
  return { ok: false, why, remedy };
}
