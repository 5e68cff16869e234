-- The Hub's rate limit, shared by all processes.
--
-- KEYS  1 budget
-- ARGV  1 step, then
--       take SHARE                      -> 0 (one request is ours) or milliseconds to wait
--       observe REMAINING RESET_S QUOTA WINDOW_S   ('' where unknown)
--       block MILLISECONDS              nobody asks before that

local budget = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function known(name) return tonumber(redis.call('HGET', budget, name)) end

local function keep(name, value) redis.call('HSET', budget, name, string.format('%.0f', value)) end

if ARGV[1] == 'take' then
  local blocked = known('blocked_until') or 0
  if blocked > now then return blocked - now end
  local reset, quota, remaining = known('reset_at'), known('quota'), known('remaining')
  if not (reset and remaining) then return 0 end
  if now >= reset then
    -- a new window has begun; until an answer says more, it is whole
    redis.call('HDEL', budget, 'reset_at', 'remaining')
    return 0
  end
  local reserve = quota and math.floor(quota * (1 - tonumber(ARGV[2]))) or 0
  if remaining <= reserve then return reset - now end
  keep('remaining', remaining - 1)
  return 0
elseif ARGV[1] == 'observe' then
  local remaining, reset = tonumber(ARGV[2]), now + tonumber(ARGV[3]) * 1000
  local before, left = known('reset_at'), known('remaining')
  -- answers overtake each other: within one window only the least counts
  if before and left and math.abs(before - reset) < 5000 then
    remaining, reset = math.min(remaining, left), math.max(before, reset)
  end
  keep('remaining', remaining)
  keep('reset_at', reset)
  if ARGV[4] ~= '' then keep('quota', tonumber(ARGV[4])) end
  if ARGV[5] ~= '' then keep('window', tonumber(ARGV[5])) end
  return 0
end

keep('blocked_until', math.max(known('blocked_until') or 0, now + tonumber(ARGV[2])))
return tonumber(ARGV[2])
