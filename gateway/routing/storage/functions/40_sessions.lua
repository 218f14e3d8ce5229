-- How a session's life begins and ends: arrive, reopen, complete, finish.

-- What begins anew with each life.
local function begin_life(work, s, o)
  -- A session that had owners before, of which nothing is left here, goes on above all its former versions.
  if s.version == 0 and (o.reopened or o.kept or o.life > 0 or o.fence > 0) then
    s.version = work.now
  end
  if s.fence < o.fence then
    s.fence = o.fence
  end
  s.moved = o.reopened or o.fence > 0
  s.life = o.life
  s.class = o.class
  s.home = o.class
  s.full_weight = o.weight
  s.weight = routing.own_weight(work, s, o.class)
  s.boost_ms = o.boost_ms
  s.category = o.category
  s.language = o.language
  s.enqueue_ms = work.now
  s.group_ms = work.now
  s.assign_ms = 0
  s.why = ''
  s.score = routing.wait_score(routing.next_place(work), o.boost_ms)
  work.arrivals = work.arrivals + 1
end

local function opening(work, args, at)
  local class = routing.successor(work, args[at + 1])
  return {
    session = args[at],
    class = class,
    boost_ms = tonumber(args[at + 2]),
    category = tonumber(args[at + 3]),
    language = args[at + 4],
    life = tonumber(args[at + 5]), -- how often it was reopened
    fence = tonumber(args[at + 6]), -- the highest fence that inquiries knows
    preferred = args[at + 7],
    -- By the channel it came in by, and by who it is; older callers do not say.
    weight = tonumber(args[at + 8] or 0),
    sticky_ms = tonumber(args[at + 9]) or routing.spec(work, class).sticky_ms,
  }
end

-- Begins a life of the session, that of a closed or unknown one: from inquiries' opening, or from its reopening.
local function open(work, s, o)
  local spec = routing.spec(work, o.class)
  local preferred = o.preferred ~= '' and routing.agent(work, o.preferred)
  if preferred and not routing.eligible(preferred) then
    preferred = false
  end
  local at_once = preferred and routing.has_room(preferred, o.weight > 0 and o.weight or spec.weight)
  local full = not at_once and not o.kept and routing.queue_full(work, o.class)
  if full then
    return full
  end
  local personal = '@' .. o.preferred
  local sticky = preferred and not at_once and o.sticky_ms > 0 and spec.strategy ~= routing.MANUAL_CLAIM
    and routing.count(work, 'w:' .. personal) < routing.MAX_PERSONAL
  local stale = routing.undeclared(work, routing.chain(work, o.class), sticky and { personal } or {})
  if stale then
    return stale
  end

  begin_life(work, s, o)
  if s.known then
    redis.call('ZREM', work.keys.done, s.id)
  end
  local cause = o.reopened and 'reopened' or 'arrived'
  if at_once then
    routing.assign(work, s, preferred, { cause = cause, how = 'last', direct = true })
    if routing.contains(preferred.classes, s.class) then
      routing.refresh_class(work, preferred, work.classes[s.class])
    end
  else
    routing.place(work, s, cause, sticky and preferred, o.sticky_ms)
  end
  return routing.commit(work)
end

-- The buyer wrote again while its agent still wrote notes: the same agent goes on, if it is there.
local function resume(work, s, o)
  local a = routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class, o.class }, routing.chain(work, o.class),
    routing.classes_of(work, a))
  if stale then
    return stale
  end
  local weight = o.weight > 0 and o.weight or routing.spec(work, o.class).weight
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

-- Left the queue without having been served; inquiries goes on with it, or will close it.
local LEFT = { parked = true, gave_up = true, abandoned = true }

local function arrive(keys, args, kept)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o = opening(work, args, at)
  o.kept = kept
  local s = routing.session(work, o.session)
  local back = kept and s and not s.live and s.life == o.life and LEFT[s.cause]
  if s and not back and (s.life >= o.life or (s.live and s.state ~= routing.WRAP)) then
    return routing.unchanged(work)
  end
  o.reopened = s and s.version > 0
  if s and s.state == routing.WRAP then
    return resume(work, s, o)
  end
  return open(work, s or routing.new_session(o.session), o)
end

-- arrive: session, class, boost_ms, category, language, life, fence, preferred agent, weight (0: what the class says),
-- how long it waits for the preferred agent ('': what the class says). Nothing happens if this life of the session is
-- known already, live or closed.
redis.register_function('gateway_arrive_v1', function(keys, args)
  return arrive(keys, args, false)
end)

-- arrive_kept: as arrive, for a session that was kept for later: whatever waits, it is let in, and this life of it goes
-- on if it had left the queue.
redis.register_function('gateway_arrive_kept_v1', function(keys, args)
  return arrive(keys, args, true)
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
  routing.reweigh(work, s, owner, spec.wrap_weight)
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
    -- It had left the queue, and does not come back any more.
    if s.life == life and LEFT[s.cause] then
      routing.touch_session(work, s, 'closed')
      return routing.commit(work)
    end
    return routing.unchanged(work)
  elseif not s or not s.live then
    s = s or routing.new_session(id)
    s.life = life or 0
    redis.call('HSET', work.keys.S, id, routing.pack_session(s))
    redis.call('ZADD', work.keys.done, num(work.now), id)
    return routing.commit(work)
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of_any(work, owner))
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
routing.on_session('gateway_finish_v1', {}, function(work, s, args, at)
  if not s.live then
    return routing.unchanged(work)
  elseif s.state ~= routing.WRAP or s.agent ~= args[at + 1] then
    return routing.not_owner('Only the agent who wraps a session up can finish it.')
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  routing.close(work, s, 'wrapped')
  routing.reuse(work, owner)
  return routing.commit(work)
end)
