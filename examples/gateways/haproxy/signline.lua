-- Asks Signline's forward-auth about a request, for haproxy.cfg: `http-request lua.signline`.

-- The frontend `to_signline` of haproxy.cfg.
local ADDRESS = "http://127.0.0.1:8081/v1/forward-auth"
local TIMEOUT_MILLISECONDS = 10000

-- Every 200 has all of them.
local SIGNLINE_HEADERS = {
    "x-signline-phone-number",
    "x-signline-phone-number-national",
    "x-signline-business-group",
    "x-signline-tenant",
    "x-signline-user",
    "x-signline-application",
}

-- The refusals of Signline, and which of their headers the client gets.
local REFUSALS = { [401] = true, [403] = true, [503] = true }
local CLIENT_HEADERS = { "www-authenticate", "content-type", "retry-after", "cache-control", "x-request-id" }

local function ask(txn)
    local headers = {
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:pathq() },
    }
    local authorization = txn.http:req_get_headers()["authorization"]
    if authorization then
        headers["authorization"] = { authorization[0] }
    end
    return core.httpclient():get({ url = ADDRESS, headers = headers, timeout = TIMEOUT_MILLISECONDS })
end

local function let_through(txn, answer)
    for _, name in ipairs(SIGNLINE_HEADERS) do
        txn.http:req_set_header(name, answer.headers[name][0])
    end
end

local function is_whole(answer)
    for _, name in ipairs(SIGNLINE_HEADERS) do
        if not answer.headers[name] then
            return false
        end
    end
    return true
end

local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status, body = answer.body })
    for _, name in ipairs(CLIENT_HEADERS) do
        if answer.headers[name] then
            reply:add_header(name, answer.headers[name][0])
        end
    end
    txn:done(reply)
end

core.register_action("signline", { "http-req" }, function(txn)
    local asked, answer = pcall(ask, txn)
    if asked and answer.status == 200 and is_whole(answer) then
        let_through(txn, answer)
    elseif asked and REFUSALS[answer.status] then
        refuse(txn, answer)
    else
        -- No Signline, or anything unexpected of it.
        txn:done(txn:reply({ status = 503, headers = { ["retry-after"] = { "5" } } }))
    end
end)
