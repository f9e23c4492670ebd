import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real Redis servers and child processes, perhaps on a small machine that is busy with the other files.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    // A condition that is waited for may take its time on such a machine; one that never comes fails all the same.
    expect: { poll: { timeout: 10_000 } },
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    // Each file in a process of its own: signals, exit handlers and open handles cannot leak into another file.
    pool: 'forks',
    // Most files wait for Redis, venues and child processes rather than compute.
    maxWorkers: Math.max(3, availableParallelism()),
    isolate: true,
  },
});
