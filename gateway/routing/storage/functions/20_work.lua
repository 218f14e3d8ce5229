-- The unit of work of one function call: what it has read, what it will write.
--
-- Keys of every routing function, in this order: meta, S, A, ev, hb, done, live, on, tm; then the waiting set and the
-- availability set of each class that the caller declares.
-- Arguments: now_ms, version of the shop's routing configuration, number of classes, then name and weight of each
-- class (the weight counts in a shop without a plan only), then the operation's own.
--
-- Redis writes whole numbers below 2^53 as they are; only what goes into other text needs num().
--
-- Sets of sessions and agents change at once, since matching reads them; records, timers, the routing log and the
-- counters are written by `commit`. An operation makes all its checks before its first write.

-- One call assigns at most so many sessions, corrects so many availability scores, and passes over so many sessions
-- that exclude the agent, because a function blocks its node; what is left over is named in the answer (`again`) and
-- done by further calls.
routing.MAX_MATCHES = 8
routing.MAX_REWRITES = 32
routing.MAX_SKIPS = 32
routing.FIXED_KEYS = 9
routing.DAY_MS = 86400000

-- What else than a class or an agent a call may ask to go on with: an agent whose sessions have to go, one whose
-- offers have to be taken back, a class that is no more.
routing.LEAVE, routing.RECALL, routing.RETIRE = 'leave:', 'recall:', 'retire:'

-- Counters of `meta` that a call may change.
local META = { routing_seq = 'seq', routing_waiting = 'waiting', routing_arrivals = 'arrivals',
  routing_closed = 'closed', score_origin_ms = 'origin', routing_turn = 'turn', routing_abandoned = 'abandoned' }

-- The classes that a caller declared, by name. Many declare all there are and touch few: each is made when it is asked
-- for.
local function declared_classes(work, keys, args, count)
  local places = {}
  for i = 1, count do
    places[args[2 + 2 * i]] = i
  end
  return setmetatable({}, {
    __index = function(classes, name)
      local i = places[name]
      if not i then
        return nil
      end
      local class = {
        name = name,
        spec = routing.spec_of(work.plan, name, tonumber(args[3 + 2 * i])),
        waiting = 'w:' .. name,
        w = keys[routing.FIXED_KEYS - 1 + 2 * i],
        av = keys[routing.FIXED_KEYS + 2 * i],
      }
      classes[name] = class
      return class
    end,
  })
end

-- The work and the position of the operation's first argument; or nil and the error to answer. With `any_config`
-- whatever configuration the caller believes in force.
function routing.begin(keys, args, any_config)
  local meta = redis.call('HMGET', keys[1], 'last_ms', 'routing_config', 'routing_seq', 'routing_waiting',
    'routing_arrivals', 'routing_closed', 'score_origin_ms', 'routing_plan', 'routing_turn', 'routing_abandoned',
    'day_offset_ms', 'store_epoch', 'routing_counted')
  local config = meta[2] or '0'
  if config ~= args[2] and not any_config then
    return nil, err('ABORTED', 'STALE_CONFIG', 'The routing configuration changed; read it and call again.',
      'config_version', config)
  end
  local now = clock_ms(args[1])
  local last = tonumber(meta[1] or '0')
  if now < last then
    now = last
  end
  local work = {
    now = now,
    config = tonumber(config),
    plan = routing.plan_of(keys[1], meta[8]),
    keys = { meta = keys[1], S = keys[2], A = keys[3], ev = keys[4], hb = keys[5], done = keys[6], live = keys[7],
      on = keys[8], tm = keys[9] },
    seq = tonumber(meta[3] or '0'),
    waiting = tonumber(meta[4] or '0'),
    arrivals = tonumber(meta[5] or '0'),
    closed = tonumber(meta[6] or '0'),
    -- Scores count from here, which keeps them below 2^53.
    origin = tonumber(meta[7] or num(now)),
    turn = tonumber(meta[9] or '0'),
    abandoned = tonumber(meta[10] or '0'),
    day_offset_ms = tonumber(meta[11] or '0'),
    epoch = meta[12] or '1',
    -- Whether the counters of `on` are all kept: releases before plans had fewer.
    counted = meta[13] or not meta[7],
    class_names = function()
      local names = {}
      for i = 1, tonumber(args[3]) do
        names[i] = args[2 + 2 * i]
      end
      return names
    end,
    sessions = {},
    agents = {},
    changed_sessions = {},
    changed_agents = {},
    counts = {}, -- as stored
    added = {}, -- by this call
    stored = {}, -- what META names, as it was read
    matches = routing.MAX_MATCHES,
    rewrites = routing.MAX_REWRITES,
    again = {},
  }
  for _, name in pairs(META) do
    work.stored[name] = work[name]
  end
  if not meta[7] then
    work.stored.origin = nil
  end
  work.day = math.floor((now + work.day_offset_ms) / routing.DAY_MS)
  local count = tonumber(args[3])
  work.classes = declared_classes(work, keys, args, count)
  return work, 4 + 2 * count
