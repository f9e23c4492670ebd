/**
 * Step 5, the generous half: which loans may be asked for a release, and how much the venue would let go of them. Nothing is
 * read of the venue unless a release would leave for all that the account's own rules say.
 */
import type { AccountView, LoanId } from '../core/loan.ts';
import type { DecideInput } from '../core/need.ts';
import { wish } from '../core/release.ts';
import type { ReleaseInput } from '../core/releaseQuestions.ts';
import { calmOf } from '../machines/step.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import { withDeadline } from './observing.ts';

/** Where a loan asks for nothing and nothing happens to it. */
const AT_REST: ReadonlySet<string> = new Set(['watching.healthy', 'watching.warned', 'paused', 'closed', 'retired']);

/** What the core needs to know to release, besides what it needs to protect. */
export function releaseInputOf(input: DecideInput, { loans }: Pick<Draft, 'loans'>): ReleaseInput {
  const calmMs: Record<LoanId, number> = {};
  for (const [loan, stored] of loans) {
    const calm = calmOf(stored);
    if (calm !== null) calmMs[loan] = calm;
  }
  return { ...input, calmMs, troubled: [...loans].flatMap(troubleOf) };
}

function troubleOf([loan, { state }]: readonly [LoanId, Stored]): readonly string[] {
  return AT_REST.has(state) ? [] : [`${loan} is ${state}`];
}

/** The view with the venue's own maximum of the one loan that would release now. What could not be read is left out. */
export async function withMostToRelease(
  { venue, clock }: Pick<LookDeps, 'venue' | 'clock'>,
  input: ReleaseInput,
  setup: AccountSetup,
  signal: AbortSignal,
): Promise<AccountView> {
  const { view } = input;
  const wanted = wish(input);
  if (wanted === null) return view;
  const { loan, assets } = wanted;
  const most = await venue.mostToRelease(loan, assets, withDeadline(clock, signal, setup)).catch(() => ({}));
  const asked = { ...loan, maxRelease: { ...loan.maxRelease, ...most } };
  return { ...view, loans: view.loans.map((one) => (one === loan ? asked : one)) };
}
