-- A lease saves work: of all gateways only the holder of a bucket reads the logs of its shops. It is no lock: whatever
-- two holders do at once is idempotent.
--
-- KEYS: the lease. ARGV: now_ms (unused), holder, length in ms. Answers 1 if `holder` has it now, else 0.
local function lease_v1(keys, args)
  local lease = keys[1]
  local holder = redis.call('GET', lease)
  if holder and holder ~= args[2] then
    return ok(0)
  end
  redis.call('SET', lease, args[2], 'PX', args[3])
  return ok(1)
end

redis.register_function('@SERVICE@_lease_v1', lease_v1)
