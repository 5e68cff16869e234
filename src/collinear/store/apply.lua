-- Applies a chunk of one page: documents, orders, identities, marks and announcements in one step,
-- so that nobody ever sees a dataset that is ordered but not stored, or stored but not announced.
--
-- KEYS  1 run  2 claims  3 meta  4 ids  5 documents  6 identities  7 folded  8 renamed  9 seen
--       10 changes  11 fingerprints  12 last changes  13.. one order for each measure
-- ARGV  1 number of the run  2 page  3 the claim as it is held  4 the claim afterwards ('' for none)
--       5 now (text)  6 now (second)  7 second the run began
--       8 changes to keep (twice the catalog at the least)
--       9 whether a dataset that this run has not seen makes room for one that has its id now
--       10 rows  11 ranges of marks  12 pieces of fingerprints
--       then for each row: op, hub_id, id, previous id, identity as read ('' for none), document,
--       changed fields, created second, fingerprint, and one score for each measure ('' where
--       unchanged); then for each range of marks: first ordinal, how many;
--       then for each piece of fingerprints: first ordinal, the piece
-- Returns {'fenced'}, {'conflict'}: nothing was written;
--         {'ok', {hub_ids whose id another dataset of this run holds}, {hub_ids to apply again},
--          {hub_ids that somebody else has updated in the same way meanwhile},
--          {hub_ids whose id is held by a dataset that this run has not seen}}

local number, page, held, held_next, now, second_now, began = unpack(ARGV, 1, 7)
local keep, evict = tonumber(ARGV[8]), ARGV[9] ~= ''
local rows, ranges, pieces = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local meta, ids, documents, identities = KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local folded, renamed, seen, changes = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local fingerprints, last_changes = KEYS[11], KEYS[12]
local ORDERS = 12
local measures = #KEYS - ORDERS
local HEAD, FIELDS, PRINT, CHANGE = 12, 9, 8, 8
local UNPRINTED, UNCHANGED = string.rep('\0', PRINT), string.rep('\0', CHANGE)
local width = FIELDS + measures
local PLACES = 2097152 -- in a second: a score is exact up to 2^53 = 2^32 seconds x 2^21 places
local APART = 16 -- places from one dataset of a second to the next
local GONE = '\255\255\255\255'
-- A run's marks are never older than its beginning, which is later than all marks before it
local marked = math.max(tonumber(second_now), tonumber(began))
local mark = struct.pack('>I4', marked)

if redis.call('HGET', KEYS[1], 'number') ~= number then return {'fenced'} end
if held ~= '' and redis.call('HGET', KEYS[2], page) ~= held then return {'fenced'} end

