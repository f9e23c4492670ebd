/**
 * The embedded Redis against real redis-server processes: at most one server ever writes to a data directory, a
 * leftover one is reused only when it is provably this journal's, and data survives every kind of end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { lifeOf, identify } from '../../src/jobs/embedded/processIdentity.ts';
import {
  EmbeddedRedisError,
  startEmbeddedRedis,
  type EmbeddedRedis,
  type EmbeddedRedisOptions,
  type RedisDeath,
} from '../../src/jobs/embeddedRedis.ts';
import { ended, runTypeScript } from '../support/child.ts';
import { startTestRedis } from '../support/redis.ts';

const KEY = 'ballast:journal';

let root = '';
let directory = '';
let started: EmbeddedRedis[] = [];
let pids: Set<number> = new Set();
let deaths: RedisDeath[] = [];
let clients: Redis[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ballast-embedded-'));
  directory = join(root, 'redis');
  mkdirSync(directory);
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  for (const redis of started) await redis.stop();
  for (const pid of pids) if (lifeOf(identify(pid)) === 'alive') process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
  [started, pids, deaths, clients] = [[], new Set(), [], []];
});

async function start(more: Partial<EmbeddedRedisOptions> = {}): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({
    directory,
    clock: systemClock,
    journal: { key: KEY },
    onDeath: (death) => deaths.push(death),
    program: process.env['BALLAST_REDIS_SERVER'],
    answerWithinMs: 500,
    ...more,
  });
  started.push(redis);
  pids.add(redis.pid);
  return redis;
}

function client(redis: EmbeddedRedis): Redis {
  const made = new Redis({ path: redis.socketPath, retryStrategy: () => null });
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

async function problemOf(attempt: Promise<unknown>): Promise<EmbeddedRedisError> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EmbeddedRedisError);
  return error as EmbeddedRedisError;
}

async function eventually(holds: () => boolean): Promise<void> {
  const giveUpAt = systemClock.mono() + 5_000;
  while (!holds() && systemClock.mono() < giveUpAt) await systemClock.sleep(10);
  expect(holds()).toBe(true);
}

const alive = (pid: number): boolean => lifeOf(identify(pid)) === 'alive' && existsSync(`/proc/${pid}`);

/** A second Ballast process that starts the embedded Redis and says what came of it. */
interface Other {
  readonly child: ChildProcess;
  readonly owned: boolean;
  readonly redisPid: number;
}

