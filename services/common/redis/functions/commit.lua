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

-- keys: record, meta, outbox, indexes. args: now_ms, expected version, state, request id (may be empty), payload hash,
-- result, most events kept, number of index changes, {change, index number, member, value, reason, message}...,
-- envelopes...
-- "@version" as a value stands for the version that this commit makes.
-- ok: version, "1" if the request had been carried out before, result, now, store epoch, seq of the first event.
local function aggregate_commit(keys, args)
  local record, meta, outbox = keys[1], keys[2], keys[3]
  local request = { args[4], args[5], args[6] }
  local fields = redis.call('HMGET', record, 'v', 'r')
  local version = tonumber(fields[1] or '0')
  local now = now_ms(meta, args[1])
  local head = redis.call('HMGET', meta, 'outbox', 'store_epoch')
  local seq, epoch = tonumber(head[1] or '0'), head[2] or '1'

  local seen = aggregate_seen(record, request[1])
  if seen then
    if seen[2] ~= request[2] then
      return aggregate_reused()
    end
    return ok(num(version), '1', seen[3], num(now), epoch, '0')
  end
  if version ~= tonumber(args[2]) then
    return err('ABORTED', 'VERSION_CONFLICT', 'It was changed meanwhile; read it again, then decide.', 'version',
      num(version))
  end
  local changes, at = {}, 9
  for _ = 1, tonumber(args[8]) do
    local value = args[at + 3] == '@version' and num(version + 1) or args[at + 3]
    local change =
      { apply = AGGREGATE_CHANGES[args[at]], key = keys[3 + tonumber(args[at + 1])], member = args[at + 2], value = value }
    if not change.apply or not change.key then
      return err('INVALID_ARGUMENT', 'BAD_INDEX_CHANGE', 'The index change is not one of those known.', 'change', args[at])
    end
    if args[at] == 'HNEW' then
      local taken = redis.call('HGET', change.key, change.member)
      if taken and taken ~= value then
        return err('ALREADY_EXISTS', args[at + 4], args[at + 5])
      end
    end
    changes[#changes + 1] = change
    at = at + 6
  end

  remember_now(meta, now)
  redis.call('HSET', record, 'v', num(version + 1), 's', args[3])
  if request[1] ~= '' then
    if version == 0 then
      redis.call('HSET', record, 'c', cmsgpack.pack(request))
    else
      local requests = fields[2] and cmsgpack.unpack(fields[2]) or {}
      requests[#requests + 1] = request
      if #requests > AGGREGATE_REQUESTS then
        table.remove(requests, 1)
      end
      redis.call('HSET', record, 'r', cmsgpack.pack(requests))
    end
  end
  for _, change in ipairs(changes) do
    change.apply(change.key, change.member, change.value)
  end
  local first = seq + 1
  for i = at, #args do
    seq = seq + 1
    redis.call('XADD', outbox, 'MAXLEN', '~', args[7], num(seq) .. '-0', 't', num(now), 'e', args[i])
  end
  if seq >= first then
    redis.call('HSET', meta, 'outbox', num(seq))
  end
  return ok(num(version + 1), '0', request[3], num(now), epoch, num(first))
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
redis.register_function('@SERVICE@_commit_v1', aggregate_commit)
