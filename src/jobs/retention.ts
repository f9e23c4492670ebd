/**
 * What leaves the journal by its age (config `journal`): an errand, in small slices beside the looks. What is undecided, and
 * whatever anything still decides by, stays however old it is: intents that are open, that a machine waits for, that an
 * operator's word or a charge is about, that the venue's records may still have to be explained by; and the newest ones,
 * which fingerprints and breakers look at. So a look finds the same before and after.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Errand } from './errands.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { dossierKeyOf, intentKeyOf, prefixOf } from './keys.ts';
import { NOW } from './scripts.ts';

/** For how long, ms. */
export interface Retention {
  /** Intents with their dossiers, what others and operators did, changes of mode. */
  readonly keepMs: number;
  /** Decision records that a different one has followed. The decision of an intent stays as long as that one. */
  readonly decisionsMs: number;
}

export interface RetentionDeps {
  readonly redis: Redis;
  readonly address: AccountAddress;
  readonly clock: Clock;
  /** As the file says now. */
  readonly retention: () => Retention;
}

const EVERY_MS = 600_000;
/** Of everything that is searched newest first so many stay, however old: more than anything searches. */
export const NEWEST_KEPT = 400;
const SLICE = 200;
/** Between two slices, so that looks and claims come between them. */
const PAUSE_MS = 50;
/** Records of the venue that are read late are explained by intents of so long before. */
const BEHIND_MS = 2 * 86_400_000;

/**
 * KEYS: index open words charges loans account trimmed externalReach clock. ARGV: prefixes of intents and dossiers, ms that
 * intents are kept, how many of the newest stay, how many are looked at, how many at the old end were kept before, ms that
 * the venue's records may be behind. Returns how many of the slice left, and how many of it had to stay.
 *
 * The journal keeps up to which look intents have left, so that a witness does not take one of them for lost.
 */
const TRIM_INTENTS = `${NOW}
local function still(id, key)
  local state = redis.call('HGET', key, 'state')
  if state == 'planned' or state == 'sending' or state == 'settling' or state == 'unknown' then return true end
  if redis.call('SISMEMBER', KEYS[2], id) == 1 or redis.call('ZSCORE', KEYS[3], id) then return true end
  local charge = redis.call('HGET', key, 'charge')
  return charge and redis.call('ZSCORE', KEYS[4], charge)
end
local machines = redis.call('HVALS', KEYS[5])
machines[#machines + 1] = redis.call('GET', KEYS[6]) or ''
local function awaited(id)
  for _, machine in ipairs(machines) do
    if string.find(machine, '"' .. id .. '"', 1, true) then return true end
  end
  return false
end
local at = math.max(tonumber(now), tonumber(redis.call('GET', KEYS[9]) or '0'))
local bound = at - tonumber(ARGV[3])
local reach = redis.call('GET', KEYS[8])
if reach then bound = math.min(bound, cjson.decode(reach).readTo - tonumber(ARGV[7])) end
local skip = tonumber(ARGV[6])
local last = math.min(skip + tonumber(ARGV[5]), redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])) - 1
if last < skip then return { 0, 0 } end
local left, kept, epoch = 0, 0, tonumber(redis.call('GET', KEYS[7]) or '0')
local rows = redis.call('ZRANGE', KEYS[1], skip, last, 'WITHSCORES')
for i = 1, #rows, 2 do
  local id = rows[i]
  local key = ARGV[1] .. id
  if tonumber(rows[i + 1]) >= bound then break end
  if still(id, key) or awaited(id) then
    kept = kept + 1
  else
    epoch = math.max(epoch, tonumber(redis.call('HGET', key, 'epoch') or '0'))
    redis.call('DEL', key, ARGV[2] .. id)
    redis.call('ZREM', KEYS[1], id)
    left = left + 1
  end
end
if left > 0 then redis.call('SET', KEYS[7], string.format('%.0f', epoch)) end
return { left, kept }`;

