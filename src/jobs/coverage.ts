/** Tells which loans nothing could be done for if they needed it, while there is still time to do something about that. */
import type { Gap } from '../core/coverage.ts';
import { gapsOf } from '../core/coverage.ts';
import { dislocatedOf } from '../core/verdicts.ts';
import type { Question } from './deciding.ts';
import { inputOf } from './deciding.ts';
import { followed, isWatched } from './needing.ts';

const WORDS: Readonly<Record<Gap['kind'], string>> = {
  sourceEmpty: 'if it needed help now, there would be no money for it',
  remediesBlocked: 'if it needed help now, the policy would allow none',
  tooSmall: 'if it needed help now, the venue would take none',
};

/** States of loans that need nothing. */
const CALM: readonly string[] = ['watching.healthy', 'watching.warned'];

/** Nothing is said while a price is in dispute or a payment undecided: what they block is told by themselves, and passes. */
export function tellCoverage(question: Question): void {
  const { draft, view, setup, undecided, verdicts } = question;
  const isWhole = Object.values(view.sections).every(({ state }) => state === 'fresh');
  if (!isWhole || undecided.length > 0 || dislocatedOf(verdicts).length > 0) return;
  const calm = view.loans.flatMap((loan) => {
    const found = CALM.includes(draft.loans.get(loan.id)?.state ?? '') ? followed(setup, loan) : null;
    return found === null || 'none' in found ? [] : [{ loan, policy: found.policy, levels: found.levels }];
  });
  for (const { loan, kind, why } of gapsOf(inputOf(question), calm)) {
    const says = `${WORDS[kind]}: ${why}`;
    if (kind === 'sourceEmpty') draft.lasting('warning', 'sourceEmpty', loan, says);
    else if (kind === 'tooSmall') draft.lasting('warning', 'tooSmall', loan, says);
    else draft.lasting('warning', 'remediesBlocked', loan, says);
  }
  // Of a loan in need other alerts tell; a gap that was known before is not over by that.
  const gone = [...draft.loans].flatMap(([id, stored]) => (isWatched(stored) ? [] : [id]));
  const judged = new Set([...calm.map(({ loan }) => loan.id), ...gone]);
  draft.searchedOf(judged, 'sourceEmpty', 'remediesBlocked', 'tooSmall');
}
