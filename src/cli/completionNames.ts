/** Names for the completion: what the policy file says, and what the journal of a running server holds. */
import { readdirSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import { UNDECIDED } from '../core/intent.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import type { Candidate, Kind } from './completing.ts';
import { withJournal } from './journalView.ts';

const ALL: Candidate = { value: 'all', says: 'every account' };

/** Nothing that cannot be had is an error here: it is just not offered. */
export async function namesOf(
  kind: Kind,
  load: () => Promise<Config>,
  tapesDir: string,
): Promise<readonly Candidate[]> {
  if (kind === 'tape') return readdirSync(tapesDir).map((value) => ({ value, says: 'shipped tape' }));
  // A file that is missing or wrong has no names yet.
  const config = await load().catch(() => null);
  if (config === null) return [];
  switch (kind) {
    case 'channel':
      return config.alerts.to.map(({ name }) => ({ value: name, says: 'channel' }));
    case 'account':
      return accountsOf(config);
    case 'loan':
      return fromJournal(config, loansOf);
    case 'target':
      return [ALL, ...accountsOf(config), ...(await fromJournal(config, loansOf))];
    case 'intent':
      return fromJournal(config, intentsOf);
  }
}

function accountsOf({ accounts }: Config): readonly Candidate[] {
  return accounts.map(({ name, venue }) => ({ value: name, says: `account at ${venue}` }));
}

async function fromJournal(
  config: Config,
  read: (account: AccountJournal) => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  return withJournal(config, async (accounts) => (await Promise.all(accounts.map(read))).flat()).catch(() => []);
}

async function loansOf({ journal, label }: AccountJournal): Promise<readonly Candidate[]> {
  return [...(await journal.loans()).keys()].map((value) => ({ value, says: `loan of ${label}` }));
}

async function intentsOf({ journal }: AccountJournal): Promise<readonly Candidate[]> {
  const open = (await journal.intents()).filter(({ state }) => UNDECIDED.includes(state));
  return open.map(({ id, verb, amount, asset, state }) => ({
    value: id,
    says: `${state}: ${verb} ${amount} ${asset}`,
  }));
}
