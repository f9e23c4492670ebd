/** `ballast reload`: shows what a running server would change, asks where that loosens, and has it taken over. */
import { resolve } from 'node:path';
import type { Redis } from 'ioredis';
import { loosening, needingRestart } from '../config/difference.ts';
import { problemText } from '../config/problems.ts';
import type { Config } from '../config/types.ts';
import { ask } from '../jobs/hearing.ts';
import type { ExitCode } from './exit.ts';
import { Ending, EXIT } from './exit.ts';
import { withJournal } from './journalView.ts';
import type { Operation } from './operate.ts';
import type { Answer, Difference, FileMark, Question } from './reloadTerms.ts';
import { SHOWN_DIGEST, countWords, differenceWords, markOf, restartWords, stepWords } from './reloadTerms.ts';

export interface Reload extends Omit<Operation, 'target'> {
  readonly host: string;
  /** `--yes` */
  readonly yes: boolean;
  /** Asks the person at the terminal; `null`: there is none. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
  /** The file at hand, read as if it said `mode: dry-run`. */
  readonly readDry: () => Promise<Config>;
}

type Mine = Exclude<Answer, { readonly says: 'not mine' }>;
type Differing = Extract<Answer, { readonly says: 'this differs' }>;

const ANSWER_WITHIN_MS = 10_000;
const CHANGED_NOTHING = 'it changed nothing: every server goes on as it was.';

/** @throws Ending */
export async function reload(options: Reload): Promise<ExitCode> {
  const { config, output, json } = options;
  return withJournal(config, async (_accounts, _absent, _isServed, redis) => {
    const file = markOf(config, options.host, resolve(config.sourcePath));
    const seen = await compared(options, redis, file);
    const open = seen.filter(({ changes }) => changes.length > 0);
    if (open.length === 0) {
      if (json) output.json({ reloaded: [], changes: [] });
      else output.say(`Nothing differs: ${seen.map(({ server }) => server).join(', ')} acts by this file already.`);
      return EXIT.ok;
    }
    show(options, open);
    await agree(options, open);
    const { by, why } = options;
    const agreed = seen.map(({ from, to, changes }): Difference => ({ from, to, changes }));
    const answers = await asked(options, redis, { asks: 'take it over', file, agreed, by, why });
    told(options, open, answers);
    return EXIT.ok;
  });
}

/** Every server that acts by this file, with what it would change. @throws Ending */
async function compared(options: Reload, redis: Redis, file: FileMark): Promise<readonly Differing[]> {
  const answers = await asked(options, redis, { asks: 'what differs', file });
  const { sourcePath } = options.config;
  if (answers.length === 0) {
    throw new Ending(EXIT.unavailable, {
      happened: `no running server watches an account of ${sourcePath}.`,
      ballast: CHANGED_NOTHING,
      operator: 'give the --config that the server was started with, or start one.',
    });
  }
  const wrong = answers.flatMap((one) => (one.says === 'wrong file' ? [`${one.server}: ${one.why}`] : []));
  if (wrong.length > 0) {
    throw new Ending(EXIT.config, {
      happened: `a server cannot read its policy file:\n${wrong.join('\n')}`,
      ballast: CHANGED_NOTHING,
      operator: 'correct that file, then reload again. A variable that is not set there cannot be set while it runs.',
    });
  }
  const differing = answers.filter((one) => one.says === 'this differs');
  const mine = { live: options.config.digest, dry: (await options.readDry()).digest };
  const others = differing.filter(({ dryRun, to }) => to !== (dryRun ? mine.dry : mine.live));
  if (others.length > 0) throw anotherFile(sourcePath, mine.live, others);
  return differing;
}

function anotherFile(path: string, digest: string, others: readonly Differing[]): Ending {
  const names = others.map((one) => `${one.server} reads ${one.path} (policy ${one.to.slice(0, SHOWN_DIGEST)})`);
  return new Ending(EXIT.config, {
    happened: `${names.join('; ')}, which is not what ${path} says (policy ${digest.slice(0, SHOWN_DIGEST)}).`,
    ballast: CHANGED_NOTHING,
    operator: 'put the same file there, or name that file with --config.',
  });
}

