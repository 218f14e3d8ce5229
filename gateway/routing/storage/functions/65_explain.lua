-- Why a session waits or is where it is, how far it is from its turn, and the figures of the groups. Nothing is written.

-- How many agents of a class, and how many of a waiting set, are looked at.
local LOOK = 20

-- Sessions of the same group that are served before this one: in all classes that its group has.
local function count_ahead(work, s)
  local ahead = 0
  for _, name in ipairs(routing.chain(work, s.home)) do
    local score = '(' .. num(s.score)
    ahead = ahead + redis.call('ZCOUNT', work.classes[name].w, '-inf', score)
  end
  return ahead
end

-- Of the agents in a class: how many have room, and the one that is chosen next for this session ('' for nobody).
local function look_at_agents(work, class, s)
  local found = redis.call('ZRANGE', class.av, 0, LOOK - 1)
  local with_room, best, best_score = 0, '', nil
  for _, id in ipairs(found) do
    local a = routing.agent(work, id)
    if a and routing.eligible(a) and routing.has_room(a, class.spec.weight) then
      with_room = with_room + 1
      local score = routing.choice_score(work, a, class)
      if not routing.is_excluded(work, s, a) and (not best_score or score < best_score) then
        best, best_score = id, score
      end
    end
  end
  return with_room, best
end

local function still_excluded(work, s)
  local found = {}
  for _, list in ipairs({ s.given, s.excluded }) do
    for i = 1, #list, 2 do
      if list[i + 1] > work.now then
        found[#found + 1] = list[i]
        found[#found + 1] = num(list[i + 1])
      end
    end
  end
  return found
end

local function found_or_refused(work, id)
  local s = routing.session(work, id)
  if not s or s.version == 0 then
    return nil, routing.no_such_session()
  end
  local stale = s.state == routing.WAITING and routing.undeclared(work, routing.chain(work, s.home), { s.class })
  if stale then
    return nil, stale
  end
  return s
end

-- explain: session. Its row; while it waits: how many are before it, agents online in its class, with room, whom it
-- excludes (agent and until when, in turn), the next step and when (0: none), until when it waits for its last agent,
-- for its buyer, and at all (0: not, or for ever), who is served next in its class, and by whom.
routing.reads('gateway_explain_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s, refused = found_or_refused(work, args[at])
  if not s then
    return refused
  elseif s.state ~= routing.WAITING then
    return ok(routing.session_row(s), 0, 0, 0, {}, '', 0, 0, 0, 0, '', '')
  end
  local class = work.classes[s.class]
  local with_room, next_agent = look_at_agents(work, class, s)
  local limit = routing.spec(work, s.home).waiting_limit_ms
  return ok(routing.session_row(s), count_ahead(work, s), routing.count(work, s.class), with_room,
    still_excluded(work, s), class.spec.next,
    class.spec.next ~= '' and num(s.group_ms + class.spec.next_after_ms) or 0, num(s.sticky_ms), num(s.gone_ms),
    limit > 0 and num(s.since_ms + limit) or 0, redis.call('ZRANGE', class.w, 0, 0)[1] or '', next_agent)
end)

-- count_ahead: session.
routing.reads('gateway_count_ahead_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local s, refused = found_or_refused(work, args[at])
  if not s then
    return refused
  end
  return ok(s.state == routing.WAITING and count_ahead(work, s) or 0)
end)

-- When the session came that has been here longest of those that are served next in a class; 0: nobody waits.
local function oldest_in(work, class)
  local oldest = 0
  for _, id in ipairs(redis.call('ZRANGE', class.w, 0, LOOK - 1)) do
    local s = routing.session(work, id)
    if s and (oldest == 0 or s.enqueue_ms < oldest) then
      oldest = s.enqueue_ms
    end
  end
  return oldest
end

-- read_board. The counters, name and value in turn, those of an earlier day left out; then for each declared class its
-- name, the agents that serve it and are online, and when its oldest session came.
routing.reads('gateway_read_board_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local stored = redis.call('HGETALL', work.keys.on)
  local today = routing.count(work, 'day') == work.day
  local counters, oldest = {}, {}
  for i = 1, #stored, 2 do
    if today or string.sub(stored[i], 1, 2) ~= 'd:' then
      counters[#counters + 1] = stored[i]
      counters[#counters + 1] = stored[i + 1]
    end
  end
  for _, name in ipairs(routing.class_names(work)) do
    local class = work.classes[name]
    oldest[#oldest + 1] = name
    oldest[#oldest + 1] = routing.count(work, name)
    oldest[#oldest + 1] = num(routing.count(work, class.waiting) > 0 and oldest_in(work, class) or 0)
  end
  return ok(counters, oldest)
end)
