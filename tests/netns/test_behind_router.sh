#!/bin/bash
# test_behind_router.sh - peers that are not on the link go by their router, and plain pod routes
# bear the node's own address where the file says so.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

#	worker-1 10.0.0.11/32 ----.
#	                           router-1, router-2, which know the pods
#	worker-2 10.2.0.12/24 ----'
#	worker-3 10.0.0.13/32 ---- on the wire, too, but no prefix says so
host_add worker-1 10.0.0.11/32 fd00::11/128
host_add worker-2 10.2.0.12/24 fd02::12/64
for n in 1 2; do
	host_add router-$n 10.0.0.$n/24 10.2.0.$n/24 fd00::$n/64 fd02::$n/64 fe80::$n/64
	for pods in '10.244.1.0/24 via 10.0.0.11' 'fd10:244:0:1::/64 via fd00::11' \
		'10.244.2.0/24 via 10.2.0.12' 'fd10:244:0:2::/64 via fd02::12'; do
		# shellcheck disable=SC2086 # words of a route
		ip -n router-$n route add $pods
	done
done
ip -n worker-1 route add default via 10.0.0.1 dev eth1 onlink
ip -n worker-1 -6 route add default via fe80::1 dev eth1
ip -n worker-2 route add default via 10.2.0.1
ip -n worker-2 -6 route add default via fd02::1
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
node worker-2 "address: [10.2.0.12, 'fd02::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
pod_add worker-1 10.244.1.2/24 fd10:244:0:1::2/64
pod_add worker-2 10.244.2.2/24 fd10:244:0:2::2/64

at_router() {
	route worker-1 "10.244.2.0/24 via 10.0.0.$1 dev eth1 proto 67 *onlink*" &&
		route worker-1 "fd10:244:0:2::/64 via fe80::$1 dev eth1 proto 67 *" && owned worker-1 2
}

cluster_write 'type: host-gw'
pass worker-1
check 'without it the message names the three ways out' all_of 'exits 1' \
	"err_line '*: 10.2.0.12 is not on the link; use backend vxlan, or via or offLink: router*'"

cluster_write 'type: host-gw, hostGw: {offLink: router}'
pass worker-1 --dry-run --exit-code
check 'a dry run shows the router, and changes nothing' all_of 'exits 2' 'owned worker-1 0' \
	"out_line '+ route 10.244.2.0/24 via 10.0.0.1 dev eth1 onlink worker-2 *'" \
	"out_line '+ route fd10:244:0:2::/64 via fe80::1 dev eth1 worker-2 *'"
check 'both hosts settle, and a second pass is empty' settled worker-1 worker-2
check 'each peer has the next hop of the way to its address' all_of 'at_router 1' \
	"route worker-2 '10.244.1.0/24 via 10.2.0.1 dev eth1 proto 67 *'"
check 'pods reach one another' all_of 'pings worker-1-pod 10.244.2.2' \
	'pings worker-1-pod fd10:244:0:2::2'

# reach, past a router and past one that lacks the pods.
cluster_write 'type: host-gw, hostGw: {offLink: router}' 'reach: {every: 10s}'
check 'with reach both settle' settled worker-1 worker-2
croute_in worker-1 reach --node worker-1 -c "$CONF"
check 'reach asks past the router' all_of 'exits 0' "out_line '2 answer, 0 unknown, 0 lost.'"
ip -n router-1 route del 10.244.2.0/24
croute_in worker-1 reach --node worker-1 -c "$CONF" 10.2.0.12
check 'and says when the router does not know the pods' all_of 'exits 1' \
	"out_line '10.0.0.1 has no route to 10.244.2.0, the pods? side of worker-2'" \
	"out_line 'fix: on 10.0.0.1: a route to 10.244.2.0/24 via 10.2.0.12*'"
ip -n router-1 route add blackhole 10.244.2.0/24
croute_in worker-1 reach --node worker-1 -c "$CONF" 10.2.0.12
check 'or drops them without a word' all_of 'exits 1' \
	"out_line 'packets with pod addresses go by the router 10.0.0.1 and are lost, while worker-2 answers*'"
ip -n router-1 route replace 10.244.2.0/24 via 10.2.0.12
cluster_write 'type: host-gw, hostGw: {offLink: router}'
check 'without reach its routes are gone' settled worker-1 worker-2

