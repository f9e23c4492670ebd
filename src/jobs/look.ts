/**
 * One look: the nine steps of DESIGN §4, in order. One look at a time per account, in all processes together.
 *
 *   open → reconcile → observe → need → triage → commit → act → settle → next
 *
 * The job that started it said nothing but "look". Everything it does it decides from what it reads here.
 */
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import type { Decision } from '../core/need.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { act } from './act.ts';
import type { Acted } from './act.ts';
import { decideAll, intentOf } from './deciding.ts';
import { Draft } from './draft.ts';
import { commitOf } from './committing.ts';
import type { Opened } from './journal.ts';
import { StaleEpochError } from './journal.ts';
import type { Lease } from './lease.ts';
import { learnedFrom } from './learning.ts';
import { seeLoans } from './needing.ts';
import { observe } from './observing.ts';
import { feedVerdicts, gather, judge } from './reconcile.ts';

export async function look(deps: LookDeps, reason: string, lease: Lease, signal: AbortSignal): Promise<void> {
  try {
    await new Look(deps, reason, lease, signal).run();
  } catch (error) {
    // A newer look of this account has begun somewhere: it sees everything this one saw. Nothing was sent.
    if (!(error instanceof StaleEpochError)) throw error;
  }
}

class Look {
  readonly #deps: LookDeps;
  readonly #setup: AccountSetup;
  readonly #reason: string;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;

