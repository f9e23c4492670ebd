/** `npm run bench`: numbers as ratios in one run, printed with the machine (docs/bench.md). Asserts nothing. */
import '../test/support/typescript.mjs';
import { build } from './build.mjs';
import { runMain } from './lib.mjs';
import { setup } from './setup.mjs';

process.setSourceMapsEnabled(true);
await runMain(async () => {
  const { redisServer } = setup();
  build();
  const { bench } = await import('../bench/main.ts');
  await bench(redisServer);
  return 0;
});
