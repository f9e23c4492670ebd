/** A Redis of the operator's own that would forget. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT, Ending } from '../../src/cli/exit.ts';
import { connectRedis } from '../../src/cli/redis.ts';
import { systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/types.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis({ settings: ['--maxmemory-policy', 'allkeys-lru'] });
});
afterAll(async () => {
  await redis.stop();
});

it('that may evict keys is refused, with what to set', async () => {
  const config = {
    redis: { kind: 'url', url: { reveal: () => redis.path } },
    sourcePath: 'my.yaml',
  } as unknown as Config;
  const nothing = (): void => undefined;
  const start = connectRedis({ config, clock: systemClock, program: undefined, onError: nothing, onGone: nothing });
  const ending: unknown = await start.then(
    () => null,
    (error: unknown) => error,
  );
  expect(ending).toBeInstanceOf(Ending);
  expect((ending as Ending).exit).toBe(EXIT.config);
  expect((ending as Ending).message).toMatch(
    /may evict keys \(maxmemory-policy allkeys-lru\)[\s\S]*set `maxmemory-policy noeviction`/,
  );
});
