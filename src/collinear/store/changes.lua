-- The changes after a position, read in one step with the check that none between is missing:
-- the stream may be trimmed at any moment.
--
-- KEYS  1 changes  2 meta  3 lease  4 identities  5 documents
-- ARGV  1 and 2 the epoch and the position to go on behind ('' for both: the oldest that is kept)
--       3 how many  4 bytes of documents that one answer may hold ('' for no documents)
--       5.. fields of meta
-- Returns {why not: 'epoch', 'trimmed' or '', the epoch, position of the newest change,
--          entries, {hub_id, document, hub_id, ...}, the fields of meta, whether the lease is there}

local changes, meta, lease, identities, documents = unpack(KEYS)
local position, count, bytes = ARGV[2], ARGV[3], tonumber(ARGV[4])
local epoch = redis.call('HGET', meta, 'epoch') or ''

-- Everything after a position is there while its own entry is: trimming begins at the oldest.
-- At the beginning there is no entry: there it is while nothing was trimmed.
local function holds()
  if position ~= '0-0' then return #redis.call('XRANGE', changes, position, position) > 0 end
  if redis.call('EXISTS', changes) == 0 then return true end
  local about, facts = redis.call('XINFO', 'STREAM', changes), {}
  for at = 1, #about, 2 do facts[about[at]] = about[at + 1] end
  return facts['entries-added'] == facts['length']
end

-- The documents as they are now, and how many of the changes fit with them into one answer
local function documents_of(entries)
  local known, found, size = {}, {}, 0
  for at, entry in ipairs(entries) do
    local hub_id = entry[2][6] -- the third field of every entry
    if known[hub_id] == nil then
      local identity = redis.call('HGET', identities, hub_id)
      local id = identity and string.match(identity, '^%d+ (.*)$')
      known[hub_id] = id and redis.call('HGET', documents, id) or false
      found[#found + 1] = hub_id
      found[#found + 1] = known[hub_id]
    end
    size = size + #(known[hub_id] or '')
    if size > bytes and at > 1 then return found, at - 1 end
  end
  return found, #entries
end

local trouble, entries, found = '', {}, {}
if ARGV[1] ~= '' and ARGV[1] ~= epoch then
  trouble = 'epoch'
elseif position ~= '' and not holds() then
  trouble = 'trimmed'
else
  local first = position == '' and '-' or '(' .. position
  entries = redis.call('XRANGE', changes, first, '+', 'COUNT', count)
  if bytes then
    local fit
    found, fit = documents_of(entries)
    for at = #entries, fit + 1, -1 do entries[at] = nil end
  end
end
local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)
return {
  trouble, epoch, newest[1] and newest[1][1] or '0-0', entries, found,
  redis.call('HMGET', meta, unpack(ARGV, 5)), redis.call('EXISTS', lease),
}
