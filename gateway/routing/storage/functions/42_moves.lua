-- What people do with sessions: transfer, requeue, take over, claim, hold.

local function not_its_owner()
  return routing.not_owner('Only the owner of a session can transfer it.')
end

-- What speaks against handing the session to this agent, or nil.
local function transfer_refused(work, s, to_id)
  local to = routing.agent(work, to_id)
  if not to then
    return routing.no_such_agent()
  elseif not routing.takes_by_hand(to) then
    return routing.not_ready(to, 'The agent is not online or busy now; choose another one.')
  elseif not routing.below_ceiling(to, routing.weight_served(work, s)) then
    return routing.agent_full(to)
  end
end

-- transfer: session, from, fence, to ('' for the queue), exclusion_ms.
routing.on_session('gateway_transfer_v1', { open = true }, function(work, s, args, at)
  local from_id, fence, to_id = args[at + 1], tonumber(args[at + 2]), args[at + 3]
  if s.fence == fence + 1 and s.cause == 'transferred' and s.last_agent == from_id
    and (to_id == '' or s.agent == to_id) then
    return routing.unchanged(work) -- the same call again
  elseif s.fence ~= fence then
    return routing.stale_fence(s)
  elseif s.state ~= routing.ACTIVE or s.agent ~= from_id then
    return not_its_owner()
  elseif to_id == from_id then
    return routing.unchanged(work)
  end
  local refused = to_id ~= '' and transfer_refused(work, s, to_id)
  if refused then
    return refused
  end
  local from = routing.agent(work, from_id)
  local stale = routing.undeclared(work, routing.places_of(work, s), routing.classes_of(work, from), { s.class })
  if stale then
    return stale
  end

  routing.release(work, s, from)
  routing.refresh(work, from)
  s.moved = true
  if to_id ~= '' then
    routing.assign_by_hand(work, s, routing.agent(work, to_id), 'transferred')
  else
    routing.give_away(work, s, from_id, tonumber(args[at + 4]))
    routing.place(work, s, 'transferred')
  end
  routing.reuse(work, from)
  return routing.commit(work)
end)

-- What speaks against moving the session to the queue of a class, or nil. With `from_id` its owner does it and names
-- the fence; else somebody above it, who need not.
local function requeue_refused(work, s, from_id, fence, class)
  if from_id == '' and not fence and s.cause == 'requeued' and s.home == class then
    return routing.unchanged(work) -- the same call again
  elseif fence and s.fence == fence + 1 and s.home == class
    and (s.cause == 'transferred' or s.cause == 'requeued') and (from_id == '' or s.last_agent == from_id) then
    return routing.unchanged(work)
  elseif fence and s.fence ~= fence then
    return routing.stale_fence(s)
  elseif from_id ~= '' and (s.state ~= routing.ACTIVE or s.agent ~= from_id) then
    return not_its_owner()
  elseif s.home ~= class then
    return routing.queue_full(work, class)
  end
end

-- The session belongs to another group from here on, or stands in the queue of its own; relaxation begins anew in
-- another one.
local function move_to_group(work, s, class)
  if s.home ~= class then
    s.group_ms = work.now
    s.weight = routing.own_weight(work, s, class)
    s.home = class
    s.class = class
  elseif string.sub(s.class, 1, 1) == '@' then
    s.class = class
  end
  s.sticky_ms = 0
end

