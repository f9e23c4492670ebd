/**
 * Which accounts this Redis holds and where: what `status` and `why` start from, and how old simulated runs are cleared
 * away. Several servers with different policy files may share one Redis, so a row belongs to an address; the name that a
 * file gives to the account is only a label on it.
 *
 * Each start of a server is a run. It shows that it lives by a connection that carries the run's id: that cannot be
 * forgotten, and it ends with the process however that ends. A simulated world belongs to the run that began it.
 */
import type { Redis } from 'ioredis';
import type { AccountAddress } from './keys.ts';
import { prefixOf } from './keys.ts';

/** Field: the prefix of an address; value: a `Registered`. */
const ACCOUNTS_KEY = 'ballast:accounts';
/** Field `WORLD PREFIX` for every simulated account that anybody registered and nobody cleared. */
const WORLDS_KEY = 'ballast:worlds';
/** Field `RUN NAME`; value: an `Absent`. */
const ABSENT_KEY = 'ballast:absent';
const CLIENT = 'ballast-run-';
const SCAN_COUNT = 500;

export interface Registered {
  /** As the policy file of that run calls it. */
  readonly name: string;
  readonly address: AccountAddress;
  /** The run that registered it last. */
  readonly run: string;
}

/** An account of a run that is not watched: its venue does not answer yet, or its key was refused. */
export interface Absent {
  readonly name: string;
  readonly venue: 'binance' | 'okx';
  readonly run: string;
  /** Wall ms since when. */
  readonly since: number;
  readonly state: 'unreachable' | 'refused';
  readonly says: string;
}

export class Registry {
  readonly #redis: Redis;
  #run = '';
  readonly #mine = new Map<string, string>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** A run begins. What dead ones left behind of their simulated worlds means nothing any more and goes. */
  async begin(run: string): Promise<void> {
    this.#run = run;
    await this.#carry();
    const living = await this.living();
    // Where nobody may see who is connected, everybody may be alive.
    if (living === null) return;
    for (const field of await this.#redis.hkeys(WORLDS_KEY)) {
      const [name = '', prefix = ''] = field.split(' ');
      if (living.has(name) || prefix === '') continue;
      await this.#clear(prefix);
      await this.#redis.hdel(WORLDS_KEY, field);
    }
    for (const { address } of await this.accounts()) {
      if (address.world !== '' && !living.has(address.world)) await this.#redis.hdel(ACCOUNTS_KEY, prefixOf(address));
    }
    for (const absent of await this.absent()) {
      if (!living.has(absent.run)) await this.#redis.hdel(ABSENT_KEY, fieldOf(absent));
    }
  }

  /** The account of this name is watched there. Where an ended run had it (in dry-run, say) is history, and goes. */
  async register(name: string, address: AccountAddress): Promise<void> {
    const [prefix, run] = [prefixOf(address), this.#run];
    if (address.world !== '') await this.#redis.hset(WORLDS_KEY, `${address.world} ${prefix}`, name);
    const row: Registered = { name, address, run };
    this.#mine.set(prefix, JSON.stringify(row));
    await this.#redis.hset(ACCOUNTS_KEY, prefix, JSON.stringify(row));
    await this.#redis.hdel(ABSENT_KEY, fieldOf(row));
    const living = await this.living();
    if (living === null) return;
    for (const other of await this.accounts()) {
      const isSame = other.name === name && other.address.venue === address.venue && other.address.uid === address.uid;
      const where = prefixOf(other.address);
      if (isSame && where !== prefix && !living.has(other.run)) await this.#redis.hdel(ACCOUNTS_KEY, where);
    }
  }

  /** An account of this run is not watched, and why; until it is registered. */
  async miss(absent: Omit<Absent, 'run'>): Promise<void> {
    const row: Absent = { ...absent, run: this.#run };
    await this.#redis.hset(ABSENT_KEY, fieldOf(row), JSON.stringify(row));
  }

  async accounts(): Promise<readonly Registered[]> {
    return Object.values(await this.#redis.hgetall(ACCOUNTS_KEY)).map((json) => JSON.parse(json) as Registered);
  }

  async absent(): Promise<readonly Absent[]> {
    return Object.values(await this.#redis.hgetall(ABSENT_KEY)).map((json) => JSON.parse(json) as Absent);
  }

  /** Runs whose process is connected; `null` where Redis does not say. */
  async living(): Promise<ReadonlySet<string> | null> {
    const text = await this.#redis.client('LIST').catch(() => null);
    if (typeof text !== 'string') return null;
    const names = text.split(/\s/).filter((word) => word.startsWith(`name=${CLIENT}`));
    return new Set(names.map((word) => word.slice(`name=${CLIENT}`.length)));
  }

  /** Names this connection after the run, also after it was lost and made again: then another run may have taken its rows away. */
  async #carry(): Promise<void> {
    const name = `${CLIENT}${this.#run}`;
    this.#redis.on('ready', () => {
      const again = this.#redis.client('SETNAME', name);
      const rows = this.#mine.size === 0 ? null : this.#redis.hset(ACCOUNTS_KEY, this.#mine);
      Promise.all([again, rows]).catch(() => undefined);
    });
    await this.#redis.client('SETNAME', name);
  }

  async #clear(prefix: string): Promise<void> {
    let cursor = '0';
    do {
      const [next, keys] = await this.#redis.scan(cursor, 'MATCH', `${escaped(prefix)}*`, 'COUNT', SCAN_COUNT);
      if (keys.length > 0) await this.#redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
}

function fieldOf({ run, name }: { readonly run: string; readonly name: string }): string {
  return `${run} ${name}`;
}

function escaped(prefix: string): string {
  return prefix.replace(/[[\]*?\\]/g, '\\$&');
}