const TRIM_KEYS = [
  ...(['index', 'open', 'words', 'charges', 'loans', 'account', 'trimmed', 'externalReach', 'clock'] as const),
] satisfies readonly AccountKey[];

/** KEYS: external externalReach. ARGV: oldest date that stays, newest that stay, how many at most, ms behind. Returns how many left. */
const TRIM_EXTERNALS = `
local bound = tonumber(ARGV[1])
local reach = redis.call('GET', KEYS[2])
if reach then bound = math.min(bound, cjson.decode(reach).readTo - tonumber(ARGV[4])) end
local last = math.min(tonumber(ARGV[3]), redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])) - 1
if last < 0 then return 0 end
local rows = redis.call('ZRANGE', KEYS[1], 0, last, 'WITHSCORES')
local left = 0
while left * 2 < #rows and tonumber(rows[left * 2 + 2]) < bound do left = left + 1 end
if left > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, left - 1) end
return left`;

export function retentionErrand(deps: RetentionDeps): Errand {
  return { name: 'retention', everyMs: EVERY_MS, run: async (signal) => void (await trim(deps, signal)) };
}

/** @returns how many of each left */
export async function trim(
  { redis, address, clock, retention }: RetentionDeps,
  signal: AbortSignal,
): Promise<{ readonly intents: number; readonly decisions: number; readonly others: number }> {
  const trimmer = new Trimmer(redis, prefixOf(address));
  const { keepMs, decisionsMs } = retention();
  const rest = (): Promise<void> => clock.sleep(PAUSE_MS, signal);
  const [seconds] = await redis.time();
  const now = Number(seconds) * 1_000;
  const intents = await trimmer.intents(keepMs, rest);
  const decisions = await trimmer.stream('decisions', now - decisionsMs, rest);
  const old = now - keepMs;
  const acts = (await trimmer.stream('acts', old, rest)) + (await trimmer.stream('modes', old, rest));
  return { intents, decisions, others: acts + (await trimmer.externals(old, rest)) };
}

class Trimmer {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async intents(keepMs: number, rest: () => Promise<void>): Promise<number> {
    const keys = TRIM_KEYS.map((name) => this.#prefix + name);
    const prefixes = [intentKeyOf(this.#prefix, ''), dossierKeyOf(this.#prefix, '')];
    let all = 0;
    let stayed = 0;
    for (;;) {
      const bounds = [keepMs, NEWEST_KEPT, SLICE, stayed, BEHIND_MS].map(String);
      const reply = await this.#redis.eval(TRIM_INTENTS, String(keys.length), ...keys, ...prefixes, ...bounds);
      const [left = 0, kept = 0] = (reply as readonly unknown[]).map(Number);
      all += left;
      stayed += kept;
      if (left + kept < SLICE) return all;
      await rest();
    }
  }

  /** The newest entry stays: the next change is told from it. */
  async stream(name: 'decisions' | 'acts' | 'modes', before: number, rest: () => Promise<void>): Promise<number> {
    const key = this.#prefix + name;
    const [newest] = await this.#redis.xrevrange(key, '+', '-', 'COUNT', 1);
    if (newest === undefined) return 0;
    const oldest = Math.min(before, Number(newest[0].split('-')[0]));
    let all = 0;
    for (;;) {
      const left = await this.#redis.xtrim(key, 'MINID', '~', oldest, 'LIMIT', SLICE);
      all += left;
      if (left === 0) return all;
      await rest();
    }
  }

  async externals(before: number, rest: () => Promise<void>): Promise<number> {
    const keys = [`${this.#prefix}external`, `${this.#prefix}externalReach`] as const;
    let all = 0;
    for (;;) {
      const bounds = [before, NEWEST_KEPT, SLICE, BEHIND_MS].map(String);
      const left = Number(await this.#redis.eval(TRIM_EXTERNALS, '2', ...keys, ...bounds));
      all += left;
      if (left < SLICE) return all;
      await rest();
    }
  }
}
