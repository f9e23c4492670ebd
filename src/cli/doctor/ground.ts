/** What the server itself stands on: Redis, the folders of journal and witness. Gathers, and has it judged. */
import { resolve } from 'node:path';
import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/types.ts';
import { readRecord } from '../../jobs/embedded/dataDirectory.ts';
import { lifeOf } from '../../jobs/embedded/processIdentity.ts';
import { findRedisServer } from '../../jobs/embedded/program.ts';
import { DEFAULT_DIRECTORY } from '../../jobs/embeddedRedis.ts';
import { readerOf } from '../journalView.ts';
import { serverIsThere, witnessesOf } from '../redis.ts';
import { judgeFolder } from './disk.ts';
import { readFolder } from './diskFacts.ts';
import type { Judged, Stake } from './finding.ts';
import { judged, ok } from './finding.ts';
import { judgeRedis, judgeWrites } from './redis.ts';
import { readRedisFacts, timeWrites } from './redisFacts.ts';

interface Ground {
  readonly config: Config;
  readonly clock: Clock;
  readonly stake: Stake;
  /** The Redis program to use instead of a search. */
  readonly redisProgram: string | undefined;
}

export async function examineFolders({ config, clock, stake }: Ground): Promise<readonly Judged[]> {
  const { redis } = config;
  const folders = [...(redis.kind === 'embedded' ? [redis.dataDir ?? DEFAULT_DIRECTORY] : []), witnessesOf(redis)];
  const facts = await Promise.all(folders.map((folder) => readFolder(folder, clock)));
  return facts.flatMap((one) => judgeFolder(one, stake));
}

export async function examineRedis(ground: Ground): Promise<readonly Judged[]> {
  const redis = readerOf(ground.config);
  try {
    const failure = await redis
      .connect()
      .then(() => redis.ping())
      .then(() => null, reasonOf);
    if (failure === null) return await running(ground, redis);
    return ground.config.redis.kind === 'url' ? [judgeReached(failure)] : await atRest(ground);
  } finally {
    redis.disconnect();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it does not answer';
}

async function running({ config, clock, stake }: Ground, redis: Redis): Promise<readonly Judged[]> {
  const [facts, isServed] = [await readRedisFacts(redis, clock), await serverIsThere(redis)];
  const wish = { stake, acceptWriteLoss: config.redis.kind === 'url' && config.redis.acceptWriteLoss };
  const judgements = judgeRedis(facts, wish, config.timing);
  // A server that waits for its writes is not made to wait longer than for these few.
  const writes = facts.replica ? [] : [judgeWrites(await timeWrites(redis, clock), config.timing)];
  const who = isServed
    ? 'it answers, and a server of Ballast is connected'
    : 'it answers; no server of Ballast is connected';
  return [ok('redis', who), ...judgements, ...writes];
}

/** A Redis of the operator's own. @param failure `null`: it answers */
export function judgeReached(failure: string | null): Judged {
  if (failure === null) return ok('redis', 'it answers');
  const remedy = 'See that it runs and that `redis.url` is right.';
  return judged('redis', 'problem', `the Redis of \`redis.url\` cannot be reached (${failure})`, remedy);
}

/** The server's own Redis, and no server runs: what a start would find. */
async function atRest({ config, redisProgram }: Ground): Promise<readonly Judged[]> {
  const folder = resolve((config.redis.kind === 'embedded' ? config.redis.dataDir : null) ?? DEFAULT_DIRECTORY);
  const left = readRecord(folder)?.server;
  if (left !== undefined && lifeOf(left) === 'alive') {
    const says = `process ${String(left.pid)} serves ${folder} and does not answer`;
    return [judged('redis', 'problem', says, 'Resume it if it is frozen, wait if the machine is busy, or end it.')];
  }
  try {
    const { path, version } = await findRedisServer(redisProgram);
    return [
      ok('redis', `no server runs; a start runs ${path}`),
      ok('version', version),
      ok('eviction', 'no key is evicted, as Ballast starts it'),
      ok('persistence', 'every write is synced before it is answered, as Ballast starts it'),
    ];
  } catch (error) {
    const says = error instanceof Error ? error.message : 'no usable Redis program';
    return [judged('redis', 'problem', says, 'Install redis or valkey 6.2 or newer, or write `redis: { url }`.')];
  }
}
