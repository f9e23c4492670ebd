/** The tarball: it holds what an operator needs and no more, and works in an empty folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ballast, Cli, cleanUp, isComplete, temporaryFolder } from '../cli/support.ts';
import { linksOf } from '../docs/pages.ts';
import type { Installed } from './package.ts';
import { install, packed } from './package.ts';

let files: readonly string[];
let installed: Installed;
let root: string;

beforeAll(() => {
  files = packed();
  root = temporaryFolder();
  installed = install(root, files);
}, 60_000);
afterAll(cleanUp, 30_000);

describe('the list of files', () => {
  it('has the command, the page, the tapes, the schema, the first policy file and what supervisors need', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'config.yaml', 'ballast.schema.json'],
        ...['dist/main.js', 'dist/commit.json', 'dist/simulator/process.js'],
        ...['dist/server/page/index.html', 'dist/server/page/main.js', 'dist/server/page/page.css'],
        ...['tapes/may-2021/tape.json', 'docs/config.md', 'docs/deploy.md', 'deploy/systemd/ballast.service'],
        ...['deploy/container/Containerfile', 'deploy/container/compose.yaml', 'deploy/container/config.yaml'],
      ]),
    );
  });

  it('has no sources, no tests, no tools, no map and nothing of this machine', () => {
    const allowed = /^(?:dist|tapes|docs|deploy)\/|^[\w.-]+$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    expect(files.filter((path) => /\.ts$|\.map$|^dist\/\.|\btest\b|\.log$|node_modules|-lock/.test(path))).toEqual([]);
  });

  it('leaves no link of the packed pages without its page', () => {
    const pages = files.filter((path) => path.endsWith('.md'));
    const targets = pages.flatMap((page) => linksOf(page).map(({ to }) => ({ page, to, path: pathOf(page, to) })));
    const missing = targets.filter(
      ({ path }) => path !== '' && !files.some((file) => file === path || file.startsWith(`${path}/`)),
    );
    expect(missing).toEqual([]);
    expect(targets.length).toBeGreaterThan(50);
  });
});

function pathOf(page: string, to: string): string {
  const [path = ''] = to.split('#');
  return path === '' ? '' : join(page, '..', path).replace(/\/$/, '');
}

describe('the installed package', () => {
  it('can be run as a program', () => {
    const [first = ''] = readFileSync(installed.main, 'utf8').split('\n');
    expect(first).toBe('#!/usr/bin/env node');
  });

  it('says its version and its commit', async () => {
    const { code, out } = await ballast(['--version'], { main: installed.main, cwd: root });
    const { version } = JSON.parse(readFileSync(join(installed.folder, 'package.json'), 'utf8')) as { version: string };
    expect(code).toBe(0);
    expect(out.startsWith(`${version} (`), out).toBe(true);
    expect(out).toMatch(/^\S+ \((?:[0-9a-f]{12}(?:-dirty)?|commit unknown)\)\n$/);
  });

  it('makes a first policy file in an empty folder, keeps it, and runs on it without touching its own files', async () => {
    const cwd = join(root, 'empty');
    mkdirSync(cwd);
    const here = { main: installed.main, cwd };
    const before = filesOf(installed.folder);

    const without = await ballast(['check'], here);
    expect(without.code).toBe(78);
    expect(without.err).toMatch(/`ballast init`/);
    expect(readdirSync(cwd)).toEqual([]);

    expect((await ballast(['init'], here)).code).toBe(0);
    expect(readdirSync(cwd).sort()).toEqual(['ballast.schema.json', 'config.yaml']);
    const config = join(cwd, 'config.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('127.0.0.1:8420', '127.0.0.1:0'));
    const again = await ballast(['init'], here);
    expect([again.code, isComplete(again.err)]).toEqual([64, true]);
    expect(readFileSync(config, 'utf8')).toContain('127.0.0.1:0');

    expect((await ballast(['check'], here)).out).toMatch(/nobody is told/);
    const server = new Cli(['start'], here);
    const [, page = ''] = await server.says(/page: (\S+\/)/);
    for (const loan of ['margin/binance.crossMargin', 'loans/okx.spotBorrow'])
      await server.says(new RegExp(`watching ${loan}`));
    expect((await fetch(page)).status).toBe(200);
    expect((await fetch(`${page}page/uPlot.esm.js`)).status).toBe(200);
    server.signal('SIGTERM');
    const ended = await server.end();
    expect(ended.code, ended.err).toBe(0);
    expect(existsSync(join(cwd, '.ballast/redis'))).toBe(true);
    expect(filesOf(installed.folder)).toEqual(before);
  }, 120_000);

  it('says how to install a Redis where there is none', async () => {
    const cwd = join(root, 'without');
    mkdirSync(cwd);
    const env = { BALLAST_REDIS_SERVER: '/nowhere/redis-server' };
    const config = join(installed.folder, 'config.yaml');
    const { code, err } = await ballast(['start', '--config', config], { main: installed.main, cwd, env });
    expect(code).toBe(69);
    expect(err).toMatch(/no usable Redis program: \/nowhere[^]*apt-get install redis-server/);
    expect(isComplete(err), err).toBe(true);
  });
});

/** Paths with their sizes and times. */
function filesOf(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return entries.map((path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    return `${path} ${String(size)} ${String(mtimeMs)}`;
  });
}
