/** Steps 2 and 8: what became of money that was sent. Undecided intents come first, before anything is observed or planned. */
import type { Moves } from '../core/change.ts';
import { isUndecided } from '../core/intent.ts';
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import { triggerLtv } from '../core/loan.ts';
import type { Shown } from '../core/outcome.ts';
import { showsAmong } from '../core/outsiders.ts';
import { explanationOf } from '../core/plausible.ts';
import type { Weighed } from '../exchanges/exchange.ts';
import { awaited } from '../machines/step.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { callsOf, undisputed } from './claims.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { retryAfterOf, withDeadline } from './observing.ts';
import { ruling, withRead } from './ruling.ts';
import type { Ruling } from './ruling.ts';

export interface Gathered {
  readonly intent: Intent;
  /** `null`: it could not be read, which says nothing. */
  readonly evidence: Weighed | null;
  readonly retryAfterMs: number;
}

/**
 * Tells the machines what the journal already knows: an earlier run may have died between the fact and the machine, on
 * any line. Everything is told that could be news; what is none changes nothing.
 */
export async function feedVerdicts(deps: LookDeps, setup: AccountSetup, opened: Opened, draft: Draft): Promise<void> {
  const now = deps.clock.wall();
  if (opened.halt !== null) draft.tellAccount({ type: 'HALT', now, why: opened.halt });
  const known = new Map([...opened.recent, ...opened.undecided].map((intent) => [intent.id, intent]));
  for (const [loan, stored] of draft.loans) {
    for (const id of awaited(stored)) {
      const intent = known.get(id) ?? (await deps.journal.intent(id));
      // Machine and intent are written in one step, so a missing intent means that somebody lost part of the journal.
      if (intent?.loan !== loan) {
        draft.tellAccount({ type: 'HALT', now, why: `${setup.name}: ${loan} waits for ${id}, which the journal lost` });
      } else remind(draft, intent, now);
    }
  }
}

function remind(draft: Draft, intent: Intent, now: number): void {
  const { id: intentId, loan, note: why, state } = intent;
  const claimed = { type: 'CLAIMED', now, intentId } as const;
  switch (state) {
    case 'planned':
      return;
    case 'voided':
      draft.remind(loan, { type: 'VOIDED', now, intentId, why });
      return;
    case 'refused':
      draft.remind(loan, { type: 'REFUSED', now, intentId, why });
      return;
    case 'sending':
      draft.remind(loan, claimed);
      draft.remind(loan, { type: 'UNKNOWN', now, intentId, why: 'the run that sent it ended before it saw the reply' });
      return;
    case 'unknown':
      draft.remind(loan, claimed);
      draft.remind(loan, { type: 'UNKNOWN', now, intentId, why });
      return;
    case 'settling':
      draft.remind(loan, { type: 'ACCEPTED', now, intentId });
      return;
    case 'confirmed':
      draft.remind(loan, { type: 'CONFIRMED', now, intentId });
      return;
    case 'rejected':
      draft.remind(loan, { type: 'DID_NOT_HAPPEN', now, intentId, why });
      return;
    case 'expired':
      draft.remind(loan, { type: 'EXPIRED', now, intentId, why });
      return;
  }
}

/** Reads the evidence of each undecided intent. A read that fails says nothing, and never counts towards a verdict. */
export async function gather(
  deps: LookDeps,
  setup: AccountSetup,
  undecided: readonly Intent[],
  signal: AbortSignal,
): Promise<readonly Gathered[]> {
  const gathered: Gathered[] = [];
  for (const intent of undecided) {
    const read = await deps.venue.evidence(intent, withDeadline(deps.clock, signal, setup)).then(
      (evidence) => ({ evidence, retryAfterMs: 0 }),
      (error: unknown) => ({ evidence: null, retryAfterMs: retryAfterOf(error) }),
    );
    gathered.push({ intent, ...read });
  }
  return gathered;
}

