#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches the packages that running needs; with `dev` also those that checking and testing need. Does nothing where they are there.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
modules=node_modules
is_current() { [ -e "$modules/.package-lock.json" ] && [ ! package-lock.json -nt "$modules/.package-lock.json" ]; }
has_dev() { [ -e "$modules/typescript/package.json" ]; }

omit=--omit=dev
# A checkout that has been developed in is kept so.
if [ "${1:-}" = dev ] || has_dev; then omit=--include=dev; fi
if is_current && { [ $omit = --omit=dev ] || has_dev; }; then exit 0; fi

case $omit in
    --omit=dev) what="its packages from the npm registry (about 70 MB, once)" ;;
    *) what="its packages and those of its tests from the npm registry (about 180 MB, once)" ;;
esac
echo "vswbench: fetching $what" >&2
command -v npm >/dev/null || { echo "vswbench: npm is not installed: install Node.js with npm (Debian, Ubuntu: apt-get install npm)" >&2; exit 3; }
# Not `npm ci`: it insists on the packages of other platforms, of which a registry need not have all. What is locked is kept to.
npm install --no-save --ignore-scripts --loglevel=error --no-audit --no-fund $omit >&2 || {
    echo "vswbench: npm could not fetch the packages: see above; where the folder is read-only, give it to this user, or copy the checkout" >&2
    exit 3
}
# An npm that finds all there does not write this, and would be called at each start.
touch "$modules/.package-lock.json"
