-- What every function library begins with. `@SERVICE@` is replaced by the service's name when the library is put
-- together (assemble.sh).

-- {"OK", ...}: the answer of a function that did its work.
local function ok(...)
  return {'OK', ...}
end

-- {"ERR", code, reason, message, name, value, ...}: refused; nothing was written. `code` is absl's name of it.
local function err(code, reason, message, ...)
  return {'ERR', code, reason, message, ...}
end

-- A whole number as text. Lua's own conversion keeps 14 digits only.
local function num(x)
  return string.format('%.0f', x)
end

-- The shop's time: never before the last time it wrote down.
local function now_ms(meta_key, override)
  local now = clock_ms(override)
  local last = tonumber(redis.call('HGET', meta_key, 'last_ms') or '0')
  if now < last then
    return last
  end
  return now
end

-- Writes the shop's time down. Call it after all checks.
local function remember_now(meta_key, ms)
  redis.call('HSET', meta_key, 'last_ms', num(ms))
end
