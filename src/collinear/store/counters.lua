-- What a worker has counted since it last told, and that it lives.
--
-- KEYS  1 counters  2 workers
-- ARGV  1 name  2 running (-1: it leaves)  3 slots  4.. name, number, ...

local name, running, slots = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(redis.call('TIME')[1])
local FORGET = 60

for at = 4, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[at], ARGV[at + 1]) end

if running < 0 then
  redis.call('HDEL', KEYS[2], name)
else
  redis.call('HSET', KEYS[2], name, cjson.encode({at = now, running = running, slots = slots}))
end
local known = redis.call('HGETALL', KEYS[2])
for at = 1, #known, 2 do
  if cjson.decode(known[at + 1]).at < now - FORGET then redis.call('HDEL', KEYS[2], known[at]) end
end
return now