/** What judging needs besides the evidence. */
export interface Judging {
  readonly setup: AccountSetup;
  readonly draft: Draft;
  /** What others did: neither taken for our effect nor held against us. */
  readonly others: readonly Moves[];
  /** Our newest calls, this one among them: one that leaves beside another moves the same loan. */
  readonly ours: readonly Intent[];
}

/** Rules on what was gathered, in the light of a view that was read after it. Returns the intents as they stand now. */
export async function judge(
  deps: LookDeps,
  { setup, draft, others, ours }: Judging,
  gathered: readonly Gathered[],
  view: AccountView,
): Promise<readonly Intent[]> {
  const judged: Intent[] = [];
  for (const { intent, evidence: read } of gathered) {
    const claimed = deps.safeguard?.witness.claimsSince(intent.plannedAt) ?? [];
    const evidence = read && undisputed(read, intent, [...ours, ...callsOf(ours, claimed).forgotten]);
    const now = deps.clock.wall();
    const shown = shownAmong(intent, view, others, besides(intent, ours), setup.timing.lagMarginMs);
    const ruled = ruling(intent, evidence, shown, now, setup.timing);
    // What this view shows is in what is remembered of it, so it explains no later change.
    const settledAt = isUndecided(ruled) ? null : shown === 'shown' ? Math.min(now, view.asOf) : now;
    const troubleAt = isLateNow(intent, ruled, now, setup) ? (intent.troubleAt ?? now) : intent.troubleAt;
    const next: Intent = {
      ...intent,
      ...statusOf(ruled),
      settledAt,
      troubleAt,
      reads: withRead(intent, now, evidence),
    };
    const { note, ref, reads } = next;
    deps.passing('judged');
    const byWord = ruled.byWord === true ? { byWord: true as const } : {};
    const after = ruled.event === 'CONFIRMED' ? { ltvAfter: ltvOf(view, intent.loan) } : {};
    const facts = { note, ref, reads, settledAt, troubleAt, ...byWord, ...after };
    const appended = await deps.journal.outcome(intent, ruled.state, facts);
    deps.passing('verdict');
    if (appended.result === 'contradicts' || appended.result === 'overrules') {
      const why = `intent ${intent.id}: the journal says ${appended.state}, the evidence says ${ruled.state}`;
      draft.tellAccount({ type: 'HALT', now, why });
    }
    // Another run knew it first; its machine is told by the next look, and until then this one counts it as undecided.
    if (appended.result === 'known' || appended.result === 'contradicts') judged.push(intent);
    else {
      judged.push(next);
      if (settledAt !== null && appended.result !== 'same') keepProof(deps, next, evidence);
      announce(deps, setup, draft, ruled, next, view);
    }
  }
  return judged;
}

/** For people, once the verdict is written down. */
function keepProof({ clock, venue, journal }: LookDeps, { id, note }: Intent, evidence: Weighed | null): void {
  const clocks = { wall: clock.wall(), venueOffset: venue.clockOffsetMs() };
  const { verdict = 'unread', raw: replies = [] } = evidence ?? {};
  journal.dossiers.settled(id, { ...clocks, verdict, says: note, replies });
}

/**
 * What a view shows of an intent. Reads that show the state before may be stale, and then nothing is planned from them. But
 * where the venue's records say that somebody moved this loan since, they may be hiding the effect: a liquidation pays
 * with what our transfer brought in.
 */
function shownAmong(
  intent: Intent,
  view: AccountView,
  others: readonly Moves[],
  ours: readonly Moves[],
  lagMs: number,
): Shown {
  const explaining = others.filter((one) => !undoes(one, intent));
  const shown = showsAmong(intent, view, [...explaining, ...ours], lagMs);
  const isTouched = others.some(
    ({ at, changes }) =>
      at >= intent.plannedAt && at <= view.asOf - lagMs && changes.some(({ of }) => of === intent.loan),
  );
  return shown === 'notYet' && isTouched ? 'contradicts' : shown;
}

