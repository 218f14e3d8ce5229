-- What happens to sessions: arrive, reopen, transfer, take over, complete.

-- Begins a life of the session: from inquiries' opening, or from its reopening.
local function open(work, s, o)
  -- A session that had owners before, of which nothing is left here, goes on above all its former versions.
  if s.version == 0 and (o.reopened or o.life > 0 or o.fence > 0) then
    s.version = work.now
  end
  if s.fence < o.fence then
    s.fence = o.fence
  end
  s.moved = o.reopened or o.fence > 0
  s.life = o.life
  s.class = o.class
  s.weight = work.classes[o.class].weight
  s.boost_ms = o.boost_ms
  s.category = o.category
  s.language = o.language
  s.enqueue_ms = work.now
  s.assign_ms = 0
  s.excluded = {}
  s.score = routing.wait_score(work, work.now, o.boost_ms, work.arrivals % 1024)
  work.arrivals = work.arrivals + 1
  if s.raw then
    redis.call('ZREM', work.keys.done, s.id)
  end
  local cause = o.reopened and 'reopened' or 'arrived'
  local preferred = o.preferred ~= '' and routing.agent(work, o.preferred)
  if preferred and routing.eligible(preferred) and routing.has_room(preferred, s.weight) then
    routing.assign(work, s, preferred, cause)
    if routing.contains(preferred.classes, s.class) then
      routing.refresh_class(work, preferred, work.classes[s.class])
    end
  else
    routing.place(work, s, cause)
  end
  return routing.commit(work)
end

local function opening(work, args, at)
  local o = {
    session = args[at],
    class = args[at + 1],
    boost_ms = tonumber(args[at + 2]),
    category = tonumber(args[at + 3]),
    language = args[at + 4],
    life = tonumber(args[at + 5]), -- how often it was reopened
    fence = tonumber(args[at + 6]), -- the highest fence that inquiries knows
    preferred = args[at + 7],
  }
  return o, routing.undeclared(work, { o.class })
end

-- arrive: session, class, boost_ms, category, language, life, fence, preferred agent. Nothing happens if this life of
-- the session is known already, live or closed.
redis.register_function('gateway_arrive_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o, stale = opening(work, args, at)
  if stale then
    return stale
  end
  local s = routing.session(work, o.session)
  if s and (s.live or s.life >= o.life) then
    return routing.unchanged(work)
  end
  o.reopened = s and s.version > 0
  return open(work, s or routing.new_session(o.session), o)
end)

-- reopen: as arrive, for a session that was closed. Life 0: the caller does not count lives; whatever is closed opens.
redis.register_function('gateway_reopen_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o, stale = opening(work, args, at)
  if stale then
    return stale
  end
  local s = routing.session(work, o.session)
  if s and (s.live or (o.life > 0 and s.life >= o.life)) then
    return routing.unchanged(work)
  end
  if o.life == 0 then
    o.life = (s and s.life or 0) + 1
  end
  o.reopened = true
  return open(work, s or routing.new_session(o.session), o)
end)

local function no_such_session()
  return err('NOT_FOUND', 'NO_SUCH_SESSION', 'There is no such session; it may have been closed long ago.')
end

local function no_such_agent()
  return err('NOT_FOUND', 'NO_SUCH_AGENT', 'There is no such agent in this shop.')
end

local function session_closed()
  return err('FAILED_PRECONDITION', 'SESSION_CLOSED', 'The session is closed; reopen it first.')
end

-- Transfer and take-over may exceed the capacity, but not this.
local function below_ceiling(a, weight)
  return a.used + weight <= 2 * a.capacity
end

local function agent_full(a)
  return err('FAILED_PRECONDITION', 'AGENT_FULL', 'The agent has twice its capacity already; choose another one.',
    'agent', a.id, 'used', num(a.used), 'capacity', num(a.capacity))
end

-- The slot that a former owner got back: it takes the next session, then its availability is written.
local function reuse(work, a)
  routing.drain(work, a)
  routing.refresh(work, a)
end