end

-- How a class is served; it need not be declared.
function routing.spec(work, name)
  local class = work.classes[name]
  return class and class.spec or routing.spec_of(work.plan, name)
end

-- Counters of the hash `on`. What a call adds is written when it commits. A waiting set that was not counted yet, since
-- the release before did not, is.
function routing.load_counts(work, fields)
  local missing = {}
  for _, field in ipairs(fields) do
    if not work.counts[field] then
      missing[#missing + 1] = field
    end
  end
  if #missing == 0 then
    return
  end
  local values = redis.call('HMGET', work.keys.on, unpack(missing))
  for i, field in ipairs(missing) do
    local class = not values[i] and string.sub(field, 1, 2) == 'w:' and work.classes[string.sub(field, 3)]
    work.counts[field] = class and redis.call('ZCARD', class.w) or tonumber(values[i] or '0')
  end
end

function routing.count(work, field)
  if not work.counts[field] then
    routing.load_counts(work, { field })
  end
  return work.counts[field] + (work.added[field] or 0)
end

function routing.add(work, field, n)
  work.added[field] = (work.added[field] or 0) + n
end

-- The error that asks the caller to declare the classes that these lists name and it did not; nil if none is missing.
function routing.undeclared(work, ...)
  local missing, seen = {}, {}
  for _, names in ipairs({ ... }) do
    for _, name in ipairs(names) do
      if not work.classes[name] and not seen[name] then
        seen[name] = true
        missing[#missing + 1] = name
      end
    end
  end
  if #missing > 0 then
    return err('ABORTED', 'STALE_CLASSES', 'The operation touches classes that were not declared; call again.',
      'classes', table.concat(missing, ' '))
  end
end

-- The session, or false.
function routing.session(work, id)
  local s = work.sessions[id]
  if s == nil then
    local packed = redis.call('HGET', work.keys.S, id)
    s = packed and routing.unpack_session(id, packed)
    work.sessions[id] = s
  end
  return s
end

-- The agent, or false.
function routing.agent(work, id)
  local a = work.agents[id]
  if a == nil then
    local packed = redis.call('HGET', work.keys.A, id)
    a = packed and routing.unpack_agent(id, packed)
    work.agents[id] = a
  end
  return a
end

-- Marks a session as changed. `cause` says why and goes into the routing log.
function routing.touch_session(work, s, cause)
  if not s.touched then
    s.touched = true
    work.sessions[s.id] = s
    work.changed_sessions[#work.changed_sessions + 1] = s
  end
  s.cause = cause
end

function routing.touch_agent(work, a)
  if not a.touched then
    a.touched = true
    work.agents[a.id] = a
    work.changed_agents[#work.changed_agents + 1] = a
  end
end

-- Asks for a further call that goes on with an agent (its id) or a class (its name).
function routing.ask_again(work, target)
  for _, known in ipairs(work.again) do
    if known == target then
      return
    end
  end
  work.again[#work.again + 1] = target
end

-- Asks for a further look at a session whose record changes without a change that anybody is told of: where it stands
-- and when it is looked at next.
function routing.stir_session(work, s)
  if not s.touched and not s.stirred then
    s.stirred = true
    work.sessions[s.id] = s
    work.stirred = work.stirred or {}
    work.stirred[#work.stirred + 1] = s
  end
end

local COUNTED = { [routing.WAITING] = 'waiting:', [routing.OFFERED] = 'offered:', [routing.ACTIVE] = 'active:',
  [routing.WRAP] = 'wrap:' }

-- The counters of the session's group, its timer, its record.
local function store_session(work, s)
  if s.was ~= s.state or s.was_home ~= s.home then
    work.waiting = work.waiting + (s.state == routing.WAITING and 1 or 0) - (s.was == routing.WAITING and 1 or 0)
    local before, after = COUNTED[s.was], COUNTED[s.state]
    if before then
      routing.add(work, before .. routing.group_of(s.was_home), -1)
    end
    if after then
      routing.add(work, after .. routing.group_of(s.home), 1)
    end
  end
  local due = routing.due_of(work, s)
  if due ~= s.due_ms then
    if due > 0 then
      redis.call('ZADD', work.keys.tm, num(due), s.id)
    else
      redis.call('ZREM', work.keys.tm, s.id)
    end
    s.due_ms = due
  end
  redis.call('HSET', work.keys.S, s.id, routing.pack_session(s))
end

local function write_session(work, s)
  s.version = s.version + 1
  if s.moved then
    s.fence = s.fence + 1
  end
  local live = s.state ~= routing.CLOSED
  if live and not s.live then
    redis.call('ZADD', work.keys.live, 0, s.id)
  elseif s.live and not live then
    redis.call('ZREM', work.keys.live, s.id)
  end
  store_session(work, s)
  work.seq = work.seq + 1
  local entry = { 's', s.id, 'st', s.state, 'a', s.agent, 'p', s.owner, 'f', s.fence, 'v', s.version,
    'e', s.enqueue_ms, 't', s.assign_ms, 'c', s.category, 'l', s.language, 'w', s.cause, 'at', work.now,
    'ep', work.epoch, 'cl', s.class }
  local n = #entry
  -- What most entries do without.
  local function add(name, value)
    entry[n + 1], entry[n + 2] = name, value
    n = n + 2
  end
  if string.sub(s.class, 1, 1) == '@' then
    add('g', routing.group_of(s.home))
  end
  if s.offer > 0 and (s.state == routing.OFFERED or s.state == routing.ACTIVE) then
    add('o', s.offer)
  end
  if s.until_ms > 0 then
    add('u', s.until_ms)
  end
  if s.held == 1 then
    add('h', 1)
  end
  if s.moved and s.agent ~= '' then
    add('x', s.why)
  end
  redis.call('XADD', work.keys.ev, num(work.seq) .. '-0', unpack(entry))
end

-- The counters of a day go when another one begins.
local function turn_day(work)
  local stored = redis.call('HGETALL', work.keys.on)
  local old = {}
  for i = 1, #stored, 2 do
    if string.sub(stored[i], 1, 2) == 'd:' then
      old[#old + 1] = stored[i]
      work.counts[stored[i]] = 0
    end
  end
  if #old > 0 then
    redis.call('HDEL', work.keys.on, unpack(old))
  end
  redis.call('HSET', work.keys.on, 'day', num(work.day))
end

local function write_counts(work)
  local fields, daily = {}, false
  for field, n in pairs(work.added) do
    if n ~= 0 then
      fields[#fields + 1] = field
      daily = daily or string.sub(field, 1, 2) == 'd:'
    end
  end
  if #fields == 0 then
    return
  end
  local known = #fields
  fields[known + 1] = daily and 'day' or nil
  routing.load_counts(work, fields)
  if daily and work.counts.day ~= work.day then
    turn_day(work)
  end
  local values = {}
  for i = 1, known do
    values[2 * i - 1] = fields[i]
    values[2 * i] = routing.count(work, fields[i])
  end
  redis.call('HSET', work.keys.on, unpack(values))
end

-- Writes what changed and gives the function's answer: waiting, position in the routing log (0: nothing changed),
-- what to go on with, session rows, agent rows; then whatever else the operation answers.
function routing.commit(work, ...)
  local session_rows, agent_rows = {}, {}
  for _, s in ipairs(work.stirred or {}) do
    if not s.touched then
      store_session(work, s)
    end
  end
  for i, s in ipairs(work.changed_sessions) do
    write_session(work, s)
    session_rows[i] = routing.session_row(s, s.owner)
  end
  for i, a in ipairs(work.changed_agents) do
    a.version = a.version + 1
    redis.call('HSET', work.keys.A, a.id, routing.pack_agent(a))
    agent_rows[i] = routing.agent_row(a)
  end
  write_counts(work)
  local meta = { 'last_ms', work.now }
  if not work.stored.origin then
    meta[3], meta[4] = 'routing_counted', 1
  end
  for field, name in pairs(META) do
    if work[name] ~= work.stored[name] then
      meta[#meta + 1] = field
      meta[#meta + 1] = work[name]
    end
  end
  redis.call('HSET', work.keys.meta, unpack(meta))
  local event_seq = #session_rows > 0 and work.seq or 0
  return ok(work.waiting, event_seq, work.again, session_rows, agent_rows, ...)
end

-- The answer of a call that changes nothing; nothing is written.
function routing.unchanged(work, ...)
  return ok(work.waiting, 0, {}, {}, {}, ...)
end
