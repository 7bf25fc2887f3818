#!/bin/bash
# lab_takeover.sh - the state before, after and on the way back of a takeover from flannel.
#
# tests/netns/test_takeover_* hold it to a ping every 2 ms, too many for an emulated processor: here
# pods reach each other after each step.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # takeover.sh reads ROWS and calls these
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/vxlan.sh
. "$(dirname "$0")/../../netns/vxlan.sh"
# shellcheck source=../../netns/flannel.sh
. "$(dirname "$0")/../../netns/flannel.sh"
# shellcheck source=../../netns/takeover.sh
. "$(dirname "$0")/../../netns/takeover.sh"

rows_begin() { ROWS=(); }
none_lost() {
	local n

	for n in 1 2 3; do
		pings "worker-$n-pod" "10.244.$((n % 3 + 1)).2" || return 1
	done
}

takeover vxlan
finish
