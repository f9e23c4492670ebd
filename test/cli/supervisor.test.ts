/** What a service manager is told, by a real server: a program in the place of `systemd-notify` writes it down. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { Cli, cleanUp, temporaryFolder, writeTape } from './support.ts';

afterAll(cleanUp, 30_000);

interface Told {
  readonly env: Readonly<Record<string, string>>;
  readonly lines: () => readonly string[];
}

const PROGRAM = `#!/bin/sh
printf '%s|' "$@" >> "$TOLD"
echo >> "$TOLD"
`;

/** Environment of a unit with `WatchdogSec=0.9`, and what its manager would have heard. */
function manager(folder: string): Told {
  const [bin, told] = [join(folder, 'bin'), join(folder, 'told')];
  mkdirSync(bin);
  writeFileSync(join(bin, 'systemd-notify'), PROGRAM);
  chmodSync(join(bin, 'systemd-notify'), 0o755);
  const env = {
    ...{ NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '900000', TOLD: told },
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  return { env, lines: () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []) };
}

const SOON = { timeout: 30_000 };

it('says when it is ready, feeds the watchdog only while looks finish, and says that it stops', async () => {
  const folder = temporaryFolder();
  const { env, lines } = manager(folder);
  const dataDir = join(folder, 'redis');
  const policy = ONE_ACCOUNT.replace('server: off', 'server: { listen: "127.0.0.1:0" }');
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [600, '40100'],
  ]);
  const where = ['--config', writePolicy(folder, policy), '--data-dir', dataDir];
  const server = new Cli(['start', '--speed', '10', '--tape', tape, ...where], { env });
  const fed = (): number => lines().filter((line) => line.startsWith('WATCHDOG=1|')).length;
  const [, page = ''] = await server.says(/page: (\S+\/)/);

  await expect.poll(fed, SOON).toBeGreaterThan(2);
  expect(lines()[0]).toBe('READY=1|STATUS=watches 1 of 1 accounts|');
  expect((await fetch(`${page}livez`)).status).toBe(200);

  // Nothing can be written any more, so no look finishes; reads are answered, and the loop turns.
  const redis = new Redis(embeddedSocket(dataDir));
  await redis.client('PAUSE', 60_000, 'WRITE');
  await expect
    .poll(() => lines().at(-1), SOON)
    .toBe('STATUS=no look of saved finishes any more: the watchdog is not fed|');
  const starved = fed();
  expect(await (await fetch(`${page}livez`)).json()).toMatchObject({ alive: false, stuck: true });
  const before = lines().length;
  await expect.poll(() => lines().length, SOON).toBeGreaterThan(before + 1);
  expect(fed()).toBe(starved);

  await redis.client('UNPAUSE');
  redis.disconnect();
  await expect.poll(fed, SOON).toBeGreaterThan(starved);
  expect((await fetch(`${page}livez`)).status).toBe(200);

  server.signal('SIGTERM');
  const ended = await server.end();
  expect(ended.code, ended.err).toBe(0);
  await expect.poll(() => lines().at(-1), SOON).toMatch(/^STOPPING=1\|STATUS=nothing new is sent/);
  expect(lines().filter((line) => line.startsWith('READY=1'))).toHaveLength(1);
}, 120_000);

it('without the program of systemd says so once, and watches all the same', async () => {
  const folder = temporaryFolder();
  const env = { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '300000', PATH: folder };
  const where = ['--config', writePolicy(folder, ONE_ACCOUNT), '--data-dir', join(folder, 'redis')];
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [600, '40100'],
  ]);
  const server = new Cli(['start', '--speed', '10', '--tape', tape, ...where], { env });
  await server.says(/watching saved/);
  await server.says(/WARNING: the service manager cannot be told how it goes \(systemd-notify: ENOENT\)/);
  server.signal('SIGTERM');
  const ended = await server.end();
  expect(ended.code, ended.err).toBe(0);
  expect(ended.out.match(/cannot be told/g)).toHaveLength(1);
}, 120_000);
