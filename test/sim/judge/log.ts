/** Everything a judge may look at: what left, what the venues did, what the journal says. Nothing here is Ballast's opinion. */
import type { Intent, IntentState } from '../../../src/core/intent.ts';
import type { AccountSetup, LookEvent } from '../../../src/jobs/account.ts';
import { intentOf } from '../../../src/jobs/journalText.ts';
import { prefixOf } from '../../../src/jobs/keys.ts';
import type { WireRequest } from '../../../src/simulator/contract.ts';
import type { Simulation } from '../../../src/simulator/simulation.ts';
import { addressOf } from '../engine/process.ts';
import type { MemoryRedis } from '../redis/memory.ts';
import type { AccountPlan, Plan } from '../world/plan.ts';
import type { Truth } from './truth.ts';

/** A money call that reached its venue's door. */
export interface Sent {
  readonly at: number;
  readonly account: AccountPlan;
  readonly machine: string;
  readonly tag: string;
  readonly request: WireRequest;
  /** As the journal had it at that moment; `null`: it had not. */
  readonly intent: Intent | null;
  /** The account's other intents that the journal held for undecided at that moment. */
  readonly others: readonly Intent[];
}

/** An intent's state changed in the journal. */
export interface Turn {
  readonly at: number;
  readonly account: AccountPlan;
  readonly id: string;
  readonly from: IntentState | null;
  readonly to: IntentState;
}

export interface Told {
  readonly at: number;
  readonly machine: string;
  readonly account: AccountPlan;
  readonly event: LookEvent;
}

/** A read that a process was given, whole. */
export interface Read {
  readonly at: number;
  readonly machine: string;
  readonly account: string;
  readonly path: string;
}

export interface Dislocated {
  readonly venue: 'binance' | 'okx';
  readonly asset: string;
  readonly factor: number;
  readonly from: number;
  until: number;
}

export class Log {
  readonly plan: Plan;
  readonly truth: Truth;
  readonly simulation: Simulation;
  readonly sent: Sent[] = [];
  readonly turns: Turn[] = [];
  readonly told: Told[] = [];
  readonly reads: Read[] = [];
  /** What others did. */
  readonly deeds: { readonly at: number; readonly account: string; readonly what: string }[] = [];
  /** What a look or a timer threw that no outage of Redis explains. */
  readonly thrown: { readonly at: number; readonly what: string }[] = [];
  /** Intents whose claim Redis forgot after it had acknowledged it. */
  readonly forgotten = new Set<string>();
  /** When the newest decision record of a loan was written or extended. */
  readonly recordedAt = new Map<string, number>();
  /** When Redis last forgot anything. */
  forgotAt = Number.NEGATIVE_INFINITY;
  /** Stretches in which a venue's own index of a coin was off by this factor. */
  readonly dislocated: Dislocated[] = [];
  /** Stretches in which a venue answered reads with nothing in them. */
  readonly emptied: { readonly venue: 'binance' | 'okx'; readonly from: number; readonly until: number }[] = [];
  /** Accounts whose key lost something. */
  readonly unkeyed = new Set<string>();
  /** How far the clock of a machine, or of Redis, was off at most, ms. */
  clockOffMs = 0;
  readonly #redis: MemoryRedis;
  readonly #now: () => number;
  readonly #states = new Map<string, IntentState>();
  readonly #planned = new Map<string, number>();
  readonly #claimed = new Map<string, number>();
  /** As they were last seen, also when Redis forgot them. */
  readonly #intents = new Map<string, Intent>();

  constructor(plan: Plan, truth: Truth, simulation: Simulation, redis: MemoryRedis, now: () => number) {
    this.plan = plan;
    this.truth = truth;
    this.simulation = simulation;
    this.#redis = redis;
    this.#now = now;
    redis.onHash = (key, fields) => this.#noteHash(key, fields);
  }

  get now(): number {
    return this.#now();
  }

  account(name: string): AccountPlan {
    const found = this.plan.accounts.find(({ setup }) => setup.name === name);
    if (found === undefined) throw new Error(`no account ${name}`);
    return found;
  }

  key(account: AccountPlan, name: string): string {
    return prefixOf(addressOf(account)) + name;
  }

  text(account: AccountPlan, name: string): string | null {
    const value = this.#redis.read(this.key(account, name));
    return typeof value === 'string' ? value : null;
  }

