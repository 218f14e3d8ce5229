-- Routing's records: how a session and an agent are packed into the hashes `S` and `A`.
--
-- A packed record is an array whose first element is its schema version. A release that knows a newer schema appends
-- fields; this one carries them along untouched, so that two releases can run side by side. A record of an older
-- schema is brought up to date when it is read (`upgrades`).
--
-- Everything of routing hangs on one table, because a function library is one chunk and a chunk has 200 locals.
local routing = {}

routing.SCHEMA = 2

-- As kefu.gateway.v1.Session.State.
routing.WAITING, routing.OFFERED, routing.ACTIVE, routing.WRAP, routing.CLOSED = 1, 2, 3, 4, 5
-- As kefu.gateway.v1.Presence.
routing.ONLINE, routing.BUSY, routing.BREAK, routing.HUNG_UP, routing.OFFLINE = 1, 2, 3, 4, 5
-- As kefu.gateway.v1.Readiness; ABSENT: not connected.
routing.ABSENT, routing.READY, routing.MISSED, routing.SUSPECT = 0, 1, 2, 3

-- Whom a session goes to, as in domain/classes.h.
routing.LEAST_LOADED, routing.LONGEST_IDLE, routing.ROUND_ROBIN = 1, 2, 3
routing.HIGHEST_LEVEL, routing.FEWEST_TODAY, routing.MANUAL_CLAIM = 4, 5, 6
routing.DIRECT, routing.OFFER = 1, 2

local SESSION_FIELDS, AGENT_FIELDS = 28, 18

-- upgrades[v] turns the array of schema v into that of schema v + 1.
routing.session_upgrades = {
  function(f)
    local waits = f[2] == routing.WAITING
    -- Whatever stands in `tm` is written anew: no time is -1.
    local more = { f[3], f[11], waits and f[11] or 0, 0, 0, waits and -1 or 0, 0, 0, 0, 0, '' }
    for i, value in ipairs(more) do
      f[17 + i] = value
    end
    f[1] = 2
    return f
  end,
}
routing.agent_upgrades = {
  function(f)
    local more = { 0, {}, 0, 0, 0, 0 }
    for i, value in ipairs(more) do
      f[12 + i] = value
    end
    f[1] = 2
    return f
  end,
}

local function current(packed, upgrades)
  local fields = cmsgpack.unpack(packed)
  while fields[1] < routing.SCHEMA do
    fields = upgrades[fields[1]](fields)
  end
  return fields
end

local function append_unknown(fields, known, raw)
  if raw and #raw > known then
    fields[1] = raw[1]
    for i = known + 1, #raw do
      fields[i] = raw[i]
    end
  end
  return cmsgpack.pack(fields)
end

-- A session in memory. Beside what is stored: `owner` is who owned it when it was read, `queued` whether it stands in
-- its waiting set, `live` whether it stands in the index of live sessions, `moved` that its fence has to rise, `was` and
-- `was_home` what the counters of its group know of it.
function routing.unpack_session(id, packed)
  local f = current(packed, routing.session_upgrades)
  return {
    id = id,
    state = f[2],
    class = f[3],
    score = f[4],
    weight = f[5],
    boost_ms = f[6],
    agent = f[7],
    fence = f[8],
    version = f[9],
    life = f[10],
    enqueue_ms = f[11],
    assign_ms = f[12],
    last_agent = f[13],
    cause = f[14],
    category = f[15],
    language = f[16],
    excluded = f[17], -- agent, until when (ms), agent, …
    home = f[18], -- the first class of its group
    group_ms = f[19], -- in that group since; relaxation counts from here
    since_ms = f[20], -- waits at a stretch since; 0: does not
    offer = f[21], -- of the pending offer, or of the one that was accepted last
    until_ms = f[22], -- end of the offer or of the wrap-up
    due_ms = f[23], -- where it stands in `tm`; 0: not there
    firm_ms = f[24], -- until then exclusions hold even if nobody else is there
    gone_ms = f[25], -- the buyer is away: until when it is waited for; 0: the buyer is there
    sticky_ms = f[26], -- until when it waits for its last agent
    held = f[27], -- 1: on hold
    why = f[28], -- of the last assignment (35_matching.lua)
    raw = f,
    owner = f[7],
    queued = f[2] == routing.WAITING and f[25] == 0,
    live = f[2] ~= routing.CLOSED,
    moved = false,
    was = f[2],
    was_home = f[18],
  }
