-- Where one dataset stands among all, and when it was last seen.
--
-- KEYS  1 identities  2 seen  3.. orders
-- ARGV  1 id  2 hub_id
-- Returns {the mark's four bytes or '', then for each order {above, below, known},
--          or {} where the dataset's value is unknown}

local answer = {''}
local identity = redis.call('HGET', KEYS[1], ARGV[2])
if identity then
  local ordinal = tonumber(string.match(identity, '^%d+'))
  answer[1] = redis.call('GETRANGE', KEYS[2], ordinal * 4, ordinal * 4 + 3)
end
for key = 3, #KEYS do
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
