-- The steps in the life of a run, each of them whole or not at all.
--
-- KEYS  1 run  2 lease  3 meta  4 requests  5 pages  6 claims  7 done  8 page map  9 deferred
--       10 counters
-- ARGV  1 step  2 lease in milliseconds  3.. what the step needs

local run, lease, meta, requests, pages, claims, done, page_map, deferred, counters = unpack(KEYS)
local step, lease_ms = ARGV[1], ARGV[2]

local function going_on()
  local state = redis.call('HGET', run, 'state')
  return state == 'running' or state == 'finishing'
end

local function is(number)
  return redis.call('HGET', run, 'number') == number and going_on()
end

local function holds(number, page, held)
  return is(number) and redis.call('HGET', claims, page) == held
end

local function after(page)
  return string.format('%.0f', tonumber(page) + 1)
end

local function renew()
  redis.call('SET', lease, redis.call('HGET', run, 'number'), 'PX', lease_ms)
end

-- To the run, and to what all runs together have come to
local function add(name, by)
  redis.call('HINCRBY', run, name, by)
  local kind = redis.call('HGET', run, 'kind')
  if name == 'pages_done' or name == 'rows' then
    local family = name == 'rows' and 'collinear_sync_rows|' or 'collinear_sync_pages|'
    redis.call('HINCRBYFLOAT', counters, family .. kind, by)
  else
    redis.call('HINCRBYFLOAT', counters, 'collinear_sync_datasets|' .. kind .. '|' .. name, by)
  end
end

local function ended(outcome)
  local kind = redis.call('HGET', run, 'kind')
  redis.call('HINCRBYFLOAT', counters, 'collinear_sync_runs|' .. kind .. '|' .. outcome, 1)
end

local steps = {}

-- kind, request, accept removals, accept upstream: the request that will be served
function steps.request(kind, request, removals, upstream)
  -- a run that is finishing may have held its removals already: accepting comes too late for it
  local late = removals .. upstream ~= '' and redis.call('HGET', run, 'state') == 'finishing'
  if going_on() and redis.call('HGET', run, 'kind') == kind and not late then
    if removals ~= '' then redis.call('HSET', run, 'accept_removals', '1') end
    if upstream ~= '' then redis.call('HSET', run, 'accept_upstream', '1') end
    return cjson.encode({
      run_id = redis.call('HGET', run, 'run_id'), task_id = redis.call('HGET', run, 'task_id'),
    })
  end
  local known = redis.call('HGET', requests, kind)
  if not known then
    redis.call('HSET', requests, kind, request)
    return request
  end
  if removals .. upstream ~= '' then
    local wanted = cjson.decode(known)
    wanted.accept_removals = wanted.accept_removals or removals ~= ''
    wanted.accept_upstream = wanted.accept_upstream or upstream ~= ''
    known = cjson.encode(wanted)
    redis.call('HSET', requests, kind, known)
  end
  return known
end

