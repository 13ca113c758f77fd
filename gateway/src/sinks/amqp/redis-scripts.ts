import { TIME_AT } from "./entry.js";

/**
 * The fallback in Redis, which all gateways share. Entries wait in one list; those that the gateway
 * with the right to send has fetched stand in another one until they have arrived, so that whoever
 * takes over knows which may have been sent already. All keys have one slot.
 */

const NAME = "{keywire}:amqp";
/** waiting, fetched, counters, who sends */
const SHARED_KEYS = [`${NAME}:fallback`, `${NAME}:fetched`, `${NAME}:counters`, `${NAME}:sender`];

export function sharedKeys(): readonly string[] {
  return SHARED_KEYS;
}

/** Where a gateway notes its latest batch. */
export function turnKey(life: string): string {
  return `${NAME}:turn:${life}`;
}

/**
 * Begins each script. `pushed` counts the entries ever put in. Where it is less than a gateway has
 * seen, Redis has lost some: a failover, or a restart with an old state, or somebody deleted them.
 * `held` is how many both lists had when a script was done with them: where there are less, somebody
 * deleted a list alone, or Redis evicted it. The first one to notice sets it right, and tells. `since`
 * is when the oldest entry happened, or earlier. ARGV: pushed and gone as last seen.
 */
const PRELUDE = `
local waiting, fetched = redis.call('LLEN', KEYS[1]), redis.call('LLEN', KEYS[2])
local counted = redis.call('HMGET', KEYS[3], 'pushed', 'held', 'since')
local pushed, held = tonumber(counted[1] or '0'), tonumber(counted[2] or '0')
local seenPushed, seenGone = tonumber(ARGV[1]), tonumber(ARGV[2])
local gone = pushed - waiting - fetched
local lost = math.max(0, held - waiting - fetched)
local again = math.max(0, math.min(seenGone, pushed) - gone)
-- A write that takes no memory, lest a full Redis refuses those behind it.
local function insist() redis.call('HDEL', KEYS[3], 'none') end
if pushed < seenPushed or again > 0 then insist() end
if pushed < seenPushed then
  lost = lost + math.max(0, seenPushed - math.max(pushed, seenGone))
  redis.call('HSET', KEYS[3], 'pushed', seenPushed)
  pushed = seenPushed
elseif again > 0 then
  redis.call('HSET', KEYS[3], 'pushed', pushed)
end
local function standing()
  local w, f = redis.call('LLEN', KEYS[1]), redis.call('LLEN', KEYS[2])
  if w + f ~= held then
    held = w + f
    insist()
    redis.call('HSET', KEYS[3], 'held', held)
  end
  local since = (w + f > 0 or lost > 0) and counted[3] or '0'
  return { w, f, pushed, redis.call('EXISTS', KEYS[4]), lost, again, since }
end
`;

export const LOOK = `${PRELUDE} return standing()`;

/** ARGV: turn, size, policy, entries. KEYS[5]: the gateway's turn. */
export const APPEND = `${PRELUDE}
local turn, size, policy = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local noted = redis.call('HMGET', KEYS[5], 'turn', 'accepted', 'dropped', 'from', 'to')
if noted[1] and tonumber(noted[1]) >= turn then
  return { standing(), tonumber(noted[2]), tonumber(noted[3]), noted[4], noted[5] }
end
local count = #ARGV - 5
local first, last = 6, #ARGV
local dropped, from, to = 0, '0', '0'
local function timeOf(entry)
  local time = struct.unpack('>d', entry, ${TIME_AT + 1})
  return string.format('%.0f', time)
end
local function drop(many, oldest, newest)
  if dropped == 0 then from = timeOf(oldest) end
  dropped = dropped + many
  to = timeOf(newest)
end
if size > 0 then
  local over = waiting + fetched + count - size
  if over > 0 and policy == 'drop_newest' then
    local many = math.min(over, count)
    last = last - many
    drop(many, ARGV[last + 1], ARGV[#ARGV])
  elseif over > 0 then
    local many = math.min(over, waiting)
    if many > 0 then
      drop(many, redis.call('LINDEX', KEYS[1], 0), redis.call('LINDEX', KEYS[1], many - 1))
      redis.call('LTRIM', KEYS[1], many, -1)
    end
    local rest = math.min(over - many, count)
    if rest > 0 and fetched < size then
      drop(rest, ARGV[first], ARGV[first + rest - 1])
      first = first + rest
    end
  end
end
if waiting + fetched == 0 and first <= last then
  counted[3] = timeOf(ARGV[first])
  redis.call('HSET', KEYS[3], 'since', counted[3])
end
for at = first, last, 1000 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, at, math.min(at + 999, last)))
end
local accepted = last - first + 1
pushed = redis.call('HINCRBY', KEYS[3], 'pushed', accepted)
redis.call('HSET', KEYS[5], 'turn', turn, 'accepted', accepted, 'dropped', dropped, 'from', from, 'to', to)
redis.call('EXPIRE', KEYS[5], 86400)
return { standing(), accepted, dropped, from, to }
`;

/** ARGV: who, ms, removeUpTo, knownUpTo or -1, want. Answers 0 where another one has the right. */
export const DRAIN = `${PRELUDE}
local who, ms = ARGV[3], ARGV[4]
local removeUpTo, knownUpTo, want = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local holder = redis.call('GET', KEYS[4])
if holder and holder ~= who then return { standing(), waiting, 0, 0, 0, {} } end
local moved = tonumber(redis.call('HGET', KEYS[3], 'moved') or '0')
local isNew = not holder or knownUpTo < 0 or knownUpTo > moved
insist()
redis.call('SET', KEYS[4], who, 'PX', ms)
local front = moved - fetched
local start = front
if not isNew then
  local many = math.min(removeUpTo - front, fetched)
  if many > 0 then
    redis.call('LTRIM', KEYS[2], many, -1)
    front = front + many
  end
  start = math.max(knownUpTo, front)
end
local known = moved - start
local again = isNew and known or 0
local take = math.min(math.max(want - known, 0), waiting)
if take > 0 then
  local entries = redis.call('LPOP', KEYS[1], take)
  redis.call('RPUSH', KEYS[2], unpack(entries))
  redis.call('HINCRBY', KEYS[3], 'moved', take)
end
local entries = redis.call('LRANGE', KEYS[2], start - front, -1)
local now = standing()
if now[1] + now[2] == 0 then redis.call('DEL', KEYS[4]) now[4] = 0 end
return { now, now[1], 1, start, again, entries }
`;

/** ARGV: who, removeUpTo, keepUpTo. */
export const RELEASE = `${PRELUDE}
if redis.call('GET', KEYS[4]) ~= ARGV[3] then return standing() end
local moved = tonumber(redis.call('HGET', KEYS[3], 'moved') or '0')
local front = moved - fetched
insist()
local back = math.min(moved - tonumber(ARGV[5]), fetched)
for _ = 1, back do redis.call('LPUSH', KEYS[1], redis.call('RPOP', KEYS[2])) end
if back > 0 then redis.call('HINCRBY', KEYS[3], 'moved', -back) end
local many = tonumber(ARGV[4]) - front
if many > 0 then redis.call('LTRIM', KEYS[2], many, -1) end
redis.call('DEL', KEYS[4])
return standing()
`;

export const PURGE = `${PRELUDE}
redis.call('DEL', KEYS[1], KEYS[2])
return { waiting + fetched, standing() }
`;
