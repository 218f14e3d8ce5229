-- How a session's life begins and ends: arrive, reopen, complete, finish.

function routing.no_such_session()
  return err('NOT_FOUND', 'NO_SUCH_SESSION', 'There is no such session; it may have been closed long ago.')
end

function routing.no_such_agent()
  return err('NOT_FOUND', 'NO_SUCH_AGENT', 'There is no such agent in this shop.')
end

function routing.session_closed()
  return err('FAILED_PRECONDITION', 'SESSION_CLOSED', 'The session is closed; reopen it first.')
end

function routing.agent_full(a)
  return err('FAILED_PRECONDITION', 'AGENT_FULL', 'The agent has twice its capacity already; choose another one.',
    'agent', a.id, 'used', num(a.used), 'capacity', num(a.capacity))
end

-- Is at its desk, so that somebody may give it a session by hand.
function routing.takes_by_hand(a)
  return a.disabled == 0 and a.readiness == routing.READY
    and (a.presence == routing.ONLINE or a.presence == routing.BUSY)
end

-- What the session weighs while it is served.
function routing.full_weight(work, s)
  return s.held == 1 and routing.spec(work, s.class).weight or s.weight
end

-- The slot that a former owner got back: it takes the next session, then its availability is written.
function routing.reuse(work, a)
  routing.drain(work, a)
  routing.refresh(work, a)
end

-- The error of a group that lets nobody in any more, or nil.
function routing.queue_full(work, class)
  local cap = routing.spec(work, class).queue_cap
  local group = routing.group_of(class)
  if cap > 0 and routing.count(work, 'waiting:' .. group) >= cap then
    return err('RESOURCE_EXHAUSTED', 'QUEUE_FULL', 'So many wait already that nobody is let in; offer to leave a message.',
      'group', group, 'waiting', num(cap))
  end
end

-- Ends the life of a session, whatever its state; `reuse` its owner afterwards.
function routing.close(work, s, cause)
  routing.leave_queue(work, s)
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  if owner then
    routing.release(work, s, owner)
  end
  s.state = routing.CLOSED
  s.excluded = {}
  s.since_ms, s.firm_ms, s.gone_ms, s.sticky_ms = 0, 0, 0, 0
  routing.touch_session(work, s, cause)
  redis.call('ZADD', work.keys.done, num(work.now), s.id)
  if cause == 'abandoned' or cause == 'gave_up' then
    work.abandoned = work.abandoned + 1
    routing.add(work, 'd:' .. cause .. ':' .. routing.group_of(s.home), 1)
  else
    work.closed = work.closed + 1
  end
  return owner
end

-- What begins anew with each life.
local function begin_life(work, s, o)
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
  s.home = o.class
  s.weight = routing.spec(work, o.class).weight
  s.boost_ms = o.boost_ms
  s.category = o.category
  s.language = o.language
  s.enqueue_ms = work.now
  s.group_ms = work.now
  s.assign_ms = 0
  s.why = ''
  s.score = routing.wait_score(work, work.now, o.boost_ms, work.arrivals % 1024)
  work.arrivals = work.arrivals + 1
end

local function opening(work, args, at)
  return {
    session = args[at],
    class = routing.successor(work, args[at + 1]),
    boost_ms = tonumber(args[at + 2]),
    category = tonumber(args[at + 3]),
    language = args[at + 4],
    life = tonumber(args[at + 5]), -- how often it was reopened
    fence = tonumber(args[at + 6]), -- the highest fence that inquiries knows
    preferred = args[at + 7],
  }
end

-- Begins a life of the session, that of a closed or unknown one: from inquiries' opening, or from its reopening.
local function open(work, s, o)
  local spec = routing.spec(work, o.class)
  local preferred = o.preferred ~= '' and routing.agent(work, o.preferred)
  if preferred and not routing.eligible(preferred) then
    preferred = false
  end
  local at_once = preferred and routing.has_room(preferred, spec.weight)
  local full = not at_once and routing.queue_full(work, o.class)
  if full then
    return full
  end
  local personal = '@' .. o.preferred
  local sticky = preferred and not at_once and spec.sticky_ms > 0 and spec.strategy ~= routing.MANUAL_CLAIM
    and routing.count(work, 'w:' .. personal) < routing.MAX_PERSONAL
  local stale = routing.undeclared(work, routing.chain(work, o.class), sticky and { personal } or {})
  if stale then
    return stale
  end

  begin_life(work, s, o)
  if s.raw then
    redis.call('ZREM', work.keys.done, s.id)
  end
  local cause = o.reopened and 'reopened' or 'arrived'
  if at_once then
    routing.assign(work, s, preferred, { cause = cause, how = 'last', direct = true })
    if routing.contains(preferred.classes, s.class) then
      routing.refresh_class(work, preferred, work.classes[s.class])
    end
  else
    routing.place(work, s, cause, sticky and preferred)
  end
  return routing.commit(work)
