-- Sorted indexes, read newest first (greatest score first, then greatest member) page by page.

-- As Redis orders members, byte by byte; Lua goes by the server's locale.
local function index_greater(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then
      return x > y
    end
  end
  return #a > #b
end

-- How many elements stand before the place, it included. The place itself may be gone meanwhile.
local function index_offset(index_key, score, member)
  local at = redis.call('ZSCORE', index_key, member)
  if at and tonumber(at) == tonumber(score) then
    return redis.call('ZCOUNT', index_key, '-inf', '+inf') - redis.call('ZRANK', index_key, member)
  end
  -- The first of those with this score whose member is smaller, by halves: they may be many.
  local from = redis.call('ZCOUNT', index_key, '(' .. score, '+inf')
  local to = from + redis.call('ZCOUNT', index_key, score, score)
  while from < to do
    local middle = math.floor((from + to) / 2)
    if index_greater(redis.call('ZRANGE', index_key, num(middle), num(middle), 'REV')[1], member) then
      from = middle + 1
    else
      to = middle
    end
  end
  return from
end

-- KEYS index. ARGV now, score and member of the place to go on behind (score '': from the beginning), limit.
-- Answers member and score in turn.
local function index_page(keys, args)
  local from = args[2] == '' and 0 or index_offset(keys[1], args[2], args[3])
  local last = from + tonumber(args[4]) - 1
  return ok(unpack(redis.call('ZRANGE', keys[1], num(from), num(last), 'REV', 'WITHSCORES')))
end

redis.register_function { function_name = '@SERVICE@_page_v1', callback = index_page, flags = { 'no-writes' } }
