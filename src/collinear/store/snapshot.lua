-- Writes the snapshot piece by piece beside the old one, and swaps it in: only for the one who holds
-- the claim, and only if Redis still has every piece.
--
-- KEYS  1 run  2 claims  3 meta  4.. what the step needs
-- ARGV  1 step  2 number of the run  3 page  4 the claim as it is held ('' for none), then
--       piece OFFSET TEXT            KEYS 4: the part that the text belongs to, at this offset
--       swap SERIAL SIZE...          KEYS: the parts, as many places for them, and what is to go
-- Returns 'ok', or 'fenced' where nothing was written

local number, page, held = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', KEYS[1], 'number') ~= number then return 'fenced' end
if held ~= '' and redis.call('HGET', KEYS[2], page) ~= held then return 'fenced' end

if ARGV[1] == 'piece' then
  local part, offset, text = KEYS[4], tonumber(ARGV[5]), ARGV[6]
  if offset == 0 then
    redis.call('SET', part, text)
  elseif redis.call('STRLEN', part) < offset then
    return 'fenced'
  else
    -- not APPEND: a piece that is sent twice is written once
    redis.call('SETRANGE', part, offset, text)
  end
  return 'ok'
end

local count = #ARGV - 5
for part = 1, count do
  if redis.call('STRLEN', KEYS[3 + part]) ~= tonumber(ARGV[5 + part]) then return 'fenced' end
end
for part = 1, count do redis.call('RENAME', KEYS[3 + part], KEYS[3 + count + part]) end
for at = 4 + 2 * count, #KEYS do redis.call('DEL', KEYS[at]) end
redis.call('HSET', KEYS[3], 'snapshot_serial', ARGV[5])
return 'ok'
