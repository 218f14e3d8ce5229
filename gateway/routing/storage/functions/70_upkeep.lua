-- Cursors and tombstones; and the check of everything against the sessions.

-- How many tombstones one call drops.
local MAX_DROPS = 100

-- Forgets sessions that were closed before `horizon`.
local function drop_tombstones(work, horizon)
  local ids = redis.call('ZRANGEBYSCORE', work.keys.done, '-inf', num(horizon), 'LIMIT', 0, MAX_DROPS)
  if #ids > 0 then
    redis.call('HDEL', work.keys.S, unpack(ids))
    redis.call('ZREM', work.keys.done, unpack(ids))
  end
end

-- advance_cursor: log, expected epoch, expected position, next epoch, next position, passed_ms ('' for now), margin_ms.
-- Answers 1 if the cursor stood at the expected place. "inquiries" drops the tombstones of sessions closed more than
-- margin_ms before passed_ms. (The routing log is trimmed by outbox_trim, behind all who read it.)
redis.register_function('gateway_advance_cursor_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local log, position = args[at], args[at + 4]
  local epoch_field, seq_field = 'cursor_epoch_' .. log, 'cursor_seq_' .. log
  local stored = redis.call('HMGET', work.keys.meta, epoch_field, seq_field)
  if (stored[1] or '0') ~= args[at + 1] or (stored[2] or '0') ~= args[at + 2] then
    return ok(0)
  end
  redis.call('HSET', work.keys.meta, epoch_field, args[at + 3], seq_field, position)
  if log == 'inquiries' then
    local passed = tonumber(args[at + 5]) or work.now
    drop_tombstones(work, math.min(passed, work.now) - tonumber(args[at + 6]))
  end
  return ok(1)
end)

-- Reconciliation. A session's record is the truth; everything else follows from it. It runs in pages, each atomic in
-- itself, in three rounds: sessions put what lacks into place, agents count anew, sets lose what does not belong.
-- Every repair is reported as "<what> <id>".

