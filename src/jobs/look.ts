/**
 * One look: the nine steps of DESIGN §4, in order. One look at a time per account, in all processes together.
 *
 *   open → reconcile → observe → need → triage → commit → act → settle → next
 *
 * The job that started it said nothing but "look". Everything it does it decides from what it reads here. Where it ends
 * early, by a death or because a newer look has begun, nothing is lost but this look: what it sent is in the journal as
 * `sending` or better, and the next look goes on from there.
 */
import { type Intent, isUndecided } from '../core/intent.ts';
import type { AccountView, LoanId } from '../core/loan.ts';
import { parse } from '../core/money.ts';
import { strangeWords } from '../core/outsiders.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { act } from './act.ts';
import { breakersNow, lot } from './breakers.ts';
import { venueNow, watchClocks } from './clocks.ts';
import type { Acted } from './act.ts';
import { commitOf } from './committing.ts';
import type { CommitMore } from './committing.ts';
import { beginComparing, comparePrices } from './comparing.ts';
import { conditionsOf } from './conditions.ts';
import { tellCoverage } from './coverage.ts';
import { decideBlind } from './deciding.ts';
import { watchDefinitions } from './definitions.ts';
import { Draft } from './draft.ts';
import { escalate } from './escalating.ts';
import type { Opened } from './journal.ts';
import { StaleEpochError } from './journal.ts';
import type { Lease } from './lease.ts';
import { learnedFrom } from './learning.ts';
import { isWatched, seeLoans } from './needing.ts';
import { observe } from './observing.ts';
import type { Blind, Sight } from './observing.ts';
import { obeyPauses, takeAcknowledgement } from './obeying.ts';
import { isUnseen, newestSend, nextLook, setbacksOf } from './pacing.ts';
import { lastGood } from './plausibility.ts';
import { imported, trusted } from './quarantine.ts';
import { feedVerdicts, gather, judge } from './reconcile.ts';
import type { Gathered, Judging } from './reconcile.ts';
import { settle } from './settle.ts';
import { tellStuck } from './stuck.ts';
import { triage } from './triaging.ts';
import type { Plan } from './triaging.ts';
import { freedomOf } from './undecided.ts';
import type { Freedom } from './undecided.ts';

export async function look(deps: LookDeps, reason: string, lease: Lease, signal: AbortSignal): Promise<void> {
  try {
    const monoBefore = deps.clock.mono();
    deps.passing('rung');
    const opened = await deps.journal.open(); // 1
    deps.passing('opened');
    const sound = await trusted(deps, deps.setup(), opened);
    await new Look(deps, reason, lease, signal, sound, monoBefore).run();
  } catch (error) {
    // A newer look of this account has begun somewhere: it sees everything this one saw, and every outcome it recorded.
    if (!(error instanceof StaleEpochError)) throw error;
  }
}

class Look {
  readonly #deps: LookDeps;
  readonly #setup: AccountSetup;
  readonly #reason: string;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #opened: Opened;
  readonly #monoBefore: number;
  /** What this look saw, when it goes on after its first commit; or why it saw nothing. */
  #view: AccountView | null = null;
  #why = '';

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

    const comparable = beginComparing(deps);
    await feedVerdicts(deps, setup, opened, draft); // 2
    await takeAcknowledgement(deps, setup, opened, draft, signal);
    const gathered = await gather(deps, setup, opened.undecided, signal);
    const since = await comparable;
    const seen = await observe(deps, setup, opened, draft, signal); // 3
    if (signal.aborted) return; // A look that was told to stop knows nothing about the venue.
    const retryAfterMs = Math.max(seen.blind?.retryAfterMs ?? 0, ...gathered.map((read) => read.retryAfterMs));
    if (seen.sight === null) return this.#standStill(draft, seen.blind, retryAfterMs);

