-- Aggregates: a record with a version, changed as a whole by one commit (services/common/redis/aggregate_store.h).
-- A record is a hash: v version from 1, s state (opaque), c the request that created it, r the last 16 requests that
-- changed it. A request is {id, payload hash, result}, as MessagePack.
local AGGREGATE_REQUESTS = 16

-- The request as it was carried out before, or nil.
local function aggregate_seen(record, request_id)
  if request_id == '' then
    return nil
  end
  local packed = redis.call('HMGET', record, 'c', 'r')
  local created = packed[1] and cmsgpack.unpack(packed[1])
  if created and created[1] == request_id then
    return created
  end
  for _, request in ipairs(packed[2] and cmsgpack.unpack(packed[2]) or {}) do
    if request[1] == request_id then
      return request
    end
  end
  return nil
end

local function aggregate_reused()
  return err('ALREADY_EXISTS', 'REQUEST_ID_REUSED',
    'The request id was used for another request; take a new one.')
end

-- keys: record, meta. args: now_ms, request id (may be empty), payload hash.
-- ok: now, version (0: absent), state, "1" and result if the request was carried out before, else "0" and "".
local function aggregate_load(keys, args)
  local record, meta = keys[1], keys[2]
  local seen = aggregate_seen(record, args[2])
  if seen and seen[2] ~= args[3] then
    return aggregate_reused()
  end
  local fields = redis.call('HMGET', record, 'v', 's')
  return ok(num(now_ms(meta, args[1])), fields[1] or '0', fields[2] or '', seen and '1' or '0',
    seen and seen[3] or '')
end

