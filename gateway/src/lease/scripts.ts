/**
 * What Redis does for the leases, each at one stroke. KEYS: a hash of leases by part, and one of
 * gateways by id, with the moment up to which each counts. A lease reads
 * `<epoch> <holder, or -> <expires> <done> <handover>`; moments are ms since the Unix epoch by Redis'
 * own clock, so gateways whose clocks differ agree.
 */

const COMMON = `
-- A write that takes no memory, lest a full Redis refuses those behind it: leases are few and small, and
-- without them nothing would be done, not even about keys that expire.
redis.call('HDEL', KEYS[2], '-')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me = ARGV[1]
local function whole(number) return string.format('%.0f', number) end
local function read(part)
  local text = redis.call('HGET', KEYS[1], part)
  if not text then return nil end
  local epoch, holder, expires, done, handover = string.match(text, '^(%d+) (%S+) (%d+) (%d+) (.*)$')
  return epoch and { epoch = epoch, holder = holder, expires = tonumber(expires), done = done,
    handover = handover }
end
local function write(part, epoch, holder, expires, done, handover)
  local text = epoch .. ' ' .. holder .. ' ' .. whole(expires) .. ' ' .. done .. ' ' .. handover
  redis.call('HSET', KEYS[1], part, text)
end
local function later(done, other)
  if done == '' then return other end
  -- One that is ahead of this clock was written by another, or before this one was set back.
  if tonumber(other) > tonumber(done) and tonumber(other) <= now then return other end
  return done
end
local function isMine(lease, epoch) return lease and lease.holder == me and lease.epoch == epoch end
local function isExpired(lease) return lease.expires <= now and '1' or '0' end
`;

/** ARGV: gateway, ttl, whether it shares, and per lease to renew: part, epoch, done or nothing. */
export const SYNC = `${COMMON}
local expires = now + ARGV[2]
if ARGV[3] == '1' then redis.call('HSET', KEYS[2], me, whole(expires))
else redis.call('HDEL', KEYS[2], me) end
for at = 4, #ARGV, 3 do
  local part, epoch, done = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local lease = read(part)
  if not lease then
    write(part, epoch, me, expires, done == '' and whole(now) or done, '')
  elseif isMine(lease, epoch) then
    write(part, epoch, me, expires, later(done, lease.done), '')
  end
end
local gateways = {}
local all = redis.call('HGETALL', KEYS[2])
for at = 1, #all, 2 do
  if tonumber(all[at + 1]) > now then table.insert(gateways, all[at])
  else redis.call('HDEL', KEYS[2], all[at]) end
end
local leases = {}
for _, part in ipairs(redis.call('HKEYS', KEYS[1])) do
  local lease = read(part)
  if lease then
    table.insert(leases, { part, lease.epoch, lease.holder, isExpired(lease), lease.done,
      lease.handover })
  end
end
return { whole(now), gateways, leases }
`;

/** ARGV: gateway, ttl, parts. What was handed over stays readable until the first renewal. */
export const TAKE = `${COMMON}
local taken = {}
for at = 3, #ARGV do
  local part = ARGV[at]
  local lease = read(part)
  local isNew = not lease
  lease = lease or { epoch = '0', holder = '-', expires = now, done = whole(now), handover = '' }
  if lease.holder == '-' or lease.holder == me or lease.expires <= now then
    local epoch = whole(lease.epoch + 1)
    write(part, epoch, me, now + ARGV[2], lease.done, lease.handover)
    table.insert(taken, { part, epoch, lease.holder, isExpired(lease), lease.done, lease.handover,
      isNew and '1' or '0' })
  end
end
return taken
`;

/** ARGV: gateway, and per lease: part, epoch, done or nothing, handover. */
export const RELEASE = `${COMMON}
for at = 2, #ARGV, 4 do
  local part, epoch, done, handover = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local lease = read(part)
  if isMine(lease, epoch) then
    write(part, epoch, '-', now, later(done, lease.done), handover)
  end
end
return {}
`;
