-- The lives of inquiries: owner, close, reopen.

-- KEYS meta, outbox, conversation, log, data key.
-- ARGV now, envelope id, trace, conversation, ordinal, fence, agent ('' for none), data key id, record,
--      envelope id of the fence event.
-- Answers the fence in force, epoch, entry ({} if nothing changed), outbox position of the fence event.
local function raise_fence(keys, args)
  local call = { id = args[2], trace = args[3], conversation = args[4] }
  local ordinal, fence, agent = args[5], args[6], args[7]
  local refused = key_changed(keys[5], args[8])
  if refused then
    return refused
  end
  local shop = shop_begin(keys[1], args[1])
  local state = redis.call('HMGET', keys[3], 'n', 'st', 'f', 'ow', 'seq', 'bseq')
  if state[1] == ordinal and state[3] == fence and state[4] == agent then
    return ok(fence, shop.epoch, {}, '0')
  end
  refused = not_open(state[1], state[2], ordinal)
  -- What was offered has no owner under its fence yet; who accepts becomes it.
  local accepted = fence == state[3] and state[4] == '' and agent ~= ''
  if not refused and tonumber(fence) <= tonumber(state[3]) and not accepted then
    refused = err('ABORTED', 'STALE_FENCE', 'The session has another owner by now; read it again.',
      'fence', state[3])
  end
  if refused then
    return refused
  end
  if state[4] == '' and agent == '' then
    -- Nobody owned it and nobody does: nothing to tell.
    redis.call('HSET', keys[3], 'f', fence)
    return ok(fence, shop.epoch, {}, '0')
  end

  local head = { seq = tonumber(state[5]), bseq = tonumber(state[6]) }
  local changes = { 'f', fence, 'ow', agent }
  local position = emit(keys[2], shop, { id = args[10], trace = call.trace }, 'fence', call.conversation,
    'n', ordinal, 'f', fence, 'ow', agent)
  local entry = add_entry({ log = keys[4], outbox = keys[2] }, shop, call, head, changes,
    { visible = '1', sender = 's', ordinal = ordinal, recalls = '0', record = args[9] })
  redis.call('HSET', keys[3], unpack(changes))
  shop_finish(keys[1], shop)
  return ok(fence, shop.epoch, entry, position)
end

-- What close and reopen begin with: the answer if there is one already (a refusal or the first result), else the shop.
local function life_begin(keys, args)
  local refused = key_changed(keys[7], args[8])
  if refused then
    return refused
  end
  local shop = shop_begin(keys[1], args[1])
  shop.dedup = { keys[5], keys[6] }
  local seq, reused = dedup_find(shop.dedup, shop.now, args[6], args[8], args[7])
  if reused then
    return request_id_reused()
  end
  if seq then
    -- The inquiry as it stands now, which is what a caller that lost the answer needs.
    return ok('1', shop.epoch, find_inquiry(keys[3], keys[8], args[5]) or {}, first_result(keys[4], seq), '0')
  end
  return nil, shop
end

-- Writes the changed inquiry, its line and its event.
local function life_finish(keys, args, shop, inquiry, kind)
  local call = { id = args[2], trace = args[3], conversation = args[4] }
  local heads = redis.call('HMGET', keys[3], 'seq', 'bseq')
  local head = { seq = tonumber(heads[1]), bseq = tonumber(heads[2]) }
  local changes = {}
  for i, name in ipairs(INQUIRY_FIELDS) do
    changes[#changes + 1] = name
    changes[#changes + 1] = inquiry[i]
  end
  local entry = add_entry({ log = keys[4], outbox = keys[2] }, shop, call, head, changes,
    { visible = '1', sender = 's', ordinal = inquiry[1], recalls = '0', record = args[9] })
  local event = { id = args[10], trace = call.trace, conversation = call.conversation }
  local position = emit_inquiry(keys[2], shop, event, kind, inquiry)
  redis.call('HSET', keys[3], unpack(changes))
  dedup_put(shop.dedup, shop.now, args[6], head.seq, args[8], args[7])
  shop_finish(keys[1], shop)
  return ok('0', shop.epoch, inquiry, entry, position)
end

-- KEYS meta, outbox, conversation, log, dedup 0, dedup 1, data key, past inquiries, timers due, timers set.
-- ARGV now, envelope id, trace, conversation, ordinal, dedup field, hash, data key id, record,
--      envelope id of the close, fence ('0': whatever it is), agent, last seen seq, reason, archive after ms, timer.
-- Answers duplicate, epoch, inquiry, entry, outbox position of the close.
local function close(keys, args)
  local answer, shop = life_begin(keys, args)
  if answer then
    return answer
  end
  local inquiry = load_inquiry(keys[3])
  local refused = not_open(inquiry and inquiry[1], inquiry and inquiry[2], args[5])
  if not refused and args[11] ~= '0' then
    refused = wrong_fence(inquiry[3], inquiry[4], args[11], args[12])
  end
  if refused then
    return refused
  end
  local heads = redis.call('HMGET', keys[3], 'seq', 'lb')
  if tonumber(heads[2]) > tonumber(args[13]) then
    return err('ABORTED', 'NEWER_BUYER_ENTRY', 'The buyer wrote since; read it, then decide.', 'seq', heads[2])
  end

  inquiry[2] = '2'
  inquiry[6] = num(tonumber(heads[1]) + 1)
  inquiry[8] = num(shop.now)
  inquiry[9] = args[14]
  timer_put(keys[9], keys[10], args[16], shop.now + tonumber(args[15]))
  return life_finish(keys, args, shop, inquiry, 'closed')
end

-- KEYS as close, without the timers.
-- ARGV now, envelope id, trace, conversation, ordinal, dedup field, hash, data key id, record,
--      envelope id of the reopening, window ms.
-- Answers as close. A session that is open already is answered as it is, with an empty entry.
local function reopen(keys, args)
  local answer, shop = life_begin(keys, args)
  if answer then
    return answer
  end
  local inquiry = load_inquiry(keys[3])
  if inquiry and inquiry[1] == args[5] and inquiry[2] == '1' then
    return ok('1', shop.epoch, inquiry, {}, '0')
  end
  local refused = not_open(inquiry and inquiry[1], '1', args[5])
  if refused and refused[3] == 'SESSION_CLOSED'
      or not refused and shop.now - tonumber(inquiry[8]) > tonumber(args[11]) then
    return err('FAILED_PRECONDITION', 'REOPEN_TOO_LATE', 'The session is over for good; open a new one.')
  end
  if refused then
    return refused
  end

  inquiry[2], inquiry[6], inquiry[8], inquiry[9] = '1', '0', '0', ''
  inquiry[10] = num(tonumber(inquiry[10]) + 1)
  return life_finish(keys, args, shop, inquiry, 'reopened')
end

redis.register_function('inquiries_raise_fence_v1', raise_fence)
redis.register_function('inquiries_close_v1', close)
redis.register_function('inquiries_reopen_v1', reopen)
