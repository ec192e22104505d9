-- What all scripts share: the names of the keys, and what stands before each value.
-- The one key that is passed names the hash slot in which all of them are.

local META = KEYS[1]
local P = string.sub(META, 1, -5)
local TASKS, ORDER, LOOKS = P .. 'tasks', P .. 'order', P .. 'looks'
local ACCOUNTS, TRASH, OWNERS, KINDS = P .. 'accounts', P .. 'trash', P .. 'owners', P .. 'kinds'
local JOURNAL, KEPT, GONE = P .. 'journal', P .. 'kept', P .. 'gone'
local LIVE, LIVE_BYTES = P .. 'live', P .. 'live-bytes'
local DONE, FIRST = P .. 'done', P .. 'first'
local DUE, PLANS, TAKEN = P .. 'due', P .. 'plans', P .. 'taken'
local LEASES, WORKERS = P .. 'leases', P .. 'workers'

local call = redis.call

-- A stamp says which commit wrote a value: 12 bytes before it, or '' where there is none.
local function stamp_of(value)
  return value and string.sub(value, 1, 12) or ''
end

-- A task's head: when it is over, its slots and its weight, and what leads to it.
local function head(value)
  local _, _, over, slots, weight, operation, model, account, external =
    struct.unpack('<c12I4dI4I4I4c0I4c0I4c0I4c0', value)
  local service = string.match(operation, '^[^/]*')
  return {
    over = over,
    slots = slots,
    weight = weight,
    owner = service .. ':' .. account,
    account = account,
    list = P .. 'list:' .. operation .. ':' .. account,
    flight = P .. 'flight:' .. service .. ':' .. #model .. ':' .. model .. ':' .. account,
    named = P .. 'named:' .. service .. ':' .. account,
    external = string.sub(external, 1, 1) == '=' and string.sub(external, 2) or nil,
  }
end

-- A document's head: its weight, and '=' and the account to which it belongs, or ''.
local function document_head(value)
  local _, weight, account = struct.unpack('<c12dI4c0', value)
  return weight, account
end

-- Whose a document is, as a member that begins alike for all of an account.
local function owned(account, key)
  return #account .. account .. key
end

-- An exchange of the journal: its number, whose it is, itself, its weight, and whether it was cleared.
local function exchange(entry)
  local number, fields = tonumber(string.match(entry[1], '^%d+')), entry[2]
  local is_gone = number <= tonumber(call('HGET', GONE, fields[2]) or 0)
  return { id = entry[1], number = number, account = fields[2], data = fields[4], weight = fields[6], is_gone = is_gone }
end

-- What is due at once goes in the order of planning: a member of DUE is a number and the key, and PLANS leads to it.
local function planned(member)
  return string.sub(member, 17)
end

local function unplan(key)
  local member = call('HGET', PLANS, key)
  if member then
    call('ZREM', DUE, member)
    call('HDEL', PLANS, key)
  end
  call('ZREM', TAKEN, key)
  call('HDEL', LEASES, key)
end

local function plan(key, due)
  unplan(key)
  local member = string.format('%016d', call('HINCRBY', META, 'sequence', 1)) .. key
  call('ZADD', DUE, due, member)
  call('HSET', PLANS, key, member)
end

-- The time in milliseconds. When somebody sets back the clock of this machine, it goes on from where it was.
local function clock()
  local time, held = call('TIME'), call('HMGET', META, 'time', 'time-ahead')
  local latest, ahead = tonumber(held[1] or 0), tonumber(held[2] or 0)
  local now = time[1] * 1000 + math.floor(time[2] / 1000) + ahead
  if now < latest then
    call('HSET', META, 'time-ahead', ahead + latest - now)
    now = latest
  end
  call('HSET', META, 'time', now)
  return now
end
