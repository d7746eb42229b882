"""What the store runs for a budget: scripts see one clock and let nobody in between."""

from __future__ import annotations

from integrations.rates import SECOND

# The same arithmetic as integrations.rates.book, for one or more buckets that must all agree.
# KEYS: blocked, bucket...
# ARGV: calls, departure of a booking that is given back or 0, then per bucket: interval, burst, usable, ahead, most
# (microseconds)
BOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local blocked = tonumber(redis.call('GET', KEYS[1]) or '0')
local calls, back = tonumber(ARGV[1]), ARGV[2]
local leaves, again, fills = math.max(now, blocked), 0, {}
for i = 2, #KEYS do
  local at = (i - 2) * 5 + 2
  local interval, burst, usable = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local ahead, most = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local full = tonumber(redis.call('GET', KEYS[i]) or '0')
  local earliest = 0
  if most > 0 then
    if back ~= '0' then full = full - redis.call('LREM', KEYS[i] .. ':left', calls, back) * interval end
    local oldest = redis.call('LINDEX', KEYS[i] .. ':left', math.max(most - calls, 0))
    if oldest then earliest = oldest + SECOND end
  end
  local starts = math.max(full, now, blocked)
  again = math.max(again, math.max(starts - math.max(usable - calls, 0) * interval, earliest) - now - ahead)
  fills[i] = starts + calls * interval
  leaves = math.max(leaves, fills[i] - burst * interval, earliest)
end
local slot = KEYS[2] .. ':used:' .. string.format('%.0f', math.floor(now / 10000000))
if back ~= '0' then redis.call('HINCRBY', slot, 'calls', -calls) end
if again > 0 then return {0, again, now} end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', fills[i]), 'PX', math.ceil((fills[i] - now) / 1000) + 1000)
  local most = tonumber(ARGV[(i - 2) * 5 + 7])
  if most > 0 then
    local left = KEYS[i] .. ':left'
    for _ = 1, calls do redis.call('LPUSH', left, string.format('%.0f', leaves)) end
    redis.call('LTRIM', left, 0, 2 * most)
    redis.call('PEXPIRE', left, math.ceil((leaves - now + SECOND) / 1000))
  end
end
redis.call('HINCRBY', slot, 'calls', calls)
if leaves > now then redis.call('HINCRBY', slot, 'waits', 1) end
redis.call('EXPIRE', slot, 120)
return {1, leaves - now, now}
""".replace("SECOND", str(SECOND))

# KEYS: blocked, bucket   ARGV: microseconds to leave alone, microseconds of the burst that is lost
BLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0'))
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil((free - now) / 1000) + 1)
local full = math.max(free + tonumber(ARGV[2]), tonumber(redis.call('GET', KEYS[2]) or '0'))
redis.call('SET', KEYS[2], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return free
"""
