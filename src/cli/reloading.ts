/**
 * How a running server takes over its policy file again: on SIGHUP, and when `ballast reload` asks. It reads its own file
 * itself, compares it with what it acts by, and takes it over whole or not at all. What loosens is taken over only in the
 * very words that an operator has confirmed.
 */
import { resolve } from 'node:path';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { differenceOf, loosening, needingRestart } from '../config/difference.ts';
import { ConfigError } from '../config/problems.ts';
import type { Config } from '../config/types.ts';
import { hear } from '../jobs/hearing.ts';
import type { Act } from '../jobs/operator.ts';
import { Ending, troubleText } from './exit.ts';
import type { Answer, Difference, Question } from './reloadTerms.ts';
import { countWords, differenceWords, isMeant, markOf, restartWords, stepWords } from './reloadTerms.ts';

/** What the command line gives. */
export interface ReloadSettings {
  /** Reads the file as the start did. @throws ConfigError, Ending */
  readonly read: () => Config;
  /** The file is read as if it said `mode: dry-run`. */
  readonly dryRun: boolean;
  readonly host: string;
  readonly pid: number;
  readonly say: (line: string) => void;
  /** From here on a hang-up calls this. */
  readonly onHangup: (listener: () => void) => void;
}

export interface ReloadingOptions extends ReloadSettings {
  /** Fails fast, and no lane uses it. */
  readonly redis: Redis;
  readonly clock: Clock;
  /** What the server acts by. */
  readonly current: () => Config;
  /** Acts by it from the next look of each account on. @throws Error when the journal cannot be told; nothing is changed then */
  readonly apply: (config: Config, difference: Difference, act: Act) => Promise<void>;
  readonly onError: (error: Error) => void;
}

const GOES_ON = 'it goes on by the file as it read it last.';

export class Reloading {
  readonly #options: ReloadingOptions;
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: ReloadingOptions) {
    this.#options = options;
  }

  /** From here on the server listens. @returns what ends it */
  static async open(options: ReloadingOptions): Promise<() => Promise<void>> {
    const reloading = new Reloading(options);
    const { redis, onHangup, onError } = options;
    const deaf = await hear<Question, Answer>({
      ...{ redis, onError },
      answer: (question) => reloading.#inTurn(() => reloading.#answer(question)),
    });
    onHangup(() => void reloading.#inTurn(() => reloading.#hangup()).catch(onError));
    return deaf;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #hangup(): Promise<void> {
    const { say, host } = this.#options;
    const read = this.#read();
    if ('wrong' in read) {
      const operator = 'correct the file; `ballast check` says whether it is right. Then send SIGHUP again.';
      say(troubleText({ happened: `SIGHUP: the policy file is wrong:\n${read.wrong}`, ballast: GOES_ON, operator }));
      return;
    }
    const { config, difference } = read;
    const { changes } = difference;
    if (changes.length === 0) {
      say(`SIGHUP: the policy file says what it said before; ${stepWords(difference)}.`);
      return;
    }
    say(`SIGHUP: the policy file has ${countWords(changes)}:`);
    for (const line of differenceWords(changes)) say(line);
    const refusal = this.#refusalOf(difference);
    if (refusal !== null) say(refusal);
    else await this.#apply(config, difference, { by: `SIGHUP on ${host}`, why: 'SIGHUP' });
  }

  /** Without an operator's word nothing is loosened. */
  #refusalOf({ changes }: Difference): string | null {
    const path = this.#path;
    if (needingRestart(changes).length > 0) {
      return troubleText({
        happened: `SIGHUP: ${restartWords(changes)}.`,
        ballast: `it took over none of them: ${GOES_ON}`,
        operator: 'take those out of the file and send SIGHUP again, or start again.',
      });
    }
    if (loosening(changes).length === 0) return null;
    return troubleText({
      happened: `SIGHUP: ${countWords(changes)}, and nobody has confirmed that.`,
      ballast: `it took over none of them: ${GOES_ON}`,
      operator: `confirm them with \`ballast reload --config ${path} --why "…"\`.`,
    });
  }

  async #answer(question: Question): Promise<Answer> {
    const { current, host, pid, dryRun } = this.#options;
    const path = this.#path;
    if (!isMeant(markOf(current(), host, path), question.file)) return { says: 'not mine' };
    const server = `process ${String(pid)} on ${host}`;
    const read = this.#read();
    if ('wrong' in read) return { server, says: 'wrong file', why: read.wrong };
    const { config, difference } = read;
    if (question.asks === 'what differs') return { server, says: 'this differs', path, dryRun, ...difference };
    const { agreed, by, why } = question;
    const refused = refusalOf(difference, agreed);
    if (refused !== null) return { server, says: 'refused', why: refused };
    if (difference.changes.length > 0) {
      this.#options.say(`reload: ${by} (${why}): ${countWords(difference.changes)}:`);
      for (const line of differenceWords(difference.changes)) this.#options.say(line);
      const failed = await this.#apply(config, difference, { by, why });
      if (failed !== null) return { server, says: 'refused', why: failed };
    }
    return { server, says: 'taken over' };
  }

  /** @returns why nothing was changed, or `null` */
  async #apply(config: Config, difference: Difference, who: Pick<Act, 'by' | 'why'>): Promise<string | null> {
    const { apply, clock, say } = this.#options;
    try {
      await apply(config, difference, { ...who, at: clock.wall() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const operator = 'see that Redis answers, then reload again.';
      say(troubleText({ happened: `the journal cannot be told of the reload: ${why}.`, ballast: GOES_ON, operator }));
      return `its journal cannot be told: ${why}`;
    }
    say(`reload: ${stepWords(difference)}, from the next look of each account on.`);
    return null;
  }

  #read(): { readonly config: Config; readonly difference: Difference } | { readonly wrong: string } {
    const { read, current } = this.#options;
    try {
      const config = read();
      const before = current();
      const changes = differenceOf(before, config);
      return { config, difference: { from: before.digest, to: config.digest, changes } };
    } catch (error) {
      if (error instanceof ConfigError) return { wrong: error.message };
      if (error instanceof Ending) return { wrong: error.trouble.happened };
      throw error;
    }
  }

  get #path(): string {
    return resolve(this.#options.current().sourcePath);
  }
}

/** The file may have changed since it was shown, and another process may have reloaded. */
function refusalOf(difference: Difference, agreed: readonly Difference[]): string | null {
  if (difference.changes.length === 0) return null;
  if (needingRestart(difference.changes).length > 0) return restartWords(difference.changes);
  const found = agreed.some((one) => JSON.stringify(one) === JSON.stringify(difference));
  return found ? null : 'its file is not the one any more that was confirmed';
}