local function check_session(work, s, report)
  if not s.live and not redis.call('ZSCORE', work.keys.done, s.id) then
    redis.call('ZADD', work.keys.done, num(work.now), s.id)
    report('no tombstone', s.id)
  end
  local due, timed = routing.due_of(work, s), redis.call('ZSCORE', work.keys.tm, s.id)
  if due ~= (timed and tonumber(timed) or 0) or due ~= s.due_ms then
    s.due_ms = -1 -- whatever it was, it is written
    routing.stir_session(work, s)
    report('not timed', s.id)
  end
  if s.queued then
    local class = work.classes[s.class]
    local score = redis.call('ZSCORE', class.w, s.id)
    if not score or tonumber(score) ~= s.score then
      redis.call('ZADD', class.w, num(s.score), s.id)
      report('not queued', s.id)
    end
  elseif s.live and s.state ~= routing.WAITING then
    local a = routing.agent(work, s.agent)
    if not a then
      a = routing.new_agent(s.agent)
    end
    if not routing.contains(a.held, s.id) then
      a.held[#a.held + 1] = s.id
      a.used = a.used + s.weight
      routing.touch_agent(work, a)
      report('not held', s.id)
    end
  end
end

-- Who waits for one certain agent: at most a few.
local function check_personal(work, a, report)
  local class = work.classes['@' .. a.id]
  local counted, waiting = routing.count(work, class.waiting), 0
  for _, id in ipairs(redis.call('ZRANGE', class.w, 0, -1)) do
    local s = routing.session(work, id)
    if s and s.queued and s.class == class.name then
      waiting = waiting + 1
    else
      redis.call('ZREM', class.w, id)
      report('in waiting set in error', id)
    end
  end
  if counted ~= waiting then
    redis.call('HSET', work.keys.on, class.waiting, waiting)
    report('count', class.waiting)
  end
end

local function check_agent(work, a, report)
  local used, kept = 0, {}
  for _, id in ipairs(a.held) do
    local s = routing.session(work, id)
    if s and s.agent == a.id and s.live and not routing.contains(kept, id) then
      kept[#kept + 1] = id
      used = used + s.weight
    else
      report('held in error', id)
    end
  end
  if #kept ~= #a.held or used ~= a.used then
    if used ~= a.used then
      report('miscounted', a.id)
    end
    a.held, a.used = kept, used
    routing.touch_agent(work, a)
  end
  local lease = a.id .. '#' .. num(a.incarnation)
  if (a.readiness ~= routing.ABSENT or #kept > 0) and not redis.call('ZSCORE', work.keys.hb, lease) then
    redis.call('ZADD', work.keys.hb, num(work.now), lease)
    report('no lease', a.id)
  end
  for _, name in ipairs(a.classes) do
    local class = work.classes[name]
    local open = routing.eligible(a) and class.spec.strategy ~= routing.MANUAL_CLAIM
      and routing.has_room(a, class.spec.weight)
    local score = redis.call('ZSCORE', class.av, a.id)
    local wrong = open and (not score or tonumber(score) > routing.choice_score(work, a, class))
    if wrong then
      report('not available', a.id)
    end
    if wrong or (score and not open) then
      routing.refresh_class(work, a, class)
    end
  end
end

-- reconcile_records: "sessions" or "agents", cursor ("0" at first), count. Next cursor ("0" at the end), repairs,
-- agent rows.
redis.register_function('gateway_reconcile_records_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local sessions = args[at] == 'sessions'
  local scan = redis.call('HSCAN', sessions and work.keys.S or work.keys.A, args[at + 1], 'COUNT', args[at + 2])
  local records, classes = {}, {}
  for i = 1, #scan[2], 2 do
    if sessions then
      local s = routing.unpack_session(scan[2][i], scan[2][i + 1])
      work.sessions[s.id] = s
      records[#records + 1] = s
      if s.live then
        classes[s.class] = true
      end
    else
      local a = routing.unpack_agent(scan[2][i], scan[2][i + 1])
      work.agents[a.id] = a
      records[#records + 1] = a
      classes['@' .. a.id] = true
      for _, name in ipairs(a.classes) do
        classes[name] = true
      end
    end
  end
  local names = {}
  for name in pairs(classes) do
    names[#names + 1] = name
  end
  local stale = routing.undeclared(work, names)
  if stale then
    return stale
  end

  local repairs = {}
  local function report(what, id)
    repairs[#repairs + 1] = what .. ' ' .. id
  end
  for _, record in ipairs(records) do
    if sessions then
      check_session(work, record, report)
    else
      check_agent(work, record, report)
      check_personal(work, record, report)
    end
  end
  return routing.commit(work, scan[1], repairs)
end)

-- Whether a member of the set belongs there, by its record.
local function belongs(kind, class, packed)
  if not packed then
    return false
  elseif kind == 'available' then
    local a = routing.unpack_agent('', packed)
    return routing.eligible(a) and routing.contains(a.classes, class.name)
      and class.spec.strategy ~= routing.MANUAL_CLAIM
  end
  local state, where, gone_ms = routing.unpack_place(packed)
  if kind == 'closed' then
    return state == routing.CLOSED
  end
  return state == routing.WAITING and gone_ms == 0 and where == class.name
end

-- reconcile_set: "waiting" or "available" with a class, or "closed" with ''; cursor, count. Next cursor, repairs.
redis.register_function('gateway_reconcile_set_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  local kind, name = args[at], args[at + 1]
  if kind == 'live' then
    return ok('0', {}) -- releases before had an index of live sessions
  end
  local stale = kind ~= 'closed' and routing.undeclared(work, { name })
  if stale then
    return stale
  end
  local class = work.classes[name]
  local key = kind == 'waiting' and class.w or kind == 'available' and class.av or work.keys.done
  local scan = redis.call('ZSCAN', key, args[at + 2], 'COUNT', args[at + 3])
  local ids, repairs = {}, {}
  for i = 1, #scan[2], 2 do
    ids[#ids + 1] = scan[2][i]
  end
  local hash = kind == 'available' and work.keys.A or work.keys.S
  local records = #ids > 0 and redis.call('HMGET', hash, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    if not belongs(kind, class, records[i]) then
      redis.call('ZREM', key, id)
      repairs[#repairs + 1] = 'in ' .. kind .. ' set in error ' .. id
    end
  end
  return ok(scan[1], repairs)
end)

-- Counters are right only if nothing changes while they are counted.

-- Agents that serve a class and are eligible: about 2 µs for each agent.
local function count_agents(work, counts)
  local agents = redis.call('HGETALL', work.keys.A)
  for i = 1, #agents, 2 do
    local a = routing.unpack_agent(agents[i], agents[i + 1])
    if routing.eligible(a) then
      for _, name in ipairs(a.classes) do
        counts[name] = (counts[name] or 0) + 1
      end
    end
  end
end

-- Live sessions by state and group, and how many wait in all: about 4 µs for each session.
local function count_sessions(work, counts)
  local waiting, sessions = 0, redis.call('HGETALL', work.keys.S)
  for i = 1, #sessions, 2 do
    local s = routing.unpack_session(sessions[i], sessions[i + 1])
    local field = routing.names_of(s.home)[s.state]
    if field then
      counts[field] = (counts[field] or 0) + 1
      waiting = waiting + (s.state == routing.WAITING and 1 or 0)
    end
  end
  return waiting
end

-- Whether the counts of sessions may be right, at a glance: their sum is that of the records without a tombstone.
local function sums_are_right(work, stored)
  local sum, waiting = 0, 0
  for field, count in pairs(stored) do
    local state = string.match(field, '^(%a+:)')
    if state == 'waiting:' then
      waiting = waiting + count
    end
    if state == 'waiting:' or state == 'offered:' or state == 'active:' or state == 'wrap:' then
      sum = sum + count
    end
  end
  return waiting == work.waiting and sum == redis.call('HLEN', work.keys.S) - redis.call('ZCARD', work.keys.done)
end

local function repair_counts(work, counts, stored)
  local repairs = {}
  for field, count in pairs(counts) do
    if (stored[field] or 0) ~= count then
      redis.call('HSET', work.keys.on, field, count)
      local plain = not string.find(field, ':', 1, true)
      repairs[#repairs + 1] = (plain and 'online count of class ' or 'count ') .. field
    end
  end
  return repairs
end

-- Counts agents and waiting sets of the declared classes anew, and sessions if `sessions` or if their sums cannot be
-- right; what was wrong.
function routing.recount(work, sessions)
  local stored, counts = {}, {}
  local fields = redis.call('HGETALL', work.keys.on)
  for i = 1, #fields, 2 do
    local field = fields[i]
    -- A day's figures are nobody's to repair.
    if field ~= 'day' and field ~= 'spread' then
      stored[field] = tonumber(fields[i + 1])
      if not string.find(field, ':', 1, true) then
        counts[field] = 0
      end
    end
  end
  count_agents(work, counts)
  for _, name in ipairs(routing.class_names(work)) do
    local class = work.classes[name]
    counts[name] = counts[name] or 0
    counts[class.waiting] = redis.call('ZCARD', class.w)
  end
  local waiting = work.waiting
  if sessions or not sums_are_right(work, stored) then
    for field in pairs(stored) do
      local state = string.match(field, '^(%a+:)')
      if state == 'waiting:' or state == 'offered:' or state == 'active:' or state == 'wrap:' then
        counts[field] = 0
      end
    end
    waiting = count_sessions(work, counts)
  end
  local repairs = repair_counts(work, counts, stored)
  if waiting ~= work.waiting then
    work.waiting = waiting
    repairs[#repairs + 1] = 'waiting count'
  end
  work.counts = {}
  return repairs
end

-- reconcile_counts: all classes of the shop must be declared. Repairs.
redis.register_function('gateway_reconcile_counts_v1', function(keys, args)
  local work, at = routing.begin(keys, args)
  if not work then
    return at
  end
  return routing.commit(work, routing.recount(work, false))
end)
