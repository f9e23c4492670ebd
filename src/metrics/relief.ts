/**
 * How long the loans of an account wait for relief: from the first look that sees one at or above `act`, to the first payment for it that is
 * confirmed, and to the first look that sees it below `act` again. Not to `target`: a whole plan may leave it a hair above
 * (ADR 011). An episode that began before this process did is not measured: nobody knows here how long it lasted.
 */
import type { Intent } from '../core/intent.ts';
import { RELEASE_RUNG } from '../core/limits.ts';
import type { LoanId } from '../core/loan.ts';
import type { Decision } from '../core/need.ts';
import { numberOf } from './numbers.ts';

export interface Relief {
  readonly until: 'payment' | 'below_act';
  readonly tookMs: number;
}

interface Waiting {
  /** Monotonic ms. */
  readonly since: number;
  readonly paid: boolean;
}

/** Of one account. */
export class ReliefWatch {
  readonly #waiting = new Map<LoanId, Waiting | 'before'>();
  /** Loans that a look has seen: one that is at or above `act` at its first look may have been there for long. */
  readonly #seen = new Set<LoanId>();

  /** @param now monotonic ms */
  decided({ loan, ltv, levels }: Decision, now: number): Relief | null {
    // Nothing was seen: a blind look ends no wait.
    if (numberOf(levels.line) === 0) return null;
    const isAbove = numberOf(ltv) >= numberOf(levels.act);
    const waiting = this.#waiting.get(loan);
    const isFirst = !this.#seen.has(loan);
    this.#seen.add(loan);
    if (isAbove) {
      if (waiting === undefined) this.#waiting.set(loan, isFirst ? 'before' : { since: now, paid: false });
      return null;
    }
    this.#waiting.delete(loan);
    return waiting === undefined || waiting === 'before' ? null : { until: 'below_act', tookMs: now - waiting.since };
  }

  confirmed({ loan, rung }: Intent, now: number): Relief | null {
    const waiting = this.#waiting.get(loan);
    if (rung === RELEASE_RUNG || waiting === undefined || waiting === 'before' || waiting.paid) return null;
    this.#waiting.set(loan, { ...waiting, paid: true });
    return { until: 'payment', tookMs: now - waiting.since };
  }

  /** Loans that are not watched any more wait for nothing. @param watched every loan that is */
  keep(watched: ReadonlySet<LoanId>): void {
    for (const loan of this.#seen) {
      if (watched.has(loan)) continue;
      this.#seen.delete(loan);
      this.#waiting.delete(loan);
    }
  }
}
