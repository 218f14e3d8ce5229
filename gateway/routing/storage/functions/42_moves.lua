-- What people do with sessions: transfer, requeue, take over, claim, hold.

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
    return routing.no_such_session()
  elseif not s.live or s.state == routing.WRAP then
    return routing.session_closed()
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
    return routing.no_such_agent()
  elseif to and not routing.takes_by_hand(to) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'The agent is not online or busy now; choose another one.',
      'agent', to.id)
  elseif to and not routing.below_ceiling(to, routing.full_weight(work, s)) then
    return routing.agent_full(to)
  end
  local stale = routing.undeclared(work, routing.places_of(work, s), routing.classes_of(work, from), { s.class })
  if stale then
    return stale
  end

  routing.release(work, s, from)
  routing.refresh(work, from)
  s.moved = true
  if to then
    routing.assign(work, s, to, { cause = 'transferred', how = 'hand', direct = true })
    if routing.contains(to.classes, s.class) then
      routing.refresh_class(work, to, work.classes[s.class])
    end
  else
    routing.exclude(work, s, from_id, exclusion_ms, 0)
    routing.place(work, s, 'transferred')
  end
  routing.reuse(work, from)
  return routing.commit(work)
end)

-- What speaks against moving the session to the queue of a class, or nil. With `from_id` its owner does it and names
-- the fence; else somebody above it, who need not.
local function requeue_refused(work, s, from_id, fence, class)
  if s.state == routing.CLOSED or s.state == routing.WRAP then
    return routing.session_closed()
  elseif from_id == '' and not fence and s.cause == 'requeued' and s.home == class then
    return routing.unchanged(work) -- the same call again
  elseif fence and s.fence == fence + 1 and s.home == class
    and (s.cause == 'transferred' or s.cause == 'requeued') and (from_id == '' or s.last_agent == from_id) then
    return routing.unchanged(work)
  elseif fence and s.fence ~= fence then
    return err('ABORTED', 'STALE_FENCE', 'The session changed hands; read it again.', 'fence', num(s.fence))
  elseif from_id ~= '' and (s.state ~= routing.ACTIVE or s.agent ~= from_id) then
    return err('FAILED_PRECONDITION', 'NOT_OWNER', 'Only the owner of a session can transfer it.')
  elseif s.home ~= class then
    return routing.queue_full(work, class)
  end
end

-- requeue: session, owner ('' for a supervisor), fence ('' for whatever it is), class ('' for that of its group),
-- exclusion_ms. To the queue of a group, at its original age; relaxation begins anew in another group.
redis.register_function('gateway_requeue_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local from_id, fence = args[at + 1], tonumber(args[at + 2])
  local s = routing.session(work, args[at])
  if not s then
    return routing.no_such_session()
  end
  local class = routing.successor(work, args[at + 3] == '' and s.home or args[at + 3])
  local refused = requeue_refused(work, s, from_id, fence, class)
  if refused then
    return refused
  end
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  local stale = routing.undeclared(work, routing.places_of(work, s), routing.chain(work, class), { s.class },
    owner and routing.classes_of(work, owner) or {})
  if stale then
    return stale
  end

  routing.leave_queue(work, s)
  if owner then
    s.moved = true
    routing.release(work, s, owner)
    routing.exclude(work, s, owner.id, tonumber(args[at + 4]), 0)
    routing.refresh(work, owner)
  end
  if s.home ~= class then
    s.group_ms = work.now
    s.weight = routing.spec(work, class).weight
    s.home = class
    s.class = class
  elseif string.sub(s.class, 1, 1) == '@' then
    s.class = class
  end
  s.sticky_ms = 0
  routing.place(work, s, from_id == '' and 'requeued' or 'transferred')
  if owner then
    routing.reuse(work, owner)
  end
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
    return routing.no_such_session()
  elseif not by then
    return routing.no_such_agent()
  elseif not s.live or s.state == routing.WRAP then
    return routing.session_closed()
  elseif s.agent == by.id and s.state == routing.ACTIVE then
    return routing.unchanged(work)
  elseif by.disabled == 1 or by.readiness == routing.ABSENT then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'Open the stream of the agent that takes over first.',
      'agent', by.id)
  elseif s.agent ~= by.id and not routing.below_ceiling(by, routing.full_weight(work, s)) then
    return routing.agent_full(by)
  end
  local owner = s.agent ~= '' and routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class, s.home }, owner and routing.classes_of(work, owner) or {})
  if stale then
    return stale
  end

  if owner and owner.id == by.id then -- what it was offered
    routing.begin_service(work, s)
    routing.touch_session(work, s, 'taken_over')
    return routing.commit(work)
  end
  if owner then
    routing.release(work, s, owner)
  end
  routing.assign(work, s, by, { cause = 'taken_over', how = 'hand', direct = true })
  if routing.contains(by.classes, s.class) then
    routing.refresh_class(work, by, work.classes[s.class])
  end
  if owner then
    routing.reuse(work, owner)
  end
  return routing.commit(work)
