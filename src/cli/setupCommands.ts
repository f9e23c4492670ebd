/** The commands around an installation, as the command line knows them: `init`. */
import type { Command } from 'commander';
import { EXIT } from './exit.ts';
import type { InitOptions } from './init.ts';
import type { Run } from './operatorCommands.ts';
import type { Output } from './output.ts';

export interface SetupFlags {
  readonly config: string;
  readonly json?: boolean;
}

export interface SetupTools {
  readonly run: Run;
  readonly outputOf: (flags: { readonly json?: boolean }) => Output;
  readonly shipped: InitOptions['shipped'];
}

export function addSetupCommands(ballast: Command, { run, outputOf, shipped }: SetupTools): void {
  ballast
    .command('init')
    .description('write the shipped policy file, with its comments, where there is none')
    .option('--config <path>', 'the file to write', 'config.yaml')
    .option('--json', 'print one JSON object on standard output')
    .action((flags: SetupFlags) =>
      run(async () => {
        const { init } = await import('./init.ts');
        init({ path: flags.config, shipped, output: outputOf(flags), json: flags.json ?? false });
        return EXIT.ok;
      }),
    );
}
