#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `npm start`: from a fresh checkout to a first report. Installs what is missing, builds, measures for two to three minutes.
set -eu
cd "$(dirname "$0")/.."
root=
[ "$(id -u)" -eq 0 ] || { root=sudo; echo "Containers and interfaces need root: sudo will ask for your password."; }
scripts/fetch.sh
bin/vswbench setup --yes
$root bin/vswbench run campaigns/quick.yaml
