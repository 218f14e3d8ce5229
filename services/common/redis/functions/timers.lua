-- The durable timer queue (services/common/timers/due_queue.h). Two keys per shop: a sorted set of what is to be done
-- by the time it becomes due (for a claimed item: by the time the claim ends), and a hash with the time each was set
-- to, by which Complete tells whether it was set anew meanwhile.

-- Part of other functions, too, so that state and timer are set in one step.
local function timer_put(due_key, set_key, member, due_ms)
  redis.call('ZADD', due_key, num(due_ms), member)
  redis.call('HSET', set_key, member, num(due_ms))
end

local function timer_remove(due_key, set_key, member)
  redis.call('ZREM', due_key, member)
  redis.call('HDEL', set_key, member)
end

-- KEYS due, set. ARGV now, member, due_ms.
local function timer_set(keys, args)
  timer_put(keys[1], keys[2], args[2], tonumber(args[3]))
  return ok()
end

-- KEYS due, set. ARGV now, member.
local function timer_cancel(keys, args)
  timer_remove(keys[1], keys[2], args[2])
  return ok()
end

-- KEYS meta, due, set. ARGV now, limit, claim_ms. Answers member and due time in turn.
local function timer_claim(keys, args)
  local now = now_ms(keys[1], args[1])
  local until_ms = num(now + tonumber(args[3]))
  local members = redis.call('ZRANGEBYSCORE', keys[2], '-inf', num(now), 'LIMIT', '0', args[2])
  local claimed = {}
  for _, member in ipairs(members) do
    local due = redis.call('HGET', keys[3], member)
    redis.call('ZADD', keys[2], until_ms, member)
    claimed[#claimed + 1] = member
    claimed[#claimed + 1] = due or '0'
  end
  return ok(claimed)
end

-- KEYS due, set. ARGV now, member, due_ms as claimed.
local function timer_complete(keys, args)
  local due = redis.call('HGET', keys[2], args[2])
  if due and due ~= args[3] then
    -- Set to another time while it was worked on. The claim has moved its place in the order: put it back.
    redis.call('ZADD', keys[1], due, args[2])
    return ok()
  end
  timer_remove(keys[1], keys[2], args[2])
  return ok()
end

redis.register_function('@SERVICE@_timer_set_v1', timer_set)
redis.register_function('@SERVICE@_timer_cancel_v1', timer_cancel)
redis.register_function('@SERVICE@_timer_claim_v1', timer_claim)
redis.register_function('@SERVICE@_timer_complete_v1', timer_complete)
