#!/usr/bin/env node
/** The command line. The one place that reads arguments, environment and signals, and that ends the process. */
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { addAlertCommands } from './cli/alertCommands.ts';
import { speedFrom, TAPE, tapeOf } from './cli/arguments.ts';
import { addHistoryCommands } from './cli/historyCommands.ts';
import type { Operation } from './cli/operate.ts';
import { addOperatorCommands } from './cli/operatorCommands.ts';
import { DID_NOT_START, EXIT, Ending, troubleText } from './cli/exit.ts';
import type { ExitCode } from './cli/exit.ts';
import type { OperatorFlags, Run } from './cli/operatorCommands.ts';
import type { Output } from './cli/output.ts';
import { askAt, outputTo } from './cli/output.ts';
import type { Reading, ReadingTools } from './cli/readingCommands.ts';
import { addReadingCommands } from './cli/readingCommands.ts';
import type { Reload } from './cli/reload.ts';
import { addReloadCommand } from './cli/reloadCommand.ts';
import { hangups, stopSignal } from './cli/signals.ts';
import type { SimulatorFlags } from './cli/simulatorCommand.ts';
import { addSimulatorCommand } from './cli/simulatorCommand.ts';
import { addSetupCommands } from './cli/setupCommands.ts';
import { systemClock } from './clock.ts';
import type { LoadInput } from './config/load.ts';
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
const SHIPPED = {
  config: fileURLToPath(new URL('../config.yaml', import.meta.url)),
  schema: fileURLToPath(new URL('../ballast.schema.json', import.meta.url)),
  docs: fileURLToPath(new URL('../docs', import.meta.url)),
};
const PAGE_FOLDER = fileURLToPath(new URL('./server/page', import.meta.url));
const SIMULATOR_ENTRY = fileURLToPath(new URL('./simulator/process.js', import.meta.url));

/** What a command needs is loaded when it runs: a mistyped flag is answered at once. */
async function load(flags: Common & { readonly dryRun?: boolean }): Promise<Config> {
  const { loadConfig } = await import('./config/load.ts');
  return loadConfig(inputOf(flags));
}

/** @throws Ending when the file cannot be read */
function inputOf(flags: Common & { readonly dryRun?: boolean }): LoadInput {
  return {
    path: flags.config,
    text: policyFile(flags.config),
    env: process.env,
    readSecret: (path) => readFileSync(path, 'utf8').replace(/\r?\n$/, ''),
    overrides: { dryRun: flags.dryRun, dataDir: flags.dataDir },
  };
}

function policyFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new Ending(EXIT.config, {
      happened: `the policy file ${path} cannot be read (${code}).`,
      ballast: DID_NOT_START,
      operator: 'name a policy file with --config PATH; `ballast init` writes a first one.',
    });
  }
}

async function runStart(flags: StartFlags): Promise<ExitCode> {
  const output = outputOf(flags);
  const onHangup = hangups(output);
  const stop = stopSignal(output, systemClock, 'nothing new is sent; the call in flight finishes, then Ballast ends.');
  const { loadConfig } = await import('./config/load.ts');
  const config = loadConfig(inputOf(flags));
  const { start } = await import('./cli/start.ts');
  const { Supervisor } = await import('./cli/supervisor.ts');
  const onTrouble = (says: string): void => {
    output.say(`WARNING: ${says}`);
  };
  return start({
    config,
    clock: systemClock,
    output,
    simulatorEntry: SIMULATOR_ENTRY,
    tapesDir: TAPES_DIR,
    tape: tapeOf(flags.tape),
    speed: flags.speed ?? null,
    untilEnd: flags.untilEnd ?? false,
    json: flags.json ?? false,
    observeOnly: flags.observeOnly ?? false,
    reload: {
      read: () => loadConfig(inputOf(flags)),
      dryRun: flags.dryRun ?? false,
      host: hostname(),
      pid: process.pid,
      onHangup,
    },
    pageFolder: PAGE_FOLDER,
    version: version(),
    supervisor: Supervisor.of({ clock: systemClock, env: process.env, onTrouble }),
    stop,
    redisProgram: process.env['BALLAST_REDIS_SERVER'],
  });
}

async function runSimulator(flags: SimulatorFlags): Promise<ExitCode> {
  // Standard output carries the one line of addresses.
  const output = outputOf({ ...flags, json: true });
  const stop = stopSignal(output, systemClock, 'the simulated exchanges end.');
  const { binancePort, okxPort, adminPort } = flags;
  const config = await load(flags);
  const { simulator } = await import('./cli/simulator.ts');
  return simulator({
    config,
    output,
    tapesDir: TAPES_DIR,
    tape: tapeOf(flags.tape),
    speed: flags.speed ?? null,
    permissions: flags.permissions ?? {},
    ports: {
      ...(binancePort === undefined ? {} : { binance: binancePort }),
      ...(okxPort === undefined ? {} : { okx: okxPort }),
      ...(adminPort === undefined ? {} : { admin: adminPort }),
    },
    stop,
  });
}

/** What the commands that only read share. */
async function reading(flags: Common): Promise<Reading> {
  const common = { clock: systemClock, output: outputOf(flags), json: flags.json ?? false };
  return { config: await load(flags), ...common, redisProgram: process.env['BALLAST_REDIS_SERVER'] };
}

