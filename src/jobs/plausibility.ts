/** Whether a view may be believed: against the last good one, what we sent since, and what earlier doubted reads said (DESIGN §2.4). */
import type { AccountView } from '../core/loan.ts';
import type { Doubt } from '../core/plausible.ts';
import { doubtIsOver, explanationOf, plausible } from '../core/plausible.ts';
import type { Journal, Opened } from './journal.ts';
import type { Timing } from './timing.ts';
import { viewFrom, viewText } from './viewText.ts';

export type Belief =
  | { readonly believed: true }
  | { readonly believed: false; readonly doubts: readonly string[]; /** Doubted views so far, as text. */ readonly suspect: string };

/** Doubted views that are kept: enough to span the time over which they must agree. */
const KEPT = 12;
/** Intents that may explain a change since the last good look. */
const RECENT = 8;

export async function believe(journal: Journal, opened: Opened, view: AccountView, timing: Pick<Timing, 'plausibleAfterMs'>): Promise<Belief> {
  const previous = opened.seen === null ? null : viewFrom(opened.seen);
  if (previous === null || plausible(previous, view, []).length === 0) return { believed: true };
  const doubts = await doubtsLeft(journal, previous, view);
  if (doubts.length === 0) return { believed: true };
  const doubted = [...doubtedBefore(opened.suspect), view];
  if (doubtIsOver(doubted, timing.plausibleAfterMs)) return { believed: true };
  return { believed: false, doubts: doubts.map((doubt) => doubt.says), suspect: JSON.stringify(doubted.slice(-KEPT).map(viewText)) };
}

/** What our own sends since the last good view do not explain. Asked only when there is a doubt: it reads the journal. */
async function doubtsLeft(journal: Journal, previous: AccountView, view: AccountView): Promise<readonly Doubt[]> {
  const recent = await journal.recent(RECENT);
  const since = recent.filter((intent) => intent.sentAt !== null && (intent.settledAt ?? view.asOf) >= previous.asOf);
  return plausible(previous, view, since.flatMap(explanationOf));
}

function doubtedBefore(suspect: string | null): readonly AccountView[] {
  return suspect === null ? [] : (JSON.parse(suspect) as string[]).map(viewFrom);
}
