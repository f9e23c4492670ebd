/** Step 3: one view of the account, or none. Blind means still (DESIGN §2.4). */
import type { Clock } from '../clock.ts';
import { timeout } from '../clock.ts';
import type { Explained } from '../core/change.ts';
import type { AccountView } from '../core/loan.ts';
import { strangeChanges } from '../core/outsiders.ts';
import type { Doubt } from '../core/plausible.ts';
import { VenueError } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { believe, doubtWords, knownOf, lastGood, remembered } from './plausibility.ts';
import { wentBack, withoutDoubted, withoutOld } from './plausibility.ts';
import type { Belief } from './plausibility.ts';
import { FAILING_AFTER } from './pacing.ts';
import { viewText } from './viewText.ts';

/** A view that may be decided on, without its doubted parts, and how old it has become meanwhile. */
export interface Sight {
  readonly view: AccountView;
  /** What was believed last; `null` before the first look. */
  readonly previous: AccountView | null;
  /** What moved in its loans since they were last believed, and was none of ours. */
  readonly strange: readonly Explained[];
  /** Views that wait for agreement about their doubted parts. */
  readonly suspect: string | null;
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

/** Good looks in a row that end `degraded`: one hiccup is no news, in either direction. */
const CALM_AFTER = 3;
/** How often the venue's records are asked while something is in doubt, and by changes that nobody doubts. */
const ASKED_PER_DOUBT = 5;
const ASKED_PER_SEARCH = 6;

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
    read = await deps.venue.observe(withDeadline(clock, signal, setup));
  } catch (error) {
    tellKind(setup, opened, draft, error, clock.wall());
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
    // Or somebody took it back: the records would say so.
    deps.askRecords(setup.timing.plausibleAfterMs / ASKED_PER_DOUBT);
    const why = `the reads do not show ${lost.verb} ${lost.amount} ${lost.asset} any more, which they did show: they lag`;
    return failed(now, opened, draft, why, 0);
  }
  const previous = lastGood(opened);
  const known = knownOf(opened, setup.timing);
  const belief = believe(previous, opened, view, known, setup.timing);
  const believed = withoutDoubted(view, belief.doubts);
  const strange = previous === null ? [] : strangeChanges(previous, believed, known);
  hastenRecords(deps, setup, belief.doubts, strange);
  tellDoubts(setup, draft, belief.doubts);
  if (believed.loans.length === 0 && belief.doubts.some(({ what }) => what !== 'wallet')) {
    return nothingLeft(draft, now, belief);
  }
  const whole = Object.values(believed.sections).every(({ state }) => state === 'fresh');
  good(opened, draft, now, whole);
  const before = Math.max(now - view.asOf, mono - startedAt);
  const ageMs = (): number => Math.max(clock.wall() - view.asOf, before + clock.mono() - mono);
  const text = viewText(remembered(previous, believed));
  return { sight: { view: believed, previous, strange, suspect: belief.suspect, ageMs, text }, blind: null };
}

/** Longest that all reads of one look may take together. */
export function withDeadline(clock: Clock, signal: AbortSignal, { timing }: AccountSetup): AbortSignal {
  return AbortSignal.any([signal, timeout(clock, 2 * timing.requestDeadlineMs)]);
}

function failed(now: number, opened: Opened, draft: Draft, why: string, retryAfterMs: number): Seen {
  draft.health = Math.max(0, opened.health) + 1;
  if (draft.health >= FAILING_AFTER) draft.tellAccount({ type: 'READS_FAILING', now, why });
  return { sight: null, blind: { why, suspect: opened.suspect, retryAfterMs } };
}

/**
 * A key that is refused look after look is lost until a person mends it; one refusal may be a mistake of the venue, and a halt
 * that a crash brought would keep the loans unprotected after it. A refused clock was asked for again before it came here.
 */
function tellKind({ name }: AccountSetup, opened: Opened, draft: Draft, error: unknown, now: number): void {
  if (!(error instanceof VenueError)) return;
  const says = `${name}: ${error.message}`;
  if (error.kind === 'permission' && opened.health + 1 >= FAILING_AFTER) {
    const why = `${says}. The venue refuses the key, look after look: see whether it was deleted, has expired, lost a right, or is bound to another address`;
    draft.tellAccount({ type: 'HALT', now, why });
  }
  if (error.kind === 'clock') {
    const why = `${says}. The venue's clock was asked for again and it still refuses the time. See that this machine keeps its time (NTP)`;
    draft.tellAccount({ type: 'CLOCK_JUMPED', now, why });
  }
}

/** Nothing waits for the records: what they say comes with a ring, and the loans that are not in doubt go on meanwhile. */
function hastenRecords(
  deps: LookDeps,
  { timing }: AccountSetup,
  doubts: readonly Doubt[],
  strange: readonly Explained[],
): void {
  if (doubts.some(({ what }) => what !== 'unknown')) deps.askRecords(timing.plausibleAfterMs / ASKED_PER_DOUBT);
  else if (strange.length > 0) deps.askRecords(timing.recordsEveryMs / ASKED_PER_SEARCH);
}

function tellDoubts(setup: AccountSetup, draft: Draft, doubts: readonly Doubt[]): void {
  // A loan that nothing is known of is no trouble: the next looks will tell.
  for (const of of new Set(doubts.flatMap((doubt) => (doubt.what === 'unknown' ? [] : [doubt.of])))) {
    const isWallet = doubts.some((doubt) => doubt.of === of && doubt.what === 'wallet');
    const held = isWallet ? 'takes nothing from it' : 'leaves this loan alone';
    const says = `${setup.name}: ${doubtWords(doubts, of)}. Ballast ${held} until three reads agree or a record of the venue explains it; whatever is not in doubt goes on. Look at the account yourself.`;
    draft.lasting('critical', 'implausible', isWallet ? null : of, says, isWallet ? of : '');
  }
}

/** Every loan is in doubt: the look sees nothing. */
function nothingLeft(draft: Draft, now: number, { doubts, suspect }: Belief): Seen {
  const isNew = doubts.every(({ what }) => what === 'unknown');
  const why = `${isNew ? '' : "the venue's numbers are not plausible: "}${doubts.map(({ says }) => says).join('; ')}`;
  draft.tellAccount({ type: 'OBSERVED', now });
  return { sight: null, blind: { why, suspect, retryAfterMs: 0 } };
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
