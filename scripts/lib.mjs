/**
 * Small shared tools of the set-up scripts. Plain Node, no packages: these run before anything is installed.
 *
 * Everything said here goes to stderr, so that `--json` output of a command on stdout stays clean.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** sysexits: something needed is not there; our own software failed. */
export const EX_UNAVAILABLE = 69;
export const EX_SOFTWARE = 70;

/** A failure with the exit code it deserves and a message for the person at the terminal. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = EX_UNAVAILABLE) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`ballast: ${line}\n`);
}

/**
 * Runs a command to its end; its output, if shown, goes to stderr.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options] quiet: show the output only when the command fails
 * @returns {boolean} true when it ended with 0
 */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: options.quiet === true ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return true;
  if (options.quiet === true) process.stderr.write(`${String(done.stdout ?? '')}${String(done.stderr ?? '')}`);
  if (done.error !== undefined) say(`could not run ${command}: ${done.error.message}`);
  return false;
}

/**
 * Reads what a command prints, or undefined when it cannot be run or fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} [withinMs]
 */
export function capture(command, args, withinMs = 10_000) {
  const done = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'], timeout: withinMs });
  return done.status === 0 ? String(done.stdout) : undefined;
}

/** @param {string} path @returns {any} the parsed file, or undefined when it is missing or not JSON */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The path of a package's command line, run with this very Node (never another one from the PATH). */
export function tool(/** @type {string} */ pathInNodeModules) {
  return join(ROOT, 'node_modules', pathInNodeModules);
}

/** Signals that a supervisor or an operator sends on purpose; each means something to the server (SIGHUP: reload). */
const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const SAME_SIGNAL_WITHIN_MS = 300;

/**
 * Runs Node on a script in the foreground, waits for its end and answers the exit code to use.
 *
 * Signals: the child decides what they mean; this process only waits. A Ctrl-C at a terminal reaches the whole
 * foreground group, so the child already has it and it is not sent a second time. Without a terminal (a supervisor,
 * a container, `npm` passing it on) the signal is forwarded, once: npm and its group may deliver the same one twice.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function runNode(args, env = {}) {
  return foreground(process.execPath, args, env);
}

/** The npm that runs this script, else the one on the PATH. Other package managers do not know our lock file. */
export function npm() {
  const path = process.env.npm_execpath;
  return path !== undefined && path.endsWith('npm-cli.js') ? [process.execPath, path] : ['npm'];
}

/** @param {readonly string[]} args @returns {Promise<number>} like `runNode`, for npm */
export function runNpm(args) {
  const [command = 'npm', ...first] = npm();
  return foreground(command, [...first, ...args], {});
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function foreground(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: process.cwd(), env: { ...process.env, ...env }, stdio: 'inherit' });
    const lastSent = new Map();
    const listeners = FORWARDED.map((signal) => {
      const listener = () => {
        const now = performance.now();
        const fromTerminal = signal === 'SIGINT' && process.stdin.isTTY === true;
        const repeated = now - (lastSent.get(signal) ?? -Infinity) < SAME_SIGNAL_WITHIN_MS;
        if (fromTerminal || repeated) return;
        lastSent.set(signal, now);
        child.kill(signal);
      };
      process.on(signal, listener);
      return { signal, listener };
    });
    const finish = (/** @type {number} */ code) => {
      for (const { signal, listener } of listeners) process.off(signal, listener);
      resolve(code);
    };
    child.on('error', (error) => {
      say(`could not start ${command}: ${error.message}`);
      finish(EX_SOFTWARE);
    });
    // A child ended by a signal becomes 128 + its number, as shells report it.
    child.on('exit', (code, signal) => finish(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/**
 * Runs a script's main function and turns its result or failure into the exit code.
 * @param {() => Promise<number> | number} main
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}
