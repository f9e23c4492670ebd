/**
 * Which accounts this Redis holds and where: what `status` and `why` start from, and how old simulated runs are cleared
 * away. A simulated world belongs to the process that began it. That process shows that it lives by a connection that
 * carries the world's name: it cannot be forgotten, and it ends with the process however that ends.
 */
import type { Redis } from 'ioredis';
import type { AccountAddress } from './keys.ts';
import { prefixOf } from './keys.ts';

const ACCOUNTS_KEY = 'ballast:accounts';
/** Field `WORLD PREFIX` for every simulated account that anybody registered and nobody cleared. */
const WORLDS_KEY = 'ballast:worlds';
const CLIENT = 'ballast-world-';
const SCAN_COUNT = 500;

export class Registry {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** A simulated world begins anew with each start: what dead ones left behind means nothing to it and goes. */
  async begin(world: string | null): Promise<void> {
    if (world === null) return;
    await this.#carry(world);
    const living = await this.#living();
    // Where nobody may see who is connected, everybody may be alive.
    if (living === null) return;
    for (const field of await this.#redis.hkeys(WORLDS_KEY)) {
      const [name = '', prefix = ''] = field.split(' ');
      if (living.has(name) || prefix === '') continue;
      await this.#clear(prefix);
      await this.#redis.hdel(WORLDS_KEY, field);
    }
    for (const [name, address] of await this.accounts()) {
      if (address.world !== '' && !living.has(address.world)) await this.#redis.hdel(ACCOUNTS_KEY, name);
    }
  }

  async register(name: string, address: AccountAddress): Promise<void> {
    if (address.world !== '') await this.#redis.hset(WORLDS_KEY, `${address.world} ${prefixOf(address)}`, name);
    await this.#redis.hset(ACCOUNTS_KEY, name, JSON.stringify(address));
  }

  async accounts(): Promise<ReadonlyMap<string, AccountAddress>> {
    const rows = await this.#redis.hgetall(ACCOUNTS_KEY);
    return new Map(Object.entries(rows).map(([name, json]) => [name, JSON.parse(json) as AccountAddress]));
  }

  /** Names this connection after the world, also after it was lost and made again. */
  async #carry(world: string): Promise<void> {
    const name = `${CLIENT}${world}`;
    this.#redis.on('ready', () => {
      this.#redis.client('SETNAME', name).catch(() => undefined);
    });
    await this.#redis.client('SETNAME', name);
  }

  async #living(): Promise<ReadonlySet<string> | null> {
    const text = await this.#redis.client('LIST').catch(() => null);
    if (typeof text !== 'string') return null;
    const names = text.split(/\s/).filter((word) => word.startsWith(`name=${CLIENT}`));
    return new Set(names.map((word) => word.slice(`name=${CLIENT}`.length)));
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

function escaped(prefix: string): string {
  return prefix.replace(/[[\]*?\\]/g, '\\$&');
}
