/** The package as npm would install it, without a network: unpacked, with the packages that it asks for beside it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../docs/pages.ts';

/** What is in the tarball, relative to its `package/`. */
export function packed(): readonly string[] {
  const code = `process.stdout.write(JSON.stringify((await import(${script})).packed()))`;
  return JSON.parse(run(code)) as readonly string[];
}

const script = JSON.stringify(pathToFileURL(join(ROOT, 'scripts/package.mjs')).href);

function run(code: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

export interface Installed {
  readonly folder: string;
  /** What npm links `ballast` to. */
  readonly main: string;
}

/** @param root an empty folder @param files as `packed` found them */
export function install(root: string, files: readonly string[]): Installed {
  const folder = join(root, 'node_modules/ballast');
  run(`(await import(${script})).stage(${JSON.stringify(folder)}, ${JSON.stringify(files)})`);
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  // Nothing that only development has: an import of such a package fails here as it would there.
  const wanted = Object.keys(packages).filter(
    (path) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && packages[path]?.dev !== true,
  );
  for (const path of wanted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(root, path));
  }
  return { folder, main: join(folder, 'dist/main.js') };
}
