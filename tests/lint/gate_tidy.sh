#!/bin/bash
# gate_tidy.sh - clang-tidy, .clang-tidy says which checks; a file that was clean is not looked at
# again while nothing it includes has changed.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/tidy
export FLAGS
# The analyzer gives up on a function after 225,000 steps unless told, and much of the time went into
# the few that come so far.
export NODES='-Xclang -analyzer-config -Xclang max-nodes=100000'
# shellcheck disable=SC2089,SC2090 # the quotes belong to the macro
FLAGS="-std=c17 -D_GNU_SOURCE -Iinclude -Isrc -DCROUTE_VERSION=\"0\" $(pkg-config --cflags libnl-3.0)"

check() {
	local sum
	# shellcheck disable=SC2086,SC2090 # several flags
	sum=$({ cat .clang-tidy && clang $FLAGS -E -C "$1"; } | sha256sum | cut -d' ' -f1)
	[ ! -f "build/tidy/$sum" ] || return 0
	# shellcheck disable=SC2086,SC2090
	clang-tidy --quiet --warnings-as-errors='*' "$1" -- $FLAGS $NODES 2>/dev/null || return 1
	touch "build/tidy/$sum"
}
export -f check
find src -name '*.c' -print0 | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check "$1"' check
