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
  /** What was said where the loan stood highest: the venue sells when it is highest. */
  readonly #worst = new Map<string, { readonly ltv: string; readonly says: string }>();

  constructor(observeOnly: boolean) {
    this.#observeOnly = observeOnly;
  }

  decided(decision: Decision): void {
    const { loan, trace, verdict, says } = decision;
    if (OVER.includes(trace[0]?.rule ?? '')) return;
    this.#last.set(loan, decision);
    const stuck = verdict === 'starved' || verdict === 'capped';
    const worst = this.#worst.get(loan);
    if (worst === undefined || parse(decision.ltv).gte(parse(worst.ltv))) {
      this.#worst.set(loan, { ltv: decision.ltv, says: stuck ? `${verdict}: ${says}` : says });
    }
    if (verdict === 'act') this.#wanted.set(loan, says);
    if (stuck) this.#obstacles.set(loan, `${verdict}: ${says}`);
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
    if (liquidated) return this.#worst.get(loan)?.says ?? 'it was never seen';
    return this.#obstacles.get(loan) ?? last?.says ?? 'it was never seen';
  }

  #control(loan: string): string {
    const wanted = this.#wanted.get(loan) ?? this.#obstacles.get(loan) ?? this.#worst.get(loan)?.says;
    const otherwise = wanted?.replace(/^not sent \([^)]*\): /, '');
    return `observe only: nothing was sent${otherwise === undefined ? '' : `. Otherwise: ${otherwise}`}`;
  }
}

function isInside({ ltv, levels }: Decision): boolean {
  return parse(ltv).lt(parse(levels.act));
}
