-- Forgets for good some of the tasks whose account was forgotten, and some of the exchanges that were cleared.
-- ARGV: how many at most. Returns 1 if more are left.

local function sweep_tasks(trash, list)
  local service = string.match(string.sub(list, #P + 1), '^list:([^/]*)')
  local found = call('ZPOPMIN', trash, ARGV[1])
  for i = 1, #found, 2 do
    local key = service .. ':' .. found[i]
    local value = not call('ZSCORE', list, found[i]) and call('HGET', TASKS, key)
    if value then
      call('HDEL', TASKS, key)
      call('ZREM', ORDER, key)
      call('HDEL', LOOKS, key)
      call('HINCRBY', META, 'task-bytes', -head(value).weight)
    end
  end
  if call('EXISTS', trash) == 0 then
    call('HDEL', TRASH, trash)
  end
end

local function sweep_exchanges()
  local from = call('HGET', META, 'swept') or '-'
  local seen = call('XRANGE', JOURNAL, from, '+', 'COUNT', ARGV[1])
  local furthest = 0
  for _, number in ipairs(call('HVALS', GONE)) do
    furthest = math.max(furthest, tonumber(number))
  end
  for _, entry in ipairs(seen) do
    local is = exchange(entry)
    if is.is_gone then
      call('XDEL', JOURNAL, is.id)
    end
    from = is.id
  end
  if #seen < tonumber(ARGV[1]) or tonumber(string.match(from, '^%d+')) >= furthest then
    call('DEL', GONE)
    call('HDEL', META, 'swept')
  else
    call('HSET', META, 'swept', '(' .. from)
  end
end

local trash = call('HGETALL', TRASH)
if #trash > 0 then
  sweep_tasks(trash[1], trash[2])
elseif call('EXISTS', GONE) == 1 then
  sweep_exchanges()
end
return call('EXISTS', TRASH, GONE) > 0 and 1 or 0
