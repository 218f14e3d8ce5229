-- Routing's records: how a session and an agent are packed into the hashes `S` and `A`.
--
-- A packed record is an array whose first element is its schema version. A release that knows a newer schema appends
-- fields; this one carries them along untouched, so that two releases can run side by side. A record of an older
-- schema is brought up to date when it is read (`upgrades`).
--
-- Everything of routing hangs on one table, because a function library is one chunk and a chunk has 200 locals.
local routing = {}

local SESSION_SCHEMA, AGENT_SCHEMA = 3, 2

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

local SESSION_FIELDS, AGENT_FIELDS = 30, 18

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
  function(f)
    f[29], f[30] = 0, {}
    f[1] = 3
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

-- How cmsgpack begins an array of 16 to 65535 elements: this byte, then their number in two bytes. The schema follows.
local ARRAY, HEADER = 220, 3

-- A record in a schema that this release knows, or a newer one, and the number of its fields.
local function current(packed, schema, upgrades)
  local head, high, low, version = string.byte(packed, 1, 4)
  if head == ARRAY and version >= schema then
    return packed, 256 * high + low
  end
  local fields = cmsgpack.unpack(packed)
  while fields[1] < schema do
    fields = upgrades[fields[1]](fields)
  end
  return cmsgpack.pack(fields), #fields
end

-- What a newer release appended, as it is; nil if there is nothing.
local function unknown_of(packed, fields, known, schema, at)
  return fields > known and { fields = fields, schema = schema, packed = string.sub(packed, at + 1) } or nil
end

local function with_unknown(packed, unknown)
  if not unknown then
    return packed
  end
  return string.char(ARRAY, math.floor(unknown.fields / 256), unknown.fields % 256, unknown.schema)
    .. string.sub(packed, HEADER + 2) .. unknown.packed
end

-- A session in memory. Beside what is stored: `owner` is who owned it when it was read, `queued` whether it stands in
-- its waiting set, `live` whether it stands in the index of live sessions, `known` whether it was stored before,
-- `moved` that its fence has to rise, `was` and `was_home` what the counters of its group know of it.
--
-- Elements are unpacked one by one, not as a table: that takes half the time.
function routing.unpack_session(id, stored)
  local packed, fields = current(stored, SESSION_SCHEMA, routing.session_upgrades)
  local at, schema, state, class, score, weight, boost_ms, agent, fence, version, life, enqueue_ms, assign_ms,
    last_agent, cause, category, language, excluded, home, group_ms, since_ms, offer, until_ms, due_ms, firm_ms,
    gone_ms, sticky_ms, held, why, full_weight, given = cmsgpack.unpack_limit(packed, SESSION_FIELDS, HEADER)
  return {
    id = id,
    state = state,
    class = class,
    score = score,
    weight = weight,
    boost_ms = boost_ms,
    agent = agent,
    fence = fence,
    version = version,
    life = life,
    enqueue_ms = enqueue_ms,
    assign_ms = assign_ms,
    last_agent = last_agent,
    cause = cause,
    category = category,
    language = language,
    excluded = excluded, -- agent, until when (ms), agent, …
    home = home, -- the first class of its group
    group_ms = group_ms, -- in that group since; relaxation counts from here
    since_ms = since_ms, -- waits at a stretch since; 0: does not
    offer = offer, -- of the pending offer, or of the one that was accepted last
    until_ms = until_ms, -- end of the offer or of the wrap-up
    due_ms = due_ms, -- where it stands in `tm`; 0: not there
    firm_ms = firm_ms, -- until then exclusions hold even if nobody else is there
    gone_ms = gone_ms, -- the buyer is away: until when it is waited for; 0: the buyer is there
    sticky_ms = sticky_ms, -- until when it waits for its last agent
    held = held, -- 1: on hold
    why = why, -- of the last assignment (35_matching.lua)
    full_weight = full_weight, -- what it takes while it is served; 0: what its class says
    given = given, -- who gave it away and does not get it even if nobody else is there; as `excluded`
    unknown = unknown_of(packed, fields, SESSION_FIELDS, schema, at),
    known = true,
    owner = agent,
    queued = state == routing.WAITING and gone_ms == 0,
    live = state ~= routing.CLOSED,
    moved = false,
    was = state,
    was_home = home,
  }
