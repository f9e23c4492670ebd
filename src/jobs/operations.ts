/** What an operator does to several targets at once: for the command line and for the page. */
import type { LoanId } from '../core/loan.ts';
import { isForAPerson } from '../machines/accountMachine.ts';
import type { Act, Operator, Standing } from './operator.ts';

/** An account, or one loan of it. */
export interface Target {
  /** As its doorbells call it. */
  readonly name: string;
  readonly operator: Operator;
  /** `null`: all of the account. */
  readonly loan: LoanId | null;
}

/** Nothing is claimed for them from here on. @param until wall ms */
export async function pauseAll(targets: readonly Target[], act: Act, until: number): Promise<void> {
  for (const { operator, loan } of targets) await operator.pause(loan, { ...act, until });
  await ringAll(targets, 'an operator paused it');
}

/** Lifts the pause of a loan; of an account those of its loans as well. @returns what was lifted */
export async function resumeAll<T extends Target>(targets: readonly T[], act: Act): Promise<readonly T[]> {
  const lifted: T[] = [];
  for (const target of targets) {
    for (const { loan } of (await target.operator.standing()).pauses) {
      const isMeant = target.loan === null || target.loan === loan;
      if (isMeant && (await target.operator.resume(loan, act))) lifted.push({ ...target, loan });
    }
  }
  await ringAll(lifted, 'an operator resumed it');
  return lifted;
}

/** Causes of an account's mode that wait for a person: kind → words. */
export function liftable({ causes }: Pick<Standing, 'causes'>): Readonly<Record<string, string>> {
  return Object.fromEntries(causes.filter(({ kind }) => isForAPerson(kind)).map(({ kind, why }) => [kind, why]));
}

async function ringAll(targets: readonly Target[], reason: string): Promise<void> {
  const rung = new Map(targets.map((target) => [target.operator, target]));
  for (const { operator, name } of rung.values()) await operator.ring(name, reason);
}