-- keys: meta, records. ok: now, then version and state of each record in turn.
local function aggregate_load_many(keys, args)
  local reply = { num(now_ms(keys[1], args[1])) }
  for i = 2, #keys do
    local fields = redis.call('HMGET', keys[i], 'v', 's')
    reply[#reply + 1] = fields[1] or '0'
    reply[#reply + 1] = fields[2] or ''
  end
  return ok(unpack(reply))
end

-- What may happen to an index.
local AGGREGATE_CHANGES = {
  HSET = function(key, member, value)
    redis.call('HSET', key, member, value)
  end,
  -- As HSET, but the member must be free or have this value: checked before any write.
  HNEW = function(key, member, value)
    redis.call('HSET', key, member, value)
  end,
  HDEL = function(key, member)
    redis.call('HDEL', key, member)
  end,
  SADD = function(key, member)
    redis.call('SADD', key, member)
  end,
  SREM = function(key, member)
    redis.call('SREM', key, member)
  end,
  ZADD = function(key, member, score)
    redis.call('ZADD', key, score, member)
  end,
  ZREM = function(key, member)
    redis.call('ZREM', key, member)
  end,
}

-- Reads index changes out of the arguments from place `at` on, {change, index number, member, value, reason, message} each;
-- index n is keys[offset + n]. Answers them and the place after them, or nil and the error.
local function aggregate_index_changes(keys, offset, args, at, count)
  local changes = {}
  for _ = 1, count do
    local change = { name = args[at], apply = AGGREGATE_CHANGES[args[at]], key = keys[offset + tonumber(args[at + 1])],
      member = args[at + 2], value = args[at + 3], reason = args[at + 4], message = args[at + 5] }
    if not change.apply or not change.key then
      return nil, err('INVALID_ARGUMENT', 'BAD_INDEX_CHANGE', 'The index change is not one of those known.', 'change', args[at])
    end
    changes[#changes + 1] = change
    at = at + 6
  end
  return changes, at
end

local function aggregate_remember(record, version, requests, request)
  if request[1] == '' then
    return
  end
  if version == 0 then
    redis.call('HSET', record, 'c', cmsgpack.pack(request))
    return
  end
  requests = requests and cmsgpack.unpack(requests) or {}
  requests[#requests + 1] = request
  if #requests > AGGREGATE_REQUESTS then
    table.remove(requests, 1)
  end
  redis.call('HSET', record, 'r', cmsgpack.pack(requests))
end

-- The one commit. `c`: record_key, meta_key, outbox_key, now, version (expected), state, request {id, payload hash, result},
-- cap (most events kept, or ''), unchanged, move {cursors_key, source, expected, next} or nil, timers
-- {key, due_ms or ''}... with due_key and dueset_key, changes, args and from (the envelopes are args[from] and on).
local function aggregate_write(c)
  local fields = redis.call('HMGET', c.record_key, 'v', 'r')
  local version = tonumber(fields[1] or '0')
  local now = now_ms(c.meta_key, c.now)
  local head = redis.call('HMGET', c.meta_key, 'outbox', 'store_epoch', 'outbox_bytes')
  local log = outbox_of(head[1], head[2], head[3])

  local refused = c.move and cursor_moved(c.move.cursors_key, c.move.source, c.move.expected)
  if refused then
    return refused
  end
  local seen = aggregate_seen(c.record_key, c.request[1])
  if seen then
    if seen[2] ~= c.request[2] then
      return aggregate_reused()
    end
    if c.move then
      cursor_put(c.move.cursors_key, c.move.source, c.move.next)
    end
    return ok(num(version), '1', seen[3], num(now), log.epoch, '0')
  end
  if version ~= tonumber(c.version) then
    return err('ABORTED', 'VERSION_CONFLICT', 'It was changed meanwhile; read it again, then decide.', 'version',
      num(version))
  end
  local next_version = c.unchanged and version or version + 1
  for _, change in ipairs(c.changes) do
    if change.value == '@version' then
      change.value = num(next_version)
    end
    if change.name == 'HNEW' then
      local taken = redis.call('HGET', change.key, change.member)
      if taken and taken ~= change.value then
        return err('ALREADY_EXISTS', change.reason, change.message)
      end
    end
  end

  if c.move then
    cursor_put(c.move.cursors_key, c.move.source, c.move.next)
  end
  if c.unchanged then
    -- What does not exist remembers nothing: the request finds it absent again.
    if version > 0 then
      aggregate_remember(c.record_key, version, fields[2], c.request)
    end
    return ok(num(version), '0', c.request[3], num(now), log.epoch, '0')
  end
  redis.call('HSET', c.record_key, 'v', num(next_version), 's', c.state)
  aggregate_remember(c.record_key, version, fields[2], c.request)
  for _, change in ipairs(c.changes) do
    change.apply(change.key, change.member, change.value)
  end
  for i = 1, #c.timers, 2 do
    if c.timers[i + 1] == '' then
      timer_remove(c.due_key, c.dueset_key, c.timers[i])
    else
      timer_put(c.due_key, c.dueset_key, c.timers[i], tonumber(c.timers[i + 1]))
    end
  end
  for i = c.from, #c.args do
    outbox_add(c.outbox_key, log, 't', num(now), 'ep', log.epoch, 'e', c.args[i])
  end
  if log.seq < log.first then
    remember_now(c.meta_key, now)
  else
    outbox_close(c.meta_key, log, 'last_ms', num(now))
    if c.cap ~= '' then
      redis.call('XTRIM', c.outbox_key, 'MAXLEN', '~', c.cap)
    end
  end
  return ok(num(next_version), '0', c.request[3], num(now), log.epoch, num(log.first))
end

-- keys: record, meta, outbox, cursors, due, dueset, indexes. args: now_ms, expected version, state, request id (may be
-- empty), payload hash, result, most events kept (empty: trimming is somebody else's work), '1' if the state stays as it
-- is, source whose cursor moves (may be empty), expected cursor, next cursor, number of timers, {timer, due_ms or
-- ''}..., number of index changes, {change, index number, member, value, reason, message}..., envelopes...
-- "@version" as a value stands for the version that this commit makes.
-- ok: version, "1" if the request had been carried out before, result, now, store epoch, seq of the first event.
local function aggregate_commit(keys, args)
  local timers, at = {}, 13
  for _ = 1, 2 * tonumber(args[12]) do
    timers[#timers + 1] = args[at]
    at = at + 1
  end
  local changes, from = aggregate_index_changes(keys, 6, args, at + 1, tonumber(args[at]))
  if not changes then
    return from
  end
  local move = args[9] ~= '' and { cursors_key = keys[4], source = args[9], expected = args[10], next = args[11] } or nil
  return aggregate_write({ record_key = keys[1], meta_key = keys[2], outbox_key = keys[3], now = args[1], version = args[2],
    state = args[3], request = { args[4], args[5], args[6] }, cap = args[7], unchanged = args[8] == '1', move = move,
    due_key = keys[5], dueset_key = keys[6], timers = timers, changes = changes, args = args, from = from })
end

-- What releases before cursors and timers call. keys: record, meta, outbox, indexes. args: now_ms, expected version,
-- state, request id, payload hash, result, most events kept (not heeded: consumers may need more), number of index
-- changes, changes, envelopes. ok: as aggregate_commit.
local function aggregate_commit_v1(keys, args)
  local changes, from = aggregate_index_changes(keys, 3, args, 9, tonumber(args[8]))
  if not changes then
    return from
  end
  return aggregate_write({ record_key = keys[1], meta_key = keys[2], outbox_key = keys[3], now = args[1], version = args[2],
    state = args[3], request = { args[4], args[5], args[6] }, cap = '', timers = {}, changes = changes, args = args,
    from = from })
end

redis.register_function({
  function_name = '@SERVICE@_load_v1',
  callback = aggregate_load,
  flags = { 'no-writes' },
})
redis.register_function({
  function_name = '@SERVICE@_load_many_v1',
  callback = aggregate_load_many,
  flags = { 'no-writes' },
})
redis.register_function('@SERVICE@_commit_v1', aggregate_commit_v1)
redis.register_function('@SERVICE@_commit_v2', aggregate_commit)
