/** The journal of a server that has ended: its Redis is started again by hand, with the settings that it left behind. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { findRedisServer } from '../../src/jobs/embedded/program.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Registry } from '../../src/jobs/registry.ts';
import { anIntent } from '../jobs/fixtures.ts';
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

/**
 * Puts a call into the journal of a running server whose answer was lost `agoMs` ago (below zero: it stays valid for longer
 * than any call), and of which no record can ever tell: the debt before it was larger.
 */
export async function loseAnswer(redis: Redis, loan: string, id: string, agoMs: number): Promise<Journal> {
  const [account = ''] = loan.split('/');
  const row = (await new Registry(redis).accounts()).find(({ name }) => name === account);
  if (row === undefined) throw new Error(`${account} is not registered`);
  const journal = new Journal(redis, row.address);
  const now = systemClock.wall();
  const intent: Intent = anIntent(id, {
    ...{ loan, account, plannedAt: now - agoMs },
    before: { debt: { USDT: '999999999' }, collateral: {}, inside: {}, wallet: {}, ltv: '0.8' },
  });
  const { state: _s, sentAt: _a, validUntil: _v, note: _n, reads: _r, ref: _f, settledAt: _t, ...body } = intent;
  const fields = {
    ...{ body: JSON.stringify(body), amount: intent.amount, charge: '', epoch: '1', committedAt: String(now) },
    ...{ state: 'unknown', note: 'reset', sentAt: String(now - agoMs), validUntil: String(now - agoMs + 3_000) },
  };
  await redis.hset(`${journal.prefix}intent:${id}`, fields);
  await redis.zadd(journal.key('index'), String(now), id);
  await redis.sadd(journal.key('open'), id);
  return journal;
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
