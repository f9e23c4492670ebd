/**
 * Step 9: when to look again. Pure. Nothing here hurries money; it only keeps the account from being looked at too late,
 * and the venue from being asked over and over for what it has just refused.
 */
import type { Intent } from '../core/intent.ts';
import { PRODUCTS, loanId } from '../core/loan.ts';
import type { AccountView, LoanId } from '../core/loan.ts';
import type { Timing } from './timing.ts';

export interface PaceFacts {
  readonly now: number;
  readonly timing: Pick<Timing, 'lookEveryMs' | 'lookSoonMs' | 'spacingMs' | 'lagMarginMs' | 'evidenceSpreadMs'>;
  /** The earliest time at which a machine wants to be looked at. */
  readonly lookBy: number;
  /** Where the loans stand. */
  readonly states: readonly string[];
  readonly undecided: readonly Intent[];
  /** The account sends nothing anyway: dry-run, or paused. */
  readonly still: boolean;
  readonly blind: boolean;
  /** Failed looks in a row, this one included, and the lot that tells this account from others. */
  readonly failures: number;
  readonly lot: number;
  /** Loans that nobody has seen yet could not be read. */
  readonly unseen: boolean;
  /** What the venue asked for; nothing may undercut it. */
  readonly retryAfterMs: number;
  /** Calls in a row, up to this look, that the venue turned down or that could not leave. */
  readonly setbacks: number;
}

/** What was never seen is in nobody's care: it is not left until a long interval is over. */
const UNSEEN_LOOKS = 5;

export function nextLook(facts: PaceFacts): number {
  const { now, timing, lookBy, blind, unseen, setbacks, retryAfterMs } = facts;
  // A machine's own retry of a failed look grows; it never makes looks rarer than those of a quiet account.
  const quiet = unseen ? Math.min(timing.lookEveryMs, UNSEEN_LOOKS * timing.lookSoonMs) : timing.lookEveryMs;
  const wait = blind ? blindWait(facts, quiet) : isPressing(facts) ? timing.lookSoonMs : quiet;
  const doubled = setbacks === 0 ? 0 : Math.min(timing.lookSoonMs * 2 ** (setbacks - 1), timing.lookEveryMs);
  const least = Math.max(blind ? timing.lookSoonMs : timing.spacingMs, retryAfterMs, doubled, 1);
  return Math.max(now + least, Math.min(now + wait, lookBy));
}

/** Failed looks in a row after which a venue is read slowly: the breaker of reads. One good look closes it. */
export const FAILING_AFTER = 3;
const SLOWLY = 2;

/**
 * Twice as rarely, and up to three times, by lot, so that not everybody asks a failing venue in the same moment. Not more: the
 * next look is the trial that ends it, and a loan may be waiting.
 */
function blindWait({ failures, lot }: PaceFacts, quietMs: number): number {
  return failures < FAILING_AFTER ? quietMs : Math.round(quietMs * (SLOWLY + lot));
}

/** Something is being done or about to be done. Loans that are short of money or room wait for prices, not for time. */
function isPressing({ states, undecided, still, now, timing }: PaceFacts): boolean {
  const young = undecided.some(
    ({ validUntil }) => now < (validUntil ?? now) + timing.lagMarginMs + timing.evidenceSpreadMs,
  );
  if (young || states.some((state) => state.startsWith('acting') || state.startsWith('releasing'))) return true;
  return !still && undecided.length === 0 && states.includes('watching.breached');
}

/** The newest intents that brought nothing, in a row. */
export function setbacksOf(newestFirst: readonly Pick<Intent, 'state'>[]): number {
  const broken = newestFirst.findIndex(
    ({ state }) => state !== 'rejected' && state !== 'refused' && state !== 'voided',
  );
  return broken === -1 ? newestFirst.length : broken;
}

/** A product could not be read, and no loan of it was ever seen. */
export function isUnseen(
  loans: ReadonlyMap<LoanId, unknown>,
  { account, sections }: Pick<AccountView, 'account' | 'sections'>,
): boolean {
  return PRODUCTS.some((product) => {
    const id = loanId(account, product, '');
    const isKnown = [...loans.keys()].some((loan) => loan === id || loan.startsWith(`${id}/`));
    return sections[product]?.state === 'failed' && !isKnown;
  });
}

/** Wall ms of the newest call that left; `null`: none did lately. */
export function newestSend(recent: readonly Pick<Intent, 'sentAt'>[]): number | null {
  const sends = recent.flatMap(({ sentAt }) => sentAt ?? []);
  return sends.length === 0 ? null : Math.max(...sends);
}
