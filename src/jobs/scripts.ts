/**
 * The journal's atomic steps as Lua. Each runs whole or not at all; none re-encodes JSON (Redis' encoder cannot tell
 * an empty list from an empty map), so what must change is a field of its own. Time is Redis' own: the one clock that
 * all processes share, so that a clock that jumps in one of them neither forgets a charge nor ages a plan.
 *
 * What a death on each line means:
 * - before `open`: nothing happened; after it, the older run can no longer commit or claim.
 * - before `commit`: a decision is lost, the next look decides again from what it sees.
 * - after `commit`, before `claim`: a `planned` intent is left; the next `open` voids it and returns its charge.
 * - after `claim`, before `outcome`: `sending` is left; nobody may send it, the next look gathers evidence.
 */

import type { AccountKey } from './keys.ts';

/** The keys of the office (office.ts), of `OPEN` and of `COMMIT`, in their order. */
export const OFFICE_KEYS = ['acting', 'posts'] as const satisfies readonly AccountKey[];
export const OPEN_KEYS: readonly AccountKey[] = [
  ...(['epoch', 'open', 'loans', 'account', 'charges', 'fruitless', 'learned', 'paused', 'seen', 'suspect'] as const),
  ...([
    'index',
    'told',
    'health',
    'halt',
    'rest',
    'disputes',
    'acknowledged',
    'external',
    ...OFFICE_KEYS,
    'clock',
  ] as const),
];
export const COMMIT_KEYS: readonly AccountKey[] = [
  ...(['epoch', 'open', 'loans', 'account', 'charges', 'why', 'last', 'span', 'decisions', 'seen', 'suspect'] as const),
  ...([
    'next',
    'looked',
    'index',
    'learned',
    'told',
    'health',
    'halt',
    'rest',
    'disputes',
    'acknowledged',
    'clock',
    'modes',
  ] as const),
];

export const NOW = `
local clock = redis.call('TIME')
local now = string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
`;

/**
 * Windows of limits never go back (DESIGN §5.6): while Redis' clock is behind where it once was, it stands still for the
 * journal. What was charged while it was wrong would else be forgotten when it is set right.
 */
const STEADY = `
local function steady(key)
  local reached = redis.call('GET', key)
  if reached and tonumber(reached) > tonumber(now) then now = reached else redis.call('SET', key, now) end
end
`;

/** Every state an intent was in, each with the Redis ms at which it was written. */
const TRAIL = `
local function trail(key, state) return (redis.call('HGET', key, 'trail') or '') .. ' ' .. state .. ' ' .. now end
`;

/**
 * Which policy acts (DESIGN §8). The one that acts keeps acting while any process of its is there; a process is there until
 * it leaves or was silent for the given time. A run that changed its own policy is no process of the old one any more: it
 * stands neither in its own way nor, when the others change theirs, in that of the new policy.
 */
const OFFICE = `
local function take(actingKey, postsKey, digest, run, ttl)
  redis.call('ZREMRANGEBYSCORE', postsKey, '-inf', now)
  local acting = redis.call('GET', actingKey)
  if acting and acting ~= digest then
    redis.call('ZREM', postsKey, acting .. ' ' .. run)
    for _, post in ipairs(redis.call('ZRANGE', postsKey, 0, -1)) do
      if string.sub(post, 1, #acting + 1) == acting .. ' ' then return acting end
    end
  end
  if acting ~= digest then redis.call('SET', actingKey, digest) end
  redis.call('ZADD', postsKey, string.format('%.0f', tonumber(now) + tonumber(ttl)), digest .. ' ' .. run)
  return digest
end
`;

/** KEYS: acting posts. ARGV: digest, run, ms. Returns the digest that acts from now on. */
export const TAKE = `${NOW}${OFFICE}
return take(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])`;

/**
 * KEYS: `OPEN_KEYS`.
 * ARGV: intent prefix, how many amounts, how many recent intents, prefix of pauses of loans, how many acts of others, and
 * for an account with an office digest, run and ms (see `TAKE`; `''`: it has none).
 */
