/** Seeded worlds a second, on all cores. */
import { availableParallelism } from 'node:os';
import { systemClock } from '../src/clock.ts';
import { playSeeds } from '../test/sim/pool.ts';
import { line, title } from './figures.ts';

const SEEDS = 60;

export async function measureSeeds(): Promise<void> {
  const from = systemClock.mono();
  let played = 0;
  let broken = 0;
  await playSeeds({
    seeds: Array.from({ length: SEEDS }, (_, index) => index + 1),
    jobs: availableParallelism(),
    more: () => true,
    onOutcome: ({ violation }) => {
      played += 1;
      if (violation !== null) broken += 1;
    },
  });
  const seconds = (systemClock.mono() - from) / 1_000;
  title('Seeded simulations, on all cores (reach: 2000 in 150 s, which is 13.3 a second)');
  line('seeds a second, start of the processes included', `${(played / seconds).toFixed(1)}`);
  line('broken invariants', `${String(broken)} in ${String(played)}`);
}
