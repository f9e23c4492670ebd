/** Completion, as bash does it for real: its function is loaded and asked what may stand at the cursor. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, ROOT, temporaryFolder, writeTape } from './support.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ballast'), `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/main.js')}' "$@"\n`);
  chmodSync(join(bin, 'ballast'), 0o755);
  writeFileSync(join(folder, 'ballast.bash'), (await ballast(['completion', 'bash'])).out);
  env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
});
afterAll(cleanUp, 30_000);

const ASK = `
. ./ballast.bash
complete -p ballast >&2
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_ballast
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** @param words of the line, the last one being typed @returns what bash would offer */
function tab(...words: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const args = ['--norc', '-c', ASK, 'bash', 'ballast', ...words];
    execFile('bash', args, { env, cwd: folder }, (error, out, err) => {
      if (error !== null) reject(new Error(`bash failed: ${err}`, { cause: error }));
      else if (!err.includes('-F _ballast ballast')) reject(new Error(`bash was not told: ${err}`));
      else resolve(out.split('\n').filter((line) => line !== ''));
    });
  });
}

describe.concurrent('bash', () => {
  it('completes commands, those below a command, and nothing that is hidden', async () => {
    expect(await tab('st')).toEqual(['start', 'status']);
    expect(await tab('alert', '')).toEqual(['test', 'list', 'acknowledge', 'help']);
    expect((await tab('')).filter((word) => word.startsWith('_'))).toEqual([]);
  });

  it('completes options of the command, and of no other', async () => {
    expect(await tab('start', '--')).toEqual(
      expect.arrayContaining(['--config', '--until-end', '--dry-run', '--help']),
    );
    expect(await tab('status', '--u')).toEqual([]);
    expect(await tab('--ver')).toEqual(['--version']);
  });

  it('completes values: levels, shells, tapes, files', async () => {
    writeFileSync(join(folder, 'my policy.yaml'), '');
    expect(await tab('start', '--log-level', 'w')).toEqual(['warn']);
    expect(await tab('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await tab('start', '--tape', 'may')).toEqual(['may-2021']);
    expect(await tab('start', '--config', 'my')).toEqual(['my policy.yaml']);
    expect(await tab('start', '--speed', '')).toEqual([]);
  });

  it('says nothing where the policy file is missing or wrong', async () => {
    expect(await tab('pause', '')).toEqual([]);
    writeFileSync(join(folder, 'wrong.yaml'), 'version: 7');
    expect(await tab('pause', '--config', 'wrong.yaml', '')).toEqual([]);
  });

  it('completes accounts without a server, and loans of one that runs', async () => {
    const where = ['--config', writePolicy(folder, ONE_ACCOUNT), '--data-dir', join(folder, 'redis')];
    expect(await tab('pause', ...where, '')).toEqual(['all', 'saved']);
    expect(await tab('costs', ...where, '--account', 's')).toEqual(['saved']);
    const tape = writeTape(folder, 'BTCUSDT', [
      [0, '40000'],
      [600, '40100'],
    ]);
    const server = new Cli(['start', '--speed', '10', '--tape', tape, ...where]);
    await server.says(/watching saved/);
    expect(await tab('pause', ...where, 'saved')).toEqual(['saved', 'saved/binance.crossMargin']);
    expect(await tab('why', ...where, '')).toEqual(['saved/binance.crossMargin']);
    server.signal('SIGTERM');
    expect((await server.end()).code).toBe(0);
  }, 60_000);
});

it.each([
  ['zsh', /^#compdef ballast\n[^]*__complete --/],
  ['fish', /^complete -c ballast /m],
])('%s is given a script of its own', async (shell, words) => {
  const { code, out } = await ballast(['completion', shell]);
  expect(code).toBe(0);
  expect(out).toMatch(words);
});
