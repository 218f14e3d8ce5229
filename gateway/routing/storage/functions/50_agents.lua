-- What happens to agents: connect, heartbeat, presence, profile; leases that lapse.

-- Names, in what a call asks to go on with, an agent whose sessions have to go.
local LEAVE = 'leave:'

-- A lease's member in `hb` names the connection it belongs to.
local function lease_of(a)
  return a.id .. '#' .. num(a.incarnation)
end

local function class_list(args, at)
  local classes = {}
  for i = 1, tonumber(args[at]) do
    classes[i] = args[at + i]
  end
  return classes
end

-- The classes of the sessions that the agent holds.
local function held_classes(work, a)
  local classes = {}
  for i, id in ipairs(a.held) do
    classes[i] = routing.session(work, id).class
  end
  return classes
end

-- Gives back at most `limit` of the agent's sessions at their original age; true if none is left.
local function give_back(work, a, limit, cause, boost_ms)
  while #a.held > 0 and limit > 0 do
    limit = limit - 1
    local s = routing.session(work, a.held[1])
    routing.release(work, s, a)
    s.moved = true
    if s.boost_ms < boost_ms then
      s.score = s.score - (boost_ms - s.boost_ms) * 1024
      s.boost_ms = boost_ms
    end
    routing.place(work, s, cause)
  end
  return #a.held == 0
end

-- connect: agent, config_version, capacity, lease_ms, number of its classes, the classes.
redis.register_function('gateway_connect_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local id, config_version, capacity = args[at], tonumber(args[at + 1]), tonumber(args[at + 2])
  local lease_ms, classes = tonumber(args[at + 3]), class_list(args, at + 4)
  local a = routing.agent(work, id) or routing.new_agent(id)
  local newer = config_version > a.config_version
  if a.disabled == 1 and not newer then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'The agent is disabled; enable it first.', 'agent', id)
  end
  local stale = routing.undeclared(work, a.classes, newer and classes or {})
  if stale then
    return stale
  end

  redis.call('ZREM', work.keys.hb, lease_of(a))
  routing.change_agent(work, a, function()
    a.incarnation = a.incarnation + 1
    if a.readiness ~= routing.MISSED then
      a.readiness = routing.READY
    end
    if newer then
      a.config_version, a.capacity, a.classes, a.disabled = config_version, capacity, classes, 0
    end
  end)
  redis.call('ZADD', work.keys.hb, num(work.now + lease_ms), lease_of(a))
  routing.drain(work, a)
  routing.refresh(work, a)
  return routing.commit(work)
end)

