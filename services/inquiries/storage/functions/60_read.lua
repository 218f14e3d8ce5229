-- Reading, and moving old logs into the archive. Each answer is one consistent look.

-- KEYS meta, conversation, log, recalled, data key, archive segments.
-- ARGV now, lowest seq, highest seq, limit, '1' for the last ones of the range instead of the first.
-- Answers epoch, head, buyer head, archived up to, {data key id, master key id, wrapped}, elements, recalled seqs,
-- segments (only if the range reaches into the archive). Elements are in the order asked for.
local function read(keys, args)
  local state = redis.call('HMGET', keys[2], 'seq', 'bseq', 'ar')
  if not state[1] then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  local elements
  if args[5] == '1' then
    elements = redis.call('XREVRANGE', keys[3], args[3] .. '-0', args[2] .. '-0', 'COUNT', args[4])
  else
    elements = redis.call('XRANGE', keys[3], args[2] .. '-0', args[3] .. '-0', 'COUNT', args[4])
  end
  local archived = state[3] or '0'
  local segments = {}
  if tonumber(args[2]) <= tonumber(archived) then
    segments = redis.call('HVALS', keys[6])
  end
  local key = redis.call('HMGET', keys[5], 'g', 'm', 'w')
  return ok(redis.call('HGET', keys[1], 'store_epoch') or '1', state[1], state[2], archived,
    { key[1] or '', key[2] or '', key[3] or '' }, elements,
    redis.call('ZRANGEBYSCORE', keys[4], args[2], args[3]), segments)
end

-- KEYS meta, conversation, data key. ARGV now. Answers epoch, {data key id, master key id, wrapped}, fields by name.
local function get(keys, _)
  local fields = redis.call('HGETALL', keys[2])
  if #fields == 0 then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  local key = redis.call('HMGET', keys[3], 'g', 'm', 'w')
  return ok(redis.call('HGET', keys[1], 'store_epoch') or '1', { key[1] or '', key[2] or '', key[3] or '' }, fields)
end

-- KEYS conversation, past inquiries, data key. ARGV now. Answers {data key id, …}, inquiries, the current one first.
local function list_inquiries(keys, _)
  local current = load_inquiry(keys[1])
  if not current then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  local key = redis.call('HMGET', keys[3], 'g', 'm', 'w')
  local inquiries = { current }
  for ordinal = tonumber(current[1]) - 1, 1, -1 do
    local packed = redis.call('HGET', keys[2], num(ordinal))
    if packed then
      inquiries[#inquiries + 1] = cmsgpack.unpack(packed)
    end
  end
  return ok({ key[1] or '', key[2] or '', key[3] or '' }, inquiries)
end

-- KEYS conversation, log, recalled, archive segments, meta.
-- ARGV now, ordinal, archived up to before, seq, archive after ms, segment ("<first> <last> <blob>").
-- Replaces the log by the segment if the conversation is still as it was read: closed for long enough, same seq.
local function archive(keys, args)
  local state = redis.call('HMGET', keys[1], 'n', 'st', 'seq', 'ar', 'cm')
  local now = now_ms(keys[5], args[1])
  if state[1] ~= args[2] or state[2] ~= '2' or state[3] ~= args[4] or (state[4] or '0') ~= args[3]
      or args[3] == args[4] or now - tonumber(state[5]) < tonumber(args[5]) then
    return err('ABORTED', 'CONVERSATION_CHANGED', 'The conversation is not as it was read; leave its log in place.')
  end
  redis.call('HSET', keys[4], args[4], args[6])
  redis.call('HSET', keys[1], 'ar', args[4])
  redis.call('UNLINK', keys[2], keys[3])
  return ok()
end

redis.register_function { function_name = 'inquiries_read_v1', callback = read, flags = { 'no-writes' } }
redis.register_function { function_name = 'inquiries_get_v1', callback = get, flags = { 'no-writes' } }
redis.register_function { function_name = 'inquiries_list_inquiries_v1', callback = list_inquiries, flags = { 'no-writes' } }
redis.register_function('inquiries_archive_v1', archive)
