#!/bin/bash
# takeover.sh - a whole takeover from flannel and the way back, with a ping every 2 ms between the
# pods of all hosts, of which none may be lost.
#
# A test sources lib.sh, vxlan.sh and flannel.sh first, and calls takeover FORM.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # other files use the variables; check calls the predicates
ROWS=()
declare -A BEFORE

# rows_begin: from each pod to that of the next host; an answer comes the other way.
rows_begin() {
	local from to

	ROWS=()
	for from in 1 2 3; do
		to=$((from % 3 + 1))
		row_start "$from$to" "worker-$from-pod" "10.244.$to.2"
		ROWS+=("$from$to")
		[ -n "$FLANNEL_DUAL" ] || continue
		row_start "$from$to-6" "worker-$from-pod" "fd10:244:0:$to::2"
		ROWS+=("$from$to-6")
	done
}

# rows_go_on: 50 more answers of each, which takes 0.1 s and more.
rows_go_on() {
	local row had=() i=0

	for row in "${ROWS[@]}"; do
		had+=("$(grep -c 'icmp_seq=.* time=' "$WORK/row-$row.log")")
	done
	for row in "${ROWS[@]}"; do
		wait_for row_answered "$row" $((had[i++] + 50)) || return 1
	done
}

# none_lost: end them all; what they were is told.
none_lost() {
	local status

	rows_lost 0 "${ROWS[@]}"
	status=$?
	printf '# %s: %d answers\n' "$FLANNEL_FORM" "$(cat "$WORK"/row-*.log | grep -c 'icmp_seq=.* time=')"
	return $status
}

# as_before: the states of all hosts are as they were.
as_before() {
	local host

	for host in "${HOSTS[@]}"; do
		flannel_state "$host" >"$WORK/state"
		diff -u --label before --label after <(printf '%s\n' "${BEFORE[$host]}") "$WORK/state" |
			sed 's/^/    # /'
		[ "${PIPESTATUS[0]}" = 0 ] || return 1
	done
}

# devices_kept: no device was made anew: index and MAC are as they were.
devices_kept() {
	local host

	for host in "${HOSTS[@]}"; do
		[ "$(grep -E '^[0-9]+: flannel|link/ether' <<<"${BEFORE[$host]}")" = \
			"$(flannel_state "$host" | grep -E '^[0-9]+: flannel|link/ether')" ] || return 1
	done
}

# flannels HOST: routes that flannel made, or might have.
flannels() {
	{
		ip -n "$1" -4 route show proto boot root 10.244.0.0/16
		ip -n "$1" -6 route show proto boot root fd10:244::/48
	} | grep -c .
}

none_of_flannels() {
	local host

	for host in "${HOSTS[@]}"; do
		[ "$(flannels "$host")" = 0 ] || return 1
	done
}

none_of_croutes() {
	local host

	for host in "${HOSTS[@]}"; do
		owned "$host" 0 || return 1
	done
}

# host_by_host COMMAND...: croute on each host in turn, with answers in between.
host_by_host() {
	local host

	for host in "${HOSTS[@]}"; do
		croute_in "$host" "$@" -c "$FOLDER" --node "$host"
		exits 0 && rows_go_on || return 1
	done
}

# takeover FORM
takeover() {
	local host form=$1

	flannel_cluster "$form"
	flannel_import
	CONF=$FOLDER
	for host in "${HOSTS[@]}"; do
		BEFORE[$host]=$(flannel_state "$host")
	done
	flannel_stale 1
	rows_begin
	check "$form: nothing is in the way of it" host_by_host doctor --adopt
	check "$form: a plan is made, and changes nothing" host_by_host reconcile --dry-run
	check "$form: until then all routes are flannel's" none_of_croutes
	check "$form: host after host is taken over, with answers in between" host_by_host reconcile
	check "$form: not one ping is lost" none_lost
	check "$form: no route of flannel's is left" none_of_flannels
	check "$form: the devices are the same" devices_kept
	check "$form: then passes are empty" converged "${HOSTS[@]}"
	check "$form: what led to a vanished node is gone" not flannel_state_has worker-1 '10\.244\.9\.0'
	rows_begin
	check "$form: host after host is given back, with answers in between" host_by_host flush --hand-back flannel
	check "$form: not one ping is lost on the way back" none_lost
	check "$form: nothing of croute's is left" none_of_croutes
	check "$form: all is as flannel had made it" as_before
	rows_begin
	check "$form: and once more, as if it were the first time" host_by_host reconcile
	check "$form: again without a loss" none_lost
}

flannel_state_has() {
	flannel_state "$1" >"$WORK/state"
	grep -q "$2" "$WORK/state"
}
