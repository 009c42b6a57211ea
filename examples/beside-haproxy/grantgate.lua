-- Sends an authorization check to grantgate for each request. Requires only HAProxy 2.5 or later.
local address = "http://127.0.0.1:9000/forward-auth/"

-- Headers of the response that are copied to the service. Without authorization, the caller's own client secret reaches
-- the service.
local copied = { "authorization", "x-auth-request-user", "group" }

local never_sent = {
  ["host"] = true, ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true,
  ["upgrade"] = true, ["expect"] = true, ["te"] = true, ["keep-alive"] = true,
}

local function first(values)
  return values and (values[0] or values[1])
end

core.register_action("grantgate", { "http-req" }, function(txn)
  local received = txn.http:req_get_headers()
  local asked = {}
  for name, values in pairs(received) do
    if not never_sent[name] and not name:find("^x%-forwarded%-") then
      asked[name] = {}
      for _, value in pairs(values) do table.insert(asked[name], value) end
    end
  end
  asked["x-forwarded-method"] = { txn.f:method() }
  asked["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
  asked["x-forwarded-host"] = { first(received["host"]) or "" }
  asked["x-forwarded-uri"] = { txn.f:pathq() }
  asked["x-forwarded-for"] = { txn.f:src() }

  local answer = core.httpclient():get({ url = address .. txn:get_var("txn.middleware"), headers = asked })
  if answer == nil or answer.status ~= 200 then
    local reply = txn:reply()
    local status = answer and answer.status or 0
    reply:set_status(status >= 400 and status or 503)
    for _, name in ipairs({ "content-type", "cache-control", "www-authenticate", "retry-after", "x-request-id" }) do
      local value = answer and answer.headers and first(answer.headers[name])
      if value then reply:add_header(name, value) end
    end
    if answer and answer.body then reply:set_body(answer.body) end
    txn:done(reply)
    return
  end

  for _, name in ipairs(copied) do
    -- Many servers read x_group, x.group and x~group as x-group, so every spelling of the caller's header is removed.
    local spelled = name:gsub("%W", "-")
    for sent, _ in pairs(received) do
      if sent:lower():gsub("%W", "-") == spelled then txn.http:req_del_header(sent) end
    end
    txn.http:req_set_header(name, first(answer.headers[name]) or "")
  end
end)
