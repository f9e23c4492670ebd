/**
 * The journal of one account read back in time, for people: in pages, so that it may be as long as it likes. Reading begins
 * no look, and what is written or trimmed meanwhile is found or not.
 */
import type { Redis } from 'ioredis';
import type { Intent, IntentState } from '../core/intent.ts';
import type { LoanId } from '../core/loan.ts';
import type { AccountMode, Charge } from '../core/need.ts';
import type { ExternalAct } from '../exchanges/exchange.ts';
import { actFrom } from './externals.ts';
import { intentOf, recordText } from './journalText.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { intentKeyOf, prefixOf } from './keys.ts';
import type { Act } from './operator.ts';

/** ms, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Direction = 'forward' | 'backward';

/** An intent with what its hash holds besides. */
export interface Filed {
  readonly intent: Intent;
  /** Redis ms at which it was written. */
  readonly committedAt: number;
  /** Every state it was in, with the Redis ms at which that was written. */
  readonly trail: readonly { readonly state: IntentState; readonly at: number }[];
  /** LTV of its loan when it was done; `null`: not done, or not seen. */
  readonly ltvAfter: string | null;
}

export interface ModeChange {
  /** Redis ms. */
  readonly at: number;
  readonly mode: AccountMode;
  readonly why: string;
}

export interface OperatorAct extends Act {
  readonly act: string;
  readonly loan: LoanId | null;
  /** Wall ms; only of pauses that end by themselves. */
  readonly until?: number | null;
}

/** A decision's record as JSON, with its span. */
export interface FiledDecision {
  readonly loan: LoanId;
  readonly json: string;
  /** Redis ms at which a different one followed; `null`: it is still made. */
  readonly closedAt: number | null;
}

const PAGE = 200;

export class Archive {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.#prefix = prefixOf(address);
  }

  /** Intents that were planned within the span (Redis ms). */
  async *intents(span: Span, direction: Direction = 'forward'): AsyncGenerator<Filed> {
    for await (const ids of this.#scored('index', span, direction)) {
      const hashes = await Promise.all(ids.map(({ member }) => this.#redis.hgetall(intentKeyOf(this.#prefix, member))));
      yield* hashes.flatMap((fields) => filedOf(fields) ?? []);
    }
  }

  /** What others did within the span, by the venue's dates. */
  async *externals(span: Span, direction: Direction = 'forward'): AsyncGenerator<ExternalAct> {
    for await (const page of this.#scored('external', span, direction))
      yield* page.map(({ member }) => actFrom(member));
  }

  async *modes(span: Span, direction: Direction = 'forward'): AsyncGenerator<ModeChange> {
    for await (const [id, fields] of this.#streamed('modes', span, direction)) {
      yield { at: msOf(id), mode: (fields['mode'] ?? 'active') as AccountMode, why: fields['why'] ?? '' };
    }
  }

  async *acts(span: Span, direction: Direction = 'forward'): AsyncGenerator<OperatorAct> {
    for await (const [, fields] of this.#streamed('acts', span, direction)) {
      yield JSON.parse(fields['json'] ?? '{}') as OperatorAct;
    }
  }

  /**
   * Decision records by when a different one followed; backward those that are still made come first, forward last. A record
   * that began within a span may have been closed at any time after it.
   */
  async *decisions(closed: Span, direction: Direction = 'forward'): AsyncGenerator<FiledDecision> {
    if (direction === 'backward') yield* await this.#openDecisions();
    for await (const [id, { loan = '', json = '{}', span }] of this.#streamed('decisions', closed, direction)) {
      yield { loan, json: recordText(json, span), closedAt: msOf(id) };
    }
    if (direction === 'forward') yield* await this.#openDecisions();
  }

  /** What the budgets count now, oldest first. */
  async charges(): Promise<readonly Charge[]> {
    const all = await this.#redis.zrange(this.#key('charges'), '0', '-1');
    return all.map((json) => JSON.parse(json) as Charge);
  }

  async #openDecisions(): Promise<readonly FiledDecision[]> {
    const [why, spans] = await Promise.all([
      this.#redis.hgetall(this.#key('why')),
      this.#redis.hgetall(this.#key('span')),
    ]);
    return Object.entries(why).map(([loan, json]) => ({ loan, json: recordText(json, spans[loan]), closedAt: null }));
  }

  /** Members of a sorted set, a page at a time. Several may share a score, so a page begins at the last one's score again. */
  async *#scored(key: AccountKey, { from, to }: Span, direction: Direction) {
    let edge = direction === 'forward' ? from : to;
    let seen = new Set<string>();
    for (;;) {
      const most = PAGE + seen.size;
      const flat =
        direction === 'forward'
          ? await this.#redis.zrangebyscore(this.#key(key), edge, to, 'WITHSCORES', 'LIMIT', 0, most)
          : await this.#redis.zrevrangebyscore(this.#key(key), edge, from, 'WITHSCORES', 'LIMIT', 0, most);
      const rows = pairsOf(flat).map(([member, score]) => ({ member, score: Number(score) }));
      const page = rows.filter(({ member }) => !seen.has(member));
      if (page.length === 0) return;
      yield page;
      edge = rows.at(-1)?.score ?? edge;
      seen = new Set(rows.flatMap(({ member, score }) => (score === edge ? [member] : [])));
    }
  }

  async *#streamed(key: AccountKey, { from, to }: Span, direction: Direction) {
    const last = Number.isFinite(to) ? String(to) : '+';
    let edge = direction === 'forward' ? String(from) : last;
    for (;;) {
      const page =
        direction === 'forward'
          ? await this.#redis.xrange(this.#key(key), edge, last, 'COUNT', PAGE)
          : await this.#redis.xrevrange(this.#key(key), edge, String(from), 'COUNT', PAGE);
      for (const [id, flat] of page)
        yield [id, Object.fromEntries(pairsOf(flat)) as Partial<Record<string, string>>] as const;
      const end = page.at(-1)?.[0];
      if (end === undefined || page.length < PAGE) return;
      edge = `(${end}`;
    }
  }

  #key(name: AccountKey): string {
    return this.#prefix + name;
  }
}

function filedOf(fields: Readonly<Record<string, string>>): Filed | null {
  const intent = intentOf(fields);
  const { committedAt, trail = '', ltvAfter } = fields;
  if (intent === null) return null;
  const states = pairsOf(trail.trim().split(' ')).map(([state, at]) => ({
    state: state as IntentState,
    at: Number(at),
  }));
  return {
    intent,
    committedAt: Number(committedAt),
    trail: states,
    ltvAfter: ltvAfter === '0' ? null : (ltvAfter ?? null),
  };
}

function msOf(streamId: string): number {
  return Number(streamId.split('-')[0]);
}

function pairsOf(flat: readonly string[]): readonly (readonly [string, string])[] {
  return flat.flatMap((one, at) =>
    at % 2 === 0 && flat[at + 1] !== undefined ? [[one, flat[at + 1] ?? ''] as const] : [],
  );
}
