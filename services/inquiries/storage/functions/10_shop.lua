-- What every function of inquiries that writes does for the shop: its time and its outbox.
-- How the keys look is told in services/inquiries/README.md.

-- Answers what a writing function needs of the shop, in one command.
local function shop_begin(meta_key, override)
  local meta = redis.call('HMGET', meta_key, 'last_ms', 'store_epoch', 'outbox')
  local now = clock_ms(override)
  local last = tonumber(meta[1] or '0')
  if now < last then
    now = last
  end
  return { now = now, epoch = meta[2] or '1', outbox = tonumber(meta[3] or '0') }
end

-- Writes down what shop_begin read and emit moved on. The last write of a function.
local function shop_finish(meta_key, shop)
  redis.call('HSET', meta_key, 'last_ms', num(shop.now), 'outbox', num(shop.outbox))
end

-- Adds an event to the outbox. `call` has id (of the envelope, random) and trace. Answers its position.
-- The fields are always in the same order, so that the stream stores their names once.
local function emit(outbox_key, shop, call, kind, subject, ...)
  shop.outbox = shop.outbox + 1
  local seq = num(shop.outbox)
  redis.call('XADD', outbox_key, seq .. '-0', 'i', call.id, 'y', kind, 's', subject, 't', num(shop.now),
    'e', shop.epoch, 'v', '1', 'tp', call.trace, ...)
  return seq
end

-- KEYS meta. ARGV now, observed_epoch. Leaves the observed epoch behind; if the store is past it, nothing happens.
local function raise_epoch(keys, args)
  local epoch = tonumber(redis.call('HGET', keys[1], 'store_epoch') or '1')
  if epoch <= tonumber(args[2]) then
    epoch = tonumber(args[2]) + 1
    redis.call('HSET', keys[1], 'store_epoch', num(epoch))
  end
  return ok(num(epoch))
end

-- KEYS meta, outbox. ARGV now, after_seq, limit. Answers epoch, head, first position kept (0 if none), elements.
local function events(keys, args)
  local meta = redis.call('HMGET', keys[1], 'store_epoch', 'outbox')
  local after = num(tonumber(args[2]) + 1) .. '-0'
  local first = redis.call('XRANGE', keys[2], '-', '+', 'COUNT', '1')
  local first_seq = '0'
  if first[1] then
    first_seq = string.match(first[1][1], '^%d+')
  end
  return ok(meta[1] or '1', meta[2] or '0', first_seq, redis.call('XRANGE', keys[2], after, '+', 'COUNT', args[3]))
end

-- KEYS meta, outbox. ARGV now, keep_ms, max_count. Drops at most 1000 of the oldest events: what is older than
-- keep_ms, and what exceeds max_count. Answers how many.
local function trim(keys, args)
  local oldest_kept = now_ms(keys[1], args[1]) - tonumber(args[2])
  local length = redis.call('XLEN', keys[2])
  local excess = length - tonumber(args[3])
  -- Element: id, {i, id, y, kind, s, subject, t, time, ...}
  local function to_drop(place, element)
    return place <= excess or tonumber(element[2][8]) < oldest_kept
  end
  local first = redis.call('XRANGE', keys[2], '-', '+', 'COUNT', '1')
  if not first[1] or not to_drop(1, first[1]) then
    return ok('0')
  end
  local drop = 0
  for place, element in ipairs(redis.call('XRANGE', keys[2], '-', '+', 'COUNT', '1000')) do
    if not to_drop(place, element) then
      break
    end
    drop = place
  end
  redis.call('XTRIM', keys[2], 'MAXLEN', num(length - drop))
  return ok(num(drop))
end

redis.register_function('inquiries_raise_epoch_v1', raise_epoch)
redis.register_function { function_name = 'inquiries_events_v1', callback = events, flags = { 'no-writes' } }
redis.register_function('inquiries_trim_v1', trim)
