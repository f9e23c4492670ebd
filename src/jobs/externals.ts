/**
 * What others did to an account, as the venue's records told: facts, so no epoch is checked. Each is written once; old ones
 * are dropped. With them stands how far the records were read, so that a server that was down goes on from there.
 */
import type { Redis } from 'ioredis';
import type { ExternalAct } from '../exchanges/exchange.ts';
import type { AccountKey } from './keys.ts';
import { exactFrom, exactText } from './viewText.ts';

/** Wall ms. */
export interface Reach {
  /** Of what was before nothing is told: the journal was not there yet. */
  readonly begin: number;
  /** Up to here the records were read. They may still have lagged. */
  readonly readTo: number;
}

/** More acts than these are not kept, unless they are needed; older ones leave by their age (retention.ts). */
export const ACTS_OF_OTHERS_KEPT = 10_000;

/**
 * Appends what others did: facts, each once. KEYS: external externalReach. ARGV: JSON of how far was read, how many are
 * kept, date of the oldest that must be kept, then date and JSON of each. Returns the positions, from 0, of the new ones.
 */
const APPEND_EXTERNAL = `
local new = {}
for i = 4, #ARGV, 2 do
  if redis.call('ZADD', KEYS[1], 'NX', ARGV[i], ARGV[i + 1]) == 1 then new[#new + 1] = (i - 4) / 2 end
end
redis.call('SET', KEYS[2], ARGV[1])
local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if excess > 0 then
  local kept = redis.call('ZRANGE', KEYS[1], excess, excess, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', math.min(tonumber(kept), tonumber(ARGV[3]))))
end
return new`;

export class Externals {
  readonly #redis: Redis;
  readonly #key: (name: AccountKey) => string;

  constructor(redis: Redis, key: (name: AccountKey) => string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** How far the records were read; the first to ask sets the beginning. */
  async reach(now: number): Promise<Reach> {
    const key = this.#key('externalReach');
    const begun: Reach = { begin: now, readTo: now };
    await this.#redis.set(key, JSON.stringify(begun), 'NX');
    const reached = await this.#redis.get(key);
    // Written a moment ago, and forgotten since: it begins again.
    return reached === null ? begun : (JSON.parse(reached) as Reach);
  }

  /** Acts since then by the venue's dates, oldest first. */
  async since(ms: number): Promise<readonly ExternalAct[]> {
    return (await this.#redis.zrangebyscore(this.#key('external'), ms, '+inf')).map(actFrom);
  }

  /** The newest acts, oldest first. */
  async newest(most: number): Promise<readonly ExternalAct[]> {
    return (await this.#redis.zrange(this.#key('external'), String(-most), '-1')).map(actFrom);
  }

  /**
   * Writes what is not written yet and how far was read, in one step. Acts younger than `keepSince` are never dropped,
   * so that none of them can be new a second time. @returns those that were new
   */
  async append(acts: readonly ExternalAct[], reach: Reach, keepSince: number): Promise<readonly ExternalAct[]> {
    const written = await this.#redis.eval(
      APPEND_EXTERNAL,
      '2',
      this.#key('external'),
      this.#key('externalReach'),
      ...[JSON.stringify(reach), String(ACTS_OF_OTHERS_KEPT), String(keepSince)],
      ...acts.flatMap((act) => [String(act.at), exactText(act)]),
    );
    const isNew = new Set((written as readonly number[]).map(Number));
    return acts.filter((_, index) => isNew.has(index));
  }
}

export function actFrom(text: string): ExternalAct {
  return exactFrom(text) as ExternalAct;
}
