import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Puts other modules in place of some, and so needs a process that has loaded none. */
const ALONE = ['test/sim/journal.test.ts'];

/** What holds for all of them; a hunt for defects runs one file by it, without the projects. */
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
  // Processes, for signals and exit codes.
  pool: 'forks',
  // Most files wait for Redis, venues and child processes rather than compute.
  maxWorkers: Math.max(5, availableParallelism()),
} as const;

export default defineConfig({
  test: {
    ...COMMON,
    projects: [
      // Files end all that they start, and so may share a process and what it has loaded, which takes longest.
      { extends: true, test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
});
