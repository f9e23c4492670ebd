/** The simulator as a process of its own. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ended } from '../support/child.ts';
import { alice } from './support.ts';

const ROOT = join(import.meta.dirname, '../..');
const options = { world: { binance: [alice()] }, tape: 'calm-2023', tapesDir: join(ROOT, 'tapes') };

let folder: string;
const started: ChildProcess[] = [];

/** Types are dropped once for all tests here; a process that drops its own takes seconds to start. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  const sources = readdirSync(join(ROOT, 'src/simulator'), { recursive: true, encoding: 'utf8' });
  const files = [
    'core/money.ts',
    ...sources.filter((file) => file.endsWith('.ts')).map((file) => join('simulator', file)),
  ];
  for (const file of files) {
    const target = join(folder, 'src', file.replace(/ts$/, 'js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, javascript(readFileSync(join(ROOT, 'src', file), 'utf8')));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function javascript(source: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

interface Run {
  readonly child: ChildProcess;
  readonly line: Promise<string>;
  readonly errors: () => string;
}

function run(line: string): Run {
  const child = fork(join(folder, 'src/simulator/process.js'), { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
  started.push(child);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
  let errors = '';
  stderr.on('data', (chunk) => (errors += String(chunk)));
  const first = once(createInterface({ input: stdout }), 'line').then(([text]) => String(text));
  stdin.write(`${line}\n`);
  return { child, line: first, errors: () => errors };
}

describe('the process', () => {
  it('says its addresses, answers, and ends when its stdin closes', async () => {
    const { child, line } = run(JSON.stringify(options));
    const addresses = JSON.parse(await line);
    expect(Object.keys(addresses)).toEqual(['binance', 'okx', 'admin']);
    expect(await (await fetch(`${addresses.admin}/state`)).text()).toContain('"name":"calm-2023"');
    expect((await fetch(`${addresses.okx.rest}/api/v5/public/time`)).status).toBe(200);
    child.stdin?.end();
    await ended(child);
    expect(child.exitCode).toBe(0);
  });

  it('ends when its parent is gone', async () => {
    const { child, line } = run(JSON.stringify(options));
    await line;
    // The end of a parent closes the pipe, however the parent ended.
    child.stdin?.destroy();
    await ended(child);
    expect(child.exitCode).toBe(0);
  });

  it('ends on SIGTERM', async () => {
    const { child, line } = run(JSON.stringify(options));
    await line;
    child.kill('SIGTERM');
    await ended(child);
    expect(child.exitCode).toBe(0);
  });

  it.each([
    ['a line that is no JSON', 'hello', 64],
    ['an option that does not exist', JSON.stringify({ ...options, nonsense: 1 }), 64],
    ['a world that is not valid', JSON.stringify({ ...options, world: { binance: [{}] } }), 78],
    ['a tape that does not exist', JSON.stringify({ ...options, tape: 'nothing' }), 78],
  ])('refuses %s', async (_what, line, code) => {
    const { child, errors } = run(line);
    await ended(child);
    expect(child.exitCode).toBe(code);
    expect(errors()).not.toBe('');
  });

  it('says so when a port is taken', async () => {
    const first = run(JSON.stringify(options));
    const { admin } = JSON.parse(await first.line);
    const second = run(JSON.stringify({ ...options, ports: { admin: Number(new URL(admin).port) } }));
    await ended(second.child);
    expect([second.child.exitCode, second.errors()]).toEqual([69, expect.stringContaining('EADDRINUSE')]);
  });
});