  hash(account: AccountPlan, name: string): ReadonlyMap<string, string> {
    return this.#redis.hash(this.key(account, name));
  }

  /** As the journal has it; what it forgot as it last was. */
  intent(account: AccountPlan, id: string): Intent | null {
    const hash = this.hash(account, `intent:${id}`);
    return hash.size === 0 ? (this.#intents.get(id) ?? null) : intentOf(Object.fromEntries(hash));
  }

  /** True time at which an intent was written down, and at which it was claimed; now, when it was not. */
  plannedAt(id: string): number {
    return this.#planned.get(id) ?? this.now;
  }

  claimedAt(id: string): number {
    return this.#claimed.get(id) ?? this.now;
  }

  /** The policy that an intent was planned under. */
  setupOf(account: AccountPlan, { policyDigest }: Pick<Intent, 'policyDigest'>): AccountSetup {
    return policyDigest === account.otherwise.digest ? account.otherwise : account.setup;
  }

  /** The policy that acts for an account now. */
  acting(account: AccountPlan): AccountSetup {
    return this.text(account, 'acting') === account.otherwise.digest ? account.otherwise : account.setup;
  }

  /** Redis is as it was some time ago: what it knew of calls since then is lost. */
  forgot(): void {
    this.forgotAt = this.now;
    for (const [key, state] of this.#states) {
      const now = this.#redis.hash(key).get('state') as IntentState | undefined;
      if (now === state) continue;
      if (state !== 'planned' && (now === undefined || now === 'planned')) this.forgotten.add(idOf(key));
      if (now === undefined) this.#states.delete(key);
      else this.#states.set(key, now);
    }
  }

  undecided(account: AccountPlan): readonly Intent[] {
    return [...this.#redis.set(this.key(account, 'open'))].flatMap((id) => {
      const intent = this.intent(account, id);
      return intent === null || intent.state === 'planned' ? [] : [intent];
    });
  }

  /** All text the journal holds. */
  dump(): string {
    return this.#redis.dump();
  }

  /** Somebody else touched the account within these ms. */
  touched(account: string, withinMs: number): boolean {
    const since = this.now - withinMs;
    return this.deeds.some((deed) => deed.account === account && deed.at >= since);
  }

  /** USD per coin as the venues' tape has it; with a venue, as that venue's own index had it. */
  price(asset: string, at: number, venue?: 'binance' | 'okx'): number {
    const price = Number(this.simulation.engine.tape.price(asset, at)?.toString() ?? '1');
    return this.dislocated
      .filter((one) => one.venue === venue && one.asset === asset && at >= one.from && at <= one.until)
      .reduce((value, { factor }) => value * factor, price);
  }

  #noteHash(key: string, fields: readonly string[]): void {
    if (key.endsWith(':span')) for (const loan of fields) this.recordedAt.set(loan, this.now);
    if (!key.includes(INTENT)) return;
    const id = idOf(key);
    const account = this.plan.accounts.find((one) => key.startsWith(prefixOf(addressOf(one))));
    const to = this.#redis.hash(key).get('state') as IntentState | undefined;
    if (account === undefined || to === undefined || this.#states.get(key) === to) return;
    this.turns.push({ at: this.now, account, id, from: this.#states.get(key) ?? null, to });
    this.#states.set(key, to);
    if (to === 'planned') this.#planned.set(id, this.now);
    if (to === 'sending') this.#claimed.set(id, this.now);
    const intent = intentOf(Object.fromEntries(this.#redis.hash(key)));
    if (intent !== null) this.#intents.set(id, intent);
  }
}

const INTENT = ':intent:';

function idOf(key: string): string {
  return key.slice(key.indexOf(INTENT) + INTENT.length);
}

/** What an invariant says is wrong, in words. */
export type Problems = Iterable<string>;

/** One thing that must always be true. `step` is asked after every step, `end` once. */
export interface Judge {
  step?(): Problems;
  end?(): Problems;
}

export interface Invariant {
  readonly name: string;
  /** The sentence of DESIGN it keeps. */
  readonly keeps: string;
  readonly judge: (log: Log) => Judge;
}

/** The part of a list that nobody has seen yet. */
export function cursor<T>(list: readonly T[]): () => readonly T[] {
  let at = 0;
  return () => {
    if (at === list.length) return [];
    const fresh = list.slice(at);
    at = list.length;
    return fresh;
  };
}
