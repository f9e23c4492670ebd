/**
 * `npm run defects -- [--fast] [--every N] [--jobs J] [words of a name]` puts each defect into Ballast, one at a time, and prints what
 * caught it. Ends with 1 when one was not caught.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { asked, whole } from '../support/asked.ts';
import type { Defect } from './defect.ts';
import { DEFECTS } from './list.ts';
import { OPTIONS } from './options.ts';
import { hunt } from './runner.ts';
import type { Verdict } from './runner.ts';

const { values, positionals } = asked('npm run defects -- [--fast] [--every N] [--jobs J] [words of a name]', () => {
  const read = parseArgs({ options: OPTIONS, allowPositionals: true });
  for (const name of ['every', 'jobs'] as const) whole(name, read.values[name] ?? '1');
  return read;
});
const words = positionals.join(' ');
const meant = DEFECTS.filter(({ name, fast }) => name.includes(words) && (!values.fast || fast === true));
const chosen = meant.filter((_defect, index) => index % Number(values.every ?? 1) === 0);
const left = [...chosen].reverse();
const lost: string[] = [];
const width = Math.max(...chosen.map(({ name }) => name.length));

function tell({ name }: Defect, { caught, after, says }: Verdict, seconds: number): void {
  if (!caught) lost.push(name);
  const cells = [name.padEnd(width), (caught ? after : 'NOT CAUGHT').padEnd(24), `${seconds.toFixed(1)} s`.padStart(7)];
  console.log([...cells, says.replaceAll('\n', ' ')].join(' | '));
}

async function work(): Promise<void> {
  for (let defect = left.pop(); defect !== undefined; defect = left.pop()) {
    const startedAt = performance.now();
    tell(defect, await hunt(defect, !values.fast), (performance.now() - startedAt) / 1000);
  }
}

const jobs = Number(values.jobs ?? availableParallelism());
await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, chosen.length)) }, work));
console.log(`${String(chosen.length)} defects, ${String(chosen.length - lost.length)} caught`);
for (const name of lost) console.log(`not caught: ${name}`);
if (chosen.length === 0) console.log(`no defect is called "${words}"`);
// A failing test sets the exit code of this process; here that is what is wanted.
process.exitCode = lost.length === 0 && chosen.length > 0 ? 0 : 1;
