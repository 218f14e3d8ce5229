-- What every function of inquiries that writes does for the shop: its time and its outbox.
-- How the keys look is told in services/inquiries/README.md.

-- Answers what a writing function needs of the shop, in one command.
local function shop_begin(meta_key, override)
  local meta = redis.call('HMGET', meta_key, 'last_ms', 'store_epoch', 'outbox', 'outbox_bytes')
  local now = clock_ms(override)
  local last = tonumber(meta[1] or '0')
  if now < last then
    now = last
  end
  return { now = now, epoch = meta[2] or '1', box = outbox_of(meta[3], meta[2], meta[4]) }
end

-- Writes down what shop_begin read and emit moved on. The last write of a function.
local function shop_finish(meta_key, shop)
  outbox_close(meta_key, shop.box, 'last_ms', num(shop.now))
end

-- Adds an event to the outbox. `call` has id (of the envelope, random) and trace. Answers its position.
-- The fields are always in the same order, so that the stream stores their names once.
local function emit(outbox_key, shop, call, kind, subject, ...)
  return outbox_add(outbox_key, shop.box, 'i', call.id, 'y', kind, 's', subject, 't', num(shop.now), 'e', shop.epoch,
    'v', '1', 'tp', call.trace, ...)
end

-- What the former release calls; this one calls the common functions (services/common/redis/functions/outbox.lua).

-- KEYS meta, outbox. ARGV now, after_seq, limit. Answers epoch, head, first position kept, elements.
local function events_v1(keys, args)
  local meta = redis.call('HMGET', keys[1], 'store_epoch', 'outbox')
  local head, after = meta[2] or '0', num(tonumber(args[2]) + 1) .. '-0'
  return ok(meta[1] or '1', head, num(outbox_first(keys[2], head)),
    redis.call('XRANGE', keys[2], after, '+', 'COUNT', args[3]))
end

-- KEYS meta, outbox. ARGV now, keep_ms, max_count. It knows no consumers, so it drops only what exceeds its bounds.
local function trim_v1(keys, args)
  local now = now_ms(keys[1], args[1])
  return ok(num(outbox_drop(keys[1], keys[2], OUTBOX_FIELDS,
    { now = now, keep_ms = tonumber(args[2]), max_count = tonumber(args[3]) })))
end

redis.register_function('inquiries_raise_epoch_v1', outbox_raise_epoch)
redis.register_function { function_name = 'inquiries_events_v1', callback = events_v1, flags = { 'no-writes' } }
redis.register_function('inquiries_trim_v1', trim_v1)
