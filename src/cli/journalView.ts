/** What `status` and `why` read: the journal of a running server, without starting anything. */
import { Redis } from 'ioredis';
import type { Config } from '../config/types.ts';
import { DEFAULT_DIRECTORY, embeddedSocket } from '../jobs/embeddedRedis.ts';
import { Journal } from '../jobs/journal.ts';
import type { AccountAddress } from '../jobs/keys.ts';
import { Registry } from '../jobs/registry.ts';
import { Ending, EXIT } from './exit.ts';
import { serverIsThere } from './redis.ts';

export interface AccountJournal {
  readonly name: string;
  readonly address: AccountAddress;
  readonly journal: Journal;
}

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 5_000;

/** @throws Ending when no server runs there */
export async function withJournal<T>(
  config: Config,
  use: (accounts: readonly AccountJournal[]) => Promise<T>,
): Promise<T> {
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
      () => serverIsThere(redis),
      () => false,
    );
    if (!answers) throw noServer(where);
    const rows = [...(await new Registry(redis).accounts())].sort(([a], [b]) => (a < b ? -1 : 1));
    return await use(rows.map(([name, address]) => ({ name, address, journal: new Journal(redis, address) })));
  } finally {
    redis.disconnect();
  }
}

function noServer(where: string): Ending {
  return new Ending(EXIT.unavailable, {
    happened: `no running Ballast was found ${where}.`,
    ballast: 'it changed nothing; this command only reads the journal of a running server.',
    operator: 'start one with `ballast start`, or give the same --config and --data-dir as the running one has.',
  });
}
