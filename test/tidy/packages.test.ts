/** Packages: pinned exactly, each one wanted for a reason, and locked without naming anybody's registry. */
import { describe, expect, it } from 'vitest';
import { read } from './files.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const installed = { ...manifest.dependencies, ...manifest.devDependencies };
const wanted = { ...installed, ...manifest.overrides };

/** Rows of the tables in docs/dependencies.md: package → reason. */
const documented = new Map(
  [...read('docs/dependencies.md').matchAll(/^\| +`([^`]+)` +\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, name = '', , reason = '']) => [name, reason.trim()],
  ),
);

describe('package.json', () => {
  it('pins every package to one version', () => {
    expect(Object.entries(wanted).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('and docs/dependencies.md name the same packages', () => {
    expect([...documented.keys()].sort()).toEqual(Object.keys(wanted).sort());
  });

  it('has scripts whose files exist', () => {
    const files = Object.values(manifest.scripts).flatMap((script) => /^(?:exec )?node (\S+)/.exec(script)?.[1] ?? []);
    expect(files.filter((path) => read(path) === '')).toEqual([]);
  });
});

describe('docs/dependencies.md', () => {
  it('gives a reason for each package', () => {
    expect([...documented].filter(([, reason]) => reason.length < 15)).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, Partial<Manifest> & { resolved?: string; integrity?: string }>>;
  };

  it('names no registry', () => {
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  it('knows the content of every package', () => {
    const unknown = Object.entries(lock.packages).filter(
      ([path, entry]) => path !== '' && entry.integrity === undefined,
    );
    expect(unknown).toEqual([]);
  });

  it('is complete for every platform, or `npm ci` refuses it', () => {
    const present = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
    const named = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(named.filter((name) => !present.has(name))).toEqual([]);
  });

  it('is of the same day as package.json', () => {
    const { dependencies, devDependencies } = lock.packages[''] ?? {};
    expect({ ...dependencies, ...devDependencies }).toEqual(installed);
  });
});
