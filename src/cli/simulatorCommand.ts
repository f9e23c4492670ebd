/** `ballast simulator` as the command line knows it. */
import type { Command, Option } from 'commander';
import type { Permissions } from './arguments.ts';
import { PERMISSIONS, permissionsFrom, portFrom, speedFrom, TAPE } from './arguments.ts';

export interface SimulatorFlags {
  readonly config: string;
  readonly logLevel: string;
  readonly tape?: readonly string[];
  readonly speed?: number | 'hold';
  readonly permissions?: Permissions;
  readonly binancePort?: number;
  readonly okxPort?: number;
  readonly adminPort?: number;
}

export function addSimulatorCommand(
  ballast: Command,
  logLevel: Option,
  run: (flags: SimulatorFlags) => Promise<void>,
): void {
  ballast
    .command('simulator')
    .description(
      'run the simulated exchanges of the policy file alone, for rehearsals and other clients; prints one line of JSON',
    )
    .option('--config <path>', 'policy file', 'config.yaml')
    .option(...TAPE)
    .option(
      '--speed <speed>',
      'tape seconds per second, or hold: the tape waits for the admin endpoint',
      speedFrom('hold'),
    )
    .option(
      '--permissions <account=list>',
      `what a key may do, of ${PERMISSIONS.join(', ')}; once per account`,
      permissionsFrom,
    )
    .option('--binance-port <port>', 'default: any free port', portFrom)
    .option('--okx-port <port>', 'default: any free port', portFrom)
    .option('--admin-port <port>', 'default: any free port', portFrom)
    .addOption(logLevel)
    .action(run);
}
