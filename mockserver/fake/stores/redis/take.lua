-- Takes what is due, and says that whoever takes it is alive.
-- ARGV: the worker; the moment; how many at most; a name of this call, by which it is asked again when its answer was
-- lost; then the names of earlier calls whose answers never came: what they took is given back. Returns the keys.

local WORKER, NOW, MOST, NAME = unpack(ARGV)
-- The last call of this worker that took something: its name, and the keys.
local TOOK = P .. 'took:' .. WORKER
local REMEMBERED_MILLIS = 60000

local took = call('LRANGE', TOOK, 0, -1)
if took[1] == NAME then
  table.remove(took, 1)
  return took
end
for i = 5, #ARGV do
  for j = 2, took[1] == ARGV[i] and #took or 0 do
    if call('HGET', LEASES, took[j]) == WORKER then
      plan(took[j], call('ZSCORE', TAKEN, took[j]))
    end
  end
end

local found = call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'WITHSCORES', 'LIMIT', 0, MOST)
local keys = {}
if #found > 0 then
  call('DEL', TOOK)
  call('RPUSH', TOOK, NAME)
  call('PEXPIRE', TOOK, REMEMBERED_MILLIS)
  call('ZADD', WORKERS, clock(), WORKER)
end
for i = 1, #found, 2 do
  local key = planned(found[i])
  keys[#keys + 1] = key
  call('ZREM', DUE, found[i])
  call('HDEL', PLANS, key)
  call('ZADD', TAKEN, found[i + 1], key)
  call('HSET', LEASES, key, WORKER)
  call('RPUSH', TOOK, key)
end
return keys
