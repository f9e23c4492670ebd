/**
 * Whether a view may be believed: against the last good one, what we sent since, and what earlier doubted reads said
 * (DESIGN §2.4); and what of it is remembered for the next look.
 */
import type { Intent } from '../core/intent.ts';
import type { AccountView, Asset } from '../core/loan.ts';
import { format, parse } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import { shows } from '../core/outcome.ts';
import { doubtIsOver, explanationOf, plausible } from '../core/plausible.ts';
import { PRODUCT_FACTS } from '../core/products.ts';
import type { Opened } from './journal.ts';
import type { Timing } from './timing.ts';
import { isUndecided } from './undecided.ts';
import { viewFrom, viewText } from './viewText.ts';

export type Belief =
  | { readonly believed: true }
  | {
      readonly believed: false;
      readonly doubts: readonly string[];
      /** Doubted views so far, as text. */ readonly suspect: string;
    };

/** Doubted views that are kept: enough to span the time over which they must agree. */
const KEPT = 12;

/** @param previous the last view that was believed */
export function believe(
  previous: AccountView | null,
  opened: Opened,
  view: AccountView,
  timing: Pick<Timing, 'plausibleAfterMs'>,
): Belief {
  if (previous === null) return { believed: true };
  const ours = sentSince(opened, previous);
  const doubts = plausible(previous, view, ours.flatMap(explanationOf));
  if (doubts.length === 0) return { believed: true };
  const doubted = [...doubtedBefore(opened.suspect), view];
  if (doubtIsOver(doubted, timing.plausibleAfterMs)) return { believed: true };
  return {
    believed: false,
    doubts: doubts.map((doubt) => doubt.says),
    suspect: JSON.stringify(thinned(doubted).map(viewText)),
  };
}

/** The first of a long row says since when they agree, so frequent looks may not push it out. */
function thinned(doubted: readonly AccountView[]): readonly AccountView[] {
  return doubted.length <= KEPT ? doubted : [...doubted.slice(0, 1), ...doubted.slice(2 - KEPT)];
}

export function lastGood(opened: Pick<Opened, 'seen'>): AccountView | null {
  return opened.seen === null ? null : viewFrom(opened.seen);
}

/** What we sent that the last good view may not show: it explains a change, whether or not it happened. */
function sentSince({ undecided, recent }: Opened, previous: AccountView): readonly Intent[] {
  const settled = recent.filter(
    ({ state, sentAt, settledAt }) =>
      (state === 'confirmed' || state === 'expired') && sentAt !== null && (settledAt ?? Infinity) >= previous.asOf,
  );
  return [...undecided, ...settled];
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
  timing: Pick<Timing, 'reflectTimeoutMs'>,
): Intent | null {
  const { recent } = opened;
  for (const [index, move] of recent.entries()) {
    const isYoung = move.settledAt !== null && now - move.settledAt <= timing.reflectTimeoutMs;
    if (move.state !== 'confirmed' || !isYoung || view.sections[move.product]?.state === 'failed') continue;
    // Newest first: those before it in the list were made after it. What is not certain of them may show or not.
    const later = recent.slice(0, index);
    const certain = later.filter(({ state }) => state === 'confirmed');
    const possible = later.filter(({ state }) => state === 'expired' || isUndecided({ state }));
    const isLost = choices(possible).every(
      (happened) => shows(afterwards(move, [...certain, ...happened]), view) === 'notYet',
    );
    if (isLost) return move;
  }
  return null;
}

function choices<T>(of: readonly T[]): readonly (readonly T[])[] {
  return of.reduce<readonly (readonly T[])[]>((all, one) => [...all, ...all.map((some) => [...some, one])], [[]]);
}

/** The intent as if later moves had been made before it: its state before is what a view without it would show now. */
function afterwards(intent: Intent, later: readonly Intent[]): Intent {
  const { wallet: walletName } = PRODUCT_FACTS[intent.product];
  const before = { ...intent.before };
  for (const { what, of, asset, change } of later.flatMap(explanationOf)) {
    if (of !== (what === 'wallet' ? walletName : intent.loan)) continue;
    before[what] = shifted(before[what], asset, change);
    if (what === 'collateral') before.inside = shifted(before.inside, asset, change);
  }
  return { ...intent, before };
}

function shifted(amounts: Readonly<Record<Asset, string>>, asset: Asset, change: Dec): Readonly<Record<Asset, string>> {
  return { ...amounts, [asset]: format(parse(amounts[asset] ?? '0').plus(change)) };
}

/** Sections that could not be read keep what was last believed of them, so that a failed read never clears the memory. */
export function remembered(previous: AccountView | null, view: AccountView): AccountView {
  if (previous === null) return view;
  const failed = (section: string): boolean => view.sections[section]?.state === 'failed';
  return {
    ...view,
    loans: [...view.loans, ...previous.loans.filter(({ product }) => failed(product))],
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
