-- The parts that the writes to a conversation share: de-duplication, inquiries, the log itself.

local DEDUP_PERIOD_MS = 7 * 24 * 3600 * 1000

-- De-duplication fields live in two hashes, used in turn for a week each; each says in '@' for which week. A hash is
-- dropped as a whole when its turn comes again, so a field is kept for at least 7 days and pruning costs nothing.
-- A value is the entry's seq, the id of the data key (8 bytes) and the payload's hash under that key (16 bytes).
-- `dedup` is the pair of keys; it keeps their weeks for dedup_put, which spares a look.
-- Answers seq and whether the payload is another one; nothing if the field is new.
local function dedup_find(dedup, now, field, key_id, hash)
  local week = math.floor(now / DEDUP_PERIOD_MS)
  dedup.weeks = {}
  for i = 1, 2 do
    local found = redis.call('HMGET', dedup[i], '@', field)
    dedup.weeks[i] = found[1]
    if found[2] and tonumber(found[1]) >= week - 1 then
      local value = found[2]
      -- Under a key that was erased since, payloads cannot be compared any more.
      local reused = string.sub(value, -24, -17) == key_id and string.sub(value, -16) ~= hash
      return tonumber(string.sub(value, 1, -25)), reused
    end
  end
  return nil
end

local function dedup_put(dedup, now, field, seq, key_id, hash)
  local week = math.floor(now / DEDUP_PERIOD_MS)
  local turn = week % 2 + 1
  local key = dedup[turn]
  local value = num(seq) .. key_id .. hash
  if dedup.weeks[turn] == num(week) then
    redis.call('HSET', key, field, value)
    return
  end
  redis.call('UNLINK', key)
  redis.call('HSET', key, '@', num(week), field, value)
  redis.call('PEXPIRE', key, num(2 * DEDUP_PERIOD_MS))
end

local function request_id_reused()
  return err('ALREADY_EXISTS', 'REQUEST_ID_REUSED', 'The request id was used for something else; take a new one.')
end

-- Nothing that was sealed under another key than the one in force may be written.
local function key_changed(data_key, key_id)
  if redis.call('HGET', data_key, 'g') ~= key_id then
    return err('ABORTED', 'KEY_CHANGED', 'The data key of the buyer changed; seal again.')
  end
  return nil
end

-- An inquiry as a list, in the order in which it is answered, packed and unpacked:
-- ordinal, state (1 open, 2 closed), fence, owner, first_seq, last_seq, open_ms, close_ms, reason, reopened, opening.
local INQUIRY_FIELDS = { 'n', 'st', 'f', 'ow', 'fs', 'ls', 'om', 'cm', 'rs', 'ro', 'op' }

local function load_inquiry(conversation_key)
  local values = redis.call('HMGET', conversation_key, unpack(INQUIRY_FIELDS))
  if not values[1] then
    return nil
  end
  return values
end

-- The inquiry with this ordinal, current or past; nil if there is none.
local function find_inquiry(conversation_key, past_key, ordinal)
  local current = load_inquiry(conversation_key)
  if current and current[1] == ordinal then
    return current
  end
  local packed = redis.call('HGET', past_key, ordinal)
  return packed and cmsgpack.unpack(packed) or nil
end

-- Why the session `ordinal` may not be written to, given the current ordinal and state; nil if it may.
local function not_open(current, state, ordinal)
  if not current then
    return err('NOT_FOUND', 'NO_SUCH_CONVERSATION', 'There is no such conversation.')
  end
  local wanted = tonumber(ordinal)
  if wanted > tonumber(current) or wanted < 1 then
    return err('NOT_FOUND', 'NO_SUCH_SESSION', 'There is no such session.')
  end
  if wanted < tonumber(current) or state ~= '1' then
    return err('FAILED_PRECONDITION', 'SESSION_CLOSED', 'The session is closed; open a new one or reopen it.')
  end
  return nil
end

-- Why `agent` may not act under `fence`; nil if it may.
local function wrong_fence(stored_fence, owner, fence, agent)
  local stored, given = tonumber(stored_fence), tonumber(fence)
  if given > stored then
    return err('FAILED_PRECONDITION', 'FENCE_AHEAD', 'The fence is not known here yet; raise it first.',
      'fence', stored_fence)
  end
  if given < stored or agent ~= owner then
    return err('ABORTED', 'STALE_FENCE', 'Another agent owns the session; read it again.', 'fence', stored_fence)
  end
  return nil
end

-- Log elements: t time, p the previous entry that buyers see, v buyers see it, s sender ('b', 's' or the agent),
-- n session ordinal, x the entry it recalls, e record.
-- Adds one entry to log and outbox and moves the heads; `head` has seq and bseq and is changed; `changes` collects the
-- fields of the conversation to be set. Answers the entry as functions answer it:
-- seq, time, buyer prev, visible, sender, ordinal, recalled, record ('' as the caller has it), outbox position.
local function add_entry(keys, shop, call, head, changes, entry)
  local seq, buyer_prev = head.seq + 1, num(head.bseq)
  local text_seq, time = num(seq), num(shop.now)
  redis.call('XADD', keys.log, text_seq .. '-0', 't', time, 'p', buyer_prev, 'v', entry.visible, 's', entry.sender,
    'n', entry.ordinal, 'x', entry.recalls, 'e', entry.record)
  local position = emit(keys.outbox, shop, call, 'entry', call.conversation, 'q', text_seq, 'p', buyer_prev,
    'vi', entry.visible, 'n', entry.ordinal, 'r', entry.record)
  head.seq = seq
  changes[#changes + 1] = 'seq'
  changes[#changes + 1] = text_seq
  if entry.visible == '1' then
    head.bseq = seq
    changes[#changes + 1] = 'bseq'
    changes[#changes + 1] = text_seq
  end
  if entry.sender == 'b' then
    changes[#changes + 1] = 'lb'
    changes[#changes + 1] = text_seq
  end
  return { text_seq, time, buyer_prev, entry.visible, entry.sender, entry.ordinal, entry.recalls, '', position }
end

-- The fields of a log element as a table by name, and as functions answer an entry.
local function read_element(log_key, seq)
  local id = num(seq) .. '-0'
  local found = redis.call('XRANGE', log_key, id, id)
  if not found[1] then
    return nil
  end
  local fields, flat = {}, found[1][2]
  for i = 1, #flat, 2 do
    fields[flat[i]] = flat[i + 1]
  end
  return fields
end

-- The entry that was written for this request before; only its seq if it is in the archive.
local function first_result(log_key, seq)
  local found = read_element(log_key, seq)
  if not found then
    return { num(seq) }
  end
  return { num(seq), found.t, found.p, found.v, found.s, found.n, found.x, found.e, '0' }
end

local function emit_inquiry(outbox_key, shop, call, kind, inquiry)
  local fields = {}
  for i, name in ipairs(INQUIRY_FIELDS) do
    fields[#fields + 1] = name
    fields[#fields + 1] = inquiry[i]
  end
  return emit(outbox_key, shop, call, kind, call.conversation, unpack(fields))
end
