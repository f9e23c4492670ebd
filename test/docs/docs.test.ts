/** The pages say what the code does: what they quote, link to, list and draw is compared with it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ACCOUNT_KEYS } from '../../src/jobs/keys.ts';
import { binanceAccountSchema } from '../../src/simulator/binance/settings.ts';
import { okxAccountSchema } from '../../src/simulator/okx/world.ts';
import { OPTIONS as DEFECT_OPTIONS } from '../defects/options.ts';
import { OPTIONS } from '../sim/options.ts';
import { blocksOf, brokenBecause, linksOf, PAGES, read, ROOT } from './pages.ts';
import { holdingKeys, isKnownHolding, keysTable, printed, rewritten, standing, TABLES } from './tables.ts';

const README = read('README.md');
/** Flags of npm itself. */
const FLAGS_OF_NPM = ['--silent', '--prefix'];
const FLAGS_OF_SCRIPTS = Object.keys({ ...OPTIONS, ...DEFECT_OPTIONS }).map((name) => `--${name}`);

function help(...command: readonly string[]): string {
  const ran = spawnSync(process.execPath, [join(ROOT, 'dist/main.js'), ...command, '--help'], { encoding: 'utf8' });
  expect(ran.status, `${ran.stderr}\nis dist/ built?`).toBe(0);
  return ran.stdout;
}

interface Drawn {
  readonly acted: { readonly lost: unknown };
  readonly control: { readonly lost: unknown };
}

const flagsIn = (text: string): readonly string[] => [...new Set(text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])].sort();

describe('YAML blocks marked `yaml config`', () => {
  const blocks = PAGES.flatMap((page) => blocksOf(page)).filter(({ kind }) => kind === 'yaml config');

  it('exist', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it.each(blocks.map((block) => [`${block.page}:${block.line}`, block] as const))('load: %s', (place, { text }) => {
    const everything = new Proxy<Record<string, string>>({}, { get: (_, name) => `value of ${String(name)}` });
    const config = loadConfig({ path: place, text, env: everything, readSecret: (path) => `content of ${path}` });
    expect(config.warnings).toEqual([]);
    // Whoever copies an example must not move money by that.
    expect(config.accounts.filter(({ sends }) => sends === 'live')).toEqual([]);
  });
});

describe('links', () => {
  it('lead to a file and a heading that exist', () => {
    const broken = PAGES.flatMap((page) => linksOf(page)).map(brokenBecause);
    expect(broken.filter((problem) => problem !== null)).toEqual([]);
  });

  it('reach every page from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const { to } of linksOf(page)) {
        const path = join(page, '..', to.split('#')[0] ?? '');
        if (PAGES.includes(path)) reached.add(path);
      }
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});

describe('tables', () => {
  it.each(TABLES.map((table) => [`${table.name} in ${table.page}`, table] as const))('are fresh: %s', (_, table) => {
    if (process.env['WRITE_TABLES'] === '1') writeFileSync(join(ROOT, table.page), rewritten(table));
    expect(standing(table), 'stale: WRITE_TABLES=1 npm test -- test/docs').toBe(printed(table));
  });

  it('of keys names every key of an account', () => {
    const named = keysTable().flatMap((row) => /^\| `([\w]+)(?::ID)?` \|/.exec(row)?.[1] ?? []);
    expect(named.toSorted()).toEqual([...ACCOUNT_KEYS, 'intent', 'dossier'].toSorted());
  });

  it('of products knows everything that a simulated account can hold', () => {
    expect(holdingKeys().filter((key) => !isKnownHolding(key))).toEqual([]);
    expect(Object.keys(binanceAccountSchema.shape)).toEqual(expect.arrayContaining(['cross', 'isolated', 'flexible']));
    expect(Object.keys(okxAccountSchema.shape)).toEqual(expect.arrayContaining(['loans', 'spotDebt']));
  });

  it('of exit codes names every code, and no other', () => {
    const [, section = ''] = README.split('## Exit codes');
    const codes = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});

describe('the command line', () => {
  const namesIn = (text: string, pattern: RegExp): readonly string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name);
  /** Commands of their own, and commands with commands below them. */
  const single = namesIn(help(), /^ {2}(\w+) .*?\[options\]/gm);
  const groups = namesIn(help(), /^ {2}(?!help)(\w+) {2,}\S/gm);
  const commands = [...single, ...groups];
  const nested = groups.flatMap((group) =>
    namesIn(help(group), /^ {2}(\w+) .*?\[options\]/gm).map((name) => [group, name]),
  );
  const known = flagsIn([[], ...single.map((name) => [name]), ...nested].map((words) => help(...words)).join('\n'));

  it('has every flag that a page names', () => {
    const named = PAGES.filter((page) => !page.startsWith('docs/adr')).flatMap((page) =>
      flagsIn(
        [...read(page).matchAll(/`[^`\n]+`/g)].join('\n') +
          blocksOf(page)
            .map(({ text }) => text)
            .join('\n'),
      ).map((flag) => ({ page, flag })),
    );
    expect(named.filter(({ flag }) => ![...known, ...FLAGS_OF_NPM, ...FLAGS_OF_SCRIPTS].includes(flag))).toEqual([]);
  });

  it('has no flag of `start` and no command that the README leaves out', () => {
    const left = flagsIn(help('start')).filter((flag) => !README.includes(`\`${flag}`) && flag !== '--help');
    expect(left).toEqual([]);
    expect(
      commands.filter((command) => !new RegExp(`^\\| (?:\`[^|]*\`, )?\`${command}[ \`]`, 'm').test(README)),
    ).toEqual([]);
  });

  it('has every npm script that a page names', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/npm run (?:--silent )?([a-z]+)/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => name !== undefined && !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('decision records', () => {
  const records = readdirSync(join(ROOT, 'docs/adr')).filter((name) => name !== 'README.md');

  it('are all in the index, under their own titles', () => {
    const titles = records.map((name) => {
      const [, title = ''] = /^# (.*)$/m.exec(read(`docs/adr/${name}`)) ?? [];
      return `- [${title}](${name})`;
    });
    const listed = read('docs/adr/README.md').split('\n');
    expect(listed.filter((line) => line.startsWith('- '))).toEqual(titles);
  });

  it('say why, what, and what it costs', () => {
    const headings = (name: string): string[] => read(`docs/adr/${name}`).match(/^## .*$/gm) ?? [];
    const others = records.filter((name) => headings(name).join() !== '## Why,## What,## What it costs');
    expect(others).toEqual([]);
  });
});

test('the picture shows its data', async () => {
  const drawing = pathToFileURL(join(ROOT, 'scripts/pictureSvg.mjs')).href;
  const { drawPicture } = (await import(/* @vite-ignore */ drawing)) as { drawPicture: (data: unknown) => string };
  const drawn = drawPicture(JSON.parse(read('docs/images/may-2021.json')));
  expect(read('docs/images/may-2021.svg') === drawn, 'stale: node scripts/picture.mjs --draw').toBe(true);
});

test('the picture shows what the README says of it', () => {
  const { loans } = JSON.parse(read('docs/images/may-2021.json')) as { readonly loans: readonly Drawn[] };
  expect(README).toContain('both loans are liquidated. With Ballast neither is.');
  expect(loans.map(({ acted, control }: Drawn) => [acted.lost, control.lost !== null])).toEqual([
    [null, true],
    [null, true],
  ]);
});

test('the README fits into one sitting', () => {
  expect(README.split('\n').length).toBeLessThanOrEqual(250);
});
