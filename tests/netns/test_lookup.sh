#!/bin/bash
# test_lookup.sh - who owns an address, and whether the kernel agrees; when not, why.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
pod_add worker-1 10.244.1.5/24 fd10:244:0:1::5/64
pod_add worker-2 10.244.2.5/24 fd10:244:0:2::5/64
CONF=$WORK/nodes.yaml

# nodes_write GUARD NUMBER...: this node, and one for each number.
nodes_write() {
	local n

	{
		echo 'version: 1'
		echo "guard: {$1}"
		echo 'nodes:'
		echo "- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}"
		for n in "${@:2}"; do
			echo "- {name: worker-$n, address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']}"
		done
	} >"$CONF"
}

lookup() {
	croute_in worker-1 lookup -c "$CONF" --node worker-1 "$@"
}

pass() {
	croute_in worker-1 reconcile -c "$CONF" --node worker-1
}

# agrees ADDRESS / disagrees ADDRESS VERDICT: by exit code, text and JSON.
agrees() {
	lookup "$1" -o json
	exits 0 && json '.version == 1 and .agrees' || return 1
	lookup "$1"
	exits 0 && out_line 'agrees yes: *'
}

disagrees() {
	lookup "$1" -o json
	exits 1 && json ".agrees == false and .verdict == \"$2\"" || return 1
	lookup "$1"
	exits 1 && out_line 'agrees no: *'
}

neighbour_is() {
	ip -n worker-1 neigh show "$1" dev eth1 | grep "$2" >/dev/null
}

# The kernel forgets one that failed, so it is asked again.
neighbour_fails() {
	neighbour_is "$1" FAILED && return
	in_host worker-1 ping -n -q -c 1 -W 1 "$1" >/dev/null 2>&1
	return 1
}

nodes_write 'maxDelete: 100%' 2 3
check 'before a pass the route is missing' disagrees 10.244.2.5 missing
pass
check 'the pass works' exits 0
run in_host worker-1 setpriv --bounding-set -net_raw "$CROUTE" lookup -c "$CONF" --node worker-1 10.244.2.5
check 'an absent neighbour that cannot be asked is unknown, not wrong' all_of 'exits 0' \
	'out_line "neighbour 10.0.0.12 dev eth1 has no entry*"' 'out_line "agrees yes: *unknown*"'
check 'then the kernel agrees' agrees 10.244.2.5
check 'it pings' pings worker-1 10.244.2.5
lookup 10.244.2.5
check 'it tells all in a screen' all_of \
	'out_line "address 10.244.2.5"' \
	'out_line "node worker-2 nodes.yaml:5:3"' \
	'out_line "podCIDR 10.244.2.0/24"' \
	'out_line "backend host-gw"' \
	'out_line "next hop 10.0.0.12 dev eth1"' \
	'out_line "route 10.244.2.0/24 via 10.0.0.12 dev eth1 metric 68026 proto 67"' \
	'out_line "kernel 10.244.2.0/24 via 10.0.0.12 dev eth1 metric 68026 proto 67, src 10.0.0.11"' \
	'out_line "neighbour 10.0.0.12 dev eth1 lladdr *:*"' \
	'out_line "agrees yes: the kernel does what the file says*"' \
	'[ "$(wc -l <<<"$OUT")" -lt 24 ]'
lookup 10.244.2.5 -o json
check 'and programs all of it' all_of \
	'json ".address == \"10.244.2.5\" and .node == \"worker-2\" and .podCIDR == \"10.244.2.0/24\""' \
	'json ".backend == \"host-gw\" and .nextHop == \"10.0.0.12\" and .device == \"eth1\" and .fdb == null"' \
	'json ".cause == \"nodes.yaml:5:3\" and .local == false and .kernel.match.via == \"10.0.0.12\" and .kernel.src == \"10.0.0.11\""' \
	'json ".neighbour.address == \"10.0.0.12\" and .neighbour.mac != null and .rules == []"'
check 'IPv6 likewise' agrees fd10:244:0:2::5
check 'over its own next hop' out_line 'kernel fd10:244:0:2::/64 via fd00::12 dev eth1 *proto 67, src *'
ip -n worker-1 neigh replace 10.0.0.12 dev eth1 lladdr 02:00:00:00:00:12 nud stale
check 'a stale neighbour is unknown, not wrong' agrees 10.244.2.5
ip -n worker-1 neigh del 10.0.0.12 dev eth1

# What is not another node's.
lookup 10.244.1.5
check 'this node'\''s own podCIDR is local' all_of 'exits 0' 'out_line "node worker-1, this node *"' \
	'out_line "agrees yes: local, 10.244.1.0/24 is this node'\''s own"'
