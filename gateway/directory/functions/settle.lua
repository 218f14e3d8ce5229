-- Agents, or people, whose last change routing has not yet heard of (gateway/directory/registrar.h): a sorted set, id → version,
-- written by the commit that made the change.

-- keys: the set. args: now_ms, id, version that was passed on. ok: 1 if nothing newer waits.
local function settled(keys, args)
  local version = redis.call('ZSCORE', keys[1], args[2])
  if version and tonumber(version) > tonumber(args[3]) then
    return ok('0')
  end
  redis.call('ZREM', keys[1], args[2])
  return ok('1')
end

redis.register_function('gateway_settled_v1', settled)
