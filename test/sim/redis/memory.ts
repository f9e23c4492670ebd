/**
 * As much of Redis as the journal needs, in memory: values, the commands in use, and its scripts run whole. Whoever uses
 * it speaks to it through `MemoryRedis.client()`, which looks like the part of ioredis that `Journal` uses.
 */
import type { Redis } from 'ioredis';
import { runScript } from './lua.ts';

type Value =
  | string
  | Map<string, string>
  | Set<string>
  | { readonly scores: Map<string, number> }
  | { readonly rows: (readonly [string, readonly string[]])[] };

interface Kept {
  readonly value: Value;
  /** Redis ms at which it leaves by itself. */
  readonly until: number | null;
}

/** One journal's worth of Redis at one moment. */
export interface Snapshot {
  readonly kept: ReadonlyMap<string, Kept>;
}

type Command = (store: MemoryRedis, args: readonly string[]) => unknown;

export class MemoryRedis {
  #kept = new Map<string, Kept>();
  readonly #now: () => number;
  #serial = 0;
  /** Told after a hash was written. */
  onHash: (key: string, fields: readonly string[]) => void = () => undefined;

  /** @param now Redis' own clock, ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  /** Carries out one command. Missing is `null`. */
  command(name: string, ...given: readonly unknown[]): unknown {
    const run = COMMANDS[name.toUpperCase()];
    if (run === undefined) throw new Error(`the memory Redis has no ${name}`);
    return run(this, given.map(String));
  }

  /** Runs one script whole, as the server does. */
  eval(script: string, keys: readonly string[], args: readonly string[]): unknown {
    return runScript(script, keys, args, (name, ...given) => {
      const answer = this.command(name, ...given.map(textOf));
      return answer === null || answer === undefined ? false : answer;
    });
  }

  snapshot(): Snapshot {
    return { kept: structuredClone(this.#kept) };
  }

  /** Everything is forgotten. */
  empty(): void {
    this.#kept = new Map();
  }

  /** Everything since the snapshot is forgotten, although it was acknowledged. */
  restore({ kept }: Snapshot): void {
    this.#kept = structuredClone(kept) as Map<string, Kept>;
  }

  /** All text it holds, for whoever searches it. */
  dump(): string {
    const plain = (_key: string, value: unknown): unknown =>
      value instanceof Map || value instanceof Set ? [...value] : value;
    return JSON.stringify([...this.#kept], plain);
  }

  /** What an ioredis client of it would be, as far as it goes; `carry` stands for the way there and back. */
  client(carry: <T>(name: string, effect: () => T) => Promise<T>): Redis {
    const plain = Object.fromEntries(
      Object.keys(CLIENT).map((name) => [
        name,
        (...given: readonly unknown[]) => carry(name, () => CLIENT[name]?.(this.command(name, ...given))),
      ]),
    );
    const evaluate = (script: string, count: string, ...rest: readonly string[]): Promise<unknown> =>
      carry('eval', () => this.eval(script, rest.slice(0, Number(count)), rest.slice(Number(count))));
    return { ...plain, eval: evaluate, multi: () => this.#multi(carry) } as unknown as Redis;
  }

  /** Commands that are carried out together, at `exec`. */
  #multi(carry: <T>(name: string, effect: () => T) => Promise<T>): object {
    const queued: (() => unknown)[] = [];
    const exec = (): Promise<unknown> => carry('multi', () => queued.map((run) => [null, run()]));
    const chain: Record<string, unknown> = { exec };
    for (const name of Object.keys(COMMANDS)) {
      chain[name.toLowerCase()] = (...given: readonly unknown[]) => {
        queued.push(() => this.command(name, ...given));
        return chain;
      };
    }
    return chain;
  }

  read(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.until === null || kept.until > this.now) return kept.value;
    this.#kept.delete(key);
    return undefined;
  }

  write(key: string, value: Value | undefined, until: number | null = null): void {
    if (value === undefined) this.#kept.delete(key);
    else this.#kept.set(key, { value, until });
  }

  hash(key: string): Map<string, string> {
    const value = this.read(key);
    if (value === undefined) return new Map();
    if (!(value instanceof Map)) throw new Error(`WRONGTYPE ${key} is no hash`);
    return value;
  }

  set(key: string): Set<string> {
    const value = this.read(key);
    if (value === undefined) return new Set();
    if (!(value instanceof Set)) throw new Error(`WRONGTYPE ${key} is no set`);
    return value;
  }

  scores(key: string): Map<string, number> {
    const value = this.read(key);
    if (value === undefined) return new Map();
    if (typeof value !== 'object' || !('scores' in value)) throw new Error(`WRONGTYPE ${key} is no sorted set`);
    return value.scores;
  }

  rows(key: string): (readonly [string, readonly string[]])[] {
    const value = this.read(key);
    if (value === undefined) return [];
    if (typeof value !== 'object' || !('rows' in value)) throw new Error(`WRONGTYPE ${key} is no stream`);
    return value.rows;
  }

  rowId(): string {
    this.#serial += 1;
    return `${String(this.now)}-${String(this.#serial)}`;
  }
}

/** Lua numbers become text as Redis writes them. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Error(`a script gave ${typeof value} to Redis`);
}

function string(store: MemoryRedis, key: string): string | null {
  const value = store.read(key);
  if (value === undefined) return null;
  if (typeof value !== 'string') throw new Error(`WRONGTYPE ${key} is no string`);
  return value;
}

/** Members by score, then by name. */
function ranked(scores: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...scores].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
}

function slice<T>(list: readonly T[], from: string, to: string): readonly T[] {
  const place = (text: string): number => (Number(text) < 0 ? list.length + Number(text) : Number(text));
  return list.slice(Math.max(0, place(from)), place(to) + 1);
}

function inRange(score: number, least: string, most: string): boolean {
  const [low, high] = [edge(least), edge(most)];
  return (low.open ? score > low.at : score >= low.at) && (high.open ? score < high.at : score <= high.at);
}

function edge(text: string): { readonly at: number; readonly open: boolean } {
  const open = text.startsWith('(');
  const plain = open ? text.slice(1) : text;
  const at = plain === '-inf' ? -Infinity : plain === '+inf' ? Infinity : Number(plain);
  return { at, open };
}

function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));
}

