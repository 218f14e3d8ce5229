-- Who serves whom: scores, and the two directions of matching.

-- Smaller is served first. All sessions age alike, so a score is never rewritten while it waits; `tie` keeps the order
-- of arrivals within a millisecond.
function routing.wait_score(work, enqueue_ms, boost_ms, tie)
  return (enqueue_ms - work.origin - boost_ms) * 1024 + tie
end

-- Smaller is chosen first: least loaded, then longest idle.
function routing.load_score(work, a)
  local idle_since = a.last_assigned_ms - work.origin
  if idle_since < 0 then
    idle_since = 0
  end
  return math.floor(1000 * a.used / a.capacity) * 2199023255552 + idle_since -- 2^41
end

-- Gets sessions by itself: online, observed ready, not disabled.
function routing.eligible(a)
  return a.presence == routing.ONLINE and a.readiness == routing.READY and a.disabled == 0
end

function routing.has_room(a, weight)
  return a.used + weight <= a.capacity
end

function routing.contains(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then
      return true
    end
  end
  return false
end

-- Puts the agent's present score into the availability set of a class, or takes it out.
function routing.refresh_class(work, a, class)
  if routing.eligible(a) and routing.has_room(a, class.weight) then
    redis.call('ZADD', class.av, num(routing.load_score(work, a)), a.id)
  else
    redis.call('ZREM', class.av, a.id)
  end
end

-- The same in all its classes. Needed whenever its load falls or it begins or ceases to be eligible; a load that rose
-- leaves too low a score behind, which is noticed when it comes up (peek).
function routing.refresh(work, a)
  for _, name in ipairs(a.classes) do
    routing.refresh_class(work, a, work.classes[name])
  end
end

-- Changes an agent and keeps the counts of eligible agents per class right.
function routing.change_agent(work, a, change)
  local was, classes_before = routing.eligible(a), a.classes
  change(a)
  local is = routing.eligible(a)
  if was then
    for _, name in ipairs(classes_before) do
      if not (is and routing.contains(a.classes, name)) then
        redis.call('HINCRBY', work.keys.on, name, -1)
        redis.call('ZREM', work.classes[name].av, a.id)
      end
    end
  end
  if is then
    for _, name in ipairs(a.classes) do
      if not (was and routing.contains(classes_before, name)) then
        redis.call('HINCRBY', work.keys.on, name, 1)
      end
    end
  end
  routing.touch_agent(work, a)
end

-- The agent gave the session away a moment ago and others could take it.
function routing.is_excluded(work, s, a)
  local listed, shut_out = false, 0
  for i = 1, #s.excluded, 2 do
    if s.excluded[i + 1] > work.now then
      local x = routing.agent(work, s.excluded[i])
      if x and routing.eligible(x) and routing.contains(x.classes, s.class) then
        shut_out = shut_out + 1
      end
      listed = listed or s.excluded[i] == a.id
    end
  end
  if not listed then
    return false
  end
  return tonumber(redis.call('HGET', work.keys.on, s.class) or '0') > shut_out
end

-- Stands in its waiting set from here on.
function routing.enqueue(work, s)
  redis.call('ZADD', work.classes[s.class].w, num(s.score), s.id)
  local due
  for i = 2, #s.excluded, 2 do
    if s.excluded[i] > work.now and (not due or s.excluded[i] < due) then
      due = s.excluded[i]
    end
  end
  if due then
    redis.call('ZADD', work.keys.tm, num(due), s.id)
  end
  s.queued = true
  work.waiting = work.waiting + 1
end

local function dequeue(work, s)
  redis.call('ZREM', work.classes[s.class].w, s.id)
  if #s.excluded > 0 then
    redis.call('ZREM', work.keys.tm, s.id)
  end
  s.queued = false
  work.waiting = work.waiting - 1
end

-- Takes the session out of its waiting set, if it stands there.
function routing.leave_queue(work, s)
  if s.queued then
    dequeue(work, s)
  end
end

-- The agent owns the session: an offer, accepted in the same step. Without `cause`: why it changed before in this
-- call, else that it had waited for this.
function routing.assign(work, s, a, cause)
  cause = cause or (s.touched and s.cause) or 'assigned'
  routing.leave_queue(work, s)
  s.state = routing.ACTIVE
  s.agent = a.id
  s.assign_ms = work.now
  s.excluded = {}
  s.moved = true
  a.used = a.used + s.weight
  a.last_assigned_ms = work.now
  a.held[#a.held + 1] = s.id
  routing.touch_session(work, s, cause)
  routing.touch_agent(work, a)
end

-- The owner gives the session up. Refresh the agent's availability afterwards.
function routing.release(work, s, a)
  for i, id in ipairs(a.held) do
    if id == s.id then
      table.remove(a.held, i)
      break
    end
  end
  a.used = a.used - s.weight
  s.last_agent = a.id
  s.agent = ''
  routing.touch_agent(work, a)
end

-- The agent at position `index` (from 0) of those with room in a class, by their true scores; nil at the end. Scores
-- that turn out too low are rewritten on the way, agents without room are taken out.
local function peek(work, class, index)
  while true do
    local found = redis.call('ZRANGE', class.av, index, index, 'WITHSCORES')
    if not found[1] then
      return nil
    end
    local a = routing.agent(work, found[1])
    if a and routing.eligible(a) and routing.has_room(a, class.weight) then
      local score = routing.load_score(work, a)
      if score == tonumber(found[2]) then
        return a
      end
      redis.call('ZADD', class.av, num(score), a.id)
    else
      redis.call('ZREM', class.av, found[1])
    end
    if work.rewrites == 0 then
      routing.ask_again(work, class.name)
      return nil
    end
    work.rewrites = work.rewrites - 1
  end
end

-- The first session of a waiting set that the agent may take; nil if it has no room, or if none of the first MAX_SKIPS
-- is for it.
local function first_for(work, class, a)
  if not routing.has_room(a, class.weight) then
    return nil
  end
  for at = 0, routing.MAX_SKIPS - 1 do
    local id = redis.call('ZRANGE', class.w, at, at)[1]
    local s = id and routing.session(work, id)
    if not s or not routing.has_room(a, s.weight) then
      return nil
    end
    if not routing.is_excluded(work, s, a) then
      return s
    end
  end
  return nil
end

-- A slot is free: the agent takes the oldest sessions of its classes, up to its capacity.
function routing.drain(work, a)
  if not routing.eligible(a) then
    return
  end
  local heads = {}
  for i, name in ipairs(a.classes) do
    heads[i] = first_for(work, work.classes[name], a)
  end
  while true do
    local best
    for i = 1, #a.classes do
      local s = heads[i]
      if s and not routing.has_room(a, s.weight) then
        s = first_for(work, work.classes[a.classes[i]], a)
        heads[i] = s
      end
      if s and (not best or s.score < heads[best].score or (s.score == heads[best].score and s.id < heads[best].id)) then
        best = i
      end
    end
    if not best then
      return
    end
    if work.matches == 0 then
      routing.ask_again(work, a.id)
      return
    end
    work.matches = work.matches - 1
    routing.assign(work, heads[best], a)
    heads[best] = first_for(work, work.classes[a.classes[best]], a)
  end
end

-- Sessions wait in a class and agents may have room: the least loaded agents take the oldest sessions.
function routing.serve(work, class)
  local index = 0
  while redis.call('EXISTS', class.w) == 1 do
    local a = peek(work, class, index)
    if not a then
      return
    end
    local s = first_for(work, class, a)
    if not s then
      index = index + 1
    elseif work.matches == 0 then
      routing.ask_again(work, class.name)
      return
    else
      work.matches = work.matches - 1
      routing.assign(work, s, a)
      routing.refresh_class(work, a, class)
    end
  end
end

-- A session without an owner: to the best agent with room if nobody waits before it, else into the queue.
function routing.place(work, s, cause)
  s.state = routing.WAITING
  routing.touch_session(work, s, cause)
  local class = work.classes[s.class]
  if redis.call('EXISTS', class.w) == 1 then
    routing.enqueue(work, s)
    routing.serve(work, class)
    return
  end
  local index = 0
  while work.matches > 0 do
    local a = peek(work, class, index)
    if not a then
      break
    end
    if routing.has_room(a, s.weight) and not routing.is_excluded(work, s, a) then
      work.matches = work.matches - 1
      routing.assign(work, s, a, cause)
      routing.refresh_class(work, a, class)
      return
    end
    index = index + 1
  end
  routing.enqueue(work, s)
  if work.matches == 0 then
    routing.ask_again(work, class.name)
  end
end
