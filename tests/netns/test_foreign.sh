#!/bin/bash
# test_foreign.sh - what others put into the kernel stays, and is told where it is in the way.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
CONF=$WORK/nodes.yaml

# nodes_write NUMBER...: this node, and a node for each number at 10.0.0.1N with 10.244.N.0/24.
nodes_write() {
	local n

	{
		echo 'version: 1'
		echo 'guard: {maxDelete: 100%}'
		echo 'nodes:'
		echo "- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}"
		for n in "$@"; do
			echo "- {name: worker-$n, address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']}"
		done
	} >"$CONF"
}

foreign_route() {
	ip -n worker-1 route add "$@"
}

foreign_save() {
	routes_of worker-1 | grep -v 'proto 67 ' | sed 's/ expires [0-9a-z]*//; s/ linkdown//' | sort
}

foreign_unchanged() {
	[ "$(foreign_save)" = "$FOREIGN" ]
}

pass() {
	croute_in worker-1 reconcile --node worker-1 -c "$CONF" "$@"
}

second_pass_is_empty() {
	empty_second_pass worker-1 "$CONF" --node worker-1
}

# Routes that are nobody's concern, in the way of nothing.
foreign_route default via 10.0.0.1
foreign_route 10.0.0.0/8 via 10.0.0.2 proto static
foreign_route 10.244.0.0/16 via 10.0.0.3 metric 7
foreign_route 10.244.5.0/24 via 10.0.0.4 metric 99999
foreign_route 10.244.5.0/24 via 10.0.0.4 metric 1 table 77
foreign_route fd10:244::/48 via fd00::3
ip -n worker-1 link add cni0 type bridge
ip -n worker-1 link set cni0 up
addresses_add worker-1 cni0 10.244.1.1/24 fd10:244:0:1::1/64
FOREIGN=$(foreign_save)

nodes_write 2 5
pass
check 'foreign routes that do not win are no matter: exit 0' exits 0
check 'the pod bridge of this very node is no matter' not said 's route *'
check 'wider, worse and other tables'\'' routes all stay' foreign_unchanged
check 'a pass after it is empty' second_pass_is_empty

# Shadowed by a lower metric, and from inside the destination.
foreign_route 10.244.5.0/24 via 10.0.0.9 proto static metric 5
foreign_route 10.244.2.128/25 via 10.0.0.9 proto static metric 70000
foreign_route fd10:244:0:2::/64 via fd00::9 proto static metric 5
FOREIGN=$(foreign_save)
pass
check 'a shadowed route is exit 1' exits 1
check 'a foreign route of lower metric that leads elsewhere is named' out_line \
	's route 10.244.5.0/24 via 10.0.0.15 dev eth1 shadowed by 10.244.5.0/24 via 10.0.0.9 *proto static metric 5*'
check 'a foreign route inside the destination is named' out_line \
	's route 10.244.2.0/24 via 10.0.0.12 dev eth1 shadowed by 10.244.2.128/25 via 10.0.0.9 *'
check 'an IPv6 route of lower metric is named' out_line \
	's route fd10:244:0:2::/64 via fd00::12 dev eth1 shadowed by fd10:244:0:2::/64 via fd00::9 *'
check 'shadowed routes are counted' out_line 'Applied: 0 added, 0 changed, 0 deleted, *3 shadowed*'
pass --dry-run
check 'a dry run tells of them too, exit 1' exits 1
check 'a dry run shows them' out_line 's route 10.244.5.0/24 *'
pass --dry-run -o json
check 'JSON tells of them' json '.summary.shadowed == 3 and
	([.changes[] | select(.result == "shadowed")] | length) == 3'
check 'nothing foreign is touched for it' foreign_unchanged
ip -n worker-1 route del 10.244.5.0/24 metric 5
ip -n worker-1 route del 10.244.2.128/25 metric 70000
ip -n worker-1 route del fd10:244:0:2::/64 metric 5
check 'with them gone all is well again' second_pass_is_empty

# A pod bridge that still holds another node's podCIDR.
addresses_add worker-1 cni0 10.244.6.1/24
nodes_write 2 5 6
pass
check 'a route shadowed by a pod bridge is exit 1' exits 1
check 'a pod bridge that still holds the podCIDR is named' out_line \
	's route 10.244.6.0/24 via 10.0.0.16 dev eth1 shadowed by 10.244.6.0/24 dev cni0 proto kernel*'
check 'the shadowed route is installed all the same' route worker-1 '10.244.6.0/24 via 10.0.0.16 *proto 67 *'
ip -n worker-1 addr del 10.244.6.1/24 dev cni0
check 'with the bridge'\''s prefix gone all is well again' second_pass_is_empty

# What leads the same way is a note.
foreign_route 10.244.6.0/24 via 10.0.0.16 metric 5
FOREIGN=$(foreign_save)
pass
check 'a foreign route that leads the same way is no failure' exits 0
check 'a foreign route that leads the same way shadows nothing' \
	out_line 'Applied: 0 added, *0 shadowed*'
check 'and it stays' foreign_unchanged

