/** How the program ends: sysexits codes, one place (DESIGN §8). */

export const EXIT = {
  ok: 0,
  /** A venue or Redis is not reachable. */
  unavailable: 69,
  /** A bug. */
  software: 70,
  /** Try again later. */
  temporary: 75,
  /** A key lacks a permission, is wrong, or belongs to somebody else. */
  permission: 77,
  /** The file is wrong. */
  config: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the program with a message for the operator: what happened, what Ballast does about it, what can be done. */
export class Ending extends Error {
  override readonly name = 'Ending';
  readonly exit: ExitCode;
  constructor(exit: ExitCode, message: string) {
    super(message);
    this.exit = exit;
  }
}
