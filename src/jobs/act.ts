/**
 * Step 7: the one function that sends. Read it line by line as if the process died on each:
 *
 * | dies after | what is left | what the next look does |
 * |---|---|---|
 * | sign | `planned` | voids it, returns the charge |
 * | claim, witness | `sending`, no byte left | gathers evidence; absence over time returns the charge |
 * | send | `sending`, bytes left | gathers evidence; never sends it again |
 * | outcome | the outcome | goes on from it |
 */
import { timeout } from '../clock.ts';
import type { Intent, RejectEffect, Reply } from '../core/intent.ts';
import { RELEASE_RUNG } from '../core/limits.ts';
import { modeAllows } from '../core/modes.ts';
import type { AccountMode } from '../core/need.ts';
import type { Sent, SignedRequest } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { venueNow } from './clocks.ts';
import type { Appended } from './outcomes.ts';
import type { Lease } from './lease.ts';
import { messageOf } from './observing.ts';

/** What `act` needs to know besides the intent. */
export interface ActFacts {
  /** The settings that the plan was made under. */
  readonly setup: AccountSetup;
  readonly lease: Lease;
  /** Aborts when the look was told to stop. */
  readonly signal: AbortSignal;
  /** The account's mode when it was planned. */
  readonly accountMode: AccountMode;
  /** Age of the view that the plan was made from. */
  readonly ageMs: () => number;
  /** Another call is undecided, and this one may leave beside it (DESIGN §5.7). */
  readonly beside: boolean;
  /** Wall ms of the account's newest send. */
  readonly lastSentAt: number | null;
}

export interface Acted {
  /** The intent as it stands after the reply was recorded. */
  readonly intent: Intent;
  readonly reply: Reply;
  /** The journal already held another verdict: the account must halt. */
  readonly contradiction: string | null;
}

const APPEND_ATTEMPTS = 20;
const APPEND_WAIT_MS = 100;

export async function act(deps: LookDeps, intent: Intent, facts: ActFacts): Promise<Acted> {
  const { clock, journal, venue } = deps;
  const { timing } = facts.setup;
  await spaced(deps, facts);
  if (!(await facts.lease.renew())) return refuse(deps, intent, 'the lane was taken over by another process');
  const forbidden = whyNot(deps, intent, facts);
  if (forbidden !== null) return refuse(deps, intent, forbidden);

  let request: SignedRequest;
  let denied: string | null;
  const wall = clock.wall();
  const mono = clock.mono();
  try {
    request = venue.sign(intent);
    deps.passing('signed');
    const validBefore = (venueNow(deps) ?? 0) - timing.lagMarginMs;
    const beside = facts.beside ? { validBefore } : null;
    // The digest of now, not of the plan: a file that was reloaded since denies the claim.
    denied = await journal.claim(intent, deps.setup().digest, request.validUntil, wall, beside);
  } catch (error) {
    // Whether the claim reached the journal is unknown; that nothing was sent is not.
    return refuse(deps, intent, `it could not be signed and claimed: ${messageOf(error)}`);
  }
  if (denied !== null) return refuse(deps, intent, denied);
  deps.passing('claimed');
  const sending: Intent = { ...intent, state: 'sending', sentAt: wall, validUntil: request.validUntil };
  const unwitnessed = await witnessed(deps, sending);
  if (unwitnessed !== null) return refuse(deps, intent, unwitnessed);
  deps.passing('witnessed');
  const late = tooLate(deps, facts, request, { wall, mono });
  if (late !== null) return refuse(deps, intent, late);

  deps.emit(facts.setup.name, { type: 'sent', intent: sending });
  deps.passing('sending');
  // A stop of the server does not abort this request: that would only turn its outcome into unknown.
  const reply = await venue.send(request, timeout(clock, timing.requestDeadlineMs)).catch((error: unknown): Sent => ({
    outcome: 'unknown',
    reason: `the send threw: ${messageOf(error)}`,
    code: null,
  }));
  deps.passing('answered');
  const acted = await record(deps, sending, reply);
  keepAnswer(deps, acted, reply, request);
  return acted;
}

/** For people, once the fact is written down. */
function keepAnswer({ clock, journal, venue }: LookDeps, { intent }: Acted, sent: Sent, request: SignedRequest): void {
  const clocks = { wall: clock.wall(), venueOffset: venue.clockOffsetMs() };
  const { signedAt } = request;
  const said = { outcome: sent.outcome, says: intent.note, reply: sent.raw ?? null };
  journal.dossiers.sent(intent.id, { ...clocks, signedAt, ...said });
}

/** What a machine sends it can prove to have sent, also when its journal is lost. */
async function witnessed({ safeguard, emit, setup }: LookDeps, sending: Intent): Promise<string | null> {
  try {
    await safeguard?.witness.claimed(sending);
    return null;
  } catch (error) {
    const says = `the witness file cannot be written (${messageOf(error)}), so nothing is sent. See that its disk has room and may be written.`;
    emit(setup().name, { type: 'alert', severity: 'critical', category: 'witness', loan: sending.loan, says });
    return `the witness could not be written: ${messageOf(error)}`;
  }
}

