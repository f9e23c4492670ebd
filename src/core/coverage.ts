/**
 * Gaps in the protection of loans that need nothing yet: if they did, nothing could be done. Told in time, because an empty
 * wallet is found out at the worst moment otherwise. It informs; nothing is decided by it.
 *
 * Asked is the same plan that decide.ts would make, for a step of the size that leads from `act` back to `target`, with the
 * wider limits of an emergency. A plan that falls short is no gap: it helps, and how far is told by endurance.ts.
 */
import type { Plan } from './ladder.ts';
import { firstStep, planFor } from './ladder.ts';
import type { LoanId, LoanView } from './loan.ts';
import { minimumOf } from './learned.ts';
import type { DecideInput, LeveledLoan } from './need.ts';
import { positionOf } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { purseOf, sceneOf } from './purse.ts';
import { ZERO } from './money.ts';

export interface Gap {
  readonly loan: LoanId;
  /** No money; money that a limit or the ladder does not allow; a debt below what the venue takes. */
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
      start: positionOf(loan, { keep, undecided: input.undecided }).position,
      t: loan.ltv.times(levels.target).div(levels.act),
    });
    const found = gapOf(input, loan, plan);
    // A small rest against much collateral is no danger.
    return found[0]?.kind === 'tooSmall' && loan.ltv.times(2).lt(levels.target) ? [] : found;
  });
}

function gapOf(input: DecideInput, loan: LoanView, plan: Plan): readonly Gap[] {
  const [first] = plan.steps;
  const { perAction } = plan.ask.policy.limits.urgent;
  if (first !== undefined && firstStep(plan, first, perAction) !== null) return [];
  const gap = (kind: Gap['kind'], why: string): readonly Gap[] => [{ loan: loan.id, kind, why }];
  if (first !== undefined) return gap('remediesBlocked', 'perAction is below the smallest amount the venue takes');
  if (isTooSmall(input, loan)) return gap('tooSmall', 'the whole debt is below the smallest repayment the venue takes');
  const why = plan.notes.map(({ rule, says }) => `${rule}: ${says.replace(/^skipped: /, '')}`).join('; ');
  const isMoney = plan.short?.by === 'money' && plan.notes.some(({ says }) => MONEY.test(says));
  return gap(isMoney ? 'sourceEmpty' : 'remediesBlocked', why === '' ? 'the ladder has no rung for it' : why);
}

/** The words of `whyEmpty`: a rung that was refused for another reason is no matter of money. */
const MONEY = /skipped: (?:no .* (?:in|inside)|.* is not above what is kept there|wallet .* could not be read)/;

function isTooSmall({ learned }: DecideInput, { debts, product }: LoanView): boolean {
  const open = debts.filter(({ amount }) => amount.gt(ZERO));
  return (
    open.length > 0 &&
    open.every(({ asset, amount, minRepay }) => {
      const least = minimumOf(learned, 'minRepay', { product, asset }, minRepay);
      return least !== null && amount.lt(least);
    })
  );
}
