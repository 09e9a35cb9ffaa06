-- Requests for wrk, and a summary as one line of JSON at the end.
--
--     wrk ... -s polls.lua URL -- MODE [NUMBER]
--
-- steady     repeat one request; responses are not parsed
-- counted    as steady, and count statuses; handling responses in Lua is slow
-- readers    send the last entity tag in If-None-Match; NUMBER: ms to wait before each poll
-- strangers  send a new User-Agent and query with every request; NUMBER: random seed

seen = {}

local function count(status)
  local name = tostring(status)
  seen[name] = (seen[name] or 0) + 1
end

local function word(length)
  local letters = {}
  for place = 1, length do letters[place] = string.char(math.random(97, 122)) end
  return table.concat(letters)
end

local modes = {}

function modes.steady() end

function modes.counted()
  response = count
end

function modes.readers(pause)
  local sent
  function request()
    sent = sent or wrk.format()
    return sent
  end
  function response(status, fields)
    count(status)
    if status ~= 200 then return end
    for name, value in pairs(fields) do
      if name:lower() == "etag" then
        wrk.headers["If-None-Match"] = value
        sent = nil
      end
    end
  end
  function delay() return pause end
end

function modes.strangers(seed)
  math.randomseed(seed)
  local etag = wrk.headers["If-None-Match"]
  function request()
    wrk.headers["User-Agent"] = word(8) .. "/" .. math.random(99) .. " (" .. word(12) .. ")"
    -- One in a hundred has no entity tag.
    wrk.headers["If-None-Match"] = math.random(100) > 1 and etag or nil
    return wrk.format("GET", wrk.path .. "?" .. word(4) .. "=" .. word(10))
  end
  response = count
end

local thread

function setup(one) thread = one end

function init(arguments)
  modes[arguments[1]](tonumber(arguments[2]))
end

function done(summary, latency)
  local statuses = {}
  for status, times in pairs(thread:get("seen")) do
    statuses[#statuses + 1] = string.format('"%s": %d', status, times)
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %.0f, "bytes": %.0f, "p99": %.0f, "errors": %d, '
      .. '"statuses": {%s}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(99.0),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    table.concat(statuses, ", ")))
end
