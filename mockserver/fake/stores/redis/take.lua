-- Takes what is due, and says that whoever takes it is alive.
-- ARGV: the number of the connection; the worker; the moment; how many at most; a name of this call, by which it is asked
-- again when its answer was lost; then the names of earlier calls whose answers never came: what they took is given back.
-- Returns the keys.

local CONNECTION, WORKER, NOW, MOST, NAME = tonumber(ARGV[1]), unpack(ARGV, 2)
-- The last call of this worker that took something: its name, and the keys.
local TOOK = P .. 'took:' .. WORKER
local REMEMBERED_MILLIS = 60000

-- A call that was given up with its connection may come after later ones, and nobody would have what it took.
local LATEST = P .. 'connection:' .. WORKER
local latest = tonumber(call('GET', LATEST) or 0)
if CONNECTION < latest then
  return {}
elseif CONNECTION > latest then
  call('SET', LATEST, CONNECTION, 'PX', REMEMBERED_MILLIS)
end

local took = call('LRANGE', TOOK, 0, -1)
if took[1] == NAME then
  table.remove(took, 1)
  return took
end
for i = 6, #ARGV do
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