# A foreign route on the same key.
metric=$(metric_of 10.244.7.0/24)
foreign_route 10.244.7.0/24 via 10.0.0.1 proto static metric "$metric"
foreign_route fd10:244:0:7::/64 via fd00::1 proto static metric 67000
FOREIGN=$(foreign_save)
nodes_write 2 5 6 7 8
pass --dry-run
check 'a dry run shows a conflict, exit 1' exits 1
check 'a conflict shows the foreign route' out_line \
	"x route 10.244.7.0/24 via 10.0.0.17 dev eth1 conflict: 10.244.7.0/24 via 10.0.0.1 *proto static metric $metric*"
pass
check 'a conflict is exit 1' exits 1
check 'the conflict is shown after the pass too' out_line 'x route 10.244.7.0/24 *conflict: *'
check 'an IPv6 conflict is shown' out_line \
	'x route fd10:244:0:7::/64 via fd00::17 *conflict: fd10:244:0:7::/64 via fd00::1 *proto static*'
check 'conflicts are counted' out_line 'Applied: 2 added, *2 in conflict*'
check 'keeps a foreign route on the same key' foreign_unchanged
check 'a conflict stops nobody else' route worker-1 '10.244.8.0/24 via 10.0.0.18 *proto 67 *'
pass -o json
check 'JSON tells of conflicts' json '.summary.conflict == 2 and
	([.changes[] | select(.result == "conflict")] | length) == 2'
ip -n worker-1 route del 10.244.7.0/24 proto static
ip -n worker-1 route del fd10:244:0:7::/64 proto static
pass
check 'with the foreign routes gone ours come' exits 0
check 'with the foreign routes gone ours stand' owned worker-1 10

# Someone replaces our route by theirs.
metric=$(metric_of 10.244.8.0/24)
ip -n worker-1 route replace 10.244.8.0/24 via 10.0.0.9 proto static metric "$metric"
FOREIGN=$(foreign_save)
pass
check 'a foreign replace of our route is a conflict' out_line 'x route 10.244.8.0/24 *'
check 'a foreign replace of our route is left alone' foreign_unchanged
ip -n worker-1 route del 10.244.8.0/24 proto static
pass

# Someone appends theirs to our key while our gateway changes: no replace could be sure whom it hits.
ip -n worker-1 route append 10.244.8.0/24 via 10.0.0.9 proto static metric "$metric"
FOREIGN=$(foreign_save)
sed -i 's/10\.0\.0\.18/10.0.0.28/' "$CONF"
pass
check 'a foreign row beside ours on one key survives a changed gateway' foreign_unchanged
ip -n worker-1 route del 10.244.8.0/24 via 10.0.0.9 proto static
pass
check 'with it gone ours is as the file says' route worker-1 '10.244.8.0/24 via 10.0.0.28 *proto 67 *'

# An IPv6 dump tells the siblings of a key as one row of one protocol; a delete tells whose they are.
ip -n worker-1 route append fd10:244:0:8::/64 via fd00::66 proto static metric 67000
pass
check 'a foreign IPv6 sibling on our key survives a pass' route worker-1 '*via fd00::66 *'
sed -i 's/fd00::18/fd00::28/' "$CONF"
pass
check 'a foreign IPv6 sibling on our key survives a changed gateway' route worker-1 '*via fd00::66 *'
check 'and is told of' exits 1
ip -n worker-1 route del fd10:244:0:8::/64 via fd00::66 proto static
pass
check 'with it gone our IPv6 route is as the file says' \
	route worker-1 'fd10:244:0:8::/64 via fd00::28 dev eth1 proto 67 metric 67000 *'

# Deletions name exactly one row.
nodes_write 2 5 6 7 8
pass
metric=$(metric_of 10.244.7.0/24)
ip -n worker-1 route append 10.244.7.0/24 via 10.0.0.17 proto static metric "$metric"
foreign_route 10.244.7.0/24 via 10.0.0.17 proto static metric 70001
foreign_route 10.244.7.0/24 via 10.0.0.17 proto 67 metric 5 table 77
foreign_route fd10:244:0:7::/64 via fd00::17 proto static metric 70001
FOREIGN=$(foreign_save)
nodes_write 2 5 6 8
pass
check 'a node that leaves loses its routes' out_line '- route 10.244.7.0/24 via 10.0.0.17 dev eth1 *not in the file*'
check 'none of ours are left for it' not route worker-1 '*244?7*proto 67*'
check 'foreign rows of the same destination stay, on the same key too' foreign_unchanged

# Several rows of ours on one key.
metric=$(metric_of 10.244.8.0/24)
ip -n worker-1 route prepend 10.244.8.0/24 via 10.0.0.66 proto 67 metric "$metric"
ip -n worker-1 route append 10.244.8.0/24 via 10.0.0.67 proto 67 metric "$metric"
ip -n worker-1 route append fd10:244:0:8::/64 via fd00::66 proto 67 metric 67000
pass
check 'doubles of ours are mended: exit 0' exits 0
check 'of IPv4 doubles the right one stays' all_of \
	'route worker-1 "10.244.8.0/24 via 10.0.0.18 *proto 67 *"' \
	'not route worker-1 "* via 10.0.0.66 *"' 'not route worker-1 "* via 10.0.0.67 *"'
check 'of IPv6 doubles the right one stays' all_of \
	'route worker-1 "fd10:244:0:8::/64 via fd00::18 *proto 67 *"' \
	'not route worker-1 "*fd00::66 *"'
check 'after mending a pass is empty' second_pass_is_empty
check 'nothing foreign was touched in all this' foreign_unchanged

finish
