/** The commands of `alerts.ts` as the command line knows them. */
import type { Command } from 'commander';
import { EXIT } from './exit.ts';
import type { Operation } from './operate.ts';
import type { OperatorFlags, Run } from './operatorCommands.ts';
import { WHY } from './operatorCommands.ts';
import type { Reading } from './readingCommands.ts';

interface Wiring<Common> {
  readonly withCommon: (command: Command) => Command;
  readonly run: Run;
  readonly reading: (flags: Common) => Promise<Reading>;
  readonly operation: (target: string, flags: Common & OperatorFlags) => Promise<Operation>;
}

export function addAlertCommands<Common>(
  ballast: Command,
  { withCommon, run, reading, operation }: Wiring<Common>,
): void {
  const alert = ballast
    .command('alert')
    .description('who is told when something is wrong: try it, list it, take it on');
  withCommon(
    alert
      .command('test')
      .description('send a test message to every channel, and a dead-man ping; needs no running server'),
  )
    .option('--channel <name>', 'to this channel only')
    .action((flags: Common & { readonly channel?: string }) =>
      run(async () => {
        const { testAlerts } = await import('./alerts.ts');
        return testAlerts(await reading(flags), flags.channel ?? null);
      }),
    );
  withCommon(alert.command('list').description('alerts that are open, and who was told')).action((flags: Common) =>
    run(async () => {
      const { config, output, json } = await reading(flags);
      const { listAlerts } = await import('./alerts.ts');
      await listAlerts(config, output, json);
      return EXIT.ok;
    }),
  );
  withCommon(alert.command('acknowledge <id>').description('tell it no more, unless it gets worse; `all` for all'))
    .requiredOption(...WHY)
    .action((id: string, flags: Common & OperatorFlags) =>
      run(async () => {
        const { acknowledgeAlert } = await import('./alerts.ts');
        await acknowledgeAlert(await operation(id, flags));
        return EXIT.ok;
      }),
    );
}
