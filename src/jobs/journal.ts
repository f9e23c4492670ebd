/**
 * The journal: the durable record in Redis of what we saw, decided, sent and learned. The truth about what we did
 * (DESIGN §4). One instance speaks for one account. Every change goes through one of four atomic steps:
 * `open` → `commit` → `claim` → `outcome`; the first three are fenced by the epoch, an outcome is a fact and is not.
 */
import type { Redis } from 'ioredis';
import type { Evidence, Intent, IntentState } from '../core/intent.ts';
import type { LoanId } from '../core/loan.ts';
import type { Charge, Decision } from '../core/need.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { prefixOf } from './keys.ts';
import { CLAIM, COMMIT, OPEN, OUTCOME } from './scripts.ts';

/** Fields of an intent that change after it was written. */
type Mutable = Pick<Intent, 'state' | 'validUntil' | 'sentAt' | 'settledAt' | 'ref' | 'note' | 'reads'>;
type Body = Omit<Intent, keyof Mutable>;

export interface Paused {
  readonly by: string;
  readonly why: string;
  readonly at: number;
  readonly until: number | null;
}

/** Everything a look starts from, read in one atomic step that also raised the epoch. */
export interface Opened {
  readonly epoch: number;
  readonly loans: ReadonlyMap<LoanId, Stored>;
  readonly account: Stored | null;
  /** Intents that may still move money; leftovers that were only planned have just been voided. */
  readonly undecided: readonly Intent[];
  readonly charges: readonly Charge[];
  readonly fruitless: Readonly<Record<LoanId, number>>;
  readonly learned: Learned;
  readonly paused: Paused | null;
  readonly seen: string | null;
  readonly suspect: string | null;
  readonly recentAmounts: readonly string[];
  readonly voided: readonly string[];
  /** Redis' own clock, ms: the one clock that all processes share. */
  readonly redisNow: number;
}

export interface Learned {
  readonly minRepay: Readonly<Record<string, string>>;
  readonly minLeft: Readonly<Record<string, string>>;
  readonly decimals: Readonly<Record<string, number>>;
}

/** What one look writes at once. */
export interface Commit {
  readonly loans: ReadonlyMap<LoanId, Stored>;
  readonly account: Stored | null;
  readonly decisions: readonly { readonly decision: Decision; readonly signature: string; readonly detail: object }[];
  readonly intent: { readonly intent: Intent; readonly charge: Charge } | null;
  readonly learned: readonly (readonly [field: string, value: string])[];
  readonly seen: string | null;
  readonly suspect: string | null;
  readonly nextLookAt: number | null;
  readonly lookedAt: number | null;
}

export const EMPTY_COMMIT: Commit = {
  loans: new Map(),
  account: null,
  decisions: [],
  intent: null,
  learned: [],
  seen: null,
  suspect: null,
  nextLookAt: null,
  lookedAt: null,
};

/** Another look of the account began meanwhile: this one must stop without sending. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError';
}

const DAY_MS = 86_400_000;
/** Charges are kept a little longer than the longest window, so that a slow clock never forgets one too early. */
const CHARGES_KEPT_MS = 2 * DAY_MS;
const DECISIONS_KEPT = 20_000;
const RECENT_AMOUNTS = 200;

/** From which states an outcome may follow; anything else contradicts what is recorded (DESIGN §4 "appended by intent id"). */
const FOLLOWS: Readonly<Record<Exclude<IntentState, 'planned' | 'sending' | 'voided'>, string>> = {
  settling: 'sending,unknown,settling',
  unknown: 'sending,settling,unknown',
  // Given up is not proven: a late truth is welcome and contradicts nothing.
  confirmed: 'sending,settling,unknown,expired',
  rejected: 'sending,settling,unknown,expired',
  refused: 'sending,planned',
  expired: 'unknown',
};
const REFUNDED: ReadonlySet<IntentState> = new Set<IntentState>(['rejected', 'refused']);

export type OutcomeState = keyof typeof FOLLOWS;
export type Appended = 'ok' | 'same' | { readonly contradicts: IntentState | 'missing' };

