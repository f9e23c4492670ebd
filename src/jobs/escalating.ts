/**
 * A loan that needs help and gets none is shouted about again and again (DESIGN §8: 1, 5, 15 and every 15 minutes), with what
 * stands in the way and how far its line is (facts/peers.md §C.4). Whatever stands in the way: a silent brake is worse than none.
 */
import type { AccountView, LoanId } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { ONE } from '../core/money.ts';
import { inNeed } from '../machines/step.ts';
import type { AccountSetup } from './account.ts';
import type { Draft } from './draft.ts';
import { decimalPercent } from './words.ts';

export const CANNOT_ACT = 'cannotAct';

/** In tenths of `giveUp`, which is ten minutes unless the file says otherwise: minutes. */
const STEPS = [1, 5, 15] as const;
const EVERY = 15;
const UNITS_OF_GIVE_UP = 10;

/**
 * @param view what was seen, or seen last
 * @param sent the loan that a call leaves for in this look
 * @param why what stands in the way of a loan; `null`: it can wait
 */
export function escalate(
  { timing, mode }: AccountSetup,
  draft: Draft,
  view: AccountView | null,
  sent: LoanId | null,
  why: (loan: LoanId) => string | null,
): void {
  const waiting = mode === 'dryRun' ? [] : [...draft.loans].filter(([id, stored]) => id !== sent && inNeed(stored));
  for (const [id] of waiting) {
    const reason = why(id);
    if (reason === null) continue;
    const lasted = draft.lastsFor(CANNOT_ACT, id);
    const step = stepOf(lasted / (timing.giveUpMs / UNITS_OF_GIVE_UP));
    if (step === null) continue;
    const says = `cannot act for ${forHow(lasted)}: ${reason}${distance(view, id)}`;
    draft.lasting('critical', CANNOT_ACT, id, says, String(step));
  }
  draft.searched(CANNOT_ACT);
}

/** The last step that was reached; `null` before the first. */
function stepOf(units: number): number | null {
  if (units >= EVERY) return Math.floor(units / EVERY) * EVERY;
  return STEPS.findLast((step) => units >= step) ?? null;
}

function forHow(ms: number): string {
  return ms >= 60_000 ? `${String(Math.floor(ms / 60_000))} min` : `${String(Math.floor(ms / 1_000))} s`;
}

function distance(view: AccountView | null, id: LoanId): string {
  const loan = view?.loans.find((one) => one.id === id);
  if (loan === undefined || loan.status !== 'open') return '. Where its line is cannot be seen';
  const left = ONE.minus(triggerLtv(loan).div(loan.line));
  return `. Its line is −${decimalPercent(left)} away: so much less collateral value reaches it`;
}
