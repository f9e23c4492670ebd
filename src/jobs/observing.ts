/** Step 3: one view of the account, or none. Blind means still (DESIGN §2.4). */
import type { AccountView } from '../core/loan.ts';
import { VenueError } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { believe } from './plausibility.ts';

export interface Seen {
  /** `null`: nothing may be decided from what was read. */
  readonly view: AccountView | null;
  /** What implausible reads so far said; kept until they agree or vanish. */
  readonly suspect: string | null;
  readonly retryAfterMs: number | null;
}

export async function observe(deps: LookDeps, setup: AccountSetup, opened: Opened, draft: Draft, signal: AbortSignal): Promise<Seen> {
  const now = deps.clock.wall();
  let view: AccountView;
  try {
    view = await deps.venue.observe(AbortSignal.any([signal, AbortSignal.timeout(2 * setup.timing.requestDeadlineMs)]));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    blind(draft, now, why);
    draft.tellAccount({ type: 'READS_FAILING', now, why });
    return { view: null, suspect: opened.suspect, retryAfterMs: error instanceof VenueError ? error.retryAfterMs : null };
  }
  if (deps.clock.wall() - view.asOf > setup.timing.maxAgeMs) {
    blind(draft, now, `the reads took ${String(deps.clock.wall() - view.asOf)} ms and are too old to decide on`);
    return { view: null, suspect: opened.suspect, retryAfterMs: null };
  }
  const belief = await believe(deps.journal, opened, view, setup.timing);
  if (!belief.believed) {
    blind(draft, now, `the venue's numbers are not plausible: ${belief.doubts.join('; ')}`);
    draft.alert('critical', 'implausible', null, `${setup.name}: ${belief.doubts.join('; ')}. Ballast sends nothing until three reads agree or a record explains it. Look at the account yourself.`);
    return { view: null, suspect: belief.suspect, retryAfterMs: null };
  }
  if (draft.mode === 'degraded') draft.tellAccount({ type: 'CALM', of: 'reads', now, why: 'the venue answers again' });
  draft.tellAccount({ type: 'OBSERVED', now });
  return { view, suspect: null, retryAfterMs: null };
}

function blind(draft: Draft, now: number, why: string): void {
  draft.why = why;
  for (const loan of draft.loans.keys()) draft.tell(loan, { type: 'OBSERVE_FAILED', now, why });
}
