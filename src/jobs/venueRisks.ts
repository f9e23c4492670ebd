/**
 * What the venue may do to a loan by itself, told when it begins and when it gets worse: what it is, what Ballast does about
 * it (nothing can be done from outside), and what the operator can do.
 */
import type { LoanView, VenueRisk } from '../core/loan.ts';
import type { Severity } from './account.ts';
import type { Draft } from './draft.ts';

/** Category of these alerts. */
export const VENUE_RISK = 'venueRisk';

/** From this level of 5 on a rated risk is a matter of hours. */
const HIGH = 3;

export function tellRisks(draft: Draft, { id, risks }: LoanView): void {
  for (const risk of risks) {
    const severity = severityOf(risk);
    const about = `${risk.kind} ${risk.asset ?? ''} ${severity}`;
    draft.lasting(severity, VENUE_RISK, id, `${riskWords(risk)}. ${NOTHING_TO_DO}`, about);
  }
}

/** What the venue may do, and what the operator can do about it. */
export function riskWords(risk: VenueRisk): string {
  return WORDS[risk.kind](risk);
}

export function severityOf({ kind, level }: VenueRisk): Severity {
  if (kind === 'autoRepay') return 'info';
  return level !== null && level >= HIGH ? 'critical' : 'warning';
}

const NOTHING_TO_DO = 'Ballast goes on watching the loan by its LTV and adopts what happens';

const WORDS: Readonly<Record<VenueRisk['kind'], (risk: VenueRisk) => string>> = {
  forcedRepayment: (risk) =>
    `the venue may repay the debt in ${coinOf(risk)} by force, at any LTV: risk ${rated(risk)}. Repay it, or owe another coin instead`,
  autoConversion: (risk) =>
    `the venue may sell the collateral in ${coinOf(risk)}, at any LTV, because its own cap is reached: risk ${rated(risk)}. Hold another coin instead`,
  collateralCap: (risk) =>
    `the venue's cap for ${coinOf(risk)} as collateral is reached: it counts for no new borrowing. Add another coin where collateral is needed`,
  autoRepay: () =>
    'auto-repay is on: whatever comes in of a coin that is owed repays it at once. Switch it off if that money is meant for something else',
};

function coinOf({ asset }: VenueRisk): string {
  return asset ?? 'a coin';
}

function rated({ level, why }: VenueRisk): string {
  const of = level === null ? 'not rated' : `${String(level)} of 5`;
  return why === '' ? of : `${of}, because ${why}`;
}