/** A venue that undid a change of collateral may list that as an act; a call is not shown by what undid it (ADR 020). */
function undoes({ changes }: Moves, intent: Intent): boolean {
  if (intent.verb !== 'add' && intent.verb !== 'reduce') return false;
  const done = explanationOf(intent).filter(({ what }) => what === 'collateral');
  return done.some((one) =>
    changes.some(
      ({ what, of, asset, change }) =>
        what === one.what && of === one.of && asset === one.asset && change.eq(one.change.negated()),
    ),
  );
}

/** What calls of ours that were under way at the same time did, or, where that is not known, may have done. */
function besides(intent: Intent, ours: readonly Intent[]): readonly Moves[] {
  return ours.flatMap((one): readonly Moves[] => {
    if (one.id === intent.id || one.sentAt === null || wasSettled(one, intent)) return [];
    const changes = explanationOf(one);
    if (one.state === 'confirmed') return [{ at: one.settledAt ?? 0, changes }];
    const isOpen = isUndecided(one) || (one.state === 'expired' && (one.settledAt ?? 0) >= intent.plannedAt);
    return isOpen ? [{ at: Number.POSITIVE_INFINITY, changes }] : [];
  });
}

/**
 * Whether an earlier call was settled, and shown, when this one was planned: always, unless this one left beside it
 * (DESIGN §2.1, §2.3). The order of the looks says so; the dates are of two machines, whose clocks are apart.
 */
function wasSettled(earlier: Intent, intent: Intent): boolean {
  return !isUndecided(earlier) && earlier.epoch < intent.epoch && intent.emergency !== true;
}

/** Not seen done within `reflectTimeout`, whatever its answer was: that is the venue's trouble, not that of a run that died. */
function isLateNow({ sentAt, plannedAt }: Intent, ruled: Ruling, now: number, { timing }: AccountSetup): boolean {
  return ruled.state === 'unknown' && now - (sentAt ?? plannedAt) > timing.reflectTimeoutMs;
}

function statusOf({ state, note, ref }: Ruling): Pick<Intent, 'state' | 'note' | 'ref'> {
  return { state, note, ref };
}

function announce(
  deps: LookDeps,
  setup: AccountSetup,
  draft: Draft,
  ruled: Ruling,
  intent: Intent,
  view: AccountView,
): void {
  const now = deps.clock.wall();
  const { id: intentId, loan, state, note } = intent;
  if (ruled.event === null) return;
  // The machine of a loan that waits for it takes the news; that it stays unknown is no news.
  if (ruled.event === 'CONFIRMED') draft.remind(loan, { type: 'CONFIRMED', now, intentId });
  else draft.remind(loan, { type: ruled.event, now, intentId, why: note });
  if (ruled.event === 'UNKNOWN') return;
  deps.emit(setup.name, { type: 'outcome', intent, state, note });
  weigh(draft, ruled, intent);
  if (ruled.event !== 'CONFIRMED') return;
  deps.emit(setup.name, { type: 'confirmed', intent, ltvBefore: intent.before.ltv, ltvAfter: ltvOf(view, loan) });
}

function ltvOf({ loans }: AccountView, loan: string): string {
  const seen = loans.find(({ id }) => id === loan);
  return seen === undefined ? '0' : triggerLtv(seen).toFixed(6);
}

/** What an operator said about an intent that is settled now: taken, or outranked by the venue's own proof. */
function weigh(draft: Draft, { byWord, event }: Ruling, { id, loan, word, note }: Intent): void {
  if (word === undefined) return;
  if (byWord === true) {
    draft.alert('warning', 'word', loan, `intent ${id} is settled by the word of an operator, not by proof: ${note}`);
    return;
  }
  const isContrary = event === (word.says === 'happened' ? 'DID_NOT_HAPPEN' : 'CONFIRMED');
  if (!isContrary) return;
  const said = word.says === 'happened' ? 'happened' : 'did not happen';
  const says = `${word.by} said that intent ${id} ${said} (${word.why}), and the venue proves the opposite: ${note}. The venue counts, and the budgets follow it. Look at the account.`;
  draft.alert('critical', 'word', loan, says);
}
