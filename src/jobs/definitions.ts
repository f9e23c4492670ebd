/** Tells the account's machine when a venue changed what its numbers mean; only a person may say that this is all right. */
import { changedThresholds, drift } from '../core/definition.ts';
import type { AccountView } from '../core/loan.ts';
import type { AccountSetup } from './account.ts';
import type { Draft } from './draft.ts';

/** An LTV that ours does not follow is believed to be another definition after so many intervals between looks. */
const DRIFT_LOOKS = 6;
const DRIFT = 'drift';
/** Marks that the drift which lasts was told, so that what was acknowledged is not raised again. */
const RAISED = 'raised';
const REMEDY =
  'Ballast goes on protecting by the worse number and lets nothing go. Read what the venue announced, see whether the levels of the policy still fit, then acknowledge';

/** @param previous the last good look, as the journal remembers it */
export function watchDefinitions(
  { name, timing }: AccountSetup,
  draft: Draft,
  previous: AccountView | null,
  view: AccountView,
  now: number,
): void {
  for (const loan of view.loans) {
    const before = previous?.loans.find(({ id }) => id === loan.id);
    const changed = before === undefined ? null : changedThresholds(before, loan);
    if (changed !== null) {
      const why = `${name}: the venue's thresholds of ${loan.id} changed: ${changed}. ${REMEDY}`;
      draft.tellAccount({ type: 'DEFINITION_CHANGED', now, why });
    }
    const apart = drift(loan);
    if (apart === null || draft.lastsFor(DRIFT, loan.id) < DRIFT_LOOKS * timing.lookEveryMs) continue;
    if (draft.marks(DRIFT, loan.id, RAISED)) continue;
    draft.tellAccount({ type: 'DEFINITION_CHANGED', now, why: `${name}: ${loan.id}: ${apart}. ${REMEDY}` });
  }
  const whole = Object.values(view.sections).every(({ state }) => state === 'fresh');
  if (whole) draft.searched(DRIFT);
}
