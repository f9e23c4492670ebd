/** What the journal writes and reads as text: the wire shape of a commit, and the replies of its scripts as values. */
import type { Intent, IntentState, Word } from '../core/intent.ts';
import { MINIMA } from '../core/learned.ts';
import type { Learned, Minimum } from '../core/learned.ts';
import type { LoanId } from '../core/loan.ts';
import type { Charge } from '../core/need.ts';
import type { Stored } from '../machines/types.ts';
import { actFrom } from './externals.ts';
import type { Commit, Opened, Rest } from './journalShapes.ts';
import type { Acknowledged, Paused } from './operator.ts';

/** Fields of an intent that change after it was written. */
export type Mutable = Pick<
  Intent,
  'state' | 'validUntil' | 'sentAt' | 'settledAt' | 'troubleAt' | 'ref' | 'note' | 'reads' | 'byWord'
>;
/** What an outcome may say besides its state. The LTV of the loan once it was done is for people only. */
export type OutcomeFields = Partial<Omit<Mutable, 'state'>> & { readonly ltvAfter?: string };
/** Fields that scripts alone write. */
type Marks = Pick<Intent, 'emergency' | 'word'>;
type Body = Omit<Intent, keyof Mutable | keyof Marks>;

/** Bounds of what is kept. */
export interface Keeping {
  readonly decisions: number;
  readonly modes: number;
  readonly chargesMs: number;
}

/** A commit as flat lists of text: the only shape that survives Redis' JSON decoder unchanged. */
export function commitText(commit: Commit, digest: string, keeping: Keeping): string {
  const { intent, episodes } = commit;
  return JSON.stringify({
    loans: [...commit.loans].flatMap(([id, stored]) => [id, JSON.stringify(stored)]),
    account: commit.account === null ? '' : JSON.stringify(commit.account),
    why: commit.decisions.flatMap((d) => [d.decision.loan, d.signature, decisionText(d)]),
    intents: intent === null ? [] : intentTexts(intent.intent, intent.charge, commit),
    learned: commit.learned.flat(),
    charges: commit.charges.flatMap((charge) => [JSON.stringify(charge), String(charge.at)]),
    seen: commit.seen ?? '',
    suspect: commit.suspect ?? '',
    disputes: commit.disputes ?? '',
    next: commit.nextLookAt === null ? '' : String(commit.nextLookAt),
    looked: commit.lookedAt === null ? '' : String(commit.lookedAt),
    told: commit.told,
    over: commit.over,
    health: commit.health === null ? '' : String(commit.health),
    halt: commit.haltTaken ?? '',
    acknowledged: commit.acknowledgedTaken ?? '',
    rest: commit.rest === null ? '' : JSON.stringify(commit.rest),
    digest,
    mode: commit.mode?.mode ?? '',
    modeWhy: commit.mode?.why ?? '',
    episodes: episodes.length === 0 ? '' : `/${episodes.join('/')}/`,
    keep: keeping.decisions,
    modesKept: keeping.modes,
    chargesKept: keeping.chargesMs,
  });
}

function decisionText({ decision, detail }: Commit['decisions'][number]): string {
  return JSON.stringify({ ...detail, decision });
}

/** With the decision that asked for it, which its record may outlive. */
function intentTexts(intent: Intent, charge: Charge, { decisions }: Commit): readonly string[] {
  const asked = decisions.find(({ decision }) => decision.loan === intent.loan);
  return [
    ...[intent.id, JSON.stringify(bodyOf(intent)), intent.amount, JSON.stringify(charge), String(intent.maxAgeMs)],
    asked === undefined ? '' : decisionText(asked),
  ];
}

function bodyOf(intent: Intent): Body {
  const {
    state: _s,
    validUntil: _v,
    sentAt: _a,
    settledAt: _t,
    troubleAt: _f,
    ref: _r,
    note: _n,
    reads: _d,
    ...kept
  } = intent;
  const { emergency: _e, word: _w, byWord: _b, ...body } = kept;
  return body;
}

/** Names and values of the fields that an outcome changes. */
export function fieldTexts({ reads, ...plain }: OutcomeFields): readonly string[] {
  const texts = Object.entries(plain).flatMap(([name, value]) => [name, String(value ?? '')]);
  return reads === undefined ? texts : [...texts, 'reads', JSON.stringify(reads)];
}