    const { sight } = seen;
    const { view } = sight;
    watchClocks(deps, setup, opened, draft);
    watchDefinitions(setup, draft, sight.previous, view, deps.clock.wall());
    const verdicts = await comparePrices(deps, setup, opened, draft, view, since);
    const judged = await judge(deps, { setup, draft, ...movesOf(opened, opened.undecided) }, gathered, view);
    const undecided = judged.filter(isUndecided);
    tellStuck(setup, draft, undecided, deps.clock.wall());
    const breakers = breakersNow([...judged, ...opened.recent], deps.clock.wall(), setup.timing);
    obeyPauses(setup, opened, draft, deps.clock.wall());
    const others = (loan: LoanId): string | null => strangeWords(sight.strange, loan);
    seeLoans(setup, draft, { view, undecided, now: deps.clock.wall(), epoch: opened.epoch, others }); // 4
    const freedom = this.#freedom(draft, gathered, undecided);
    const calls = { undecided, ours: movesOf(opened, judged).ours };
    const question = { setup, draft, opened, view, verdicts, ...calls, freedom, breakers, now: this.#redisNow() };
    tellCoverage(question);
    const plan = await triage(deps, question, sight, signal); // 5
    escalate(setup, draft, view, plan?.intent.loan ?? null, (loan) => whyNothing(draft, loan));
    if (plan === null) return this.#finish(draft, sight, undecided, retryAfterMs);

    deps.passing('decided');
    await this.#commit(draft, { view, intent: plan.intent, seen: sight.text, suspect: sight.suspect }); // 6
    deps.passing('committed');
    await this.#send(draft, sight, plan, judged); // 7, 8, 9
  }

