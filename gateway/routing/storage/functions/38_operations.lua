-- What operations on sessions have in common: how they begin, what they refuse, what ends a life.

function routing.no_such_session()
  return err('NOT_FOUND', 'NO_SUCH_SESSION', 'There is no such session; it may have been closed long ago.')
end

function routing.no_such_agent()
  return err('NOT_FOUND', 'NO_SUCH_AGENT', 'There is no such agent in this shop.')
end

function routing.not_owner(message)
  return err('FAILED_PRECONDITION', 'NOT_OWNER', message)
end

function routing.stale_fence(s)
  return err('ABORTED', 'STALE_FENCE', 'The session changed hands; read it again.', 'fence', num(s.fence))
end

function routing.not_ready(a, message)
  return err('FAILED_PRECONDITION', 'AGENT_NOT_READY', message, 'agent', a.id)
end

function routing.agent_full(a)
  return err('FAILED_PRECONDITION', 'AGENT_FULL', 'The agent has twice its capacity already; choose another one.',
    'agent', a.id, 'used', num(a.used), 'capacity', num(a.capacity))
end

-- The error of a session whose life is over, or nil.
local function is_over(s)
  if not s.live or s.state == routing.WRAP then
    return err('FAILED_PRECONDITION', 'SESSION_CLOSED', 'The session is closed; reopen it first.')
  end
end
routing.is_over = is_over

-- Registers an operation on a session that is known: `operate(work, s, args, at, a)`, where `at` is the position of the
-- session among the arguments. `o.agent`: the argument behind the session names an agent that is known, too. `o.open`:
-- the session must not be closed or wrapped up.
function routing.on_session(name, o, operate)
  redis.register_function(name, function(keys, args)
    local work, at = routing.begin(keys, args)
    if not work then
      return at
    end
    local s = routing.session(work, args[at])
    local a = o.agent and routing.agent(work, args[at + 1])
    if not s then
      return routing.no_such_session()
    elseif o.agent and not a then
      return routing.no_such_agent()
    end
    return o.open and is_over(s) or operate(work, s, args, at, a)
  end)
end

-- The owner of a session, or whom it is offered to; false if there is none.
function routing.owner_of(work, s)
  return s.agent ~= '' and routing.agent(work, s.agent)
end

-- The classes that an operation on this agent touches; none without one.
function routing.classes_of_any(work, a)
  return a and routing.classes_of(work, a) or {}
end

-- Is at its desk, so that somebody may give it a session by hand.
function routing.takes_by_hand(a)
  return a.disabled == 0 and a.readiness == routing.READY
    and (a.presence == routing.ONLINE or a.presence == routing.BUSY)
end

-- What the session weighs once it is served, or goes on to be.
function routing.weight_served(work, s)
  return s.held == 1 and routing.own_weight(work, s, s.class) or s.weight
end

-- Gives the session to an agent whom somebody chose.
function routing.assign_by_hand(work, s, a, cause)
  routing.assign(work, s, a, { cause = cause, how = 'hand', direct = true })
  if routing.contains(a.classes, s.class) then
    routing.refresh_class(work, a, work.classes[s.class])
  end
end

-- What a session weighs changes while its owner keeps it.
function routing.reweigh(work, s, owner, weight)
  owner.used = owner.used + weight - s.weight
  s.weight = weight
  routing.touch_agent(work, owner)
end

-- The slot that a former owner got back: it takes the next session, then its availability is written.
function routing.reuse(work, a)
  routing.drain(work, a)
  routing.refresh(work, a)
end

-- The error of a group that lets nobody in any more, or nil.
function routing.queue_full(work, class)
  local cap = routing.spec(work, class).queue_cap
  local names = routing.names_of(class)
  if cap > 0 and routing.count(work, names[routing.WAITING]) >= cap then
    return err('RESOURCE_EXHAUSTED', 'QUEUE_FULL',
      'So many wait already that nobody is let in; offer to leave a message.', 'group', names.group,
      'waiting', num(cap))
  end
end

-- Ends the life of a session, whatever its state; `reuse` its owner afterwards.
function routing.close(work, s, cause)
  routing.leave_queue(work, s)
  local owner = routing.owner_of(work, s)
  if owner then
    routing.release(work, s, owner)
  end
  s.state = routing.CLOSED
  s.excluded, s.given = {}, {}
  s.since_ms, s.firm_ms, s.gone_ms, s.sticky_ms = 0, 0, 0, 0
  routing.touch_session(work, s, cause)
  redis.call('ZADD', work.keys.done, num(work.now), s.id)
  if cause == 'abandoned' or cause == 'gave_up' then
    work.abandoned = work.abandoned + 1
    routing.add(work, routing.names_of(s.home)[cause], 1)
  else
    work.closed = work.closed + 1
  end
  return owner
end