function putHash(store: MemoryRedis, key: string, flat: readonly string[]): number {
  const hash = store.hash(key);
  const before = hash.size;
  const written = pairs(flat);
  for (const [field, value] of written) hash.set(field, value);
  store.write(key, hash);
  store.onHash(
    key,
    written.map(([field]) => field),
  );
  return hash.size - before;
}

function dropAll(
  store: MemoryRedis,
  key: string,
  from: Map<string, unknown> | Set<string>,
  names: readonly string[],
): number {
  const dropped = names.filter((name) => from.delete(name)).length;
  if (from.size === 0) store.write(key, undefined);
  return dropped;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  TIME: ({ now }) => [String(Math.floor(now / 1000)), String((now % 1000) * 1000)],
  GET: (store, [key = '']) => string(store, key),
  SET: (store, [key = '', value = '', option, until]) => {
    if (option === 'NX' && store.read(key) !== undefined) return null;
    const ends = option === 'PXAT' ? Number(until) : option === 'PX' ? store.now + Number(until) : null;
    store.write(key, value, ends);
    return 'OK';
  },
  DEL: (store, keys) => {
    for (const key of keys) store.write(key, undefined);
    return keys.length;
  },
  EXISTS: (store, keys) => keys.filter((key) => store.read(key) !== undefined).length,
  INCR: (store, [key = '']) => {
    const next = Number(string(store, key) ?? '0') + 1;
    store.write(key, String(next));
    return next;
  },
  HGET: (store, [key = '', field = '']) => store.hash(key).get(field) ?? null,
  HSET: (store, [key = '', ...flat]) => putHash(store, key, flat),
  HSETNX: (store, [key = '', field = '', value = '']) =>
    store.hash(key).has(field) ? 0 : putHash(store, key, [field, value]),
  HGETALL: (store, [key = '']) => [...store.hash(key)].flat(),
  HKEYS: (store, [key = '']) => [...store.hash(key).keys()],
  HDEL: (store, [key = '', ...fields]) => dropAll(store, key, store.hash(key), fields),
  SMEMBERS: (store, [key = '']) => [...store.set(key)],
  SADD: (store, [key = '', ...members]) => {
    const set = store.set(key);
    for (const member of members) set.add(member);
    store.write(key, set);
    return members.length;
  },
  SREM: (store, [key = '', ...members]) => dropAll(store, key, store.set(key), members),
  ZADD: (store, [key = '', ...rest]) => {
    const [score = '', member = ''] = rest.slice(-2);
    const scores = store.scores(key);
    const isNew = !scores.has(member);
    if (isNew || rest[0] !== 'NX') store.write(key, { scores: scores.set(member, Number(score)) });
    return isNew ? 1 : 0;
  },
  ZCARD: (store, [key = '']) => store.scores(key).size,
  ZREM: (store, [key = '', ...members]) => dropAll(store, key, store.scores(key), members),
  ZRANGE: (store, [key = '', from = '', to = '', scores]) =>
    slice(ranked(store.scores(key)), from, to).flatMap(([name, score]) =>
      scores === 'WITHSCORES' ? [name, String(score)] : [name],
    ),
  ZREVRANGE: (store, [key = '', from = '', to = '']) =>
    slice(ranked(store.scores(key)).toReversed(), from, to).map(([name]) => name),
  ZRANGEBYSCORE: (store, [key = '', least = '', most = '']) =>
    ranked(store.scores(key)).flatMap(([name, score]) => (inRange(score, least, most) ? [name] : [])),
  ZREMRANGEBYSCORE: (store, [key = '', least = '', most = '']) => {
    const scores = store.scores(key);
    return dropAll(
      store,
      key,
      scores,
      [...scores].flatMap(([name, score]) => (inRange(score, least, most) ? [name] : [])),
    );
  },
  XADD: (store, [key = '', ...rest]) => {
    const rows = store.rows(key);
    const id = store.rowId();
    rows.push([id, rest.slice(rest.indexOf('*') + 1)]);
    store.write(key, { rows });
    return id;
  },
  XRANGE: (store, [key = '']) => store.rows(key),
  XREVRANGE: (store, [key = '', , , , count]) => store.rows(key).toReversed().slice(0, Number(count)),
};

/** The plain commands of a client, and how ioredis shapes their answers. */
const CLIENT: Readonly<Record<string, (answer: unknown) => unknown>> = {
  get: (answer) => answer,
  set: (answer) => answer,
  del: (answer) => answer,
  time: (answer) => answer,
  smembers: (answer) => answer,
  zrangebyscore: (answer) => answer,
  exists: (answer) => answer,
  hkeys: (answer) => answer,
  hget: (answer) => answer,
  hset: (answer) => answer,
  hgetall: (answer) => Object.fromEntries(pairs(answer as string[])),
  zrange: (answer) => answer,
  zrem: (answer) => answer,
  xrange: (answer) => answer,
};
