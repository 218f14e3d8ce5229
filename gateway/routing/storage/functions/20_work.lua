-- The unit of work of one function call: what it has read, what it will write.
--
-- Keys of every routing function, in this order: meta, S, A, ev, hb, done, live, on, tm; then the waiting set and the
-- availability set of each class that the caller declares.
-- Arguments: now_ms, version of the shop's routing configuration, number of classes, then name and weight of each
-- class, then the operation's own.
--
-- Sets change at once, since matching reads them; records, the routing log and the counters are written by `commit`.
-- An operation makes all its checks before its first write.

-- One call assigns at most so many sessions, corrects so many availability scores, and passes over so many sessions
-- that exclude the agent, because a function blocks its
-- node; what is left over is named in the answer (`again`) and done by further calls.
routing.MAX_MATCHES = 8
routing.MAX_REWRITES = 32
routing.MAX_SKIPS = 32
routing.FIXED_KEYS = 9

-- The work and the position of the operation's first argument; or nil and the error to answer.
function routing.begin(keys, args)
  local meta = redis.call('HMGET', keys[1], 'last_ms', 'routing_config', 'routing_seq', 'routing_waiting',
    'routing_arrivals', 'routing_closed', 'score_origin_ms', 'store_epoch')
  local config = meta[2] or '0'
  if config ~= args[2] then
    return nil, err('ABORTED', 'STALE_CONFIG', 'The routing configuration changed; read it and call again.',
      'config_version', config)
  end
  local now = clock_ms(args[1])
  local last = tonumber(meta[1] or '0')
  if now < last then
    now = last
  end
  local work = {
    now = now,
    keys = { meta = keys[1], S = keys[2], A = keys[3], ev = keys[4], hb = keys[5], done = keys[6], live = keys[7],
      on = keys[8], tm = keys[9] },
    seq = tonumber(meta[3] or '0'),
    waiting = tonumber(meta[4] or '0'),
    arrivals = tonumber(meta[5] or '0'),
    closed = tonumber(meta[6] or '0'),
    -- Scores count from here, which keeps them below 2^53.
    origin = tonumber(meta[7] or num(now)),
    epoch = meta[8] or '1',
    classes = {},
    class_names = {},
    sessions = {},
    agents = {},
    changed_sessions = {},
    changed_agents = {},
    matches = routing.MAX_MATCHES,
    rewrites = routing.MAX_REWRITES,
    again = {},
  }
  local count = tonumber(args[3])
  for i = 1, count do
    local name = args[2 + 2 * i]
    work.classes[name] = {
      name = name,
      weight = tonumber(args[3 + 2 * i]),
      w = keys[routing.FIXED_KEYS - 1 + 2 * i],
      av = keys[routing.FIXED_KEYS + 2 * i],
    }
    work.class_names[i] = name
  end
  return work, 4 + 2 * count
end

-- The error that asks the caller to declare the classes that these lists name and it did not; nil if none is missing.
function routing.undeclared(work, ...)
  local missing, seen = {}, {}
  for _, names in ipairs({ ... }) do
    for _, name in ipairs(names) do
      if not work.classes[name] and not seen[name] then
        seen[name] = true
        missing[#missing + 1] = name
      end
    end
  end
  if #missing > 0 then
    return err('ABORTED', 'STALE_CLASSES', 'The operation touches classes that were not declared; call again.',
      'classes', table.concat(missing, ' '))
  end
end

-- The session, or false.
function routing.session(work, id)
  local s = work.sessions[id]
  if s == nil then
    local packed = redis.call('HGET', work.keys.S, id)
    s = packed and routing.unpack_session(id, packed)
    work.sessions[id] = s
  end
  return s
end

-- The agent, or false.
function routing.agent(work, id)
  local a = work.agents[id]
  if a == nil then
    local packed = redis.call('HGET', work.keys.A, id)
    a = packed and routing.unpack_agent(id, packed)
    work.agents[id] = a
  end
  return a
end

-- Marks a session as changed. `cause` says why and goes into the routing log.
function routing.touch_session(work, s, cause)
  if not s.touched then
    s.touched = true
    work.sessions[s.id] = s
    work.changed_sessions[#work.changed_sessions + 1] = s
  end
  s.cause = cause
end

function routing.touch_agent(work, a)
  if not a.touched then
    a.touched = true
    work.agents[a.id] = a
    work.changed_agents[#work.changed_agents + 1] = a
  end
end

-- Asks for a further call that goes on with an agent (its id) or a class (its name).
function routing.ask_again(work, target)
  for _, known in ipairs(work.again) do
    if known == target then
      return
    end
  end
  work.again[#work.again + 1] = target
end

local function write_session(work, s)
  s.version = s.version + 1
  if s.moved then
    s.fence = s.fence + 1
  end
  local live = s.state ~= routing.CLOSED
  if live and not s.live then
    redis.call('ZADD', work.keys.live, 0, s.id)
  elseif s.live and not live then
    redis.call('ZREM', work.keys.live, s.id)
  end
  redis.call('HSET', work.keys.S, s.id, routing.pack_session(s))
  work.seq = work.seq + 1
  redis.call('XADD', work.keys.ev, num(work.seq) .. '-0', 's', s.id, 'st', s.state, 'a', s.agent, 'p', s.owner,
    'f', num(s.fence), 'v', num(s.version), 'e', num(s.enqueue_ms), 't', num(s.assign_ms), 'c', s.category,
    'l', s.language, 'w', s.cause, 'at', num(work.now), 'ep', work.epoch)
end

-- Writes what changed and gives the function's answer: waiting, position in the routing log (0: nothing changed),
-- what to go on with, session rows, agent rows; then whatever else the operation answers.
function routing.commit(work, ...)
  local session_rows, agent_rows = {}, {}
  for i, s in ipairs(work.changed_sessions) do
    write_session(work, s)
    session_rows[i] = routing.session_row(s, s.owner)
  end
  for i, a in ipairs(work.changed_agents) do
    a.version = a.version + 1
    redis.call('HSET', work.keys.A, a.id, routing.pack_agent(a))
    agent_rows[i] = routing.agent_row(a)
  end
  redis.call('HSET', work.keys.meta, 'last_ms', num(work.now), 'routing_seq', num(work.seq),
    'routing_waiting', num(work.waiting), 'routing_arrivals', num(work.arrivals), 'routing_closed',
    num(work.closed), 'score_origin_ms', num(work.origin))
  local event_seq = #session_rows > 0 and work.seq or 0
  return ok(work.waiting, event_seq, work.again, session_rows, agent_rows, ...)
end

-- The answer of a call that changes nothing; nothing is written.
function routing.unchanged(work, ...)
  return ok(work.waiting, 0, {}, {}, {}, ...)
end
