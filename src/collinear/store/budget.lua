-- The Hub's rate limit, shared by all processes.
--
-- KEYS  1 budget
-- ARGV  1 step, then
--       take SHARE                      -> 0 (one request is ours) or milliseconds to wait
--       ask                             -> the same for who comes first: the whole window is his,
--                                          and nobody is told to wait for his sake
--       observe REMAINING RESET_S QUOTA WINDOW_S   ('' where unknown)
--       block MILLISECONDS              nobody asks before that -> milliseconds that it holds
--
-- quota, window (s), remaining and reset_at (ms) tell of the window that goes on, ended_at (ms) of
-- the one before it.  `guessed` is there while no answer has told of the window that goes on.

local budget = KEYS[1]
local clock = redis.call('TIME')
-- rounded up, so that what is added to it is never too early
local now = tonumber(clock[1]) * 1000 + math.ceil(tonumber(clock[2]) / 1000)

local function known(name) return tonumber(redis.call('HGET', budget, name)) end

local function keep(name, value) redis.call('HSET', budget, name, string.format('%.0f', value)) end

local function forget(...) redis.call('HDEL', budget, ...) end

local UNKNOWN_WINDOW, ROUNDING = 600, 5000

-- Nothing is waited for longer than a window
local function longest() return (known('window') or UNKNOWN_WINDOW) * 1000 end

-- A clock that went back leaves moments behind that would stall everybody
local function heal()
  local most = longest()
  local blocked, reset, ended = known('blocked_until'), known('reset_at'), known('ended_at')
  if blocked and blocked > now + most then keep('blocked_until', now + most) end
  if reset and reset > now + most + ROUNDING then
    keep('reset_at', now + most)
    redis.call('HSET', budget, 'guessed', 1)
  end
  if ended and ended > now + ROUNDING then forget('ended_at') end
end

-- Many ask in the moment in which a window ends: they share the whole quota of the next one,
-- until an answer says what is really left of it.
local function turn_over(reset)
  local quota, window = known('quota'), known('window')
  if not (quota and window) then
    forget('reset_at', 'remaining')
    return nil
  end
  keep('ended_at', reset)
  keep('remaining', quota)
  keep('reset_at', now + window * 1000)
  redis.call('HSET', budget, 'guessed', 1)
  return quota, now + window * 1000
end

local function take(share)
  local blocked = known('blocked_until') or 0
  if blocked > now then return blocked end
  local remaining, reset, quota = known('remaining'), known('reset_at'), known('quota')
  if remaining and reset and now >= reset then remaining, reset = turn_over(reset) end
  if not (remaining and reset) then return 0 end
  -- one request in a window is always ours, or nothing would ever go on
  local reserve = quota and math.min(math.floor(quota * (1 - share)), quota - 1) or 0
  if remaining <= reserve then return reset end
  keep('remaining', remaining - 1)
  return 0
end

local function observe(remaining, seconds, quota, window)
  if window then keep('window', window) end
  local another = quota and quota ~= known('quota')
  -- a Hub that does not name its quota has shown at least this much of it
  keep('quota', quota or math.max(known('quota') or 1, remaining))
  local reset = now + math.min(seconds * 1000, longest())
  local before, left = known('reset_at'), known('remaining')
  if before and left and now >= before then left, before = turn_over(before) end
  local ended = known('ended_at')
  -- ends of windows are a window apart, so the nearest one is meant
  local near = known('window') and known('window') * 500 or ROUNDING
  -- a late word of a window that is over
  if ended and reset - ended < near then return end
  if before and left and not another then
    local guessed = known('guessed')
    if guessed or math.abs(reset - before) < near then
      -- Answers overtake each other: the least is the latest.  Seconds are rounded up and travel
      -- late, so that the least end is the truest.
      remaining = math.min(remaining, left)
      if not guessed then reset = math.min(reset, before) end
    elseif reset > before and known('window') then
      keep('ended_at', before)
    end
  end
  forget('guessed')
  keep('remaining', remaining)
  keep('reset_at', reset)
end

heal()
if ARGV[1] == 'take' then
  local moment = take(tonumber(ARGV[2]))
  if moment == 0 then
    forget('waiting_until')
    return 0
  end
  keep('waiting_until', moment)
  return moment - now
elseif ARGV[1] == 'ask' then
  return math.max(take(1) - now, 0)
elseif ARGV[1] == 'observe' then
  observe(tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]))
  return 0
end

local pause = math.min(tonumber(ARGV[2]), longest())
keep('blocked_until', math.max(known('blocked_until') or 0, now + pause))
return pause
