#!/bin/bash
# vxlan.sh - what tests of the tunnel share: its cluster, its rows in the kernel, pings in a row.
#
# A test sources lib.sh first. The file of the cluster is $CONF; its node list is kept by node lines
# in NODES, so that one can be changed and the file written again.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # tests use the variables; check calls the predicates
CONF=$WORK/nodes.yaml
DONE='0 added, 0 changed, 0 deleted, 0 held, *'

declare -A NODES

# node NAME REST: the node's line of the file; REST is what follows its name.
node() {
	NODES[$1]="  - {name: $1, $2}"
}

# workers_add NUMBER...: worker-N with addresses of both families, and its line of the file.
workers_add() {
	local n

	for n in "$@"; do
		host_add "worker-$n" "10.0.0.1$n/24" "fd00::1$n/64"
		node "worker-$n" "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
	done
}

# workers_with_pods_add NUMBER...: with a pod on each, as workers_add has them.
workers_with_pods_add() {
	local n

	workers_add "$@"
	for n in "$@"; do pod_add "worker-$n" "10.244.$n.2/24" "fd10:244:0:$n::2/64"; done
}

# agent_restart HOST: an agent settles; killed and started again, it changes nothing.
agent_restart() {
	agent_start "$1" --node "$1" -c "$CONF"
	check 'an agent settles' wait_for agent_is_ready "$1"
	agent_stop KILL
	monitor_start "$1"
	agent_start "$1" --node "$1" -c "$CONF"
	wait_for agent_is_ready "$1"
	monitor_stop "$1"
	check 'a restart changes nothing' heard_count 0
}

agent_is_ready() {
	croute_in "$1" status --check --status-file /run/croute/status.json
	exits 0
}

# cluster_write BACKEND LINE...: the file, with the keys of `backend` and further lines of YAML.
cluster_write() {
	local name backend=$1

	shift
	{
		printf 'version: 1\nbackend: {%s}\n' "$backend"
		printf '%s\n' "$@" 'nodes:'
		for name in $(printf '%s\n' "${!NODES[@]}" | sort); do
			printf '%s\n' "${NODES[$name]}"
		done
	} >"$WORK/new"
	mv "$WORK/new" "$CONF"
}

# pass HOST [ARGUMENT...]: one pass of that host over the file.
pass() {
	local host=$1

	shift
	croute_in "$host" reconcile --node "$host" -c "$CONF" "$@"
}

# converged HOST...: a pass of each finds nothing to do, with links, neighbours and FDB told too.
converged() {
	local host

	for host in "$@"; do
		pass "$host" -v
		exits 0 && out_line "Applied: $DONE" && not out_line '[+~x!-] *' || return 1
	done
}

# settled HOST...: a pass of each does what is due, and a second one finds nothing.
settled() {
	local host

	for host in "$@"; do
		pass "$host"
		exits 0 || return 1
	done
	converged "$@"
}

# --- what the kernel has --------------------------------------------------------------------------

# device HOST DEVICE PATTERN: `ip -d link` of the device in one line reads like that.
device() {
	line_of "$(ip -n "$1" -d link show dev "$2" 2>/dev/null | tr '\n' ' ')" "$3"
}

no_device() {
	! ip -n "$1" link show dev "$2" >/dev/null 2>&1
}

# addresses_are HOST DEVICE ADDRESS...: these and no others.
addresses_are() {
	local host=$1 dev=$2

	shift 2
	[ "$(ip -n "$host" -o addr show dev "$dev" | awk '{print $4}' | sort | xargs)" = \
		"$(printf '%s\n' "$@" | sed '/:/!s/\/32$//; s/\/128$//' | sort |
			sed '/:/!s/$/\/32/; /:/s/$/\/128/' | xargs)" ]
}

setting_is() {
	[ "$(in_host "$1" cat "/proc/sys/net/$2")" = "$3" ]
}

# fdb HOST DEVICE LINE...: the entries with a destination are these, each `MAC DESTINATION`.
fdb() {
	local host=$1 dev=$2

	shift 2
	[ "$(fdb_of "$host" "$dev")" = "$(printf '%s\n' "$@" | sort)" ]
}

fdb_of() {
	in_host "$1" bridge fdb show dev "$2" | sed -n 's/^\([^ ]*\) dst \([^ ]*\) .*permanent.*/\1 \2/p' | sort
}

# neighbours HOST DEVICE LINE...: the entries are these, each `ADDRESS MAC`, and permanent.
neighbours() {
	local host=$1 dev=$2

	shift 2
	[ "$(neighbours_of "$host" "$dev")" = "$(printf '%s\n' "$@" | sort)" ]
}

neighbours_of() {
	{
		ip -n "$1" -4 neigh show dev "$2" nud all
		ip -n "$1" -6 neigh show dev "$2" nud all
	} | sed -n 's/^\([^ ]*\) lladdr \([^ ]*\) PERMANENT.*/\1 \2/p' | sort
}

# heard_in_order PATTERN...: the kernel has told such messages, in this order.
heard_in_order() {
	local line

	while read -r line; do
		# shellcheck disable=SC2053 # a pattern it is meant to be
		[[ $line != ${1-} ]] || shift
	done <<<"$HEARD"
	[ $# = 0 ]
}

# mac_of NAME [/6]: what SPEC 6 derives.
mac_of() {
	local hash

	hash=$(printf %s "$1${2:-}" | sha256sum)
	printf '%02x:%s:%s:%s:%s:%s\n' $((0x${hash:0:2} & 0xfc | 2)) \
		"${hash:2:2}" "${hash:4:2}" "${hash:6:2}" "${hash:8:2}" "${hash:10:2}"
}

# --- pings in a row -------------------------------------------------------------------------------
#
# A ping every 2 ms from a pod, from row_start to row_end. What counts as lost is a gap among the
# answers, so that what is under way at the end counts as nothing.

# row_start NAME POD ADDRESS: returns when answers come.
row_start() {
	start "row-$1" nsenter --net="/run/netns/$2" -- stdbuf -oL ping -n -i 0.002 "$3"
	wait_for row_answered "$1" 5
}

# row_answered NAME NUMBER: so many answers have come.
row_answered() {
	[ "$(grep -c 'icmp_seq=.* time=' "$WORK/row-$1.log")" -ge "$2" ]
}

# row_goes_on NAME: twenty more answers come.
row_goes_on() {
	wait_for row_answered "$1" $(($(grep -c 'icmp_seq=.* time=' "$WORK/row-$1.log") + 20))
}

# row_end NAME: LOST is the number of gaps, or `all` when no answer came any more; ROW how many did.
row_end() {
	local last

	row_goes_on "$1" && LOST='' || LOST=all
	kill -INT "${PID[row-$1]}"
	wait "${PID[row-$1]}" 2>/dev/null
	ROW=$(grep -c 'icmp_seq=.* time=' "$WORK/row-$1.log")
	last=$(sed -n 's/.*icmp_seq=\([0-9]*\) .* time=.*/\1/p' "$WORK/row-$1.log" | tail -n 1)
	[ -n "$LOST" ] || LOST=$((last - ROW))
}

# rows_lost NUMBER NAME...: end these; each has lost that many.
rows_lost() {
	local number=$1 name status=0

	shift
	for name in "$@"; do
		row_end "$name"
		[ "$LOST" = "$number" ] && continue
		printf '    # row %s: %s lost, %s answered\n' "$name" "$LOST" "$ROW"
		status=1
	done
	return $status
}