  /** How much of the account waits for what is undecided (DESIGN §5.7). */
  #freedom(draft: Draft, gathered: readonly Gathered[], undecided: readonly Intent[]): Freedom {
    const evidence = new Map(gathered.flatMap((read) => (read.evidence ? [[read.intent.id, read.evidence]] : [])));
    const { emergencies } = this.#opened;
    const { timing } = this.#setup;
    return freedomOf({ undecided, emergencies, evidence, mode: draft.mode, now: venueNow(this.#deps), timing });
  }

  /** Steps 7 and 8. What happened is a fact in the journal before any machine is told. */
  async #send(planned: Draft, sight: Sight, { intent, beside }: Plan, judged: readonly Intent[]): Promise<void> {
    const [deps, setup, opened, signal] = [this.#deps, this.#setup, this.#opened, this.#signal];
    const lastSentAt = newestSend(opened.recent);
    const accountMode = planned.mode;
    const facts = { setup, lease: this.#lease, signal, accountMode, ageMs: sight.ageMs, beside, lastSentAt };
    const acted = await act(deps, intent, facts); // 7
    const told = planned.knownAt(this.#redisNow());
    const known = { ...opened, told, loans: planned.loans, account: planned.account };
    const draft = new Draft(deps, setup, known, deps.clock.wall());
    this.#view = sight.view;
    this.#tellReply(draft, acted);
    const settled =
      acted.intent.state === 'settling'
        ? await settle(deps, { setup, draft, ...movesOf(opened, judged) }, acted.intent, signal)
        : acted.intent; // 8

    deps.passing('settled');
    await this.#afterSend(draft, acted, settled, judged.filter(isUndecided), sight.suspect); // 9
  }

  /** Step 9 of a look that sent: what comes next, and at once when there is news to plan upon. */
  async #afterSend(
    draft: Draft,
    acted: Acted,
    settled: Intent,
    before: readonly Intent[],
    suspect: string | null,
  ): Promise<void> {
    const { clock, emit, ring, passing } = this.#deps;
    const learned = learnedFrom(acted.intent, acted.reply);
    const turnedDown = settled.state === 'rejected' || settled.state === 'refused';
    const again = settled.state === 'confirmed' || learned.length > 0;
    const setbacks = turnedDown && !again ? setbacksOf([settled, ...this.#opened.recent]) : 0;
    const retryAfterMs = acted.reply.outcome === 'rejected' ? (acted.reply.retryAfterMs ?? 0) : 0;
    const undecided = isUndecided(settled) ? [...before, settled] : before;
    const nextLookAt = this.#next(draft, undecided, { retryAfterMs, setbacks });
    const from = this.#redisNow();
    const until = from + Math.round(nextLookAt - clock.wall());
    const rest = setbacks > 0 || retryAfterMs > 0 ? { from, until } : null;
    const times = { nextLookAt, lookedAt: clock.wall() };
    await this.#commit(draft, { view: null, intent: null, learned, rest, suspect, ...times });
    passing('finished');
    const inFlight = this.#isInFlight(undecided) || turnedDown;
    emit(this.#setup.name, { type: 'acted', states: draft.states, nextLookAt, inFlight });
    if (again) await ring(settled.state === 'confirmed' ? 'the last action is done' : 'the venue taught a limit');
    passing('ringing');
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
    const [before] = this.#opened.recent;
    if (reply.effect === 'clock' && before?.state === 'rejected' && before.note === note) {
      const why = `${note}, and again after the venue's clock was asked for. See that this machine keeps its time (NTP)`;
      draft.tellAccount({ type: 'CLOCK_JUMPED', now, why });
    }
  }

  /** Blind means still (DESIGN §2.4): the machines count it, the records say so, nothing is decided. */
  async #standStill(draft: Draft, blind: Blind, retryAfterMs: number): Promise<void> {
    const { clock, emit } = this.#deps;
    const { why, suspect } = blind;
    this.#why = why;
    for (const [loan, stored] of draft.loans) {
      if (isWatched(stored)) draft.tell(loan, { type: 'OBSERVE_FAILED', now: clock.wall(), why });
    }
    draft.decisions = decideBlind(draft, why, this.#redisNow()).map((decision) => ({ decision, withheld: null }));
    escalate(this.#setup, draft, lastGood(this.#opened), null, () => why);
    const unseen = draft.loans.size === 0;
    const nextLookAt = this.#next(draft, this.#opened.undecided, { retryAfterMs, blind: true, unseen });
    await this.#commit(draft, { view: null, intent: null, suspect, nextLookAt, lookedAt: clock.wall() });
    emit(this.#setup.name, { type: 'blind', why, nextLookAt });
  }

  async #finish(draft: Draft, sight: Sight, undecided: readonly Intent[], retryAfterMs: number): Promise<void> {
    const { clock, emit, ring } = this.#deps;
    const { view, text, suspect } = sight;
    const charges = await imported(this.#deps, this.#setup, this.#opened, draft, view, this.#signal);
    const nextLookAt = this.#next(draft, undecided, { retryAfterMs, unseen: isUnseen(draft.loans, view) });
    const news = { seen: text, suspect, charges: charges ?? [] };
    await this.#commit(draft, { view, intent: null, ...news, nextLookAt, lookedAt: clock.wall() });
    const [states, inFlight] = [draft.states, this.#isInFlight(undecided)];
    emit(this.#setup.name, {
      type: 'looked',
      reason: this.#reason,
      view,
      mode: draft.mode,
      states,
      nextLookAt,
      inFlight,
    });
    if (charges !== null) await ring('the records of a day are imported');
  }

  async #commit(draft: Draft, more: CommitMore): Promise<void> {
    const { journal, emit } = this.#deps;
    const setup = this.#setup;
    const parts = { setup, opened: this.#opened, draft, now: this.#redisNow() };
    const changed = await journal.commit(this.#opened.epoch, setup.digest, commitOf(parts, more));
    for (const { decision } of draft.decisions) {
      emit(setup.name, { type: 'decided', decision, changed: changed.has(decision.loan), mode: setup.mode });
    }
    const scene = { setup, view: more.view ?? this.#view, why: this.#why, paused: this.#opened.paused !== null };
    emit(setup.name, { type: 'conditions', ...conditionsOf(draft, scene) });
  }

  #next(
    draft: Draft,
    undecided: readonly Intent[],
    more: {
      readonly retryAfterMs: number;
      readonly setbacks?: number;
      readonly blind?: boolean;
      readonly unseen?: boolean;
    },
  ): number {
    const { timing, mode } = this.#setup;
    return nextLook({
      now: this.#deps.clock.wall(),
      timing,
      lookBy: draft.lookBy,
      states: Object.values(draft.states),
      undecided,
      still: mode === 'dryRun' || this.#opened.paused !== null,
      blind: more.blind ?? false,
      failures: draft.health ?? 0,
      lot: lot(`${this.#opened.epoch}-${this.#deps.stamp}-${this.#setup.name}`),
      unseen: more.unseen ?? false,
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

/** What its decision of this look says about why nothing leaves; `null` below `act`, where nobody has to hurry. */
function whyNothing({ decisions }: Draft, loan: LoanId): string | null {
  const found = decisions.find(({ decision }) => decision.loan === loan)?.decision;
  if (found === undefined) return 'it was not decided about';
  return parse(found.ltv).lt(parse(found.levels.act)) ? null : found.says;
}

function movesOf({ others, recent }: Opened, known: readonly Intent[]): Pick<Judging, 'others' | 'ours'> {
  return { others, ours: [...known, ...recent.filter(({ id }) => known.every((one) => one.id !== id))] };
}
