/**
 * `npm test [-- args]`: from a fresh clone to the test results. Some tests run dist/ as a process of its own, so it is
 * built first when stale. Arguments go to vitest: `npm test -- test/core -t "rounds up"`.
 */
import { build } from './build.mjs';
import { runMain, runNode, tool } from './lib.mjs';
import { setup } from './setup.mjs';

await runMain(() => {
  const { redisServer } = setup();
  build();
  return runNode([tool('vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], { BALLAST_REDIS_SERVER: redisServer });
});
