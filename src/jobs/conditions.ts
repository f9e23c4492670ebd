/**
 * What is true of an account right now that somebody should know: said after every commit, whole, whether it is news or
 * not. Whoever tells it compares it with what was told before; so nothing is lost with a process that dies between a look
 * and a message, and what is over is known to be over.
 */
import type { AccountView, LoanId, LoanView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import { ceil, format, max, ONE, ZERO } from '../core/money.ts';
import { CAUSES, causesOf } from '../machines/accountMachine.ts';
import type { LoanContext } from '../machines/loanContext.ts';
import { isLoanContext } from '../machines/loanContext.ts';
import { BLIND_AFTER } from '../machines/loanLook.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountSetup, Severity } from './account.ts';
import type { Draft } from './draft.ts';
import { CANNOT_ACT } from './escalating.ts';
import { followed, isWatched, whyUnseen } from './needing.ts';
import { decimalPercent } from './words.ts';

/** One thing that holds. */
export interface Condition {
  readonly severity: Severity;
  readonly category: string;
  readonly loan: LoanId | null;
  /** Tells conditions of one category and one loan apart; empty where there is but one. */
  readonly about: string;
  readonly says: string;
  /** What is left to the line, as a share of it, text; `null` where that is not known. */
  readonly cushion: string | null;
}

export interface Conditions {
  readonly holds: readonly Condition[];
  /** Names (`CATEGORY/LOAN ABOUT`) of what this look could not judge: it holds if it held. */
  readonly unknown: readonly string[];
  /** Every watched loan, and whether this look evaluated it on fresh data. */
  readonly loans: readonly { readonly loan: LoanId; readonly state: string; readonly seen: boolean }[];
  /** The account as a whole. */
  readonly mode: string;
  readonly paused: boolean;
}

const CUSHION_DECIMALS = 6;

export interface Scene {
  readonly setup: AccountSetup;
  /** `null`: the look saw nothing. */
  readonly view: AccountView | null;
  /** Why it saw nothing. */
  readonly why: string;
  readonly paused: boolean;
}

export function conditionsOf(draft: Draft, scene: Scene): Conditions {
  const { view } = scene;
  const watched = [...draft.loans].filter(([, stored]) => isWatched(stored));
  const seenIn = new Map(view?.loans.map((loan) => [loan.id, loan]) ?? []);
  const loans = watched.map(([loan, { state }]) => ({ loan, state, seen: seenIn.has(loan) }));
  const ofLoans = watched.flatMap(([id, stored]) => ofLoan(id, stored, seenIn.get(id) ?? null, scene));
  const unread = watched.filter(([id]) => !seenIn.has(id)).flatMap(([id, stored]) => unreadOf(id, stored));
  return {
    holds: [...ofAccount(draft), ...draft.lasts.map(oneFor), ...ofLoans, ...blindness(watched, scene)].map((one) => ({
      ...one,
      cushion: cushionOf(seenIn.get(one.loan ?? '')),
    })),
    unknown: [...draft.unjudged.map(nameFor), ...unread],
    loans,
    mode: draft.mode,
    paused: scene.paused,
  };
}

type Bare = Omit<Condition, 'cushion'>;

/** What cannot act is said once per step of time in the terminal; here it is one condition for as long as it lasts. */
function oneFor(one: Bare): Bare {
  return one.category === CANNOT_ACT ? { ...one, about: '' } : one;
}

function nameFor(name: string): string {
  return name.startsWith(`${CANNOT_ACT}/`) ? (name.split(' ')[0] ?? name) : name;
}

function ofAccount({ account }: Draft): readonly Bare[] {
  return causesOf(account).map(({ kind, why }) => {
    const grave = CAUSES[kind] === 'halted' || CAUSES[kind] === 'quarantine';
    return { severity: grave ? 'critical' : 'warning', category: kind, loan: null, about: '', says: why };
  });
}

function ofLoan(id: LoanId, { state, context }: Stored, seen: LoanView | null, scene: Scene): readonly Bare[] {
  if (!isLoanContext(context)) return [];
  const one = (severity: Severity, category: string, says: string, about = ''): Bare => ({
    ...{ severity, category, loan: id, about, says },
  });
  const why = context.why ?? 'no reason is known';
  const byState: Readonly<Record<string, Bare>> = {
    starved: one('critical', 'starved', `it needs money that the policy has no more of: ${why}`),
    capped: one('critical', 'capped', `a limit forbids the action it needs: ${why}`),
    liquidating: one('critical', 'liquidating', `the venue is liquidating it (LTV ${context.ltv ?? 'unknown'})`),
    unresolved: one('warning', 'unresolved', `what became of a payment is unknown: ${why}`),
  };
  const standing = byState[state];
  const near = seen === null ? [] : nearing(one, context, seen, scene.setup);
  return [...(standing === undefined ? [] : [standing]), ...near];
}

function nearing(
  one: (severity: Severity, category: string, says: string, about?: string) => Bare,
  { warned, alertedCushion }: LoanContext,
  loan: LoanView,
  setup: AccountSetup,
): readonly Bare[] {
  const found = followed(setup, loan);
  if ('none' in found) return [];
  const { levels } = found;
  const ltv = `LTV ${decimalPercent(triggerLtv(loan))}`;
  const reached = levels.warn.toSorted((a, b) => a.comparedTo(b)).slice(0, warned);
  const told = reached.map((level, index) =>
    one('warning', 'warn', `${ltv}, warning level ${decimalPercent(level)}`, `level ${String(index + 1)}`),
  );
  const left = `${ltv}, the venue liquidates at ${decimalPercent(levels.line)}`;
  return alertedCushion === null ? told : [...told, one('critical', 'distance', left)];
}

/** A whole account that is blind is one condition, not one per loan. */
function blindness(watched: readonly (readonly [LoanId, Stored])[], { view, why }: Scene): readonly Bare[] {
  const blind = watched.flatMap(([id, { context }]) =>
    isLoanContext(context) && context.failures >= BLIND_AFTER ? [{ id, grave: context.episode !== null }] : [],
  );
  if (blind.length === 0) return [];
  if (view !== null) {
    return blind.map(({ id, grave }) => ({
      ...{ severity: severityOf(grave), category: 'blind', loan: id, about: '' },
      says: `it cannot be seen: ${whyUnseen(view, id) ?? why}`,
    }));
  }
  const says = `nothing of the account can be seen (${String(blind.length)} loans): ${why}`;
  const severity = severityOf(blind.some(({ grave }) => grave));
  return [{ severity, category: 'blind', loan: null, about: '', says }];
}

function severityOf(grave: boolean): Severity {
  return grave ? 'critical' : 'warning';
}

/** Conditions that need a reading for their words. */
function unreadOf(id: LoanId, { context }: Stored): readonly string[] {
  if (!isLoanContext(context)) return [];
  const levels = Array.from({ length: context.warned }, (_, index) => `warn/${id} level ${String(index + 1)}`);
  return context.alertedCushion === null ? levels : [...levels, `distance/${id}`];
}

/** What is left to the line, as a share of it; never below zero. */
function cushionOf(loan: LoanView | undefined): string | null {
  if (loan === undefined || loan.status !== 'open' || loan.line.lte(ZERO)) return null;
  return format(ceil(max(ONE.minus(triggerLtv(loan).div(loan.line)), ZERO), CUSHION_DECIMALS));
}