/** Simulated accounts are read on exchanges of the command's own. */
const places: ReadingTools<Common>['places'] = (output) => {
  return {
    simulatorEntry: SIMULATOR_ENTRY,
    tapesDir: TAPES_DIR,
    signal: stopSignal(output, systemClock, 'the check ends.'),
  };
};

/** What the operator commands share. */
async function operation(target: string, flags: Common & OperatorFlags): Promise<Operation> {
  const by = `${userInfo().username} on ${hostname()}`;
  const common = { clock: systemClock, output: outputOf(flags), json: flags.json ?? false };
  const redisProgram = process.env['BALLAST_REDIS_SERVER'];
  return { config: await load(flags), ...common, by, target, why: flags.why, redisProgram };
}

async function reloadOf(flags: Common & OperatorFlags, yes: boolean): Promise<Reload> {
  const { target: _target, ...common } = await operation('', flags);
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  return {
    ...common,
    yes,
    host: hostname(),
    readDry: () => load({ ...flags, dryRun: true }),
    confirm: isTerminal ? (question) => askAt(process.stdin, process.stderr, question) : null,
  };
}

function outputOf({ json, logLevel }: { readonly json?: boolean; readonly logLevel?: string }): Output {
  return outputTo({ out: process.stdout, err: process.stderr }, json ?? false, logLevel ?? 'error');
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

function withCommon(command: Command): Command {
  return command
    .option('--config <path>', 'policy file', 'config.yaml')
    .option('--data-dir <path>', 'folder of the embedded Redis')
    .option('--json', 'print one JSON object on standard output; words go to standard error')
    .addOption(logLevel());
}

function logLevel(): Option {
  return new Option('--log-level <level>', 'log lines on standard error').choices(LOG_LEVELS).default('error');
}

function program(run: Run): Command {
  const ballast = new Command('ballast')
    .description(
      'Keeps collateralised crypto loans upright: repays or adds collateral when loan-to-value drifts, never twice.',
    )
    .exitOverride()
    .configureOutput({ outputError: usageError })
    .version(version(), '--version');
  withCommon(ballast.command('start').description('watch every loan that the policy file names, and act'))
    .option('--until-end', 'play the tape to its end, then exit')
    .option(
      '--speed <speed>',
      'tape seconds per second, or max: the tape moves on whenever every lane is quiet',
      speedFrom('max'),
    )
    .option(...TAPE)
    .option('--observe-only', 'send nothing at all: the control run')
    .option('--dry-run', 'as if the file said mode: dry-run')
    .action((flags: StartFlags) => run(() => runStart(flags)));
  const redisProgram = process.env['BALLAST_REDIS_SERVER'];
  addReadingCommands<Common>(ballast, { withCommon, run, reading, places, redisProgram });
  addHistoryCommands<Common>(ballast, { withCommon, run, reading, version });
  addOperatorCommands<Common>(ballast, { withCommon, run, operation });
  addReloadCommand<Common>(ballast, { withCommon, run, reload: reloadOf });
  addAlertCommands<Common>(ballast, { withCommon, run, reading, operation });
  addSetupCommands(ballast, {
    ...{ run, outputOf, shipped: SHIPPED, tapesDir: TAPES_DIR },
    load: ({ config = 'config.yaml', dataDir }) =>
      load({ config, logLevel: 'silent', ...(dataDir === undefined ? {} : { dataDir }) }),
  });
  addSimulatorCommand(ballast, logLevel(), (flags) => run(() => runSimulator(flags)));
  return ballast;
}

function usageError(text: string, write: (text: string) => void): void {
  const operator = '`ballast --help` lists the commands, `ballast COMMAND --help` what each one takes.';
  write(`${troubleText({ happened: text.trim(), ballast: DID_NOT_START, operator })}\n`);
}

/** `0.1.0 (ab2b4de12345)`: the commit as the build wrote it down; `-dirty` behind it, when files differed from it. */
function version(): string {
  const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  const { version: number } = read('../package.json') as { readonly version: string };
  const { commit } = read('./commit.json') as { readonly commit: string };
  return `${number} (${commit === 'unknown' ? 'commit unknown' : commit})`;
}

/** Every way to end has a code and words; only a bug shows a stack. */
function ended(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) {
    process.stderr.write(
      `${error.message}\n  Ballast: ${DID_NOT_START}\n  You can: correct the file; \`ballast check\` says whether it is right.\n`,
    );
    return EXIT.config;
  }
  if (error instanceof Ending) {
    process.stderr.write(`${error.message}\n`);
    return error.exit;
  }
  const happened = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${troubleText({ happened: `a bug of Ballast: ${happened}`, ballast: 'it stopped, and retries nothing. What was in flight is settled at the next start.', operator: 'start again, and report this text.' })}\n`,
  );
  return EXIT.software;
}

/** What was left behind (a Redis that does not answer, a socket) must not keep the process; its last words must. */
async function end(code: ExitCode): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable) await new Promise((resolve) => stream.write('', resolve));
  }
  process.exit(code);
}

async function main(): Promise<void> {
  // Whoever read our words may leave; that is no reason to stop watching loans.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    void end(ended(error));
  });
  let code: ExitCode = EXIT.ok;
  await program(async (work) => {
    code = await work();
  })
    .parseAsync()
    .catch((error: unknown) => {
      code = ended(error);
    });
  await end(code);
}

await main();
