/** What `start` says and asks about accounts of its policy file. Pure. */
import type { AccountConfig, Config } from '../config/types.ts';
import { levelsOf } from '../core/levels.ts';
import type { LoanView } from '../core/loan.ts';
import type { Levels } from '../core/need.ts';
import type { Policy } from '../core/policy.ts';
import { rulesFor } from '../core/select.ts';

export function accountOf(config: Config, name: string): AccountConfig | undefined {
  return config.accounts.find((account) => account.name === name);
}

export function ruleOf(
  config: Config,
  name: string,
  loan: LoanView,
): { readonly levels: Levels; readonly policy: Policy } | null {
  const account = accountOf(config, name);
  if (account === undefined) return null;
  const [rule, ...more] = rulesFor(loan, account.loans);
  const unlisted = account.unlisted.kind === 'use' ? account.unlisted.policy : '';
  const policy = more.length > 0 ? undefined : config.policies[rule?.policy ?? unlisted];
  return policy === undefined ? null : { policy, levels: levelsOf(loan, policy) };
}

export function modeWords({ sends }: AccountConfig, observeOnly: boolean): string {
  if (observeOnly) return 'observes only, sends nothing';
  return {
    live: 'LIVE, moves real money',
    simulated: 'acts on the simulated exchange',
    dryRun: 'dry-run, moves nothing',
  }[sends];
}

export function speedWords(speed: number | 'max'): string {
  return speed === 'max'
    ? 'as fast as every lane is done with each moment'
    : `${String(speed)} tape seconds per second`;
}
