-- Writing messages.

-- Why the entry that a message quotes cannot be quoted; nil if it can. Entries in the archive are not looked at.
local function bad_quote(keys, head, quoted, visible)
  if quoted == '0' then
    return nil
  end
  if tonumber(quoted) <= head then
    local found = read_element(keys.log, tonumber(quoted))
    if not found or found.v == '1' or visible == '0' then
      return nil
    end
  end
  return err('NOT_FOUND', 'NO_SUCH_ENTRY', 'The quoted entry does not exist.', 'seq', quoted)
end

local RECALL_MS = 2 * 60 * 1000

-- Why an entry cannot be recalled; else nil and whether buyers see it.
local function bad_recall(keys, head, recalls, sender, now)
  if tonumber(recalls) > head then
    return err('NOT_FOUND', 'NO_SUCH_ENTRY', 'The entry to recall does not exist.', 'seq', recalls)
  end
  local found = read_element(keys.log, tonumber(recalls))
  if not found or now - tonumber(found.t) > RECALL_MS then
    return err('FAILED_PRECONDITION', 'RECALL_TOO_LATE', 'An entry can be recalled within two minutes.')
  end
  if found.s ~= sender then
    return err('FAILED_PRECONDITION', 'NOT_YOUR_ENTRY', 'Only its sender can recall an entry.')
  end
  if found.x ~= '0' or redis.call('ZSCORE', keys.recalled, recalls) then
    return err('FAILED_PRECONDITION', 'NOTHING_TO_RECALL', 'The entry was recalled already.')
  end
  return nil, found.v
end

-- KEYS meta, outbox, conversation, log, dedup 0, dedup 1, data key, recalled.
-- ARGV now, envelope id, trace, conversation, ordinal, sender, fence, dedup field, hash, data key id, visible,
--      record, quoted seq, recalled seq, aside ('1': a note by somebody who need not own the session, into the current
--      one, be it closed; the former release does not say).
-- Answers duplicate, epoch, entry.
local function append(keys, args)
  local call = { id = args[2], trace = args[3], conversation = args[4] }
  local ordinal, sender, field, hash, key_id = args[5], args[6], args[8], args[9], args[10]
  local visible, recalls = args[11], args[14]
  local names = { log = keys[4], outbox = keys[2], recalled = keys[8] }
  local refused = key_changed(keys[7], key_id)
  if refused then
    return refused
  end
  local shop = shop_begin(keys[1], args[1])
  local dedup = { keys[5], keys[6] }
  local seq, reused = dedup_find(dedup, shop.now, field, key_id, hash)
  if reused then
    return request_id_reused()
  end
  if seq then
    return ok('1', shop.epoch, first_result(keys[4], seq))
  end
  local aside = args[15] == '1'
  local state = redis.call('HMGET', keys[3], 'n', 'st', 'f', 'ow', 'seq', 'bseq')
  refused = not_open(state[1], aside and '1' or state[2], ordinal)
  if not refused and sender ~= 'b' and sender ~= 's' and not aside then
    refused = wrong_fence(state[3], state[4], args[7], sender)
  end
  if refused then
    return refused
  end
  local head = { seq = tonumber(state[5]), bseq = tonumber(state[6]) }
  refused = bad_quote(names, head.seq, args[13], visible)
  if not refused and recalls ~= '0' then
    refused, visible = bad_recall(names, head.seq, recalls, sender, shop.now)
  end
  if refused then
    return refused
  end

  local changes = {}
  local entry = add_entry(names, shop, call, head, changes,
    { visible = visible, sender = sender, ordinal = ordinal, recalls = recalls, record = args[12] })
  redis.call('HSET', keys[3], unpack(changes))
  if recalls ~= '0' then
    redis.call('ZADD', keys[8], recalls, recalls)
  end
  dedup_put(dedup, shop.now, field, head.seq, key_id, hash)
  shop_finish(keys[1], shop)
  return ok('0', shop.epoch, entry)
end

-- KEYS meta, outbox, conversation, log, dedup 0, dedup 1, data key, past inquiries, index of conversations (the former
--      release names none).
-- ARGV now, envelope id, trace, conversation, dedup field, hash, data key id, record, quoted seq, opening,
--      sealed display name ('' to keep what is stored), envelope id of the opening.
-- Answers duplicate, epoch, entry, opened, inquiry, outbox position of the opening ('0' if there is none).
local function open(keys, args)
  local call = { id = args[2], trace = args[3], conversation = args[4] }
  local field, hash, key_id = args[5], args[6], args[7]
  local names = { log = keys[4], outbox = keys[2] }
  local refused = key_changed(keys[7], key_id)
  if refused then
    return refused
  end
  local shop = shop_begin(keys[1], args[1])
  local dedup = { keys[5], keys[6] }
  local seq, reused = dedup_find(dedup, shop.now, field, key_id, hash)
  if reused then
    return request_id_reused()
  end
  if seq then
    local entry = first_result(keys[4], seq)
    local inquiry = nil
    if entry[6] then
      inquiry = find_inquiry(keys[3], keys[8], entry[6])
    end
    local opened = inquiry and inquiry[5] == entry[1]
    return ok('1', shop.epoch, entry, opened and '1' or '0', inquiry or {}, '0')
  end
  local heads = redis.call('HMGET', keys[3], 'seq', 'bseq')
  local head = { seq = tonumber(heads[1] or '0'), bseq = tonumber(heads[2] or '0') }
  refused = bad_quote(names, head.seq, args[9], '1')
  if refused then
    return refused
  end

  local changes, opened, position = {}, '0', '0'
  local inquiry = load_inquiry(keys[3])
  if not inquiry or inquiry[2] ~= '1' then
    opened = '1'
    local ordinal = 1
    if inquiry then
      redis.call('HSET', keys[8], inquiry[1], cmsgpack.pack(inquiry))
      ordinal = tonumber(inquiry[1]) + 1
    else
      changes = { 'rv', '1' }
    end
    inquiry = { num(ordinal), '1', '0', '', num(head.seq + 1), '0', num(shop.now), '0', '', '0', args[10] }
    for i, name in ipairs(INQUIRY_FIELDS) do
      changes[#changes + 1] = name
      changes[#changes + 1] = inquiry[i]
    end
    position = emit_inquiry(keys[2], shop, { id = args[12], trace = call.trace, conversation = call.conversation },
      'opened', inquiry)
    if keys[9] then
      redis.call('ZADD', keys[9], '0', call.conversation)
    end
  end
  if args[11] ~= '' then
    changes[#changes + 1] = 'nm'
    changes[#changes + 1] = args[11]
  end
  local entry = add_entry(names, shop, call, head, changes,
    { visible = '1', sender = 'b', ordinal = inquiry[1], recalls = '0', record = args[8] })
  -- 'bseq' must exist from the first entry on; buyers see their own messages, so add_entry set it.
  redis.call('HSET', keys[3], unpack(changes))
  dedup_put(dedup, shop.now, field, head.seq, key_id, hash)
  shop_finish(keys[1], shop)
  return ok('0', shop.epoch, entry, opened, inquiry, position)
end

redis.register_function('inquiries_append_v1', append)
redis.register_function('inquiries_open_v1', open)
