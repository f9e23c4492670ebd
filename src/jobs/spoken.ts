/**
 * What operators said became of undecided intents. A word is written in one step with who and why, and taken by a look,
 * because only a look knows what the venue proves and shows (ruling.ts). A death before that step changes nothing; after it
 * the word is found by whichever look comes next, also after a restart.
 */
import type { Redis } from 'ioredis';
import type { Word } from '../core/intent.ts';
import type { AccountKey } from './keys.ts';
import { ACTS_KEPT } from './operator.ts';
import { NOW } from './scripts.ts';

/** How a word was received. */
export type Heard =
  | { readonly heard: 'yes' }
  /** Settled meanwhile: there is nothing to say any more. */
  | { readonly heard: 'settled'; readonly state: string }
  /** The venue may still start executing the call, or show it, until this wall ms; `null`: nobody knows until when. */
  | { readonly heard: 'tooEarly'; readonly until: number | null };

/** So long after a word the venue's records are still asked whether it was true. */
const FOLLOWED_MS = 86_400_000;

/**
 * An operator's word on an undecided intent, which the next look takes; written down with who and why. KEYS: words acts.
 * ARGV: intent prefix, id, word as JSON, ms after its validity (`''`: the word needs no wait), wall ms, ms for which the
 * records are read on, act as JSON, how many acts are kept. Returns `ok`, `settled STATE`, or `open MS`: the venue may
 * start executing the call, or its records may show it, until then.
 */
const WORD = `${NOW}
local key = ARGV[1] .. ARGV[2]
local state = redis.call('HGET', key, 'state') or 'missing'
if state ~= 'sending' and state ~= 'settling' and state ~= 'unknown' then return 'settled ' .. state end
if ARGV[4] ~= '' then
  local free = tonumber(redis.call('HGET', key, 'validUntil') or '')
  if not free then return 'open ' end
  free = free + tonumber(ARGV[4])
  if tonumber(now) <= free or tonumber(ARGV[5]) <= free then return 'open ' .. string.format('%.0f', free) end
end
redis.call('HSET', key, 'word', ARGV[3])
redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(now) + tonumber(ARGV[6])), ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*', 'json', ARGV[7])
return 'ok'`;

export class Spoken {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** @param afterMs how long after its validity the call may still show; only that something did not happen must wait for it */
  async say(id: string, word: Word, afterMs: number): Promise<Heard> {
    const reply = await this.#redis.eval(
      WORD,
      '2',
      this.#key('words'),
      this.#key('acts'),
      `${this.#prefix}intent:`,
      id,
      JSON.stringify(word),
      word.says === 'didNotHappen' ? String(afterMs) : '',
      String(word.at),
      String(FOLLOWED_MS),
      JSON.stringify({ act: `resolve ${id}`, loan: null, ...word }),
      String(ACTS_KEPT),
    );
    const [heard, more = ''] = String(reply).split(' ');
    if (heard === 'ok') return { heard: 'yes' };
    if (heard === 'settled') return { heard, state: more };
    return { heard: 'tooEarly', until: more === '' ? null : Number(more) };
  }

  /** Intents that are still asked about. */
  async followed(): Promise<readonly string[]> {
    const [seconds] = await this.#redis.time();
    await this.#redis.zremrangebyscore(this.#key('words'), '-inf', String(Number(seconds) * 1_000));
    return this.#redis.zrange(this.#key('words'), '0', '-1');
  }

  /** Proven: nothing is left to ask. */
  async proven(id: string): Promise<void> {
    await this.#redis.zrem(this.#key('words'), id);
  }

  #key(name: AccountKey): string {
    return this.#prefix + name;
  }
}
