-- What happens to agents: connect, heartbeat, presence, profile; leases that lapse.

-- A lease's member in `hb` names the connection it belongs to.
local function lease_of(a)
  return a.id .. '#' .. num(a.incarnation)
end
routing.lease_of = lease_of

-- The classes that giving back the agent's sessions (only what it was offered, or all) may touch.
local function held_classes(work, a, offers_only)
  local classes = {}
  for _, id in ipairs(a.held) do
    local s = routing.session(work, id)
    if not offers_only or s.state == routing.OFFERED then
      for _, name in ipairs(routing.places_of(work, s)) do
        classes[#classes + 1] = name
      end
    end
  end
  return classes
end
routing.held_classes = held_classes

local function first_offered(work, a)
  for _, id in ipairs(a.held) do
    local s = routing.session(work, id)
    if s.state == routing.OFFERED then
      return s
    end
  end
end

-- Gives back at most `limit` of the agent's sessions at their original age, or what it was offered only; true if none
-- is left. Who writes notes about a session is done with it.
function routing.give_back(work, a, limit, o)
  while limit > 0 do
    local s = o.offers_only and first_offered(work, a) or not o.offers_only and a.held[1]
      and routing.session(work, a.held[1])
    if not s then
      return true
    end
    limit = limit - 1
    if s.state == routing.WRAP then
      routing.close(work, s, 'wrapped')
    else
      local served = s.state == routing.ACTIVE
      routing.release(work, s, a)
      s.moved = true
      if served and s.boost_ms < (o.boost_ms or 0) then
        s.score = s.score - (o.boost_ms - s.boost_ms) * 1024
        s.boost_ms = o.boost_ms
      end
      routing.place(work, s, served and o.cause or 'recalled')
    end
  end
  if o.offers_only then
    return first_offered(work, a) == nil
  end
  return #a.held == 0
end

-- Takes back what the agent was offered, if it gets nothing now.
local function recall_offers(work, a, limit)
  if not routing.eligible(a) and not routing.give_back(work, a, limit, { offers_only = true }) then
    routing.ask_again(work, routing.RECALL .. a.id)
  end
end
routing.recall_offers = recall_offers

-- What a caller knows of an agent: agent, config_version, capacity, then one number that differs by function. Version 1
-- of it goes on with the number of classes and the classes; version 2 with the version of the plan that the classes
-- come from, their number, and name and level of each.
local function profile(args, at, version)
  local p = { id = args[at], config_version = tonumber(args[at + 1]), capacity = tonumber(args[at + 2]),
    number = tonumber(args[at + 3]), classes = {}, levels = {} }
  if version == 1 then
    for i = 1, tonumber(args[at + 4]) do
      p.classes[i] = args[at + 4 + i]
    end
    return p
  end
  p.plan_version = tonumber(args[at + 4])
  local plain = true
  for i = 1, tonumber(args[at + 5]) do
    p.classes[i] = args[at + 4 + 2 * i]
    p.levels[i] = tonumber(args[at + 5 + 2 * i])
    plain = plain and p.levels[i] == 0
  end
  if plain then
    p.levels = {}
  end
  return p
end

-- Newer than what is known: one of the two versions is newer, and none older. Who knows of no plans (version 1) leaves
-- the classes that a plan gave alone.
local function is_news(a, p)
  local plan_version = p.plan_version or a.plan_version
  return p.config_version >= a.config_version and plan_version >= a.plan_version
    and (p.config_version > a.config_version or plan_version > a.plan_version)
end

local function take_profile(a, p)
  a.config_version, a.capacity = p.config_version, p.capacity
  if p.plan_version or a.plan_version == 0 then
    a.plan_version = p.plan_version or 0
    a.classes, a.levels = p.classes, p.levels
  end
end

local function connect(keys, args, version)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local p = profile(args, at, version)
  local lease_ms = p.number
  local a = routing.agent(work, p.id) or routing.new_agent(p.id)
  local news = is_news(a, p)
  if a.disabled == 1 and not (news and p.config_version > a.config_version) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'The agent is disabled; enable it first.', 'agent', p.id)
  end
  local stale = routing.undeclared(work, routing.classes_of(work, a), news and p.classes or {})
  if stale then
    return stale
  end

  redis.call('ZREM', work.keys.hb, lease_of(a))
  routing.change_agent(work, a, function()
    a.incarnation = a.incarnation + 1
    if a.readiness ~= routing.MISSED then
      a.readiness = routing.READY
    end
    if news then
      take_profile(a, p)
      a.disabled = 0
    end
  end)
  redis.call('ZADD', work.keys.hb, num(work.now + lease_ms), lease_of(a))
  routing.drain(work, a)
  routing.refresh(work, a)
  return routing.commit(work)
