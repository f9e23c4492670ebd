/** What a policy file says about one account, as its looks need it. */
import type { Config } from '../config/types.ts';
import { DISLOCATION_RULES } from '../core/dislocation.ts';
import type { Mode } from '../core/intent.ts';
import type { AccountSetup } from '../jobs/account.ts';

/** @param name of an account of the file */
export function setupOf(config: Config, name: string, mode: Mode): AccountSetup {
  const account = config.accounts.find((one) => one.name === name);
  if (account === undefined) throw new Error(`${config.sourcePath} has no account ${name}`);
  const { coins, stables, wrapped } = config.dislocation;
  return {
    name,
    venue: account.venue,
    mode,
    digest: config.digest,
    policies: config.policies,
    loans: account.loans,
    unlisted: account.unlisted,
    wallets: account.wallets,
    groups: config.groups,
    dislocation: { ...DISLOCATION_RULES, coin: coins, stable: stables, wrapper: wrapped },
    timing: account.timing,
  };
}
