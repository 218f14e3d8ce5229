-- The plan of a shop: its classes and how each is served. It stands in `meta`, a field "c:<class>" for each, and is
-- read once by each Redis for each version. A shop without a plan (version 0) has the classes that callers name, all of
-- them direct and least loaded, with the weights that callers name.

-- How a class is packed, after its name, in the order of configure's arguments.
local SPEC_FIELDS = {
  'weight', 'held_weight', 'wrap_weight', 'strategy', 'push', 'offer_ms', 'missed_limit', 'next', 'next_after_ms',
  'waiting_limit_ms', 'queue_cap', 'wrap_ms', 'sticky_ms', 'target_ms',
}
local TEXT_FIELD = 8
routing.SPEC_FIELDS = #SPEC_FIELDS
-- No chain of relaxation is longer.
routing.MAX_STEPS = 32
-- Sessions that wait for one certain agent.
routing.MAX_PERSONAL = 10

local function unpack_spec(name, packed)
  local values = cmsgpack.unpack(packed)
  local spec = { name = name, retired = values[#SPEC_FIELDS + 1] == 1 }
  for i, field in ipairs(SPEC_FIELDS) do
    spec[field] = values[i]
  end
  return spec
end

-- "g" of "g.0"
local function group_of(name)
  return string.match(name, '^(.*)%.[^.]*$') or name
end

-- Group and counters of a class, put together once for each; but not for each agent's own, since they are many and all
-- that Lua keeps is looked at again and again. Only memory, dropped as a whole when it gets large.
local names, name_count = {}, 0
local MAX_NAMES = 2000

function routing.names_of(class)
  local found = names[class]
  if found then
    return found
  elseif string.sub(class, 1, 1) == '@' then
    return { group = class, in_set = 'w:' .. class, placing = { 'w:' .. class, 'day' } }
  end
  name_count = name_count + 1
  if name_count > MAX_NAMES then
    names, name_count = {}, 1
  end
  local group = group_of(class)
  found = {
    group = group,
    in_set = 'w:' .. class, -- who stands in its waiting set
    [routing.WAITING] = 'waiting:' .. group,
    [routing.OFFERED] = 'offered:' .. group,
    [routing.ACTIVE] = 'active:' .. group,
    [routing.WRAP] = 'wrap:' .. group,
    served = 'd:served:' .. group,
    in_time = 'd:in_time:' .. group,
    missed = 'd:missed:' .. group,
    abandoned = 'd:abandoned:' .. group,
    gave_up = 'd:gave_up:' .. group,
  }
  -- What a session that is placed or assigned here counts by.
  found.placing = { class, found.in_set, found[routing.WAITING], found[routing.OFFERED], found[routing.ACTIVE],
    found.served, found.in_time, 'day' }
  names[class] = found
  return found
end

local plain_specs = {}

-- The class of a shop without a plan.
local function plain_spec(weight)
  local spec = plain_specs[weight]
  if not spec then
    spec = {
      weight = weight, held_weight = weight, wrap_weight = weight, strategy = routing.LEAST_LOADED,
      push = routing.DIRECT, offer_ms = 20000, missed_limit = 1, next = '', next_after_ms = 0, waiting_limit_ms = 0,
      queue_cap = 0, wrap_ms = 0, sticky_ms = 0, target_ms = 20000, retired = false,
    }
    plain_specs[weight] = spec
  end
  return spec
end

-- A class in which sessions wait for one agent. What they weigh, they weigh themselves.
local function personal_spec()
  return plain_spec(0)
end

-- The plans that were read, by the key of `meta`; `stamp` tells a plan from every other one. Only memory of what the
-- store holds, and dropped as a whole when it gets large.
local plans, plan_count = {}, 0
local MAX_PLANS = 2000

local function read_plan(meta_key, stamp)
  local plan = { stamp = stamp, specs = {}, retired = {}, chains = {} }
  plan.default = string.match(stamp, ' (.*)$')
  local fields = redis.call('HGETALL', meta_key)
  for i = 1, #fields, 2 do
    local name = string.match(fields[i], '^c:(.*)$')
    if name then
      local spec = unpack_spec(name, fields[i + 1])
      plan.specs[name] = spec
      if spec.retired then
        plan.retired[#plan.retired + 1] = name
      end
    end
  end
  table.sort(plan.retired)
  return plan
end

-- nil for a shop without a plan.
function routing.plan_of(meta_key, stamp)
  if not stamp then
    return nil
  end
  local plan = plans[meta_key]
  if not plan or plan.stamp ~= stamp then
    if not plan then
      plan_count = plan_count + 1
      if plan_count > MAX_PLANS then
        plans, plan_count = {}, 1
      end
    end
    plan = read_plan(meta_key, stamp)
    plans[meta_key] = plan
  end
  return plan
end

-- How a class is served; one that the plan does not know, as the default class, and it counts as retired.
function routing.spec_of(plan, name, weight)
  if string.sub(name, 1, 1) == '@' then
    return personal_spec()
  elseif not plan then
    return plain_spec(weight or 20)
  end
  local spec = plan.specs[name]
  if not spec then
    local like = plan.specs[plan.default]
    spec = { name = name, retired = true, unknown = true }
    for _, field in ipairs(SPEC_FIELDS) do
      spec[field] = like[field]
    end
    spec.next, spec.next_after_ms = '', 0
    plan.specs[name] = spec
  end
  return spec
end

-- The class that takes what belongs in this one: itself, or, if the plan has it no more, the first of its group, or
-- the plan's default.
function routing.successor(work, name)
  local plan = work.plan
  if not plan or not routing.spec_of(plan, name).retired then
    return name
  end
  local first = routing.names_of(name).group .. '.0'
  local spec = plan.specs[first]
  return spec and not spec.retired and first or plan.default
end

-- The class (or its successor) and those it relaxes to; not to be changed by who asks.
function routing.chain(work, name)
  local plan = work.plan
  if not plan then
    return { name }
  end
  local chain = plan.chains[name]
  if chain then
    return chain
  end
  chain = {}
  local at = routing.successor(work, name)
  while at ~= '' and #chain < routing.MAX_STEPS do
    chain[#chain + 1] = at
    at = routing.spec_of(plan, at).next
  end
  if string.sub(name, 1, 1) ~= '@' then
    plan.chains[name] = chain
  end
  return chain
end

-- A value that is too long for a listpack makes Redis search the fields of a hash instead of reading one after the
-- other, which takes longer than all the rest from some dozen classes on.
local function spread()
  return string.rep('-', 65)
end

-- Agents stand in availability sets with scores of the strategy that their class had, or of another plan. 0 is a lower
-- bound by any, and is corrected when it comes up.
local function forget_scores(work, before)
  for name, spec in pairs(work.plan.specs) do
    local class, old = work.classes[name], before[name]
    local same = old and not old.retired and old.strategy == spec.strategy
    if class and not same then
      for _, id in ipairs(redis.call('ZRANGE', class.av, 0, -1)) do
        redis.call('ZADD', class.av, 0, id)
      end
    end
  end
end

-- configure: version, default class, number of classes, then for each its name and SPEC_FIELDS. The version of the
-- configuration that the caller believes in force is not looked at; a version that is not newer changes nothing.
-- Classes that the plan has no more stay, retired, until nobody waits in them: the answer asks to go on with them.
redis.register_function('gateway_configure_v1', function(keys, args)
  local work, at = routing.begin(keys, args, true)
  local version, default, count = tonumber(args[at]), args[at + 1], tonumber(args[at + 2])
  if version <= work.config then
    return routing.unchanged(work)
  end
  local fields, digest, names = {}, {}, {}
  local width = 1 + #SPEC_FIELDS
  for n = 1, count do
    local from = at + 3 + (n - 1) * width
    local values = {}
    for i = 1, #SPEC_FIELDS do
      local text = args[from + i]
      values[i] = i == TEXT_FIELD and text or tonumber(text)
    end
    values[#SPEC_FIELDS + 1] = 0
    names[args[from]] = true
    fields[#fields + 1] = 'c:' .. args[from]
    fields[#fields + 1] = cmsgpack.pack(values)
    digest[#digest + 1] = table.concat(args, ' ', from, from + width - 1)
  end
  local before = work.plan and work.plan.specs or {}
  if not work.plan then
    -- Sessions may wait where a shop without a plan has them.
    for _, name in ipairs(routing.class_names(work)) do
      before[name] = work.classes[name].spec
    end
  end
  for name, spec in pairs(before) do
    if not names[name] and string.sub(name, 1, 1) ~= '@' then
      if routing.count(work, 'w:' .. name) > 0 then
        local values = {}
        for i, field in ipairs(SPEC_FIELDS) do
          values[i] = spec[field]
        end
        values[TEXT_FIELD] = ''
        values[#SPEC_FIELDS + 1] = 1
        fields[#fields + 1] = 'c:' .. name
        fields[#fields + 1] = cmsgpack.pack(values)
        digest[#digest + 1] = 'retired ' .. name
      elseif work.plan then
        redis.call('HDEL', work.keys.meta, 'c:' .. name)
      end
    end
  end
  local stamp = num(version) .. ':' .. redis.sha1hex(table.concat(digest, '\n')) .. ' ' .. default
  redis.call('HSET', work.keys.meta, 'routing_config', num(version), 'routing_plan', stamp, 'spread', spread(),
    unpack(fields))
  redis.call('HSET', work.keys.on, 'spread', spread())
  work.plan = routing.plan_of(work.keys.meta, stamp)
  forget_scores(work, before)
  for _, name in ipairs(work.plan.retired) do
    routing.ask_again(work, routing.RETIRE .. name)
  end
  return routing.commit(work)
end)
