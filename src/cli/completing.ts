/** What may stand where the cursor is: read off the commands themselves, so that it is never behind them. */
import type { Argument, Command, Option } from 'commander';

/** What is named by a word and lives outside of the commands. */
export type Kind = 'account' | 'loan' | 'intent' | 'target' | 'channel' | 'tape';

export interface Candidate {
  readonly value: string;
  readonly says: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files may stand there as well; the shell knows them. */
  readonly files: boolean;
}

/** Flags that say where the names are, as they stand on the line so far. */
export interface Where {
  readonly config?: string;
  readonly dataDir?: string;
}

export type Names = (kind: Kind, where: Where) => Promise<readonly Candidate[]>;

const NOTHING: Completion = { candidates: [], files: false };
const HELP: Candidate = { value: '--help', says: 'what it takes' };
/** Arguments and values by the name that the help gives them. */
const KINDS: Readonly<Record<string, Kind>> = {
  account: 'account',
  loan: 'loan',
  intent: 'intent',
  target: 'target',
  '--account': 'account',
  '--channel': 'channel',
  '--tape': 'tape',
};

interface Place {
  readonly command: Command;
  /** Its value stands at the cursor, or may. */
  readonly option: Option | null;
  readonly argument: Argument | null;
  readonly where: Where;
}

/** @param words of the line behind the program's own name; the last one is being typed and may be empty */
export async function complete(ballast: Command, words: readonly string[], names: Names): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const { command, option, argument, where } = placeOf(ballast, words.slice(0, -1));
  const found = typed.startsWith('-')
    ? { candidates: optionsOf(command), files: false }
    : option === null
      ? await argumentsOf(command, argument, where, names)
      : await valuesOf(option, where, names);
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(typed)) };
}

function placeOf(ballast: Command, words: readonly string[]): Place {
  let [command, option, given]: [Command, Option | null, number] = [ballast, null, 0];
  const where: { config?: string; dataDir?: string } = {};
  for (const word of words) {
    if (word.startsWith('-')) {
      const known = command.options.find(({ long, short }) => long === word || short === word);
      option = known?.required === true ? known : null;
      continue;
    }
    if (option !== null) {
      if (option.long === '--config') where.config = word;
      if (option.long === '--data-dir') where.dataDir = word;
      if (!option.variadic) option = null;
      continue;
    }
    const below = command.commands.find((one) => one.name() === word);
    if (below === undefined) given += 1;
    else [command, given] = [below, 0];
  }
  return { command, option, argument: command.registeredArguments[given] ?? null, where };
}

function optionsOf(command: Command): readonly Candidate[] {
  const visible = command.options.filter(({ hidden }) => !hidden);
  return [...visible.map(({ long, short, description }) => ({ value: long ?? short ?? '', says: description })), HELP];
}

async function argumentsOf(
  command: Command,
  argument: Argument | null,
  where: Where,
  names: Names,
): Promise<Completion> {
  const below = command.createHelp().visibleCommands(command);
  if (below.length > 0) {
    const candidates = below.map((one) => ({ value: one.name(), says: one.description() }));
    return { candidates, files: false };
  }
  if (argument === null) return NOTHING;
  return named(argument.argChoices, KINDS[argument.name()], where, names);
}

async function valuesOf(option: Option, where: Where, names: Names): Promise<Completion> {
  const found = await named(option.argChoices, KINDS[option.long ?? ''], where, names);
  return { ...found, files: /[<|](?:path|file)[.>|]/.test(option.flags) };
}

async function named(
  choices: readonly string[] | undefined,
  kind: Kind | undefined,
  where: Where,
  names: Names,
): Promise<Completion> {
  if (choices !== undefined) return { candidates: choices.map((value) => ({ value, says: '' })), files: false };
  return kind === undefined ? NOTHING : { candidates: await names(kind, where), files: false };
}
