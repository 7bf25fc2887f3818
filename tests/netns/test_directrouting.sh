#!/bin/bash
# test_directrouting.sh - peers on the same link are reached plainly, those behind a router through
# the tunnel.
#
#	worker-1  worker-2             worker-3
#	    |         |                    |
#	 ---- wire, 10.0.0.0/24 --- router --- far wire, 10.1.0.0/24
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

# The near side is net 0, the far one net 1.
host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
namespace_add worker-3
namespace_add router
host_link_add router eth1 10.0.0.1/24 fd00::1/64
ip link add far type veth peer name eth2 netns router
ip link set far netns worker-3 name eth1
ip -n router link set eth2 up
ip -n worker-3 link set eth1 up
addresses_add router eth2 10.1.0.1/24 fd01::1/64
addresses_add worker-3 eth1 10.1.0.13/24 fd01::13/64
for n in 1 2; do
	ip -n worker-$n route add 10.1.0.0/24 via 10.0.0.1
	ip -n worker-$n route add fd01::/64 via fd00::1
done
ip -n worker-3 route add default via 10.1.0.1
ip -n worker-3 -6 route add default via fd01::1
for n in 1 2 3; do
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
	net=$((n == 3))
	node worker-$n "address: [10.$net.0.1$n, 'fd0$net::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done
HOSTS=(worker-1 worker-2 worker-3)

all_reach() {
	local from to

	for from in 1 2 3; do
		for to in 1 2 3; do
			pings "worker-$from-pod" "10.244.$to.2" &&
				pings "worker-$from-pod" "fd10:244:0:$to::2" || return 1
		done
	done
}

cluster_write 'type: vxlan, vxlan: {directRouting: true}'
pass worker-1 --dry-run
check 'the plan has near peers as routes, far ones as peers' all_of \
	"out_line '+ route 10.244.2.0/24 via 10.0.0.12 dev eth1 worker-2 *'" \
	"out_line '+ route fd10:244:0:2::/64 via fd00::12 dev eth1 worker-2 *'" \
	"out_line '+ peer worker-3 10.1.0.13 mac $(mac_of worker-3) subnet 10.244.3.0/24 *'" \
	"out_line '+ peer worker-3 fd01::13 mac $(mac_of worker-3 /6) subnet fd10:244:0:3::/64 *'" \
	"out_line 'Plan: 4 to add, *'"
check 'all hosts settle' settled "${HOSTS[@]}"
check 'a near peer is routed plainly' all_of \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026'" \
	"route worker-1 'fd10:244:0:2::/64 via fd00::12 dev eth1 proto 67 metric 67000 *'"
check 'a far one through the tunnel' all_of \
	"route worker-1 '10.244.3.0/24 via 10.244.3.0 dev croute.1 proto 67 metric 68027 onlink'" \
	"route worker-3 'fd10:244:0:1::/64 via fd10:244:0:1:: dev croute-v6.1 * onlink *'" \
	"neighbours worker-1 croute.1 '10.244.3.0 $(mac_of worker-3)'" \
	"fdb worker-1 croute.1 '$(mac_of worker-3) 10.1.0.13'"
check 'pods reach each other, all of them' all_reach

# A peer moves behind the router and back, as its address says.
near=${NODES[worker-2]}
node worker-2 "address: [10.1.0.22, 'fd01::22'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: vxlan, vxlan: {directRouting: true}'
pass worker-1
check 'a near peer that is far now is one change' all_of 'exits 0' \
	"out_line '~ peer worker-2 10.1.0.22 mac $(mac_of worker-2) subnet 10.244.2.0/24 * was via 10.0.0.12 dev eth1 * changed'" \
	"out_line 'Applied: 0 added, 2 changed, 0 deleted, *'" 'converged worker-1'
NODES[worker-2]=$near
cluster_write 'type: vxlan, vxlan: {directRouting: true}'
pass worker-1
check 'and back' all_of 'exits 0' "out_line '~ route 10.244.2.0/24 via 10.0.0.12 dev eth1 * was via 10.244.2.0 dev croute.1 * changed'" \
	"out_line 'Applied: 0 added, 2 changed, 0 deleted, *'" 'converged worker-1' all_reach
check 'its entries in the device are gone' fdb worker-1 croute.1 "$(mac_of worker-3) 10.1.0.13"

# The prefix of the link decides, whatever narrower route leads to a peer's address.
ip -n worker-1 route add 10.0.0.12/32 via 10.0.0.1 dev eth1
pass worker-1
check 'a narrower route to a peer leaves its plain route as it is' all_of 'exits 0' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 *'" 'converged worker-1' 'pings worker-1-pod 10.244.2.2'
ip -n worker-1 route del 10.0.0.12/32

# A link flap takes IPv4 routes away without a word, direct ones too.
ip -n worker-1 link set eth1 down
ip -n worker-1 link set eth1 up
addresses_add worker-1 eth1 fd00::11/64
ip -n worker-1 route add 10.1.0.0/24 via 10.0.0.1
ip -n worker-1 route replace fd01::/64 via fd00::1
check 'after a link flap all is back' all_of 'settled worker-1' all_reach

# host-gw cannot reach those behind the router, and says so.
cluster_write 'type: host-gw'
pass worker-1
check 'host-gw says that a far peer is not on the link, with its line' all_of 'exits 1' \
	"err_line 'nodes.yaml:6:5: error: *10.244.3.0/24 via 10.1.0.13*Nexthop has invalid gateway*'"
cluster_write 'type: vxlan'
check 'vxlan tunnels to all' all_of 'settled "${HOSTS[@]}"' all_reach \
	"route worker-1 '10.244.2.0/24 via 10.244.2.0 dev croute.1 *'"

finish