-- transfer: session, from, fence, to ('' for the queue), exclusion_ms.
redis.register_function('gateway_transfer_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local from_id, fence, to_id = args[at + 1], tonumber(args[at + 2]), args[at + 3]
  local exclusion_ms = tonumber(args[at + 4])
  local s = routing.session(work, args[at])
  if not s then
    return no_such_session()
  elseif not s.live then
    return session_closed()
  elseif s.fence == fence + 1 and s.cause == 'transferred' and s.last_agent == from_id
    and (to_id == '' or s.agent == to_id) then
    return routing.unchanged(work) -- the same call again
  elseif s.fence ~= fence then
    return err('ABORTED', 'STALE_FENCE', 'The session changed hands; read it again.', 'fence', num(s.fence))
  elseif s.state ~= routing.ACTIVE or s.agent ~= from_id then
    return err('FAILED_PRECONDITION', 'NOT_OWNER', 'Only the owner of a session can transfer it.')
  elseif to_id == from_id then
    return routing.unchanged(work)
  end
  local from = routing.agent(work, from_id)
  local to = to_id ~= '' and routing.agent(work, to_id)
  if to_id ~= '' and not to then
    return no_such_agent()
  elseif to and (to.disabled == 1 or to.readiness ~= routing.READY
    or (to.presence ~= routing.ONLINE and to.presence ~= routing.BUSY)) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'The agent is not online or busy now; choose another one.',
      'agent', to.id)
  elseif to and not below_ceiling(to, s.weight) then
    return agent_full(to)
  end
  local stale = routing.undeclared(work, { s.class }, from.classes)
  if stale then
    return stale
  end

  routing.release(work, s, from)
  routing.refresh(work, from)
  s.moved = true
  if to then
    routing.assign(work, s, to, 'transferred')
    if routing.contains(to.classes, s.class) then
      routing.refresh_class(work, to, work.classes[s.class])
    end
  else
    s.excluded[#s.excluded + 1] = from_id
    s.excluded[#s.excluded + 1] = work.now + exclusion_ms
    routing.place(work, s, 'transferred')
  end
  reuse(work, from)
  return routing.commit(work)
end)

-- take_over: session, by.
redis.register_function('gateway_take_over_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s = routing.session(work, args[at])
  local by = routing.agent(work, args[at + 1])
  if not s then
    return no_such_session()
  elseif not by then
    return no_such_agent()
  elseif not s.live then
    return session_closed()
  elseif s.agent == by.id then
    return routing.unchanged(work)
  elseif by.disabled == 1 or by.readiness == routing.ABSENT then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'Open the stream of the agent that takes over first.',
      'agent', by.id)
  elseif not below_ceiling(by, s.weight) then
    return agent_full(by)
  end
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class }, owner and owner.classes or {})
  if stale then
    return stale
  end

  if owner then
    routing.release(work, s, owner)
  end
  routing.assign(work, s, by, 'taken_over')
  if routing.contains(by.classes, s.class) then
    routing.refresh_class(work, by, work.classes[s.class])
  end
  if owner then
    reuse(work, owner)
  end
  return routing.commit(work)
end)

-- complete: session, life ('' if the caller does not count lives). A session that never arrived leaves a tombstone too.
redis.register_function('gateway_complete_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local id, life = args[at], tonumber(args[at + 1])
  local s = routing.session(work, id)
  if s and ((not s.live and s.life >= (life or 0)) or (life and s.life > life)) then
    return routing.unchanged(work)
  elseif not s or not s.live then
    s = s or routing.new_session(id)
    s.life = life or 0
    redis.call('HSET', work.keys.S, id, routing.pack_session(s))
    redis.call('ZADD', work.keys.done, num(work.now), id)
    return routing.commit(work)
  end
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class }, owner and owner.classes or {})
  if stale then
    return stale
  end

  routing.leave_queue(work, s)
  if owner then
    routing.release(work, s, owner)
  end
  s.state = routing.CLOSED
  s.life = life or s.life
  s.excluded = {}
  routing.touch_session(work, s, 'closed')
  redis.call('ZADD', work.keys.done, num(work.now), id)
  work.closed = work.closed + 1
  if owner then
    reuse(work, owner)
  end
  return routing.commit(work)
end)
