/**
 * A throw-away `redis-server` of the test's own, on a unix socket in a temporary directory. No port, so that tests
 * running at the same time cannot meet. Its data outlives `kill` and `restart` (append-only), not `stop`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { findRedisServer } from '../../src/jobs/embedded/program.ts';

/** ioredis's own type does not pass our exactOptionalPropertyTypes with this one field in it. */
export type TestClientOptions = Omit<RedisOptions, 'replyMapping'>;

export interface TestRedis {
  /** For ioredis: `new Redis({ path })`. */
  readonly path: string;
  readonly directory: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** A client that is closed by `stop`. Made for BullMQ too: it waits for ever for a server that is away. */
  connect(options?: TestClientOptions): Redis;
  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data and socket, ending it first when it runs. */
  restart(): Promise<void>;
  /** Ends clients and server, and removes the data. Twice is once. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** fsync on every write, as the embedded Redis does. Slow; off by default. */
  readonly fsync?: boolean;
  /** More settings, as on the command line: `['--maxmemory', '10mb']`. */
  readonly settings?: readonly string[];
}

const READY_WITHIN_MS = 10_000;

/** Servers that are still running; ended when the test process ends, however it ends. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function waitUntilReady(path: string, child: ChildProcess): Promise<void> {
  const giveUpAt = systemClock.mono() + READY_WITHIN_MS;
  for (;;) {
    const client = new Redis({ path, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return;
    } catch (error) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || systemClock.mono() > giveUpAt) throw new Error('the test Redis did not start', { cause: error });
      await systemClock.sleep(10);
    } finally {
      client.disconnect();
    }
  }
}

class SpawnedRedis implements TestRedis {
  readonly directory = mkdtempSync(join(tmpdir(), 'ballast-test-redis-'));
  readonly path = join(this.directory, 'redis.sock');
  readonly #program: string;
  readonly #settings: readonly string[];
  readonly #clients = new Set<Redis>();
  #child: ChildProcess | undefined;

  constructor(program: string, options: TestRedisOptions) {
    this.#program = program;
    const fsync = options.fsync === true ? 'always' : 'no';
    const fixed = ['--port', '0', '--unixsocket', this.path, '--dir', this.directory, '--save', ''];
    this.#settings = [...fixed, '--appendonly', 'yes', '--appendfsync', fsync, ...(options.settings ?? [])];
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the test Redis is not running');
    return this.#child.pid;
  }

  async start(): Promise<void> {
    const child = spawn(this.#program, this.#settings, { stdio: 'ignore', env: {} });
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
    await waitUntilReady(this.path, child);
  }

  connect(options: TestClientOptions = {}): Redis {
    const client = new Redis({ path: this.path, maxRetriesPerRequest: null, ...options });
    client.on('error', () => undefined);
    this.#clients.add(client);
    return client;
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL'); // reaches a frozen process too
    await gone;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { path } = await findRedisServer(process.env['BALLAST_REDIS_SERVER']);
  const redis = new SpawnedRedis(path, options);
  await redis.start();
  return redis;
}

/** For a Redis that has to have an address: `settings: ['--port', …]`. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
