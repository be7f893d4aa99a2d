-- SPDX-License-Identifier: Apache-2.0
-- Snabb's learning bridge with a vhost-user port for each socket: `snabb snsh snabb.lua SOCKET...`, for snabb.ts.
--
-- It prints one JSON object a line: "ready" at first, then "counters" for each line "counters" on standard input. It ends with its
-- input. What Snabb itself prints goes to standard error. It serves its applications once: a vhost-user app that has lost its peer
-- keeps that one's memory mapped, and takes no other.

local ffi = require("ffi")
local bridge = require("apps.bridge.learning").bridge
local counter = require("core.counter")
local ethernet = require("lib.protocol.ethernet")
local link = require("core.link")
local syscall = require("syscall")
local tsc = require("lib.tsc")
local timer = require("core.timer")
local VhostUser = require("apps.vhost.vhost_user").VhostUser
local VirtioNetDevice = require("lib.virtio.net_device").VirtioNetDevice

-- Standard output is for answers alone.
local answers = assert(syscall.dup(syscall.stdout))
assert(syscall.dup2(syscall.stderr, syscall.stdout))
local function say (line)
   local text = line.."\n"
   while #text > 0 do text = text:sub(assert(syscall.write(answers, text, #text)) + 1) end
end

-- VIRTIO_F_VERSION_1 (virtio 1.0, 6): DPDK takes no device without it. With it the header of a packet has 12 bytes,
-- also where buffers are not merged.
local VERSION_1 = 2^32
local HEADER_BYTES = 12

local get_features = VirtioNetDevice.get_features
function VirtioNetDevice:get_features ()
   return get_features(self) + VERSION_1
end

local set_features = VirtioNetDevice.set_features
function VirtioNetDevice:set_features (features)
   local modern = features % (2 * VERSION_1) >= VERSION_1
   set_features(self, features % VERSION_1)
   if modern then self.hdr_size = HEADER_BYTES end
end

-- Snabb keeps them in a file in /tmp for QEMUs that connect again.
function VhostUser:update_features (features)
   self.have_negotiated_features = true
   return features
end

-- A queue is kicked before the other one has its rings: polling both would end Snabb.
for _, request in ipairs{"set_vring_kick", "set_vring_enable"} do
   local handle = VhostUser[request]
   VhostUser[request] = function (self, ...)
      handle(self, ...)
      self.vhost_ready = self.vhost_ready and self.dev:ready() ~= nil
   end
end

-- Half a second between one request and the next would make a handshake take several.
local REQUEST_INTERVAL_NS = 2e6
local new = VhostUser.new
function VhostUser:new (args)
   local app = new(self, args)
   app.process_qemu_timer = timer.new("vhost-user requests", function () app:process_qemu_requests() end,
                                      REQUEST_INTERVAL_NS, "non-repeating")
   return app
end

local c = config.new()
local ports, names = {}, {}
for i, path in ipairs(main.parameters) do
   names[i] = "port"..(i - 1)
   ports[i] = { name = names[i], path = path }
end
-- A receiver announces itself once. By default it would be forgotten after one or two minutes of sending nothing, and all
-- that is for it flooded.
local FORGET_S = 24 * 3600
config.app(c, "bridge", bridge, { ports = names, config = { mac_table = { timeout = FORGET_S } } })
for _, port in ipairs(ports) do
   config.app(c, port.name, VhostUser, { socket_path = port.path, disable_indirect_desc = true })
   config.link(c, port.name..".tx -> bridge."..port.name)
   config.link(c, "bridge."..port.name.." -> "..port.name..".rx")
end
engine.configure(c)

-- What a breath took that moved packets, and one that did not, in cycles of the time stamp counter.
local spent = ffi.new("struct { double busy_cycles, idle_cycles, busy_breaths; }")
local breathe, rdtsc, frees = engine.breathe, tsc.rdtsc, engine.frees
function engine.breathe ()
   local freed = counter.read(frees)
   local began = rdtsc()
   breathe()
   local took = tonumber(rdtsc() - began)
   if counter.read(frees) ~= freed then
      spent.busy_cycles = spent.busy_cycles + took
      spent.busy_breaths = spent.busy_breaths + 1
   else
      spent.idle_cycles = spent.idle_cycles + took
   end
end

local function addresses ()
   local known = {}
   for mac, handle in engine.app_table.bridge._mac_table:iterator() do
      table.insert(known, ('{"mac":"%s","port":%d}'):format(ethernet:ntop(mac), handle - 1))
   end
   return table.concat(known, ",")
end

local function counters ()
   local counted = {}
   for i, port in ipairs(ports) do
      local app = engine.app_table[port.name]
      local from, to = link.stats(app.output.tx), link.stats(app.input.rx)
      counted[i] = ('{"up":%s,"in_packets":%.0f,"in_dropped":%.0f,"out_packets":%.0f,"out_dropped":%.0f}')
         :format(tostring(app.vhost_ready or false), from.txpackets + from.txdrop, from.txdrop, to.rxpackets, to.txdrop)
   end
   say(('{"v":1,"type":"counters","ports":[%s],"addresses":[%s],"busy_cycles":%.0f,"idle_cycles":%.0f,"busy_breaths":%.0f}')
      :format(table.concat(counted, ","), addresses(), spent.busy_cycles, spent.idle_cycles, spent.busy_breaths))
end

local REQUEST_BYTES = 4096
local readable = syscall.types.t.pollfds{{ fd = syscall.stdin, events = "IN" }}
local input = ffi.new("char[?]", REQUEST_BYTES)
local pending, ended = "", false
local function listen ()
   if syscall.poll(readable, 0) <= 0 then return end
   local got = syscall.read(syscall.stdin, input, REQUEST_BYTES)
   if not got or got == 0 then
      ended = true
      return
   end
   pending = pending..ffi.string(input, got)
   for line in pending:gmatch("([^\n]*)\n") do
      assert(line == "counters", "not a request: "..line)
      counters()
   end
   pending = pending:match("([^\n]*)$")
end

timer.activate(timer.new("requests", listen, 1e6, "repeating"))
engine.busywait = true
say('{"v":1,"type":"ready"}')
engine.main({ done = function () return ended end, measure_latency = false, no_report = true })
