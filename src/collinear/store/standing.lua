-- Where one dataset stands among all, when it was last seen, and its last change.
--
-- KEYS  1 identities  2 seen  3 last changes  4 changes  5 meta  6.. orders
-- ARGV  1 id  2 hub_id
-- Returns {the mark's four bytes or '', the epoch, the entry of the last change or {} where it is
--          not known or not kept any more, then for each order {above, below, known},
--          or {} where the dataset's value is unknown}

local answer = {'', redis.call('HGET', KEYS[5], 'epoch') or '', {}}

local function entry_at(mark)
  if #mark < 8 or mark == string.rep('\0', 8) then return {} end
  local high, low, number = struct.unpack('>I4I2I2', mark)
  local position = string.format('%.0f-%d', high * 65536 + low, number)
  local entry = redis.call('XRANGE', KEYS[4], position, position)[1]
  -- somebody may have damaged the mark: another's change is none of ours
  return entry and entry[2][6] == ARGV[2] and entry or {}
end

local identity = redis.call('HGET', KEYS[1], ARGV[2])
if identity then
  local ordinal = tonumber(string.match(identity, '^%d+'))
  answer[1] = redis.call('GETRANGE', KEYS[2], ordinal * 4, ordinal * 4 + 3)
  answer[3] = entry_at(redis.call('GETRANGE', KEYS[3], ordinal * 8, ordinal * 8 + 7))
end
for key = 6, #KEYS do
  local score = redis.call('ZSCORE', KEYS[key], ARGV[1])
  local place = {}
  if score and score ~= '-inf' then
    place = {
      redis.call('ZCOUNT', KEYS[key], '(' .. score, '+inf'),
      redis.call('ZCOUNT', KEYS[key], '(-inf', '(' .. score),
      redis.call('ZCOUNT', KEYS[key], '(-inf', '+inf'),
    }
  end
  answer[#answer + 1] = place
end
return answer