lookup 10.244.1.5 -o json
check 'to programs too' json '.local and .verdict == "local" and .node == "worker-1"'
ip -n worker-1 route add 203.0.113.0/24 via 10.0.0.1
lookup 203.0.113.9
check 'an address in no podCIDR: what the kernel would do' all_of 'exits 0' 'out_line "node none*"' \
	'out_line "kernel 203.0.113.0/24 via 10.0.0.1 dev eth1 proto boot, src *"'
lookup 192.0.2.9
check 'or that it knows no way' all_of 'exits 0' 'out_line "kernel no way: *ENETUNREACH*"'
lookup 10.0.0.12
check 'the address of a node is no pod'\''s' all_of 'exits 0' 'out_line "node worker-2, its own address*"'

# Why the kernel does not agree.
ip -n worker-1 route add 10.244.2.0/28 via 10.0.0.9
check 'another route is more specific' disagrees 10.244.2.5 more-specific
check 'it is named' out_line 'agrees no: another route is more specific: 10.244.2.0/28 via 10.0.0.9 dev eth1 proto boot'
check 'addresses beside it are not concerned' agrees 10.244.2.77
ip -n worker-1 route del 10.244.2.0/28
ip -n worker-1 route add blackhole 10.244.2.0/28
check 'one that swallows the packets, too' disagrees 10.244.2.5 more-specific
check 'it is named, though the kernel only refuses' out_line '*more specific: blackhole 10.244.2.0/28 *'
ip -n worker-1 route del blackhole 10.244.2.0/28
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.9 metric 5
check 'shadowed by a lower metric' disagrees 10.244.2.5 shadowed
check 'by this one' out_line 'agrees no: shadowed *10.244.2.0/24 via 10.0.0.9 dev eth1 metric 5 proto boot'
ip -n worker-1 route del 10.244.2.0/24 metric 5
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.12 metric 5
check 'one that leads the same way does no harm' agrees 10.244.2.5
ip -n worker-1 route del 10.244.2.0/24 metric 5

ip -n worker-1 rule add to 10.244.2.0/24 priority 100 lookup 77
ip -n worker-1 route add default via 10.0.0.9 table 77
check 'a policy rule' disagrees 10.244.2.5 policy-rule
check 'it is named with where it leads' out_line \
	'agrees no: a policy rule leads elsewhere: 100: to 10.244.2.0/24 lookup 77: default via 10.0.0.9 dev eth1 table 77 proto boot'
check 'for addresses outside it, not' agrees fd10:244:0:2::5
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add to 10.244.2.0/24 priority 100 prohibit
check 'a rule that refuses' disagrees 10.244.2.5 policy-rule
check 'it is named, too' out_line 'agrees no: a policy rule leads elsewhere: 100: to 10.244.2.0/24 prohibit'
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add from 10.0.0.11 priority 100 lookup 77
check 'a rule that catches this host'\''s packets once they have an address' disagrees 10.244.2.5 policy-rule
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add from 203.0.113.0/24 to 10.244.2.0/24 priority 100 lookup 77
check 'a rule for packets of others is shown, but not wrong' all_of 'agrees 10.244.2.5' \
	'out_line "rule 100: from 203.0.113.0/24 to 10.244.2.0/24 lookup 77"'
ip -n worker-1 rule del priority 100

# Packets of this host's pods, which go through rules and checks of their own.
lookup 10.244.2.5
check 'packets of pods are looked up, too' out_line 'pods from 10.244.1.2 by cni0: 10.244.2.0/24 via 10.0.0.12 dev eth1 *'
lookup 10.244.2.5 -o json
check 'to programs, too' all_of 'json ".pods.from == \"10.244.1.2\" and .pods.device == \"cni0\" and .pods.rule == null"' \
	'json ".pods.match.via == \"10.0.0.12\" and .route.destination == \"10.244.2.0/24\" and .route.metric == 68026"'
