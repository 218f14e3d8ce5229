-- What time does: leases and timers that are due; and going on with what a call left over.

-- Sends the first sessions of a class on, as far as their class is another one now: it is no more, or nobody who serves
-- it is online but somebody for a later step. True if there may be more of them.
local function move_on(work, class, limit)
  local moved = 0
  for _, id in ipairs(redis.call('ZRANGE', class.w, 0, limit - 1)) do
    local s = routing.session(work, id)
    if s and s.queued then
      local before = s.class
      routing.leave_queue(work, s)
      routing.settle(work, s)
      routing.enqueue(work, s)
      routing.stir_session(work, s)
      if s.class ~= before then
        moved = moved + 1
      end
    end
  end
  return moved == limit
end

-- Whether the sessions of a class have to go elsewhere at once.
local function forsaken(work, class)
  if routing.count(work, class.waiting) == 0 or string.sub(class.name, 1, 1) == '@' then
    return false
  elseif routing.successor(work, class.name) ~= class.name then
    return true
  elseif class.spec.next == '' or routing.count(work, class.name) > 0 then
    return false
  end
  for _, name in ipairs(routing.chain(work, class.name)) do
    if routing.count(work, name) > 0 then
      return true
    end
  end
  return false
end

local function starts_with(text, prefix)
  return string.sub(text, 1, #prefix) == prefix and string.sub(text, #prefix + 1)
end

-- Goes on with an agent that left, lost its offers, or has room.
local function match_agent(work, target)
  local leaving, losing = starts_with(target, routing.LEAVE), starts_with(target, routing.RECALL)
  local a = routing.agent(work, leaving or losing or target)
  if not a or (leaving and a.presence ~= routing.OFFLINE) or (losing and routing.eligible(a)) then
    return routing.unchanged(work)
  end
  local stale = routing.undeclared(work, routing.classes_of(work, a),
    (leaving or losing) and routing.held_classes(work, a, losing) or {})
  if stale then
    return stale
  end
  if losing then
    routing.recall_offers(work, a, routing.MAX_MATCHES)
  elseif not leaving then
    routing.drain(work, a)
  elseif not routing.give_back(work, a, routing.MAX_MATCHES, { cause = 'given_back' }) then
    routing.ask_again(work, target)
  elseif a.readiness == routing.ABSENT then
    redis.call('ZREM', work.keys.hb, routing.lease_of(a))
  end
  routing.refresh(work, a)
  return routing.commit(work)
end

-- match: target. Goes on with what a call left over: a class, an agent that has room, or one of the targets that
-- 20_work.lua names.
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
  local retired = starts_with(target, routing.RETIRE)
  if not retired then
    return match_agent(work, target)
  end
  local stale = routing.undeclared(work, { retired }, routing.chain(work, retired))
  if stale then
    return stale
  end
  local class = work.classes[retired]
  if forsaken(work, class) and move_on(work, class, routing.MAX_MATCHES) then
    routing.ask_again(work, target)
  end
  for _, name in ipairs(routing.chain(work, retired)) do
    routing.serve(work, work.classes[name])
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
    local held = #a.held
    routing.recall_offers(work, a, left)
    return left - 1 - (held - #a.held)
  end
  if a.readiness == routing.SUSPECT then
    routing.change_agent(work, a, function()
      a.presence, a.readiness = routing.OFFLINE, routing.ABSENT
    end)
    left = left - 1
  end
  local held = #a.held
  if routing.give_back(work, a, left, { cause = 'orphaned', boost_ms = o.boost_ms }) then
    redis.call('ZREM', work.keys.hb, member)
  end
  return left - (held - #a.held)
end

-- Nobody answered the offer.
local function expire(work, s, o)
  local a = routing.agent(work, s.agent)
  a.missed = a.missed + 1
  routing.add(work, routing.names_of(s.home).missed, 1)
  local pauses = a.readiness == routing.READY and a.missed >= routing.spec(work, s.class).missed_limit
  if pauses then
    routing.change_agent(work, a, function()
      a.readiness = routing.MISSED
    end)
  end
  routing.return_offer(work, s, a, 'expired', o.exclusion_ms, o.firm_ms)
  routing.reuse(work, a)
  for _, id in ipairs(pauses and a.held or {}) do
    if routing.session(work, id).state == routing.OFFERED then
      routing.ask_again(work, routing.RECALL .. a.id)
      break
    end
  end
end

-- Who waits and has come to a point in time: gives up, is abandoned, or moves on.
local function look_again(work, s)
  local limit = routing.spec(work, s.home).waiting_limit_ms
  if limit > 0 and work.now >= s.since_ms + limit then
    routing.close(work, s, 'gave_up')
  elseif s.gone_ms > 0 and work.now >= s.gone_ms then
    routing.close(work, s, 'abandoned')
  elseif s.gone_ms == 0 then
    routing.leave_queue(work, s)
    if s.sticky_ms > 0 and work.now >= s.sticky_ms then
      s.class, s.sticky_ms = s.home, 0
    end
    if s.sticky_ms == 0 then
      routing.settle(work, s)
    end
    routing.enqueue(work, s)
  end
  routing.stir_session(work, s)
end

local function timer_classes(work, s)
  local classes = { s.class, unpack(routing.places_of(work, s)) }
  if s.agent ~= '' then
    for _, name in ipairs(routing.classes_of(work, routing.agent(work, s.agent))) do
      classes[#classes + 1] = name
    end
  end
  return classes
end

local function ring(work, s, o)
  s.due_ms = 0 -- it was taken out of the set
  if s.state == routing.OFFERED and s.until_ms <= work.now then
    expire(work, s, o)
  elseif s.state == routing.WRAP and s.until_ms <= work.now then
    routing.reuse(work, routing.close(work, s, 'wrapped'))
  elseif s.state == routing.WAITING then
    look_again(work, s)
  else
    routing.stir_session(work, s)
  end
end

local function sweep(keys, args, version)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local o = { grace_ms = tonumber(args[at]), boost_ms = tonumber(args[at + 1]),
    exclusion_ms = tonumber(version == 2 and args[at + 3] or 60000),
    firm_ms = tonumber(version == 2 and args[at + 4] or 5000) }
  local limit = tonumber(args[at + 2])
  local hb, tm, now = work.keys.hb, work.keys.tm, num(work.now)

  local leases = redis.call('ZRANGEBYSCORE', hb, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
  local timers = redis.call('ZRANGEBYSCORE', tm, '-inf', now, 'LIMIT', 0, limit)
  local lapsed, classes = {}, {}
  for i = 1, #leases, 2 do
    local id = string.match(leases[i], '^(.*)#')
    local a = routing.agent(work, id)
    if a and routing.lease_of(a) == leases[i] then
      lapsed[leases[i]] = a
      classes[#classes + 1] = routing.classes_of(work, a)
      classes[#classes + 1] = routing.held_classes(work, a)
    end
  end
  for _, id in ipairs(timers) do
    local s = routing.session(work, id)
    classes[#classes + 1] = s and s.live and timer_classes(work, s) or {}
  end
  local names, wanting = routing.class_names(work), {}
  local waiting = {}
  for i, name in ipairs(names) do
    waiting[i] = routing.names_of(name).in_set
  end
  routing.load_counts(work, waiting)
  for _, name in ipairs(names) do
    if forsaken(work, work.classes[name]) then
      wanting[#wanting + 1] = name
      classes[#classes + 1] = routing.chain(work, name)
    end
  end
  for _, name in ipairs(work.plan and work.plan.retired or {}) do
    if not work.classes[name] and routing.count(work, 'w:' .. name) > 0 then
      classes[#classes + 1] = { name } -- with it declared, the next call sends on who waits there
    end
  end
  local stale = routing.undeclared(work, unpack(classes))
  if stale then
    return stale
  end

  if not work.counted then
    routing.recount(work, true)
    redis.call('HSET', work.keys.meta, 'routing_counted', 1)
  end
  if version == 2 and args[at + 5] ~= '' and tonumber(args[at + 5]) ~= work.day_offset_ms then
    redis.call('HSET', work.keys.meta, 'day_offset_ms', args[at + 5])
  end
  redis.call('DEL', work.keys.live) -- what a release before had
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
    local s = routing.session(work, id)
    if s then
      ring(work, s, o)
    end
  end
  for _, name in ipairs(wanting) do
    if move_on(work, work.classes[name], routing.MAX_MATCHES) then
      routing.ask_again(work, routing.RETIRE .. name)
    end
  end
  for i, name in ipairs(names) do
    if routing.count(work, waiting[i]) > 0 then
      routing.serve(work, work.classes[name])
    end
  end

  local function answer()
    local next_lease, next_timer = first_due(hb), first_due(tm)
    local next_due = math.min(next_lease or math.huge, next_timer or math.huge)
    local more = (next_due <= work.now or #work.again > 0) and 1 or 0
    return more, next_due == math.huge and 0 or next_due
  end
  if #leases == 0 and #timers == 0 and #work.changed_sessions == 0 and not work.stirred then
    return routing.unchanged(work, answer())
  end
  -- Timers are written when the work is, and only then is it known what is due next.
  local reply = routing.commit(work)
  reply[7], reply[8] = answer()
  return reply
end

-- sweep: grace_ms, orphan boost_ms, limit. Leases and timers that are due, then classes that were left with work.
-- Answers, after the usual, whether more is due now (1), and when the next thing is due (0: nothing is).
redis.register_function('gateway_sweep_v1', function(keys, args)
  return sweep(keys, args, 1)
end)

-- sweep: grace_ms, orphan boost_ms, limit, exclusion_ms, firm_ms, by how much the shop's clock is ahead of UTC ('' if
-- the caller does not know). As before.
redis.register_function('gateway_sweep_v2', function(keys, args)
  return sweep(keys, args, 2)
end)
