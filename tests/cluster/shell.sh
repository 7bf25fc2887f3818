#!/bin/bash
# shell.sh - a cluster to play with: three nodes, and a shell (or COMMAND) in which `k` is kubectl and
# `in_node 1` runs a command on the first node. All of it ends with the shell.
# usage: tests/cluster/shell.sh [COMMAND...]
# SPDX-License-Identifier: MIT

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
cluster_start || exit 1
export STATE CACHE ROOT
export -f k in_host in_node
{
	declare -p INIT PID
	declare -f k in_host in_node
} >"$STATE/functions"
if [ $# -gt 0 ]; then "$@"; else bash --rcfile "$STATE/functions"; fi
