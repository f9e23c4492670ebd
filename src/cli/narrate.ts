/** What happened, in words for somebody who watches the terminal. Pure. */
import { durationText } from '../config/units.ts';
import { releaseLevelsOf } from '../core/levels.ts';
import type { LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import { parse } from '../core/money.ts';
import type { Decision, Levels } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';
import { coins, percent } from '../core/words.ts';

/** Five significant digits of a price are enough for a person. */
function shortPrice(price: string): string {
  return parse(price).toSignificantDigits(5).toFixed();
}

/** A loan as the first look found it: where it stands, what happens at which LTV and price, and how. */
export function introduce(
  loan: LoanView,
  decision: Decision | undefined,
  rule: { readonly levels: Levels; readonly policy: Policy } | null,
): string[] {
  if (loan.status === 'closed') return [`watching ${loan.id}: no debt`];
  const head = `watching ${loan.id}: LTV ${percent(triggerLtv(loan))}, owes ${held(loan.debts)} against ${held(loan.collateral)}`;
  if (rule === null) return [head, '  no rule of the policy file names it: it is watched, and nothing is done for it'];
  const { levels, policy } = rule;
  const at = (level: Dec, what: string): string => `LTV ${percent(level)}${prices(decision, what)}`;
  const warnings = levels.warn.map((level, index) => at(level, `warn ${String(index + 1)}`));
  return [
    head,
    ...(warnings.length === 0 ? [] : [`  warns at ${warnings.join(' and ')}`]),
    `  acts at ${at(levels.act, 'act')}, and goes back to ${percent(levels.target)}: ${ladder(policy)}`,
    ...releaseWords(policy, levels, decision),
    `  urgent at ${at(levels.urgent, 'urgent')}; the venue liquidates at ${at(levels.line, 'line')}`,
  ];
}

function releaseWords({ bands, release }: Policy, levels: Levels, decision: Decision | undefined): readonly string[] {
  if (release === null) return [];
  const { below, upTo } = releaseLevelsOf(bands, release, levels);
  const from = `LTV ${percent(below)}${prices(decision, 'release')}`;
  const most = `at most ${coins(release.perDay)} USD a day`;
  return [
    `  releases collateral after ${durationText(release.afterMs)} below ${from}, up to ${percent(upTo)}, ${most}`,
  ];
}

function held(parts: readonly { readonly asset: string; readonly amount: Dec }[]): string {
  const some = parts.filter(({ amount }) => amount.gt(0)).map(({ asset, amount }) => `${coins(amount)} ${asset}`);
  return some.length === 0 ? 'nothing' : some.join(', ');
}

/** Each price for itself reaches the level, all others standing still. */
function prices(decision: Decision | undefined, what: string): string {
  const reached = decision?.next.filter((next) => next.what === what) ?? [];
  if (reached.length === 0) return '';
  return ` (${reached.map(({ asset, price }) => `${asset} at ${shortPrice(price)}`).join(' or ')})`;
}

function ladder({ ladder: rungs }: Policy): string {
  return rungs.map(({ text }) => text).join('; else ');
}
