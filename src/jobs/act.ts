/**
 * The one function that sends. Read it line by line as if the process died on each:
 *
 * | dies after | what is left | what the next look does |
 * |---|---|---|
 * | sign | `planned` | voids it, returns the charge |
 * | claim | `sending`, no byte left | gathers evidence; absence over time returns the charge |
 * | send | `sending`, bytes left | gathers evidence; never sends it again |
 * | outcome | the outcome | goes on from it |
 */
import type { Intent, Reply } from '../core/intent.ts';
import type { SignedRequest } from '../exchanges/exchange.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Appended } from './journal.ts';
import type { Lease } from './lease.ts';

export interface Acted {
  /** The intent as it stands after the reply was recorded. */
  readonly intent: Intent;
  readonly reply: Reply;
  /** The journal already held another verdict: the account must halt. */
  readonly contradiction: string | null;
}

const APPEND_ATTEMPTS = 20;

export async function act(deps: LookDeps, setup: AccountSetup, intent: Intent, lease: Lease, emergency: boolean): Promise<Acted> {
  const { clock, journal, venue } = deps;
  if (intent.mode !== setup.mode || setup.mode === 'dryRun') return refuse(deps, intent, `the account is ${setup.mode}, the plan is ${intent.mode}`);
  const request = venue.sign(intent);
  if (!(await lease.renew())) return refuse(deps, intent, 'the lane was taken over by another process');
  if (!deps.mayClaim()) return refuse(deps, intent, 'the server is stopping');

  const wall = clock.wall();
  const mono = clock.mono();
  const denied = await journal.claim(intent, setup.digest, request.validUntil, wall, emergency);
  if (denied !== null) return refuse(deps, intent, denied);
  const late = tooLate(deps, setup, intent, request, lease, { wall, mono });
  if (late !== null) return refuse(deps, intent, late);

  const sending: Intent = { ...intent, state: 'sending', sentAt: wall, validUntil: request.validUntil };
  deps.emit(setup.name, { type: 'sent', intent: sending });
  // A stop of the server does not abort this request: that would only turn its outcome into unknown.
  const reply = await venue.send(request, AbortSignal.timeout(setup.timing.requestDeadlineMs));
  return record(deps, sending, reply);
}

/** After the claim: is the lease, the age and the clock still what they were? A frozen process wakes up here (DESIGN §4). */
function tooLate(
  deps: LookDeps,
  setup: AccountSetup,
  intent: Intent,
  request: SignedRequest,
  lease: Lease,
  asked: { readonly wall: number; readonly mono: number },
): string | null {
  const { clock } = deps;
  const tookMs = Math.max(clock.mono() - asked.mono, clock.wall() - asked.wall);
  if (tookMs > setup.timing.claimReplyMs || clock.wall() < asked.wall) return `the claim's reply took ${tookMs.toFixed(0)} ms`;
  if (lease.remainingMs() < setup.timing.requestDeadlineMs) return 'the lease would not outlast the request';
  if (clock.wall() - intent.plannedAt > intent.maxAgeMs) return 'the plan is too old';
  if (clock.wall() >= request.validUntil) return 'the signature is no longer valid';
  return null;
}

async function refuse(deps: LookDeps, intent: Intent, reason: string): Promise<Acted> {
  return record(deps, intent, { outcome: 'refused', reason });
}

async function record(deps: LookDeps, intent: Intent, reply: Reply): Promise<Acted> {
  const next = afterReply(intent, reply, deps.clock.wall());
  const { state, ref, note, settledAt } = next;
  if (state === 'planned' || state === 'sending' || state === 'voided') throw new Error(`no reply leads to ${state}`);
  const appended = await append(deps, () => deps.journal.outcome(intent, state, { ref, note, settledAt }));
  const contradiction = typeof appended === 'object' && appended.contradicts !== 'voided' ? `the journal says ${appended.contradicts}, the venue's reply says ${state}` : null;
  return { intent: next, reply, contradiction };
}

/** The fact is known and must not be lost to a short outage of Redis; a longer one leaves `sending` for the next look. */
async function append(deps: LookDeps, write: () => Promise<Appended>): Promise<Appended> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (attempt >= APPEND_ATTEMPTS) throw error;
      await deps.clock.sleep(100);
    }
  }
}

export function afterReply(intent: Intent, reply: Reply, now: number): Intent {
  switch (reply.outcome) {
    case 'accepted':
      return { ...intent, state: 'settling', ref: reply.ref, note: reply.note };
    case 'rejected':
      return { ...intent, state: 'rejected', settledAt: now, note: `${reply.code}: ${reply.meaning}` };
    case 'refused':
      return { ...intent, state: 'refused', settledAt: now, note: reply.reason };
    case 'unknown':
      return { ...intent, state: 'unknown', note: reply.reason };
  }
}
