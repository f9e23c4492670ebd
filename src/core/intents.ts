/**
 * Intents as values: how one is made from a decision, how its state may change, and when it may still be claimed
 * (DESIGN §2.1–2.3, §4). The journal stores what these functions return.
 */
import type { Intent, IntentState, Leg, Mode, StateBefore } from './intent.ts';
import type { AccountView, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import type { AccountMode, Decision } from './need.ts';
import { modeAllows } from './modes.ts';
import { PRODUCT_FACTS } from './products.ts';
import type { Identified } from './products.ts';
import { hash } from './fingerprint.ts';
import { type Dec, format } from './money.ts';

export type ActDecision = Extract<Decision, { verdict: 'act' }>;

/** What an intent needs besides the decision. Ids, times and digests come from the caller. */
export interface IntentFacts {
  /** Unique for ever; letters, digits and `-` only. */
  readonly id: string;
  readonly view: AccountView;
  readonly episode: string;
  readonly mode: Mode;
  readonly epoch: number;
  readonly policyDigest: string;
  /** Wall ms of the plan, and the age after which it may no longer be claimed. */
  readonly plannedAt: number;
  readonly maxAgeMs: number;
}

/** An intent or a decision that cannot be what it says it is: a defect, never a state of the world. */
export class IntentError extends Error {
  override readonly name = 'IntentError';
}

const ID = /^[A-Za-z0-9-]+$/;

/** The intent of an acting decision, state `planned`. @throws IntentError when the view does not hold its loan */
export function intentFrom(decision: ActDecision, facts: IntentFacts): Intent {
  const loan = facts.view.loans.find((one) => one.id === decision.loan);
  if (loan === undefined) throw new IntentError(`the view does not hold ${decision.loan}`);
  if (!ID.test(facts.id)) throw new IntentError(`not an intent id: ${facts.id}`);
  return {
    ...decision.leg,
    id: facts.id,
    account: facts.view.account,
    loan: loan.id,
    product: loan.product,
    key: loan.key,
    mode: facts.mode,
    episode: facts.episode,
    rung: decision.rung,
    tier: decision.tier,
    chargeUsd: decision.chargeUsd,
    fingerprint: decision.fingerprint,
    clientId: identifiedBy(loan, decision.leg) === 'clientId' ? clientIdOf(facts.id) : '',
    epoch: facts.epoch,
    policyDigest: facts.policyDigest,
    plannedAt: facts.plannedAt,
    maxAgeMs: facts.maxAgeMs,
    before: stateBefore(loan, facts.view),
    cursors: {},
    state: 'planned',
    validUntil: null,
    sentAt: null,
    settledAt: null,
    ref: null,
    note: decision.says,
    reads: [],
  };
}

/** How the venue's record of a leg will be recognised. */
export function identifiedBy(loan: LoanView, leg: Pick<Leg, 'verb' | 'from'>): Identified {
  const facts = PRODUCT_FACTS[loan.product];
  const routes = [facts.repay.inside, facts.repay.wallet, facts.add.wallet, facts.release];
  const call = routes.flatMap((route) => route ?? []).find((one) => one.verb === leg.verb && one.from === leg.from);
  return call?.identified ?? 'amount';
}

const CLIENT_ID_MOST = 32;
const HASH_LENGTH = 7;

/**
 * At most 32 letters and digits that follow from the intent id (okx.md §3.7): a hash of the whole, then its end, where its
 * epoch and number are.
 */
export function clientIdOf(id: string): string {
  const hashed = hash(id).toString(36).padStart(HASH_LENGTH, '0');
  return `b${hashed}${id.replaceAll('-', '').slice(-(CLIENT_ID_MOST - 1 - HASH_LENGTH))}`;
}

/** Quantities just before the send: what evidence and progress are judged against. */
export function stateBefore(loan: LoanView, view: AccountView): StateBefore {
  const wallet = view.wallets.find((one) => one.name === PRODUCT_FACTS[loan.product].wallet);
  return {
    debt: texts(loan.debts.map((debt) => [debt.asset, debt.amount])),
    collateral: texts(loan.collateral.map((coin) => [coin.asset, coin.amount])),
    inside: texts(loan.collateral.map((coin) => [coin.asset, coin.free])),
    wallet: texts(Object.entries(wallet?.free ?? {})),
    ltv: format(triggerLtv(loan)),
  };
}

function texts(entries: readonly (readonly [string, Dec])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.map(([asset, value]) => [asset, format(value)]));
}