end

-- Of all the fields up to the 25th, behind where they ended.
local function place_of(_, _, state, class, ...)
  local gone_ms = select(22, ...)
  return state, class, gone_ms
end

-- State, class, and until when its buyer is waited for: what says in which sets a session stands.
function routing.unpack_place(stored)
  local packed = current(stored, SESSION_SCHEMA, routing.session_upgrades)
  return place_of(cmsgpack.unpack_limit(packed, 25, HEADER))
end

function routing.pack_session(s)
  return with_unknown(cmsgpack.pack({
    SESSION_SCHEMA, s.state, s.class, s.score, s.weight, s.boost_ms, s.agent, s.fence, s.version, s.life,
    s.enqueue_ms, s.assign_ms, s.last_agent, s.cause, s.category, s.language, s.excluded, s.home, s.group_ms,
    s.since_ms, s.offer, s.until_ms, s.due_ms, s.firm_ms, s.gone_ms, s.sticky_ms, s.held, s.why, s.full_weight, s.given,
  }), s.unknown)
end

function routing.new_session(id)
  return {
    id = id, state = routing.CLOSED, class = '', score = 0, weight = 0, boost_ms = 0, agent = '', fence = 0,
    version = 0, life = 0, enqueue_ms = 0, assign_ms = 0, last_agent = '', cause = '', category = 0, language = '',
    excluded = {}, home = '', group_ms = 0, since_ms = 0, offer = 0, until_ms = 0, due_ms = 0, firm_ms = 0,
    gone_ms = 0, sticky_ms = 0, held = 0, why = '', full_weight = 0, given = {}, known = false, owner = '',
    queued = false, live = false, moved = false, was = routing.CLOSED, was_home = '',
  }
end

function routing.unpack_agent(id, stored)
  local packed, fields = current(stored, AGENT_SCHEMA, routing.agent_upgrades)
  local at, schema, incarnation, config_version, disabled, presence, readiness, capacity, used, last_assigned_ms,
    version, classes, held, plan_version, levels, turn, day, today, missed =
      cmsgpack.unpack_limit(packed, AGENT_FIELDS, HEADER)
  local a = {
    id = id,
    incarnation = incarnation,
    config_version = config_version,
    disabled = disabled,
    presence = presence,
    readiness = readiness,
    capacity = capacity,
    used = used,
    last_assigned_ms = last_assigned_ms,
    version = version,
    classes = classes,
    held = held, -- ids of the sessions it owns or is offered, in the order in which they came
    plan_version = plan_version, -- of the plan that its classes come from
    levels = levels, -- how well it serves each of its classes; may be shorter
    turn = turn, -- number of its last assignment, over the whole shop
    day = day, -- of its last assignment
    today = today, -- assignments on that day
    missed = missed, -- offers in a row
    unknown = unknown_of(packed, fields, AGENT_FIELDS, schema, at),
  }
  routing.remember_bounds(a)
  return a
end

-- Incarnation and readiness only: heartbeats look at thousands of records a second.
function routing.unpack_connection(stored)
  local packed = current(stored, AGENT_SCHEMA, routing.agent_upgrades)
  local _, _, incarnation, _, _, _, readiness = cmsgpack.unpack_limit(packed, 6, HEADER)
  return incarnation, readiness
end

function routing.pack_agent(a)
  return with_unknown(cmsgpack.pack({
    AGENT_SCHEMA, a.incarnation, a.config_version, a.disabled, a.presence, a.readiness, a.capacity, a.used,
    a.last_assigned_ms, a.version, a.classes, a.held, a.plan_version, a.levels, a.turn, a.day, a.today, a.missed,
  }), a.unknown)
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
    s.cause, s.class, s.offer, s.until_ms, s.held, s.why, routing.names_of(s.home).group,
  }
end

-- Agent, presence, readiness, capacity, used, incarnation, version.
function routing.agent_row(a)
  return { a.id, a.presence, a.readiness, a.capacity, a.used, a.incarnation, a.version }
end