-- heartbeat: lease_ms, then agent and incarnation in turn. Answers, after the usual, the agents whose connection is
-- not that one any more, and those whose lease had lapsed and that are ready again.
redis.register_function('gateway_heartbeat_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local until_ms = num(work.now + tonumber(args[at]))
  local ids, gone, renewed, back, back_ids, classes = {}, {}, {}, {}, {}, {}
  for i = at + 1, #args, 2 do
    ids[#ids + 1] = args[i]
  end
  local packed = #ids > 0 and redis.call('HMGET', work.keys.A, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    local incarnation, readiness
    if packed[i] then
      incarnation, readiness = routing.unpack_connection(packed[i])
    end
    if incarnation ~= tonumber(args[at + 2 * i]) or readiness == routing.ABSENT then
      gone[#gone + 1] = id
    else
      renewed[#renewed + 1] = until_ms
      renewed[#renewed + 1] = id .. '#' .. num(incarnation)
      if readiness == routing.SUSPECT then
        back[#back + 1] = routing.agent(work, id)
        classes[#classes + 1] = back[#back].classes
      end
    end
  end
  local stale = routing.undeclared(work, unpack(classes))
  if stale then
    return stale
  end

  if #renewed > 0 then
    redis.call('ZADD', work.keys.hb, unpack(renewed))
  end
  for i, a in ipairs(back) do
    if a.readiness == routing.SUSPECT then -- named twice in one call
      routing.change_agent(work, a, function()
        a.readiness = routing.READY
      end)
      routing.refresh(work, a)
      back_ids[#back_ids + 1] = a.id
    end
  end
  return routing.commit(work, gone, back_ids)
end)

-- set_presence: agent, presence. OFFLINE gives its sessions back; ONLINE ends a missed offer's pause.
redis.register_function('gateway_set_presence_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local presence = tonumber(args[at + 1])
  local a = routing.agent(work, args[at])
  if not a then
    return err('NOT_FOUND', 'NO_SUCH_AGENT', 'There is no such agent in this shop.')
  elseif presence ~= routing.OFFLINE and (a.disabled == 1 or a.readiness == routing.ABSENT) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'Open the stream of the agent first, then set its presence.',
      'agent', a.id)
  end
  local leaves = presence == routing.OFFLINE
  local stale = routing.undeclared(work, a.classes, leaves and held_classes(work, a) or {})
  if stale then
    return stale
  end

  local rested = presence == routing.ONLINE and a.readiness == routing.MISSED
  if a.presence ~= presence or rested then
    routing.change_agent(work, a, function()
      a.presence = presence
      if rested then
        a.readiness = routing.READY
      end
    end)
  end
  if leaves then
    if not give_back(work, a, routing.MAX_MATCHES, 'given_back', 0) then
      routing.ask_again(work, LEAVE .. a.id)
    end
  else
    routing.drain(work, a)
  end
  if not a.touched then
    return routing.unchanged(work)
  end
  routing.refresh(work, a)
  return routing.commit(work)
end)

-- set_profile: agent, config_version, capacity, disabled (0 or 1), number of its classes, the classes.
redis.register_function('gateway_set_profile_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local id, config_version, capacity = args[at], tonumber(args[at + 1]), tonumber(args[at + 2])
  local disabled, classes = tonumber(args[at + 3]), class_list(args, at + 4)
  local a = routing.agent(work, id) or routing.new_agent(id)
  if config_version <= a.config_version then
    return routing.unchanged(work)
  end
  local stale = routing.undeclared(work, a.classes, classes, disabled == 1 and held_classes(work, a) or {})
  if stale then
    return stale
  end

  if disabled == 1 then
    redis.call('ZREM', work.keys.hb, lease_of(a))
  end
  routing.change_agent(work, a, function()
    a.config_version, a.capacity, a.classes, a.disabled = config_version, capacity, classes, disabled
    if disabled == 1 then
      a.presence, a.readiness = routing.OFFLINE, routing.ABSENT
    end
  end)
  if disabled == 0 then
    routing.drain(work, a)
  elseif not give_back(work, a, routing.MAX_MATCHES, 'given_back', 0) then
    -- The sweep goes on with it at once, whoever calls it.
    redis.call('ZADD', work.keys.hb, num(work.now), lease_of(a))
    routing.ask_again(work, LEAVE .. a.id)
  end
  routing.refresh(work, a)
  return routing.commit(work)
end)

-- match: target. Goes on with what a call left over: a class, an agent that has room, or ("leave:" and its id) an
-- agent that left and still holds sessions.
redis.register_function('gateway_match_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local target = args[at]
  if work.classes[target] then
    routing.serve(work, work.classes[target])
    return routing.commit(work)
  end
  local leaves = string.sub(target, 1, #LEAVE) == LEAVE
  local a = routing.agent(work, leaves and string.sub(target, #LEAVE + 1) or target)
  if not a or (leaves and a.presence ~= routing.OFFLINE) then
    return routing.unchanged(work)
  end
  local stale = routing.undeclared(work, a.classes, leaves and held_classes(work, a) or {})
  if stale then
    return stale
  end

  if not leaves then
    routing.drain(work, a)
    routing.refresh(work, a)
  elseif not give_back(work, a, routing.MAX_MATCHES, 'given_back', 0) then
    routing.ask_again(work, target)
  elseif a.readiness == routing.ABSENT then
    redis.call('ZREM', work.keys.hb, lease_of(a))
  end
  return routing.commit(work)
end)

-- The first score of a set, as a number; nil if it is empty.
local function first_due(key)
  local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2])
end

-- One lapsed lease: SUSPECT at its end, OFFLINE and without sessions when the grace is over. Gives the expiries left.
local function lapse(work, member, a, due, o, left)
  if a.readiness == routing.READY or a.readiness == routing.MISSED then
    routing.change_agent(work, a, function()
      a.readiness = routing.SUSPECT
    end)
    redis.call('ZADD', work.keys.hb, num(due + o.grace_ms), member)
    return left - 1
  end
  if a.readiness == routing.SUSPECT then
    routing.change_agent(work, a, function()
      a.presence, a.readiness = routing.OFFLINE, routing.ABSENT
    end)
    left = left - 1
  end
  local held = #a.held
  if give_back(work, a, left, 'orphaned', o.boost_ms) then
    redis.call('ZREM', work.keys.hb, member)
  end
  return left - (held - #a.held)
end

-- sweep: grace_ms, orphan boost_ms, limit. Leases and timers that are due, then classes that were left with work.
-- Answers, after the usual, whether more is due now (1), and when the next thing is due (0: nothing is).
redis.register_function('gateway_sweep_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o = { grace_ms = tonumber(args[at]), boost_ms = tonumber(args[at + 1]) }
  local limit = tonumber(args[at + 2])
  local hb, tm, now = work.keys.hb, work.keys.tm, num(work.now)

  local leases = redis.call('ZRANGEBYSCORE', hb, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
  local timers = redis.call('ZRANGEBYSCORE', tm, '-inf', now, 'LIMIT', 0, limit)
  local lapsed, classes = {}, {}
  for i = 1, #leases, 2 do
    local id = string.match(leases[i], '^(.*)#')
    local a = routing.agent(work, id)
    if a and lease_of(a) == leases[i] then
      lapsed[leases[i]] = a
      classes[#classes + 1] = a.classes
      classes[#classes + 1] = held_classes(work, a)
    end
  end
  for _, id in ipairs(timers) do
    local s = routing.session(work, id)
    classes[#classes + 1] = { s and s.queued and s.class or nil }
  end
  local stale = routing.undeclared(work, unpack(classes))
  if stale then
    return stale
  end

  local left = limit
  for i = 1, #leases, 2 do
    local a = lapsed[leases[i]]
    if not a then
      redis.call('ZREM', hb, leases[i]) -- of a connection that has been replaced
    elseif left > 0 then
      left = lapse(work, leases[i], a, tonumber(leases[i + 1]), o, left)
    end
  end
  for _, id in ipairs(timers) do
    redis.call('ZREM', tm, id)
  end
  for _, name in ipairs(work.class_names) do
    routing.serve(work, work.classes[name])
  end

  local next_lease, next_timer = first_due(hb), first_due(tm)
  local next_due = math.min(next_lease or math.huge, next_timer or math.huge)
  local more = (next_due <= work.now or #work.again > 0) and 1 or 0
  if next_due == math.huge then
    next_due = 0
  end
  if #leases == 0 and #timers == 0 and #work.changed_sessions == 0 then
    return routing.unchanged(work, more, next_due)
  end
  return routing.commit(work, more, next_due)
end)