end

-- The buyer wrote again while its agent still wrote notes: the same agent goes on, if it is there.
local function resume(work, s, o)
  local a = routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class, o.class }, routing.chain(work, o.class), routing.classes_of(work, a))
  if stale then
    return stale
  end
  local weight = routing.spec(work, o.class).weight
  if not routing.takes_by_hand(a) or not routing.below_ceiling(a, weight - s.weight) then
    local full = routing.queue_full(work, o.class)
    if full then
      return full
    end
    o.preferred = ''
    routing.reuse(work, routing.close(work, s, 'wrapped'))
    return open(work, s, o)
  end
  a.used = a.used + weight - s.weight
  routing.touch_agent(work, a)
  work.closed = work.closed + 1
  begin_life(work, s, o)
  routing.begin_service(work, s)
  routing.touch_session(work, s, 'resumed')
  routing.refresh(work, a)
  return routing.commit(work)
end

-- arrive: session, class, boost_ms, category, language, life, fence, preferred agent. Nothing happens if this life of
-- the session is known already, live or closed.
redis.register_function('gateway_arrive_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o = opening(work, args, at)
  local s = routing.session(work, o.session)
  if s and (s.life >= o.life or (s.live and s.state ~= routing.WRAP)) then
    return routing.unchanged(work)
  end
  o.reopened = s and s.version > 0
  if s and s.state == routing.WRAP then
    return resume(work, s, o)
  end
  return open(work, s or routing.new_session(o.session), o)
end)

-- reopen: as arrive, for a session that was closed. Life 0: the caller does not count lives; whatever is closed opens.
redis.register_function('gateway_reopen_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o = opening(work, args, at)
  local s = routing.session(work, o.session)
  if s and ((s.live and s.state ~= routing.WRAP) or (o.life > 0 and s.life >= o.life)) then
    return routing.unchanged(work)
  end
  if o.life == 0 then
    o.life = (s and s.life or 0) + 1
  end
  o.reopened = true
  if s and s.state == routing.WRAP then
    return resume(work, s, o)
  end
  return open(work, s or routing.new_session(o.session), o)
end)

-- The owner writes notes for a while; the slot it keeps weighs what its group says.
local function wrap_up(work, s, owner, spec)
  owner.used = owner.used + spec.wrap_weight - s.weight
  routing.touch_agent(work, owner)
  s.weight = spec.wrap_weight
  s.state = routing.WRAP
  s.held = 0
  s.until_ms = work.now + spec.wrap_ms
  routing.touch_session(work, s, 'closed')
end

-- complete: session, life ('' if the caller does not count lives). A session that never arrived leaves a tombstone too.
redis.register_function('gateway_complete_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local id, life = args[at], tonumber(args[at + 1])
  local s = routing.session(work, id)
  local over = s and (not s.live or s.state == routing.WRAP)
  if s and ((over and s.life >= (life or 0)) or (life and s.life > life)) then
    return routing.unchanged(work)
  elseif not s or not s.live then
    s = s or routing.new_session(id)
    s.life = life or 0
    redis.call('HSET', work.keys.S, id, routing.pack_session(s))
    redis.call('ZADD', work.keys.done, num(work.now), id)
    return routing.commit(work)
  end
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class }, owner and routing.classes_of(work, owner) or {})
  if stale then
    return stale
  end

  local spec = routing.spec(work, s.class)
  s.life = life or s.life
  if s.state == routing.ACTIVE and spec.wrap_ms > 0 and routing.takes_by_hand(owner) then
    wrap_up(work, s, owner, spec)
  else
    routing.close(work, s, 'closed')
  end
  if owner then
    routing.reuse(work, owner)
  end
  return routing.commit(work)
end)

-- finish: session, agent. The end of the wrap-up, before its time.
redis.register_function('gateway_finish_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s = routing.session(work, args[at])
  if not s then
    return routing.no_such_session()
  elseif not s.live then
    return routing.unchanged(work)
  elseif s.state ~= routing.WRAP or s.agent ~= args[at + 1] then
    return err('FAILED_PRECONDITION', 'NOT_OWNER', 'Only the agent who wraps a session up can finish it.')
  end
  local owner = routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  routing.close(work, s, 'wrapped')
  routing.reuse(work, owner)
  return routing.commit(work)
end)
