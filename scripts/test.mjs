/**
 * `npm test [-- args]`: from a fresh clone to the test results. Some tests run dist/ as a process of its own, so it is
 * built first when stale. Arguments go to vitest: `npm test -- test/core -t "rounds up"`.
 */
import { ensureBrowser } from './browser.mjs';
import { build } from './build.mjs';
import { runMain, runNode, say, SetupError, tool } from './lib.mjs';
import { setup } from './setup.mjs';

/** Without one the tests of the page fail, and say so; all others run. */
function browser() {
  try {
    return ensureBrowser();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return '';
  }
}

await runMain(() => {
  const { redisServer } = setup();
  build();
  const programs = { BALLAST_REDIS_SERVER: redisServer, BALLAST_CHROMIUM: browser() };
  return runNode([tool('vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], programs);
});
