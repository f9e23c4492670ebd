/** What commands beside `start` read and write: the journal of a running server, or the one that the last server left. */
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { DEFAULT_DIRECTORY, embeddedSocket, startEmbeddedRedis } from '../jobs/embeddedRedis.ts';
import { JOURNAL_ID_KEY } from '../jobs/keys.ts';
import type { Absent } from '../jobs/registry.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import { watchedOn } from '../reading/accounts.ts';
import { Ending, EXIT } from './exit.ts';
import { serverIsThere } from './redis.ts';

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
  const where = embedded === null ? `on the Redis of ${config.sourcePath}` : `in ${embedded}`;
  const redis = readerOf(config);
  try {
    const answers = await redis.connect().then(
      () => true,
      () => false,
    );
    const isServed = answers && (await serverIsThere(redis));
    if (!answers || (mustBeServed && !isServed)) throw noServer(where);
    const { accounts, absent } = await watchedOn(redis, config);
    return await use(accounts, absent, isServed, redis);
  } finally {
    redis.disconnect();
  }
}

/** A connection to the Redis of the file as it is now, not opened yet: it tries once, and starts none. */
export function readerOf(config: Pick<Config, 'redis'>): Redis {
  const target =
    config.redis.kind === 'url' ? config.redis.url.reveal() : embeddedSocket(config.redis.dataDir ?? DEFAULT_DIRECTORY);
  const redis = new Redis(target, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  return redis;
}

function noServer(where: string): Ending {
  return new Ending(EXIT.unavailable, {
    happened: `no running Ballast was found ${where}.`,
    ballast: 'it changed nothing; this command needs the journal of a running server.',
    operator: 'start one with `ballast start`, or give the same --config and --data-dir as the running one has.',
  });
}
