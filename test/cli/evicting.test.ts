/** A Redis of the operator's own that would forget. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT, Ending } from '../../src/cli/exit.ts';
import { connectRedis } from '../../src/cli/redis.ts';
import { systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/types.ts';
import type { TestRedis } from '../support/redis.ts';
import { freePort, startTestRedis } from '../support/redis.ts';

let redis: TestRedis;
let url: string;
beforeAll(async () => {
  const port = String(await freePort());
  url = `redis://127.0.0.1:${port}`;
  redis = await startTestRedis({ settings: ['--port', port] });
});
afterAll(async () => {
  await redis.stop();
});

/** @returns why a start of such a file is refused; `null`: it is not */
async function refusal(sends: 'live' | 'dryRun', acceptWriteLoss = false): Promise<Ending | null> {
  const config = {
    redis: { kind: 'url', url: { reveal: () => url }, acceptWriteLoss },
    sourcePath: 'my.yaml',
    accounts: [{ sends, simulated: false }],
  } as unknown as Config;
  const nothing = (): void => undefined;
  const start = connectRedis({ config, clock: systemClock, program: undefined, onError: nothing, onGone: nothing });
  const ending: unknown = await start.then(
    (connections) => connections.close(),
    (error: unknown) => error,
  );
  if (ending !== undefined) expect(ending).toBeInstanceOf(Ending);
  return (ending as Ending | undefined) ?? null;
}

it('that may evict keys is refused, with what to set', async () => {
  const client = redis.connect();
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const ending = await refusal('dryRun');
  expect(ending?.exit).toBe(EXIT.config);
  expect(ending?.message).toMatch(
    /may evict keys \(maxmemory-policy allkeys-lru\)[\s\S]*Set `maxmemory-policy noeviction`/,
  );
  await client.config('SET', 'maxmemory-policy', 'noeviction');
});

it('that may lose what it has acknowledged is refused where real money moves, unless the file accepts it', async () => {
  const client = redis.connect();
  await client.config('SET', 'appendfsync', 'everysec');
  const ending = await refusal('live');
  expect(ending?.exit).toBe(EXIT.config);
  expect(ending?.message).toMatch(/may lose writes[^\n]+everysec[\s\S]*acceptWriteLoss: yes/);
  expect(await refusal('live', true)).toBeNull();
  expect(await refusal('dryRun')).toBeNull();
  await client.config('SET', 'appendfsync', 'always');
  expect(await refusal('live')).toBeNull();
});
