/** `npm run bench`: what it prints is what docs/bench.md quotes. Nothing is asserted; a slow machine is no failure. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { line, ms, title } from './figures.ts';
import { measureJournal } from './journal.ts';
import { measurePages } from './pages.ts';
import { measurePure } from './pure.ts';
import { measureScale } from './scale.ts';
import { measureSeeds } from './seeds.ts';
import { measureStanding } from './standing.ts';
import { openBench } from './server.ts';
import { measureTwenty } from './twenty.ts';
import { TWENTY } from './world.ts';

export async function bench(redisProgram: string): Promise<void> {
  machine();
  await measurePure();
  const syncMs = await measureJournal();
  const world = await openBench(redisProgram, TWENTY);
  try {
    title('A server with 20 accounts and 56 loans, simulated exchanges beside it');
    line('start to the first look of every account', ms(world.startedMs));
    await measurePages(world);
  } finally {
    await world.close();
  }
  await measureScale(redisProgram, syncMs);
  await measureTwenty(redisProgram);
  await measureStanding(redisProgram);
  await measureSeeds();
}

function machine(): void {
  const [first] = cpus();
  title('The machine');
  line('processor', `${first?.model ?? 'unknown'}, ${String(availableParallelism())} cores`);
  line('memory', `${(totalmem() / 1e9).toFixed(1)} GB`);
  line('Node', `${process.version}, ${process.platform} ${process.arch}`);
  line(
    'load before',
    loadavg()
      .map((one) => one.toFixed(2))
      .join(' '),
  );
}