end

function routing.pack_session(s)
  return append_unknown({
    routing.SCHEMA, s.state, s.class, s.score, s.weight, s.boost_ms, s.agent, s.fence, s.version, s.life,
    s.enqueue_ms, s.assign_ms, s.last_agent, s.cause, s.category, s.language, s.excluded, s.home, s.group_ms,
    s.since_ms, s.offer, s.until_ms, s.due_ms, s.firm_ms, s.gone_ms, s.sticky_ms, s.held, s.why,
  }, SESSION_FIELDS, s.raw)
end

function routing.new_session(id)
  return {
    id = id, state = routing.CLOSED, class = '', score = 0, weight = 0, boost_ms = 0, agent = '', fence = 0,
    version = 0, life = 0, enqueue_ms = 0, assign_ms = 0, last_agent = '', cause = '', category = 0, language = '',
    excluded = {}, home = '', group_ms = 0, since_ms = 0, offer = 0, until_ms = 0, due_ms = 0, firm_ms = 0,
    gone_ms = 0, sticky_ms = 0, held = 0, why = '', owner = '', queued = false, live = false, moved = false,
    was = routing.CLOSED, was_home = '',
  }
end

function routing.unpack_agent(id, packed)
  local f = current(packed, routing.agent_upgrades)
  local a = {
    id = id,
    incarnation = f[2],
    config_version = f[3],
    disabled = f[4],
    presence = f[5],
    readiness = f[6],
    capacity = f[7],
    used = f[8],
    last_assigned_ms = f[9],
    version = f[10],
    classes = f[11],
    held = f[12], -- ids of the sessions it owns or is offered, in the order in which they came
    plan_version = f[13], -- of the plan that its classes come from
    levels = f[14], -- how well it serves each of its classes; may be shorter
    turn = f[15], -- number of its last assignment, over the whole shop
    day = f[16], -- of its last assignment
    today = f[17], -- assignments on that day
    missed = f[18], -- offers in a row
    raw = f,
  }
  routing.remember_bounds(a)
  return a
end

-- Incarnation and readiness only: heartbeats look at thousands of records a second.
function routing.unpack_connection(packed)
  local f = current(packed, routing.agent_upgrades)
  return f[2], f[6]
end

function routing.pack_agent(a)
  return append_unknown({
    routing.SCHEMA, a.incarnation, a.config_version, a.disabled, a.presence, a.readiness, a.capacity, a.used,
    a.last_assigned_ms, a.version, a.classes, a.held, a.plan_version, a.levels, a.turn, a.day, a.today, a.missed,
  }, AGENT_FIELDS, a.raw)
end

function routing.new_agent(id)
  return {
    id = id, incarnation = 0, config_version = 0, disabled = 0, presence = routing.OFFLINE,
    readiness = routing.ABSENT, capacity = 0, used = 0, last_assigned_ms = 0, version = 0, classes = {}, held = {},
    plan_version = 0, levels = {}, turn = 0, day = 0, today = 0, missed = 0,
  }
end

-- What callers get to see of a session: session, state, agent, previous owner, fence, version, enqueue and assign
-- time, category, language, cause; class, offer, end of the offer or wrap-up, on hold (0 or 1), why it was assigned,
-- group.
function routing.session_row(s, previous)
  return {
    s.id, s.state, s.agent, previous or '', s.fence, s.version, s.enqueue_ms, s.assign_ms, s.category, s.language,
    s.cause, s.class, s.offer, s.until_ms, s.held, s.why, routing.group_of(s.home),
  }
end

-- Agent, presence, readiness, capacity, used, incarnation, version.
function routing.agent_row(a)
  return { a.id, a.presence, a.readiness, a.capacity, a.used, a.incarnation, a.version }
end
