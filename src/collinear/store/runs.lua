-- The steps in the life of a run, each of them whole or not at all.
--
-- KEYS  1 run  2 lease  3 meta  4 requests  5 pages  6 claims  7 done  8 page map
-- ARGV  1 step  2 lease in milliseconds  3.. what the step needs

local run, lease, meta, requests, pages, claims, done, page_map = unpack(KEYS)
local step, lease_ms = ARGV[1], ARGV[2]

local function going_on()
  local state = redis.call('HGET', run, 'state')
  return state == 'running' or state == 'finishing'
end

local function is(number)
  return redis.call('HGET', run, 'number') == number and going_on()
end

local function renew()
  redis.call('SET', lease, redis.call('HGET', run, 'number'), 'PX', lease_ms)
end

local function count(first)
  for at = first, #ARGV, 2 do redis.call('HINCRBY', run, ARGV[at], ARGV[at + 1]) end
end

local steps = {}

-- kind, request, accept removals: the request that will be served
function steps.request(kind, request, accept)
  if going_on() and redis.call('HGET', run, 'kind') == kind then
    if accept ~= '' then redis.call('HSET', run, 'accept_removals', '1') end
    return cjson.encode({
      run_id = redis.call('HGET', run, 'run_id'), task_id = redis.call('HGET', run, 'task_id'),
    })
  end
  local known = redis.call('HGET', requests, kind)
  if not known then
    redis.call('HSET', requests, kind, request)
    return request
  end
  if accept ~= '' then
    local wanted = cjson.decode(known)
    wanted.accept_removals = true
    redis.call('HSET', requests, kind, cjson.encode(wanted))
  end
  return known
end

function steps.begin(kind, run_id, task_id, accept, began, now, watermark, refreshing, epoch)
  if going_on() then return false end
  local waiting = redis.call('HGETALL', requests)
  for at = 1, #waiting, 2 do
    local request = cjson.decode(waiting[at + 1])
    if request.run_id == run_id then
      -- somebody may have accepted removals since the message was sent
      if request.accept_removals then accept = '1' end
      redis.call('HDEL', requests, waiting[at])
    end
  end
  redis.call('HSETNX', meta, 'epoch', epoch)
  -- later than every mark before it, so that "not seen since" is exact to the run
  local marked = tonumber(redis.call('HGET', run, 'marked') or 0)
  began = string.format('%.0f', math.max(tonumber(began), marked + 1))
  local number = redis.call('HINCRBY', meta, 'runs', 1)
  redis.call('DEL', run, pages, claims, done)
  redis.call('HSET', run, 'run_id', run_id, 'task_id', task_id, 'kind', kind, 'number', number,
    'state', 'running', 'began', began, 'started_at', now, 'accept_removals', accept,
    'watermark', watermark, 'pages_done', 0, 'pages_total', '', 'rows', 0)
  -- a full refresh finds about as many pages as the last one did
  local expected = redis.call('LLEN', page_map)
  if kind == 'full' and expected > 0 then redis.call('HSET', run, 'pages_total', expected) end
  if refreshing ~= '' then redis.call('HSET', meta, 'refreshing', 'true') end
  renew()
  return number
end

function steps.add(number, ...)
  if not is(number) then return false end
  local given = {...}
  for at = 1, #given, 2 do redis.call('HSETNX', pages, given[at], given[at + 1]) end
  -- only a page-wise run knows its pages before it walks
  if redis.call('HGET', run, 'kind') == 'pages' then
    redis.call('HSET', run, 'pages_total', redis.call('HLEN', pages))
  end
  return true
end

function steps.claim(number, page, token)
  if not is(number) or redis.call('HEXISTS', done, page) == 1 then return false end
  redis.call('HSET', claims, page, token)
  renew()
  return {'claimed', redis.call('HGET', pages, page) or ''}
end

function steps.next(number, page, text)
  if not is(number) then return false end
  return redis.call('HSETNX', pages, page, text) == 1
end

function steps.done(number, page, token, segments, at_end, rows)
  if not is(number) or redis.call('HGET', claims, page) ~= token then return 'fenced' end
  if redis.call('HSETNX', done, page, segments) == 0 then return 'done' end
  renew()
  local pages_done = redis.call('HINCRBY', run, 'pages_done', 1)
  local expected = tonumber(redis.call('HGET', run, 'pages_total'))
  if expected and expected < pages_done then redis.call('HSET', run, 'pages_total', pages_done) end
  redis.call('HINCRBY', run, 'rows', rows)
  count(9)
  if at_end ~= '' then redis.call('HSET', run, 'end', '1') end
  if redis.call('HGET', run, 'end') == '1'
    and redis.call('HLEN', pages) == redis.call('HLEN', done) then
    redis.call('HSET', run, 'state', 'finishing')
    return 'complete'
  end
  return 'done'
end

function steps.count(number)
  if not is(number) then return false end
  count(4)
  return true
end

function steps.finish(number, token, now, fields, map)
  if not is(number) or redis.call('HGET', claims, 'finish') ~= token then return 'fenced' end
  redis.call('HSET', run, 'state', 'succeeded', 'finished_at', now)
  redis.call('HSET', meta, 'refreshing', 'false', 'last_update', now, 'last_error', '')
  for name, value in pairs(cjson.decode(fields)) do
    redis.call('HSET', meta, name, value)
    if name == 'held_removals' then redis.call('HSET', run, name, value) end
  end
  local segments = cjson.decode(map)
  if #segments > 0 then
    redis.call('DEL', page_map)
    for _, segment in ipairs(segments) do redis.call('RPUSH', page_map, segment) end
  end
  redis.call('DEL', lease, pages, claims, done)
  return 'ok'
end

function steps.fail(number, now, error)
  if not is(number) then return false end
  redis.call('HSET', run, 'state', 'failed', 'finished_at', now, 'error', error)
  redis.call('HSET', meta, 'refreshing', 'false', 'last_error', error)
  redis.call('DEL', lease, pages, claims, done)
  return true
end

function steps.renew(number)
  if not is(number) then return false end
  renew()
  return true
end

return steps[step](unpack(ARGV, 3))