end)

-- claim: session, agent. From the queue of a group whose agents take what they want.
redis.register_function('gateway_claim_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s, a = routing.session(work, args[at]), routing.agent(work, args[at + 1])
  if not s then
    return routing.no_such_session()
  elseif not a then
    return routing.no_such_agent()
  elseif not s.live or s.state == routing.WRAP then
    return routing.session_closed()
  elseif s.state == routing.ACTIVE and s.agent == a.id then
    return routing.unchanged(work)
  elseif s.state ~= routing.WAITING then
    return err('ABORTED', 'ALREADY_TAKEN', 'Another agent was quicker; take another session.', 'agent', s.agent)
  elseif routing.spec(work, s.class).strategy ~= routing.MANUAL_CLAIM then
    return err('FAILED_PRECONDITION', 'NOT_CLAIMABLE', 'The sessions of this group are given out, not claimed.')
  elseif not routing.takes_by_hand(a) then
    return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', 'Go online or busy first, then claim sessions.', 'agent', a.id)
  elseif not routing.contains(a.classes, s.class) then
    return err('FAILED_PRECONDITION', 'NOT_IN_GROUP', 'The agent does not serve the group of this session.')
  elseif not routing.below_ceiling(a, s.weight) then
    return routing.agent_full(a)
  end
  local stale = routing.undeclared(work, { s.class })
  if stale then
    return stale
  end
  routing.assign(work, s, a, { cause = 'claimed', how = 'hand', direct = true })
  return routing.commit(work)
end)

-- hold: session, agent, fence. The session waits for the buyer and weighs what its group says.
redis.register_function('gateway_hold_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s, fence = routing.session(work, args[at]), tonumber(args[at + 2])
  if not s then
    return routing.no_such_session()
  elseif not s.live or s.state == routing.WRAP then
    return routing.session_closed()
  elseif s.fence ~= fence then
    return err('ABORTED', 'STALE_FENCE', 'The session changed hands; read it again.', 'fence', num(s.fence))
  elseif s.state ~= routing.ACTIVE or s.agent ~= args[at + 1] then
    return err('FAILED_PRECONDITION', 'NOT_OWNER', 'Only the owner of a session can put it on hold.')
  elseif s.held == 1 then
    return routing.unchanged(work)
  end
  local owner = routing.agent(work, s.agent)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  local weight = routing.spec(work, s.class).held_weight
  owner.used = owner.used + weight - s.weight
  s.weight = weight
  s.held = 1
  routing.touch_session(work, s, 'held')
  routing.touch_agent(work, owner)
  routing.reuse(work, owner)
  return routing.commit(work)
end)

-- unhold: session, agent ('' for whoever owns it, when the buyer writes). May exceed the capacity.
redis.register_function('gateway_unhold_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s = routing.session(work, args[at])
  if not s then
    return routing.no_such_session()
  elseif not s.live or s.state == routing.WRAP then
    return routing.session_closed()
  elseif args[at + 1] ~= '' and s.agent ~= args[at + 1] then
    return err('FAILED_PRECONDITION', 'NOT_OWNER', 'Only the owner of a session can go on with it.')
  elseif s.held == 0 then
    return routing.unchanged(work)
  end
  local owner = routing.agent(work, s.agent)
  local weight = routing.full_weight(work, s)
  if not routing.below_ceiling(owner, weight - s.weight) then
    return routing.agent_full(owner)
  end
  local stale = routing.undeclared(work, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  owner.used = owner.used + weight - s.weight
  s.weight = weight
  s.held = 0
  routing.touch_session(work, s, 'unheld')
  routing.touch_agent(work, owner)
  routing.refresh(work, owner)
  return routing.commit(work)
end)
