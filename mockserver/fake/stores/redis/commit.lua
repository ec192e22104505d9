-- Writes all of a turn, or nothing when something that was read in it is no more so.
-- ARGV: who commits, and how many commits that one has begun; the stamp of this one; the bounds of tasks and of the
-- journal, in number and bytes; whether others are to wait for it, because it was too slow before; the version of what is
-- shared that it has; where the writes begin, and where the reads do; then what was read, what is written, each a letter
-- and its arguments, and what is to be read if nothing is written.
-- Returns 1; the answers to these reads; or 2 to ask again soon, because somebody else goes first.

local WORKER, NUMBER, STAMP = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local MOST_TASKS, MOST_BYTES = tonumber(ARGV[4]), tonumber(ARGV[5])
local MOST_ENTRIES, MOST_ENTRY_BYTES = tonumber(ARGV[6]), tonumber(ARGV[7])
local GOES_FIRST, KNOWN = ARGV[8] == '1', ARGV[9]
local FIRST_WRITE, FIRST_READ = tonumber(ARGV[10]), tonumber(ARGV[11])

-- So long others wait for the one that goes first, if that does not come back.
local WAIT_MILLIS = 250
-- As many tasks go at once when there is no more room: so few that nobody waits for it.
local MOST_EVICTED = 100

local function increase(key, field, change)
  return call('HINCRBY', key, field, change + 0) -- Lua knows -0, which Redis takes for no number
end

local function count(field, change)
  return increase(META, field, change)
end

local function hold(change)
  return count('task-bytes', change)
end

-- Tasks ---------------------------------------------------------------------------------------------------------------

local function id_of(key)
  return string.sub(key, string.find(key, ':', 1, true) + 1)
end

local function remove(key, value)
  local found, id = head(value), id_of(key)
  call('HDEL', TASKS, key)
  call('ZREM', ORDER, key)
  call('HDEL', LOOKS, key)
  call('ZREM', found.list, id)
  call('ZREM', found.flight, found.slots .. ' ' .. id)
  if found.external and call('HGET', found.named, found.external) == id then
    call('HDEL', found.named, found.external)
  end
  call('HSET', OWNERS, found.owner, STAMP)
  hold(-found.weight)
end

