/**
 * Finds `redis-server` or `valkey-server`, and installs one where that needs no question.
 *
 * Only the program is wanted. Some packages also start a system service with it; Ballast neither uses nor stops
 * that service: it runs its own child on a private unix socket (`src/jobs/embeddedRedis.ts`).
 */
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { capture, say, SetupError } from './lib.mjs';
import { install, present } from './packages.mjs';

/** Keep these three in step with `src/jobs/embedded/program.ts`, which looks again at run time. */
const NAMES = ['redis-server', 'valkey-server'];
const USUAL_PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/local/bin',
  '/snap/bin',
];
const OLDEST = { major: 6, minor: 2 };

/**
 * @typedef {{ path: string, version: string, recentEnough: boolean }} Found
 */

/**
 * What the program at `path` says about itself, or undefined when it is no such server.
 * @param {string} path
 * @returns {Found | undefined}
 */
export function examine(path) {
  const match = /\bv=(\d+)\.(\d+)(\.\d+)?/.exec(capture(path, ['--version']) ?? '');
  if (match === null) return undefined;
  const [, major, minor, patch] = match;
  const recentEnough =
    Number(major) > OLDEST.major || (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor);
  return { path, version: `${major}.${minor}${patch ?? ''}`, recentEnough };
}

function candidates() {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder)),
    ...USUAL_PLACES,
  ];
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...new Set(paths)].filter((path) => existsSync(path));
}

/** @returns {Found | undefined} the first recent enough server; else an old one, so that it can be named */
function search() {
  let old;
  for (const path of candidates()) {
    const found = examine(path);
    if (found?.recentEnough === true) return found;
    old ??= found;
  }
  return old;
}

/** @type {Readonly<Record<import('./packages.mjs').Kind, readonly string[]>>} */
const PACKAGES = {
  apt: ['redis-server', 'valkey-server'],
  dnf: ['valkey', 'redis'],
  apk: ['redis', 'valkey'],
  pacman: ['valkey', 'redis'],
  brew: ['redis', 'valkey'],
};

/** What to type, for a person, with the managers this machine has. */
function instructions(/** @type {string} */ problem) {
  const known = present().map(({ kind, manual }) => `    ${manual(PACKAGES[kind][0] ?? '')}`);
  const lines =
    known.length > 0 ? known : ['    (install the package "redis-server", "redis" or "valkey" of your system)'];
  return [
    problem,
    '  Ballast keeps its journal in a Redis of its own. Install the program, then run the same command again:',
    ...lines,
    '  or name a program that is already here: BALLAST_REDIS_SERVER=/path/to/redis-server npm start',
  ].join('\n');
}

/** @param {string} path the operator's own choice: used or refused, never replaced by another one in silence */
function chosen(path) {
  const found = examine(path);
  if (found === undefined)
    throw new SetupError(`BALLAST_REDIS_SERVER=${path} does not answer "--version" like redis-server or valkey-server`);
  if (!found.recentEnough)
    throw new SetupError(
      `BALLAST_REDIS_SERVER=${path} is version ${found.version}; at least ${OLDEST.major}.${OLDEST.minor} is needed`,
    );
  return found;
}

/**
 * Makes sure that a usable server program is on this machine.
 * @returns {Found}
 */
export function ensureRedisServer() {
  const wish = process.env.BALLAST_REDIS_SERVER;
  if (wish !== undefined && wish !== '') return chosen(wish);
  const here = search();
  if (here?.recentEnough === true) return here;
  const problem =
    here === undefined
      ? 'neither redis-server nor valkey-server was found (PATH and the usual places)'
      : `${here.path} is version ${here.version}; at least ${OLDEST.major}.${OLDEST.minor} is needed`;
  if (process.env.BALLAST_NO_INSTALL !== undefined)
    throw new SetupError(instructions(`${problem}; BALLAST_NO_INSTALL is set`));
  const recent = () => {
    const found = search();
    return found?.recentEnough === true ? found : undefined;
  };
  const tried = install(problem, (kind) => PACKAGES[kind], recent);
  if (tried === undefined) throw new SetupError(instructions(problem));
  const { found } = tried;
  if (found === undefined)
    throw new SetupError(instructions(`${problem}, and the package manager could not install it (see above)`));
  say(`installed ${found.path} ${found.version}`);
  return found;
}
