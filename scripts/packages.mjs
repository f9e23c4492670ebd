/** Package managers of systems that install without a question. */
import { existsSync, readdirSync } from 'node:fs';
import { capture, run, say } from './lib.mjs';

/**
 * @typedef {'apt' | 'dnf' | 'apk' | 'pacman' | 'brew'} Kind
 * @typedef {{ kind: Kind, probe: string, asRoot: boolean, update?: readonly string[], updateFirst?: () => boolean,
 *   install: (name: string) => readonly string[], manual: (name: string) => string }} Manager
 */

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

/** @type {readonly Manager[]} */
const MANAGERS = [
  {
    kind: 'apt',
    probe: '/usr/bin/apt-get',
    asRoot: true,
    update: [...APT, 'update'],
    updateFirst: aptListsMissing,
    install: (name) => [...APT, 'install', '--no-install-recommends', name],
    manual: (name) => `sudo apt-get update && sudo apt-get install -y ${name}`,
  },
  {
    kind: 'dnf',
    probe: '/usr/bin/dnf',
    asRoot: true,
    install: (name) => ['dnf', '-y', '-q', 'install', name],
    manual: (name) => `sudo dnf install -y ${name}`,
  },
  {
    kind: 'apk',
    probe: '/sbin/apk',
    asRoot: true,
    install: (name) => ['apk', 'add', '--no-cache', '--quiet', name],
    manual: (name) => `apk add ${name}`,
  },
  {
    kind: 'pacman',
    probe: '/usr/bin/pacman',
    asRoot: true,
    install: (name) => ['pacman', '-Sy', '--noconfirm', '--needed', name],
    manual: (name) => `sudo pacman -Sy ${name}`,
  },
  ...['/opt/homebrew/bin/brew', '/usr/local/bin/brew', '/home/linuxbrew/.linuxbrew/bin/brew'].map((probe) => ({
    kind: /** @type {const} */ ('brew'),
    probe,
    asRoot: false, // brew refuses to run as root
    install: (/** @type {string} */ name) => [
      ...['env', 'NONINTERACTIVE=1', 'HOMEBREW_NO_AUTO_UPDATE=1'],
      ...[probe, 'install', '-q', name],
    ],
    manual: (/** @type {string} */ name) => `brew install ${name}`,
  })),
];

/** How commands of this manager become root without a question, or undefined when they cannot. */
function prefixFor(/** @type {Manager} */ manager) {
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

/** Those that this machine has. */
export function present() {
  return MANAGERS.filter((manager) => existsSync(manager.probe));
}

/**
 * Installs the first of some packages with the first manager that asks nothing. Distributions that dropped one package
 * ship another.
 * @template Found
 * @param {string} problem why it is wanted, in words
 * @param {(kind: Kind) => readonly string[]} names packages of a manager, tried in order
 * @param {() => Found | undefined} search finds what was wanted, once it is there
 * @returns {{ found: Found | undefined } | undefined} undefined: no manager may install here
 */
export function install(problem, names, search) {
  for (const manager of present()) {
    const prefix = prefixFor(manager);
    if (prefix === undefined) continue;
    say(`${problem}; installing it with this system's package manager (BALLAST_NO_INSTALL=1 forbids that)`);
    return { found: installWith(manager, prefix, names(manager.kind), search) };
  }
  return undefined;
}

/**
 * @template Found
 * @param {Manager} manager
 * @param {readonly string[]} prefix
 * @param {readonly string[]} names
 * @param {() => Found | undefined} search
 * @returns {Found | undefined}
 */
function installWith(manager, prefix, names, search) {
  let updated = false;
  const update = () => {
    if (manager.update === undefined || updated) return false;
    updated = true;
    return step([...prefix, ...manager.update]);
  };
  if (manager.updateFirst?.() === true) update();
  // A second round with fresh package lists, for lists that name versions the mirror no longer has.
  do {
    for (const name of names) {
      if (step([...prefix, ...manager.install(name)])) {
        const found = search();
        if (found !== undefined) return found;
      }
    }
  } while (update());
  return undefined;
}
