/**
 * Which parts of a view may be believed: against the last good one, what we sent since, what the venue's records say others
 * did, and what earlier doubted reads said (DESIGN §2.4); and what of it is remembered for the next look.
 */
import { choices } from '../core/change.ts';
import type { Moves } from '../core/change.ts';
import { isUndecided } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import { shows } from '../core/outcome.ts';
import { afterMoves } from '../core/outsiders.ts';
import { doubtIsOver, explanationOf, plausible, unknownAndClosed } from '../core/plausible.ts';
import type { Doubt, Known } from '../core/plausible.ts';
import type { Opened } from './journal.ts';
import type { Timing } from './timing.ts';
import { viewFrom, viewText } from './viewText.ts';

export interface Belief {
  readonly doubts: readonly Doubt[];
  /** Views so far in which something was doubted, as text; `null` when nothing is. */
  readonly suspect: string | null;
}

/** Doubted views that are kept: enough to span the time over which they must agree. */
const KEPT = 12;

/** @param previous what was believed last, part by part */
export function believe(
  previous: AccountView | null,
  opened: Opened,
  view: AccountView,
  known: Known,
  { plausibleAfterMs }: Pick<Timing, 'plausibleAfterMs'>,
): Belief {
  const doubts = [...(previous === null ? [] : plausible(previous, view, known)), ...unknownAndClosed(previous, view)];
  if (doubts.length === 0) return { doubts, suspect: null };
  const doubted = [...doubtedBefore(opened.suspect), view];
  const left = doubts.filter(({ of }) => !doubtIsOver(doubted, of, plausibleAfterMs));
  return { doubts: left, suspect: left.length === 0 ? null : JSON.stringify(thinned(doubted).map(viewText)) };
}

/** The first of a long row says since when they agree, so frequent looks may not push it out. */
function thinned(doubted: readonly AccountView[]): readonly AccountView[] {
  return doubted.length <= KEPT ? doubted : [...doubted.slice(0, 1), ...doubted.slice(2 - KEPT)];
}

/** The view without its doubted parts. They are left out like sections that could not be read, each under its own name. */
export function withoutDoubted(view: AccountView, doubts: readonly Doubt[]): AccountView {
  if (doubts.length === 0) return view;
  const sections = { ...view.sections };
  for (const { what, of } of doubts) {
    const reason = doubtWords(doubts, of);
    sections[what === 'wallet' ? `wallet.${of}` : of] = { state: 'failed', reason, at: view.asOf };
  }
  return {
    ...view,
    sections,
    loans: view.loans.filter(({ id }) => sections[id] === undefined),
    wallets: view.wallets.filter(({ name }) => sections[`wallet.${name}`]?.state !== 'failed'),
  };
}

export function doubtWords(doubts: readonly Doubt[], of: string): string {
  return doubts.flatMap((doubt) => (doubt.of === of ? [doubt.says] : [])).join('; ');
}

export function lastGood(opened: Pick<Opened, 'seen'>): AccountView | null {
  return opened.seen === null ? null : viewFrom(opened.seen);
}

/** What may explain a change: our calls, whether or not they happened, and the acts of others. */
export function knownOf({ undecided, recent, others }: Opened, { lagMarginMs }: Pick<Timing, 'lagMarginMs'>): Known {
  const settled = recent.filter(
    ({ state, sentAt }) => (state === 'confirmed' || state === 'expired') && sentAt !== null,
  );
  const ours = [
    ...undecided.map((intent) => ({ at: Number.POSITIVE_INFINITY, changes: explanationOf(intent) })),
    ...settled.map((intent) => ({ at: intent.settledAt ?? Number.POSITIVE_INFINITY, changes: explanationOf(intent) })),
  ];
  return { ours, others, lagMs: lagMarginMs };
}

/**
 * A confirmed move that this view has lost again. It was seen when it was confirmed, so a view without it was read from
 * somewhere that lags, and nothing may be planned from it (DESIGN §2.1). Every recent move counts, not only the newest:
 * what a transfer brought in may hide that the repayment before it is missing. After the time that reads are given to
 * show a change, it was somebody else who changed it back.
 */
export function wentBack(
  opened: Opened,
  view: AccountView,
  now: number,
  timing: Pick<Timing, 'reflectTimeoutMs' | 'lagMarginMs'>,
): Intent | null {
  const { recent, others } = opened;
  for (const [index, move] of recent.entries()) {
    const isYoung = move.settledAt !== null && now - move.settledAt <= timing.reflectTimeoutMs;
    if (move.state !== 'confirmed' || !isYoung || view.sections[move.product]?.state === 'failed') continue;
    // Newest first: those before it in the list were made after it. What is not certain of them may show or not.
    const later = recent.slice(0, index);
    const certain = later.filter(({ state }) => state === 'confirmed').map(movesOfIntent);
    const possible = later.filter(({ state }) => state === 'expired' || isUndecided({ state })).map(movesOfIntent);
    // Somebody else's act, too: where one took our move back, the reads do not lag.
    const theirs = others.filter(({ at }) => at >= move.plannedAt - timing.lagMarginMs).slice(-MOST_OTHERS);
    const said = choices([...possible, ...theirs]).map((some) => shows(afterMoves(move, [...certain, ...some]), view));
    if (said.includes('shown')) continue;
    if (said.includes('notYet') || (said.includes('inPart') && !wasInPart(opened, move))) return move;
  }
  return null;
}

/** It was confirmed although its wallet did not show it: then that is no news. */
function wasInPart(opened: Opened, move: Intent): boolean {
  const seen = lastGood(opened);
  return seen !== null && shows(move, seen) === 'inPart';
}

/** Acts that are tried in every combination. */
const MOST_OTHERS = 6;

function movesOfIntent(intent: Intent): Pick<Moves, 'changes'> {
  return { changes: explanationOf(intent) };
}

/** What could not be read, or is in doubt, stays as it was last believed, so that no failed read clears the memory. */
export function remembered(previous: AccountView | null, view: AccountView): AccountView {
  if (previous === null) return view;
  const failed = (section: string): boolean => view.sections[section]?.state === 'failed';
  return {
    ...view,
    loans: [...view.loans, ...previous.loans.filter(({ product, id }) => failed(product) || failed(id))],
    wallets: [...view.wallets, ...previous.wallets.filter(({ name }) => failed(`wallet.${name}`))],
    prices: { ...previous.prices, ...view.prices },
  };
}

/** Sections older than `maxAge` decide nothing, each by itself (DESIGN §2.4). `null` when nothing else is left. */
export function withoutOld(view: AccountView, now: number, maxAgeMs: number): AccountView | null {
  const sections = Object.fromEntries(
    Object.entries(view.sections).map(([name, section]) => {
      if (section.state === 'failed' || now - section.asOf <= maxAgeMs) return [name, section];
      const reason = `it was read ${String(now - section.asOf)} ms ago and is too old to decide on`;
      return [name, { state: 'failed' as const, reason, at: now }];
    }),
  );
  const isFresh = (name: string): boolean => sections[name]?.state === 'fresh';
  const fresh = Object.values(sections).flatMap((section) => (section.state === 'fresh' ? [section.asOf] : []));
  if (fresh.length === 0) return null;
  return {
    ...view,
    sections,
    loans: view.loans.filter(({ product }) => isFresh(product)),
    wallets: view.wallets.filter(({ name }) => isFresh(`wallet.${name}`)),
    asOf: Math.min(...fresh),
  };
}

function doubtedBefore(suspect: string | null): readonly AccountView[] {
  return suspect === null ? [] : (JSON.parse(suspect) as string[]).map(viewFrom);
}