ip -n worker-1 rule add from 10.244.1.0/24 priority 100 lookup 77
check 'a rule that takes them away' disagrees 10.244.2.5 policy-rule
check 'it is named' out_line 'agrees no: for a packet of a pod a policy rule leads elsewhere: 100: from 10.244.1.0/24 lookup 77: default via 10.0.0.9 *'
check 'and that it decides' out_line 'pods from 10.244.1.2 by cni0: default via 10.0.0.9 dev eth1 table 77 proto boot, by rule 100: from 10.244.1.0/24 lookup 77'
ip -n worker-1 route replace blackhole default table 77
check 'also to a row that swallows them' disagrees 10.244.2.5 policy-rule
check 'which the kernel does not name' out_line 'agrees no: for a packet of a pod *lookup 77: blackhole default table 77 proto boot'
ip -n worker-1 route flush table 77
check 'but not to an empty table' agrees 10.244.2.5
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add iif cni0 priority 100 prohibit
check 'a rule for what comes in by the bridge' disagrees 10.244.2.5 policy-rule
ip -n worker-1 rule del priority 100
sysctl_in worker-1 ipv4/conf/cni0/forwarding 0
check 'a host that does not forward them' disagrees 10.244.2.5 refused
check 'it says so' out_line 'agrees no: the kernel refuses packets of pods that come in by cni0 (EHOSTUNREACH): is forwarding off*'
sysctl_in worker-1 ipv4/conf/cni0/forwarding 1
check 'one that does' agrees 10.244.2.5
sysctl_in worker-1 ipv6/conf/all/forwarding 0
check 'IPv6 likewise' disagrees fd10:244:0:2::5 refused
sysctl_in worker-1 ipv6/conf/all/forwarding 1
lookup fd10:244:0:2::5
check 'with packets of its pods' all_of 'exits 0' 'out_line "pods from fd10:244:0:1::2 by cni0: fd10:244:0:2::/64 via fd00::12 *"'
ip -n worker-1 route add default via 10.0.0.9 table 77
ip -n worker-1 -6 rule add to fd10:244:0:2::/64 priority 100 lookup 77
ip -n worker-1 -6 route add default via fd00::9 table 77
check 'IPv6 rules likewise' disagrees fd10:244:0:2::5 policy-rule
ip -n worker-1 -6 rule del priority 100

# Rules that ask for more than an address.
ip -n worker-1 rule add not fwmark 1 priority 100 lookup 77
check 'a rule for packets without a mark' disagrees 10.244.2.5 policy-rule
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add fwmark 1 priority 100 lookup 77
check 'one for marked packets is shown, but not wrong' all_of 'agrees 10.244.2.5' \
	'out_line "rule 100: fwmark 0x1/0xffffffff lookup 77"'
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add uidrange 0-0 priority 100 lookup 77
check 'one for a user, who asks' disagrees 10.244.2.5 policy-rule
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add uidrange 9-9 priority 100 lookup 77
check 'one for another user' agrees 10.244.2.5
ip -n worker-1 rule del priority 100
ip -n worker-1 rule add priority 100 lookup main suppress_prefixlength 0
ip -n worker-1 rule add priority 101 lookup 77
check 'one that passes over default routes alone leads to ours' agrees 10.244.2.5
check 'and is named' out_line 'kernel *, by rule 100: lookup 254 suppress_prefixlength 0'
ip -n worker-1 rule del priority 101
ip -n worker-1 rule del priority 100

addresses_add worker-1 lo 10.244.2.9/32
check 'this host answers itself' disagrees 10.244.2.9 on-this-host
ip -n worker-1 addr del 10.244.2.9/32 dev lo
ip -n worker-1 route add 10.244.1.64/26 via 10.0.0.9
check 'a route leads pods of this node away' disagrees 10.244.1.70 elsewhere
ip -n worker-1 route del 10.244.1.64/26

pings worker-1 10.244.3.5
check 'a gateway that does not answer fails' wait_for neighbour_fails 10.0.0.13
check 'gateway failed' disagrees 10.244.3.5 gateway-failed
check 'it is named' out_line 'agrees no: gateway failed: 10.0.0.13 does not answer on eth1'

metric=$(metric_of 10.244.2.0/24)
ip -n worker-1 route del 10.244.2.0/24 metric "$metric"
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.9 metric "$metric"
check 'another program on the key: conflict' disagrees 10.244.2.5 conflict
ip -n worker-1 route del 10.244.2.0/24 metric "$metric"
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.9 metric "$metric" proto 67
check 'a route that is not as the file says' disagrees 10.244.2.5 differs
check 'it is shown as it is' out_line 'route 10.244.2.0/24 via 10.0.0.9 *'
pass
check 'a pass repairs it' agrees 10.244.2.5

# The file lost the node.
nodes_write 'maxDelete: 0, alwaysAllow: 0' 3
check 'held by the guard' disagrees 10.244.2.5 held
check 'it says so' out_line 'agrees no: not in the file, but its deletion is held by the guard: croute release: 10.244.2.0/24 *'
nodes_write 'maxDelete: 100%' 3
check 'a route that the next pass removes' disagrees 10.244.2.5 left-over
check 'a lookup changes nothing' route worker-1 '10.244.2.0/24 via 10.0.0.12 *'