export const OPEN = `${NOW}${STEADY}${OFFICE}${TRAIL}
if ARGV[6] ~= '' then
  local acting = take(KEYS[19], KEYS[20], ARGV[6], ARGV[7], ARGV[8])
  if acting ~= ARGV[6] then return acting end
end
steady(KEYS[21])
local epoch = redis.call('INCR', KEYS[1])
local intents, voided = {}, {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local key = ARGV[1] .. id
  if redis.call('HGET', key, 'state') == 'planned' then
    redis.call('HSET', key, 'trail', trail(key, 'voided'))
    redis.call('HSET', key, 'state', 'voided', 'note', 'the look that planned it ended before claiming it')
    redis.call('SREM', KEYS[2], id)
    local charge = redis.call('HGET', key, 'charge')
    if charge then redis.call('ZREM', KEYS[5], charge) end
    voided[#voided + 1] = id
  else
    intents[#intents + 1] = redis.call('HGETALL', key)
  end
end
local amounts, recent = {}, {}
for at, id in ipairs(redis.call('ZREVRANGE', KEYS[11], 0, tonumber(ARGV[2]) - 1)) do
  amounts[#amounts + 1] = redis.call('HGET', ARGV[1] .. id, 'amount')
  if at <= tonumber(ARGV[3]) then recent[#recent + 1] = redis.call('HGETALL', ARGV[1] .. id) end
end
local pauses = {}
for _, loan in ipairs(redis.call('HKEYS', KEYS[3])) do
  local pause = redis.call('GET', ARGV[4] .. loan)
  if pause then pauses[#pauses + 1] = loan; pauses[#pauses + 1] = pause end
end
return {
  epoch, redis.call('HGETALL', KEYS[3]), redis.call('GET', KEYS[4]), intents,
  redis.call('ZRANGE', KEYS[5], 0, -1), redis.call('HGETALL', KEYS[6]),
  redis.call('HGETALL', KEYS[7]), redis.call('GET', KEYS[8]), redis.call('GET', KEYS[9]), redis.call('GET', KEYS[10]),
  amounts, recent, voided, redis.call('HGETALL', KEYS[12]), redis.call('GET', KEYS[13]), redis.call('GET', KEYS[14]),
  redis.call('GET', KEYS[15]), redis.call('GET', KEYS[16]), now, pauses, redis.call('GET', KEYS[17]),
  redis.call('ZRANGE', KEYS[18], -tonumber(ARGV[5]), -1)
}`;

/**
 * KEYS: `COMMIT_KEYS`.
 * ARGV: epoch, JSON of one Commit in its wire shape (flat lists, see journalText.ts), prefixes of intents and dossiers.
 * Returns the loans whose decision differs from the one before, or why nothing was written.
 *
 * A decision record is open while the same decision is seen again: it counts, and keeps when it was first and last
 * made. What a different decision closes goes into the stream with its span, so that no look is lost (DESIGN §2.9).
 * Charges that are older than every window leave, unless their episode is open: the limit of an incident counts them.
 */
