-- Time in production is Redis's own. What the caller says of it is ignored.
local function clock_ms(_)
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
