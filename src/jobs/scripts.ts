/**
 * The journal's atomic steps as Lua. Each runs whole or not at all; none re-encodes JSON (Redis' encoder cannot tell
 * an empty list from an empty map), so what must change is a field of its own.
 *
 * What a death on each line means:
 * - before `open`: nothing happened; after it, the older run can no longer commit or claim.
 * - before `commit`: a decision is lost, the next look decides again from what it sees.
 * - after `commit`, before `claim`: a `planned` intent is left; the next `open` voids it and returns its charge.
 * - after `claim`, before `outcome`: `sending` is left; nobody may send it, the next look gathers evidence.
 */

/** KEYS: epoch open loans account charges fruitless learned paused seen suspect index. ARGV: intent prefix, charges since, recent ids. */
export const OPEN = `
local epoch = redis.call('INCR', KEYS[1])
local intents, voided = {}, {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local key = ARGV[1] .. id
  if redis.call('HGET', key, 'state') == 'planned' then
    redis.call('HSET', key, 'state', 'voided', 'note', 'the look that planned it ended before claiming it')
    redis.call('SREM', KEYS[2], id)
    local charge = redis.call('HGET', key, 'charge')
    if charge then redis.call('ZREM', KEYS[5], charge) end
    voided[#voided + 1] = id
  else
    intents[#intents + 1] = redis.call('HGETALL', key)
  end
end
local recent = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[11], 0, tonumber(ARGV[3]) - 1)) do
  recent[#recent + 1] = redis.call('HGET', ARGV[1] .. id, 'amount')
end
local time = redis.call('TIME')
return {
  epoch, redis.call('HGETALL', KEYS[3]), redis.call('GET', KEYS[4]), intents,
  redis.call('ZRANGEBYSCORE', KEYS[5], ARGV[2], '+inf'), redis.call('HGETALL', KEYS[6]),
  redis.call('HGETALL', KEYS[7]), redis.call('GET', KEYS[8]), redis.call('GET', KEYS[9]),
  redis.call('GET', KEYS[10]), recent, voided, time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
}`;

/**
 * KEYS: epoch open loans account charges why last decisions seen suspect next looked index learned.
 * ARGV: epoch, JSON of one Commit in its wire shape (flat lists, see journal.ts), intent prefix.
 */
export const COMMIT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'stale' end
local c = cjson.decode(ARGV[2])
for i = 1, #c.intents, 5 do
  if redis.call('EXISTS', ARGV[3] .. c.intents[i]) == 1 then return 'duplicate' end
end
for i = 1, #c.loans, 2 do redis.call('HSET', KEYS[3], c.loans[i], c.loans[i + 1]) end
if c.account ~= '' then redis.call('SET', KEYS[4], c.account) end
for i = 1, #c.why, 3 do
  redis.call('HSET', KEYS[6], c.why[i], c.why[i + 2])
  if redis.call('HGET', KEYS[7], c.why[i]) ~= c.why[i + 1] then
    redis.call('HSET', KEYS[7], c.why[i], c.why[i + 1])
    redis.call('XADD', KEYS[8], 'MAXLEN', '~', c.keep, '*', 'loan', c.why[i], 'json', c.why[i + 2])
  end
end
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
for i = 1, #c.intents, 5 do
  local id, key = c.intents[i], ARGV[3] .. c.intents[i]
  redis.call('HSET', key, 'body', c.intents[i + 1], 'state', 'planned', 'amount', c.intents[i + 2],
    'charge', c.intents[i + 3], 'epoch', ARGV[1], 'committedAt', now, 'digest', c.digest, 'maxAgeMs', c.intents[i + 4])
  redis.call('SADD', KEYS[2], id)
  redis.call('ZADD', KEYS[13], now, id)
  if c.intents[i + 3] ~= '' then redis.call('ZADD', KEYS[5], now, c.intents[i + 3]) end
end
for i = 1, #c.learned, 2 do redis.call('HSET', KEYS[14], c.learned[i], c.learned[i + 1]) end
if c.seen ~= '' then redis.call('SET', KEYS[9], c.seen) end
if c.suspect ~= '' then redis.call('SET', KEYS[10], c.suspect) else redis.call('DEL', KEYS[10]) end
if c.next ~= '' then redis.call('SET', KEYS[11], c.next) end
if c.looked ~= '' then redis.call('SET', KEYS[12], c.looked) end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', '(' .. c.chargesFrom)
return 'ok'`;

/**
 * The fence: planned → sending, once. KEYS: epoch open paused account. ARGV: intent prefix, id, epoch, digest,
 * validUntil, sentAt, emergency (1|0).
 */
export const CLAIM = `
local key = ARGV[1] .. ARGV[2]
if redis.call('HGET', key, 'state') ~= 'planned' then return 'it is not planned any more' end
if redis.call('GET', KEYS[1]) ~= ARGV[3] or redis.call('HGET', key, 'epoch') ~= ARGV[3] then return 'a newer look has begun' end
if redis.call('HGET', key, 'digest') ~= ARGV[4] then return 'the policy changed' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'the account is paused' end
local undecided = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if id ~= ARGV[2] then
    local state = redis.call('HGET', ARGV[1] .. id, 'state')
    if state ~= 'planned' then undecided = undecided + 1 end
  end
end
if undecided > tonumber(ARGV[7]) then return 'another money call of the account is undecided' end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if now - tonumber(redis.call('HGET', key, 'committedAt')) > tonumber(redis.call('HGET', key, 'maxAgeMs')) then return 'the plan is too old' end
redis.call('HSET', key, 'state', 'sending', 'validUntil', ARGV[5], 'sentAt', ARGV[6])
return 'ok'`;

/**
 * Appends what became of an intent; a fact, so no epoch is checked. KEYS: open charges fruitless learned.
 * ARGV: intent prefix, id, new state, allowed old states (comma list), refund (1|0), fruitless (loan or ''), effect
 * ('reset'|'count'|''), then field/value pairs.
 */
export const OUTCOME = `
local key = ARGV[1] .. ARGV[2]
local state = redis.call('HGET', key, 'state')
if not state then return 'missing' end
if state == ARGV[3] and state ~= 'unknown' and state ~= 'settling' then return 'same' end
if not string.find(',' .. ARGV[4] .. ',', ',' .. state .. ',', 1, true) then return state end
redis.call('HSET', key, 'state', ARGV[3])
for i = 8, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
if ARGV[5] == '1' then
  local charge = redis.call('HGET', key, 'charge')
  if charge and charge ~= '' then redis.call('ZREM', KEYS[2], charge) end
end
if ARGV[6] ~= '' then
  if ARGV[7] == 'reset' then redis.call('HDEL', KEYS[3], ARGV[6]) end
  if ARGV[7] == 'count' then redis.call('HINCRBY', KEYS[3], ARGV[6], 1) end
end
if ARGV[3] == 'sending' or ARGV[3] == 'settling' or ARGV[3] == 'unknown' then
  redis.call('SADD', KEYS[1], ARGV[2])
else
  redis.call('SREM', KEYS[1], ARGV[2])
end
return 'ok'`;
