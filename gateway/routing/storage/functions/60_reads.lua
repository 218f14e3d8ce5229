-- What callers read. Nothing is written here.

function routing.reads(name, callback)
  redis.register_function({ function_name = name, callback = callback, flags = { 'no-writes' } })
end

local function rows(work, ids, accept)
  local list = {}
  for i = 1, #ids, 50 do
    local chunk = { unpack(ids, i, math.min(i + 49, #ids)) }
    local packed = redis.call('HMGET', work.keys.S, unpack(chunk))
    for j, id in ipairs(chunk) do
      if packed[j] then
        local s = routing.unpack_session(id, packed[j])
        if accept == nil or accept(s) then
          list[#list + 1] = routing.session_row(s)
        end
      end
    end
  end
  return list
end

-- read_session: session. Its row.
routing.reads('gateway_read_session_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s = routing.session(work, args[at])
  if not s or s.version == 0 then
    return err('NOT_FOUND', 'NO_SUCH_SESSION', 'There is no such session; it may have been closed long ago.')
  end
  return ok(routing.session_row(s))
end)

-- read_agent: agent. Its row, the rows of the sessions it holds, waiting.
routing.reads('gateway_read_agent_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local a = routing.agent(work, args[at])
  if not a then
    return err('NOT_FOUND', 'NO_SUCH_AGENT', 'There is no such agent in this shop.')
  end
  return ok(routing.agent_row(a), rows(work, a.held), work.waiting)
end)

-- read_agent_versions: agents. The version of each, 0 for unknown ones.
routing.reads('gateway_read_agent_versions_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local versions = {}
  for i = at, #args do
    local a = routing.agent(work, args[i])
    versions[#versions + 1] = a and a.version or 0
  end
  return ok(versions)
end)

-- list_agents: cursor ("0" at first), count. Next cursor ("0" at the end), rows; an agent may come twice.
routing.reads('gateway_list_agents_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local scan = redis.call('HSCAN', work.keys.A, args[at], 'COUNT', args[at + 1])
  local list = {}
  for i = 1, #scan[2], 2 do
    list[#list + 1] = routing.agent_row(routing.unpack_agent(scan[2][i], scan[2][i + 1]))
  end
  return ok(scan[1], list)
end)

-- list_waiting: offset, limit. Rows of the declared classes' sessions, in the order in which they are served.
routing.reads('gateway_list_waiting_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local offset, limit = tonumber(args[at]), tonumber(args[at + 1])
  local first = #routing.class_names(work) == 1 and offset or 0
  local found = {}
  for _, name in ipairs(routing.class_names(work)) do
    local members = redis.call('ZRANGE', work.classes[name].w, first, offset + limit - 1, 'WITHSCORES')
    for i = 1, #members, 2 do
      found[#found + 1] = { id = members[i], score = tonumber(members[i + 1]) }
    end
  end
  table.sort(found, function(a, b)
    return a.score < b.score or (a.score == b.score and a.id < b.id)
  end)
  local ids = {}
  for i = offset - first + 1, math.min(#found, offset - first + limit) do
    ids[#ids + 1] = found[i].id
  end
  return ok(rows(work, ids))
end)

-- list_live: after (a session id, '' for the first), limit. Rows in the order of ids. For gateways of releases before:
-- it reads all sessions, about 2 µs each.
routing.reads('gateway_list_live_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local ids = {}
  for _, id in ipairs(redis.call('HKEYS', work.keys.S)) do
    if id > args[at] and not redis.call('ZSCORE', work.keys.done, id) then
      ids[#ids + 1] = id
    end
  end
  table.sort(ids)
  return ok(rows(work, { unpack(ids, 1, math.min(#ids, tonumber(args[at + 1]))) }))
end)

-- list_live: cursor ("0" at first), count. Next cursor ("0" at the end), rows, in no order and perhaps a few more. Who is
-- there all the while comes at least once.
routing.reads('gateway_list_live_v2', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local scan, list = redis.call('HSCAN', work.keys.S, args[at], 'COUNT', args[at + 1]), {}
  for i = 1, #scan[2], 2 do
    if routing.unpack_place(scan[2][i + 1]) ~= routing.CLOSED then
      list[#list + 1] = routing.session_row(routing.unpack_session(scan[2][i], scan[2][i + 1]))
    end
  end
  return ok(scan[1], list)
end)

-- read_cursor: log. Store epoch, position.
routing.reads('gateway_read_cursor_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local cursor = redis.call('HMGET', work.keys.meta, 'cursor_epoch_' .. args[at], 'cursor_seq_' .. args[at])
  return ok(cursor[1] or '0', cursor[2] or '0')
end)