export const COMMIT = `${NOW}${STEADY}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'stale' end
steady(KEYS[22])
local c = cjson.decode(ARGV[2])
for i = 1, #c.intents, 6 do
  if redis.call('EXISTS', ARGV[3] .. c.intents[i]) == 1 then return 'duplicate' end
end
for i = 1, #c.loans, 2 do redis.call('HSET', KEYS[3], c.loans[i], c.loans[i + 1]) end
if c.account ~= '' then redis.call('SET', KEYS[4], c.account) end
local changed = {}
for i = 1, #c.why, 3 do
  local loan, span = c.why[i], redis.call('HGET', KEYS[8], c.why[i])
  if span and redis.call('HGET', KEYS[7], loan) == c.why[i + 1] then
    local first, count = string.match(span, '^(%d+) %d+ (%d+)$')
    redis.call('HSET', KEYS[8], loan, first .. ' ' .. now .. ' ' .. (tonumber(count) + 1))
  else
    local before = redis.call('HGET', KEYS[6], loan)
    if before and span and c.keep > 0 then
      redis.call('XADD', KEYS[9], 'MAXLEN', '~', c.keep, '*', 'loan', loan, 'json', before, 'span', span)
    end
    redis.call('HSET', KEYS[7], loan, c.why[i + 1])
    redis.call('HSET', KEYS[8], loan, now .. ' ' .. now .. ' 1')
    changed[#changed + 1] = loan
  end
  redis.call('HSET', KEYS[6], loan, c.why[i + 2])
end
for i = 1, #c.intents, 6 do
  local id, key = c.intents[i], ARGV[3] .. c.intents[i]
  redis.call('HSET', key, 'body', c.intents[i + 1], 'state', 'planned', 'trail', 'planned ' .. now, 'amount', c.intents[i + 2],
    'charge', c.intents[i + 3], 'epoch', ARGV[1], 'committedAt', now, 'digest', c.digest, 'maxAgeMs', c.intents[i + 4])
  redis.call('SADD', KEYS[2], id)
  redis.call('ZADD', KEYS[14], now, id)
  if c.intents[i + 3] ~= '' then redis.call('ZADD', KEYS[5], now, c.intents[i + 3]) end
  if c.intents[i + 5] ~= '' then redis.call('HSET', ARGV[4] .. id, 'decision', c.intents[i + 5]) end
end
for i = 1, #c.learned, 2 do redis.call('HSET', KEYS[15], c.learned[i], c.learned[i + 1]) end
for i = 1, #c.charges, 2 do redis.call('ZADD', KEYS[5], c.charges[i + 1], c.charges[i]) end
if c.seen ~= '' then redis.call('SET', KEYS[10], c.seen) end
if c.suspect ~= '' then redis.call('SET', KEYS[11], c.suspect) else redis.call('DEL', KEYS[11]) end
if c.next ~= '' then redis.call('SET', KEYS[12], c.next) end
if c.looked ~= '' then redis.call('SET', KEYS[13], c.looked) end
for i = 1, #c.told do redis.call('HSET', KEYS[16], c.told[i], now) end
for i = 1, #c.over do redis.call('HDEL', KEYS[16], c.over[i]) end
if c.health ~= '' then redis.call('SET', KEYS[17], c.health) end
if c.halt ~= '' and redis.call('GET', KEYS[18]) == c.halt then redis.call('DEL', KEYS[18]) end
if c.acknowledged ~= '' and redis.call('GET', KEYS[21]) == c.acknowledged then redis.call('DEL', KEYS[21]) end
if c.rest ~= '' then redis.call('SET', KEYS[19], c.rest) end
if c.disputes ~= '' then redis.call('SET', KEYS[20], c.disputes) end
if c.mode ~= '' then
  local newest = redis.call('XREVRANGE', KEYS[23], '+', '-', 'COUNT', 1)
  local was = newest[1]
  if (was and was[2][2] or 'active') ~= c.mode then
    redis.call('XADD', KEYS[23], 'MAXLEN', '~', c.modesKept, '*', 'mode', c.mode, 'why', c.modeWhy)
  end
end
for _, charge in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', '(' .. string.format('%.0f', tonumber(now) - c.chargesKept))) do
  local episode = cjson.decode(charge).episode
  if not string.find(c.episodes, '/' .. episode .. '/', 1, true) then redis.call('ZREM', KEYS[5], charge) end
end
return changed`;

/**
 * The fence: planned → sending, once. KEYS: epoch open paused halt acting, pause of its loan. ARGV: intent prefix, id, epoch, digest,
 * validUntil, sentAt, emergency (1|0), wall ms before which the validity of what is undecided must have ended.
 */