-- requeue: session, owner ('' for a supervisor), fence ('' for whatever it is), class ('' for that of its group),
-- exclusion_ms. To the queue of a group, at its original age. An owner who gives it away does not get it back while the
-- exclusion lasts; one from whom it is taken, only if nobody else is there. Whoever gave it away before may have it if a
-- supervisor says so.
routing.on_session('gateway_requeue_v1', { open = true }, function(work, s, args, at)
  local from_id, fence, exclusion_ms = args[at + 1], tonumber(args[at + 2]), tonumber(args[at + 4])
  local class = routing.successor(work, args[at + 3] == '' and s.home or args[at + 3])
  local refused = requeue_refused(work, s, from_id, fence, class)
  if refused then
    return refused
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, routing.places_of(work, s), routing.chain(work, class), { s.class },
    routing.classes_of_any(work, owner))
  if stale then
    return stale
  end

  routing.leave_queue(work, s)
  if owner then
    s.moved = true
    routing.release(work, s, owner)
    if from_id == '' then
      routing.exclude(work, s, owner.id, exclusion_ms, 0)
    else
      routing.give_away(work, s, owner.id, exclusion_ms)
    end
    routing.refresh(work, owner)
  end
  if from_id == '' then
    s.given = {}
  end
  move_to_group(work, s, class)
  routing.place(work, s, from_id == '' and 'requeued' or 'transferred')
  if owner then
    routing.reuse(work, owner)
  end
  return routing.commit(work)
end)

-- take_over: session, by.
routing.on_session('gateway_take_over_v1', { agent = true, open = true }, function(work, s, _, _, by)
  if s.agent == by.id and s.state == routing.ACTIVE then
    return routing.unchanged(work)
  elseif by.disabled == 1 or by.readiness == routing.ABSENT then
    return routing.not_ready(by, 'Open the stream of the agent that takes over first.')
  elseif s.agent ~= by.id and not routing.below_ceiling(by, routing.weight_served(work, s)) then
    return routing.agent_full(by)
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, { s.class, s.home }, routing.classes_of_any(work, owner))
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
  routing.assign_by_hand(work, s, by, 'taken_over')
  if owner then
    routing.reuse(work, owner)
  end
  return routing.commit(work)
end)

-- claim: session, agent. From the queue of a group whose agents take what they want.
routing.on_session('gateway_claim_v1', { agent = true, open = true }, function(work, s, _, _, a)
  if s.state == routing.ACTIVE and s.agent == a.id then
    return routing.unchanged(work)
  elseif s.state ~= routing.WAITING then
    return err('ABORTED', 'ALREADY_TAKEN', 'Another agent was quicker; take another session.', 'agent', s.agent)
  elseif routing.spec(work, s.class).strategy ~= routing.MANUAL_CLAIM then
    return err('FAILED_PRECONDITION', 'NOT_CLAIMABLE', 'The sessions of this group are given out, not claimed.')
  elseif not routing.takes_by_hand(a) then
    return routing.not_ready(a, 'Go online or busy first, then claim sessions.')
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
routing.on_session('gateway_hold_v1', { open = true }, function(work, s, args, at)
  if s.fence ~= tonumber(args[at + 2]) then
    return routing.stale_fence(s)
  elseif s.state ~= routing.ACTIVE or s.agent ~= args[at + 1] then
    return routing.not_owner('Only the owner of a session can put it on hold.')
  elseif s.held == 1 then
    return routing.unchanged(work)
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  routing.touch_session(work, s, 'held')
  routing.reweigh(work, s, owner, routing.spec(work, s.class).held_weight)
  s.held = 1
  routing.reuse(work, owner)
  return routing.commit(work)
end)

-- unhold: session, agent ('' for whoever owns it, when the buyer writes). May exceed the capacity.
routing.on_session('gateway_unhold_v1', { open = true }, function(work, s, args, at)
  if args[at + 1] ~= '' and s.agent ~= args[at + 1] then
    return routing.not_owner('Only the owner of a session can go on with it.')
  elseif s.held == 0 then
    return routing.unchanged(work)
  end
  local owner = routing.owner_of(work, s)
  local weight = routing.weight_served(work, s)
  if not routing.below_ceiling(owner, weight - s.weight) then
    return routing.agent_full(owner)
  end
  local stale = routing.undeclared(work, routing.classes_of(work, owner))
  if stale then
    return stale
  end
  routing.touch_session(work, s, 'unheld')
  routing.reweigh(work, s, owner, weight)
  s.held = 0
  routing.refresh(work, owner)
  return routing.commit(work)
end)
