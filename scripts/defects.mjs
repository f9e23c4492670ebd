/** `npm run defects [-- args]`: one mistake at a time is put into Ballast, and something must notice it (docs/defects.md). */
import { join } from 'node:path';
import { ROOT, runMain, runNode } from './lib.mjs';
import { setup } from './setup.mjs';

const HOOK = join(ROOT, 'test/support/typescript.mjs');
const MAIN = join(ROOT, 'test/defects/main.ts');

await runMain(() => {
  const { redisServer } = setup();
  return runNode(['--import', HOOK, MAIN, ...process.argv.slice(2)], { BALLAST_REDIS_SERVER: redisServer });
});
