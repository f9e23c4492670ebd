/**
 * `npm run sim -- --seeds N [--seed FIRST] [--jobs J]` plays N seeds; `npm run sim -- --seed S` plays one and
 * prints everything that happened in it. Ends with 1 when an invariant was broken.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { OPTIONS } from './options.ts';
import { playSeeds } from './pool.ts';
import { Tally, violationText } from './report.ts';
import { runSeed } from './run.ts';

const PROGRESS_MS = 5_000;
/** After so many broken seeds the rest would only say the same. */
const ENOUGH = 20;

const { values } = parseArgs({ options: OPTIONS });
const whole = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}`);
  return Number(text);
};
const first = whole('seed', values.seed);

async function playMany(count: number): Promise<boolean> {
  const tally = new Tally();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let toldAt = startedAt;
  await playSeeds({
    seeds: Array.from({ length: count }, (_none, index) => first + index),
    jobs: values.jobs === undefined ? availableParallelism() : whole('jobs', values.jobs),
    more: () => tally.violations.length < ENOUGH,
    onOutcome: (outcome) => {
      tally.add(outcome);
      if (outcome.violation !== null) console.log(violationText(outcome));
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      console.error(`${String(tally.seeds)} of ${String(count)}, ${(tally.seeds / seconds()).toFixed(1)} seeds/s`);
    },
  });
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

const isFine = values.seeds === undefined ? await playOne() : await playMany(whole('seeds', values.seeds));
process.exitCode = isFine ? 0 : 1;
