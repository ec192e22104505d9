-- Says that a worker is alive, or that it ends, and gives free what those had taken who have died.
-- ARGV: the worker; for how many milliseconds one counts as alive; 1 if it ends. Returns the time, and whether there
-- is anything to be swept.

local now = clock()
if ARGV[3] == '1' then
  call('ZADD', WORKERS, '-inf', ARGV[1])
else
  call('ZADD', WORKERS, now, ARGV[1])
end
local dead = call('ZRANGEBYSCORE', WORKERS, '-inf', now - ARGV[2])
if #dead > 0 then
  call('ZREM', WORKERS, unpack(dead, 1, math.min(#dead, 1000)))
  local gone = {}
  for _, worker in ipairs(dead) do
    gone[worker] = true
    call('HDEL', DONE, worker)
  end
  local leases = call('HGETALL', LEASES)
  for i = 1, #leases, 2 do
    if gone[leases[i + 1]] then
      plan(leases[i], call('ZSCORE', TAKEN, leases[i]))
    end
  end
end
return { now, call('EXISTS', TRASH, GONE) }
