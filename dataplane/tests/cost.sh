#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a packet costs the program itself: instructions per 64-byte packet on the `null` framework, in bursts of BURST (64).
#
#     cost.sh [VSWLOAD]
#
# valgrind's callgrind counts the instructions of the role's loop, without start-up and report, and the final line says
# how many packets that were. "framework" is the part of it that `null` spends, above all on making packets to receive.
# Prints one line a case: role, touch, instructions per packet, and of these the framework's. Exits 1 if one of them is
# above its budget of 40 (touch=none) or 120 (touch=full) instructions, 77 without valgrind.
set -eu

vswload=${1:-../build/dataplane/vswload}
burst=${BURST:-64}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/commands"

command -v valgrind >/dev/null || {
    echo "cost.sh: valgrind is missing: install the package valgrind" >&2
    exit 77
}

# run ROLE TOUCH: prints "packets instructions framework-instructions" of a run of about a second.
run() {
    valgrind --tool=callgrind --callgrind-out-file="$dir/out" --toggle-collect="$1_run" -q "$vswload" "$1" --io null \
        --size 64 --burst "$burst" --touch "$2" --duration-ms 60000 --interval-ms 60000 --drain-ms 0 \
        <"$dir/commands" >"$dir/lines" &
    exec 3>"$dir/commands"
    echo start >&3
    # The line of the start; what the run costs does not depend on how long it takes from here on.
    until grep -q '"type":"sample"' "$dir/lines"; do
        kill -0 $! || return 1
        sleep 0.1
    done
    sleep 1
    echo stop >&3
    wait $!
    exec 3>&-
    packets=$(sed -n 's/.*"type":"final".*"\(offered_packets\|rx":{"packets\)":\([0-9]*\).*/\2/p' "$dir/lines")
    callgrind_annotate --auto=no --threshold=100 "$dir/out" | awk -v packets="$packets" '
        { instructions = $1; gsub(",", "", instructions) }
        /PROGRAM TOTALS/ { total = instructions }
        /:null_[a-z_]+/ { framework += instructions }
        END { printf "%.0f %.0f %.0f\n", packets, total, framework }'
}

printf 'role\ttouch\tinstructions\tframework\n'
status=0
for role in sender receiver; do
    for touch in none full; do
        counts=$(run $role $touch)
        echo "$counts $role $touch" | awk '{
            if ($1 == 0) { print "cost.sh: no packets" >"/dev/stderr"; exit 1 }
            printf "%s\t%s\t%.1f\t%.1f\n", $4, $5, $2 / $1, $3 / $1
            exit $2 / $1 > ($5 == "none" ? 40 : 120)
        }' || status=1
    done
done
exit $status
