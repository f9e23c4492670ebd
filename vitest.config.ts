import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What holds for all of them; a hunt for defects runs one file by it. */
export const COMMON = {
  // Real Redis servers and child processes, perhaps on a small machine that is busy with the other files.
  testTimeout: 40_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
  // A condition that is waited for may take its time on such a machine; one that never comes fails all the same.
  expect: { poll: { timeout: 20_000 } },
  restoreMocks: true,
  unstubGlobals: true,
  unstubEnvs: true,
  // Processes, for signals and exit codes; shared by files, which end all that they start: loading the code takes longest.
  pool: 'forks',
  isolate: false,
  // Most files wait for Redis, venues and child processes rather than compute.
  maxWorkers: Math.max(5, availableParallelism()),
} as const;

export default defineConfig({ test: COMMON });
