/**
 * Intents as values: how one is made from a decision (DESIGN §2.1–2.3, §4). How its state may change, and when it may still
 * be claimed, is said where it is done: in one atomic step of the journal (jobs/outcomes.ts, jobs/scripts.ts).
 */
import type { Intent, Leg, Mode, StateBefore } from './intent.ts';
import type { AccountView, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import type { Decision } from './need.ts';
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
    clientId: identifiedBy(loan, decision.leg) === 'amount' ? '' : clientIdOf(facts.id),
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
    troubleAt: null,
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
const CLIENT_ID = /^b[0-9a-z]{7}[A-Za-z0-9]+$/;

/**
 * At most 32 letters and digits that follow from the intent id (okx.md §3.7): a hash of the whole, then its end, where its
 * epoch and number are.
 */
export function clientIdOf(id: string): string {
  const hashed = hash(id).toString(36).padStart(HASH_LENGTH, '0');
  return `b${hashed}${id.replaceAll('-', '').slice(-(CLIENT_ID_MOST - 1 - HASH_LENGTH))}`;
}

/** Whether an id could be one of ours, from whichever journal. */
export function isClientId(text: string): boolean {
  return text.length > HASH_LENGTH + 1 && text.length <= CLIENT_ID_MOST && CLIENT_ID.test(text);
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
