-- Writes a large value piece by piece beside the one in use, and swaps it in: only while the fences
-- hold, and only if Redis still has every piece.
--
-- KEYS  1 meta  2..1+F hashes that are fences  then what the step needs
-- ARGV  1 step  2 F  3.. a field and its value for each fence, then
--       piece OFFSET BYTES           KEYS: the part that the bytes belong to, at this offset
--       swap FIELD SERIAL SIZE...    KEYS: the parts, as many places for them, and what is to go
-- Returns 'ok', or 'fenced' where nothing was written

local fences = tonumber(ARGV[2])
for fence = 1, fences do
  local field, value = ARGV[1 + 2 * fence], ARGV[2 + 2 * fence]
  if redis.call('HGET', KEYS[1 + fence], field) ~= value then return 'fenced' end
end
local key, arg = 1 + fences, 2 + 2 * fences

if ARGV[1] == 'piece' then
  local part, offset, bytes = KEYS[key + 1], tonumber(ARGV[arg + 1]), ARGV[arg + 2]
  if offset == 0 then
    redis.call('SET', part, bytes)
  elseif redis.call('STRLEN', part) < offset then
    return 'fenced'
  else
    -- not APPEND: a piece that is sent twice is written once
    redis.call('SETRANGE', part, offset, bytes)
  end
  return 'ok'
end

local count = #ARGV - arg - 2
for part = 1, count do
  if redis.call('STRLEN', KEYS[key + part]) ~= tonumber(ARGV[arg + 2 + part]) then
    return 'fenced'
  end
end
for part = 1, count do redis.call('RENAME', KEYS[key + part], KEYS[key + count + part]) end
for at = key + 1 + 2 * count, #KEYS do redis.call('DEL', KEYS[at]) end
redis.call('HSET', KEYS[1], ARGV[arg + 1], ARGV[arg + 2])
return 'ok'
