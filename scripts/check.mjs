/**
 * `npm run check`: the one gate, for people and for CI. Names each step and stops at the first failure.
 * `--all` (CI) runs every step, so that one report shows everything; tests come last, their summary ends the output.
 * The linter, the longest of the rest and silent but for what it finds, runs beside the others until the tests begin.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { readJson, runMain, runNode, runNpm, say, SetupError, tool } from './lib.mjs';
import { setup } from './setup.mjs';

/**
 * vitest's own machine-readable result, for the closing line. A file that could not even be loaded has no tests, yet
 * is a failure, so it is counted as one.
 * @param {string} path
 */
function countTests(path) {
  const result = readJson(path);
  if (result === undefined) return undefined;
  const broken = result.testResults.filter(
    (/** @type {any} */ file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return { passed: result.numPassedTests, failed: result.numFailedTests + broken.length };
}

async function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-check-'));
  const output = join(folder, 'tests.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
    const code = await runNpm(['test', '--silent', '--', ...reporters]);
    const count = countTests(output);
    if (count === undefined) process.stdout.write('vitest ended without a result\n');
    else {
      // An error outside any test fails the run too; "0 failed" alone would then be a lie.
      const note = code !== 0 && count.failed === 0 ? ', but the run itself failed (see above)' : '';
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${note}\n`);
    }
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page and its tests have settings of their own: they know a browser. */
async function types() {
  for (const project of ['tsconfig.json', 'src/server/page/tsconfig.json', 'test/browser/tsconfig.json']) {
    const code = await runNode([tool('typescript/bin/tsc'), '-p', project]);
    if (code !== 0) return code;
  }
  return 0;
}

/** @typedef {{ name: string, run: () => Promise<number> }} Step */

/** @type {Step} */
const LINT = {
  name: 'lint (eslint), beside the next ones',
  run: () => runNode([tool('eslint/bin/eslint.js'), '--max-warnings=0', '.']),
};
/** @type {readonly Step[]} */
const BEFORE_TESTS = [
  {
    name: 'format (prettier)',
    run: () => runNode([tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']),
  },
  { name: 'types (tsc)', run: types },
  {
    name: 'build (tsc)',
    run: () => {
      build();
      return Promise.resolve(0);
    },
  },
];
/** @type {Step} */
const TESTS = { name: 'tests, with the house rules of test/tidy (npm test)', run: tests };

/** @param {Step} step */
async function outcome(step) {
  say(`--- ${step.name}`);
  try {
    return await step.run();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return error.exitCode;
  }
}

await runMain(async () => {
  const all = process.argv.includes('--all');
  process.env.BALLAST_REDIS_SERVER = setup().redisServer;
  /** @type {string[]} */
  const failed = [];
  const goOn = () => all || failed.length === 0;
  const lint = outcome(LINT);
  for (const step of BEFORE_TESTS) {
    if (goOn() && (await outcome(step)) !== 0) failed.push(step.name);
  }
  if ((await lint) !== 0) failed.push(LINT.name);
  if (goOn() && (await outcome(TESTS)) !== 0) failed.push(TESTS.name);
  if (failed.length > 0) say(`failed: ${failed.join(' · ')}`);
  return failed.length > 0 ? 1 : 0;
});
