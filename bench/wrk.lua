-- The shared wrk.lua with one more scenario: progress_new, the shared script's progress with another report each time.
-- The shared one sends the same 1,000 reports over and over; a server that recognises a repeat has nothing to write then.
dofile(os.getenv("SHALA_BENCH_PEERS") .. "/wrk.lua")
local shared_init, shared_request = init, request
local prepared, n, i, lap = {}, 0, 0, 0
local started = os.time() % 9000000 -- so that the time spent only ever grows, from sample to sample too

function init(args)
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