local creates = 0
local moving = {} -- hub_id -> true until its move is done
local AT_A_TIME = 1000 -- unpack takes fewer than 8,000 values
for first = 0, rows - 1, AT_A_TIME do
  local hub_ids, read = {}, {}
  for row = first, math.min(first + AT_A_TIME, rows) - 1 do
    local at = HEAD + row * width
    hub_ids[#hub_ids + 1], read[#read + 1] = ARGV[at + 2], ARGV[at + 5]
    if ARGV[at + 1] == 'create' then creates = creates + 1 end
    if ARGV[at + 1] == 'move' then moving[ARGV[at + 2]] = true end
  end
  for position, identity in ipairs(redis.call('HMGET', identities, unpack(hub_ids))) do
    if (identity or '') ~= read[position] then return {'conflict'} end
  end
end

redis.call('HSET', KEYS[1], 'marked', marked)
-- Marks are no change: who shows them knows by this number that they may be others
redis.call('HINCRBY', KEYS[1], 'chunks', 1)
-- A claim counts its chunks: one that is sent twice, or that Redis has forgotten, ends it
if held ~= '' then redis.call('HSET', KEYS[2], page, held_next) end

-- Marks of those who keep their id come first: they hold it against a newcomer
for range = 0, ranges - 1 do
  local at = HEAD + rows * width + range * 2
  redis.call('SETRANGE', seen, tonumber(ARGV[at + 1]) * 4, string.rep(mark, tonumber(ARGV[at + 2])))
end

for piece = 0, pieces - 1 do
  local at = HEAD + rows * width + ranges * 2 + piece * 2
  redis.call('SETRANGE', fingerprints, tonumber(ARGV[at + 1]) * PRINT, ARGV[at + 2])
end

-- Ordinals of one chunk are neighbours, and so are their marks
local next_ordinal, end_of_ordinals = 0, 0
if creates > 0 then
  end_of_ordinals = redis.call('HINCRBY', meta, 'ordinals', creates)
  next_ordinal = end_of_ordinals - creates
  redis.call('SETRANGE', seen, next_ordinal * 4, string.rep(mark, creates))
end
keep = string.format('%.0f', math.max(keep, 2 * redis.call('ZCARD', ids)))
local any_renamed = redis.call('EXISTS', renamed) == 1
local epoch = redis.call('HGET', meta, 'epoch')
local serial = nil
local orders = {}
for measure = 1, measures do orders[measure] = {} end

-- The position of the newest entry in eight bytes; none where its number is too large for two
local function position()
  local moment, number = string.match(serial, '^(%d+)-(%d+)$')
  moment, number = tonumber(moment), tonumber(number)
  if number > 65535 then return UNCHANGED end
  return struct.pack('>I4I2I2', math.floor(moment / 65536), moment % 65536, number)
end

local function announce(op, id, hub_id, previous_id, changed)
  serial = redis.call('XADD', changes, 'MAXLEN', '~', keep, '*', 'op', op, 'id', id,
    'hub_id', hub_id, 'previous_id', previous_id, 'changed', changed, 'at', now)
end

local function hub_id_of(id)
  -- quotes inside a JSON text are escaped, so this can only match the field itself
  return string.match(redis.call('HGET', documents, id) or '', '"hub_id":"(%x+)"')
end

-- '' where somebody deleted the document: the order is then mended with it
local function rank_of(id) return hub_id_of(id) or '' end

local function ordinal_of(hub_id)
  local identity = redis.call('HGET', identities, hub_id)
  return identity and tonumber(string.match(identity, '^%d+'))
end

local function flush()
  for measure = 1, measures do
    if #orders[measure] > 0 then
      redis.call('ZADD', KEYS[ORDERS + measure], unpack(orders[measure]))
      orders[measure] = {}
    end
  end
end

local function score(at)
  for measure = 1, measures do
    local value = ARGV[at + FIELDS + measure]
    if value ~= '' then
      local order = orders[measure]
      order[#order + 1] = value
      order[#order + 1] = ARGV[at + 3]
      if #order >= 4 * AT_A_TIME then flush() end
    end
  end
end

-- The catalog order is (created second, hub_id), but ties in a sorted set go by member: so the
-- datasets of one second get places of their own, with room between them.  Thousands may be of one
-- second (all that are older than the Hub's records are), and pages come in any order.
local function add(score, id) redis.call('ZADD', ids, string.format('%.0f', score), id) end

-- Everybody of a second gets a new place; most of the room is behind the one who found none
local function spread(low, first, last, hub_id, id)
  local members = {{hub_id, id}}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', ids, first, last)) do
    members[#members + 1] = {rank_of(member), member}
  end
  table.sort(members, function(a, b) return a[1] < b[1] end)
  local apart = math.max(1, math.min(APART, math.floor(PLACES / 4 / #members)))
  local score = low
  for position, member in ipairs(members) do
    add(score, member[2])
    score = score + apart
    if member[2] == id then score = low + PLACES - (#members - position) * apart end
  end
end

local function place(second, hub_id, id)
  local low = second * PLACES
  local top = low + PLACES - 1
  local first, last = string.format('%.0f', low), string.format('%.0f', top)
  local newest = redis.call('ZREVRANGEBYSCORE', ids, last, first, 'WITHSCORES', 'LIMIT', 0, 1)
  if #newest == 0 then return add(low + PLACES / 2, id) end
  if rank_of(newest[1]) < hub_id and tonumber(newest[2]) + APART <= top then
    return add(tonumber(newest[2]) + APART, id)
  end

  local begin = redis.call('ZCOUNT', ids, '-inf', '(' .. first)
  local count = redis.call('ZCOUNT', ids, first, last)
  local function at(position)
    local rank = begin + position
    return unpack(redis.call('ZRANGE', ids, rank, rank, 'WITHSCORES'))
  end
  local before, behind = 0, count -- how many come before it is found between these
  while before < behind do
    local middle = math.floor((before + behind) / 2)
    if rank_of((at(middle))) < hub_id then before = middle + 1 else behind = middle end
  end
  local lower = before > 0 and tonumber(select(2, at(before - 1))) or low - 1
  local upper = before < count and tonumber(select(2, at(before))) or top + 1
  local room = upper - lower - 1
  if room > 0 then return add(lower + math.min(APART, math.ceil(room / 2)), id) end
  spread(low, first, last, hub_id, id)
end

local function fold(id, add)
  local lower = string.lower(id)
  if lower == id then return end
  local known = redis.call('HGET', folded, lower)
  local kept = {}
  for _, name in ipairs(known and cjson.decode(known) or {}) do
    if name ~= id then kept[#kept + 1] = name end
  end
  if add then kept[#kept + 1] = id end
  if #kept == 0 then
    redis.call('HDEL', folded, lower)
  else
    redis.call('HSET', folded, lower, cjson.encode(kept))
  end
end

local function leave(id)
  flush()
  redis.call('HDEL', documents, id)
  redis.call('ZREM', ids, id)
  for measure = 1, measures do redis.call('ZREM', KEYS[ORDERS + measure], id) end
  fold(id, false)
end

local function enter(id, document)
  redis.call('HSET', documents, id, document)
  if any_renamed then redis.call('HDEL', renamed, id) end
  fold(id, true)
end

local function drop(hub_id, id)
  local ordinal = ordinal_of(hub_id)
  if hub_id_of(id) == hub_id then leave(id) end
  redis.call('HDEL', identities, hub_id)
  redis.call('SETRANGE', seen, ordinal * 4, GONE)
  redis.call('SETRANGE', fingerprints, ordinal * PRINT, UNPRINTED)
  redis.call('SETRANGE', last_changes, ordinal * CHANGE, UNCHANGED)
  announce('delete', id, hub_id, '', '')
  redis.call('HINCRBY', KEYS[1], 'deleted', 1)
end

local vacated = {} -- hub_id -> true for one that made room before its own move

-- 'room'; 'held' where another dataset that this run has seen has the id: then the first one stays;
-- 'wait' where one that was not seen yet has it: it may still turn up under another id.
local function make_room(hub_id, id)
  local holder = hub_id_of(id)
  if not holder or holder == hub_id then return 'room' end
  local ordinal = ordinal_of(holder)
  if not ordinal then
    leave(id) -- somebody deleted its identity: nobody has this document any more
    return 'room'
  end
  local last = redis.call('GETRANGE', seen, ordinal * 4, ordinal * 4 + 3)
  if moving[holder] and evict then
    -- two that swap their ids: both are moves
    vacated[holder] = true
    leave(id)
  elseif #last == 4 and struct.unpack('>I4', last) >= tonumber(began) then
    return 'held'
  elseif not evict then
    return 'wait'
  else
    drop(holder, id)
  end
  return 'room'
end

local function print(ordinal, fingerprint)
  redis.call('SETRANGE', fingerprints, ordinal * PRINT, fingerprint)
end

local refused, again, same, deferred = {}, {}, {}, {}
local first_created, created_prints, created_changes = next_ordinal, {}, {}
for row = 0, rows - 1 do
  local at = HEAD + row * width
  local op, hub_id, id, previous_id = unpack(ARGV, at + 1, at + 4)
  local document, changed, second = ARGV[at + 6], ARGV[at + 7], tonumber(ARGV[at + 8])
  local fingerprint = ARGV[at + 9]
  local ordinal = op ~= 'create' and ordinal_of(hub_id)
  local room = (op == 'create' or (op == 'move' and ordinal)) and make_room(hub_id, id) or 'room'
  moving[hub_id] = nil

  if op == 'delete' then
    drop(hub_id, id)
  elseif op ~= 'create' and not ordinal then
    again[#again + 1] = hub_id -- an earlier row of this chunk took its id: it is new now
  elseif room == 'wait' then
    deferred[#deferred + 1] = hub_id
  elseif room == 'held' then
    refused[#refused + 1] = hub_id
    -- it has no id any more, neither the old nor the new
    if vacated[hub_id] then drop(hub_id, previous_id) end
  elseif op == 'update' and redis.call('HGET', documents, id) == document then
    same[#same + 1] = hub_id
    print(ordinal, fingerprint)
  else
    if op == 'create' then
      ordinal = next_ordinal
      redis.call('HSET', identities, hub_id, ordinal .. ' ' .. id)
      next_ordinal = next_ordinal + 1
      created_prints[#created_prints + 1] = fingerprint
      enter(id, document)
      place(second, hub_id, id)
    elseif op == 'move' then
      redis.call('SETRANGE', seen, ordinal * 4, mark)
      local where = nil
      if hub_id_of(previous_id) == hub_id then
        where = redis.call('ZSCORE', ids, previous_id)
        leave(previous_id)
      end
      redis.call('HSET', identities, hub_id, ordinal .. ' ' .. id)
      if redis.call('HEXISTS', documents, previous_id) == 0 then
        redis.call('HSET', renamed, previous_id, hub_id)
        -- found in any case; a former id that is written so itself comes first
        redis.call('HSETNX', renamed, string.lower(previous_id), hub_id)
        any_renamed = true
      end
      enter(id, document)
      if where and not string.find(changed, 'created_at', 1, true) then
        redis.call('ZADD', ids, where, id)
      else
        place(second, hub_id, id)
      end
    else
      redis.call('HSET', documents, id, document)
      if string.find(changed, 'created_at', 1, true) then
        redis.call('ZREM', ids, id)
        place(second, hub_id, id)
      end
    end
    score(at)
    announce(op, id, hub_id, previous_id, changed)
    if op == 'create' then
      created_changes[#created_changes + 1] = position()
    else
      print(ordinal, fingerprint)
      redis.call('SETRANGE', last_changes, ordinal * CHANGE, position())
    end
  end
end
flush()
if #created_prints > 0 then
  print(first_created, table.concat(created_prints))
  redis.call('SETRANGE', last_changes, first_created * CHANGE, table.concat(created_changes))
end

-- A newcomer that was refused needs no number
if next_ordinal < end_of_ordinals then
  local unused = end_of_ordinals - next_ordinal
  redis.call('HINCRBY', meta, 'ordinals', -unused)
  redis.call('SETRANGE', seen, next_ordinal * 4, string.rep(GONE, unused))
end

if serial then
  redis.call('HSET', meta, 'serial', epoch .. ':' .. serial,
    'total_items', redis.call('ZCARD', ids))
end
return {'ok', refused, again, same, deferred}
