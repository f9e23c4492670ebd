/** Two processes at one account, on one Redis that is nobody's child. */
import { startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import type { Server } from './process.ts';
import { Proxy } from './proxy.ts';
import { Scene } from './scene.ts';
import type { Kind, LaneWaits } from './worlds.ts';

export const closers: (() => Promise<void>)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export interface Pair {
  readonly scene: Scene;
  readonly one: Server;
  readonly other: Server;
  /** Between the first process and Redis. */
  readonly wire: Proxy;
  readonly redis: TestRedis;
}

/** Both share one Redis that is nobody's child, over a wire of their own each. */
export async function pair(kind: Kind, lane: LaneWaits = 'tenth'): Promise<Pair> {
  const redis = await startTestRedis({ fsync: true });
  closers.push(() => redis.stop());
  const wires = [await Proxy.open({ path: redis.path }), await Proxy.open({ path: redis.path })] as const;
  const lines = (wire: Proxy): string => `redis: { url: "redis://127.0.0.1:${String(wire.port)}" }`;
  const scene = await Scene.open(kind, { redis: { lines: lines(wires[1]), path: redis.path }, lane });
  closers.push(async () => {
    await scene.stop();
    for (const wire of wires) await wire.close();
  });
  const one = await scene.start(scene.writePolicy('one', { redis: lines(wires[0]) }));
  await scene.active(one);
  const other = await scene.start();
  return { scene, one, other, wire: wires[0], redis };
}
