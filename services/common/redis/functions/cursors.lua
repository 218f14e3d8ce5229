-- How far this service has got in the logs of others, and the events it could not take (services/common/redis/cursors.h).
-- cursors: hash, source → "<epoch>:<seq>". dead: hash, "<source> <event>" → {source, event, envelope, reason, message,
-- attempts, time_ms} as MessagePack. leases: hash, bucket → "<until_ms> <holder>".

-- Of one shop. Whoever has more to bury has something to mend first.
local DEAD_MAX = 1000

local function cursor_at(cursors_key, source)
  return redis.call('HGET', cursors_key, source) or '0:0'
end

-- What refuses the move of a cursor from `expected`, or nil. Every function that moves one asks it first.
local function cursor_moved(cursors_key, source, expected)
  local cursor = cursor_at(cursors_key, source)
  if cursor == expected or not CURSOR_CHECK then
    return nil
  end
  local epoch, seq = string.match(cursor, '^(%d+):(%d+)$')
  return err('ABORTED', 'CURSOR_MOVED', 'Somebody else has taken the event; read the cursor again.', 'epoch', epoch,
    'seq', seq)
end

local function cursor_put(cursors_key, source, next)
  redis.call('HSET', cursors_key, source, next)
end

-- KEYS cursors. ARGV now, source. Answers the cursor.
local function cursor_get(keys, args)
  return ok(cursor_at(keys[1], args[2]))
end

-- KEYS cursors. Answers source and cursor in turn.
local function cursor_list(keys, _)
  return ok(redis.call('HGETALL', keys[1]))
end

-- KEYS cursors. ARGV now, source, expected, next.
local function cursor_advance(keys, args)
  local moved = cursor_moved(keys[1], args[2], args[3])
  if moved then
    return moved
  end
  cursor_put(keys[1], args[2], args[4])
  return ok()
end

-- KEYS cursors, dead. ARGV now, source, expected, next, event, envelope, reason, message, attempts, time_ms.
-- Refused, so that the log stops at the event and nothing is lost, while as many letters are kept as may be.
local function bury(keys, args)
  local moved = cursor_moved(keys[1], args[2], args[3])
  if moved then
    return moved
  end
  local field = args[2] .. ' ' .. args[5]
  if redis.call('HLEN', keys[2]) >= DEAD_MAX and not redis.call('HGET', keys[2], field) then
    return err('RESOURCE_EXHAUSTED', 'DEAD_LETTERS_FULL', 'Too many events of the shop were refused: mend what refuses '
      .. 'them, then retry or discard its dead letters (kefuctl events dead-letters); the log goes on by itself.')
  end
  cursor_put(keys[1], args[2], args[4])
  redis.call('HSET', keys[2], field,
    cmsgpack.pack({ args[2], args[5], args[6], args[7], args[8], args[9], args[10] }))
  return ok()
end

-- Where a letter stands in the order of them all: by time, then source and event.
local function dead_place(time, source, event)
  return string.rep('0', 20 - #time) .. time .. ' ' .. source .. ' ' .. event
end

-- KEYS dead. ARGV now, source (all, if empty), place after which the page begins ('' is the beginning), limit.
-- Answers what was given to bury, of each.
local function dead_page(keys, args)
  local places, fields = {}, {}
  for _, field in ipairs(redis.call('HKEYS', keys[1])) do
    local letter = cmsgpack.unpack(redis.call('HGET', keys[1], field))
    local place = dead_place(letter[7], letter[1], letter[2])
    if (args[2] == '' or args[2] == letter[1]) and place > args[3] then
      places[#places + 1] = place
      fields[place] = field
    end
  end
  table.sort(places)
  local page = {}
  for i = 1, math.min(#places, tonumber(args[4])) do
    page[i] = cmsgpack.unpack(redis.call('HGET', keys[1], fields[places[i]]))
  end
  return ok(page)
end

-- KEYS dead. Answers source and how many of it there are, in turn.
local function dead_count(keys, _)
  local counts, reply = {}, {}
  for _, field in ipairs(redis.call('HKEYS', keys[1])) do
    local source = string.match(field, '^[^ ]*')
    counts[source] = (counts[source] or 0) + 1
  end
  for source, count in pairs(counts) do
    reply[#reply + 1] = source
    reply[#reply + 1] = num(count)
  end
  return ok(reply)
end

-- What the former release calls. KEYS dead. Answers what was given to bury, of each.
local function dead_list(keys, _)
  local letters = {}
  for _, packed in ipairs(redis.call('HVALS', keys[1])) do
    letters[#letters + 1] = cmsgpack.unpack(packed)
  end
  return ok(letters)
end

local function dead_absent()
  return err('NOT_FOUND', 'NO_SUCH_DEAD_LETTER', 'There is no such dead letter; it may have been handled.')
end

-- KEYS dead. ARGV now, source, event. Answers what was given to bury.
local function dead_get(keys, args)
  local packed = redis.call('HGET', keys[1], args[2] .. ' ' .. args[3])
  if not packed then
    return dead_absent()
  end
  return ok(cmsgpack.unpack(packed))
end

-- KEYS dead. ARGV now, source, event, reason, message, attempts.
local function dead_update(keys, args)
  local field = args[2] .. ' ' .. args[3]
  local packed = redis.call('HGET', keys[1], field)
  if not packed then
    return dead_absent()
  end
  local letter = cmsgpack.unpack(packed)
  letter[4], letter[5], letter[6] = args[4], args[5], args[6]
  redis.call('HSET', keys[1], field, cmsgpack.pack(letter))
  return ok()
end

-- KEYS dead. ARGV now, source, event.
local function dead_drop(keys, args)
  if redis.call('HDEL', keys[1], args[2] .. ' ' .. args[3]) == 0 then
    return dead_absent()
  end
  return ok()
end

-- KEYS leases. ARGV now, bucket, holder, lease_ms. Answers '1' if the holder has the bucket now.
local function lease(keys, args)
  local now, lease_ms = clock_ms(args[1]), tonumber(args[4])
  local until_ms, holder = string.match(redis.call('HGET', keys[1], args[2]) or '', '^(%d+) (.*)$')
  -- One that ends later than it could was given before the clock was put back: it is void.
  if holder and holder ~= args[3] and tonumber(until_ms) > now and tonumber(until_ms) <= now + lease_ms then
    return ok('0')
  end
  redis.call('HSET', keys[1], args[2], num(now + lease_ms) .. ' ' .. args[3])
  return ok('1')
end

redis.register_function { function_name = '@SERVICE@_cursor_get_v1', callback = cursor_get, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_cursor_list_v1', callback = cursor_list, flags = { 'no-writes' } }
redis.register_function('@SERVICE@_cursor_advance_v1', cursor_advance)
redis.register_function('@SERVICE@_bury_v1', bury)
redis.register_function { function_name = '@SERVICE@_dead_list_v1', callback = dead_list, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_dead_page_v1', callback = dead_page, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_dead_count_v1', callback = dead_count, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_dead_get_v1', callback = dead_get, flags = { 'no-writes' } }
redis.register_function('@SERVICE@_dead_update_v1', dead_update)
redis.register_function('@SERVICE@_dead_drop_v1', dead_drop)
redis.register_function('@SERVICE@_bucket_lease_v1', lease)
