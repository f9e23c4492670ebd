/** The server's connections to Redis: the embedded one, or one of the operator's own; and the watch over it. */
import { createHash, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { DEFAULT_DIRECTORY, startEmbeddedRedis } from '../jobs/embeddedRedis.ts';
import { JOURNAL_ID_KEY } from '../jobs/keys.ts';
import { Storage } from '../jobs/storage.ts';
import { stakeOf } from './doctor/finding.ts';
import { refusalOf } from './doctor/redis.ts';
import { readRedisFacts } from './doctor/redisFacts.ts';
import { DID_NOT_START, EXIT, Ending } from './exit.ts';

export interface RedisOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** The Redis program to use instead of a search. */
  readonly program: string | undefined;
  /** A connection had trouble; it tries again by itself. */
  readonly onError: (error: Error) => void;
  /** Redis is gone for good. */
  readonly onGone: (ending: Ending) => void;
}

export interface Connections {
  /** Fails fast. */
  readonly fast: Redis;
  /** Waits for Redis for ever. */
  readonly patient: Redis;
  /** Fails fast, and no lane uses it: what people read must not stand before a claim. */
  readonly aside: Redis;
  /** The journal's own id. */
  readonly journal: string;
  /** Letters and digits of it. */
  readonly stamp: string;
  /** Folder of the files that witness what was sent: never inside the Redis that they watch. */
  readonly witnesses: string;
  /** How much room the journal has left. */
  readonly storage: Storage;
  close(): Promise<void>;
}

/** A server is told by the name of its connection, which ends with it however it ends. */
const SERVER = 'ballast-server';

const GREET_WITHIN_MS = 10_000;
const PING_EVERY_MS = 1_000;
/** So many pings in a row without an answer: Redis is gone. Counted, not timed: a busy process is no dead Redis. */
const MISSED_PINGS = 10;
const STAMP_LETTERS = 6;

export function letters(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, STAMP_LETTERS);
}

/** @throws Ending */
export async function connectRedis(options: RedisOptions): Promise<Connections> {
  const { redis } = options.config;
  const embedded = redis.kind === 'url' ? null : await startOwn(options, redis.dataDir ?? DEFAULT_DIRECTORY);
  const target = redis.kind === 'url' ? redis.url.reveal() : (embedded?.socketPath ?? '');
  const fast = new Redis(target, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true });
  const patient = new Redis(target, { connectionName: SERVER, maxRetriesPerRequest: null, lazyConnect: true });
  // A reading asks much at once: it leaves in few writes, since the loop that writes is the one that lanes turn on.
  const batched = { enableAutoPipelining: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  const aside = new Redis(target, { ...batched, lazyConnect: true });
  let trouble: Error | null = null;
  let started = false;
  for (const connection of [fast, patient, aside]) {
    connection.on('error', (error) => {
      trouble = error;
      if (started) options.onError(error);
    });
  }
  let stopWatching = (): void => undefined;
  const directory = redis.kind === 'url' ? null : resolve(redis.dataDir ?? DEFAULT_DIRECTORY);
  const storage = new Storage({ redis: aside, clock: options.clock, directory, onError: options.onError });
  const close = async (): Promise<void> => {
    stopWatching();
    storage.stop();
    fast.disconnect();
    patient.disconnect();
    aside.disconnect();
    await embedded?.stop();
  };
  try {
    const journal = await answered(greet([fast, patient, aside], options), options.clock);
    stopWatching = watch(fast, options);
    started = true;
    const known = { journal, stamp: letters(journal), witnesses: witnessesOf(redis) };
    return { fast, patient, aside, ...known, storage, close };
  } catch (error) {
    await close();
    if (error instanceof Ending) throw error;
    throw new Ending(EXIT.unavailable, {
      happened: `Redis could not be reached: ${messageOf(trouble ?? error)}.`,
      ballast: DID_NOT_START,
      operator: `check \`redis\` in ${options.config.sourcePath} and that this Redis runs, then start again.`,
    });
  }
}

