-- Offers, and buyers who go away while they wait.

-- An offer that came to nothing: the session waits again at its age. With `exclusion_ms` the agent does not get it for
-- so long, and not for `firm_ms` even if nobody else is there. Its classes and places_of must be declared.
function routing.return_offer(work, s, a, cause, exclusion_ms, firm_ms)
  routing.release(work, s, a)
  routing.refresh(work, a)
  s.moved = true
  if exclusion_ms > 0 then
    routing.exclude(work, s, a.id, exclusion_ms, firm_ms)
  end
  routing.place(work, s, cause)
end

local function stale_offer()
  return err('ABORTED', 'STALE_OFFER', 'The offer is over; the session is offered to others.')
end

-- accept: session, agent, incarnation, offer. Again: no change.
routing.on_session('gateway_accept_v1', { agent = true }, function(work, s, args, at, a)
  if s.agent ~= a.id or s.offer ~= tonumber(args[at + 3]) or a.incarnation ~= tonumber(args[at + 2]) then
    return stale_offer()
  elseif s.state == routing.ACTIVE then
    return routing.unchanged(work)
  elseif s.state ~= routing.OFFERED then
    return stale_offer()
  end
  routing.begin_service(work, s)
  routing.touch_session(work, s, 'accepted')
  if a.missed > 0 then
    a.missed = 0
    routing.touch_agent(work, a)
  end
  return routing.commit(work)
end)

-- Ends an offer as `cause` says; then its agent takes what else waits.
local function end_offer(work, s, cause, exclusion_ms, firm_ms)
  local a = routing.agent(work, s.agent)
  local stale = routing.undeclared(work, routing.places_of(work, s), routing.classes_of(work, a))
  if stale then
    return stale
  end
  routing.return_offer(work, s, a, cause, exclusion_ms, firm_ms)
  routing.reuse(work, a)
  return routing.commit(work)
end

-- decline: session, agent, offer, exclusion_ms, firm_ms. Again: no change.
routing.on_session('gateway_decline_v1', {}, function(work, s, args, at)
  local offer = tonumber(args[at + 2])
  if s.state ~= routing.OFFERED or s.agent ~= args[at + 1] or s.offer ~= offer then
    if s.offer == offer and s.cause == 'declined' and s.state == routing.WAITING then
      return routing.unchanged(work)
    end
    return stale_offer()
  end
  return end_offer(work, s, 'declined', tonumber(args[at + 3]), tonumber(args[at + 4]))
end)

-- recall: session, exclusion_ms, firm_ms. A supervisor takes an offer back; nothing pending: no change.
routing.on_session('gateway_recall_v1', {}, function(work, s, args, at)
  if s.state ~= routing.OFFERED then
    return routing.unchanged(work)
  end
  return end_offer(work, s, 'recalled', tonumber(args[at + 1]), tonumber(args[at + 2]))
end)

-- buyer_present: session, 1 or 0, grace_ms. Who waits without its buyer is passed over, and is abandoned when the
-- buyer stays away for the grace. What is served is not concerned.
routing.on_session('gateway_buyer_present_v1', {}, function(work, s, args, at)
  local present = args[at + 1] == '1'
  if (s.state ~= routing.WAITING and s.state ~= routing.OFFERED) or present == (s.gone_ms == 0) then
    return routing.unchanged(work)
  end
  local stale = s.state == routing.WAITING and routing.undeclared(work, routing.places_of(work, s))
  if stale then
    return stale
  end
  if not present then
    routing.leave_queue(work, s)
    if s.sticky_ms > 0 then
      s.class, s.sticky_ms = s.home, 0
    end
    s.gone_ms = work.now + tonumber(args[at + 2])
    routing.touch_session(work, s, 'buyer_away')
  else
    s.gone_ms = 0
    routing.touch_session(work, s, 'buyer_back')
    if s.state == routing.WAITING then
      routing.place(work, s, 'buyer_back')
    end
  end
  return routing.commit(work)
end)

-- Ends the waiting, as `cause` says.
local function leave(work, s, cause)
  if s.state == routing.CLOSED or s.state == routing.WRAP then
    return routing.unchanged(work)
  elseif s.state == routing.ACTIVE then
    return err('FAILED_PRECONDITION', 'NOT_WAITING', 'The session is being served; close it instead.')
  end
  local owner = routing.owner_of(work, s)
  local stale = routing.undeclared(work, { s.class }, routing.classes_of_any(work, owner))
  if stale then
    return stale
  end
  routing.close(work, s, cause)
  if owner then
    routing.reuse(work, owner)
  end
  return routing.commit(work)
end

-- abandon: session. The buyer left the queue.
routing.on_session('gateway_abandon_v1', {}, function(work, s)
  return leave(work, s, 'abandoned')
end)

-- park: session. It is kept for later (arrive_kept).
routing.on_session('gateway_park_v1', {}, function(work, s)
  return leave(work, s, 'parked')
end)
