/**
 * `${env:NAME}` and `${file:PATH}`: values that come from outside the file. What they hold is wrapped at once and appears
 * in no message.
 */
import { dirname, resolve } from 'node:path';
import { ConfigError } from './problems.ts';
import type { Report } from './report.ts';
import { Secret } from './secret.ts';
import type { Path } from './tree.ts';
import type { Given } from './words.ts';

export interface Outside {
  /** The environment, handed in by the composition root. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a secret file; throws when it cannot. */
  readonly readSecret: (path: string) => string;
}

export class References {
  readonly #report: Report;
  readonly #outside: Outside;
  readonly #folder: string;

  /** @param sourcePath of the configuration file; relative `${file:…}` paths start in its folder */
  constructor(report: Report, outside: Outside, sourcePath: string) {
    this.#report = report;
    this.#outside = outside;
    this.#folder = dirname(sourcePath);
  }

  /** What the value is, wrapped; `undefined` when it cannot be had (then told). */
  secret(given: Given, path: Path): Secret | undefined {
    const text = this.#resolve(given, path);
    if (text === undefined) return undefined;
    if (text === '') return this.#tell(path, given, 'is empty', 'fill it');
    if (/[\r\n]/.test(text)) return this.#tell(path, given, 'has more than one line', 'keep the value on one line');
    if (text.trim() !== text) {
      return this.#tell(path, given, 'starts or ends with a blank', 'remove the blanks around the value');
    }
    return new Secret(text);
  }

  /** Like `secret`, but a literal in the file is refused: the file is shown to people and kept in repositories. */
  neverLiteral(given: Given, path: Path): Secret | undefined {
    if (given.kind !== 'literal') return this.secret(given, path);
    const says = 'the secret itself stands in the file';
    this.#report.error(
      path,
      says,
      'move it out and write `${env:NAME}` or `${file:PATH}`; replace the key if others could read the file',
    );
    return undefined;
  }

  #resolve(given: Given, path: Path): string | undefined {
    if (given.kind === 'literal') return given.text;
    if (given.kind === 'env') {
      const value = this.#outside.env[given.name];
      if (value !== undefined) return value;
      return this.#tell(path, given, 'is not set', 'set it before the start, or use `${file:PATH}`');
    }
    try {
      return this.#outside.readSecret(resolve(this.#folder, given.path)).replace(/\r?\n$/, '');
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      // Only the code: the message of a reader that is not ours could hold anything.
      return this.#tell(
        path,
        given,
        `cannot be read (${codeOf(error)})`,
        'check that the file is there and that the server may read it',
      );
    }
  }

  #tell(path: Path, given: Given, says: string, remedy: string): undefined {
    const what =
      given.kind === 'env'
        ? `the environment variable ${given.name}`
        : given.kind === 'file'
          ? `the file ${given.path}`
          : 'the value';
    this.#report.error(path, `${what} ${says}`, remedy);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';
}
