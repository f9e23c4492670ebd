/**
 * `npm run chaos [-- args]`: real servers are killed at every point of a look, frozen, cut off from Redis; Redis is killed,
 * frozen, filled; the journal is deleted and taken back. Takes minutes. Says at the end what was survived.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { runMain, runNode, say, tool } from './lib.mjs';
import { setup } from './setup.mjs';

/** @typedef {{ survived: string, kind: string, doubleSends: number, takeOverMs?: number, full?: boolean }} Note */

/** @param {readonly Note[]} notes */
function report(notes) {
  const crashes = notes.filter(({ survived }) => survived.startsWith('killed at'));
  const points = new Set(crashes.map(({ survived }) => survived.replace(/^killed at (\w+).*$/, '$1')));
  for (const { survived, kind, takeOverMs } of notes) {
    say(`${kind.padEnd(8)} ${survived}${takeOverMs === undefined ? '' : `: taken over after ${takeOverMs} ms`}`);
  }
  const takeOvers = (/** @type {boolean} */ atFull) =>
    notes.flatMap(({ takeOverMs, full = false }) => (full === atFull ? (takeOverMs ?? []) : [])).sort((a, b) => a - b);
  const sends = notes.reduce((total, { doubleSends }) => total + doubleSends, 0);
  say(`${points.size} points, ${crashes.length} crashes, ${notes.length} blows survived in all, ${sends} double sends`);
  const [short, full] = [takeOvers(false), takeOvers(true)];
  if (short.length > 0) {
    say(`take-over ${short[0]} to ${short.at(-1)} ms; every wait ran at a tenth, so that 2000 ms stand for 20 s`);
  }
  if (full.length > 0) say(`take-over ${full.join(', ')} ms with lock and check at their full length`);
}

await runMain(async () => {
  const { redisServer } = setup();
  build();
  const folder = mkdtempSync(join(tmpdir(), 'ballast-chaos-report-'));
  const file = join(folder, 'notes');
  try {
    const args = [tool('vitest/vitest.mjs'), 'run', '--no-file-parallelism', 'test/chaos', ...process.argv.slice(2)];
    const code = await runNode(args, { BALLAST_REDIS_SERVER: redisServer, CHAOS: 'all', CHAOS_REPORT: file });
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    report(lines.filter((line) => line !== '').map((line) => JSON.parse(line)));
    return code;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
