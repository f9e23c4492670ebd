/**
 * What lies beside the journal of an account: the last slow reads, and the account as its last look left it. Reading begins
 * no look, so `status` and `costs` may ask while a server works.
 */
import type { Redis } from 'ioredis';
import type { Intent } from '../core/intent.ts';
import { UNDECIDED } from '../core/intent.ts';
import type { Learned } from '../core/learned.ts';
import type { AccountView, LoanId } from '../core/loan.ts';
import type { Charge } from '../core/need.ts';
import { fruitlessFrom, intentOf, learnedFrom, recordText } from './journalText.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { lanePrefixOf, prefixOf, runningKeyOf } from './keys.ts';
import { exactFrom, exactText, viewFrom } from './viewText.ts';

/** What it takes to say how far prices may move: the last good look, and what money is left. */
export interface Means {
  /** The last good look; sections that it could not read are as they were last seen. */
  readonly view: AccountView | null;
  readonly charges: readonly Charge[];
  readonly learned: Learned;
  readonly undecided: readonly Intent[];
  /** Times of the sends in a row that had no effect, by loan. */
  readonly fruitless: Readonly<Record<LoanId, readonly number[]>>;
  /** Redis' own clock, ms: the one that budgets are counted on. */
  readonly redisNow: number;
}

/** How the account is watched. */
export interface Watch {
  /** Looks so far. */
  readonly epoch: number;
  /** Wall ms at which the last look finished, whether it saw anything or not, and at which the next one is due. */
  readonly lookedAt: number | null;
  readonly nextLookAt: number | null;
  /** Failed looks in a row. */
  readonly failed: number;
  /** A look runs at this moment. */
  readonly running: boolean;
  /** Processes that act for it; none is counted for a dry run, which anybody may make. */
  readonly processes: number;
  /** Digest of the policy that acts; `null` where any number of them may: in a dry run. */
  readonly acting: string | null;
}

/** Intents are found by when they were planned; one that was planned this much earlier may settle within a span. */
const PLANNED_BEFORE_MS = 86_400_000;

export class Shelf {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #lane: string;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.#prefix = prefixOf(address);
    this.#lane = lanePrefixOf(address);
  }

  /** A report as it was kept; `null` before the first. */
  async report(name: 'terms' | 'interest'): Promise<unknown> {
    const text = await this.#redis.get(this.#key(name));
    return text === null ? null : exactFrom(text);
  }

  async keep(name: 'terms' | 'interest', report: object): Promise<void> {
    await this.#redis.set(this.#key(name), exactText(report));
  }

  /** The last good look; `null` before the first. */
  async view(): Promise<AccountView | null> {
    const text = await this.#redis.get(this.#key('seen'));
    return text === null ? null : viewFrom(text);
  }

  /** Intents that may have moved money since then (Redis ms), and those that still may. */
  async intentsSince(ms: number): Promise<readonly Intent[]> {
    const recent = await this.#redis.zrangebyscore(this.#key('index'), String(ms - PLANNED_BEFORE_MS), '+inf');
    const open = await this.#redis.smembers(this.#key('open'));
    const all = await Promise.all([...new Set([...recent, ...open])].map((id) => this.#intent(id)));
    return all.filter((intent) => intent !== null);
  }

  /** The newest intents and those that may still move money: what breakers are made of. */
  async newest(count: number): Promise<readonly Intent[]> {
    const recent = await this.#redis.zrevrange(this.#key('index'), 0, count - 1);
    const open = await this.#redis.smembers(this.#key('open'));
    const all = await Promise.all([...new Set([...recent, ...open])].map((id) => this.#intent(id)));
    return all.filter((intent) => intent !== null);
  }

  async means(): Promise<Means> {
    const redis = this.#redis;
    const [view, charges, learned, open, fruitless, [seconds, micros]] = await Promise.all([
      this.view(),
      redis.zrange(this.#key('charges'), '0', '-1'),
      redis.hgetall(this.#key('learned')),
      redis.smembers(this.#key('open')),
      redis.hgetall(this.#key('fruitless')),
      redis.time(),
    ]);
    const intents = await Promise.all(open.map((id) => this.#intent(id)));
    return {
      view,
      charges: charges.map((json) => JSON.parse(json) as Charge),
      learned: learnedFrom(learned),
      undecided: intents.filter((intent) => intent !== null).filter(({ state }) => UNDECIDED.includes(state)),
      fruitless: fruitlessFrom(fruitless),
      redisNow: Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000),
    };
  }

  /** Newest decision record of every loan, with its trace and without its span, as JSON. */
  async newestDecisions(): Promise<ReadonlyMap<LoanId, string>> {
    return new Map(Object.entries(await this.#redis.hgetall(this.#key('why'))));
  }

  /** Decision records about a loan that a different one has followed, newest first, among the newest of the account. */
  async pastDecisions(loan: LoanId, searched: number): Promise<readonly string[]> {
    const entries = await this.#redis.xrevrange(this.#key('decisions'), '+', '-', 'COUNT', searched);
    return entries.flatMap(([, fields]) => (fields[1] === loan ? [recordText(fields[3] ?? '{}', fields[5])] : []));
  }

  async watch(): Promise<Watch> {
    const redis = this.#redis;
    const [epoch, looked, next, health, acting, running, processes] = await Promise.all([
      ...(['epoch', 'looked', 'next', 'health', 'acting'] as const).map((name) => redis.get(this.#key(name))),
      redis.llen(runningKeyOf(this.#lane)),
      redis.zcard(this.#key('posts')),
    ]);
    const wall = (text: unknown): number | null => (typeof text === 'string' ? Number(text) : null);
    return {
      epoch: wall(epoch) ?? 0,
      lookedAt: wall(looked),
      nextLookAt: wall(next),
      failed: Math.max(0, wall(health) ?? 0),
      running: Number(running) > 0,
      processes: Number(processes),
      acting: typeof acting === 'string' ? acting : null,
    };
  }

  async #intent(id: string): Promise<Intent | null> {
    return intentOf(await this.#redis.hgetall(`${this.#prefix}intent:${id}`));
  }

  #key(name: AccountKey): string {
    return this.#prefix + name;
  }
}
