-- Who waits: in which order, until when, and for whom it does not.

-- The place of the next arrival in the order of arrivals: by the millisecond, and within it one after the other. Each
-- is above the one before, whatever the clock does.
function routing.next_place(work)
  work.order = math.max((work.now - work.origin) * 1024, work.order + 1)
  return work.order
end

-- Smaller is served first. All sessions age alike, so a score is never rewritten while it waits.
function routing.wait_score(place, boost_ms)
  return place - boost_ms * 1024
end

-- Whether the agent is in a list of agents and times, until later than now.
local function listed(work, list, id)
  for i = 1, #list, 2 do
    if list[i] == id and list[i + 1] > work.now then
      return true
    end
  end
  return false
end

-- Agents of these lists that would get the session otherwise.
local function shut_out(work, s)
  local seen, n = {}, 0
  for _, list in ipairs({ s.excluded, s.given }) do
    for i = 1, #list, 2 do
      local x = list[i + 1] > work.now and not seen[list[i]] and routing.agent(work, list[i])
      if x and routing.eligible(x) and routing.contains(x.classes, s.class) then
        seen[x.id] = true
        n = n + 1
      end
    end
  end
  return n
end

-- The agent gave the session away a moment ago; or declined or missed it, and others could take it.
function routing.is_excluded(work, s, a)
  if listed(work, s.given, a.id) then
    return true
  elseif not listed(work, s.excluded, a.id) then
    return false
  end
  return s.firm_ms > work.now or routing.count(work, s.class) > shut_out(work, s)
end

-- The list with the agent until then, and without what is over.
local function with_agent(work, list, agent, ms)
  local kept = {}
  for i = 1, #list, 2 do
    if list[i] ~= agent and list[i + 1] > work.now then
      kept[#kept + 1] = list[i]
      kept[#kept + 1] = list[i + 1]
    end
  end
  kept[#kept + 1] = agent
  kept[#kept + 1] = work.now + ms
  return kept
end

-- The agent does not get the session for a while, if there are others; and for `firm_ms` not even then.
function routing.exclude(work, s, agent, exclusion_ms, firm_ms)
  s.excluded = with_agent(work, s.excluded, agent, exclusion_ms)
  s.firm_ms = math.max(s.firm_ms, work.now + math.min(firm_ms, exclusion_ms))
end

-- The agent gave the session to others of its own will: it does not get it for a while, whoever else is there.
function routing.give_away(work, s, agent, exclusion_ms)
  s.given = with_agent(work, s.given, agent, exclusion_ms)
end

-- The first time in a list of agents and times that is still to come, if it is before `due`.
local function first_end(work, list, due)
  for i = 2, #list, 2 do
    if list[i] > work.now and list[i] < due then
      due = list[i]
    end
  end
  return due
end

-- When to look at the session again; 0: when something happens to it.
function routing.due_of(work, s)
  if s.state == routing.OFFERED or s.state == routing.WRAP then
    return s.until_ms
  elseif s.state ~= routing.WAITING then
    return 0
  end
  local due = math.huge
  local limit = routing.spec(work, s.home).waiting_limit_ms
  if limit > 0 then
    due = s.since_ms + limit
  end
  if s.gone_ms > 0 then
    return math.min(due, s.gone_ms)
  end
  if s.sticky_ms > 0 then
    due = math.min(due, s.sticky_ms)
  end
  local spec = routing.spec(work, s.class)
  if spec.next ~= '' then
    due = math.min(due, s.group_ms + spec.next_after_ms)
  end
  due = first_end(work, s.given, first_end(work, s.excluded, due))
  if s.firm_ms > work.now then
    due = math.min(due, s.firm_ms)
  end
  return due == math.huge and 0 or due
end

-- Stands in its waiting set from here on. Whose buyer is away stands in none, and nobody gets it.
function routing.enqueue(work, s)
  if s.gone_ms > 0 then
    return
  end
  local class = work.classes[s.class]
  routing.load_counts(work, { class.waiting }) -- as it is before
  redis.call('ZADD', class.w, num(s.score), s.id)
  routing.add(work, class.waiting, 1)
  class.heads = nil
  s.queued = true
end

-- Takes the session out of its waiting set, if it stands there.
function routing.leave_queue(work, s)
  if s.queued then
    local class = work.classes[s.class]
    routing.load_counts(work, { class.waiting }) -- as it is before
    redis.call('ZREM', class.w, s.id)
    routing.add(work, class.waiting, -1)
    class.heads = nil
    s.queued = false
  end
end
