-- What can be read, and how it is answered.

local function task(key)
  local value = key and call('HGET', TASKS, key)
  return value and { key, value, call('HGET', LOOKS, key) }
end

local function tasks(keys)
  local found = {}
  for i, key in ipairs(keys) do
    found[i] = task(key)
  end
  return found
end

-- Documents of a kind by their number, from the one after ``last`` on.
local function documents(kind, last, size, newest)
  local order = P .. 'order:' .. kind
  local found
  if newest then
    found = call('ZREVRANGEBYSCORE', order, last, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
  else
    found = call('ZRANGEBYSCORE', order, last, '+inf', 'WITHSCORES', 'LIMIT', 0, size)
  end
  for i = 1, #found, 2 do
    found[i] = { found[i], call('HGET', P .. 'docs:' .. kind, found[i]) }
  end
  return found
end

local reads = {
  T = { 1, task },
  E = { 3, function(service, owner, external)
    local id = call('HGET', P .. 'named:' .. owner, external)
    return { id, id and task(service .. ':' .. id) }
  end },
  F = { 2, function(owner, flight)
    return { call('HGET', OWNERS, owner), call('ZRANGE', P .. flight, 0, -1, 'WITHSCORES') }
  end },
  -- A page: from the start of a list, or from its end.
  P = { 5, function(owner, list, start, size, newest)
    local ids = call(newest == '1' and 'ZREVRANGE' or 'ZRANGE', P .. list, start, start + size - 1)
    local service = string.match(owner, '^[^:]*')
    for i, id in ipairs(ids) do
      ids[i] = service .. ':' .. id
    end
    return { call('HGET', OWNERS, owner), call('ZCARD', P .. list), tasks(ids) }
  end },
  I = { 2, function(owner, list)
    return { call('HGET', OWNERS, owner), call('ZRANGE', P .. list, 0, -1) }
  end },
  A = { 2, function(last, size)
    local found = call('ZREVRANGEBYSCORE', ORDER, last, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
    for i = 1, #found, 2 do
      found[i] = task(found[i])
    end
    return found
  end },
  -- The same of one owner: the newest of each list, and of these the newest.
  G = { 4, function(owner, account, last, size)
    local service = string.match(owner, '^[^:]*')
    local lists, newest = P .. 'list:' .. service .. '/', {}
    for _, name in ipairs(call('SMEMBERS', P .. 'account:' .. account)) do
      if string.sub(name, 1, #lists) == lists then
        local found = call('ZREVRANGEBYSCORE', name, last, '-inf', 'WITHSCORES', 'LIMIT', 0, size)
        for i = 1, #found, 2 do
          newest[#newest + 1] = { service .. ':' .. found[i], found[i + 1] }
        end
      end
    end
    table.sort(newest, function(one, other)
      return tonumber(one[2]) > tonumber(other[2])
    end)
    local answer = {}
    for i = 1, math.min(#newest, size) do
      answer[2 * i - 1], answer[2 * i] = task(newest[i][1]), newest[i][2]
    end
    return { call('HGET', OWNERS, owner), answer }
  end },
  L = { 1, function(key)
    return call('HGET', LOOKS, key)
  end },
  D = { 2, function(kind, key)
    return call('HGET', P .. 'docs:' .. kind, key)
  end },
  K = { 4, function(kind, last, size, newest)
    return { call('HGET', KINDS, kind), documents(kind, last, size, newest == '1') }
  end },
  N = { 1, function(kind)
    return { call('HGET', KINDS, kind), call('HLEN', P .. 'docs:' .. kind) }
  end },
  J = { 2, function(last, size)
    local found, seen = {}, call('XREVRANGE', JOURNAL, last, '-', 'COUNT', size)
    for _, entry in ipairs(seen) do
      local is = exchange(entry)
      if not is.is_gone then
        found[#found + 1] = { is.number, is.data }
      end
    end
    return { seen[1] and seen[#seen][1] or false, found }
  end },
  C = { 2, function(first, size)
    local found, seen = {}, call('XRANGE', KEPT, first, '+', 'COUNT', size)
    for i, entry in ipairs(seen) do
      found[i] = { tonumber(entry[2][8]), entry[2][4] }
    end
    return { seen[1] and seen[#seen][1] or false, found }
  end },
  B = { 1, function(account)
    return call('HGET', LIVE, account)
  end },
  S = { 1, function(key)
    local member = call('HGET', PLANS, key)
    return { member and call('ZSCORE', DUE, member), call('ZSCORE', TAKEN, key) }
  end },
  X = { 1, function(size)
    local found = call('ZRANGE', DUE, 0, size - 1, 'WITHSCORES')
    for i = 1, #found, 2 do
      found[i] = planned(found[i])
    end
    return found
  end },
  U = { 1, function(moment)
    return call('ZCOUNT', DUE, '-inf', moment) + call('ZCOUNT', TAKEN, '-inf', moment)
  end },
  M = { 0, function()
    return { call('HLEN', TASKS), call('ZCARD', DUE) + call('ZCARD', TAKEN), call('HGETALL', META) }
  end },
}

-- Answer the reads, each a letter and its arguments, from a place in ARGV on; and say what is shared by all, if the
-- version of it that the caller has is an older one.
local function answers(place, known)
  local version = call('HGET', META, 'shared') or ''
  local found = { version, version ~= known and documents('shared', '-inf', -1) }
  while place <= #ARGV do
    local read = reads[ARGV[place]]
    found[#found + 1] = read[2](unpack(ARGV, place + 1, place + read[1]))
    place = place + 1 + read[1]
  end
  return found
end