ip -n worker-1 route replace default via 10.0.0.2 dev eth1 onlink
ip -n worker-1 -6 route replace default via fe80::2 dev eth1
pass worker-1
check 'another router: each route is replaced' all_of 'exits 0' \
	"out_line 'Applied: 0 added, 2 changed, 0 deleted, *'" 'at_router 2' 'converged worker-1'

ip -n worker-1 route replace 10.244.2.0/24 via 10.0.0.1 dev eth1 onlink \
	metric "$(metric_of 10.244.2.0/24)" proto static
pass worker-1
check "another program's row in the way stays" all_of 'exits 1' "out_line 'x route 10.244.2.0/24 *conflict: *'" \
	"route worker-1 '10.244.2.0/24 via 10.0.0.1 dev eth1 proto static *'"
ip -n worker-1 route del 10.244.2.0/24 proto static
check 'and without it the route is back' all_of 'settled worker-1' 'at_router 2'

# A next hop of the file goes before what the kernel says.
node worker-2 "address: [10.2.0.12, 'fd02::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], via: [10.0.0.1, 'fe80::1']"
cluster_write 'type: host-gw'
check 'via stands in place of the address' all_of 'settled worker-1' 'at_router 1' 'pings worker-1-pod 10.244.2.2'
node worker-2 "address: [10.2.0.12, 'fd02::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], via: 10.0.0.11"
cluster_write 'type: host-gw'
pass worker-1
check 'a next hop that this host is would loop' all_of 'exits 1' \
	"err_line '*the next hop of this peer is on this host, traffic would loop*'"

# The source.
node worker-2 "address: [10.2.0.12, 'fd02::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], via: [10.0.0.1, 'fe80::1']"
cluster_write 'type: host-gw'
check 'a next hop that fits is taken again' settled worker-1
cluster_write 'type: host-gw, hostGw: {source: node}'
pass worker-1 --dry-run
check 'the plan shows the source' all_of 'exits 0' \
	"out_line '~ route 10.244.2.0/24 via 10.0.0.1 dev eth1 src 10.0.0.11 onlink *'"
check 'a source is one replace' all_of 'settled worker-1' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.1 dev eth1 proto 67 src 10.0.0.11 *onlink*'" \
	"route worker-1 'fd10:244:0:2::/64 via fe80::1 dev eth1 proto 67 src fd00::11 *'" 'owned worker-1 2'

# An agent, which is restarted and loses the address for a while.
agent_restart worker-1
ip -n worker-1 addr del 10.0.0.11/32 dev eth1
check 'without the address the kernel has no route' wait_for not route worker-1 '10.244.2.0/24 *'
addresses_add worker-1 eth1 10.0.0.11/32
ip -n worker-1 route replace default via 10.0.0.1 dev eth1 onlink
check 'its return is followed at once' wait_for route worker-1 '10.244.2.0/24 via 10.0.0.1 dev eth1 proto 67 src 10.0.0.11 *'

# The way to a peer's address changes under the agent; onlink gateways of both families.
ip -n worker-1 -6 route replace default via fe80::1 dev eth1
node worker-2 "address: [10.2.0.12, 'fd02::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: host-gw, hostGw: {offLink: router}'
check 'the file names no next hop any more' wait_for at_router 1
by_onlink() {
	route worker-1 '10.244.2.0/24 via 10.0.0.2 dev eth1 *onlink*' &&
		route worker-1 'fd10:244:0:2::/64 via fd00::2 dev eth1 *onlink*'
}
ip -n worker-1 route replace default via 10.0.0.2 dev eth1 onlink
ip -n worker-1 -6 route replace default via fd00::2 dev eth1 onlink
check 'another router is followed at the event' wait_for by_onlink
ip -n worker-1 route add 10.2.0.0/16 via 10.0.0.1 dev eth1 onlink
ip -n worker-1 -6 route add fd02::12/128 via fe80::1 dev eth1
check 'and so is a route that goes before it' wait_for at_router 1
agent_stop TERM
check 'and SIGTERM leaves it' all_of 'exits 0' 'owned worker-1 2'

croute_in worker-1 flush
check 'flush takes all of it' all_of 'exits 0' 'owned worker-1 0'

finish
