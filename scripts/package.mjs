/**
 * `npm run package [-- FOLDER]`: builds, and writes `ballast-VERSION.tgz`, which installs with npm in any folder.
 *
 * `npm pack` alone would take dist/ as it lies there: this project installs packages without their scripts
 * (`ignore-scripts`), and npm then runs no `prepack` either. Nor does it help to put an npm-shrinkwrap.json in, to hold the
 * packages of packages at the tested versions: npm 11 does not read it from a tarball that is given by its path (measured).
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { capture, EX_SOFTWARE, npm, readJson, ROOT, runMain, say, SetupError } from './lib.mjs';

const PACK_WITHIN_MS = 120_000;

/** What npm would put into the tarball, relative to the root. */
export function packed() {
  const [command = 'npm', ...args] = npm();
  const printed = capture(command, [...args, 'pack', '--dry-run', '--json', '--ignore-scripts'], PACK_WITHIN_MS);
  if (printed === undefined) throw new SetupError('`npm pack --dry-run` failed: is npm on the PATH?');
  /** @type {readonly { files: readonly { path: string }[] }[]} */
  const [described] = JSON.parse(printed);
  return (described?.files ?? []).map(({ path }) => path).sort();
}

/**
 * Copies what is packed into a folder, as it lies in the tarball below `package/`.
 * @param {string} folder
 * @param {readonly string[]} [files]
 */
export function stage(folder, files = packed()) {
  for (const path of files) cpSync(join(ROOT, path), join(folder, path));
  // What builds and tests it has no meaning here.
  const manifest = { ...readJson(join(ROOT, 'package.json')), scripts: undefined, devDependencies: undefined };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(() => {
    const [target = '.'] = process.argv.slice(2);
    build({ checked: true });
    const folder = mkdtempSync(join(tmpdir(), 'ballast-package-'));
    try {
      stage(folder);
      const [command = 'npm', ...args] = npm();
      const given = ['pack', folder, '--ignore-scripts', '--silent', '--pack-destination', resolve(target)];
      const name = capture(command, [...args, ...given], PACK_WITHIN_MS)?.trim();
      if (name === undefined || name === '') throw new SetupError('`npm pack` failed', EX_SOFTWARE);
      say(`wrote ${join(target, name)}: install it with \`npm install ${join(target, name)}\``);
      return 0;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
