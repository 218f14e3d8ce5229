-- Who serves whom: assignments, and the two directions of matching.

-- Why an agent got a session, as text: how, class, strategy, how long it waited, eligible agents, score of the chosen,
-- whom it was preferred to and that one's score ('-' and 0: nobody). How: "session" chose among agents, "agent" chose
-- among sessions (the score is the session's then), "last" agent of the buyer, by "hand".
local function why(work, s, how, score, other, other_score)
  local waited = s.since_ms > 0 and work.now - s.since_ms or 0
  local eligible = string.sub(s.class, 1, 1) == '@' and 1 or routing.count(work, s.class)
  return string.format('%s %s %d %d %d %d %s %d', how, s.class, routing.spec(work, s.class).strategy, waited,
    eligible, score or 0, other or '-', other_score or 0)
end

-- What the session takes of an agent while it is served: its own weight, else what the class says.
function routing.own_weight(work, s, class)
  return s.full_weight > 0 and s.full_weight or routing.spec(work, class).weight
end

-- The session is served from here on.
function routing.begin_service(work, s)
  if s.assign_ms == 0 then
    local names = routing.names_of(s.home)
    routing.add(work, names.served, 1)
    if work.now - s.enqueue_ms <= routing.spec(work, s.home).target_ms then
      routing.add(work, names.in_time, 1)
    end
  end
  s.state = routing.ACTIVE
  s.assign_ms = work.now
  s.until_ms = 0
  s.since_ms = 0
  s.firm_ms = 0
  s.gone_ms = 0
  s.excluded = {}
end

-- The agent gets the session: as an offer, if its class makes offers and `o.direct` is not set, else at once.
-- Without `o.cause`: why it changed before in this call, else that it had waited for this.
function routing.assign(work, s, a, o)
  local cause = o.cause or (s.touched and s.cause) or 'assigned'
  routing.load_counts(work, routing.names_of(string.sub(s.class, 1, 1) == '@' and s.home or s.class).placing)
  routing.leave_queue(work, s)
  s.why = why(work, s, o.how, o.score, o.other, o.other_score)
  local spec = routing.spec(work, s.class)
  if string.sub(s.class, 1, 1) == '@' then
    s.class = s.home
    spec = routing.spec(work, s.class)
  end
  s.sticky_ms = 0
  s.agent = a.id
  s.moved = true
  a.used = a.used + s.weight
  a.last_assigned_ms = work.now
  work.turn = work.turn + 1
  a.turn = work.turn
  if a.day < work.day then
    a.day, a.today = work.day, 0
  end
  a.today = a.today + 1
  a.held[#a.held + 1] = s.id
  routing.touch_session(work, s, cause)
  routing.touch_agent(work, a)
  if spec.push == routing.OFFER and not o.direct then
    s.state = routing.OFFERED
    s.offer = s.version + 1
    s.until_ms = work.now + spec.offer_ms
  else
    routing.begin_service(work, s)
  end
end

-- The owner, or whom it was offered to, gives the session up. Refresh the agent's availability afterwards.
function routing.release(work, s, a)
  for i, id in ipairs(a.held) do
    if id == s.id then
      table.remove(a.held, i)
      break
    end
  end
  a.used = a.used - s.weight
  if s.held == 1 or s.state == routing.WRAP then
    s.held = 0
    s.weight = routing.own_weight(work, s, s.class)
  end
  if s.state ~= routing.OFFERED then
    s.last_agent = a.id
  end
  s.agent = ''
  s.until_ms = 0
  routing.touch_agent(work, a)
end

-- The agent at position `index` (from 0) of those with room in a class, by their true scores, and its score; nil at
-- the end. Scores that turn out too low are rewritten on the way, agents without room are taken out. Also who comes
-- next, by the score that is stored.
local function peek(work, class, index)
  while true do
    local found = redis.call('ZRANGE', class.av, index, index + 1, 'WITHSCORES')
    if not found[1] then
      return nil
    end
    local a = routing.agent(work, found[1])
    if a and routing.eligible(a) and routing.has_room(a, class.spec.weight) then
      local score = routing.choice_score(work, a, class)
      if score == tonumber(found[2]) then
        return a, score, found[3], tonumber(found[4])
      end
      redis.call('ZADD', class.av, num(score), a.id)
    else
      redis.call('ZREM', class.av, found[1])
      if a then
        a.bound = nil
      end
    end
    if work.rewrites == 0 then
      routing.ask_again(work, class.name)
      return nil
    end
    work.rewrites = work.rewrites - 1
  end
end

-- The first session of a waiting set that the agent may take; nil if it has no room, or if none of the first MAX_SKIPS
-- is for it: because it excludes the agent, or weighs too much.
local function first_for(work, class, a)
  if not routing.has_room(a, class.spec.weight) then
    return nil
  end
  local ids = class.heads or redis.call('ZRANGE', class.w, 0, 0)
  for at = 1, routing.MAX_SKIPS do
    if at == 2 and not class.heads then
      ids = redis.call('ZRANGE', class.w, 0, routing.MAX_SKIPS - 1)
      class.heads = ids
    end
    local s = ids[at] and routing.session(work, ids[at])
    if not s then
      return nil
    elseif routing.has_room(a, s.weight) and not routing.is_excluded(work, s, a) then
      return s
    end
  end
  return nil
end

-- Those of the agent's classes in which somebody waits to be given to an agent.
local function occupied(work, a)
  local counts, added, fields = work.counts, work.added, routing.waits_of(work, a)
  local classes = {}
  local names, before = routing.classes_of(work, a), routing.WAITS_FROM - 1
  for i = 1, #names do
    local field = fields[before + i] or fields[1]
    local count = counts[field]
    if (count and count + (added[field] or 0) or routing.count(work, field)) > 0 then
      local class = work.classes[names[i]]
      if class.spec.strategy ~= routing.MANUAL_CLAIM then
        classes[#classes + 1] = class
      end
    end
  end
  return classes
end

-- The session at the head's place in its waiting set, by id and score; false at the end. Its record is not read yet.
local function load_head(head)
  local found = head.at < routing.MAX_SKIPS and redis.call('ZRANGE', head.class.w, head.at, head.at, 'WITHSCORES') or {}
  head.id, head.score = found[1], tonumber(found[2])
  return head.id ~= nil
end

local function before(head, other)
  return head.score < other.score or (head.score == other.score and head.id < other.id)
end

-- Positions in `heads` of the session that is served first, and of the one after it; nil if there is none.
local function first_two(heads)
  local best, second
  for i, head in ipairs(heads) do
    if not best or before(head, heads[best]) then
      best, second = i, best
    elseif not second or before(head, heads[second]) then
      second = i
    end
  end
  return best, second
end

-- A slot is free: the agent takes the oldest sessions of its classes, up to its capacity.
function routing.drain(work, a)
  if not routing.eligible(a) then
    return
  end
  local heads = {}
  for _, class in ipairs(occupied(work, a)) do
    local head = { class = class, at = 0 }
    if routing.has_room(a, class.spec.weight) and load_head(head) then
      heads[#heads + 1] = head
    end
  end
  while #heads > 0 do
    local best, second = first_two(heads)
    local head, other = heads[best], second and heads[second]
    local room = routing.has_room(a, head.class.spec.weight)
    local s = room and routing.session(work, head.id)
    if not s then
      head.at = routing.MAX_SKIPS
    elseif not routing.has_room(a, s.weight) or routing.is_excluded(work, s, a) then
      head.at = head.at + 1
    elseif work.matches == 0 then
      routing.ask_again(work, a.id)
      return
    else
      work.matches = work.matches - 1
      routing.assign(work, s, a, { how = 'agent', score = s.score, other = other and other.id,
        other_score = other and other.score })
      room = routing.has_room(a, head.class.spec.weight)
    end
    if not room or not load_head(head) then
      table.remove(heads, best)
    end
  end
end

-- Sessions wait in a class and agents may have room: the best agents take the oldest sessions. At most MAX_SKIPS
-- agents are passed over, because no session of those that come first is for them.
function routing.serve(work, class)
  local index = 0
  while class.spec.strategy ~= routing.MANUAL_CLAIM and routing.count(work, class.waiting) > 0
    and index < routing.MAX_SKIPS do
    local a, score, other, other_score = peek(work, class, index)
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
      routing.assign(work, s, a, { how = 'session', score = score, other = other, other_score = other_score })
      routing.refresh_class(work, a, class)
    end
  end
end

-- The step that the session has come to: the one whose time it is; and if nobody who serves that is online, the next
-- one for which somebody is.
function routing.settle(work, s)
  local home = routing.successor(work, s.home)
  if home ~= s.home then
    s.home = home
    s.weight = routing.own_weight(work, s, home)
  end
  local chain = routing.chain(work, s.class)
  local at = 1
  while chain[at + 1] and work.now >= s.group_ms + routing.spec(work, chain[at]).next_after_ms do
    at = at + 1
  end
  if chain[at + 1] and routing.count(work, chain[at]) == 0 then
    for later = at + 1, #chain do
      if routing.count(work, chain[later]) > 0 then
        at = later
        break
      end
    end
  end
  s.class = chain[at]
end

-- The best agent with room takes the session, if nobody waits before it; false if there is none among the first
-- MAX_SKIPS.
local function take_at_once(work, s, cause)
  local class = work.classes[s.class]
  if class.spec.strategy == routing.MANUAL_CLAIM then
    return false
  elseif work.matches == 0 then
    routing.ask_again(work, class.name)
    return false
  end
  for index = 0, routing.MAX_SKIPS - 1 do
    local a, score, other, other_score = peek(work, class, index)
    if not a then
      return false
    end
    if routing.has_room(a, s.weight) and not routing.is_excluded(work, s, a) then
      work.matches = work.matches - 1
      routing.assign(work, s, a, { cause = cause, how = 'session', score = score, other = other,
        other_score = other_score })
      routing.refresh_class(work, a, class)
      return true
    end
  end
  return false
end

-- The classes that placing the session may touch: where it stands, and those it may come to.
function routing.places_of(work, s)
  local personal = string.sub(s.class, 1, 1) == '@'
  local chain = routing.chain(work, personal and s.home or s.class)
  if not s.queued or routing.contains(chain, s.class) then
    return chain
  end
  local places = { unpack(chain) }
  places[#places + 1] = s.class
  return places
end

-- A session without an owner: to the best agent with room if nobody waits before it, else into the queue. `chain` of
-- its class must be declared. With `patron`, an agent that has no room now, it waits for that one for `sticky_ms`,
-- rather than in the queue.
function routing.place(work, s, cause, patron, sticky_ms)
  s.state = routing.WAITING
  routing.touch_session(work, s, cause)
  if s.since_ms == 0 then
    s.since_ms = work.now
  end
  routing.load_counts(work, routing.names_of(s.class).placing)
  routing.settle(work, s)
  if s.gone_ms > 0 then
    return
  end
  local class = work.classes[s.class]
  local crowded = routing.count(work, class.waiting) > 0
  if not crowded and take_at_once(work, s, cause) then
    return
  end
  if patron then
    s.class = '@' .. patron.id
    s.sticky_ms = work.now + sticky_ms
    crowded = false
  end
  routing.enqueue(work, s)
  if crowded then
    routing.serve(work, class)
  end
end
