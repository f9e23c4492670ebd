/**
 * `npm start [-- args]`: from a fresh clone to a running server. Sets up, builds when stale, then hands the terminal
 * to `dist/main.js start`, whose exit code becomes ours.
 *
 * package.json says `exec node …`: npm starts scripts through a shell and passes signals to that shell, which would die
 * of a SIGTERM and leave the server behind. With `exec` there is no shell between npm and this process.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { ROOT, runMain, runNode } from './lib.mjs';
import { setup } from './setup.mjs';

await runMain(() => {
  const { redisServer } = setup();
  build();
  const args = ['--enable-source-maps', join(ROOT, 'dist/main.js'), 'start', ...process.argv.slice(2)];
  return runNode(args, { BALLAST_REDIS_SERVER: redisServer });
});
