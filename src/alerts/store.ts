/**
 * Where open alerts live, and who tells which channel now. In Redis, where several processes share it and it outlives
 * them; in the memory of this process while Redis is away.
 */
import type { Redis } from 'ioredis';

export interface ChannelState {
  /** Earliest time of the next message, wall ms. */
  readonly nextAt: number;
  /** Messages in a row that the service did not take. */
  readonly failures: number;
}

export const FRESH_CHANNEL: ChannelState = { nextAt: 0, failures: 0 };

export interface Store {
  /** Open alerts as text by their keys. */
  read(): Promise<ReadonlyMap<string, string>>;
  nextId(): Promise<string>;
  /** @returns false when there is one under this key */
  add(key: string, text: string): Promise<boolean>;
  /** Compare and set. @param after `null`: it leaves. @returns false when it is not what it was */
  swap(key: string, before: string, after: string | null): Promise<boolean>;
  /** The newest alerts that have left, newest first. */
  left(): Promise<readonly string[]>;
  /** Nobody else tells this channel for so long. @returns what gives it back; `null`: somebody else has it */
  claim(what: string, forMs: number): Promise<(() => Promise<void>) | null>;
  channel(name: string): Promise<ChannelState>;
  setChannel(name: string, state: ChannelState): Promise<void>;
  /** How accounts were last seen, for the dead-man ping: text by account. */
  sights(file: string): Promise<ReadonlyMap<string, string>>;
  setSight(file: string, account: string, text: string): Promise<void>;
  /** When each channel last took a test message, or was first seen: wall ms. */
  tried(): Promise<ReadonlyMap<string, number>>;
  /** @param how `first`: only where there is none yet */
  setTried(channel: string, at: number, how: 'first' | 'newest'): Promise<void>;
}

/** One hash tag, so that one script may touch them together. The table of ARCHITECTURE.md names them. */
export const ALERT_KEYS = {
  open: 'ballast:{alerts}:open',
  left: 'ballast:{alerts}:left',
  ids: 'ballast:{alerts}:ids',
  channel: 'ballast:{alerts}:channel:',
  claim: 'ballast:{alerts}:claim:',
  sights: 'ballast:{alerts}:sights:',
  tried: 'ballast:{alerts}:tried',
} as const;

const LEFT_KEPT = 200;

/** KEYS: open, left. ARGV: key, before, after or nothing, how many that left are kept. */
const SWAP = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('LPUSH', KEYS[2], ARGV[2])
  redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[4]) - 1)
end
return 1`;

/** KEYS: claim. ARGV: who holds it. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`;

export class RedisStore implements Store {
  readonly #redis: Redis;
  /** Tells the claims of this process from those of others. */
  readonly #me: string;
  #claims = 0;

  constructor(redis: Redis, me: string) {
    this.#redis = redis;
    this.#me = me;
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#redis.hgetall(ALERT_KEYS.open)));
  }

  async nextId(): Promise<string> {
    return String(await this.#redis.incr(ALERT_KEYS.ids));
  }

  async add(key: string, text: string): Promise<boolean> {
    return (await this.#redis.hsetnx(ALERT_KEYS.open, key, text)) === 1;
  }

  async swap(key: string, before: string, after: string | null): Promise<boolean> {
    const { open, left } = ALERT_KEYS;
    return (await this.#redis.eval(SWAP, 2, open, left, key, before, after ?? '', String(LEFT_KEPT))) === 1;
  }

  async left(): Promise<readonly string[]> {
    return this.#redis.lrange(ALERT_KEYS.left, 0, -1);
  }

  async claim(what: string, forMs: number): Promise<(() => Promise<void>) | null> {
    const key = `${ALERT_KEYS.claim}${what}`;
    const holder = `${this.#me} ${String((this.#claims += 1))}`;
    if ((await this.#redis.set(key, holder, 'PX', Math.ceil(forMs), 'NX')) !== 'OK') return null;
    return async () => {
      await this.#redis.eval(RELEASE, 1, key, holder);
    };
  }

  async channel(name: string): Promise<ChannelState> {
    const text = await this.#redis.get(`${ALERT_KEYS.channel}${name}`);
    return text === null ? FRESH_CHANNEL : (JSON.parse(text) as ChannelState);
  }

  async setChannel(name: string, state: ChannelState): Promise<void> {
    await this.#redis.set(`${ALERT_KEYS.channel}${name}`, JSON.stringify(state));
  }

  async sights(file: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#redis.hgetall(`${ALERT_KEYS.sights}${file}`)));
  }

  async setSight(file: string, account: string, text: string): Promise<void> {
    await this.#redis.hset(`${ALERT_KEYS.sights}${file}`, account, text);
  }

  async tried(): Promise<ReadonlyMap<string, number>> {
    const all = Object.entries(await this.#redis.hgetall(ALERT_KEYS.tried));
    return new Map(all.map(([name, at]) => [name, Number(at)]));
  }

  async setTried(channel: string, at: number, how: 'first' | 'newest'): Promise<void> {
    if (how === 'first') await this.#redis.hsetnx(ALERT_KEYS.tried, channel, String(at));
    else await this.#redis.hset(ALERT_KEYS.tried, channel, String(at));
  }
}

/** The same without Redis: of this process only, and gone with it. */
export class MemoryStore implements Store {
  readonly #open: Map<string, string>;
  readonly #left: string[] = [];
  readonly #channels = new Map<string, ChannelState>();
  readonly #sights = new Map<string, Map<string, string>>();
  #ids = 0;

  constructor(open: ReadonlyMap<string, string>) {
    this.#open = new Map(open);
  }

  read(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.#open));
  }

  /** Told apart from those of Redis, which count on when it is back. */
  nextId(): Promise<string> {
    return Promise.resolve(`local-${String((this.#ids += 1))}`);
  }

  add(key: string, text: string): Promise<boolean> {
    if (this.#open.has(key)) return Promise.resolve(false);
    this.#open.set(key, text);
    return Promise.resolve(true);
  }

  swap(key: string, before: string, after: string | null): Promise<boolean> {
    if (this.#open.get(key) !== before) return Promise.resolve(false);
    if (after !== null) this.#open.set(key, after);
    else {
      this.#open.delete(key);
      this.#left.unshift(before);
    }
    return Promise.resolve(true);
  }

  left(): Promise<readonly string[]> {
    return Promise.resolve([...this.#left]);
  }

  /** Nobody else is there. */
  claim(): Promise<() => Promise<void>> {
    return Promise.resolve(() => Promise.resolve());
  }

  channel(name: string): Promise<ChannelState> {
    return Promise.resolve(this.#channels.get(name) ?? FRESH_CHANNEL);
  }

  setChannel(name: string, state: ChannelState): Promise<void> {
    this.#channels.set(name, state);
    return Promise.resolve();
  }

  sights(file: string): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.#sights.get(file) ?? new Map<string, string>());
  }

  setSight(file: string, account: string, text: string): Promise<void> {
    const known = this.#sights.get(file) ?? new Map<string, string>();
    this.#sights.set(file, known.set(account, text));
    return Promise.resolve();
  }

  /** Nobody is reminded of anything while Redis is away. */
  tried(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  setTried(): Promise<void> {
    return Promise.resolve();
  }
}
