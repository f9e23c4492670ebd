/**
 * Finds `redis-server` or `valkey-server`, and installs one where that needs no question.
 *
 * Only the program is wanted. Some packages also start a system service with it; Ballast neither uses nor stops
 * that service: it runs its own child on a private unix socket (`src/jobs/embeddedRedis.ts`).
 */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { capture, run, say, SetupError } from './lib.mjs';

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

const isRoot = () => process.getuid?.() === 0;

/** Debian's package lists are absent in fresh containers; then an install cannot know any package. */
function aptListsMissing() {
  try {
    return !readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('Packages') || name.includes('Packages.'));
  } catch {
    return true;
  }
}

const APT_ENV = ['env', 'DEBIAN_FRONTEND=noninteractive'];
const APT = [...APT_ENV, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', '-qq', '-y'];

/**
 * Package managers that install without a question. `packages` are tried in order: distributions that dropped one
 * server ship the other.
 * @type {readonly { probe: string, asRoot: boolean, packages: readonly string[], update?: readonly string[],
 *   updateFirst?: () => boolean, install: (name: string) => readonly string[], manual: string }[]}
 */
const MANAGERS = [
  {
    probe: '/usr/bin/apt-get',
    asRoot: true,
    packages: ['redis-server', 'valkey-server'],
    update: [...APT, 'update'],
    updateFirst: aptListsMissing,
    install: (name) => [...APT, 'install', '--no-install-recommends', name],
    manual: 'sudo apt-get update && sudo apt-get install -y redis-server',
  },
  {
    probe: '/usr/bin/dnf',
    asRoot: true,
    packages: ['valkey', 'redis'],
    install: (name) => ['dnf', '-y', '-q', 'install', name],
    manual: 'sudo dnf install -y valkey   # or: redis',
  },
  {
    probe: '/sbin/apk',
    asRoot: true,
    packages: ['redis', 'valkey'],
    install: (name) => ['apk', 'add', '--no-cache', '--quiet', name],
    manual: 'apk add redis',
  },
  {
    probe: '/usr/bin/pacman',
    asRoot: true,
    packages: ['valkey', 'redis'],
    install: (name) => ['pacman', '-Sy', '--noconfirm', '--needed', name],
    manual: 'sudo pacman -Sy valkey',
  },
  ...['/opt/homebrew/bin/brew', '/usr/local/bin/brew', '/home/linuxbrew/.linuxbrew/bin/brew'].map((probe) => ({
    probe,
    asRoot: false, // brew refuses to run as root
    packages: ['redis', 'valkey'],
    install: (/** @type {string} */ name) => [
      'env',
      'NONINTERACTIVE=1',
      'HOMEBREW_NO_AUTO_UPDATE=1',
      probe,
      'install',
      '-q',
      name,
    ],
    manual: 'brew install redis',
  })),
];

/** How commands of this manager become root without a question, or undefined when they cannot. */
function prefixFor(/** @type {{ asRoot: boolean }} */ manager) {
  if (!manager.asRoot) return isRoot() ? undefined : [];
  if (isRoot()) return [];
  return capture('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n'];
}

/** Says what it runs; shows its output only when it fails. @param {readonly string[]} words */
function step(words) {
  say(`running: ${words.join(' ')}`);
  const [command = '', ...args] = words;
  return run(command, args, { quiet: true });
}

/**
 * Installs a server with one manager.
 * @param {(typeof MANAGERS)[number]} manager
 * @param {readonly string[]} prefix
 * @returns {Found | undefined}
 */
function installWith(manager, prefix) {
  let updated = false;
  const update = () => {
    if (manager.update === undefined || updated) return false;
    updated = true;
    return step([...prefix, ...manager.update]);
  };
  if (manager.updateFirst?.() === true) update();
  // A second round with fresh package lists, for lists that name versions the mirror no longer has.
  do {
    for (const name of manager.packages) {
      if (step([...prefix, ...manager.install(name)])) {
        const found = search();
        if (found?.recentEnough === true) return found;
      }
    }
  } while (update());
  return undefined;
}

/** What to type, for a person, with the managers this machine has. */
function instructions(/** @type {string} */ problem) {
  const present = MANAGERS.filter((manager) => existsSync(manager.probe)).map((manager) => `    ${manager.manual}`);
  const lines =
    present.length > 0 ? present : ['    (install the package "redis-server", "redis" or "valkey" of your system)'];
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
  const present = search();
  if (present?.recentEnough === true) return present;
  const problem =
    present === undefined
      ? 'neither redis-server nor valkey-server was found (PATH and the usual places)'
      : `${present.path} is version ${present.version}; at least ${OLDEST.major}.${OLDEST.minor} is needed`;
  if (process.env.BALLAST_NO_INSTALL !== undefined)
    throw new SetupError(instructions(`${problem}; BALLAST_NO_INSTALL is set`));
  for (const manager of MANAGERS) {
    const prefix = existsSync(manager.probe) ? prefixFor(manager) : undefined;
    if (prefix === undefined) continue;
    say(`${problem}; installing it with this system's package manager (BALLAST_NO_INSTALL=1 forbids that)`);
    const found = installWith(manager, prefix);
    if (found !== undefined) {
      say(`installed ${found.path} ${found.version}`);
      return found;
    }
    throw new SetupError(instructions(`${problem}, and the package manager could not install it (see above)`));
  }
  throw new SetupError(instructions(problem));
}
