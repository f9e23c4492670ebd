#!/usr/bin/env node
/** The command line. The one place that reads arguments, environment and signals, and that ends the process. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { check } from './cli/check.ts';
import { EXIT, Ending } from './cli/exit.ts';
import type { ExitCode } from './cli/exit.ts';
import type { Output } from './cli/output.ts';
import { outputTo } from './cli/output.ts';
import { start } from './cli/start.ts';
import { status, why } from './cli/status.ts';
import { systemClock } from './clock.ts';
import { loadConfig } from './config/load.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/types.ts';

interface Common {
  readonly config: string;
  readonly json?: boolean;
  readonly dataDir?: string;
  readonly logLevel: string;
}

interface StartFlags extends Common {
  readonly tape?: readonly string[];
  readonly speed?: number | 'max';
  readonly untilEnd?: boolean;
  readonly observeOnly?: boolean;
  readonly dryRun?: boolean;
}

const TAPES_DIR = fileURLToPath(new URL('../tapes', import.meta.url));
const SIMULATOR_ENTRY = fileURLToPath(new URL('./simulator/process.js', import.meta.url));

function load(flags: Common & { readonly dryRun?: boolean }): Config {
  let text: Uint8Array;
  try {
    text = readFileSync(flags.config);
  } catch {
    throw new Ending(EXIT.config, `${flags.config} cannot be read. Name the policy file with --config PATH; the one that ships is config.yaml.`);
  }
  return loadConfig({
    path: flags.config,
    text,
    env: process.env,
    readSecret: (path) => readFileSync(path, 'utf8').replace(/\r?\n$/, ''),
    overrides: { dryRun: flags.dryRun, dataDir: flags.dataDir },
  });
}

/** npm hands a signal to its group and forwards it as well: what follows this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;

/** A first signal stops gracefully; a second one ends at once. */
function stopSignal(output: Output): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      if (systemClock.mono() - first > SAME_SIGNAL_MS) process.exit(EXIT.temporary);
      return;
    }
    first = systemClock.mono();
    output.say(`${name}: no new claims; the call in flight finishes, then Ballast ends. Once more ends it at once.`);
    stop.abort(new Error(name));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}

async function runStart(flags: StartFlags): Promise<ExitCode> {
  const output = outputOf(flags);
  return start({
    config: load(flags),
    clock: systemClock,
    output,
    simulatorEntry: SIMULATOR_ENTRY,
    tapesDir: TAPES_DIR,
    tape: tapeOf(flags.tape),
    speed: flags.speed ?? null,
    untilEnd: flags.untilEnd ?? false,
    json: flags.json ?? false,
    observeOnly: flags.observeOnly ?? false,
    stop: stopSignal(output),
    redisProgram: process.env['BALLAST_REDIS_SERVER'],
  });
}

/** One word without a dot or slash is the name of a shipped tape; anything else are files. */
function tapeOf(given: readonly string[] | undefined): string | readonly string[] | null {
  if (given === undefined || given.length === 0) return null;
  const [first] = given;
  return given.length === 1 && first !== undefined && /^[\w-]+$/.test(first) ? first : given;
}

function speedFrom(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed <= 0) throw new InvalidArgumentError('a speed is `max` or a number above 0: tape seconds per second.');
  return speed;
}

function outputOf(flags: Common): Output {
  return outputTo({ out: process.stdout, err: process.stderr }, flags.json ?? false, flags.logLevel);
}

function withCommon(command: Command): Command {
  return command
    .option('--config <path>', 'policy file', 'config.yaml')
    .option('--data-dir <path>', 'folder of the embedded Redis')
    .option('--json', 'print one JSON object on standard output; words go to standard error')
    .addOption(new Option('--log-level <level>', 'log lines on standard error').choices(['debug', 'info', 'warn', 'error', 'silent']).default('error'));
}

function program(run: (work: () => Promise<ExitCode>) => Promise<void>): Command {
  const ballast = new Command('ballast').description('Keeps collateralised crypto loans upright: repays or adds collateral when loan-to-value drifts, never twice.');
  ballast.version(version(), '--version');
  withCommon(ballast.command('start').description('watch every loan that the policy file names, and act'))
    .option('--until-end', 'play the tape to its end, then exit')
    .option('--speed <speed>', 'tape seconds per second, or max: the tape moves on whenever every lane is quiet', speedFrom)
    .option('--tape <name|file...>', 'a shipped tape by name, or CSV files (SYMBOL=path names the symbol)')
    .option('--observe-only', 'send nothing at all: the control run')
    .option('--dry-run', 'as if the file said mode: dry-run')
    .action((flags: StartFlags) => run(() => runStart(flags)));
  withCommon(ballast.command('check').description('check the policy file and say in words what would be done'))
    .action((flags: Common) => run(() => Promise.resolve(check(load(flags), outputOf(flags), flags.json ?? false))));
  withCommon(ballast.command('status').description('what a running server sees and what is in flight'))
    .action((flags: Common) => run(async () => ok(status(load(flags), systemClock, outputOf(flags), flags.json ?? false))));
  withCommon(ballast.command('why <loan>').description('why a loan was acted on, or not'))
    .action((loan: string, flags: Common) => run(async () => ok(why(load(flags), loan, outputOf(flags), flags.json ?? false))));
  return ballast;
}

async function ok(work: Promise<void>): Promise<ExitCode> {
  await work;
  return EXIT.ok;
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(): Promise<void> {
  await program(async (work) => {
    process.exitCode = await work().catch((error: unknown) => ended(error));
  }).parseAsync();
}

/** Every way to end has a code and words; only a bug shows a stack. */
function ended(error: unknown): ExitCode {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.config;
  }
  if (error instanceof Ending) {
    process.stderr.write(`${error.message}\n`);
    return error.exit;
  }
  process.stderr.write(`Ballast has a bug, and stopped: nothing is retried. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.software;
}

await main();
