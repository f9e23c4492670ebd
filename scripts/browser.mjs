/**
 * Finds a Chromium for the tests of the page and for its pictures, and installs one where that needs no question.
 * Nothing is downloaded but what the system's own package manager brings.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './lib.mjs';
import { install } from './packages.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const USUAL_PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/homebrew/bin',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];

/** @type {Readonly<Record<import('./packages.mjs').Kind, readonly string[]>>} */
const PACKAGES = {
  apt: ['chromium', 'chromium-browser'],
  dnf: ['chromium'],
  apk: ['chromium'],
  pacman: ['chromium'],
  brew: [],
};

/** Nothing is asked of the network but the page itself. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {string | undefined} */
function search() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...USUAL_PLACES];
  const names = [...NAMES, 'Chromium', 'Google Chrome'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/**
 * Makes sure that a Chromium is on this machine.
 * @returns {string} its path
 */
export function ensureBrowser() {
  const wish = process.env.BALLAST_CHROMIUM;
  if (wish !== undefined && wish !== '') {
    if (existsSync(wish)) return wish;
    throw new SetupError(`BALLAST_CHROMIUM=${wish} is not there`);
  }
  const here = search();
  if (here !== undefined) return here;
  const problem = 'no Chromium was found (PATH and the usual places); the tests of the page need one';
  if (process.env.BALLAST_NO_INSTALL === undefined) {
    const found = install(problem, (kind) => PACKAGES[kind], search)?.found;
    if (found !== undefined) return found;
  }
  throw new SetupError(
    `${problem}\n  Install the package "chromium" of your system and run the same command again,\n  or name one that is already here: BALLAST_CHROMIUM=/path/to/chromium`,
  );
}
