#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests, with the `node` that is found first; options go to its test runner. Pure rooms touch nothing, so that their tests share a
# process: to start one for each file takes longer than what is tested. All others have one each. With --quick, first, tests that start
# programs or servers are left out: a sixth of the files, and two thirds of the time.
# Patterns are for the runner, not for this shell.
set -euf
cd "$(dirname "$0")/.."
pure='model plan stats search report'
quick=
if [ "${1-}" = --quick ]; then
    quick=yes
    shift
fi
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
# Tests of the other rooms, without those that start programs or servers.
quick_tests() {
    for room in $(others); do
        grep -rL --include='*.test.ts' -e "from 'node:child_process'" -e test/postgres "src/$room"
    done
}
status=0
"$@" --test-isolation=none $(patterns $pure) >"$told" 2>&1 &
"$@" --test-concurrency="$(nproc)" $(if [ -n "$quick" ]; then quick_tests; else patterns $(others); fi) || status=1
wait "$!" || status=1
cat "$told"
exit $status
