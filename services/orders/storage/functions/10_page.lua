-- A page of an index, newest first (greatest score first, then greatest member), after a place in it.
-- KEYS index. ARGV now, score ('' from the beginning), member, limit. Answers member and score in turn.

-- How many elements stand before the place, it included. The place itself may be gone meanwhile.
local function page_offset(index_key, score, member)
  local at = redis.call('ZSCORE', index_key, member)
  if at and tonumber(at) == tonumber(score) then
    return redis.call('ZCARD', index_key) - redis.call('ZRANK', index_key, member)
  end
  local before = redis.call('ZCOUNT', index_key, '(' .. score, '+inf')
  local equals = redis.call('ZRANGEBYSCORE', index_key, score, score)
  for _, equal in ipairs(equals) do
    if equal > member then
      before = before + 1
    end
  end
  return before
end

local function page(keys, args)
  local from = args[2] == '' and 0 or page_offset(keys[1], args[2], args[3])
  local last = from + tonumber(args[4]) - 1
  return ok(unpack(redis.call('ZRANGE', keys[1], num(from), num(last), 'REV', 'WITHSCORES')))
end

redis.register_function { function_name = 'orders_page_v1', callback = page, flags = { 'no-writes' } }
