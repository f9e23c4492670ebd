/**
 * Questions to whatever listens on a unix socket. Each one uses a connection of its own and ends it.
 */
import { Redis } from 'ioredis';

/**
 * - `absent`: nothing listens. On one machine this is the kernel's word, also across containers: no living process
 *   has this socket open
 * - `silent`: something listens and does not answer in time (frozen, or no Redis)
 * - `loading`: a Redis that is still reading its data
 * - `ready`: a Redis that answers
 */
export type Presence = 'absent' | 'silent' | 'loading' | 'ready';

/** Connections that hold a Redis alive carry this name; see `keepers`. */
const KEEPER = 'ballast-keeper';

function connection(socket: string, withinMs: number, name?: string): Redis {
  const redis = new Redis({
    path: socket,
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    ...(name === undefined ? {} : { connectionName: name }),
  });
  // Failures are reported by the commands; without a listener Node would end the process.
  redis.on('error', () => undefined);
  return redis;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const NOBODY_LISTENS = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

export async function presence(socket: string, withinMs: number): Promise<Presence> {
  const redis = connection(socket, withinMs);
  let connectFailure: unknown;
  redis.on('error', (error: unknown) => {
    connectFailure ??= error;
  });
  try {
    await redis.connect();
    await redis.ping();
    return 'ready';
  } catch (error) {
    if (NOBODY_LISTENS.has(codeOf(error)) || NOBODY_LISTENS.has(codeOf(connectFailure))) return 'absent';
    return error instanceof Error && error.message.startsWith('LOADING') ? 'loading' : 'silent';
  } finally {
    redis.disconnect();
  }
}

/** Runs `ask` on a connection of its own. */
async function asking<Answer>(
  socket: string,
  withinMs: number,
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const redis = connection(socket, withinMs);
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

export interface Portrait {
  /** The process id that the server gives for itself. */
  readonly pid: string;
  /** The directory it writes to. */
  readonly directory: string;
  /** The value of the journal's id key; null when it has none. */
  readonly journalId: string | null;
  readonly empty: boolean;
}

/** What tells one Redis from another. */
export function portrait(socket: string, journalIdKey: string, withinMs: number): Promise<Portrait> {
  return asking(socket, withinMs, async (redis) => {
    const directory = await redis.call('CONFIG', 'GET', 'dir');
    const info = await redis.info('server');
    return {
      pid: /^process_id:(\d+)/m.exec(info)?.[1] ?? '',
      directory: Array.isArray(directory) ? String(directory[1]) : '',
      journalId: await redis.get(journalIdKey),
      empty: (await redis.dbsize()) === 0,
    };
  });
}

/** A connection kept for as long as this process uses the server. */
export interface Keeper {
  release(): void;
}

/**
 * Holds a named connection. The kernel closes it when this process ends, however it ends, so the server's own client
 * list always says how many processes use it.
 * @param onLost called once when the server goes away before `release`
 */
export async function keep(socket: string, withinMs: number, onLost: () => void): Promise<Keeper> {
  const redis = connection(socket, withinMs, KEEPER);
  await redis.connect();
  await redis.ping();
  redis.once('close', onLost);
  const release = (): void => {
    redis.off('close', onLost);
    redis.disconnect();
  };
  return { release };
}

/** How many processes hold the server, besides those that already let go. */
export function keepers(socket: string, withinMs: number): Promise<number> {
  return asking(socket, withinMs, async (redis) => {
    const list = String(await redis.call('CLIENT', 'LIST'));
    return list.split('\n').filter((line) => line.includes(` name=${KEEPER} `)).length;
  });
}

/** Asks the server to write what is left and to end. It closes the connection instead of answering. */
export async function shutdown(socket: string, withinMs: number): Promise<void> {
  await asking(socket, withinMs, async (redis) => {
    await redis.call('SHUTDOWN', 'NOSAVE').catch(() => undefined);
  });
}