-- A run begins together with its pages (a JSON list), so that no run is ever without any
function steps.begin(kind, run_id, task_id, removals, upstream, began, now, watermark, commits,
    refreshing, epoch, first_pages)
  if going_on() then return false end
  local waits = false
  local waiting = redis.call('HGETALL', requests)
  for at = 1, #waiting, 2 do
    local request = cjson.decode(waiting[at + 1])
    if request.run_id == run_id then
      waits = true
      -- somebody may have accepted more since the message was sent
      if request.accept_removals then removals = '1' end
      if request.accept_upstream then upstream = '1' end
      redis.call('HDEL', requests, waiting[at])
    end
  end
  if not waits then return false end -- it was served already, by somebody faster
  -- the store may have been emptied a moment ago
  redis.call('HSETNX', meta, 'epoch', epoch)
  redis.call('HSETNX', meta, 'total_items', 0)
  -- later than every mark before it, so that "not seen since" is exact to the run
  local marked = tonumber(redis.call('HGET', run, 'marked') or 0)
  began = string.format('%.0f', math.max(tonumber(began), marked + 1))
  local number = redis.call('HINCRBY', meta, 'runs', 1)
  redis.call('DEL', run, pages, claims, done, deferred)
  redis.call('HSET', run, 'run_id', run_id, 'task_id', task_id, 'kind', kind, 'number', number,
    'state', 'running', 'began', began, 'marked', began, 'started_at', now,
    'accept_removals', removals, 'accept_upstream', upstream, 'watermark', watermark, 'commits_until', commits,
    'pages_done', 0, 'pages_total', '', 'rows', 0)
  local listed = cjson.decode(first_pages)
  for at, page in ipairs(listed) do redis.call('HSET', pages, at - 1, page) end
  if kind == 'pages' then
    redis.call('HSET', run, 'pages_total', #listed)
  elseif kind == 'full' and redis.call('EXISTS', page_map) == 1 then
    -- a full refresh finds about as many pages as the last one did
    redis.call('HSET', run, 'pages_total', redis.call('LLEN', page_map))
  end
  redis.call('HSET', meta, 'refreshing', refreshing)
  if kind == 'regrade' then
    -- from now on everybody grades by them
    local wanted = redis.call('HGET', meta, 'wanted_thresholds')
    if wanted then redis.call('HSET', meta, 'thresholds', wanted) end
  end
  renew()
  return number
end

function steps.claim(number, page, held)
  if not is(number) then return false end
  if page == 'finish' then
    if redis.call('HGET', run, 'state') ~= 'finishing' then return false end
  elseif page == 'newest' then
    local kind, state = unpack(redis.call('HMGET', run, 'kind', 'state'))
    if state ~= 'running' or (kind ~= 'full' and kind ~= 'pages') then return false end
  elseif redis.call('HEXISTS', pages, page) == 0 or redis.call('HEXISTS', done, page) == 1 then
    return false
  end
  redis.call('HSET', claims, page, held)
  renew()
  return {'claimed', redis.call('HGET', pages, page) or ''}
end

-- The page that follows, and with it the end of this one ('' unknown): if this one is fetched
-- again, it has to reach the row behind which the next one begins.
function steps.next(number, page, held, following, bounded)
  if not holds(number, page, held) then return 'fenced' end
  if redis.call('HSETNX', pages, after(page), following) == 0 then return 'known' end
  if bounded ~= '' then redis.call('HSET', pages, page, bounded) end
  return 'new'
end

-- HSET: rows whose id a dataset holds that this run has not seen yet, they wait for the end
-- HDEL: such that wait no more, as their page was read again
function steps.defer(number, page, held, command, ...)
  if not holds(number, page, held) then return 'fenced' end
  redis.call(command, deferred, ...)
  return 'ok'
end

function steps.count(number, page, held, ...)
  if not holds(number, page, held) then return 'fenced' end
  for at = 6, #ARGV, 2 do add(ARGV[at], ARGV[at + 1]) end
  return 'ok'
end

-- What holds the run up ('' nothing any more)
function steps.trouble(number, page, held, error)
  if not holds(number, page, held) then return 'fenced' end
  redis.call('HSET', meta, 'last_error', error)
  return 'ok'
end

function steps.done(number, page, held, segments, at_end, following, rows)
  if not holds(number, page, held) then return 'fenced' end
  if redis.call('HSETNX', done, page, segments) == 1 then
    renew()
    -- known since it was fetched, unless a Redis that stumbled has forgotten it
    if following ~= '' then redis.call('HSETNX', pages, after(page), following) end
    add('pages_done', 1)
    local pages_done = tonumber(redis.call('HGET', run, 'pages_done'))
    local expected = tonumber(redis.call('HGET', run, 'pages_total'))
    if redis.call('HGET', run, 'kind') == 'pages' then expected = redis.call('HLEN', pages) end
    if expected then
      redis.call('HSET', run, 'pages_total', math.max(expected, pages_done))
    end
    add('rows', rows)
    redis.call('HDEL', run, 'stumbles')
    for at = 10, #ARGV, 2 do add(ARGV[at], ARGV[at + 1]) end
    if at_end ~= '' then redis.call('HSET', run, 'end', '1') end
    if redis.call('HGET', run, 'end') == '1'
      and redis.call('HLEN', pages) == redis.call('HLEN', done) then
      redis.call('HSET', run, 'state', 'finishing')
      -- nobody writes beside the end of a run
      redis.call('HDEL', claims, 'newest')
    end
  end
  return redis.call('HGET', run, 'state') == 'finishing' and 'complete' or 'done'
end

function steps.finish(number, page, held, now, fields, map)
  if not holds(number, page, held) then return 'fenced' end
  redis.call('HSET', run, 'state', 'succeeded', 'finished_at', now)
  redis.call('HSET', meta, 'refreshing', 'false', 'last_update', now, 'last_error', '')
  local commits = redis.call('HGET', run, 'commits_until')
  if commits ~= '' then redis.call('HSET', meta, 'commits_until', commits) end
  for name, value in pairs(cjson.decode(fields)) do
    redis.call('HSET', meta, name, value)
    if name == 'held_removals' then redis.call('HSET', run, name, value) end
  end
  for at = 9, #ARGV, 2 do add(ARGV[at], ARGV[at + 1]) end
  ended('succeeded')
  local segments = cjson.decode(map)
  if #segments > 0 then
    redis.call('DEL', page_map)
    for _, segment in ipairs(segments) do redis.call('RPUSH', page_map, segment) end
  end
  redis.call('DEL', lease, pages, claims, done, deferred)
  return 'ok'
end

-- quarantine: why the Hub's answers are not believed, as meta keeps it ('' for another failure)
function steps.fail(number, page, held, now, error, quarantine)
  if not holds(number, page, held) then return 'fenced' end
  redis.call('HSET', run, 'state', 'failed', 'finished_at', now, 'error', error)
  redis.call('HSET', meta, 'refreshing', 'false', 'last_error', error)
  ended(quarantine ~= '' and 'quarantined' or 'failed')
  if quarantine ~= '' then
    redis.call('HSET', run, 'quarantined', '1')
    redis.call('HSET', meta, 'quarantine', quarantine)
  end
  redis.call('DEL', lease, pages, claims, done, deferred)
  return 'ok'
end

-- Something that nobody expected; it ends the run if it comes so many times in a row
function steps.stumble(number, page, token, now, error, most, last_error)
  local held = redis.call('HGET', claims, page)
  -- a chunk that failed half-way may have counted already
  if not held or string.sub(held, 1, #token + 1) ~= token .. ':' or not is(number) then
    return 'fenced'
  end
  if redis.call('HINCRBY', run, 'stumbles', 1) >= tonumber(most) then
    return steps.fail(number, page, held, now, last_error, '')
  end
  redis.call('HSET', meta, 'last_error', error)
  return 'ok'
end

function steps.told(number)
  if redis.call('HGET', run, 'number') == number then redis.call('HSET', run, 'told', '1') end
  return true
end

function steps.renew(number)
  if not is(number) then return false end
  renew()
  return true
end

-- In one step with the look at the run: one that has ended meanwhile needs no lease any more
function steps.take_over()
  if not going_on() then return false end
  local number = redis.call('HGET', run, 'number')
  return redis.call('SET', lease, number, 'PX', lease_ms, 'NX') and number
end

return steps[step](unpack(ARGV, 3))
