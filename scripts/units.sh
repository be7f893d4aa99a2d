#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests, with the `node` that is found first; options go to its test runner. Pure rooms touch nothing, so that their tests share a
# process: to start one for each file takes longer than what is tested. All others have one each.
# Patterns are for the runner, not for this shell.
set -euf
cd "$(dirname "$0")/.."
pure='model plan stats search report'
set -- node --test "$@"
told=$(mktemp)
trap 'rm -f "$told"' EXIT
patterns() {
    for room in "$@"; do
        printf 'src/%s/**/*.test.ts\n' "$room"
    done
}
others() {
    for room in $(ls src); do
        case " $pure " in *" $room "*) ;; *) echo "$room" ;; esac
    done
}
status=0
"$@" --test-isolation=none $(patterns $pure) >"$told" 2>&1 &
"$@" --test-concurrency="$(nproc)" $(patterns $(others)) || status=1
wait "$!" || status=1
cat "$told"
exit $status