export class Journal {
  readonly prefix: string;
  readonly #redis: Redis;
  readonly #intents: string;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.prefix = prefixOf(address);
    this.#intents = `${this.prefix}intent:`;
  }

  key(name: AccountKey): string {
    return this.prefix + name;
  }

  #keys(...names: readonly AccountKey[]): string[] {
    return names.map((name) => this.key(name));
  }

  async #run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#redis.eval(script, String(keys.length), ...keys, ...args.map(String));
  }

  /** Step 1 of a look: raises the epoch, voids what was only planned, returns the account as the journal knows it. */
  async open(wallNow: number): Promise<Opened> {
    const keys = this.#keys('epoch', 'open', 'loans', 'account', 'charges', 'fruitless', 'learned', 'paused', 'seen', 'suspect', 'index');
    const reply = await this.#run(OPEN, keys, [this.#intents, wallNow - CHARGES_KEPT_MS, RECENT_AMOUNTS]);
    return openedFrom(list(reply));
  }

  /** Step 6: all or nothing, and only while no newer look has begun. @throws StaleEpochError */
  async commit(epoch: number, digest: string, commit: Commit, wallNow: number): Promise<void> {
    const keys = this.#keys('epoch', 'open', 'loans', 'account', 'charges', 'why', 'last', 'decisions', 'seen', 'suspect', 'next', 'looked', 'index', 'learned');
    const verdict = await this.#run(COMMIT, keys, [epoch, JSON.stringify(wire(commit, digest, wallNow)), this.#intents]);
    if (verdict !== 'ok') throw new StaleEpochError(`the look with epoch ${String(epoch)} may not commit: ${String(verdict)}`);
  }

  /** The fence. Returns `null` when this run, and only this run, may send; else why it may not. */
  async claim(intent: Intent, digest: string, validUntil: number, sentAt: number, emergency: boolean): Promise<string | null> {
    const keys = this.#keys('epoch', 'open', 'paused', 'account');
    const verdict = await this.#run(CLAIM, keys, [this.#intents, intent.id, intent.epoch, digest, validUntil, sentAt, emergency ? 1 : 0]);
    return verdict === 'ok' ? null : String(verdict);
  }

  /** Appends a fact about an intent. A fact that contradicts a settled verdict is not written and is returned as such. */
  async outcome(intent: Intent, state: OutcomeState, fields: Partial<Omit<Mutable, 'state'>>): Promise<Appended> {
    const keys = this.#keys('open', 'charges', 'fruitless', 'learned');
    const fuse = state === 'confirmed' ? 'reset' : state === 'rejected' || state === 'unknown' ? 'count' : '';
    const counted = state === 'unknown' && intent.state === 'unknown' ? '' : fuse;
    const pairs = Object.entries(fields).flatMap(([name, value]) => [name, name === 'reads' ? JSON.stringify(value) : String(value ?? '')]);
    const args = [this.#intents, intent.id, state, FOLLOWS[state], REFUNDED.has(state) ? 1 : 0, intent.loan, counted, ...pairs];
    const verdict = String(await this.#run(OUTCOME, keys, args));
    return verdict === 'ok' || verdict === 'same' ? verdict : { contradicts: verdict as IntentState | 'missing' };
  }

  async intent(id: string): Promise<Intent | null> {
    const fields = await this.#redis.hgetall(this.#intents + id);
    return fields['body'] === undefined ? null : intentFrom(fields);
  }

  /** Every intent ever written for this account, oldest first. */
  async intents(): Promise<Intent[]> {
    const ids = await this.#redis.zrange(this.key('index'), '0', '-1');
    const all = await Promise.all(ids.map((id) => this.intent(id)));
    return all.filter((intent) => intent !== null);
  }

  /** The newest intents, newest first. */
  async recent(count: number): Promise<Intent[]> {
    const ids = await this.#redis.zrevrange(this.key('index'), '0', String(count - 1));
    const all = await Promise.all(ids.map((id) => this.intent(id)));
    return all.filter((intent) => intent !== null);
  }

  async loans(): Promise<ReadonlyMap<LoanId, Stored>> {
    return storedMap(Object.entries(await this.#redis.hgetall(this.key('loans'))).flat());
  }

  /** Newest decision of a loan with its trace, as written; `null` before the first look. */
  async why(loan: LoanId): Promise<string | null> {
    return this.#redis.hget(this.key('why'), loan);
  }

  /** Decision records, oldest first. */
  async decisions(): Promise<{ readonly loan: LoanId; readonly json: string }[]> {
    const rows = await this.#redis.xrange(this.key('decisions'), '-', '+');
    return rows.map(([, fields]) => ({ loan: fields[1] ?? '', json: fields[3] ?? '' }));
  }

  async nextLookAt(): Promise<number | null> {
    const text = await this.#redis.get(this.key('next'));
    return text === null ? null : Number(text);
  }

  async lookedAt(): Promise<number | null> {
    const text = await this.#redis.get(this.key('looked'));
    return text === null ? null : Number(text);
  }

  async pause(paused: Paused): Promise<void> {
    await this.#redis.set(this.key('paused'), JSON.stringify(paused));
  }

  async resume(): Promise<void> {
    await this.#redis.del(this.key('paused'));
  }
}

/** An evidence read, bounded so that an intent that stays undecided for days does not grow without end. */
export function withRead(intent: Intent, at: number, evidence: Evidence): Intent['reads'] {
  return [...intent.reads, { at, verdict: evidence.verdict }].slice(-50);
}

function wire(commit: Commit, digest: string, wallNow: number): object {
  const { intent } = commit;
  return {
    loans: [...commit.loans].flatMap(([id, stored]) => [id, JSON.stringify(stored)]),
    account: commit.account === null ? '' : JSON.stringify(commit.account),
    why: commit.decisions.flatMap((d) => [d.decision.loan, d.signature, JSON.stringify({ ...d.detail, decision: d.decision })]),
    intents: intent === null ? [] : [intent.intent.id, JSON.stringify(bodyOf(intent.intent)), intent.intent.amount, JSON.stringify(intent.charge), String(intent.intent.maxAgeMs)],
    learned: commit.learned.flat(),
    seen: commit.seen ?? '',
    suspect: commit.suspect ?? '',
    next: commit.nextLookAt === null ? '' : String(commit.nextLookAt),
    looked: commit.lookedAt === null ? '' : String(commit.lookedAt),
    digest,
    keep: DECISIONS_KEPT,
    chargesFrom: String(wallNow - CHARGES_KEPT_MS),
  };
}

function bodyOf(intent: Intent): Body {
  const { state: _s, validUntil: _v, sentAt: _a, settledAt: _t, ref: _r, note: _n, reads: _d, ...body } = intent;
  return body;
}

function intentFrom(fields: Readonly<Record<string, string>>): Intent {
  const number = (name: string): number | null => (fields[name] === undefined || fields[name] === '' ? null : Number(fields[name]));
  return {
    ...(JSON.parse(fields['body'] ?? '{}') as Body),
    state: fields['state'] as IntentState,
    validUntil: number('validUntil'),
    sentAt: number('sentAt'),
    settledAt: number('settledAt'),
    ref: fields['ref'] === undefined || fields['ref'] === '' ? null : fields['ref'],
    note: fields['note'] ?? '',
    reads: JSON.parse(fields['reads'] ?? '[]') as Intent['reads'],
  };
}

function openedFrom(reply: readonly unknown[]): Opened {
  const [epoch, loans, account, intents, charges, fruitless, learned, paused, seen, suspect, recent, voided, now] = reply;
  return {
    epoch: Number(epoch),
    loans: storedMap(texts(loans)),
    account: typeof account === 'string' ? (JSON.parse(account) as Stored) : null,
    undecided: list(intents).map((fields) => intentFrom(record(texts(fields)))),
    charges: texts(charges).map((text) => JSON.parse(text) as Charge),
    fruitless: Object.fromEntries(Object.entries(record(texts(fruitless))).map(([loan, count]) => [loan, Number(count)])),
    learned: learnedFrom(record(texts(learned))),
    paused: typeof paused === 'string' ? (JSON.parse(paused) as Paused) : null,
    seen: typeof seen === 'string' ? seen : null,
    suspect: typeof suspect === 'string' ? suspect : null,
    recentAmounts: texts(recent),
    voided: texts(voided),
    redisNow: Number(now),
  };
}

/** Learned values are stored as `minRepay/USDT` → `10`. */
function learnedFrom(fields: Readonly<Record<string, string>>): Learned {
  const pick = (kind: string): [string, string][] =>
    Object.entries(fields).flatMap(([name, value]): [string, string][] => (name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value]] : []));
  return {
    minRepay: Object.fromEntries(pick('minRepay')),
    minLeft: Object.fromEntries(pick('minLeft')),
    decimals: Object.fromEntries(pick('decimals').map(([asset, value]) => [asset, Number(value)])),
  };
}

function storedMap(flat: readonly string[]): ReadonlyMap<LoanId, Stored> {
  return new Map(Object.entries(record(flat)).map(([id, json]) => [id, JSON.parse(json) as Stored]));
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('the journal answered something that is not a list');
  return value;
}

function texts(value: unknown): string[] {
  return list(value).flatMap((item) => (item === null || item === undefined ? [] : [String(item as string | number)]));
}

function record(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  return fields;
}
