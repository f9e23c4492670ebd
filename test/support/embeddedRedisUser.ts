/** A process that starts the embedded Redis, reports what came of it, and stops when told. Arguments: directory, journal key. */
import { systemClock } from '../../src/clock.ts';
import { startEmbeddedRedis } from '../../src/jobs/embeddedRedis.ts';

const [directory = '', key = ''] = process.argv.slice(2);
const redis = await startEmbeddedRedis({
  directory,
  clock: systemClock,
  journal: { key },
  onDeath: () => process.exit(75),
});
process.send?.({ owned: redis.owned, redisPid: redis.pid });
process.once('message', () => {
  void redis.stop().then(() => process.exit(0));
});