function otherProcess(): Promise<Other> {
  const child = runTypeScript(join(import.meta.dirname, '../support/embeddedRedisUser.ts'), [directory, KEY]);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the other process ended with ${code ?? 'a signal'}`)));
    child.once('message', (message: { owned: boolean; redisPid: number }) => {
      pids.add(message.redisPid);
      resolve({ child, ...message });
    });
  });
}

describe('a fresh start', () => {
  it('serves a private socket only, with every acknowledged write on the disk', async () => {
    const redis = await start();
    const ask = client(redis);
    expect(redis.owned).toBe(true);
    expect(await ask.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
    expect(await ask.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await ask.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await ask.config('GET', 'port')).toEqual(['port', '0']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(redis.socketPath).mode & 0o777).toBe(0o700);
  });

  it('hands the child no environment and a session of its own', async () => {
    process.env['BALLAST_TEST_SECRET'] = 'do-not-pass-on';
    try {
      const { pid } = await start();
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('do-not-pass-on');
      const sessionOf = (id: number | 'self'): string =>
        readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[3] ?? '';
      expect(sessionOf(pid)).not.toBe(sessionOf('self'));
    } finally {
      delete process.env['BALLAST_TEST_SECRET'];
    }
  });

  it('makes an existing, open directory private', async () => {
    chmodSync(directory, 0o755);
    await start();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('uses a short private folder for the socket when the path is too long for one, and finds it again', async () => {
    directory = join(directory, 'a'.repeat(60), 'b "quoted"'.repeat(6));
    const first = await start();
    expect(Buffer.byteLength(first.socketPath)).toBeLessThanOrEqual(107);
    expect(first.socketPath.startsWith(directory)).toBe(false);
    expect(statSync(dirname(first.socketPath)).mode & 0o777).toBe(0o700);
    await client(first).set(KEY, 'journal-1');
    const second = await start();
    expect(second).toMatchObject({ owned: false, socketPath: first.socketPath, pid: first.pid });
    expect(await first.stop()).toBe('leftRunning');
    expect(await second.stop()).toBe('stopped');
    expect(existsSync(dirname(first.socketPath))).toBe(false);
    expect((await start()).owned).toBe(true);
  });
});

describe('data', () => {
  it('is kept over a stop and a start', async () => {
    const first = await start();
    await client(first).set(KEY, 'journal-1');
    expect(await first.stop()).toBe('stopped');
    expect(alive(first.pid)).toBe(false);
    const second = await start({ journal: { key: KEY, id: 'journal-1' } });
    expect(second.owned).toBe(true);
    expect(second.pid).not.toBe(first.pid);
    expect(await client(second).get(KEY)).toBe('journal-1');
    expect(deaths).toEqual([]);
  });

  it('is kept over kill -9 of the server', async () => {
    const first = await start();
    await client(first).set(KEY, 'journal-1');
    process.kill(first.pid, 'SIGKILL');
    await eventually(() => deaths.length === 1);
    expect(await client(await start()).get(KEY)).toBe('journal-1');
  });
});

describe('the death of the server', () => {
  it('is reported once, with the signal, to every process that uses it', async () => {
    const owner = await start();
    await client(owner).set(KEY, 'journal-1');
    const guestDeaths: RedisDeath[] = [];
    const guest = await start({ onDeath: (death) => guestDeaths.push(death) });
    expect(guest.owned).toBe(false);
    process.kill(owner.pid, 'SIGKILL');
    await eventually(() => deaths.length === 1 && guestDeaths.length === 1);
    expect(deaths[0]?.reason).toContain('SIGKILL');
    await systemClock.sleep(50);
    expect([deaths.length, guestDeaths.length]).toEqual([1, 1]);
    expect(await owner.stop()).toBe('stopped');
  });

  it('is not reported when it was asked for', async () => {
    const redis = await start();
    expect(await Promise.all([redis.stop(), redis.stop()])).toEqual(['stopped', 'stopped']);
    expect(deaths).toEqual([]);
  });
});

describe('a live server on the directory', () => {
  it('is reused when it holds this journal, and outlives each user but the last', async () => {
    const owner = await start();
    await client(owner).set(KEY, 'journal-1');
    const guest = await start({ journal: { key: KEY, id: 'journal-1' } });
    expect(guest).toMatchObject({ owned: false, pid: owner.pid, socketPath: owner.socketPath });
    expect(await owner.stop()).toBe('leftRunning');
    expect(alive(owner.pid)).toBe(true);
    expect(await guest.stop()).toBe('stopped');
    expect(alive(owner.pid)).toBe(false);
    expect(deaths).toEqual([]);
  });

  it('is reused when its starter died before it wrote the first key', async () => {
    const owner = await start();
    expect(await start({ journal: { key: KEY, id: 'journal-1' } })).toMatchObject({ owned: false, pid: owner.pid });
  });

  it('is refused when it holds another journal', async () => {
    const owner = await start();
    await client(owner).set(KEY, 'journal-1');
    const error = await problemOf(start({ journal: { key: KEY, id: 'journal-2' } }));
    expect(error.problem).toBe('notOurs');
    expect(error.message).toContain('journal-1');
    expect(alive(owner.pid)).toBe(true);
  });

  it('is refused when it serves another directory', async () => {
    const stranger = await startTestRedis();
    try {
      await stranger.connect().set('somebody', 'else');
      symlinkSync(stranger.path, join(directory, 'redis.sock'));
      const error = await problemOf(start());
      expect(error.problem).toBe('notOurs');
      expect(error.message).toContain(stranger.directory);
      expect(alive(stranger.pid)).toBe(true);
    } finally {
      await stranger.stop();
    }
  });

  it('is refused, and left alone, when it is frozen', async () => {
    const owner = await start();
    process.kill(owner.pid, 'SIGSTOP');
    try {
      const error = await problemOf(start({ answerWithinMs: 100 }));
      expect(error.problem).toBe('unresponsive');
      expect(error.message).toContain(String(owner.pid));
    } finally {
      process.kill(owner.pid, 'SIGCONT');
    }
    expect(await client(owner).ping()).toBe('PONG');
  });

  it('is refused when its socket was deleted: a second server would destroy the journal', async () => {
    const owner = await start();
    rmSync(owner.socketPath);
    const error = await problemOf(start({ startWithinMs: 200 }));
    expect(error.problem).toBe('unresponsive');
    expect(alive(owner.pid)).toBe(true);
  });
});

describe('several processes', () => {
  it('that start at once share one server', async () => {
    const others = await Promise.all([otherProcess(), otherProcess(), otherProcess()]);
    expect(new Set(others.map((other) => other.redisPid)).size).toBe(1);
    expect(others.filter((other) => other.owned)).toHaveLength(1);
    const gone = others.map((other) => ended(other.child));
    for (const other of others) other.child.send('stop');
    await Promise.all(gone);
    expect(others.map((other) => alive(other.redisPid))).toEqual([false, false, false]);
  });

  it('leave a server behind when they die hard, and the next start reuses it and ends it', async () => {
    const other = await otherProcess();
    const gone = ended(other.child);
    other.child.kill('SIGKILL');
    await gone;
    expect(alive(other.redisPid)).toBe(true);
    const redis = await start();
    expect(redis).toMatchObject({ owned: false, pid: other.redisPid });
    expect(await redis.stop()).toBe('stopped');
    expect(alive(other.redisPid)).toBe(false);
  });

  it('are kept out while a living one is starting, and not by a dead one', async () => {
    writeFileSync(join(directory, 'lock.7'), JSON.stringify({ owner: identify() }));
    expect((await problemOf(start({ startWithinMs: 100 }))).problem).toBe('busy');
    const dead = spawn('/bin/sh', ['-c', 'exit 0']);
    const identity = { ...identify(), pid: dead.pid ?? 0, born: '1' };
    await ended(dead);
    writeFileSync(join(directory, 'lock.7'), JSON.stringify({ owner: identity }));
    expect((await start()).owned).toBe(true);
  });
});

describe('a start that fails', () => {
  it('says that there is no program', async () => {
    const error = await problemOf(start({ program: '/nonexistent/redis-server' }));
    expect(error.problem).toBe('noProgram');
    expect(error.message).toContain('BALLAST_REDIS_SERVER');
  });

  it('shows the end of the log of a server that gave up, and leaves the way free', async () => {
    mkdirSync(join(directory, 'appendonlydir'));
    writeFileSync(join(directory, 'appendonlydir/appendonly.aof.manifest'), 'this is no manifest\n');
    writeFileSync(join(directory, 'appendonly.aof'), 'this is no journal\n');
    const error = await problemOf(start());
    expect(error.problem).toBe('startFailed');
    expect(error.message).toMatch(/redis\.log[\s\S]*Never delete[\s\S]*\n.+/);
    rmSync(join(directory, 'appendonlydir'), { recursive: true });
    rmSync(join(directory, 'appendonly.aof'));
    expect((await start()).owned).toBe(true);
  });

  it('ends a server that does not answer in time', async () => {
    const sleeper = join(directory, 'sleeper');
    writeFileSync(
      sleeper,
      '#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v=7.0.0" && exit\nexec /bin/sleep 60\n',
      { mode: 0o755 },
    );
    const error = await problemOf(start({ program: sleeper, startWithinMs: 200 }));
    expect(error.problem).toBe('startTimeout');
    const { server } = JSON.parse(readFileSync(join(directory, 'redis.json'), 'utf8'));
    expect(alive(server.pid)).toBe(false);
  });
});
