/** The commands that change nothing, as the command line knows them: `check`, `doctor`, `status`, `why`, `costs`. */
import type { Command } from 'commander';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { daysFrom } from './arguments.ts';
import { EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import type { OnlineOptions } from './onVenues.ts';
import type { Run } from './operatorCommands.ts';
import type { Output } from './output.ts';

/** What every one of them is given. */
export interface Reading {
  readonly config: Config;
  readonly clock: Clock;
  readonly output: Output;
  readonly json: boolean;
  /** The Redis program to use instead of a search. */
  readonly redisProgram: string | undefined;
}

export interface ReadingTools<Flags> {
  readonly withCommon: (command: Command) => Command;
  readonly run: Run;
  readonly reading: (flags: Flags) => Promise<Reading>;
  /** What `--online` needs besides. */
  readonly places: (output: Output) => Pick<OnlineOptions, 'simulatorEntry' | 'tapesDir' | 'signal'>;
  /** The Redis program to use instead of a search. */
  readonly redisProgram: string | undefined;
}

/** What a command needs is loaded when it runs. */
export function addReadingCommands<Flags extends object>(ballast: Command, tools: ReadingTools<Flags>): void {
  const { withCommon, run, reading } = tools;
  withCommon(ballast.command('check').description('check the policy file and say in words what would be done'))
    .option(
      '--online',
      'ask the venues too: keys, what they offer, and how far prices may move for the loans there are',
    )
    .action((flags: Flags & { readonly online?: boolean }) => run(() => check(tools, flags)));
  addDoctor(ballast, tools);
  withCommon(ballast.command('status').description('what a running server sees and what is in flight')).action(
    (flags: Flags) =>
      run(async () => {
        const { config, clock, output, json } = await reading(flags);
        const { status } = await import('./status.ts');
        await status(config, clock, output, json);
        return EXIT.ok;
      }),
  );
  withCommon(
    ballast.command('why <loan>').description('why a loan was acted on, or not; any part of its name that only it has'),
  ).action((loan: string, flags: Flags) =>
    run(async () => {
      const { config, clock, output, json } = await reading(flags);
      const { why } = await import('./why.ts');
      await why(config, clock, loan, output, json);
      return EXIT.ok;
    }),
  );
  addCosts(ballast, tools);
}

function addCosts<Flags extends object>(ballast: Command, { withCommon, run, reading }: ReadingTools<Flags>): void {
  withCommon(ballast.command('costs').description('interest by loan and day, and what the buffer costs'))
    .option('--days <n>', 'so many days back, today counts', daysFrom, 30)
    .option('--account <name>', 'of this account only')
    .action((flags: Flags & { readonly days: number; readonly account?: string }) =>
      run(async () => {
        const { config, clock, output, json } = await reading(flags);
        const { costs } = await import('./costs.ts');
        await costs(config, clock, { days: flags.days, account: flags.account ?? null }, output, json);
        return EXIT.ok;
      }),
    );
}

function addDoctor<Flags extends object>(ballast: Command, tools: ReadingTools<Flags>): void {
  const { withCommon, run, reading, places, redisProgram } = tools;
  withCommon(
    ballast
      .command('doctor')
      .description('examine keys, clocks, hosts, Redis, disk, alerts and levels, and say what to do'),
  )
    .option('--strict', 'warnings end with 1 instead of 0')
    .action((flags: Flags & { readonly strict?: boolean }) =>
      run(async () => {
        const { config, clock, output, json } = await reading(flags);
        const { doctor } = await import('./doctor/doctor.ts');
        const online = { config, clock, log: output.log, ...places(output) };
        return doctor({ ...online, strict: flags.strict ?? false, redisProgram }, output, json);
      }),
    );
}

async function check<Flags extends object>(
  { reading, places }: ReadingTools<Flags>,
  flags: Flags & { readonly online?: boolean },
): Promise<ExitCode> {
  const { config, clock, output, json } = await reading(flags);
  if (flags.online !== true) {
    const { check: inWords } = await import('./check.ts');
    return inWords(config, output, json);
  }
  const { checkOnline } = await import('./online.ts');
  return checkOnline({ config, clock, log: output.log, ...places(output) }, output, json);
}
