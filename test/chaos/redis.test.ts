/** Redis is killed, freezes, comes back, or finds its disk full, right where a look has something half done. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { findRedisServer } from '../../src/jobs/embedded/program.ts';
import type { Point } from '../../src/jobs/points.ts';
import { closeAll, closers } from './pair.ts';
import { note, sampleOf } from './plan.ts';
import { until } from './process.ts';
import type { Server } from './process.ts';
import { Scene } from './scene.ts';
import type { Kind } from './worlds.ts';

afterAll(closeAll, 60_000);

interface Blow {
  readonly name: string;
  readonly kind: Kind;
  readonly at: Point;
  /** What happens to the server's own Redis while the server stands still. @returns the server that goes on */
  readonly strike: (scene: Scene, server: Server) => Promise<Server>;
}

async function startedAgain(scene: Scene, server: Server): Promise<Server> {
  scene.forgetRedis();
  // Without its journal it sends nothing: it ends, and what supervises it starts it again.
  expect(await server.end()).toBe(75);
  return scene.start();
}

async function killed(scene: Scene, server: Server): Promise<Server> {
  process.kill(scene.redisPid(), 'SIGKILL');
  server.signal('SIGCONT');
  return startedAgain(scene, server);
}

/** Longer than a claim may take and a lock lasts, shorter than the ten missed pings that give a Redis up. */
const FROZEN_MS = 3_000;

async function frozen(scene: Scene, server: Server): Promise<Server> {
  const pid = scene.redisPid();
  process.kill(pid, 'SIGSTOP');
  server.signal('SIGCONT');
  await systemClock.sleep(FROZEN_MS);
  process.kill(pid, 'SIGCONT');
  return server;
}

const BLOWS: readonly Blow[] = [
  { name: 'killed before the claim', kind: 'okx', at: 'signed', strike: killed },
  { name: 'frozen before the claim', kind: 'binance', at: 'signed', strike: frozen },
  { name: 'killed after the claim', kind: 'binance', at: 'claimed', strike: killed },
  { name: 'frozen after the answer', kind: 'okx', at: 'answered', strike: frozen },
  { name: 'killed after the answer', kind: 'okx', at: 'answered', strike: killed },
  { name: 'frozen before the commit', kind: 'binance', at: 'decided', strike: frozen },
  { name: 'killed before the second commit', kind: 'binance', at: 'settled', strike: killed },
];

async function struck({ name, kind, at, strike }: Blow): Promise<void> {
  const scene = await Scene.open(kind);
  closers.push(() => scene.stop());
  const server = await scene.begin();
  await server.order({ at, do: 'SIGSTOP' });
  await scene.venues.fall();
  await until('it stands still', () => server.frozen);
  const next = await strike(scene, server);
  await scene.rescued(next);
  const { doubleSends } = await scene.judge(name);
  note({ survived: `Redis ${name}`, kind, doubleSends });
}

/** It ends rather than forget, and the server with it; when there is room again everything is there. */
async function diskFull(): Promise<void> {
  const scene = await Scene.open('okx', { redisProgram: await smallDisk() });
  closers.push(() => scene.stop());
  // Looks alone fill it within seconds.
  const server = await scene.serve();
  expect(await server.end()).toBe(75);
  expect((await server.says('ended')).says).toMatch(/Redis/);
  scene.forgetRedis();
  scene.redisProgram = undefined;
  const next = await scene.begin();
  await scene.venues.fall();
  await scene.rescued(next);
  const { doubleSends } = await scene.judge('a full disk');
  note({ survived: 'a full disk under Redis', kind: 'okx', doubleSends });
}

/** Kilobytes that the append-only file may have: a limit of the process stands in for the end of the disk. */
const ROOM_KB = 100;

/** @returns a program that is Redis on a disk that is nearly full: writes beyond the limit fail with EFBIG */
async function smallDisk(): Promise<string> {
  const { path } = await findRedisServer(process.env['BALLAST_REDIS_SERVER']);
  const folder = mkdtempSync(join(tmpdir(), 'ballast-full-'));
  const program = join(folder, 'redis-server');
  writeFileSync(program, `#!/bin/bash\ntrap '' XFSZ\nulimit -f ${String(ROOM_KB)}\nexec "${path}" "$@"\n`);
  chmodSync(program, 0o755);
  closers.push(() => Promise.resolve(rmSync(folder, { recursive: true })));
  return program;
}

const STORIES: readonly (readonly [string, () => Promise<void>])[] = [
  ...BLOWS.map((blow) => [`${blow.name} (${blow.kind})`, () => struck(blow)] as const),
  ['with a full disk (okx)', diskFull],
];

describe.concurrent("the server's own Redis", () => {
  it.each(sampleOf(STORIES, 1))(
    '%s: nothing is sent twice, and the loan is rescued',
    { timeout: 300_000 },
    async (_name, story) => story(),
  );
});
