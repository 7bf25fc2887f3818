#!/bin/bash
# test_adopt_routes.sh - flannel's host-gw routes are taken over and handed back; no other is touched.

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

HOST=worker-1
host_add $HOST 10.0.0.11/24 fd00::11/64
host_link_add $HOST eth2 10.9.0.11/24
pod_add $HOST 10.244.1.2/24 fd10:244:0:1::2/64
CONF=$WORK/nodes.yaml

FLANNELS='^(10.244.[234].0/24 via 10.0.0.1[234] dev eth1 *$|fd10:244:0:[234]::/64 via fd00::1[234] dev eth1 metric 1024 )'

# file ADOPT LINE...: three nodes; further lines.
file() {
	local adopt=$1

	shift
	{
		printf 'version: 1\npodNetwork: [10.244.0.0/16, "fd10:244::/48"]\nadopt: %s\nnodes:\n' "$adopt"
		for n in 1 2 3; do
			printf '  - {name: worker-%s, address: [10.0.0.1%s, "fd00::1%s"], podCIDRs: [10.244.%s.0/24, "fd10:244:0:%s::/64"]}\n' \
				$n $n $n $n $n
		done
		printf '%s\n' "$@"
	} >"$WORK/new"
	mv "$WORK/new" "$CONF"
}

pass() {
	croute_in $HOST reconcile --node $HOST -c "$CONF" "$@"
}

# What flannel's host-gw backend leaves (`ip route` makes proto boot, as flannel's routes are).
flannel_leaves() {
	local n

	for n in "$@"; do
		ip -n $HOST route add "10.244.$n.0/24" via "10.0.0.1$n" dev eth1
		ip -n $HOST route add "fd10:244:0:$n::/64" via "fd00::1$n" dev eth1
	done
}

# flannels NUMBER: so many routes of flannel's are there.
flannels() {
	[ "$(routes_of $HOST | grep -cE "$FLANNELS")" = "$1" ]
}

others() {
	routes_of $HOST | grep -vE "proto 67 |$FLANNELS"
}

others_unchanged() {
	[ "$(others)" = "$OTHERS" ]
}

# Routes of others that resemble flannel's, each in one thing not.
flannel_leaves 2 3 4
ip -n $HOST route add 10.244.50.0/24 via 10.0.0.12 dev eth1 proto static
ip -n $HOST route add 10.244.51.0/24 via 10.0.0.12 dev eth1 metric 50
ip -n $HOST route add 10.244.52.0/24 via 10.0.0.12 dev eth1 src 10.0.0.11
ip -n $HOST route add 10.244.53.0/24 via 10.9.0.12 dev eth2
ip -n $HOST route add 10.244.54.0/24 via 10.0.0.12 dev eth1 onlink
ip -n $HOST route add 10.244.55.0/24 via 10.0.0.12 dev eth1 table 100
ip -n $HOST route add 10.244.56.0/24 dev eth1
ip -n $HOST route add blackhole 10.244.57.0/24
ip -n $HOST route add 10.244.58.0/24 via 10.0.0.12 dev eth1 mtu 1400
ip -n $HOST route add 10.244.59.0/24 nexthop via 10.0.0.12 dev eth1 nexthop via 10.0.0.13 dev eth1
ip -n $HOST route add 10.244.2.0/24 via 10.0.0.12 dev eth1 metric 99999
ip -n $HOST route add 10.244.0.0/16 via 10.0.0.1 dev eth1
ip -n $HOST route add 10.245.2.0/24 via 10.0.0.12 dev eth1
ip -n $HOST route add fd10:244:0:50::/64 via fd00::12 dev eth1 metric 50
ip -n $HOST route add fd10:244:0:51::/64 via fd00::12 dev eth1 proto static
ip -n $HOST route add fd10:244:0:52::/64 nexthop via fd00::12 dev eth1 nexthop via fd00::13 dev eth1
OTHERS=$(others)

# Without `adopt`.
file none
pass --dry-run -v
check 'without adopt flannel'\''s routes are a note' all_of 'exits 0' \
	"out_line '= route 10.244.2.0/24 via 10.0.0.12 dev eth1 note: leads the same way as 10.244.2.0/24 via 10.0.0.12 proto boot metric 0'" \
	"not out_line '- *'"

# The plan, and the pass.
file flannel
pass --dry-run --exit-code
check 'a dry run shows all of it' all_of 'exits 2' \
	"out_line '- route 10.244.2.0/24 via 10.0.0.12 dev eth1 flannel?s: taken over'" \
	"out_line '- route fd10:244:0:3::/64 via fd00::13 dev eth1 metric 1024 flannel?s: taken over'" \
	"out_line '- route 10.244.4.0/24 via 10.0.0.14 dev eth1 flannel?s: not in the file'" \
	"out_line 'Plan: 4 to add, 0 to change, 6 to delete, 0 held, *'"
check 'and changes nothing' all_of 'owned $HOST 0' 'flannels 6' 'others_unchanged'
pass --dry-run -o json
check 'JSON tells why each goes' json '[.changes[] | select(.action == "delete") | .cause] | sort | unique ==
	["flannel'\''s: not in the file", "flannel'\''s: taken over"]'
monitor_start $HOST ip -4 monitor route
pass
check 'a pass takes over' all_of 'exits 0' 'owned $HOST 4' \
	"out_line '- route 10.244.2.0/24 via 10.0.0.12 dev eth1 flannel?s: taken over deleted'" \
	"out_line 'Applied: 4 added, 0 changed, 6 deleted, *'"
monitor_stop $HOST
check 'ours stand before flannel'\''s go' all_of \
	"[ \"\$(head -n 2 <<<\"\$HEARD\" | grep -c 'proto 67')\" = 2 ]" \
	"heard_line 'Deleted 10.244.2.0/24 via 10.0.0.12 dev eth1 *'" 'heard_count 5'
check 'what is not of its shape stays, the wider route too' all_of 'flannels 0' 'others_unchanged'
check 'a second pass is empty' empty_second_pass $HOST "$CONF"

finish
