-- What an answer is true for, read in one step.
--
-- KEYS  1 meta  2 lease  3 run
-- ARGV  the fields of meta
-- Returns {their values, whether the lease is there, what moves on with each chunk that is stored}

local run = redis.call('HMGET', KEYS[3], 'run_id', 'chunks')
for place = 1, 2 do run[place] = run[place] or '' end
local meta = redis.call('HMGET', KEYS[1], unpack(ARGV))
return {meta, redis.call('EXISTS', KEYS[2]), table.concat(run, ' ')}
