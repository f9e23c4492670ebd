/** What commands beside `start` read and write: the journal of a running server, or the one that the last server left. */
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import { DEFAULT_DIRECTORY, embeddedSocket, startEmbeddedRedis } from '../jobs/embeddedRedis.ts';
import { Journal } from '../jobs/journal.ts';
import { JOURNAL_ID_KEY } from '../jobs/keys.ts';
import type { AccountAddress } from '../jobs/keys.ts';
import { Operator } from '../jobs/operator.ts';
import type { Absent, Registered } from '../jobs/registry.ts';
import { Registry } from '../jobs/registry.ts';
import { Shelf } from '../jobs/shelf.ts';
import { Ending, EXIT } from './exit.ts';
import { serverIsThere } from './redis.ts';

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
  readonly shelf: Shelf;
  readonly operator: Operator;
}

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 5_000;

type Use<T> = (
  accounts: readonly AccountJournal[],
  absent: readonly Absent[],
  isServed: boolean,
  redis: Redis,
) => Promise<T>;

/** @throws Ending when no server runs there */
export async function withJournal<T>(config: Config, use: Use<T>): Promise<T> {
  return reading(config, true, use);
}

/**
 * The same, also when no server runs: the last one's Redis is started for as long as it takes, unless it still runs or is
 * another process of the operator. `isServed` tells whether a server is there.
 * @throws Ending when there is no journal
 */
export async function withAnyJournal<T>(
  config: Config,
  { clock, program }: { readonly clock: Clock; readonly program: string | undefined },
  use: Use<T>,
): Promise<T> {
  const directory = config.redis.kind === 'url' ? null : (config.redis.dataDir ?? DEFAULT_DIRECTORY);
  // A folder that no server has used holds no journal; a mistyped name must not make one.
  if (directory === null || !existsSync(directory)) return reading(config, false, use);
  const journal = { key: JOURNAL_ID_KEY };
  const own = await startEmbeddedRedis({ directory, clock, program, journal, onDeath: () => undefined }).catch(
    () => null,
  );
  try {
    return await reading(config, false, use);
  } finally {
    await own?.stop();
  }
}

async function reading<T>(config: Config, mustBeServed: boolean, use: Use<T>): Promise<T> {
  const embedded = config.redis.kind === 'url' ? null : (config.redis.dataDir ?? DEFAULT_DIRECTORY);
  const target = config.redis.kind === 'url' ? config.redis.url.reveal() : embeddedSocket(embedded ?? '');
  const where = embedded === null ? `on the Redis of ${config.sourcePath}` : `in ${embedded}`;
  const redis = new Redis(target, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    const answers = await redis.connect().then(
      () => true,
      () => false,
    );
    const isServed = answers && (await serverIsThere(redis));
    if (!answers || (mustBeServed && !isServed)) throw noServer(where);
    const registry = new Registry(redis);
    const living = await registry.living();
    const isAlive = ({ run }: { readonly run: string }): boolean => living === null || living.has(run);
    const absent = (await registry.absent()).filter(isAlive);
    const rows = (await registry.accounts()).filter((row) => isOwn(config, row) || isAlive(row));
    return await use(accountsOf(config, redis, rows), absent, isServed, redis);
  } finally {
    redis.disconnect();
  }
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
      shelf: new Shelf(redis, row.address),
      operator: new Operator(redis, row.address),
    };
  });
  return accounts.sort((a, b) => Number(b.own) - Number(a.own) || (a.label < b.label ? -1 : 1));
}

/** Enough of a simulated world's id to tell two of them apart. */
const WORLD_LETTERS = 4;

function noServer(where: string): Ending {
  return new Ending(EXIT.unavailable, {
    happened: `no running Ballast was found ${where}.`,
    ballast: 'it changed nothing; this command needs the journal of a running server.',
    operator: 'start one with `ballast start`, or give the same --config and --data-dir as the running one has.',
  });
}
