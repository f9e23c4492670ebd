/** The simulated exchanges as venues of their own, and how a server of its own meets one of their accounts. */
import { join } from 'node:path';
import { externalAccount, FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { Cli, temporaryFolder } from './support.ts';

interface Addresses {
  readonly binance: { readonly rest: string; readonly ws: string };
  readonly okx: { readonly rest: string; readonly ws: string };
  readonly admin: string;
  readonly accounts: readonly {
    readonly name: string;
    readonly venue: 'binance' | 'okx';
    readonly uid: string;
    readonly key: { readonly id: string; readonly secret: string; readonly passphrase?: string };
  }[];
}

export interface Venues extends Addresses {
  readonly cli: Cli;
}

/** Four accounts on a tape that is held. @param more flags of `ballast simulator` */
export async function startVenues(more: readonly string[] = []): Promise<Venues> {
  const config = writePolicy(temporaryFolder(), FOUR_ACCOUNTS);
  const cli = new Cli(['simulator', '--config', config, '--speed', 'hold', ...more]);
  const [line] = await cli.says(/^\{.*\}$/m);
  return { ...(JSON.parse(line) as Addresses), cli };
}

export interface Meeting {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Flags that a second terminal needs. */
  readonly where: readonly string[];
}

export interface How {
  readonly secret?: string;
  readonly live?: boolean;
  /** Waits as long for an answer as a real account does. */
  readonly patient?: boolean;
}

/** How a server of its own meets one of the simulated accounts. */
export function meet(venues: Venues, name: string, { secret, live = false, patient = false }: How = {}): Meeting {
  const account = venues.accounts.find((one) => one.name === name);
  if (account === undefined) throw new Error(`no account ${name}`);
  const { venue, uid, key } = account;
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const prices = { binance: venues.binance.rest, okx: venues.okx.rest };
  const policy = externalAccount({ venue, uid, hosts: venues[venue], prices, live });
  const config = writePolicy(folder, patient ? policy.replace(/^timing:.*$/m, '') : policy);
  const env = { TEST_KEY: key.id, TEST_SECRET: secret ?? key.secret, TEST_PASSPHRASE: key.passphrase ?? '' };
  const where = ['--config', config, '--data-dir', dataDir];
  return { args: ['start', ...where, '--log-level', 'debug'], env, dataDir, where };
}

/** Variables of an account's key, under a prefix. */
export function keyOf(venues: Venues, name: string, prefix: string): Readonly<Record<string, string>> {
  const key = venues.accounts.find((one) => one.name === name)?.key;
  if (key === undefined) throw new Error(`no account ${name}`);
  return {
    [`${prefix}_KEY`]: key.id,
    [`${prefix}_SECRET`]: key.secret,
    [`${prefix}_PASSPHRASE`]: key.passphrase ?? '',
  };
}
