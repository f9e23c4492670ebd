/** What is wrong with a configuration file, where, and what to do about it. */

/** sysexits EX_CONFIG. */
export const EXIT_CONFIG = 78;

/** A file with more problems than this gets only the first ones listed. */
export const MOST_PROBLEMS = 50;

/** A place in the file, both 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly file: string;
  /** Path of keys, e.g. `accounts.main.loans[0].policy`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong. Never holds a secret: references are shown as references, literal secrets not at all. */
  readonly says: string;
  readonly remedy: string;
}

/** `ballast.yaml:12:7: accounts.main.key: what is wrong; what to do`. */
export function problemText(problem: Problem): string {
  const key = problem.key === '' ? '' : `${problem.key}: `;
  return `${problem.file}:${String(problem.line)}:${String(problem.column)}: ${key}${problem.says}; ${problem.remedy}`;
}

/** Thrown when a file cannot be used; holds every problem found (the first fifty), first lines first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exit = EXIT_CONFIG;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const listed = problems.slice(0, MOST_PROBLEMS);
    const more = problems.length - listed.length;
    const lines = listed.map(problemText);
    if (more > 0) lines.push(`… and ${String(more)} more`);
    super(lines.join('\n'));
    this.problems = Object.freeze(listed);
  }
}