/** What can become known about an intent. */
export type IntentFact =
  | 'claimed'
  | 'accepted'
  | 'confirmed'
  | 'rejected' // also: proven that it did not happen
  | 'refused'
  | 'unknown'
  | 'expired'
  | 'voided';

/** Every move that is allowed. What is not here is refused. */
const MOVES: Readonly<Record<IntentState, Readonly<Partial<Record<IntentFact, IntentState>>>>> = {
  planned: { claimed: 'sending', refused: 'refused', voided: 'voided' },
  sending: {
    accepted: 'settling',
    confirmed: 'confirmed',
    rejected: 'rejected',
    refused: 'refused',
    unknown: 'unknown',
  },
  settling: {
    accepted: 'settling',
    confirmed: 'confirmed',
    rejected: 'rejected',
    unknown: 'unknown',
    expired: 'expired',
  },
  unknown: {
    accepted: 'settling',
    unknown: 'unknown',
    confirmed: 'confirmed',
    rejected: 'rejected',
    expired: 'expired',
  },
  // Given up is not proven: a late truth is still welcome and contradicts nothing.
  expired: { expired: 'expired', confirmed: 'confirmed', rejected: 'rejected' },
  confirmed: { confirmed: 'confirmed' },
  rejected: { rejected: 'rejected' },
  refused: { refused: 'refused' },
  voided: { voided: 'voided' },
};

/** States that say what became of the money. A different verdict later is a contradiction: the account halts (DESIGN §4). */
const VERDICTS: readonly IntentState[] = ['confirmed', 'rejected', 'refused', 'voided'];
/** Facts that claim an effect, or its absence, of a call. */
const CLAIMS: readonly IntentFact[] = ['accepted', 'confirmed', 'rejected'];

export type Moved =
  | { readonly ok: true; readonly state: IntentState }
  | { readonly ok: false; readonly contradicts: boolean; readonly why: string };

export function nextIntentState(state: IntentState, fact: IntentFact): Moved {
  const next = MOVES[state][fact];
  if (next !== undefined) return { ok: true, state: next };
  const contradicts = VERDICTS.includes(state) && CLAIMS.includes(fact);
  return { ok: false, contradicts, why: `an intent that is ${state} cannot become ${fact}` };
}

/** What a claim is checked against. */
export interface ClaimFacts {
  readonly now: number;
  readonly epoch: number;
  readonly policyDigest: string;
  readonly accountMode: AccountMode;
  /** The mode the account runs in now. */
  readonly sendMode: Mode;
  readonly paused: boolean;
  /** Other intents of the account that may still move money. */
  readonly undecided: readonly Intent[];
  /** True for the one call that may leave beside an undecided one (DESIGN §5.7). */
  readonly emergency: boolean;
}

export type Claimable = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Whether an intent may be claimed now: the same conditions the journal's claim demands (DESIGN §4 "The fence"). */
export function claimable(intent: Intent, facts: ClaimFacts): Claimable {
  const others = facts.undecided.filter((one) => one.id !== intent.id);
  const age = facts.now - intent.plannedAt;
  const reasons: readonly (readonly [boolean, string])[] = [
    [intent.state !== 'planned', `it is ${intent.state}, not planned`],
    [intent.epoch !== facts.epoch, `a newer look has begun (epoch ${facts.epoch})`],
    [intent.policyDigest !== facts.policyDigest, 'the policy has changed since'],
    [intent.mode !== facts.sendMode, `it was planned as ${intent.mode}, the account now runs as ${facts.sendMode}`],
    [!modeAllows(facts.accountMode, intent.verb), `mode ${facts.accountMode} does not allow ${intent.verb}`],
    [facts.paused, 'the loan or its account is paused'],
    [age < 0 || age > intent.maxAgeMs, `it is ${age} ms old, ${intent.maxAgeMs} ms is the most`],
    [others.length > (facts.emergency ? 1 : 0), `${others.map((one) => one.id).join(', ')} is undecided`],
  ];
  const found = reasons.find(([holds]) => holds);
  return found === undefined ? { ok: true } : { ok: false, why: found[1] };
}
