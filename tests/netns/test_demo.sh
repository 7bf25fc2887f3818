#!/bin/bash
# test_demo.sh - the demo ends well, and README shows its true output.

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

readme_is_true() {
	[ "$(readme_block | plain)" = "$(sed 1d <<<"$OUT" | plain)" ] ||
		{ diff <(readme_block | plain) <(sed 1d <<<"$OUT" | plain) && false; }
}

run env -u NETNS_INSIDE CROUTE="$CROUTE" "$ROOT/tests/demo/demo.sh"
check 'the demo ends well' exits 0
check 'all pods reach each other in it' out_line 'worker-1 . v4 v6 v4 v6'
check 'then those of the third host are out of reach' out_line 'worker-1 . v4 v6 - -'
check 'plain text when piped' not grep -q $'\033' "$WORK/stdout"
check 'README shows its true output' readme_is_true

finish
