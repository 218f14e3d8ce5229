-- Time in tests and simulations: what the caller says, if it says anything.
local function clock_ms(override)
  if override and override ~= '' then
    return tonumber(override)
  end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
