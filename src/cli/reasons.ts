/** Why a loan is not where its policy wants it: remembered while the tape plays, told at its end. */
import type { Decision } from '../core/need.ts';
import { parse } from '../core/money.ts';

/** States in which the venue has the last word; what was decided before them is the explanation. */
const OVER: readonly string[] = ['liquidating', 'closed', 'retired'];

export interface Fate {
  readonly loan: string;
  readonly liquidated: boolean;
  readonly endLtv: string;
  readonly endState: string;
}

export class Reasons {
  readonly #observeOnly: boolean;
  readonly #last = new Map<string, Decision>();
  /** What stood in the way since the loan was last below `act`. */
  readonly #obstacles = new Map<string, string>();
  readonly #wanted = new Map<string, string>();

  constructor(observeOnly: boolean) {
    this.#observeOnly = observeOnly;
  }

  decided(decision: Decision): void {
    const { loan, trace, verdict, says } = decision;
    if (OVER.includes(trace[0]?.rule ?? '')) return;
    this.#last.set(loan, decision);
    if (verdict === 'act') this.#wanted.set(loan, says);
    if (verdict === 'starved' || verdict === 'capped') this.#obstacles.set(loan, `${verdict}: ${says}`);
    else if (verdict === 'act' && decision.partial) this.#obstacles.set(loan, says);
    else if (isInside(decision)) {
      this.#obstacles.delete(loan);
      this.#wanted.delete(loan);
    }
  }

  /** `undefined` for a loan that ends inside its bands. */
  of({ loan, liquidated, endLtv, endState }: Fate): string | undefined {
    const last = this.#last.get(loan);
    const outside = last !== undefined && parse(endLtv).gte(parse(last.levels.act));
    const stuck = endState === 'starved' || endState === 'capped';
    if (!liquidated && !outside && !stuck) return undefined;
    if (this.#observeOnly) return this.#control(loan);
    const obstacle = this.#obstacles.get(loan);
    if (obstacle !== undefined) return obstacle;
    if (last === undefined) return 'it was never seen';
    return liquidated ? `no remedy was done in time; the last look said: ${last.says}` : last.says;
  }

  #control(loan: string): string {
    const wanted = this.#wanted.get(loan) ?? this.#obstacles.get(loan);
    return `observe only: nothing was sent${wanted === undefined ? '' : `. Otherwise: ${wanted}`}`;
  }
}

function isInside({ ltv, levels }: Decision): boolean {
  return parse(ltv).lt(parse(levels.act));
}