/** @returns the journal's id */
async function greet(all: readonly [Redis, Redis, Redis], { config, clock }: RedisOptions): Promise<string> {
  const [fast] = all;
  await Promise.all(all.map((connection) => connection.connect()));
  await fast.set(JOURNAL_ID_KEY, randomUUID(), 'NX');
  await refuseUnfit(fast, config, clock);
  return (await fast.get(JOURNAL_ID_KEY)) ?? '';
}

/** Beside the embedded Redis, so that whoever deletes that one leaves these; one folder for each Redis elsewhere. */
export function witnessesOf(redis: Config['redis']): string {
  if (redis.kind === 'embedded') return `${resolve(redis.dataDir ?? DEFAULT_DIRECTORY)}.witness`;
  const { host, pathname } = new URL(redis.url.reveal());
  const name = createHash('sha256').update(`${host}${pathname}`).digest('hex').slice(0, STAMP_LETTERS);
  return resolve(`.ballast/witness-${name}`);
}

/** A Redis that froze takes connections and answers nothing. @throws Error when it does not answer in time */
async function answered<T>(greeting: Promise<T>, clock: Clock): Promise<T> {
  const over = new AbortController();
  const silence = clock.sleep(GREET_WITHIN_MS, over.signal).then(() => {
    throw new Error(`it does not answer within ${String(GREET_WITHIN_MS / 1_000)} s`);
  });
  try {
    return await Promise.race([greeting, silence]);
  } finally {
    over.abort(new Error('answered'));
  }
}

async function startOwn(
  options: RedisOptions,
  directory: string,
): Promise<Awaited<ReturnType<typeof startEmbeddedRedis>>> {
  try {
    return await startEmbeddedRedis({
      directory,
      clock: options.clock,
      journal: { key: JOURNAL_ID_KEY },
      program: options.program,
      onDeath: ({ reason }) => {
        options.onGone(gone(`Redis, which holds the journal, is gone: ${reason}`));
      },
    });
  } catch (error) {
    throw new Ending(EXIT.unavailable, {
      happened: `the embedded Redis did not start: ${messageOf(error)}`,
      ballast: DID_NOT_START,
      operator: 'follow the advice above, or name another folder with --data-dir PATH.',
    });
  }
}

function gone(happened: string): Ending {
  return new Ending(EXIT.unavailable, {
    happened,
    ballast:
      'it stopped, because it sends nothing without its journal. Nothing is lost: what was in flight is settled from the records of the venue at the next start.',
    operator: 'see that Redis can run, then start Ballast again.',
  });
}

/** A Redis that hides its settings is taken at its word. @throws Ending */
async function refuseUnfit(redis: Redis, config: Config, clock: Clock): Promise<void> {
  const wish = { stake: stakeOf(config), acceptWriteLoss: config.redis.kind === 'url' && config.redis.acceptWriteLoss };
  const refusal = refusalOf(await readRedisFacts(redis, clock), wish);
  if (refusal === null) return;
  throw new Ending(EXIT.config, {
    happened: `${refusal.says}; it is the Redis of ${config.sourcePath}.`,
    ballast: DID_NOT_START,
    operator: `${refusal.remedy} Then start again.`,
  });
}

/** Whether a server is connected to this Redis; `true` when Redis does not say. */
export async function serverIsThere(redis: Redis): Promise<boolean> {
  const list: unknown = await redis.client('LIST').catch(() => null);
  return typeof list !== 'string' || list.split(/\s/).includes(`name=${SERVER}`);
}

/** A Redis that froze keeps its connections and answers nothing; one of the operator's own may just be away. */
function watch(redis: Redis, { clock, onGone }: RedisOptions): () => void {
  let missed = 0;
  let answered = true;
  let waiting = false;
  let cancel = (): void => undefined;
  const ask = (): void => {
    answered = false;
    waiting = true;
    void redis
      .ping()
      .then(() => (answered = true))
      .catch(() => undefined)
      .finally(() => (waiting = false));
  };
  const tick = (): void => {
    missed = answered ? 0 : missed + 1;
    if (missed >= MISSED_PINGS) {
      onGone(gone(`Redis, which holds the journal, has not answered for ${String(MISSED_PINGS)} s.`));
      return;
    }
    if (!waiting) ask();
    cancel = clock.later(PING_EVERY_MS, tick);
  };
  tick();
  return () => {
    cancel();
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
