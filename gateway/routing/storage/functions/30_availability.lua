-- Who has room: the scores by which a class chooses among agents, and the availability sets that keep them.

-- Powers of two that a score is put together from; a score stays below 2^53.
local P27, P39, P41, P50 = 134217728, 549755813888, 2199023255552, 1125899906842624

local function load_of(a)
  return math.floor(1000 * a.used / a.capacity)
end

local function idle_since(work, a)
  return math.max(0, a.last_assigned_ms - work.origin)
end

local function level_in(a, name)
  for i, other in ipairs(a.classes) do
    if other == name then
      return a.levels[i] or 0
    end
  end
  return 0
end

-- Smaller is chosen first. Every score only rises with an assignment and never falls by itself, so that what was
-- stored before is a lower bound.
local SCORES = {
  [routing.LEAST_LOADED] = function(work, a)
    return load_of(a) * P41 + idle_since(work, a)
  end,
  [routing.LONGEST_IDLE] = idle_since,
  [routing.ROUND_ROBIN] = function(_, a)
    return a.turn
  end,
  [routing.HIGHEST_LEVEL] = function(_, a, name)
    return (5 - level_in(a, name)) * P50 + math.min(load_of(a), 2047) * P39 + a.turn % P39
  end,
  -- Who had none today comes first, by the day of the last one; so nothing has to be reset at midnight.
  [routing.FEWEST_TODAY] = function(work, a)
    if a.today == 0 then
      return 0
    end
    local day = a.day - math.floor(work.origin / routing.DAY_MS) + 2
    return math.max(0, day) * P39 + math.min(a.today, 4095) * P27 + a.turn % P27
  end,
  [routing.MANUAL_CLAIM] = function()
    return 0
  end,
}

function routing.choice_score(work, a, class)
  return SCORES[class.spec.strategy](work, a, class.name)
end

-- Gets sessions by itself: online, observed ready, not disabled.
function routing.eligible(a)
  return a.presence == routing.ONLINE and a.readiness == routing.READY and a.disabled == 0
end

function routing.has_room(a, weight)
  return a.used + weight <= a.capacity
end

-- Transfer, take-over, claim and the end of a hold may exceed the capacity, but not this.
function routing.below_ceiling(a, weight)
  return a.used + weight <= 2 * a.capacity
end

function routing.contains(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then
      return true
    end
  end
  return false
end

-- What says who waits for the agent: the counters of its own waiting set and of those of its classes, in their order
-- from WAITS_FROM on. All that matching it needs is read at once.
routing.WAITS_FROM = 3

function routing.waits_of(work, a)
  local fields = a.waits
  if not fields or a.waits_in ~= a.classes then
    fields = { 'w:@' .. a.id, 'day' }
    local classes, names_of = a.classes, routing.names_of
    for i = 1, #classes do
      fields[i + 2] = names_of(classes[i]).in_set
    end
    a.waits, a.waits_in = fields, a.classes
    routing.load_counts(work, fields)
  end
  return fields
end

-- The classes that an operation on the agent touches: those it serves, and its own if somebody waits there.
function routing.classes_of(work, a)
  if routing.count(work, routing.waits_of(work, a)[1]) == 0 then
    return a.classes
  end
  local classes = { unpack(a.classes) }
  classes[#classes + 1] = '@' .. a.id
  return classes
end

-- What the stored scores of the agent are a lower bound of: while its load is not below this and nothing else of it
-- changed, they need not be written. nil: they say nothing.
function routing.remember_bounds(a)
  a.bound = routing.eligible(a) and a.used or nil
  a.bound_capacity, a.bound_classes = a.capacity, a.classes
end

-- Puts the agent's present score into the availability set of a class, or takes it out.
function routing.refresh_class(work, a, class)
  if routing.eligible(a) and class.spec.strategy ~= routing.MANUAL_CLAIM and routing.has_room(a, class.spec.weight) then
    redis.call('ZADD', class.av, num(routing.choice_score(work, a, class)), a.id)
  else
    redis.call('ZREM', class.av, a.id)
    a.bound = nil
  end
end

-- The same in all its classes, if its load fell or it began to be eligible; a load that rose leaves too low a score
-- behind, which is noticed when it comes up (peek).
function routing.refresh(work, a)
  if a.bound and routing.eligible(a) and a.used >= a.bound and a.capacity == a.bound_capacity
    and a.classes == a.bound_classes then
    return
  end
  for _, name in ipairs(a.classes) do
    routing.refresh_class(work, a, work.classes[name])
  end
  routing.remember_bounds(a)
end

-- Nobody waits for an agent that gets nothing now: the next sweep sends those who do to everybody.
local function release_personal(work, a)
  local class = work.classes['@' .. a.id]
  if not class or routing.count(work, class.waiting) == 0 then
    return
  end
  for _, id in ipairs(redis.call('ZRANGE', class.w, 0, -1)) do
    local s = routing.session(work, id)
    if s and s.queued then
      s.sticky_ms = work.now
      routing.stir_session(work, s)
    end
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
        routing.add(work, name, -1)
        redis.call('ZREM', work.classes[name].av, a.id)
      end
    end
  end
  if is then
    for _, name in ipairs(a.classes) do
      if not (was and routing.contains(classes_before, name)) then
        routing.add(work, name, 1)
      end
    end
  end
  if not is then
    a.bound = nil
    release_personal(work, a)
  end
  routing.touch_agent(work, a)
end
