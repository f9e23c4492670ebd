/** Runs the built command line as a process of its own, and looks at what it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { readRecord } from '../../src/jobs/embedded/dataDirectory.ts';
import { lifeOf } from '../../src/jobs/embedded/processIdentity.ts';
import { ended as exited } from '../support/child.ts';

export const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/main.js');

/** Longest wait for something a process is to say or do, on a busy machine. */
export const SOON_MS = 60_000;
/** Longest wait of the clean-up for a server that was told to stop. */
const STOP_WITHIN_MS = 15_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another installation than this repository's, and the folder it is started in. */
  readonly main?: string;
  readonly cwd?: string;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly settle: () => void;
}

const running = new Set<Cli>();
const folders: string[] = [];

/** One run of `ballast …`. */
export class Cli {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly #waiters = new Set<Waiter>();

  constructor(args: readonly string[], { env = {}, main = MAIN, cwd = ROOT }: CliOptions = {}) {
    if (!existsSync(main))
      throw new Error('dist/main.js is missing: run `npm run build`, or the tests with `npm test`');
    // In the folder of the repository, as an operator would; data folders are always given.
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(this);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.#tell();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      this.#tell();
    });
    child.once('close', () => {
      running.delete(this);
      for (const { settle } of this.#waiters) settle();
    });
  }

  /** The end of the run, with everything it said. */
  async end(): Promise<Ended> {
    if (running.has(this)) await new Promise((resolve) => this.child.once('close', resolve));
    return { code: this.child.exitCode, out: this.out, err: this.err };
  }

  /** Waits until the process has said this, on either stream. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = (): RegExpExecArray | null => pattern.exec(this.out) ?? pattern.exec(this.err);
    let waiter: Waiter | undefined;
    const said = new Promise<void>((resolve) => {
      waiter = { pattern, settle: resolve };
      this.#waiters.add(waiter);
      if (found() !== null || !running.has(this)) resolve();
    });
    const over = new AbortController();
    await Promise.race([said, systemClock.sleep(SOON_MS, over.signal).catch(() => undefined)]);
    over.abort(new Error('said'));
    if (waiter !== undefined) this.#waiters.delete(waiter);
    const match = found();
    if (match === null) throw new Error(`it did not say ${String(pattern)}:\n${this.out}\n--- stderr\n${this.err}`);
    return match;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  #tell(): void {
    for (const { pattern, settle } of this.#waiters) {
      if (pattern.test(this.out) || pattern.test(this.err)) settle();
    }
  }
}

/** Runs a command to its end. */
export function ballast(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return new Cli(args, options).end();
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-cli-'));
  folders.push(folder);
  return folder;
}

/** Ends what a test left running, gently first: a killed server would leave its Redis behind. */
export async function cleanUp(): Promise<void> {
  await Promise.all(
    [...running].map(async (cli) => {
      cli.signal('SIGCONT');
      cli.signal('SIGTERM');
      const over = new AbortController();
      const gone = exited(cli.child).then(() => {
        over.abort(new Error('gone'));
      });
      await Promise.race([gone, systemClock.sleep(STOP_WITHIN_MS, over.signal).catch(() => undefined)]);
      cli.signal('SIGKILL');
    }),
  );
  for (const folder of folders.splice(0)) {
    for (const entry of readdirSync(folder)) endRedis(join(folder, entry));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server that had to be killed leaves its Redis behind; nobody will use this one again. */
function endRedis(dataDir: string): void {
  const server = readRecord(dataDir)?.server;
  if (server !== undefined && lifeOf(server) === 'alive') process.kill(server.pid, 'SIGKILL');
}

/** Process id of the embedded Redis that serves a data folder. */
export function redisPid(dataDir: string): number {
  const server = readRecord(dataDir)?.server;
  if (server === undefined) throw new Error(`no Redis serves ${dataDir}`);
  return server.pid;
}

const TAPE_START_MS = 1_700_000_040_000;
const MINUTE_MS = 60_000;

/** Writes a tape of one coin: turning points as minute and price. @returns what to give to `--tape` */
export function writeTape(
  folder: string,
  symbol: string,
  points: readonly (readonly [minute: number, price: string])[],
): string {
  const path = join(folder, `${symbol}-test.csv`);
  const rows = points.map(([minute, price]) => `${String(TAPE_START_MS + minute * MINUTE_MS)},${price}\n`);
  writeFileSync(path, `timestamp_ms,price\n${rows.join('')}`);
  return path;
}

/** The last line of standard output of a run that went well, parsed. */
export function lastLine<T>({ code, out, err }: Ended): T {
  if (code !== 0) throw new Error(`the run ended with exit code ${String(code)}:\n${err}`);
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as T;
}

/** Every part of a message for the operator is there: what happened, what Ballast does, what can be done. */
export function isComplete(err: string): boolean {
  return /\S.*\n {2}Ballast: \S.*\n {2}You can: \S/.test(err);
}
