/** What `status` and `why` read: the journal of a running server, without starting anything. */
import { Redis } from 'ioredis';
import type { Config } from '../config/types.ts';
import { DEFAULT_DIRECTORY, embeddedSocket } from '../jobs/embeddedRedis.ts';
import { Journal } from '../jobs/journal.ts';
import type { AccountAddress } from '../jobs/keys.ts';
import { Registry } from '../jobs/registry.ts';
import { Ending, EXIT } from './exit.ts';

export interface JournalView {
  readonly accounts: ReadonlyMap<string, { readonly address: AccountAddress; readonly journal: Journal }>;
}

/** @throws Ending when no server's Redis answers */
export async function withJournal<T>(config: Config, use: (view: JournalView) => Promise<T>): Promise<T> {
  const target = config.redis.kind === 'url' ? config.redis.url.reveal() : embeddedSocket(config.redis.dataDir ?? DEFAULT_DIRECTORY);
  const redis = new Redis(target, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect().catch(() => {
      throw new Ending(EXIT.unavailable, 'no running server was found: its Redis does not answer. Start it with `ballast start`, or name the right file with --config.');
    });
    const rows = await new Registry(redis).accounts();
    const accounts = [...rows].map(([name, address]) => [name, { address, journal: new Journal(redis, address) }] as const);
    return await use({ accounts: new Map(accounts) });
  } finally {
    redis.disconnect();
  }
}
