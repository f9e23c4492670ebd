/**
 * `npm run sim -- --seeds N [--seed FIRST] [--jobs J]` plays N seeds; `npm run sim -- --seed S` plays one and
 * prints everything that happened in it. Ends with 1 when an invariant was broken.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { asked, whole } from '../support/asked.ts';
import { OPTIONS } from './options.ts';
import { playSeeds } from './pool.ts';
import { Tally, violationText } from './report.ts';
import { runSeed } from './run.ts';

/** A terminal shows one line that changes; anything else, a file say, gets a line now and then. */
const PROGRESS_MS = process.stderr.isTTY ? 500 : 10_000;
/** After so many broken seeds the rest would only say the same. */
const ENOUGH = 20;

const { first, count, jobs } = asked('npm run sim -- --seeds N [--seed FIRST] [--jobs J], or --seed S for one', () => {
  const { values } = parseArgs({ options: OPTIONS });
  return {
    first: whole('seed', values.seed),
    count: values.seeds === undefined ? null : whole('seeds', values.seeds),
    jobs: values.jobs === undefined ? availableParallelism() : whole('jobs', values.jobs),
  };
});

const WIPE = '\r\u001b[2K';

/** Makes room for a line where the progress stands. */
function wipe(): void {
  if (process.stderr.isTTY) process.stderr.write(WIPE);
}

function progress({ seeds, violations }: Tally, wanted: number, seconds: number): void {
  const rate = seeds / seconds;
  const left = Math.ceil((wanted - seeds) / rate);
  const text = `${String(seeds)} of ${String(wanted)} seeds, ${rate.toFixed(1)} a second, about ${String(left)} s left, ${String(violations.length)} violations`;
  process.stderr.write(process.stderr.isTTY ? `${WIPE}${text}` : `${text}\n`);
}

async function playMany(wanted: number): Promise<boolean> {
  const tally = new Tally();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let toldAt = startedAt;
  await playSeeds({
    seeds: Array.from({ length: wanted }, (_none, index) => first + index),
    jobs,
    more: () => tally.violations.length < ENOUGH,
    onOutcome: (outcome) => {
      tally.add(outcome);
      if (outcome.violation !== null) {
        wipe();
        console.log(violationText(outcome));
      }
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      progress(tally, wanted, seconds());
    },
  });
  wipe();
  console.log(tally.text());
  console.log(`${seconds().toFixed(1)} s, ${(tally.seeds / seconds()).toFixed(1)} seeds/s`);
  return tally.violations.length === 0;
}

async function playOne(): Promise<boolean> {
  const outcome = await runSeed(first);
  for (const line of outcome.trace) console.log(line);
  console.log(violationText(outcome, 0));
  return outcome.violation === null;
}

const isFine = count === null ? await playOne() : await playMany(count);
process.exitCode = isFine ? 0 : 1;
