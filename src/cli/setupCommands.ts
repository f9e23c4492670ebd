/** The commands around an installation, as the command line knows them: `init` and `completion`. */
import type { Command } from 'commander';
import { Argument } from 'commander';
import type { Config } from '../config/types.ts';
import type { Candidate, Kind, Where } from './completing.ts';
import { complete } from './completing.ts';
import type { Shell } from './completionScripts.ts';
import { FILES, SCRIPTS, SHELLS } from './completionScripts.ts';
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
  readonly load: (where: Where) => Promise<Config>;
  readonly tapesDir: string;
}

export function addSetupCommands(ballast: Command, tools: SetupTools): void {
  const { run, outputOf, shipped } = tools;
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
  addCompletion(ballast, tools);
}

function addCompletion(ballast: Command, { run, outputOf, load, tapesDir }: SetupTools): void {
  ballast
    .command('completion')
    .description('print what a shell needs to complete commands, options and names')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .action((shell: Shell) =>
      run(() => {
        outputOf({}).say(SCRIPTS[shell].trimEnd());
        return Promise.resolve(EXIT.ok);
      }),
    );
  const names = async (kind: Kind, where: Where): Promise<readonly Candidate[]> => {
    const { namesOf } = await import('./completionNames.ts');
    return namesOf(kind, () => load(where), tapesDir);
  };
  ballast.command('__complete [words...]', { hidden: true }).action((words: readonly string[]) =>
    run(async () => {
      const { candidates, files } = await complete(ballast, words, names);
      const output = outputOf({});
      if (files) output.say(FILES);
      // A shell would take a name with a blank for two.
      for (const { value, says } of candidates) if (!/\s/.test(value)) output.say(`${value}\t${says}`);
      return EXIT.ok;
    }),
  );
}
