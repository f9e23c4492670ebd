/** Runs a TypeScript file as a process of its own, with an IPC channel, so that a test may kill or freeze it. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, 'typescript.mjs');

/** @param file absolute path of a `.ts` file */
export function runTypeScript(file: string, args: readonly string[] = [], options: ForkOptions = {}): ChildProcess {
  return fork(file, [...args], { ...options, execArgv: ['--import', HOOK, '--enable-source-maps'] });
}

/** Resolves when the process has ended; at once when it has already. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
