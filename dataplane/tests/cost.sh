#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a packet costs the program itself: instructions per 64-byte packet on the `null` framework, in bursts of BURST (64).
#
#     cost.sh [VSWLOAD]
#
# valgrind's callgrind counts the instructions of the role's loop, without start-up and report, and the final line says
# how many packets that were. "framework" is the part of it that `null` spends, above all on making packets to receive.
# Prints one line a case: role, touch, flows, instructions per packet, and of these the framework's. Exits 1 if one of
# them is above its budget of 40 (touch=none) or 120 (touch=full) instructions, or where a million flows cost more than
# 15 beside the framework; 77 without valgrind. FLOWS are other options of flows than a million in turn.
set -eu

vswload=${1:-../build/dataplane/vswload}
burst=${BURST:-64}
flows=${FLOWS:---flows 1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/commands"

command -v valgrind >/dev/null || {
    echo "cost.sh: valgrind is missing: install the package valgrind" >&2
    exit 77
}

# run ROLE TOUCH FLOWS: prints "packets instructions framework-instructions" of a run of about a second.
run() {
    valgrind --tool=callgrind --callgrind-out-file="$dir/out" --toggle-collect="$1_run" -q "$vswload" "$1" --io null \
        --size 64 --burst "$burst" $3 --touch "$2" --duration-ms 60000 --interval-ms 60000 --drain-ms 0 \
        <"$dir/commands" >"$dir/lines" &
    exec 3>"$dir/commands"
    echo start >&3
    # The line of the start; what the run costs does not depend on how long it takes from here on.
    until grep -qs '"type":"sample"' "$dir/lines"; do
        kill -0 $! || return 1
        sleep 0.1
    done
    sleep 1
    echo stop >&3
    wait $!
    exec 3>&-
    packets=$(sed -n 's/.*"type":"final".*"\(offered_packets\|rx":{"packets\)":\([0-9]*\).*/\2/p' "$dir/lines")
    callgrind_annotate --auto=no --threshold=100 "$dir/out" | awk -v packets="$packets" -v role="$1" '
        { instructions = $1; gsub(",", "", instructions) }
        /PROGRAM TOTALS/ { total = instructions }
        # A receiver itself writes no flows.
        /:null_[a-z_]+/ || (role == "receiver" && /:[a-z_]+_write/) { framework += instructions }
        END { printf "%.0f %.0f %.0f\n", packets, total, framework }'
}

printf 'role\ttouch\tflows\tinstructions\tframework\n'
status=0
for role in sender receiver; do
    for touch in none full; do
        one=
        for options in '--flows 1' "$flows"; do
            counts=$(run $role $touch "$options")
            line=$(echo "$counts $role $touch" | awk -v options="$options" -v one="$one" '{
                if ($1 == 0) { print "cost.sh: no packets" >"/dev/stderr"; exit 1 }
                own = ($2 - $3) / $1
                printf "%s\t%s\t%s\t%.1f\t%.1f\n", $4, $5, options, $2 / $1, $3 / $1
                if (one == "") exit $2 / $1 > ($5 == "none" ? 40 : 120)
                exit own - one > 15
            }') || status=1
            echo "$line"
            [ -n "$one" ] || one=$(echo "$counts" | awk '{ printf "%.2f", ($2 - $3) / $1 }')
        done
    done
done
exit $status