-- Forget the oldest tasks that are over, or the oldest of all where none of the first ones is.
local function make_room(now)
  local held = call('HLEN', TASKS)
  if held < MOST_TASKS and tonumber(call('HGET', META, 'task-bytes') or 0) <= MOST_BYTES then
    return
  end
  local wanted = math.min(1 + math.floor(held / 100), MOST_EVICTED)
  local oldest, over = {}, {}
  for _, key in ipairs(call('ZRANGE', ORDER, 0, 4 * wanted - 1)) do
    local value = call('HGET', TASKS, key)
    oldest[#oldest + 1] = { key, value }
    if head(value).over <= now then
      over[#over + 1] = oldest[#oldest]
    end
  end
  local going = #over > 0 and over or oldest
  for i = 1, math.min(wanted, #going) do
    remove(going[i][1], going[i][2])
    count('evicted', 1)
  end
end

local function add(key, value, now, looks)
  now = tonumber(now)
  local old = call('HGET', TASKS, key)
  if old then
    remove(key, old)
  end
  local found = head(value)
  hold(found.weight)
  make_room(now)
  local id, number = id_of(key), count('sequence', 1)
  call('HSET', TASKS, key, value)
  call('ZADD', ORDER, number, key)
  call('ZADD', found.list, number, id)
  if found.over > now then
    call('ZREMRANGEBYSCORE', found.flight, '-inf', now)
    call('ZADD', found.flight, found.over, found.slots .. ' ' .. id)
  end
  if found.external then
    call('HSET', found.named, found.external, id)
  end
  if looks ~= '0' then
    call('HSET', LOOKS, key, looks)
  end
  call('SADD', P .. 'account:' .. found.account, found.list, found.flight, found.named, found.owner)
  call('SADD', ACCOUNTS, found.account)
  call('HSET', OWNERS, found.owner, STAMP)
  count('changes', 1)
end

local function replace(key, value)
  local old = call('HGET', TASKS, key)
  if not old then
    return
  end
  local found, before = head(value), head(old)
  hold(found.weight - before.weight)
  call('HSET', TASKS, key, value)
  call('ZREM', before.flight, before.slots .. ' ' .. id_of(key))
  call('ZADD', found.flight, found.over, found.slots .. ' ' .. id_of(key))
  call('HSET', OWNERS, found.owner, STAMP)
  count('changes', 1)
end

local function forget_account(account)
  for _, name in ipairs(call('SMEMBERS', P .. 'account:' .. account)) do
    if string.find(name, P .. 'list:', 1, true) == 1 then
      if call('EXISTS', name) == 1 then
        local trash = P .. 'trash:' .. count('sequence', 1)
        call('RENAME', name, trash)
        call('HSET', TRASH, trash, name)
      end
    elseif string.sub(name, 1, #P) == P then
      call('UNLINK', name)
    else
      call('HDEL', OWNERS, name)
    end
  end
  call('UNLINK', P .. 'account:' .. account)
  call('SREM', ACCOUNTS, account)
end

local function forget_all()
  for _, account in ipairs(call('SMEMBERS', ACCOUNTS)) do
    forget_account(account)
  end
  for _, trash in ipairs(call('HKEYS', TRASH)) do
    call('UNLINK', trash)
  end
  call('UNLINK', TASKS, ORDER, LOOKS, TRASH, OWNERS)
  call('HSET', META, 'task-bytes', 0)
end

-- Documents -----------------------------------------------------------------------------------------------------------

local function drop(kind, key)
  local old = call('HGET', P .. 'docs:' .. kind, key)
  if not old then
    return
  end
  local weight, account = document_head(old)
  call('HDEL', P .. 'docs:' .. kind, key)
  call('ZREM', P .. 'order:' .. kind, key)
  if account ~= '' then
    call('ZREM', P .. 'owned:' .. kind, owned(account, key))
  end
  if weight > 0 then
    count('weight:' .. kind, -weight)
  end
end

local function put(kind, key, value, most, room, renews)
  local docs, order = P .. 'docs:' .. kind, P .. 'order:' .. kind
  local weight, account = document_head(value)
  local old = call('HGET', docs, key)
  if old then
    local old_weight, old_account = document_head(old)
    weight = weight - old_weight
    if old_account ~= '' and old_account ~= account then
      call('ZREM', P .. 'owned:' .. kind, owned(old_account, key))
    end
  end
  call('HSET', docs, key, value)
  if not old or renews == '1' then
    call('ZADD', order, count('sequence', 1), key)
  end
  if account ~= '' then
    call('ZADD', P .. 'owned:' .. kind, 0, owned(account, key))
  end
  if weight ~= 0 then
    count('weight:' .. kind, weight)
  end
  most, room = tonumber(most), tonumber(room)
  while (most and call('HLEN', docs) > most) or (room and tonumber(call('HGET', META, 'weight:' .. kind) or 0) > room) do
    drop(kind, call('ZRANGE', order, 0, 0)[1])
  end
end

-- Exchanges -----------------------------------------------------------------------------------------------------------

local function live(account, number, bytes)
  count('live', number)
  increase(LIVE_BYTES, account, bytes)
  if increase(LIVE, account, number) == 0 then
    call('HDEL', LIVE, account)
    call('HDEL', LIVE_BYTES, account)
  end
end

-- Forget the oldest of what was cleared and kept, or else of the rest.
local function drop_oldest_exchange()
  local kept = call('XRANGE', KEPT, '-', '+', 'COUNT', 1)[1]
  if kept then
    call('XDEL', KEPT, kept[1])
    count('kept', -1)
    count('exchange-bytes', -kept[2][6])
    return
  end
  local oldest
  repeat
    oldest = exchange(call('XRANGE', JOURNAL, '-', '+', 'COUNT', 1)[1])
    call('XDEL', JOURNAL, oldest.id)
  until not oldest.is_gone
  live(oldest.account, -1, -oldest.weight)
  count('exchange-bytes', -oldest.weight)
end

local function note(account, value, weight)
  call('XADD', JOURNAL, count('number', 1) .. '-0', 'a', account, 'e', value, 'w', weight)
  live(account, 1, weight)
  local number = call('HMGET', META, 'live', 'kept')
  local held, bytes = number[1] + (number[2] or 0), count('exchange-bytes', weight)
  while held > 0 and (held > MOST_ENTRIES or bytes > MOST_ENTRY_BYTES) do
    drop_oldest_exchange()
    held, bytes = held - 1, tonumber(call('HGET', META, 'exchange-bytes'))
  end
end

-- Put what an account, or everybody, had aside: it was asked for.
local function keep(account)
  for _, entry in ipairs(call('XRANGE', JOURNAL, '-', '+')) do
    local is = exchange(entry)
    if not is.is_gone and (account == '' or account == is.account) then
      local id = count('sequence', 1) .. '-0'
      call('XADD', KEPT, id, 'a', is.account, 'e', is.data, 'w', is.weight, 'n', is.number)
      call('XDEL', JOURNAL, is.id)
      live(is.account, -1, -is.weight)
      count('kept', 1)
    end
  end
end

-- Forget what an account, or everybody, had: all is gone at once that is older than a mark; it is swept later.
local function clear(account)
  count('cleared', 1)
  if call('HGET', META, 'keeps') then
    keep(account)
  elseif account == '' then
    for _, bytes in ipairs(call('HVALS', LIVE_BYTES)) do
      count('exchange-bytes', -bytes)
    end
    call('UNLINK', JOURNAL, LIVE, LIVE_BYTES, GONE)
    call('HSET', META, 'live', 0)
  else
    local number, bytes = call('HGET', LIVE, account) or 0, call('HGET', LIVE_BYTES, account) or 0
    live(account, -number, -bytes)
    count('exchange-bytes', -bytes)
    call('HSET', GONE, account, call('HGET', META, 'number') or 0)
  end
end

-- The reads and the writes --------------------------------------------------------------------------------------------

local checks = {
  T = { 2, function(key, stamp)
    return stamp_of(call('HGET', TASKS, key)) == stamp
  end },
  E = { 3, function(owner, external, id)
    return (call('HGET', P .. 'named:' .. owner, external) or '') == id
  end },
  O = { 2, function(owner, stamp)
    return (call('HGET', OWNERS, owner) or '') == stamp
  end },
  L = { 2, function(key, looks)
    return (call('HGET', LOOKS, key) or '0') == looks
  end },
  D = { 3, function(kind, key, stamp)
    return stamp_of(call('HGET', P .. 'docs:' .. kind, key)) == stamp
  end },
  K = { 2, function(kind, stamp)
    return (call('HGET', KINDS, kind) or '') == stamp
  end },
  V = { 1, function(version)
    return (call('HGET', META, 'shared') or '') == version
  end },
}

local writes = {
  T = { 4, add },
  R = { 2, replace },
  Q = { 1, function(key)
    local value = call('HGET', TASKS, key)
    if value then
      remove(key, value)
      count('changes', 1)
    end
  end },
  L = { 1, function(key)
    call('HINCRBY', LOOKS, key, 1)
  end },
  F = { 1, function(account)
    if account == '' then
      forget_all()
    else
      forget_account(string.sub(account, 2))
    end
    count('changes', 1)
  end },
  D = { 6, function(kind, ...)
    put(kind, ...)
    call('HSET', KINDS, kind, STAMP)
  end },
  E = { 2, function(kind, key)
    drop(kind, key)
    call('HSET', KINDS, kind, STAMP)
  end },
  G = { 2, function(kind, account)
    if account == '' then
      call('UNLINK', P .. 'docs:' .. kind, P .. 'order:' .. kind, P .. 'owned:' .. kind)
      call('HDEL', META, 'weight:' .. kind)
    else
      local begin = owned(account, '')
      for _, member in ipairs(call('ZRANGEBYLEX', P .. 'owned:' .. kind, '[' .. begin, '(' .. begin .. '\255')) do
        drop(kind, string.sub(member, #begin + 1))
      end
    end
    call('HSET', KINDS, kind, STAMP)
  end },
  V = { 1, function(version)
    call('HSET', META, 'shared', version)
  end },
  J = { 3, note },
  C = { 1, clear },
  K = { 0, function()
    call('HSET', META, 'keeps', 1)
  end },
  S = { 2, plan },
  U = { 1, unplan },
  W = { 0, function()
    call('UNLINK', DUE, PLANS, TAKEN, LEASES)
  end },
}

-- One whose answer was lost comes again, and may even come after the next one, from a connection that was given up.
if NUMBER <= tonumber(call('HGET', DONE, WORKER) or 0) then
  return 1
end
local i = 12
local first = i < FIRST_WRITE and call('GET', FIRST)
if first and first ~= WORKER then
  return 2
end
while i < FIRST_WRITE do
  local check = checks[ARGV[i]]
  if not check[2](unpack(ARGV, i + 1, i + check[1])) then
    if GOES_FIRST then
      call('SET', FIRST, WORKER, 'NX', 'PX', WAIT_MILLIS)
    end
    return answers(FIRST_READ, KNOWN)
  end
  i = i + 1 + check[1]
end
call('HSET', DONE, WORKER, NUMBER)
if first then
  call('DEL', FIRST)
end
while i < FIRST_READ do
  local write = writes[ARGV[i]]
  write[2](unpack(ARGV, i + 1, i + write[1]))
  i = i + 1 + write[1]
end
return 1
