/**
 * Compiles src/ to dist/ when something has changed since the last build.
 *
 * "Changed" is a fingerprint over path, size and modification time of every file in src/ and of the compiler's
 * settings: unlike the newest modification time alone it also notices deleted files and older versions checked out.
 * Files that are not TypeScript (Lua scripts, the page) are copied; outputs whose source is gone are removed.
 *
 * Which commit this is stands in dist/commit.json, written at every call: a commit may change nothing in src/.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture, EX_SOFTWARE, readJson, ROOT, run, runMain, say, SetupError, tool } from './lib.mjs';

const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.built.json');
const COMMIT = join(DIST, 'commit.json');
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'package-lock.json'].map((name) =>
  join(ROOT, name),
);

/** The server, and the page, which knows a browser instead of Node. */
const PROJECTS = [
  ['tsconfig.build.json'],
  ['src/server/page/tsconfig.json', '--noEmit', 'false', '--outDir', 'dist/server'],
];

/** @param {string} folder @returns {string[]} all files below it, sorted */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @param {readonly string[]} sources */
function fingerprint(sources) {
  const hash = createHash('sha256');
  for (const path of [...SETTINGS, ...sources]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(ROOT, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

const isSettings = (/** @type {string} */ path) => path.endsWith('tsconfig.json');
const isCode = (/** @type {string} */ path) => path.endsWith('.ts');

/** @param {readonly string[]} sources */
function copyOthers(sources) {
  for (const path of sources.filter((source) => !isCode(source) && !isSettings(source))) {
    const target = join(DIST, relative(SRC, path));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
}

/** @param {readonly string[]} sources */
function removeOrphans(sources) {
  const outputs = sources.flatMap((path) => {
    const target = join(DIST, relative(SRC, path));
    const js = target.replace(/\.ts$/, '.js');
    return isCode(path) ? [js, `${js}.map`] : isSettings(path) ? [] : [target];
  });
  const wanted = new Set([...outputs, STAMP, COMMIT]);
  for (const path of filesBelow(DIST)) if (!wanted.has(path)) rmSync(path, { force: true });
}

/** Of this very checkout, not of one that it happens to lie in; a copy without git may be told by BALLAST_COMMIT. */
function commit() {
  const told = process.env.BALLAST_COMMIT ?? '';
  if (!existsSync(join(ROOT, '.git'))) return told;
  // Only commits: a tag would hide which one it is. `-dirty` says that files differ from it.
  return capture('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'])?.trim() ?? told;
}

function writeCommit() {
  const text = `${JSON.stringify({ commit: commit() || 'unknown' })}\n`;
  mkdirSync(DIST, { recursive: true });
  // Left alone when it says the same: other processes may be reading it.
  if (!existsSync(COMMIT) || readFileSync(COMMIT, 'utf8') !== text) writeFileSync(COMMIT, text);
}

/**
 * Builds when needed. Types are dropped, as the tests drop them; who checks them is `npm run check`, and `checked` for
 * what leaves this checkout, which builds always: whoever starts or tests would wait for it twice as long.
 * @param {{ checked?: boolean }} [options]
 * @returns {boolean} whether anything was built
 */
export function build({ checked = false } = {}) {
  const sources = filesBelow(SRC);
  writeCommit();
  const before = fingerprint(sources);
  if (!checked && readJson(STAMP)?.fingerprint === before) return false;
  say('building');
  rmSync(STAMP, { force: true });
  for (const arguments_ of PROJECTS) {
    const compile = [tool('typescript/bin/tsc'), ...(checked ? [] : ['--noCheck']), '-p', ...arguments_];
    if (run(process.execPath, compile)) continue;
    throw new SetupError('the build failed: src/ does not compile (see above)', EX_SOFTWARE);
  }
  copyOthers(sources);
  removeOrphans(sources);
  writeFileSync(STAMP, `${JSON.stringify({ fingerprint: before })}\n`);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(() => {
    build({ checked: true });
    return 0;
  });
}