ip -n worker-1 route flush table 77
ip -n worker-1 route add default via 10.0.0.9 table 77
ip -n worker-1 rule add to 10.244.1.0/24 priority 100 lookup 77
check 'a rule that leads away from this node'\''s pods' disagrees 10.244.1.5 elsewhere
check 'is named' out_line 'agrees no: local to this node, but led elsewhere: 100: to 10.244.1.0/24 lookup 77: default *'
ip -n worker-1 rule del priority 100

# A table of croute's own, and a rule that leads there.
nodes_write 'maxDelete: 100%' 2 3
echo 'kernel: {table: 123}' >>"$CONF"
pass
check 'a table that no rule leads to' disagrees 10.244.2.5 no-rule
check 'it says so' out_line 'agrees no: no policy rule leads to table 123, where the route is: ip rule add priority 32000 lookup 123'
ip -n worker-1 rule add iif cni0 priority 32000 lookup 123
check 'one for packets of pods alone leaves this host'\''s' disagrees 10.244.2.5 no-rule
ip -n worker-1 rule del priority 32000
ip -n worker-1 rule add priority 32000 lookup 123
check 'one for all' agrees 10.244.2.5
check 'which is named' out_line 'kernel 10.244.2.0/24 *, by rule 32000: lookup 123'
ip -n worker-1 rule del priority 32000
nodes_write 'maxDelete: 100%' 2 3
pass

# A node's name stands for each of its podCIDRs.
lookup worker-2
check 'a node: an answer for each family' all_of 'exits 0' 'out_line "address 10.244.2.1"' 'out_line "address fd10:244:0:2::1"'
lookup worker-2 -o json
check 'to programs as a list' json '.node == "worker-2" and .agrees and (.lookups | length) == 2 and all(.lookups[]; .agrees)'
ip -n worker-1 -6 route add blackhole fd10:244:0:2::/80
lookup worker-2
check 'one that is wrong is enough: exit 1' exits 1
ip -n worker-1 -6 route del blackhole fd10:244:0:2::/80
lookup worker-1
check 'this node is local' all_of 'exits 0' 'out_line "agrees yes: local, *"'
lookup worker-22
check 'an unknown name: exit 64, and the nearest' all_of 'exits 64' 'said "*neither an address nor a node of the file; did you mean \"worker-2\"?*"'

# What no node has.
sed -i '2i podNetwork: [10.244.0.0/16, "fd10:244::/48"]' "$CONF"
lookup 10.244.99.5
check 'in podNetwork an address of nobody is wrong' all_of 'exits 1' 'out_line "agrees no: in podNetwork, but no node of the file has it"'
lookup 192.0.2.9 -o json
check 'elsewhere there is nothing to agree with' all_of 'exits 0' 'json ".agrees == null and .verdict == \"unowned\""'

# A peer behind a router.
nodes_write 'maxDelete: 100%' 2
echo '- {name: worker-9, address: 10.50.0.19, podCIDRs: [10.244.9.0/24]}' >>"$CONF"
ip -n worker-1 route add 10.50.0.0/24 via 10.0.0.12
pass
check 'the kernel refuses its route, and the refusal says why' all_of 'exits 1' 'said "*10.50.0.19 is not on the link; use backend vxlan*"'
check 'lookup says why, too' disagrees 10.244.9.5 off-link
check 'and not that a pass adds it' out_line 'agrees no: *10.50.0.19 is not on the link of eth1; use backend vxlan, *: 10.50.0.0/24 via 10.0.0.12 dev eth1 *'
ip -n worker-1 route del 10.50.0.0/24

# What is wrong before all that.
lookup 10.244.2.0/24
check 'a prefix is not an address: exit 64' all_of 'exits 64' 'said "*not an IPv4 or IPv6 address*"'
lookup ::ffff:10.0.0.1
check 'IPv4 in IPv6 is told as such' all_of 'exits 64' 'said "*give it as IPv4*"'
lookup
check 'nothing is no address' all_of 'exits 64' 'said "*lookup needs its ADDRESS|NODE*"'
croute_in worker-1 lookup -c "$WORK/nowhere" 10.244.2.5
check 'a missing file is exit 3' exits 3
echo 'nodes: 7' >"$WORK/bad.yaml"
croute_in worker-1 lookup -c "$WORK/bad.yaml" 10.244.2.5
check 'an invalid one, too' exits 3
nodes_write 'maxDelete: 100%' 2 3
run in_host worker-1 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	"$CROUTE" lookup -c "$CONF" --node worker-1 10.244.2.5
check 'it needs no privilege' all_of 'exits 0' 'out_line "agrees yes: *"'
ip -n worker-1 addr flush dev eth1
check 'without an interface it says so' disagrees 10.244.2.5 no-interface

finish
