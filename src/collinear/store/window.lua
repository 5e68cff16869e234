-- A window of one order with its documents, and the state it is true for, read in one step.
--
-- KEYS  1 the order  2 documents  3 meta  4 lease
-- ARGV  1 'asc' or 'desc'  2 how many  3 how many to leave out
--       4 and 5 instead of 3, to go on behind a place: its score and its member
-- Returns {total, documents, score and member of the last one where more follow,
--          the fields of meta that follow ARGV 5, whether the lease is there}
--
-- Unknown values have the score -inf and come last in both directions, so an ascending walk
-- begins behind them and comes to them at the end.

local order, upwards = KEYS[1], ARGV[1] == 'asc'
local limit, start = tonumber(ARGV[2]), tonumber(ARGV[3])
local score, member = ARGV[4], ARGV[5]
local total = redis.call('ZCARD', order)
local unknown = upwards and redis.call('ZCOUNT', order, '-inf', '-inf') or 0

local function before(a, b)
  -- `<` would ask the locale; sorted sets compare bytes
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many entries come before the place, and whether the place is still taken
local function rank_of(wanted)
  if redis.call('ZSCORE', order, member) == wanted then
    return redis.call('ZRANK', order, member), 1
  end
  local low = wanted == '-inf' and 0 or redis.call('ZCOUNT', order, '-inf', '(' .. wanted)
  local high = low + redis.call('ZCOUNT', order, wanted, wanted)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if before(redis.call('ZRANGE', order, middle, middle)[1], member) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, 0
end

if score ~= '' then
  local rank, taken = rank_of(score)
  if not upwards then
    start = total - rank
  elseif score == '-inf' then
    start = total - unknown + rank + taken
  else
    start = rank + taken - unknown
  end
end

local stop = math.min(start + limit, total) -- behind the last
local names = {}
if start < stop then
  if not upwards then
    names = redis.call('ZREVRANGE', order, start, stop - 1)
  else
    local known = total - unknown
    if start < known then
      names = redis.call('ZRANGE', order, unknown + start, unknown + math.min(stop, known) - 1)
    end
    if stop > known then
      local first = math.max(start - known, 0)
      for _, name in ipairs(redis.call('ZRANGE', order, first, stop - known - 1)) do
        names[#names + 1] = name
      end
    end
  end
end

local found, last = {}, {}
if #names > 0 then
  found = redis.call('HMGET', KEYS[2], unpack(names))
  if stop < total then
    last = {redis.call('ZSCORE', order, names[#names]), names[#names]}
  end
end
local meta = redis.call('HMGET', KEYS[3], unpack(ARGV, 6))
return {total, found, last, meta, redis.call('EXISTS', KEYS[4])}
