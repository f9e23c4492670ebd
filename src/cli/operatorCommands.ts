/** The commands of `operate.ts` as the command line knows them. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { durationFrom } from './arguments.ts';
import type { ExitCode } from './exit.ts';
import { Ending, EXIT } from './exit.ts';
import type { Operation } from './operate.ts';

export type Run = (work: () => Promise<ExitCode>) => Promise<void>;

export interface OperatorFlags {
  readonly why: string;
}

interface PauseFlags extends OperatorFlags {
  /** ms */
  readonly for: number;
}

interface ResolveFlags extends OperatorFlags {
  readonly happened?: boolean;
  readonly didNotHappen?: boolean;
}

interface Wiring<Common> {
  readonly withCommon: (command: Command) => Command;
  readonly run: Run;
  readonly operation: (target: string, flags: Common & OperatorFlags) => Promise<Operation>;
}

/** A pause that is forgotten must not leave a loan unprotected for ever. */
const PAUSED_FOR_MS = 86_400_000;

export const WHY = ['--why <text>', 'the reason: goes into the journal, with your name'] as const;

export function addOperatorCommands<Common>(ballast: Command, { withCommon, run, operation }: Wiring<Common>): void {
  withCommon(
    ballast.command('pause <target>').description('send nothing for a loan, an account, or all; it is still watched'),
  )
    .requiredOption(...WHY)
    .addOption(
      new Option('--for <duration>', 'ends by itself after this, e.g. 2h; `resume` ends it before')
        .argParser(durationFrom)
        .default(PAUSED_FOR_MS, '24h'),
    )
    .action((target: string, flags: Common & PauseFlags) =>
      run(async () => {
        const { pause } = await import('./operate.ts');
        await pause(await operation(target, flags), flags.for);
        return EXIT.ok;
      }),
    );
  withCommon(ballast.command('resume <target>').description('lift the pauses of a loan, an account, or all'))
    .option(...WHY, 'no reason given')
    .action((target: string, flags: Common & OperatorFlags) =>
      run(async () => {
        const { resume } = await import('./operate.ts');
        await resume(await operation(target, flags));
        return EXIT.ok;
      }),
    );
  withCommon(
    ballast.command('acknowledge <account>').description('lift what only a person may lift, e.g. that it is halted'),
  )
    .requiredOption(...WHY)
    .action((account: string, flags: Common & OperatorFlags) =>
      run(async () => {
        const { acknowledge } = await import('./operate.ts');
        await acknowledge(await operation(account, flags));
        return EXIT.ok;
      }),
    );
  addResolve(ballast, { withCommon, run, operation });
}

function addResolve<Common>(ballast: Command, { withCommon, run, operation }: Wiring<Common>): void {
  withCommon(
    ballast
      .command('resolve <intent>')
      .description('say what became of a money call that the venue’s records leave open'),
  )
    .addOption(new Option('--happened', 'the venue carried it out').conflicts('didNotHappen'))
    .addOption(new Option('--did-not-happen', 'the venue did not, and never will'))
    .requiredOption(...WHY)
    .action((intent: string, flags: Common & ResolveFlags) =>
      run(async () => {
        const says = saysOf(flags);
        const { resolve } = await import('./resolve.ts');
        await resolve(await operation(intent, flags), says);
        return EXIT.ok;
      }),
    );
}

/** @throws Ending */
function saysOf({ happened, didNotHappen }: ResolveFlags): 'happened' | 'didNotHappen' {
  if (happened === true) return 'happened';
  if (didNotHappen === true) return 'didNotHappen';
  throw new Ending(EXIT.usage, {
    happened: 'it was not said what became of it.',
    ballast: 'it changed nothing.',
    operator: 'add --happened or --did-not-happen; look at the history of the account at the venue first.',
  });
}
