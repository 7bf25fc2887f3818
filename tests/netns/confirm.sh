#!/bin/bash
# confirm.sh - what tests of `reconcile --confirm` share: dumps to compare, and the waiting process.
#
# A test sources lib.sh and vxlan.sh first.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # tests use the variables; check calls the predicates
RECORD=/run/croute/confirm.txt

# dump HOST: all that a pass may change, as ip and bridge print it. What a bridge has learned ages.
dump() {
	ip -n "$1" -4 route show table all
	ip -n "$1" -6 route show table all
	ip -n "$1" link show
	ip -n "$1" -d link show type vxlan
	ip -n "$1" addr show
	ip -n "$1" neigh show nud permanent | sort
	in_host "$1" bridge fdb show | grep -E 'permanent|static' | sort
	settings "$1"
}

# settings HOST: those that a pass keeps on its devices.
settings() {
	in_host "$1" sh -c 'cd /proc/sys/net && grep -H . ipv4/conf/*/rp_filter ipv6/conf/*/accept_ra' |
		grep -E 'croute|flannel'
}

# before HOST: remember its dump, and the plan that a dry run prints.
before() {
	pass "$1" --dry-run
	PLAN=$OUT
	dump "$1" >"$WORK/before-$1"
}

# as_before HOST: byte for byte.
as_before() {
	dump "$1" >"$WORK/now-$1"
	cmp -s "$WORK/before-$1" "$WORK/now-$1"
}

# plan_as_before HOST: a dry run prints the very plan that it printed before.
plan_as_before() {
	pass "$1" --dry-run
	[ "$OUT" = "$PLAN" ]
}

# free HOST: nobody holds the lock there.
free() {
	! in_host "$1" grep -q '@croute\.' /proc/net/unix
}

# undone HOST: the waiting process has ended, and all is as it was, to the plan. The kernel makes the
# local route of an IPv6 address in its own time.
undone() {
	wait_for free "$1" && wait_for as_before "$1" && plan_as_before "$1" && return
	diff "$WORK/before-$1" "$WORK/now-$1" | head -20 | sed 's/^/    # /'
	return 1
}

# record PATTERN: the record of what became of it has a line like that.
record() {
	line_of "$(cat "$RECORD" 2>/dev/null)" "$1"
}

confirm() {
	local host=$1

	shift
	croute_in "$host" confirm -c "$CONF" "$@"
}
