/**
 * One look: the nine steps of DESIGN §4, in order. One look at a time per account, in all processes together.
 *
 *   open → reconcile → observe → need → triage → commit → act → settle → next
 *
 * The job that started it said nothing but "look". Everything it does it decides from what it reads here. Where it ends
 * early, by a death or because a newer look has begun, nothing is lost but this look: what it sent is in the journal as
 * `sending` or better, and the next look goes on from there.
 */
import type { Intent } from '../core/intent.ts';
import type { ActDecision } from '../core/intents.ts';
import type { Decision } from '../core/need.ts';
import { awaited } from '../machines/step.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { act } from './act.ts';
import type { Acted } from './act.ts';
import { commitOf } from './committing.ts';
import type { CommitMore } from './committing.ts';
import { choose, decideAll, decideBlind, intentOf, leftOf } from './deciding.ts';
import type { Question } from './deciding.ts';
import { Draft } from './draft.ts';
import type { Withheld } from './draft.ts';
import type { Opened } from './journal.ts';
import { StaleEpochError } from './journal.ts';
import type { Lease } from './lease.ts';
import { learnedFrom } from './learning.ts';
import { isWatched, seeLoans } from './needing.ts';
import { messageOf, observe, withDeadline } from './observing.ts';
import type { Blind, Sight } from './observing.ts';
import { nextLook, setbacksOf } from './pacing.ts';
import { feedVerdicts, gather, judge } from './reconcile.ts';
import { settle } from './settle.ts';
import { freedomOf, isUndecided } from './undecided.ts';

export async function look(deps: LookDeps, reason: string, lease: Lease, signal: AbortSignal): Promise<void> {
  try {
    const monoBefore = deps.clock.mono();
    const opened = await deps.journal.open(); // 1
    await new Look(deps, reason, lease, signal, opened, monoBefore).run();
  } catch (error) {
    // A newer look of this account has begun somewhere: it sees everything this one saw, and every outcome it recorded.
    if (!(error instanceof StaleEpochError)) throw error;
  }
}

/** One call that is about to leave. */
interface Plan {
  readonly intent: Intent;
  /** Another call is undecided, and this one leaves beside it (DESIGN §5.7). */
  readonly beside: boolean;
}

class Look {
  readonly #deps: LookDeps;
  readonly #setup: AccountSetup;
  readonly #reason: string;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #opened: Opened;
  readonly #monoBefore: number;

  constructor(deps: LookDeps, reason: string, lease: Lease, signal: AbortSignal, opened: Opened, monoBefore: number) {
    this.#deps = deps;
    this.#setup = deps.setup();
    this.#reason = reason;
    this.#lease = lease;
    this.#signal = signal;
    this.#opened = opened;
    this.#monoBefore = monoBefore;
  }