/** An intent from the fields of its hash; `null` when there is none. */
export function intentOf(fields: Readonly<Record<string, string>>): Intent | null {
  const { body, state, ref, note, reads } = fields;
  if (body === undefined) return null;
  const number = (name: string): number | null =>
    fields[name] === undefined || fields[name] === '' ? null : Number(fields[name]);
  return {
    ...(JSON.parse(body) as Body),
    state: state as IntentState,
    validUntil: number('validUntil'),
    sentAt: number('sentAt'),
    settledAt: number('settledAt'),
    troubleAt: number('troubleAt'),
    ref: ref === undefined || ref === '' ? null : ref,
    note: note ?? '',
    reads: JSON.parse(reads ?? '[]') as Intent['reads'],
    ...marksOf(fields),
  };
}

function marksOf({ emergency, word, byWord }: Readonly<Record<string, string>>): Marks & Pick<Mutable, 'byWord'> {
  return {
    ...(emergency === '1' ? { emergency: true } : {}),
    ...(word === undefined ? {} : { word: JSON.parse(word) as Word }),
    ...(byWord === 'true' ? { byWord: true } : {}),
  };
}

export function openedOf(reply: unknown): Opened {
  const [epoch, loans, account, open, charges, fruitless, learned, paused, seen, suspect, amounts, recent, ...rest] =
    list(reply);
  const [voided, told, health, halt, resting, disputes, now, pauses, acknowledged, others] = rest;
  const undecided = list(open).map((fields) => record(texts(fields)));
  return {
    epoch: Number(epoch),
    loans: storedMap(record(texts(loans))),
    account: text(account) === null ? null : (JSON.parse(text(account) ?? '') as Stored),
    undecided: intentsOf(undecided),
    emergencies: new Set(intentsOf(undecided).flatMap(({ id, emergency }) => (emergency === true ? [id] : []))),
    charges: texts(charges).map((json) => JSON.parse(json) as Charge),
    fruitless: fruitlessFrom(record(texts(fruitless))),
    learned: learnedFrom(record(texts(learned))),
    paused: text(paused) === null ? null : (JSON.parse(text(paused) ?? '') as Paused),
    pausedLoans: new Map(
      Object.entries(record(texts(pauses))).map(([loan, json]) => [loan, JSON.parse(json) as Paused]),
    ),
    acknowledged: acknowledgedOf(text(acknowledged)),
    seen: text(seen),
    suspect: text(suspect),
    disputes: text(disputes),
    recentAmounts: texts(amounts),
    recent: intentsOf(list(recent).map((fields) => record(texts(fields)))),
    voided: texts(voided),
    told: new Map(Object.entries(record(texts(told))).map(([name, at]) => [name, Number(at)])),
    health: Number(text(health) ?? '0'),
    halt: text(halt),
    rest: text(resting) === null ? null : (JSON.parse(text(resting) ?? '') as Rest),
    others: texts(others).map(actFrom),
    redisNow: Number(now),
  };
}

function acknowledgedOf(json: string | null): Opened['acknowledged'] {
  return json === null ? null : { act: JSON.parse(json) as Acknowledged, text: json };
}

function intentsOf(hashes: readonly Readonly<Record<string, string>>[]): readonly Intent[] {
  return hashes.flatMap((fields) => intentOf(fields) ?? []);
}

/** Learned values are stored as `minRepay/okx.flexibleLoan/USDT` → `10` and `decimals/USDT` → `4`. */
export function learnedFrom(fields: Readonly<Record<string, string>>): Learned {
  const pick = (kind: string): readonly (readonly [string, string])[] =>
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value] as const] : [],
    );
  const minima = Object.fromEntries(MINIMA.map((kind) => [kind, Object.fromEntries(pick(kind))]));
  return {
    ...(minima as Record<Minimum, Record<string, string>>),
    decimals: Object.fromEntries(pick('decimals').map(([asset, value]) => [asset, Number(value)])),
  };
}

export function fruitlessFrom(fields: Readonly<Record<string, string>>): Opened['fruitless'] {
  return Object.fromEntries(Object.entries(fields).map(([loan, times]) => [loan, times.split(' ').map(Number)]));
}

export function storedMap(fields: Readonly<Record<string, string>>): ReadonlyMap<LoanId, Stored> {
  return new Map(Object.entries(fields).map(([id, json]) => [id, JSON.parse(json) as Stored]));
}

/** A decision record with when it was first and last made, and how often in a row. */
export function recordText(json: string, span: string | null | undefined): string {
  const [firstAt, lastAt, count] = (span ?? '').split(' ').map(Number);
  return JSON.stringify({ ...(JSON.parse(json) as object), firstAt, lastAt, count });
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('the journal answered something that is not a list');
  return value;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function texts(value: unknown): string[] {
  return list(value).flatMap((item) => (item === null || item === undefined ? [] : [String(item as string | number)]));
}

function record(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  return fields;
}
