#!/bin/bash
# test_adopt_routes.sh - flannel's host-gw routes are taken over and handed back; no other is touched.
# SPDX-License-Identifier: MIT

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
	[ "$(routes_of "$HOST" | grep -cE "$FLANNELS")" = "$1" ]
}

others() {
	routes_of "$HOST" | grep -vE "proto 67 |$FLANNELS"
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
	"heard_line 'Deleted 10.244.2.0/24 via 10.0.0.12 dev eth1'" 'heard_count 5'
check 'what is not of its shape stays, the wider route too' all_of 'flannels 0' 'others_unchanged'
check 'a second pass is empty' empty_second_pass $HOST "$CONF"

# Where ours cannot stand, flannel's stays.
croute_in $HOST flush
flannel_leaves 2 3
ip -n $HOST route add 10.244.3.0/24 via 10.0.0.99 dev eth1 metric "$(metric_of 10.244.3.0/24)" proto static
pass
check 'with ours in conflict flannel'\''s route stays' all_of 'exits 1' 'owned $HOST 3' \
	"out_line 'x route 10.244.3.0/24 via 10.0.0.13 dev eth1 conflict: *'" 'flannels 1' \
	"route $HOST '10.244.3.0/24 via 10.0.0.13 dev eth1'"
pass --dry-run --exit-code
check 'and that is no pending change' all_of 'exits 1' "out_line 'Plan: 0 to add, 0 to change, 0 to delete, *'"
ip -n $HOST route del 10.244.3.0/24 metric "$(metric_of 10.244.3.0/24)"
pass
check 'when ours stands it goes' all_of 'exits 0' 'owned $HOST 4' 'flannels 0'

croute_in $HOST flush
flannel_leaves 2 3
sed -i 's/10\.0\.0\.13/10.7.7.13/' "$CONF"
pass
check 'with ours refused by the kernel it stays' all_of 'exits 1' 'owned $HOST 3' 'flannels 1' \
	"err_line '*10.244.3.0/24 via 10.7.7.13*the kernel says*'" \
	"route $HOST '10.244.3.0/24 via 10.0.0.13 dev eth1'"
file flannel
pass
check 'until the file is right' all_of 'exits 0' 'owned $HOST 4' 'flannels 0'

# The guard.
flannel_leaves 4
for n in 60 61 62 63; do
	ip -n $HOST route add 10.244.$n.0/24 via 10.0.0.12 dev eth1
done
file flannel 'guard: {maxDelete: 1, alwaysAllow: 1}'
pass
check 'the guard holds flannel'\''s routes of many vanished nodes' all_of 'exits 4' 'flannels 2' \
	"out_line '! route 10.244.60.0/24 via 10.0.0.12 dev eth1 held: 6 of 10 destinations would go*'"
pass --allow-delete
check 'and lets them go when told' all_of 'exits 0' 'flannels 0' \
	"not route $HOST '10.244.6?.0/24 *'"
check 'what is not of its shape has stayed all along' others_unchanged

# agent_begin: it has made its first pass when it has put back a route.
agent_begin() {
	touch -d '1 hour ago' "$CONF"
	ip -n $HOST route del 10.244.2.0/24 proto 67
	agent_start $HOST --node $HOST -c "$CONF"
	wait_for route $HOST '10.244.2.0/24 * proto 67 *'
}

# An agent.
file flannel 'agent: {resync: 1h}'
agent_begin
flannel_leaves 2 3
ip -n $HOST route del 10.244.2.0/24 proto 67
check 'an agent removes flannel'\''s again at its next pass' \
	wait_for all_of 'flannels 0' 'owned $HOST 4'
agent_stop TERM

# The way back.
routes_save() {
	routes_of "$HOST" | grep -v 'proto 67 ' | sort
}
pass
ip -n $HOST route add fd10:244:0:3::/64 nexthop via fd00::98 dev eth1 nexthop via fd00::99 dev eth1
ip -n $HOST route add 10.244.3.0/24 via 10.0.0.13 dev eth1
saved() {
	[ "$(routes_save)" = "$SAVED" ]
}
SAVED=$(routes_save)
croute_in $HOST flush --hand-back flannel --dry-run -c "$CONF"
check 'a dry run shows what would be handed back, and what cannot be' all_of 'exits 1' \
	"out_line '+ route 10.244.2.0/24 via 10.0.0.12 dev eth1 handed back to flannel'" \
	"out_line '- route 10.244.2.0/24 via 10.0.0.12 dev eth1 metric 68026'" \
	"not out_line '+ route 10.244.3.0/24 *'" "out_line '- route 10.244.3.0/24 via 10.0.0.13 *'" \
	"out_line 'x route fd10:244:0:3::/64 via fd00::13 dev eth1 metric 1024 conflict: *'" \
	"not out_line '- route fd10:244:0:3::/64 *'"
check 'and changes nothing' all_of 'owned $HOST 4' saved
croute_in $HOST flush --hand-back flannel -c "$CONF"
check 'what cannot be handed back is kept' all_of 'exits 1' 'owned $HOST 1' \
	"route $HOST 'fd10:244:0:3::/64 via fd00::13 dev eth1 proto 67 *'" 'flannels 3' 'pings $HOST-pod 10.244.1.1'
ip -n $HOST route del fd10:244:0:3::/64 metric 1024
monitor_start $HOST ip monitor route
croute_in $HOST flush --hand-back flannel -c "$CONF" -o json
check 'when it can, it is' all_of 'exits 0' 'owned $HOST 0' 'flannels 4'
check 'JSON says so' json '[.changes[] | select(.action == "add" and .cause == "handed back to flannel")] | length == 1'
monitor_stop $HOST
check 'flannel'\''s route stands before ours goes' all_of \
	"[[ \$(head -n 1 <<<\"\$HEARD\") == 'fd10:244:0:3::/64 via fd00::13 dev eth1 metric 1024 '* ]]" \
	"heard_line 'Deleted fd10:244:0:3::/64 via fd00::13 dev eth1 proto 67 *'"
croute_in $HOST flush --hand-back flannel -c "$CONF"
check 'a second time there is nothing to do' all_of 'exits 0' "out_line 'Applied: 0 added, 0 changed, 0 deleted, *'"

# Static routes are just removed; without a file the defaults hold.
file flannel 'routes:' '  - {to: 172.16.0.0/12, via: 10.0.0.1, metric: 5}' '  - {to: default, via: 10.0.0.1, metric: 70000}' \
	'  - {to: 172.20.0.0/16, via: 10.0.0.1, table: 100}'
pass
check 'taken over again' all_of 'exits 0' 'owned $HOST 7' 'flannels 0'
agent_begin
croute_in $HOST flush --hand-back flannel
check 'it is refused while an agent runs' all_of 'exits 1' 'owned $HOST 7' 'flannels 0' "said '*${PID[agent]}*'"
agent_stop TERM
croute_in $HOST flush --hand-back flannel -c "$WORK/none.yaml"
check 'without a file pod routes are known by their metrics' all_of 'exits 0' 'owned $HOST 0' 'flannels 4' \
	"err_line '*warning:*none.yaml*metric 67000 or more*'"
check 'static routes are just removed' all_of "not route $HOST '172.*'" "not route $HOST 'default *'"
check 'what others have has stayed to the end' others_unchanged

# The table that masquerades goes, too: flannel makes rules of its own.
table() { in_host "$HOST" nft list table inet croute >/dev/null 2>&1; }
if command -v nft >/dev/null; then
	file flannel 'agent: {masquerade: true}'
	pass
	check 'pods are masqueraded' all_of 'exits 0' 'owned $HOST 4' table
	croute_in $HOST flush --hand-back flannel -c "$CONF" --dry-run
	check 'a dry run says that the table would go' all_of 'exits 0' table "out_line '- * inet croute*'"
	croute_in $HOST flush --hand-back flannel -c "$CONF"
	check 'it goes with all else' all_of 'exits 0' 'owned $HOST 0' 'flannels 4' 'not table' "out_line '- * inet croute*'"
else
	skip 'the table that masquerades is taken along' 'no command nft'
fi
croute_in $HOST flush --hand-back calico
check 'nobody else can be handed back to' all_of 'exits 64' "said '*--hand-back is flannel, not ?calico?*'"

finish