export const CLAIM = `${NOW}${TRAIL}
local key = ARGV[1] .. ARGV[2]
if redis.call('HGET', key, 'state') ~= 'planned' then return 'it is not planned any more' end
if redis.call('GET', KEYS[1]) ~= ARGV[3] or redis.call('HGET', key, 'epoch') ~= ARGV[3] then return 'a newer look has begun' end
if redis.call('HGET', key, 'digest') ~= ARGV[4] then return 'the policy changed' end
local acting = redis.call('GET', KEYS[5])
if acting and acting ~= ARGV[4] then return 'processes with another policy act' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'the account is paused' end
if redis.call('EXISTS', KEYS[6]) == 1 then return 'the loan is paused' end
if redis.call('EXISTS', KEYS[4]) == 1 then return 'the account must halt: ' .. redis.call('GET', KEYS[4]) end
local undecided = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local other = ARGV[1] .. id
  if id ~= ARGV[2] and redis.call('HGET', other, 'state') ~= 'planned' then
    undecided = undecided + 1
    if ARGV[7] == '1' then
      if redis.call('HGET', other, 'emergency') == '1' then return 'an emergency call of the account is undecided' end
      local untilMs = tonumber(redis.call('HGET', other, 'validUntil'))
      if not untilMs or untilMs >= tonumber(ARGV[8]) then return 'the venue may still start executing ' .. id end
    end
  end
end
if undecided > tonumber(ARGV[7]) then return 'another money call of the account is undecided' end
if tonumber(now) - tonumber(redis.call('HGET', key, 'committedAt')) > tonumber(redis.call('HGET', key, 'maxAgeMs')) then
  return 'the plan is too old'
end
redis.call('HSET', key, 'trail', trail(key, 'sending'))
redis.call('HSET', key, 'state', 'sending', 'validUntil', ARGV[5], 'sentAt', ARGV[6], 'emergency', undecided > 0 and 1 or 0)
return 'ok'`;

/**
 * Appends what became of an intent; a fact, so no epoch is checked. KEYS: open charges fruitless halt.
 * ARGV: intent prefix, id, new state, states it may follow, states it contradicts (comma lists), refund (1|0), loan,
 * fuse ('reset' | 'count' | ''), then field/value pairs.
 *
 * `same` and `known STATE`: nothing new. A contradiction is not written over a verdict that evidence gave; it is left where
 * the account finds it, so that no death in between can lose it (DESIGN §4). What only a person said is outranked by a
 * fact (`overrules STATE`): the intent becomes what it is, the budgets follow, and the account finds the contradiction too.
 */
export const OUTCOME = `${NOW}${TRAIL}
local key = ARGV[1] .. ARGV[2]
local state = redis.call('HGET', key, 'state') or 'missing'
local function among(list) return string.find(',' .. list .. ',', ',' .. state .. ',', 1, true) end
if state == ARGV[3] and state ~= 'unknown' and state ~= 'settling' then return 'same' end
local verdict = 'ok'
if not among(ARGV[4]) then
  if not among(ARGV[5]) then return 'known ' .. state end
  local byWord = redis.call('HGET', key, 'byWord') == 'true'
  local said = state
  if byWord then said = state .. ' by the word of an operator' end
  redis.call('SET', KEYS[4], 'intent ' .. ARGV[2] .. ' is ' .. said .. ' and then ' .. ARGV[3])
  if not byWord then return 'contradicts ' .. state end
  verdict = 'overrules ' .. state
  redis.call('HDEL', key, 'byWord', 'word')
  local returned = redis.call('HGET', key, 'charge')
  if returned and returned ~= '' then redis.call('ZADD', KEYS[2], redis.call('HGET', key, 'committedAt'), returned) end
end
if state ~= ARGV[3] then redis.call('HSET', key, 'trail', trail(key, ARGV[3])) end
redis.call('HSET', key, 'state', ARGV[3])
for i = 9, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
if ARGV[6] == '1' then
  local charge = redis.call('HGET', key, 'charge')
  if charge and charge ~= '' then redis.call('ZREM', KEYS[2], charge) end
end
if ARGV[8] == 'reset' then redis.call('HDEL', KEYS[3], ARGV[7]) end
if ARGV[8] == 'count' and redis.call('HSETNX', key, 'fruitless', now) == 1 then
  local times = redis.call('HGET', KEYS[3], ARGV[7])
  redis.call('HSET', KEYS[3], ARGV[7], times and string.sub(times .. ' ' .. now, -1399) or now)
end
if ARGV[3] == 'sending' or ARGV[3] == 'settling' or ARGV[3] == 'unknown' then
  redis.call('SADD', KEYS[1], ARGV[2])
else
  redis.call('SREM', KEYS[1], ARGV[2])
end
return verdict`;