/** Two money calls of one account keep their distance, whatever became of the first (DESIGN §2.3). */
async function spaced({ clock }: LookDeps, { lastSentAt, setup: { timing }, signal }: ActFacts): Promise<void> {
  const passed = lastSentAt === null ? timing.spacingMs : clock.wall() - lastSentAt;
  // A clock that went back must not stretch the wait.
  const left = Math.min(timing.spacingMs, timing.spacingMs - passed);
  if (left > 0) await clock.sleep(left, signal).catch(() => undefined);
}

/** What must hold at the moment of the claim, asked of the settings of that moment (DESIGN §2.11, §8). */
function whyNot(deps: LookDeps, intent: Intent, { signal, setup, accountMode, beside }: ActFacts): string | null {
  const { mode } = deps.setup();
  if (intent.mode !== mode || mode === 'dryRun') return `the account is ${mode}, the plan is ${intent.mode}`;
  if (intent.policyDigest !== setup.digest) return 'the plan was made under another policy';
  if (!modeAllows(accountMode, intent.verb)) return `mode ${accountMode} does not let ${intent.verb} leave`;
  if (beside && intent.rung === RELEASE_RUNG) return 'nothing is released while another money call is undecided';
  if (!deps.mayClaim() || signal.aborted) return 'the server is stopping';
  return null;
}

/** After the claim: are lease, age and clocks still what they were? A frozen process wakes up here (DESIGN §4). */
function tooLate(
  deps: Pick<LookDeps, 'clock' | 'venue'>,
  { setup: { timing }, lease, ageMs }: ActFacts,
  request: SignedRequest,
  asked: { readonly wall: number; readonly mono: number },
): string | null {
  const { clock } = deps;
  const tookMs = Math.max(clock.mono() - asked.mono, clock.wall() - asked.wall);
  if (tookMs > timing.claimReplyMs) return `the claim's reply took ${tookMs.toFixed(0)} ms`;
  if (clock.wall() < asked.wall) return 'the clock went back during the claim';
  if (lease.remainingMs() < timing.requestDeadlineMs) return 'the lease would not outlast the request';
  if (ageMs() > timing.maxAgeMs) return `the reads behind the plan are ${ageMs().toFixed(0)} ms old`;
  const now = venueNow(deps);
  if (now === null) return "the venue's clock is not known any more";
  if (now >= request.validUntil) return 'the signature is no longer valid';
  return null;
}

async function refuse(deps: LookDeps, intent: Intent, reason: string): Promise<Acted> {
  return record(deps, intent, { outcome: 'refused', reason });
}

async function record(deps: LookDeps, intent: Intent, reply: Reply): Promise<Acted> {
  const next = afterReply(intent, reply, deps.clock.wall());
  const { state, ref, note, settledAt, troubleAt } = next;
  if (state === 'planned' || state === 'sending' || state === 'voided') throw new Error(`no reply leads to ${state}`);
  const fuse = !(reply.outcome === 'rejected' && NOT_NOW.has(reply.effect));
  const appended = await append(deps, () =>
    deps.journal.outcome(intent, state, { ref, note, settledAt, troubleAt }, fuse),
  );
  deps.passing('recorded');
  const isContrary = appended.result === 'contradicts' || appended.result === 'overrules';
  const contradiction = isContrary ? `the journal says ${appended.state}, the venue's reply says ${state}` : null;
  return { intent: next, reply, contradiction };
}

/**
 * Rejections that say "not now": the call was not taken, so it is no send without effect. Counted, they would blow the
 * fuse in the very minute in which everybody wants something of the venue (DESIGN §2.6).
 */
const NOT_NOW: ReadonlySet<RejectEffect> = new Set<RejectEffect>(['pending', 'rateLimited', 'banned', 'clock']);

/** The fact is known and must not be lost to a short outage of Redis; a longer one leaves `sending` for the next look. */
async function append(deps: LookDeps, write: () => Promise<Appended>): Promise<Appended> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (attempt >= APPEND_ATTEMPTS) throw error;
      await deps.clock.sleep(APPEND_WAIT_MS);
    }
  }
}

export function afterReply(intent: Intent, reply: Reply, now: number): Intent {
  switch (reply.outcome) {
    case 'accepted':
      return { ...intent, state: 'settling', ref: reply.ref, note: reply.note };
    case 'rejected':
      return {
        ...intent,
        ...{ state: 'rejected', settledAt: now, note: `${reply.code}: ${reply.meaning}` },
        troubleAt: reply.effect === 'unavailable' ? now : intent.troubleAt,
      };
    case 'refused':
      return { ...intent, state: 'refused', settledAt: now, note: reply.reason };
    case 'unknown':
      return { ...intent, state: 'unknown', troubleAt: now, note: reply.reason };
  }
}