end

-- connect: agent, config_version, capacity, lease_ms, number of its classes, the classes.
redis.register_function('gateway_connect_v1', function(keys, args)
  return connect(keys, args, 1)
end)

-- connect: agent, config_version, capacity, lease_ms, plan version, number of its classes, class and level of each.
redis.register_function('gateway_connect_v2', function(keys, args)
  return connect(keys, args, 2)
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

-- set_presence: agent, presence. OFFLINE gives its sessions back; ONLINE ends a missed offer's pause; who is not ONLINE
-- loses what it was offered.
redis.register_function('gateway_set_presence_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local presence = tonumber(args[at + 1])
  local a = routing.agent(work, args[at])
  if not a then
    return routing.no_such_agent()
  elseif presence ~= routing.OFFLINE and (a.disabled == 1 or a.readiness == routing.ABSENT) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'Open the stream of the agent first, then set its presence.',
      'agent', a.id)
  end
  local leaves = presence == routing.OFFLINE
  local stale = routing.undeclared(work, routing.classes_of(work, a),
    presence ~= routing.ONLINE and held_classes(work, a, not leaves) or {})
  if stale then
    return stale
  end

  local rested = presence == routing.ONLINE and a.readiness == routing.MISSED
  if a.presence ~= presence or rested then
    routing.change_agent(work, a, function()
      a.presence = presence
      if rested then
        a.readiness = routing.READY
        a.missed = 0
      end
    end)
  end
  if leaves then
    if not routing.give_back(work, a, routing.MAX_MATCHES, { cause = 'given_back' }) then
      routing.ask_again(work, routing.LEAVE .. a.id)
    end
  elseif presence ~= routing.ONLINE then
    recall_offers(work, a, routing.MAX_MATCHES)
  else
    routing.drain(work, a)
  end
  if not a.touched then
    return routing.unchanged(work)
  end
  routing.refresh(work, a)
  return routing.commit(work)
end)

local function set_profile(keys, args, version)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local p = profile(args, at, version)
  local disabled = p.number
  local a = routing.agent(work, p.id) or routing.new_agent(p.id)
  if not is_news(a, p) then
    return routing.unchanged(work)
  end
  local stale = routing.undeclared(work, routing.classes_of(work, a), p.classes,
    disabled == 1 and held_classes(work, a) or {})
  if stale then
    return stale
  end

  if disabled == 1 then
    redis.call('ZREM', work.keys.hb, lease_of(a))
  end
  routing.change_agent(work, a, function()
    take_profile(a, p)
    a.disabled = disabled
    if disabled == 1 then
      a.presence, a.readiness = routing.OFFLINE, routing.ABSENT
    end
  end)
  if disabled == 0 then
    routing.drain(work, a)
  elseif not routing.give_back(work, a, routing.MAX_MATCHES, { cause = 'given_back' }) then
    -- The sweep goes on with it at once, whoever calls it.
    redis.call('ZADD', work.keys.hb, num(work.now), lease_of(a))
    routing.ask_again(work, routing.LEAVE .. a.id)
  end
  routing.refresh(work, a)
  return routing.commit(work)
end

-- set_profile: agent, config_version, capacity, disabled (0 or 1), number of its classes, the classes.
redis.register_function('gateway_set_profile_v1', function(keys, args)
  return set_profile(keys, args, 1)
end)

-- set_profile: agent, config_version, capacity, disabled (0 or 1), plan version, number of its classes, class and level
-- of each.
redis.register_function('gateway_set_profile_v2', function(keys, args)
  return set_profile(keys, args, 2)
end)
