/** Which accounts this Redis holds and where: what `status` and `why` start from, and how old simulated runs are cleared away. */
import type { Redis } from 'ioredis';
import type { AccountAddress } from './keys.ts';
import { prefixOf } from './keys.ts';

const ACCOUNTS_KEY = 'ballast:accounts';
const SCAN_COUNT = 500;

export class Registry {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** A simulated world begins anew with each start: what earlier ones left behind means nothing to it. */
  async begin(world: string | null): Promise<void> {
    if (world === null) return;
    for (const [name, address] of await this.accounts()) {
      if (address.world === '') continue;
      await this.#redis.hdel(ACCOUNTS_KEY, name);
      await this.#clear(prefixOf(address));
    }
  }

  async register(name: string, address: AccountAddress): Promise<void> {
    await this.#redis.hset(ACCOUNTS_KEY, name, JSON.stringify(address));
  }

  async accounts(): Promise<ReadonlyMap<string, AccountAddress>> {
    const rows = await this.#redis.hgetall(ACCOUNTS_KEY);
    return new Map(Object.entries(rows).map(([name, json]) => [name, JSON.parse(json) as AccountAddress]));
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
  return prefix.replace(/[[\]*?\\{}]/g, (found) => (found === '{' || found === '}' ? found : `\\${found}`));
}
