/**
 * Gaps in the protection of loans that need nothing yet: if they did, nothing could be done. Told in time, because an empty
 * wallet is found out at the worst moment otherwise. It informs; nothing is decided by it.
 *
 * Asked is the same plan that decide.ts would make, for a step of the size that leads from `act` back to `target`, with the
 * wider limits of an emergency. A plan that falls short is no gap: it helps, and how far is told by endurance.ts.
 */
import type { Plan } from './ladder.ts';
import { firstStep, NO_RUNG, planFor } from './ladder.ts';
import type { LoanId, LoanView } from './loan.ts';
import type { DecideInput, LeveledLoan } from './need.ts';
import { positionOf } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { purseOf, sceneOf } from './purse.ts';
import { ZERO } from './money.ts';

export interface Gap {
  readonly loan: LoanId;
  /** No money; money that a limit or the ladder does not allow; less than the venue takes or leaves standing. */
  readonly kind: 'sourceEmpty' | 'remediesBlocked' | 'tooSmall';
  readonly why: string;
}

/** @param input needs nothing: the loans are asked about one by one, each with the account's money for itself */
export function gapsOf(input: DecideInput, loans: readonly LeveledLoan[]): readonly Gap[] {
  const scene = sceneOf(input);
  const purse = purseOf(input);
  return loans.flatMap(({ loan, policy, levels }): readonly Gap[] => {
    if (loan.status !== 'open' || loan.ltv.lte(ZERO)) return [];
    const keep = input.wallets.find(({ name }) => name === PRODUCT_FACTS[loan.product].inside)?.keep ?? {};
    const plan = planFor({
      ...{ scene, loan, policy, purse, tier: 'urgent' },
      need: {
        ...{ loan: loan.id, episode: 'coverage', aim: 'target', urgency: 'urgent' },
        ...{ emergency: false, remainder: null, clear: null },
      },
      start: positionOf(loan, { keep, undecided: input.undecided, recent: input.recent }).position,
      t: loan.ltv.times(levels.target).div(levels.act),
    });
    const found = gapOf(loan, plan);
    // A small rest against much collateral is no danger.
    return found[0]?.kind === 'tooSmall' && loan.ltv.times(2).lt(levels.target) ? [] : found;
  });
}

function gapOf(loan: LoanView, plan: Plan): readonly Gap[] {
  const [first] = plan.steps;
  const { perAction } = plan.ask.policy.limits.urgent;
  if (first !== undefined && firstStep(plan, first, perAction) !== null) return [];
  const gap = (kind: Gap['kind'], why: string): readonly Gap[] => [{ loan: loan.id, kind, why }];
  if (first !== undefined) return gap('remediesBlocked', 'perAction is below the smallest amount the venue takes');
  const why = plan.notes.map(({ rule, says }) => `${rule}: ${says.replace(/^skipped: /, '')}`).join('; ');
  return gap(kindOf(plan), why === '' ? 'the ladder has no rung for it' : why);
}

/** Texts of fit.ts: less than that is not left standing, or nothing is left of the amount once it is rounded. */
const SMALL = /lets no debt below|would be sent/;

function kindOf({ short, notes }: Plan): Gap['kind'] {
  if (short?.by === 'limit') return 'remediesBlocked';
  if (notes.some(({ says }) => SMALL.test(says))) return 'tooSmall';
  return short === null || short.what === NO_RUNG ? 'remediesBlocked' : 'sourceEmpty';
}
