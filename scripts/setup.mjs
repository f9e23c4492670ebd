/**
 * Brings a fresh clone to the point where it can build and run, with nothing but Node and npm present:
 * 1. Node is recent enough;
 * 2. the packages of package-lock.json are installed (`npm ci`);
 * 3. a Redis program is on the machine.
 *
 * Quiet and quick when there is nothing to do. `npm run setup` runs it alone; start and test run it first.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EX_SOFTWARE, npm, readJson, ROOT, run, runMain, say, SetupError } from './lib.mjs';
import { ensureRedisServer } from './redisServer.mjs';

const OLDEST_NODE = [20, 19, 0];
const LOCK = join(ROOT, 'package-lock.json');
const MODULES = join(ROOT, 'node_modules');
/** npm's own note of what it installed; newer than the lock file when somebody ran `npm ci` by hand. */
const NPM_NOTE = join(MODULES, '.package-lock.json');
/** Our note: the hash of the lock file that was installed. Inside node_modules, so that it goes when they go. */
const STAMP = join(MODULES, '.ballast-setup.json');

export function checkNode(version = process.versions.node) {
  const parts = version.split('.').map(Number);
  const firstDifference = OLDEST_NODE.findIndex((wanted, index) => parts[index] !== wanted);
  const tooOld = firstDifference >= 0 && (parts[firstDifference] ?? 0) < (OLDEST_NODE[firstDifference] ?? 0);
  if (tooOld) {
    throw new SetupError(
      `this is Node ${version}; Ballast needs ${OLDEST_NODE.join('.')} or newer (24 is recommended: https://nodejs.org)`,
    );
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex');
}

const changedAt = (/** @type {string} */ path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** @param {string} hash */
function packagesAreCurrent(hash) {
  if (!existsSync(NPM_NOTE)) return false;
  if (readJson(STAMP)?.lockHash === hash) return true;
  // Somebody ran npm by hand after both the lock file and our note were written.
  return changedAt(NPM_NOTE) >= Math.max(changedAt(LOCK), changedAt(STAMP));
}

function ensurePackages() {
  const hash = lockHash();
  if (!packagesAreCurrent(hash)) {
    say(
      existsSync(MODULES)
        ? 'package-lock.json has changed: installing packages (npm ci)'
        : 'installing packages (npm ci); this takes a minute once',
    );
    const [command = 'npm', ...args] = npm();
    // The compiler is a development package, so those are wanted whatever NODE_ENV says.
    if (!run(command, [...args, 'ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'])) {
      throw new SetupError(
        'npm ci failed (see above). Check that this machine reaches your npm registry, then run the same command again.',
      );
    }
  }
  if (readJson(STAMP)?.lockHash !== hash) writeFileSync(STAMP, `${JSON.stringify({ lockHash: hash })}\n`);
}

/**
 * Runs all steps.
 * @returns {{ redisServer: string }} the Redis program, to be handed to the server as BALLAST_REDIS_SERVER
 */
export function setup() {
  checkNode();
  if (!existsSync(LOCK))
    throw new SetupError('package-lock.json is missing: this is not a complete clone', EX_SOFTWARE);
  ensurePackages();
  return { redisServer: ensureRedisServer().path };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(() => {
    const { redisServer } = setup();
    say(`ready: Node ${process.versions.node}, packages installed, ${redisServer}`);
    return 0;
  });
}
