-- The outbox of a shop (services/common/events/outbox.h): a stream of events, id `<seq>-0`, written by the function that
-- writes the state. In the shop's meta hash: `outbox` its head, `store_epoch`, `outbox_bytes` what is in it and
-- `outbox_from` the first event that `outbox_bytes` counts (older releases counted none). Every element has its time in
-- `t`; what else is in it is its writer's affair. A service with another log of that kind names the fields of its head
-- and of the time; `<head>_bytes` and `<head>_from` may be absent.
local OUTBOX_CHUNK = 100
local OUTBOX_TRIMMED_AT_ONCE = 1000
local OUTBOX_PAGE_BYTES = 2 * 1024 * 1024
-- A consumer that has not moved is written down anew after this time, so that it counts as alive.
local OUTBOX_REPORT_MS = 3600 * 1000

-- What an element counts for. `fields` is the flat list of its names and values.
local function outbox_weight(fields)
  local weight = 16
  for i = 1, #fields do
    weight = weight + #fields[i]
  end
  return weight
end

-- The log as it is about to be written, out of what meta holds in outbox, store_epoch, outbox_bytes.
local function outbox_of(head, epoch, bytes)
  return { seq = tonumber(head or '0'), epoch = epoch or '1', bytes = tonumber(bytes or '0'), counted = bytes and true,
    first = tonumber(head or '0') + 1 }
end

-- Appends an event, whose fields (strings) follow. Answers its position.
local function outbox_add(outbox_key, log, ...)
  log.seq = log.seq + 1
  local seq = num(log.seq)
  log.bytes = log.bytes + outbox_weight({ ... })
  redis.call('XADD', outbox_key, seq .. '-0', ...)
  return seq
end

-- Writes down in meta what outbox_add moved on, beside the fields that follow.
local function outbox_close(meta_key, log, ...)
  if log.seq < log.first then
    redis.call('HSET', meta_key, ...)
  elseif log.counted then
    redis.call('HSET', meta_key, 'outbox', num(log.seq), 'outbox_bytes', num(log.bytes), ...)
  else
    redis.call('HSET', meta_key, 'outbox', num(log.seq), 'outbox_bytes', num(log.bytes), 'outbox_from', num(log.first), ...)
  end
end

local function outbox_seq(element)
  return tonumber(string.match(element[1], '^%d+'))
end

local function outbox_time(element, time_field)
  local fields = element[2]
  for i = 1, #fields, 2 do
    if fields[i] == time_field then
      return tonumber(fields[i + 1])
    end
  end
  return 0
end

-- The first position that is still there; the one after the head if none is.
local function outbox_first(outbox_key, head)
  local first = redis.call('XRANGE', outbox_key, '-', '+', 'COUNT', '1')
  return first[1] and outbox_seq(first[1]) or tonumber(head) + 1
end