  constructor(deps: LookDeps, reason: string, lease: Lease, signal: AbortSignal) {
    this.#deps = deps;
    this.#setup = deps.setup();
    this.#reason = reason;
    this.#lease = lease;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { clock, journal } = this.#deps;
    const opened = await journal.open(clock.wall());
    const draft = new Draft(this.#deps, this.#setup, opened, clock.wall());
    await feedVerdicts(this.#deps, draft);
    const gathered = await gather(this.#deps, opened.undecided, this.#signal);

    const seen = await observe(this.#deps, this.#setup, opened, draft, this.#signal);
    if (seen.view === null) {
      await this.#finish(opened, draft, null, seen.suspect, seen.retryAfterMs);
      return;
    }
    const undecided = await judge(this.#deps, this.#setup, draft, gathered, seen.view);
    seeLoans(this.#deps, this.#setup, draft, seen.view, undecided, opened.epoch);
    const plan = await this.#plan(opened, draft, seen.view, undecided);
    if (plan === null) {
      await this.#finish(opened, draft, seen.view, seen.suspect, null);
      return;
    }
    await this.#commit(opened, draft, seen.view, plan.intent);
    await this.#actAndSettle(opened, draft, plan.intent, plan.emergency);
  }

  /** Steps 4 and 5: decisions for all needs; at most one of them becomes an intent now (DESIGN §2.3). */
  async #plan(opened: Opened, draft: Draft, view: AccountView, undecided: readonly Intent[]): Promise<{ intent: Intent; emergency: boolean } | null> {
    const decisions = decideAll(this.#deps, this.#setup, draft, opened, view, undecided);
    draft.decisions.push(...decisions);
    const now = this.#deps.clock.wall();
    for (const decision of decisions) {
      if (decision.verdict === 'starved') draft.tell(decision.loan, { type: 'STARVED', now, why: decision.says });
      if (decision.verdict === 'capped') draft.tell(decision.loan, { type: 'CAPPED', now, why: decision.says });
    }
    const first = decisions.find((decision): decision is Extract<Decision, { verdict: 'act' }> => decision.verdict === 'act');
    if (first === undefined || this.#setup.mode === 'dryRun' || isPaused(opened, now)) return null;
    const intent = intentOf(this.#deps, this.#setup, opened, view, first, draft);
    const cursors = await this.#deps.venue.cursors(intent, this.#signal);
    draft.tell(first.loan, { type: 'PLANNED', now, intentId: intent.id, rung: first.rung, remainder: first.remainder, partial: first.partial });
    return { intent: { ...intent, cursors }, emergency: undecided.length > 0 };
  }

  async #commit(opened: Opened, draft: Draft, view: AccountView, intent: Intent): Promise<void> {
    const commit = commitOf(draft, { view, intent, suspect: null, nextLookAt: null, lookedAt: null });
    await this.#deps.journal.commit(opened.epoch, this.#setup.digest, commit, this.#deps.clock.wall());
    this.#announce(draft);
  }

  /** Steps 7 and 8. What happens after the send is written under the epoch of the look that follows. */
  async #actAndSettle(opened: Opened, planned: Draft, intent: Intent, emergency: boolean): Promise<void> {
    const acted = await act(this.#deps, this.#setup, intent, this.#lease, emergency);
    const draft = new Draft(this.#deps, this.#setup, { ...opened, loans: planned.loans, account: planned.account }, this.#deps.clock.wall());
    this.#tellReply(draft, acted);
    const settled = acted.intent.state === 'settling' ? await this.#settle(draft, acted.intent) : acted.intent;
    const nextLookAt = this.#nextLookAt(draft, null, acted);
    const commit = { ...commitOf(draft, { view: null, intent: null, suspect: null, nextLookAt, lookedAt: this.#deps.clock.wall() }), learned: learnedFrom(acted) };
    await this.#deps.journal.commit(opened.epoch, this.#setup.digest, commit, this.#deps.clock.wall());
    this.#deps.emit(this.#setup.name, { type: 'acted', states: statesOf(draft), nextLookAt });
    if (settled.state === 'confirmed' || settled.state === 'refused' || settled.state === 'rejected') await this.#deps.ring('the last action is done');
  }

  #tellReply(draft: Draft, acted: Acted): void {
    const now = this.#deps.clock.wall();
    const { intent, reply, contradiction } = acted;
    this.#deps.emit(this.#setup.name, { type: 'outcome', intent, state: intent.state, note: intent.note });
    if (contradiction !== null) draft.tellAccount({ type: 'HALT', now, why: contradiction });
    if (reply.outcome === 'refused') {
      draft.tell(intent.loan, { type: 'REFUSED', now, intentId: intent.id, why: reply.reason });
      return;
    }
    draft.tell(intent.loan, { type: 'CLAIMED', now, intentId: intent.id });
    if (reply.outcome === 'accepted') draft.tell(intent.loan, { type: 'ACCEPTED', now, intentId: intent.id });
    if (reply.outcome === 'unknown') draft.tell(intent.loan, { type: 'UNKNOWN', now, intentId: intent.id, why: reply.reason });
    if (reply.outcome === 'rejected') {
      draft.tell(intent.loan, { type: 'REJECTED', now, intentId: intent.id, why: intent.note });
      if (reply.effect === 'halt') draft.tellAccount({ type: 'HALT', now, why: `${reply.code}: ${reply.meaning}` });
    }
  }

  /** In-lane, a short while: until the record is final and the reads that feed the next plan show the change. */
  async #settle(draft: Draft, accepted: Intent): Promise<Intent> {
    const { clock } = this.#deps;
    const until = clock.mono() + this.#setup.timing.settleInLaneMs;
    let intent = accepted;
    while (clock.mono() < until && !this.#signal.aborted) {
      await clock.sleep(this.#setup.timing.spacingMs, this.#signal);
      const [gathered] = await gather(this.#deps, [intent], this.#signal);
      if (gathered === undefined) break;
      if (gathered.evidence.verdict !== 'happened' && gathered.evidence.verdict !== 'didNotHappen') continue;
      const view = await this.#deps.venue.observe(this.#signal).catch(() => null);
      if (view === null) continue;
      const [left] = await judge(this.#deps, this.#setup, draft, [gathered], view);
      if (left === undefined) return { ...intent, state: 'confirmed' };
      intent = left;
    }
    return intent;
  }

  #nextLookAt(draft: Draft, view: AccountView | null, acted: Acted | null): number {
    const now = this.#deps.clock.wall();
    const { lookEveryMs, lookSoonMs } = this.#setup.timing;
    const busy = acted !== null || draft.needs.size > 0 || view === null || [...draft.loans.values()].some((stored) => isBusy(stored.state));
    const retry = acted?.reply.outcome === 'rejected' ? acted.reply.retryAfterMs : null;
    return Math.min(draft.lookBy, now + Math.max(busy ? lookSoonMs : lookEveryMs, retry ?? 0));
  }

  async #finish(opened: Opened, draft: Draft, view: AccountView | null, suspect: string | null, retryAfterMs: number | null): Promise<void> {
    const now = this.#deps.clock.wall();
    const nextLookAt = Math.max(this.#nextLookAt(draft, view, null), now + (retryAfterMs ?? 0));
    const commit = commitOf(draft, { view, intent: null, suspect, nextLookAt, lookedAt: view === null ? null : now });
    await this.#deps.journal.commit(opened.epoch, this.#setup.digest, commit, now);
    this.#announce(draft);
    if (view === null) this.#deps.emit(this.#setup.name, { type: 'blind', why: draft.why, nextLookAt });
    else this.#deps.emit(this.#setup.name, { type: 'looked', reason: this.#reason, view, mode: draft.mode, states: statesOf(draft), nextLookAt });
  }

  #announce(draft: Draft): void {
    for (const decision of draft.decisions) this.#deps.emit(this.#setup.name, { type: 'decided', decision, changed: true });
  }
}

function statesOf(draft: Draft): Readonly<Record<string, string>> {
  return Object.fromEntries([...draft.loans].map(([loan, stored]) => [loan, stored.state]));
}

function isPaused({ paused }: Opened, now: number): boolean {
  return paused !== null && (paused.until === null || now < paused.until);
}

function isBusy(state: string): boolean {
  return state.startsWith('acting') || state === 'unresolved' || state === 'watching.breached' || state === 'starved' || state === 'capped';
}
