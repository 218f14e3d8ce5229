-- The audit log of a shop, or of the installation ({sys}): a stream whose entries form a chain. The caller computes the
-- hash; this function only lets it follow the head that the caller has seen.

-- keys: log, head, meta. args: now_ms. ok: seq and hash of the last entry (0 and "" if there is none), now.
local function audit_head(keys, args)
  local head = redis.call('HMGET', keys[2], 'seq', 'hash')
  return ok(head[1] or '0', head[2] or '', num(now_ms(keys[3], args[1])))
end

-- keys: log, head, meta. args: now_ms, seq and hash of the head seen, time of the entry, new hash, entry.
-- ok: the new seq. ABORTED AUDIT_HEAD_MOVED: another entry came first; metadata seq, hash and now_ms as audit_head answers.
local function audit_append(keys, args)
  local head = redis.call('HMGET', keys[2], 'seq', 'hash')
  local seq, hash = head[1] or '0', head[2] or ''
  if seq ~= args[2] or hash ~= args[3] then
    return err('ABORTED', 'AUDIT_HEAD_MOVED', 'Another entry came first; follow the head as it is now.', 'seq', seq, 'hash',
      hash, 'now_ms', num(now_ms(keys[3], args[1])))
  end
  local now = now_ms(keys[3], args[1])
  local next_seq = num(tonumber(seq) + 1)
  remember_now(keys[3], math.max(now, tonumber(args[4])))
  redis.call('XADD', keys[1], next_seq .. '-0', 'e', args[6], 'h', args[5])
  redis.call('HSET', keys[2], 'seq', next_seq, 'hash', args[5])
  return ok(next_seq)
end

redis.register_function({
  function_name = 'gateway_audit_head_v1',
  callback = audit_head,
  flags = { 'no-writes' },
})
redis.register_function('gateway_audit_append_v1', audit_append)