-- KEYS meta, outbox. ARGV now, head field, after_seq, limit. Answers epoch, head, first position kept, the shop's time,
-- elements; fewer than the limit if they are big.
local function outbox_read(keys, args)
  local meta = redis.call('HMGET', keys[1], 'store_epoch', args[2])
  local after, limit = tonumber(args[3]), tonumber(args[4])
  local elements, bytes = {}, 0
  while #elements < limit and bytes < OUTBOX_PAGE_BYTES do
    local count = math.min(OUTBOX_CHUNK, limit - #elements)
    local chunk = redis.call('XRANGE', keys[2], num(after + 1) .. '-0', '+', 'COUNT', num(count))
    for _, element in ipairs(chunk) do
      elements[#elements + 1] = element
      bytes = bytes + outbox_weight(element[2])
      after = outbox_seq(element)
    end
    if #chunk < count then
      break
    end
  end
  local head = meta[2] or '0'
  return ok(meta[1] or '1', head, num(outbox_first(keys[2], head)), num(now_ms(keys[1], args[1])), elements)
end

-- KEYS metas of shops of one cell. ARGV now, head field. Answers epoch and head of each in turn.
local function outbox_heads(keys, args)
  local reply = {}
  for _, meta_key in ipairs(keys) do
    local meta = redis.call('HMGET', meta_key, 'store_epoch', args[2])
    reply[#reply + 1] = meta[1] or '1'
    reply[#reply + 1] = meta[2] or '0'
  end
  return ok(reply)
end

-- KEYS meta, consumers. ARGV now, consumer, epoch, seq. Registers a consumer with the position it has reached.
local function outbox_report(keys, args)
  local now = now_ms(keys[1], args[1])
  local position = args[3] .. ':' .. args[4]
  local before, time = string.match(redis.call('HGET', keys[2], args[2]) or '', '^(%d+:%d+):(%d+)$')
  if before == position and now - tonumber(time) < OUTBOX_REPORT_MS then
    return ok()
  end
  redis.call('HSET', keys[2], args[2], position .. ':' .. num(now))
  return ok()
end

-- The position of the slowest consumer that was heard of in the last `keep_ms`, nil if there is none; others are
-- forgotten. A position of another epoch says nothing of this one: since the tail it counts was lost, other events may
-- stand there.
local function outbox_slowest(consumers_key, epoch, now, keep_ms)
  local slowest = nil
  local all = redis.call('HGETALL', consumers_key)
  for i = 1, #all, 2 do
    local of_epoch, seq, time = string.match(all[i + 1], '^(%d+):(%d+):(%d+)$')
    local reached = of_epoch == epoch and tonumber(seq) or 0
    if now - tonumber(time) > keep_ms then
      redis.call('HDEL', consumers_key, all[i])
    elseif not slowest or reached < slowest then
      slowest = reached
    end
  end
  return slowest
end

-- The names of the fields of an ordinary outbox.
local OUTBOX_FIELDS = { head = 'outbox', time = 't' }

-- Drops the oldest events, at most 1000 at a time, and answers how many. `names`: as OUTBOX_FIELDS. `bounds`: now; keep_ms,
-- max_count, max_bytes (may be absent) for everything; fresh_ms and passed (may be absent), the position that every
-- consumer has reached: what is older than fresh_ms and not above it goes, too.
local function outbox_drop(meta_key, outbox_key, names, bounds)
  local meta = redis.call('HMGET', meta_key, names.head .. '_bytes', names.head .. '_from')
  local length, bytes = redis.call('XLEN', outbox_key), tonumber(meta[1] or '0')
  local dropped, last = 0, 0

  local function to_drop(element)
    local age = bounds.now - outbox_time(element, names.time)
    return age > bounds.keep_ms or length - dropped > bounds.max_count
      or (bounds.max_bytes and bytes > bounds.max_bytes)
      or (bounds.passed and outbox_seq(element) <= bounds.passed and age > bounds.fresh_ms)
  end
  -- One look first: mostly there is nothing to do.
  local count, going = 1, true
  while going and dropped < OUTBOX_TRIMMED_AT_ONCE do
    local chunk = redis.call('XRANGE', outbox_key, num(last) .. '-1', '+', 'COUNT', num(count))
    for _, element in ipairs(chunk) do
      going = to_drop(element)
      if not going then
        break
      end
      dropped, last = dropped + 1, outbox_seq(element)
      if meta[2] and last >= tonumber(meta[2]) then
        bytes = math.max(0, bytes - outbox_weight(element[2]))
      end
    end
    going = going and #chunk == count
    count = math.min(OUTBOX_CHUNK, OUTBOX_TRIMMED_AT_ONCE - dropped)
  end
  if dropped > 0 then
    redis.call('XTRIM', outbox_key, 'MINID', '=', num(last + 1) .. '-0')
    if meta[1] then
      redis.call('HSET', meta_key, names.head .. '_bytes', num(dropped == length and 0 or bytes))
    end
  end
  return dropped
end

-- KEYS meta, outbox, consumers. ARGV now, head field, time field, keep_ms, fresh_ms, max_count, max_bytes, field of meta in
-- which a reader of the service's own keeps its position ('' if there is none). Drops what need not be kept any more
-- (outbox_drop), the consumers being those heard of in the last keep_ms and that reader. Answers how many.
local function outbox_trim(keys, args)
  local now, keep_ms = now_ms(keys[1], args[1]), tonumber(args[4])
  local epoch = redis.call('HGET', keys[1], 'store_epoch') or '1'
  local passed = outbox_slowest(keys[3], epoch, now, keep_ms)
  if args[8] ~= '' then
    local own = tonumber(redis.call('HGET', keys[1], args[8]) or '0')
    passed = math.min(passed or own, own)
  end
  return ok(num(outbox_drop(keys[1], keys[2], { head = args[2], time = args[3] }, {
    now = now,
    keep_ms = keep_ms,
    fresh_ms = tonumber(args[5]),
    max_count = tonumber(args[6]),
    max_bytes = tonumber(args[7]),
    passed = passed,
  })))
end

-- KEYS meta. ARGV now, observed_epoch. Leaves the observed epoch behind; if the store is past it, nothing happens.
local function outbox_raise_epoch(keys, args)
  local epoch = tonumber(redis.call('HGET', keys[1], 'store_epoch') or '1')
  if epoch <= tonumber(args[2]) then
    epoch = tonumber(args[2]) + 1
    redis.call('HSET', keys[1], 'store_epoch', num(epoch))
  end
  return ok(num(epoch))
end

-- KEYS index (a sorted set). ARGV now, score and member of the last one seen (both empty at the beginning), limit.
-- Answers member and score in turn, by score, then member. A member that changes its score meanwhile may come twice.
local function outbox_members(keys, args)
  local from = 0
  if args[3] ~= '' then
    if redis.call('ZSCORE', keys[1], args[3]) == args[2] then
      from = redis.call('ZRANK', keys[1], args[3]) + 1
    else
      from = redis.call('ZCOUNT', keys[1], '-inf', '(' .. args[2])
    end
  end
  return ok(redis.call('ZRANGE', keys[1], num(from), num(from + tonumber(args[4]) - 1), 'WITHSCORES'))
end

-- KEYS none. The version of the library: rises whenever a process needs what an older library does not have.
local function version(_, _)
  return ok('3')
end

redis.register_function { function_name = '@SERVICE@_outbox_read_v1', callback = outbox_read, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_outbox_heads_v1', callback = outbox_heads, flags = { 'no-writes' } }
redis.register_function('@SERVICE@_outbox_report_v1', outbox_report)
redis.register_function('@SERVICE@_outbox_trim_v1', outbox_trim)
redis.register_function('@SERVICE@_outbox_raise_epoch_v1', outbox_raise_epoch)
redis.register_function { function_name = '@SERVICE@_outbox_members_v1', callback = outbox_members, flags = { 'no-writes' } }
redis.register_function { function_name = '@SERVICE@_version_v1', callback = version, flags = { 'no-writes' } }
