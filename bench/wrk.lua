-- The shared wrk.lua with two more scenarios.
-- progress_new: the shared script's progress with another report each time. The shared one sends the same 1,000 reports
-- over and over; a server that recognises a repeat has nothing to write then.
-- post_small: the shared script's post in groups of 20 (2 to 5, by those students who are in them; see seed.py), for Shala
-- tells all members of each post, which is measured by itself.
dofile(os.getenv("SHALA_BENCH_PEERS") .. "/wrk.lua")
local shared_init, shared_request = init, request
local prepared, n, i, lap = {}, 0, 0, 0
local started = os.time() % 9000000 -- so that the time spent only ever grows, from sample to sample too

local function init_posts(tokens)
  local first
  for line in io.lines(tokens) do
    local id, token = line:match("^(%d+) (%S+)")
    id = tonumber(id); first = first or id
    for group = 2, 5 do
      local place = id - first - group * 37
      if place >= 0 and place < 20 then
        local headers = {["Content-Type"] = "application/json", ["Host"] = "localhost", ["Authorization"] = "Bearer " .. token}
        n = n + 1
        prepared[n] = wrk.format("POST", "/api/community/groups/" .. group .. "/posts/", headers,
          '{"title":"A post title","content":"The body of a post that says what a post of a usual length says, twenty words or so."}')
      end
    end
  end
  request = function()
    i = i % n + 1
    return prepared[i]
  end
end

function init(args)
  if args[1] == "post_small" then return init_posts(args[2]) end
  if args[1] ~= "progress_new" then return shared_init(args) end
  math.randomseed(11)
  local first
  for line in io.lines(args[2]) do
    local id, token = line:match("^(%d+) (%S+)")
    id = tonumber(id); first = first or id
    local s = id - first -- s-th enrolled student; courses as seed.py enrolls them
    local headers = {["Content-Type"] = "application/json", ["Host"] = "localhost", ["Authorization"] = "Bearer " .. token}
    for _ = 1, 5 do
      n = n + 1
      prepared[n] = {headers, ((s * 5 + math.random(0, 4)) % 100) * 33 + math.random(1, 33)}
    end
  end
  request = function()
    i = i % n + 1
    if i == 1 then lap = lap + 1 end
    local body = string.format('{"content_id":%d,"last_position":%d,"time_spent":%d}', prepared[i][2], math.random(0, 1200), started + lap)
    return wrk.format("POST", "/api/courses/progress/update/", prepared[i][1], body)
  end
end
