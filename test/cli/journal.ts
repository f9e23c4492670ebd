/** The journal of a server that has ended: its Redis is started again by hand, with the settings that it left behind. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Intent } from '../../src/core/intent.ts';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { findRedisServer } from '../../src/jobs/embedded/program.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Registry } from '../../src/jobs/registry.ts';
import { ended } from '../support/child.ts';

export interface OpenJournal {
  readonly redis: Redis;
  close(): Promise<void>;
}

export async function openJournal(dataDir: string): Promise<OpenJournal> {
  const { path } = await findRedisServer(process.env['BALLAST_REDIS_SERVER']);
  const child = spawn(path, [join(dataDir, 'redis.conf')], { stdio: 'ignore', env: {} });
  const redis = new Redis(embeddedSocket(dataDir), { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  // Waits while the server still reads its file; not for one that could not start.
  const failed = ended(child).then(() => {
    throw new Error(`the Redis of ${dataDir} did not start again`);
  });
  failed.catch(() => undefined);
  await Promise.race([redis.ping(), failed]);
  return {
    redis,
    close: async () => {
      redis.disconnect();
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}

/** Every money call that the journal of a server that has ended knows of. */
export async function intentsOf(dataDir: string): Promise<readonly Intent[]> {
  const { redis, close } = await openJournal(dataDir);
  try {
    const accounts = await new Registry(redis).accounts();
    return (await Promise.all(accounts.map(({ address }) => new Journal(redis, address).intents()))).flat();
  } finally {
    await close();
  }
}