  async run(): Promise<void> {
    const [deps, setup, opened, signal] = [this.#deps, this.#setup, this.#opened, this.#signal];
    const draft = new Draft(deps, setup, opened, deps.clock.wall());

    await feedVerdicts(deps, setup, opened, draft); // 2
    const gathered = await gather(deps, setup, opened.undecided, signal);
    const seen = await observe(deps, setup, opened, draft, signal); // 3
    if (signal.aborted) return; // A look that was told to stop knows nothing about the venue.
    const retryAfterMs = Math.max(seen.blind?.retryAfterMs ?? 0, ...gathered.map((read) => read.retryAfterMs));
    if (seen.sight === null) return this.#standStill(draft, seen.blind, retryAfterMs);

    const { sight } = seen;
    const { view } = sight;
    const judged = await judge(deps, setup, draft, gathered, view);
    const undecided = judged.filter(isUndecided);
    seeLoans(setup, draft, { view, undecided, now: deps.clock.wall(), epoch: opened.epoch }); // 4
    const evidence = new Map(gathered.flatMap((read) => (read.evidence ? [[read.intent.id, read.evidence]] : [])));
    const { emergencies } = opened;
    const { timing } = setup;
    const facts = { undecided, emergencies, evidence, mode: draft.mode, now: deps.clock.wall(), timing };
    const question = { setup, draft, opened, view, undecided, freedom: freedomOf(facts), now: this.#redisNow() };
    const plan = await this.#triage(question, sight); // 5
    if (plan === null) return this.#finish(draft, sight, undecided, retryAfterMs);

    await this.#commit(draft, { view, intent: plan.intent, seen: sight.text }); // 6
    await this.#send(draft, sight, plan, undecided); // 7, 8, 9
  }

  /** Step 5: decisions for all loans; at most one of them becomes a call now (DESIGN §2.3). */
  async #triage(question: Question, sight: Sight): Promise<Plan | null> {
    const { draft, opened, undecided } = question;
    const wall = this.#deps.clock.wall();
    const decisions = decideAll(question);
    for (const { verdict, loan, says: why } of decisions) {
      if (verdict === 'starved') draft.tell(loan, { type: 'STARVED', now: wall, why });
      if (verdict === 'capped') draft.tell(loan, { type: 'CAPPED', now: wall, why });
    }
    const chosen = choose(decisions, opened, wall, this.#setup.timing.lookEveryMs);
    const planned = chosen === null ? null : await this.#plan(question, sight, chosen);
    const turn = { kind: 'notItsTurn', why: `one call at a time, ${chosen?.loan ?? ''} goes first` } as const;
    draft.decisions = decisions.map((decision) => {
      if (decision.verdict !== 'act') return { decision, withheld: null };
      const withheld = decision === chosen ? (planned?.withheld ?? null) : turn;
      return { decision: inWords(decision, withheld), withheld };
    });
    return planned === null || planned.intent === null
      ? null
      : { intent: planned.intent, beside: undecided.length > 0 };
  }

  /** The chosen call as an intent, or why it does not leave in this look. */
  async #plan(
    question: Question,
    sight: Sight,
    decision: ActDecision,
  ): Promise<{ readonly intent: Intent | null; readonly withheld: Withheld | null }> {
    const { draft, freedom } = question;
    const { loan, rung, remainder, partial } = decision;
    const still = freedom.kind === 'held' ? ({ kind: 'hold', why: freedom.why } as const) : this.#whyStill();
    if (still !== null) return { intent: null, withheld: still };
    const intent = intentOf(this.#deps, question, sight, decision);
    let cursors: Intent['cursors'];
    try {
      cursors = await this.#deps.venue.cursors(intent, withDeadline(this.#signal, this.#setup));
    } catch (error) {
      // Without cursors nothing could prove later what became of the call, so there is no call.
      return { intent: null, withheld: { kind: 'cursors', why: `the venue's records: ${messageOf(error)}` } };
    }
    const now = this.#deps.clock.wall();
    draft.tell(loan, { type: 'PLANNED', now, intentId: intent.id, rung, remainder, partial });
    // A machine that does not wait for a call must not have it sent.
    const stored = draft.loans.get(loan);
    if (stored === undefined || !awaited(stored).includes(intent.id)) {
      return { intent: null, withheld: { kind: 'stray', why: `the loan is ${stored?.state ?? 'unknown'}` } };
    }
    return { intent: { ...intent, cursors, maxAgeMs: leftOf(sight, this.#setup) }, withheld: null };
  }

  /** Why nothing leaves this account now, whatever its loans need. */
  #whyStill(): Withheld | null {
    const { paused, rest } = this.#opened;
    if (this.#setup.mode === 'dryRun') return { kind: 'dryRun', why: 'dry-run' };
    if (paused !== null) return { kind: 'paused', why: `paused by ${paused.by}: ${paused.why}` };
    const now = this.#redisNow();
    if (rest !== null && rest.from <= now && now < rest.until) {
      return { kind: 'backoff', why: `the last call was turned down, ${String(rest.until - now)} ms are left to wait` };
    }
    return null;
  }

  /** Steps 7 to 9. What happened is a fact in the journal before any machine is told. */
  async #send(planned: Draft, sight: Sight, { intent, beside }: Plan, undecided: readonly Intent[]): Promise<void> {
    const [deps, setup, opened, signal] = [this.#deps, this.#setup, this.#opened, this.#signal];
    const lastSentAt = newestSend(opened);
    const facts = { setup, lease: this.#lease, signal, ageMs: sight.ageMs, beside, lastSentAt };
    const acted = await act(deps, intent, facts); // 7
    const draft = new Draft(
      deps,
      setup,
      { ...opened, loans: planned.loans, account: planned.account },
      deps.clock.wall(),
    );
    this.#tellReply(draft, acted);
    const settled =
      acted.intent.state === 'settling' ? await settle(deps, setup, draft, acted.intent, signal) : acted.intent; // 8

    const learned = learnedFrom(acted);
    const turnedDown = settled.state === 'rejected' || settled.state === 'refused';
    const again = settled.state === 'confirmed' || learned.length > 0;
    const setbacks = turnedDown && !again ? setbacksOf([settled, ...opened.recent]) : 0;
    const retryAfterMs = acted.reply.outcome === 'rejected' ? (acted.reply.retryAfterMs ?? 0) : 0;
    const left = isUndecided(settled) ? [...undecided, settled] : undecided;
    const nextLookAt = this.#next(draft, left, { retryAfterMs, setbacks }); // 9
    const from = this.#redisNow();
    const until = from + Math.round(nextLookAt - deps.clock.wall());
    const rest = setbacks > 0 || retryAfterMs > 0 ? { from, until } : null;
    await this.#commit(draft, {
      view: null,
      intent: null,
      learned,
      rest,
      nextLookAt,
      lookedAt: deps.clock.wall(),
    });
    const inFlight = this.#isInFlight(left) || turnedDown;
    deps.emit(setup.name, { type: 'acted', states: statesOf(draft), nextLookAt, inFlight });
    if (again) await deps.ring(settled.state === 'confirmed' ? 'the last action is done' : 'the venue taught a limit');
  }

  #tellReply(draft: Draft, { intent, reply, contradiction }: Acted): void {
    const now = this.#deps.clock.wall();
    const { id: intentId, loan, state, note } = intent;
    this.#deps.emit(this.#setup.name, { type: 'outcome', intent, state, note });
    if (contradiction !== null) draft.tellAccount({ type: 'HALT', now, why: contradiction });
    if (reply.outcome === 'refused') {
      draft.tell(loan, { type: 'REFUSED', now, intentId, why: reply.reason });
      return;
    }
    draft.tell(loan, { type: 'CLAIMED', now, intentId });
    if (reply.outcome === 'accepted') draft.tell(loan, { type: 'ACCEPTED', now, intentId });
    if (reply.outcome === 'unknown') draft.tell(loan, { type: 'UNKNOWN', now, intentId, why: reply.reason });
    if (reply.outcome !== 'rejected') return;
    draft.tell(loan, { type: 'REJECTED', now, intentId, why: note });
    if (reply.effect === 'halt') draft.tellAccount({ type: 'HALT', now, why: note });
  }

  /** Blind means still (DESIGN §2.4): the machines count it, the records say so, nothing is decided. */
  async #standStill(draft: Draft, blind: Blind, retryAfterMs: number): Promise<void> {
    const { clock, emit } = this.#deps;
    const { why, suspect } = blind;
    for (const [loan, stored] of draft.loans) {
      if (isWatched(stored)) draft.tell(loan, { type: 'OBSERVE_FAILED', now: clock.wall(), why });
    }
    draft.decisions = decideBlind(draft, why, this.#redisNow()).map((decision) => ({ decision, withheld: null }));
    const nextLookAt = this.#next(draft, this.#opened.undecided, { retryAfterMs, blind: true });
    await this.#commit(draft, { view: null, intent: null, suspect, nextLookAt, lookedAt: clock.wall() });
    emit(this.#setup.name, { type: 'blind', why, nextLookAt });
  }

  async #finish(draft: Draft, sight: Sight, undecided: readonly Intent[], retryAfterMs: number): Promise<void> {
    const { clock, emit } = this.#deps;
    const { view, text } = sight;
    const nextLookAt = this.#next(draft, undecided, { retryAfterMs });
    await this.#commit(draft, { view, intent: null, seen: text, nextLookAt, lookedAt: clock.wall() });
    const [states, inFlight] = [statesOf(draft), this.#isInFlight(undecided)];
    emit(this.#setup.name, {
      type: 'looked',
      reason: this.#reason,
      view,
      mode: draft.mode,
      states,
      nextLookAt,
      inFlight,
    });
  }

  async #commit(draft: Draft, more: CommitMore): Promise<void> {
    const { journal, emit } = this.#deps;
    const setup = this.#setup;
    const parts = { setup, opened: this.#opened, draft, now: this.#redisNow() };
    const changed = await journal.commit(this.#opened.epoch, setup.digest, commitOf(parts, more));
    for (const { decision } of draft.decisions) {
      emit(setup.name, { type: 'decided', decision, changed: changed.has(decision.loan) });
    }
  }

  #next(
    draft: Draft,
    undecided: readonly Intent[],
    more: { readonly retryAfterMs: number; readonly setbacks?: number; readonly blind?: boolean },
  ): number {
    const { timing, mode } = this.#setup;
    return nextLook({
      now: this.#deps.clock.wall(),
      timing,
      lookBy: draft.lookBy,
      states: Object.values(statesOf(draft)),
      undecided,
      still: mode === 'dryRun' || this.#opened.paused !== null,
      blind: more.blind ?? false,
      retryAfterMs: more.retryAfterMs,
      setbacks: more.setbacks ?? 0,
    });
  }

  /** A money call may still be on its way; one that nothing was heard of for very long is a matter for a person. */
  #isInFlight(undecided: readonly Intent[]): boolean {
    const now = this.#deps.clock.wall();
    return undecided.some(({ sentAt, plannedAt }) => now - (sentAt ?? plannedAt) < this.#setup.timing.giveUpMs);
  }

  /** Redis' clock now: its time at the opening, and what passed since by a clock that cannot be set. */
  #redisNow(): number {
    return Math.round(this.#opened.redisNow + this.#deps.clock.mono() - this.#monoBefore);
  }
}

/** In a record, a call that does not leave must not read like one that does. */
function inWords(decision: Decision, withheld: Withheld | null): Decision {
  return withheld === null ? decision : { ...decision, says: `not sent (${withheld.why}): ${decision.says}` };
}

function statesOf(draft: Draft): Readonly<Record<string, string>> {
  return Object.fromEntries([...draft.loans].map(([loan, stored]) => [loan, stored.state]));
}

function newestSend({ recent }: Opened): number | null {
  const sends = recent.flatMap(({ sentAt }) => sentAt ?? []);
  return sends.length === 0 ? null : Math.max(...sends);
}
