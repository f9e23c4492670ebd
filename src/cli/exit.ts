/** How the program ends: sysexits codes, one place (DESIGN §8). */

export const EXIT = {
  ok: 0,
  /** `doctor --strict` found nothing worse than warnings. */
  warning: 1,
  /** `doctor` found what has to be mended; sysexits has no code for that. */
  problem: 2,
  /** The command line is wrong. */
  usage: 64,
  /** A venue or Redis is not reachable. */
  unavailable: 69,
  /** A bug. */
  software: 70,
  /** Try again later. */
  temporary: 75,
  /** A key lacks a permission, is wrong, or belongs to somebody else. */
  permission: 77,
  /** A file is wrong: the policy file, or a tape. */
  config: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What an operator has to know when something goes wrong. None of it may hold a secret. */
export interface Trouble {
  readonly happened: string;
  /** What Ballast does about it. */
  readonly ballast: string;
  /** What the operator can do. */
  readonly operator: string;
}

/** Nothing had been started yet. */
export const DID_NOT_START = 'it did not start; nothing was watched and nothing was sent.';

export function troubleText({ happened, ballast, operator }: Trouble): string {
  return `${happened}\n  Ballast: ${ballast}\n  You can: ${operator}`;
}

/** Ends the program with a message for the operator. */
export class Ending extends Error {
  override readonly name = 'Ending';
  readonly exit: ExitCode;
  readonly trouble: Trouble;
  constructor(exit: ExitCode, trouble: Trouble) {
    super(troubleText(trouble));
    this.exit = exit;
    this.trouble = trouble;
  }
}
