-- Windows of orders with their documents, and the state they are true for, read in one step.
--
-- KEYS  1 documents  2 meta  3 lease, then the order of each window
-- ARGV  1 how many fields of meta, then those fields, then for each window five:
--       'asc' or 'desc', how many, how many to leave out,
--       and instead of the latter, to go on behind a place: its score and its member
-- Returns {the fields of meta, whether the lease is there, and for each window
--          {total, documents, score and member of the last one where more follow}}
--
-- Unknown values have the score -inf and come last in both directions, so an ascending walk
-- begins behind them and comes to them at the end.

local function before(a, b)
  -- `<` would ask the locale; sorted sets compare bytes
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many entries come before the place, and whether the place is still taken
local function rank_of(order, score, member)
  if redis.call('ZSCORE', order, member) == score then
    return redis.call('ZRANK', order, member), 1
  end
  local low = score == '-inf' and 0 or redis.call('ZCOUNT', order, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', order, score, score)
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

local function names_of(order, upwards, start, stop, known, unknown)
  if not upwards then return redis.call('ZREVRANGE', order, start, stop - 1) end
  local names = {}
  if start < known then
    names = redis.call('ZRANGE', order, unknown + start, unknown + math.min(stop, known) - 1)
  end
  if stop > known then
    local first = math.max(start - known, 0)
    for _, name in ipairs(redis.call('ZRANGE', order, first, stop - known - 1)) do
      names[#names + 1] = name
    end
  end
  return names
end

local function window(order, direction, limit, start, score, member)
  local upwards = direction == 'asc'
  local total = redis.call('ZCARD', order)
  local unknown = upwards and redis.call('ZCOUNT', order, '-inf', '-inf') or 0
  if score ~= '' then
    local rank, taken = rank_of(order, score, member)
    if not upwards then
      start = total - rank
    elseif score == '-inf' then
      start = total - unknown + rank + taken
    else
      start = rank + taken - unknown
    end
  end
  local stop = math.min(start + limit, total) -- behind the last
  if start >= stop then return {total, {}, {}} end
  local names = names_of(order, upwards, start, stop, total - unknown, unknown)
  local last = {}
  if stop < total then
    last = {redis.call('ZSCORE', order, names[#names]), names[#names]}
  end
  return {total, redis.call('HMGET', KEYS[1], unpack(names)), last}
end

local fields = tonumber(ARGV[1])
local answer = {
  redis.call('HMGET', KEYS[2], unpack(ARGV, 2, fields + 1)), redis.call('EXISTS', KEYS[3])
}
for place = 4, #KEYS do
  local at = fields + 2 + (place - 4) * 5
  answer[#answer + 1] = window(
    KEYS[place], ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4]
  )
end
return answer
