-- The unit of work of one function call: what it has read, what it will write.
--
-- Keys of every routing function, in this order: meta, S, A, ev, hb, done, live, on, tm; then the waiting set and the
-- availability set of each class that the caller declares.
-- Arguments: now_ms, version of the shop's routing configuration, number of classes, then name and weight of each
-- class (the weight counts in a shop without a plan only), then the operation's own.
--
-- Redis writes whole numbers below 2^53 as they are; only what goes into other text needs num().
--
-- (`live` was an index of releases before.)
-- Sets of sessions and agents change at once, since matching reads them; records, timers, the routing log and the
-- counters are written by `commit` (25_commit.lua). An operation makes all its checks before its first write.

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

-- Counters of `meta` that a call may change, and what the work calls them.
local COUNTERS = { 'routing_seq', 'routing_waiting', 'routing_arrivals', 'routing_closed', 'routing_turn',
  'routing_abandoned', 'routing_order' }
local COUNTS = { 'seq', 'waiting', 'arrivals', 'closed', 'turn', 'abandoned', 'order' }
local OTHERS = #COUNTERS

-- Where a class stands among the declared ones; nil if it does not. Mostly they are asked for in their order.
local function place_of(work, name)
  local args, at = work.args, work.place + 1
  if at <= work.declared and args[2 + 2 * at] == name then
    work.place = at
    return at
  end
  for i = 1, work.declared do
    if args[2 + 2 * i] == name then
      work.place = i
      return i
    end
  end
end

-- The classes that a caller declared, by name. Many declare all there are and touch few: each is made when it is asked
-- for. The work stands under 0.
local CLASSES = {
  __index = function(classes, name)
    local work = rawget(classes, 0)
    local i = place_of(work, name)
    if not i then
      return nil
    end
    local class = {
      name = name,
      spec = routing.spec_of(work.plan, name, tonumber(work.args[3 + 2 * i])),
      waiting = routing.names_of(name).in_set,
      w = work.declared_keys[routing.FIXED_KEYS - 1 + 2 * i],
      av = work.declared_keys[routing.FIXED_KEYS + 2 * i],
    }
    classes[name] = class
    return class
  end,
}

-- Lua collects garbage in steps, by default twice as much as was made meanwhile, which then makes one call in a hundred
-- twice as long. Half of what was made is enough: what lives is always the same.
local tuned = false
local function tune_collector()
  if not tuned then
    collectgarbage('setstepmul', 60)
    tuned = true
  end
end

-- The work and the position of the operation's first argument; or nil and the error to answer. With `any_config`
-- whatever configuration the caller believes in force.
function routing.begin(keys, args, any_config)
  tune_collector()
  local meta = redis.call('HMGET', keys[1], 'routing_seq', 'routing_waiting', 'routing_arrivals', 'routing_closed',
    'routing_turn', 'routing_abandoned', 'routing_order', 'last_ms', 'routing_config', 'score_origin_ms',
    'routing_plan', 'day_offset_ms', 'store_epoch', 'routing_counted')
  local last, config, origin = meta[OTHERS + 1], meta[OTHERS + 2] or '0', meta[OTHERS + 3]
  if config ~= args[2] and not any_config then
    return nil, err('ABORTED', 'STALE_CONFIG', 'The routing configuration changed; read it and call again.',
      'config_version', config)
  end
  local now = clock_ms(args[1])
  last = tonumber(last or 0)
  if now < last then
    now = last
  end
  local day_offset_ms = tonumber(meta[OTHERS + 5] or 0)
  local work = {
    now = now,
    config = tonumber(config),
    plan = routing.plan_of(keys[1], meta[OTHERS + 4]),
    keys = { meta = keys[1], S = keys[2], A = keys[3], ev = keys[4], hb = keys[5], done = keys[6], live = keys[7],
      on = keys[8], tm = keys[9] },
    args = args,
    declared_keys = keys,
    declared = tonumber(args[3]),
    -- Scores count from here, which keeps them below 2^53.
    origin = tonumber(origin) or now,
    new_shop = not origin,
    day_offset_ms = day_offset_ms,
    day = math.floor((now + day_offset_ms) / routing.DAY_MS),
    epoch = tonumber(meta[OTHERS + 6] or 1),
    -- Whether the counters of `on` are all kept: releases before plans had fewer.
    counted = meta[OTHERS + 7] or not origin,
    place = 0, -- of the declared class that was asked for last
    classes = false,
    sessions = {},
    agents = {},
    changed_sessions = {},
    changed_agents = {},
    counts = {}, -- as stored
    added = {}, -- by this call
    stored = { 0, 0, 0, 0, 0, 0, 0 }, -- what COUNTERS names, as it was read
    seq = 0,
    waiting = 0,
    arrivals = 0,
    closed = 0,
    turn = 0,
    abandoned = 0,
    order = 0,
    matches = routing.MAX_MATCHES,
    rewrites = routing.MAX_REWRITES,
    again = {},
  }
  for i = 1, OTHERS do
    local value = tonumber(meta[i] or 0)
    work.stored[i] = value
    work[COUNTS[i]] = value
  end
  work.classes = setmetatable({ [0] = work }, CLASSES)
  return work, 4 + 2 * work.declared
end

-- The names that the caller declared.
function routing.class_names(work)
  local names = {}
  for i = 1, work.declared do
    names[i] = work.args[2 + 2 * i]
  end
  return names
end

-- How a class is served; it need not be declared.
function routing.spec(work, name)
  local spec = work.plan and work.plan.specs[name]
  if spec then
    return spec
  end
  local class = work.classes[name]
  return class and class.spec or routing.spec_of(work.plan, name)
end

-- The size of the waiting set that this counter counts; nil if it counts anything else, or a class not declared.
local function size_of(work, field)
  local class = string.sub(field, 1, 2) == 'w:' and work.classes[string.sub(field, 3)]
  return class and redis.call('ZCARD', class.w)
end

-- Counters of the hash `on`. What a call adds is written when it commits. A waiting set that was not counted yet, since
-- the release before did not, is.
function routing.load_counts(work, fields)
  local counts = work.counts
  local missing, n = {}, 0
  for i = 1, #fields do
    local field = fields[i]
    if not counts[field] then
      n = n + 1
      missing[n] = field
    end
  end
  if n == 0 then
    return
  end
  local values = redis.call('HMGET', work.keys.on, unpack(missing))
  for i = 1, n do
    local field, value = missing[i], values[i]
    counts[field] = value and tonumber(value) or not work.counted and size_of(work, field) or 0
  end
end

function routing.count(work, field)
  local counted = work.counts[field]
  if not counted then
    routing.load_counts(work, { field })
    counted = work.counts[field]
  end
  return counted + (work.added[field] or 0)
end

function routing.add(work, field, n)
  work.added[field] = (work.added[field] or 0) + n
end

-- The error that asks the caller to declare the classes that these lists name and it did not; nil if none is missing.
function routing.undeclared(work, ...)
  local args, at, last = work.args, 0, work.declared
  local missing, seen
  for i = 1, select('#', ...) do
    local names = select(i, ...)
    for j = 1, #names do
      local name = names[j]
      -- Mostly in the order in which they were declared.
      if at < last and args[4 + 2 * at] == name then
        at = at + 1
      elseif not place_of(work, name) then
        missing, seen = missing or {}, seen or {}
        if not seen[name] then
          seen[name] = true
          missing[#missing + 1] = name
        end
      end
    end
  end
  if missing then
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
