-- The requests of one run: wrk ... URL -- METHOD BODY_BYTES KEY=VALUE...
--   headers=N      so many header fields in all (Host and those that wrk was given among them)
--   credentials=N  client IDs client-1 to client-N in turn, with their Basic credentials below
--   routers=N      paths /r0/items to /r(N-1)/items in turn
--   identified=1   a header X-Request-Id that is another in each request
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 3, 0, -1 do
      local index = math.floor(bits / 64 ^ place) % 64 + 1
      out[#out + 1] = alphabet:sub(index, index)
    end
    if not c then out[#out] = "=" end
    if not b then out[#out - 1] = "=" end
  end
  return table.concat(out)
end

function init(args)
  local numbers = {}
  for index = 3, #args do
    local key, value = args[index]:match("^(%w+)=(%d+)$")
    numbers[key] = tonumber(value)
  end
  wrk.method = args[1]
  local bytes = tonumber(args[2])
  if bytes > 0 then wrk.body = string.rep("x", bytes) end

  local given = 0
  for _ in pairs(wrk.headers) do given = given + 1 end
  for index = given + 1, numbers.headers or 0 do
    wrk.headers["X-Trace-Part-" .. index] = "some-value-of-a-header-" .. index
  end

  if numbers.identified then
    local head = wrk.format():gsub("\r\n\r\n$", "\r\nX-Request-Id: ")
    local count = 0
    function request()
      count = count + 1
      return head .. count .. "\r\n\r\n"
    end
    return
  end

  local rotation = math.max(numbers.credentials or 1, numbers.routers or 1)
  if rotation == 1 then return end
  local requests = {}
  for index = 1, rotation do
    if numbers.credentials then
      wrk.headers["Authorization"] = "Basic " .. base64("client-" .. index .. ":secret-" .. index)
    end
    local path = numbers.routers and "/r" .. (index - 1) .. "/items" or wrk.path
    requests[index] = wrk.format(nil, path)
  end
  local at = 0
  function request()
    at = at % rotation + 1
    return requests[at]
  end
end
