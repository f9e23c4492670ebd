/** Which accounts a Redis holds, and what each one is read through. Reading begins no look and starts nothing. */
import type { Redis } from 'ioredis';
import type { AccountConfig, Config } from '../config/types.ts';
import { Archive } from '../jobs/archive.ts';
import { Journal } from '../jobs/journal.ts';
import type { AccountAddress } from '../jobs/keys.ts';
import { Operator } from '../jobs/operator.ts';
import type { Absent, Registered } from '../jobs/registry.ts';
import { Registry } from '../jobs/registry.ts';
import { Shelf } from '../jobs/shelf.ts';
import { Track } from '../jobs/track.ts';

export interface AccountJournal {
  /** As its policy file calls it. */
  readonly name: string;
  /** The name; with more to tell it by where two servers on this Redis use one. */
  readonly label: string;
  /** The policy file given has it: this account, in this mode. */
  readonly own: boolean;
  /** What the policy file given says about it, in whatever mode it runs; `null` for accounts of other files. */
  readonly config: AccountConfig | null;
  readonly address: AccountAddress;
  readonly journal: Journal;
  readonly archive: Archive;
  readonly shelf: Shelf;
  readonly operator: Operator;
  readonly track: Track;
}

export interface Watched {
  readonly accounts: readonly AccountJournal[];
  /** Accounts that a running server does not watch. */
  readonly absent: readonly Absent[];
}

/** Accounts of the policy file given, and those of every other server that runs on this Redis. */
export async function watchedOn(redis: Redis, config: Config): Promise<Watched> {
  const registry = new Registry(redis);
  const living = await registry.living();
  const isAlive = ({ run }: { readonly run: string }): boolean => living === null || living.has(run);
  const absent = (await registry.absent()).filter(isAlive);
  const rows = (await registry.accounts()).filter((row) => isOwn(config, row) || isAlive(row));
  return { accounts: accountsOf(config, redis, rows), absent };
}

/**
 * Accounts of the policy file that nobody has watched yet, because their venue does not answer, and whose place in the
 * journal is known all the same: an operator's pause waits for them there.
 */
export function awaitedOn(redis: Redis, config: Config, watched: readonly AccountJournal[]): readonly AccountJournal[] {
  const rows = config.accounts.flatMap(({ name, venue, expectUid: uid, sends: mode, simulated }): Registered[] => {
    if (simulated || uid === null || watched.some((one) => one.own && one.name === name)) return [];
    return [{ name, address: { mode, world: '', venue, uid }, run: '' }];
  });
  return accountsOf(config, redis, rows);
}

/** What the policy file given would watch, whatever another server calls by the same name. */
function isOwn(config: Config, row: Registered): boolean {
  return configOf(config, row)?.sends === row.address.mode;
}

function configOf(config: Config, { name, address }: Registered): AccountConfig | null {
  const account = config.accounts.find((one) => one.name === name);
  if (account?.venue !== address.venue) return null;
  return account.expectUid === null || account.expectUid === address.uid ? account : null;
}

/** Own ones first, each under a name that only it has. */
function accountsOf(config: Config, redis: Redis, rows: readonly Registered[]): readonly AccountJournal[] {
  const accounts = rows.map((row) => {
    const { mode, world, venue, uid } = row.address;
    const namesakes = rows.filter(({ name }) => name === row.name);
    const isAlone = namesakes.length === 1;
    const more = [venue, uid, mode, ...(world === '' ? [] : [world.slice(0, WORLD_LETTERS)])].join(' ');
    return {
      name: row.name,
      label: isAlone ? row.name : `${row.name} (${more})`,
      own: isOwn(config, row),
      config: configOf(config, row),
      address: row.address,
      journal: new Journal(redis, row.address),
      archive: new Archive(redis, row.address),
      shelf: new Shelf(redis, row.address),
      operator: new Operator(redis, row.address),
      track: new Track(redis, row.address),
    };
  });
  return accounts.sort((a, b) => Number(b.own) - Number(a.own) || (a.label < b.label ? -1 : 1));
}

/** Enough of a simulated world's id to tell two of them apart. */
const WORLD_LETTERS = 4;
