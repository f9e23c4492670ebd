/** `ballast reload` as the command line knows it. */
import type { Command } from 'commander';
import type { OperatorFlags, Run } from './operatorCommands.ts';
import { WHY } from './operatorCommands.ts';
import type { Reload } from './reload.ts';

interface Wiring<Common> {
  readonly withCommon: (command: Command) => Command;
  readonly run: Run;
  readonly reload: (flags: Common & OperatorFlags, yes: boolean) => Promise<Reload>;
}

export function addReloadCommand<Common>(ballast: Command, { withCommon, run, reload }: Wiring<Common>): void {
  withCommon(
    ballast
      .command('reload')
      .description('have running servers take the policy file over; shows what changes, and asks where that loosens'),
  )
    .option('--yes', 'loosen without asking')
    .option(...WHY, 'no reason given')
    .action((flags: Common & OperatorFlags & { readonly yes?: boolean }) =>
      run(async () => {
        const command = await import('./reload.ts');
        return command.reload(await reload(flags, flags.yes ?? false));
      }),
    );
}
