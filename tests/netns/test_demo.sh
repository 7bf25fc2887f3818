#!/bin/bash
# test_demo.sh - the demo ends well, and README shows its true output.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# plain: without the times of the log and without blanks at the ends of lines.
plain() {
	sed 's/^[0-9-]*T[0-9:]*Z /TIME /; s/ *$//'
}

# readme_block: the first block of README that begins as the demo does.
readme_block() {
	sed -n '/^Three hosts on one link/,/^```/{/^```/q;p}' "$ROOT/README.md"
}

# README shows how the demo begins, as far as its last line, "…".
readme_is_true() {
	local lines

	lines=$(readme_block | sed '$d' | wc -l)
	[ "$lines" -gt 25 ] && [ "$(readme_block | tail -n 1)" = … ] &&
		diff <(readme_block | sed '$d' | plain) <(sed 1d <<<"$OUT" | head -n "$lines" | plain)
}

run env -u NETNS_INSIDE CROUTE="$CROUTE" "$ROOT/tests/demo/demo.sh"
check 'the demo ends well' exits 0
check 'all pods reach each other in it' out_line 'worker-1 . v4 v6 v4 v6'
check 'then those of the third host are out of reach' out_line 'worker-1 . v4 v6 - -'
check 'at its end croute reach says where packets stop' all_of "out_line '*, or backend.type: vxlan'" \
	"out_line '*answer, 0 unknown, 1 lost.'"
check 'plain text when piped' not grep -q $'\033' "$WORK/stdout"
check 'README shows its true output' readme_is_true

run env -u NETNS_INSIDE BACKEND=vxlan CROUTE="$CROUTE" "$ROOT/tests/demo/demo.sh"
check 'with BACKEND=vxlan it ends well too' exits 0
check 'its peers are peers of a tunnel' all_of \
	"out_line '+ peer worker-2 10.0.0.12 mac * subnet 10.244.2.0/24 nodes.yaml:*'" \
	"out_line '10.244.2.0/24 via 10.244.2.0 dev croute.1 metric 68026 onlink'"
check 'all pods reach each other through it' out_line 'worker-1 . v4 v6 v4 v6'
check 'then those of the third host are out of reach there' out_line 'worker-1 . v4 v6 - -'

finish
