-- What is kept beside the log: marks, links, data keys.

-- KEYS conversation. ARGV now, participant ('1:b_…' or '2:a_…'), is buyer, delivered, read.
-- Marks only rise and never pass the last entry that the participant can have seen.
-- Answers delivered, read, moved.
local function move_marks(keys, args)
  local field = 'm:' .. args[2]
  local state = redis.call('HMGET', keys[1], 'seq', 'bseq', field)
  if not state[1] then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  local head = tonumber(args[3] == '1' and state[2] or state[1])
  local old_delivered, old_read = 0, 0
  if state[3] then
    local delivered, read = string.match(state[3], '^(%d+) (%d+)$')
    old_delivered, old_read = tonumber(delivered), tonumber(read)
  end
  local read = math.max(old_read, math.min(tonumber(args[5]), head))
  local delivered = math.max(old_delivered, math.min(tonumber(args[4]), head), read)
  if read == old_read and delivered == old_delivered then
    return ok(num(delivered), num(read), '0')
  end
  redis.call('HSET', keys[1], field, num(delivered) .. ' ' .. num(read))
  return ok(num(delivered), num(read), '1')
end

-- KEYS conversation, the one it goes on in. ARGV now, conversation, continued in. The first link stays, lest a second
-- person on the same device be given the first one's words.
local function link(keys, args)
  local state = redis.call('HMGET', keys[1], 'seq', 'to')
  if not state[1] then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  if state[2] == args[3] then
    return ok()
  end
  if state[2] then
    return err('FAILED_PRECONDITION', 'ALREADY_LINKED', 'The conversation goes on in another one already.')
  end
  if redis.call('HGET', keys[2], 'to') == args[2] then
    return err('FAILED_PRECONDITION', 'LINK_CYCLE', 'That conversation goes on in this one.')
  end
  redis.call('HSET', keys[1], 'to', args[3])
  return ok()
end

-- KEYS data key. ARGV now, id, master key id, wrapped key. Stores the key if the buyer has none; without an id it only
-- looks. Answers id, master key id, wrapped key of the one in force; three empty ones if there is none.
local function data_key(keys, args)
  local stored = redis.call('HMGET', keys[1], 'g', 'm', 'w')
  if stored[1] then
    return ok(stored[1], stored[2], stored[3])
  end
  if args[2] ~= '' then
    redis.call('HSET', keys[1], 'g', args[2], 'm', args[3], 'w', args[4])
  end
  return ok(args[2], args[3], args[4])
end

-- KEYS data key. ARGV now, id, master key id, wrapped key. Replaces the wrapping of this very key.
local function rewrap(keys, args)
  if redis.call('HGET', keys[1], 'g') == args[2] then
    redis.call('HSET', keys[1], 'm', args[3], 'w', args[4])
  end
  return ok()
end

-- Who was erased and when, for snapshots: "<buyer> <time> <envelope id>", the last time of each only.
local function remember_erased(erased_key, buyer, now, envelope_id)
  local before = redis.call('ZRANGEBYLEX', erased_key, '[' .. buyer .. ' ', '(' .. buyer .. '!')
  for _, member in ipairs(before) do
    redis.call('ZREM', erased_key, member)
  end
  redis.call('ZADD', erased_key, '0', buyer .. ' ' .. num(now) .. ' ' .. envelope_id)
end

-- KEYS meta, outbox, conversation, dedup 0, dedup 1, data key, erased (v1, which the former release calls, has none).
-- ARGV now, envelope id, trace, buyer, dedup field, hash.
-- Answers duplicate, epoch, outbox position. Repeated, it does not touch the key of what was written since.
local function erase(keys, args)
  local shop = shop_begin(keys[1], args[1])
  local dedup = { keys[4], keys[5] }
  local none = '--------'
  local seq, reused = dedup_find(dedup, shop.now, args[5], none, args[6])
  if reused then
    return request_id_reused()
  end
  if seq then
    return ok('1', shop.epoch, '0')
  end

  redis.call('DEL', keys[6])
  redis.call('HDEL', keys[3], 'nm')
  local position = emit(keys[2], shop, { id = args[2], trace = args[3] }, 'erased', args[4])
  if keys[7] then
    remember_erased(keys[7], args[4], shop.now, args[2])
  end
  dedup_put(dedup, shop.now, args[5], 0, none, args[6])
  shop_finish(keys[1], shop)
  return ok('0', shop.epoch, position)
end

redis.register_function('inquiries_move_marks_v1', move_marks)
redis.register_function('inquiries_link_v1', link)
redis.register_function('inquiries_data_key_v1', data_key)
redis.register_function('inquiries_rewrap_v1', rewrap)
redis.register_function('inquiries_erase_v1', erase)
redis.register_function('inquiries_erase_v2', erase)
