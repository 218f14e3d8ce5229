-- Sign-in attempts in the last minute, per login and per address: a list of "<ms>:<attempt id>", oldest first, at most
-- as long as the limit, gone by itself a minute after the last one. What is refused is not written down, so that lists
-- come only from attempts that were let through, and those are bounded by the password queue.

-- The time until the list has room, in milliseconds; 0 if it has.
local function attempts_wait(key, now, limit, window)
  local list = redis.call('LRANGE', key, 0, -1)
  local recent = {}
  for _, attempt in ipairs(list) do
    local at = tonumber(string.match(attempt, '^%d+'))
    if at > now - window then
      recent[#recent + 1] = at
    end
  end
  if #recent < limit then
    return 0
  end
  return recent[#recent - limit + 1] + window - now
end

-- keys: meta, lists. args: now_ms, attempt id, limit, window in ms. ok: the attempt as it was written down.
-- RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS, metadata wait_ms.
local function attempt(keys, args)
  local now = now_ms(keys[1], args[1])
  local limit, window = tonumber(args[3]), tonumber(args[4])
  local wait = 0
  for i = 2, #keys do
    wait = math.max(wait, attempts_wait(keys[i], now, limit, window))
  end
  if wait > 0 then
    return err('RESOURCE_EXHAUSTED', 'TOO_MANY_ATTEMPTS', 'Too many attempts to sign in; wait a minute.', 'wait_ms',
      num(wait))
  end
  for i = 2, #keys do
    redis.call('RPUSH', keys[i], num(now) .. ':' .. args[2])
    redis.call('LTRIM', keys[i], -limit, -1)
    redis.call('PEXPIRE', keys[i], window)
  end
  return ok(num(now) .. ':' .. args[2])
end

redis.register_function('gateway_attempt_v1', attempt)
