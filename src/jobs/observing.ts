/** Step 3: one view of the account, or none. Blind means still (DESIGN §2.4). */
import type { AccountView } from '../core/loan.ts';
import { VenueError } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { believe, lastGood, remembered, wentBack, withoutOld } from './plausibility.ts';
import { viewText } from './viewText.ts';

/** A view that may be decided on, and how old it has become meanwhile. */
export interface Sight {
  readonly view: AccountView;
  /** By the monotonic and by the wall clock, the worse of the two (DESIGN §4 "The fence"). */
  readonly ageMs: () => number;
  /** What is remembered of it. */
  readonly text: string;
}

export interface Blind {
  readonly why: string;
  /** What implausible reads so far said; kept until they agree or vanish. */
  readonly suspect: string | null;
  readonly retryAfterMs: number;
}

export type Seen =
  | { readonly sight: Sight; readonly blind: null }
  /** Nothing may be decided from what was read. */
  | { readonly sight: null; readonly blind: Blind };

/** Failed looks in a row that make an account `degraded`, and good ones that end it: one hiccup is no news. */
const FAILING_AFTER = 3;
const CALM_AFTER = 3;

export async function observe(
  deps: LookDeps,
  setup: AccountSetup,
  opened: Opened,
  draft: Draft,
  signal: AbortSignal,
): Promise<Seen> {
  const { clock } = deps;
  const startedAt = clock.mono();
  let read: AccountView;
  try {
    read = await deps.venue.observe(withDeadline(signal, setup));
  } catch (error) {
    return failed(clock.wall(), opened, draft, messageOf(error), retryAfterOf(error));
  }
  const now = clock.wall();
  const mono = clock.mono();
  // Reads cannot be older than the call that made them took, whatever a wall clock that was set says.
  const view = withoutOld(read, now, setup.timing.maxAgeMs);
  if (view === null || mono - startedAt > setup.timing.maxAgeMs) {
    return failed(
      now,
      opened,
      draft,
      `the reads took ${(mono - startedAt).toFixed(0)} ms and are too old to decide on`,
      0,
    );
  }
  const lost = wentBack(opened, view, now, setup.timing);
  if (lost !== null) {
    const why = `the reads do not show ${lost.verb} ${lost.amount} ${lost.asset} any more, which they did show: they lag`;
    return failed(now, opened, draft, why, 0);
  }
  const previous = lastGood(opened);
  const belief = believe(previous, opened, view, setup.timing);
  if (!belief.believed) return implausible(setup, draft, now, belief.doubts, belief.suspect);
  good(
    opened,
    draft,
    now,
    Object.values(view.sections).every(({ state }) => state === 'fresh'),
  );
  const before = Math.max(now - view.asOf, mono - startedAt);
  const ageMs = (): number => Math.max(clock.wall() - view.asOf, before + clock.mono() - mono);
  return { sight: { view, ageMs, text: viewText(remembered(previous, view)) }, blind: null };
}

/** Longest that all reads of one look may take together. */
export function withDeadline(signal: AbortSignal, { timing }: AccountSetup): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(2 * timing.requestDeadlineMs)]);
}

function failed(now: number, opened: Opened, draft: Draft, why: string, retryAfterMs: number): Seen {
  draft.health = Math.max(0, opened.health) + 1;
  if (draft.health >= FAILING_AFTER) draft.tellAccount({ type: 'READS_FAILING', now, why });
  return { sight: null, blind: { why, suspect: opened.suspect, retryAfterMs } };
}

function implausible(setup: AccountSetup, draft: Draft, now: number, doubts: readonly string[], suspect: string): Seen {
  const why = doubts.join('; ');
  draft.lasting(
    'critical',
    'implausible',
    null,
    `${setup.name}: ${why}. Ballast sends nothing until three reads agree or a record explains it. Look at the account yourself.`,
  );
  draft.tellAccount({ type: 'OBSERVED', now });
  return { sight: null, blind: { why: `the venue's numbers are not plausible: ${why}`, suspect, retryAfterMs: 0 } };
}

/**
 * A good look; several in a row end `degraded`.
 * @param whole every section was read: only such looks say that the venue is well again
 */
function good(opened: Opened, draft: Draft, now: number, whole: boolean): void {
  draft.searched('implausible');
  draft.tellAccount({ type: 'OBSERVED', now });
  if (!draft.has('readsFailing')) {
    if (opened.health !== 0) draft.health = 0;
    return;
  }
  if (!whole) return;
  draft.health = Math.min(opened.health, 0) - 1;
  if (draft.health > -CALM_AFTER) return;
  draft.health = 0;
  draft.tellAccount({ type: 'CALM', of: 'reads', now, why: 'the venue answers again' });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function retryAfterOf(error: unknown): number {
  return error instanceof VenueError ? (error.retryAfterMs ?? 0) : 0;
}
