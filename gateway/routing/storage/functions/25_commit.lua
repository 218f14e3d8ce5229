-- What a call changed is written at its end: records, timers, the routing log, counters.

-- The counters of the session's group, its timer, its record. Records are written together, at the end.
local function store_session(work, s, records)
  if s.was ~= s.state or s.was_home ~= s.home then
    work.waiting = work.waiting + (s.state == routing.WAITING and 1 or 0) - (s.was == routing.WAITING and 1 or 0)
    local before, after = routing.names_of(s.was_home)[s.was], routing.names_of(s.home)[s.state]
    if before then
      routing.add(work, before, -1)
    end
    if after then
      routing.add(work, after, 1)
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
  records[#records + 1] = s.id
  records[#records + 1] = routing.pack_session(s)
end

local NOTHING = {}

-- Whole numbers as text: Redis takes longer for a number than for all the rest of a field. Most are small, or the time.
local small = {}

local function text(n)
  local known = small[n]
  if known then
    return known
  end
  known = string.format('%d', n)
  if n >= 0 and n < 1024 then
    small[n] = known
  end
  return known
end

local ENTRY_FORMAT = 1

-- What an entry of the log says beside the session, the cause and the time: the order is that in which rows.cc reads it,
-- and what a later format adds stands behind. One field instead of seventeen: each costs Redis as much as all of this.
local function pack_entry(work, s)
  local served = s.state == routing.OFFERED or s.state == routing.ACTIVE
  return cmsgpack.pack({
    ENTRY_FORMAT, work.epoch, s.state, s.agent, s.owner, s.fence, s.version, s.enqueue_ms, s.assign_ms, s.category,
    s.language, s.class, served and s.offer or 0, s.until_ms, s.held, s.moved and s.agent ~= '' and s.why or '',
    string.sub(s.class, 1, 1) == '@' and routing.names_of(s.home).group or '',
  })
end

local function write_session(work, s, records)
  s.version = s.version + 1
  if s.moved then
    s.fence = s.fence + 1
  end
  store_session(work, s, records)
  work.seq = work.seq + 1
  local now = work.now_text or text(work.now)
  work.now_text = now
  redis.call('XADD', work.keys.ev, text(work.seq) .. '-0', 's', s.id, 'w', s.cause, 'at', now, 'm', pack_entry(work, s))
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
    values[2 * i] = text(routing.count(work, fields[i]))
  end
  redis.call('HSET', work.keys.on, unpack(values))
end

-- Writes what changed and gives the function's answer: waiting, position in the routing log (0: nothing changed),
-- what to go on with, session rows, agent rows; then whatever else the operation answers.
function routing.commit(work, ...)
  local session_rows, agent_rows, records, agents = {}, {}, {}, {}
  for _, s in ipairs(work.stirred or NOTHING) do
    if not s.touched then
      store_session(work, s, records)
    end
  end
  for i, s in ipairs(work.changed_sessions) do
    write_session(work, s, records)
    session_rows[i] = routing.session_row(s, s.owner)
  end
  if #records > 0 then
    redis.call('HSET', work.keys.S, unpack(records))
  end
  for i, a in ipairs(work.changed_agents) do
    a.version = a.version + 1
    agents[2 * i - 1] = a.id
    agents[2 * i] = routing.pack_agent(a)
    agent_rows[i] = routing.agent_row(a)
  end
  if #agents > 0 then
    redis.call('HSET', work.keys.A, unpack(agents))
  end
  write_counts(work)
  local meta = { 'last_ms', work.now_text or text(work.now) }
  if work.new_shop then
    meta = { 'last_ms', text(work.now), 'routing_counted', '1', 'score_origin_ms', text(work.origin) }
  end
  local n = #meta
  for i = 1, OTHERS do
    local value = work[COUNTS[i]]
    if value ~= work.stored[i] then
      meta[n + 1], meta[n + 2] = COUNTERS[i], text(value)
      n = n + 2
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
