/** The memory journal of the simulation keeps the same contract as the one on a real Redis: the very same tests. */
import { vi } from 'vitest';
import { MemoryRedis } from './redis/memory.ts';

vi.mock('../support/redis.ts', () => {
  const store = new MemoryRedis(() => Date.now());
  const connect = () => store.client((_name, effect) => Promise.resolve().then(effect));
  return { startTestRedis: () => Promise.resolve({ connect, stop: () => Promise.resolve() }) };
});

await import('../jobs/journal.test.ts');
await import('../jobs/externals.test.ts');
