-- Everything that is stored of some datasets, read in one step: between two steps of a writer all
-- of it has to agree, so whoever compares it needs no second look.
--
-- KEYS  1 ids  2 documents  3 identities  4 seen  5 folded  6 meta  7 last changes  8 changes
--       9.. orders
-- ARGV  window LIMIT SCORE MEMBER   some in catalog order from this place on, which comes again where
--                                   it is still taken ('' '' for the beginning)
--       named ID...                 these
-- Returns {ordinals given out, rows}; a row is
--         {id, place, document, identity, mark of 4 bytes, folded names,
--          whose change the mark of the last change leads to: a hub_id, '' where there is no mark
--          or the change was trimmed, 'nowhere', {score in each order}}

local ids, documents, identities, seen, folded, meta = unpack(KEYS, 1, 6)
local last_changes, changes, ORDERS = KEYS[7], KEYS[8], 8
local UNCHANGED = string.rep('\0', 8)

-- The oldest change that is kept, in the parts that a mark has
local oldest = redis.call('XRANGE', changes, '-', '+', 'COUNT', 1)[1]
if oldest then
  local moment, number = string.match(oldest[1], '^(%d+)-(%d+)$')
  moment = tonumber(moment)
  oldest = {math.floor(moment / 65536), moment % 65536, tonumber(number)}
end

local function announced(ordinal)
  local mark = redis.call('GETRANGE', last_changes, ordinal * 8, ordinal * 8 + 7)
  if #mark < 8 or mark == UNCHANGED then return '' end
  local high, low, number = struct.unpack('>I4I2I2', mark)
  local position = string.format('%.0f-%d', high * 65536 + low, number)
  local entry = redis.call('XRANGE', changes, position, position)[1]
  if entry then return entry[2][6] end
  if not oldest then return '' end
  for at, part in ipairs({high, low, number}) do
    if part ~= oldest[at] then return part < oldest[at] and '' or 'nowhere' end
  end
  return 'nowhere'
end

local function row_of(id, place)
  local document = redis.call('HGET', documents, id)
  -- quotes inside a JSON text are escaped, so this can only match the field itself
  local hub_id = document and string.match(document, '"hub_id":"(%x+)"')
  local identity = hub_id and redis.call('HGET', identities, hub_id)
  local ordinal = identity and tonumber(string.match(identity, '^%d+'))
  local mark, change = '', ''
  if ordinal then
    mark = redis.call('GETRANGE', seen, ordinal * 4, ordinal * 4 + 3)
    change = announced(ordinal)
  end
  local lower = string.lower(id)
  local names = lower ~= id and redis.call('HGET', folded, lower)
  local scores = {}
  for key = ORDERS + 1, #KEYS do scores[key - ORDERS] = redis.call('ZSCORE', KEYS[key], id) end
  return {id, place, document, identity or false, mark, names or false, change, scores}
end

local rows = {}
if ARGV[1] == 'named' then
  for at = 2, #ARGV do
    rows[#rows + 1] = row_of(ARGV[at], redis.call('ZSCORE', ids, ARGV[at]))
  end
else
  local limit, score, member = tonumber(ARGV[2]), ARGV[3], ARGV[4]
  local start = 0
  if score ~= '' then
    if redis.call('ZSCORE', ids, member) == score then
      start = redis.call('ZRANK', ids, member)
    else
      start = redis.call('ZCOUNT', ids, '-inf', '(' .. score)
    end
  end
  local found = redis.call('ZRANGE', ids, start, start + limit - 1, 'WITHSCORES')
  for at = 1, #found, 2 do rows[#rows + 1] = row_of(found[at], found[at + 1]) end
end
return {redis.call('HGET', meta, 'ordinals'), rows}
