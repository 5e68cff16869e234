-- Requests of one client, counted in windows that begin with its first one.
--
-- KEYS  1 the client's count
-- ARGV  1 milliseconds of a window
--
-- -> requests in this window with this one, milliseconds until it ends

local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
-- also where a count has lost its end: nobody is shut out for ever
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {count, left}