function show({ config, output }: Reload, open: readonly Differing[]): void {
  for (const warning of config.warnings) output.say(`warning: ${problemText(warning)}`);
  const kinds = new Map(open.map((one) => [JSON.stringify([one.from, one.changes]), one]));
  for (const one of kinds.values()) {
    const whose = open.filter(
      (other) => JSON.stringify([other.from, other.changes]) === JSON.stringify([one.from, one.changes]),
    );
    output.say(`${whose.map(({ server }) => server).join(', ')}: ${countWords(one.changes)}; ${stepWords(one)}`);
    for (const line of differenceWords(one.changes)) output.say(line);
  }
}

/** @throws Ending unless it may go on */
async function agree({ yes, confirm }: Reload, open: readonly Differing[]): Promise<void> {
  const changes = open.flatMap((one) => one.changes);
  if (needingRestart(changes).length > 0) {
    throw new Ending(EXIT.config, {
      happened: `${restartWords(open.find((one) => needingRestart(one.changes).length > 0)?.changes ?? [])}.`,
      ballast: CHANGED_NOTHING,
      operator: 'take those out of the file and reload again, or stop the server and start it again.',
    });
  }
  if (loosening(changes).length === 0 || yes) return;
  const loosened = `${String(loosening(changes).length)} changes loosen what protects the money`;
  if (confirm === null) {
    throw new Ending(EXIT.usage, {
      happened: `${loosened}, and there is no terminal to ask at.`,
      ballast: CHANGED_NOTHING,
      operator: 'read them, then add --yes.',
    });
  }
  if (await confirm('This loosens what protects the money. Take it over? [y/N] ')) return;
  throw new Ending(EXIT.temporary, {
    happened: 'it was not confirmed.',
    ballast: CHANGED_NOTHING,
    operator: 'reload again whenever you like.',
  });
}

/** @throws Ending unless every server answers */
async function asked({ clock }: Reload, redis: Redis, question: Question): Promise<readonly Mine[]> {
  const { asked, answers } = await ask<Question, Answer>(redis, clock, question, ANSWER_WITHIN_MS);
  const missing = asked - answers.length;
  if (missing > 0) {
    throw new Ending(EXIT.temporary, {
      happened: `${String(missing)} of ${String(asked)} servers on this Redis did not answer within ${String(ANSWER_WITHIN_MS / 1_000)} s.`,
      ballast:
        question.asks === 'what differs'
          ? CHANGED_NOTHING
          : 'those that answered took it over. Processes with different policies never act for the same account: the others only observe.',
      operator: 'see whether a server hangs (`ballast status`), stop it, and reload again.',
    });
  }
  return answers.filter((one) => one.says !== 'not mine');
}

/** @throws Ending when a server did not take it over */
function told({ output, json }: Reload, open: readonly Differing[], answers: readonly Mine[]): void {
  const refused = answers.flatMap((one) => (one.says === 'taken over' ? [] : [one]));
  if (refused.length > 0) {
    const whys = refused.map((one) => `${one.server}: ${'why' in one ? one.why : one.says}`);
    throw new Ending(EXIT.temporary, {
      happened: `not every server took it over:\n${whys.join('\n')}`,
      ballast:
        'those go on as they were. Processes with different policies never act for the same account: those that act go on, the others only observe.',
      operator: 'reload again, or stop the servers that did not.',
    });
  }
  const changed = answers.filter(({ server }) => open.some((one) => one.server === server));
  if (json) {
    const reloaded = changed.map(({ server }) => server);
    output.json({ reloaded, ...pick(open[0]) });
    return;
  }
  for (const { server } of changed) output.say(`${server}: taken over, from the next look of each account on.`);
}

function pick(one: Differing | undefined): Partial<Difference> {
  return one === undefined ? {} : { from: one.from, to: one.to, changes: one.changes };
}
