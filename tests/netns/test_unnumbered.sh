#!/bin/bash
# test_unnumbered.sh - the node's address is on the loopback, its links have link-local
# addresses alone, and routes of a daemon lead to the peers.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

# worker-1 has 10.0.0.11 on lo, worker-2 10.0.0.12 on a dummy link where the kernel has them; eth1 and
# eth2 lead to each other.
host_add worker-1 fe80::1/64
host_add worker-2 fe80::2/64
ip -n worker-1 link add eth2 type veth peer name eth2 netns worker-2
for n in 1 2; do
	ip -n worker-$n addr add fe80::2$n/64 dev eth2 nodad
	ip -n worker-$n link set eth2 up
	ip -n worker-$n link set eth1 mtu 1400
	pod_add worker-$n "10.244.$n.2/24"
	node worker-$n "address: 10.0.0.1$n, podCIDRs: 10.244.$n.0/24"
done
ip -n worker-1 addr add 10.0.0.11/32 dev lo
ip -n worker-2 link add dummy0 up type dummy 2>/dev/null && HOLDER=dummy0 || HOLDER=lo
ip -n worker-2 addr add 10.0.0.12/32 dev "$HOLDER"
# ways SELF PEER DEVICE...: what a routing daemon would have learnt.
ways() {
	local self=$1 peer=$2 dev hops=()

	shift 2
	for dev in "$@"; do hops+=(nexthop via inet6 "fe80::$([ "$dev" = eth1 ] || echo 2)$peer" dev "$dev"); done
	ip -n worker-"$self" route replace "10.0.0.1$peer/32" proto bird src "10.0.0.1$self" "${hops[@]}"
}
ways 1 2 eth1
ways 2 1 eth1

cluster_write 'type: host-gw'
pass worker-1
check 'with host-gw the loopback stays no candidate' all_of 'exits 1' "err_line '*lo has the address, but is the loopback: *backend.type vxlan*'"
cluster_write 'type: vxlan'
pass worker-1 --dry-run --exit-code
check 'a dry run shows a tunnel that is bound to no link' all_of 'exits 2' 'no_device worker-1 croute.1' \
	"out_line '+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev none mac * mtu 1350 address 10.244.1.0/32*'"
check 'both hosts settle, and a second pass is empty' settled worker-1 worker-2
unbound() {
	device "$1" croute.1 '*vxlan id 1 local 10.0.0.1* tos 0x2 *' && ! device "$1" croute.1 '* dev eth*' &&
		! device "$1" croute.1 '* dev lo *'
}
check 'the device is bound to no link, its MTU is that of the way' all_of 'unbound worker-1' 'unbound worker-2' \
	"device worker-1 croute.1 '* mtu 1350 *'" "device worker-2 croute.1 '* mtu 1350 *'"
croute_in worker-1 interface --node worker-1 -c "$CONF"
check 'croute interface names the loopback and the links that lead to peers' all_of 'exits 0' \
	"out_line 'IPv4 lo index 1, mtu 1400, address 10.0.0.11'" "out_line 'lo * is taken; packets leave by *'" \
	"out_line 'eth1 *; leads to peers'" "not out_line 'eth2 *; leads to peers'"
check 'pods reach one another' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-2-pod 10.244.1.2'
croute_in worker-1 lookup 10.244.2.2 --node worker-1 -c "$CONF"
check 'lookup agrees' all_of 'exits 0' "out_line '*agrees*'"

ways 1 2 eth1 eth2
ways 2 1 eth1 eth2
check 'of several ways at once the least MTU counts, in place' all_of 'settled worker-1 worker-2' \
	"device worker-1 croute.1 '* mtu 1350 *'" 'pings worker-1-pod 10.244.2.2' 'pings worker-2-pod 10.244.1.2'
croute_in worker-1 snapshot --node worker-1 -c "$CONF"
mv "$WORK/stdout" "$WORK/snapshot"
pass worker-1 --dry-run --exit-code --kernel-state "$WORK/snapshot"
check 'from a snapshot as well' all_of 'exits 0' "out_line '*, 1 unchanged.'"
# links_used NUMBER: of 400 packets from as many ports, so many links have taken 40 or more.
sent() { ip -n worker-1 -s -j link show dev "$1" | jq '.[0].stats64.tx.packets'; }
links_used() {
	local first second

	first=$(sent eth1) second=$(sent eth2)
	# shellcheck disable=SC2016 # for the inner shell
	in_host worker-1-pod bash -c 'for port in {1..400}; do printf x >"/dev/udp/10.244.2.2/$port"; done'
	first=$(($(sent eth1) - first)) second=$(($(sent eth2) - second))
	[ $((first + second)) -ge 400 ] && [ $(((first >= 40) + (second >= 40))) = "$1" ]
}
check 'with a hash of addresses all flows to a peer take one link' links_used 1
multipath_is() {
	croute_in worker-1 doctor -o json --node worker-1 -c "$CONF"
	json ".checks[] | select(.name == \"multipath\") | .result == \"$1\" and (.fix | contains(\"$2\"))"
}
check 'and doctor says so' multipath_is warning \
	'sysctl -w net.ipv4.fib_multipath_hash_policy=1 | tee -a /etc/sysctl.d/'
sysctl_in worker-1 ipv4/fib_multipath_hash_policy 1
check 'with a hash of ports flows to one peer leave by both links' links_used 2
check 'and doctor is content with it' multipath_is ok ''

agent_restart worker-1
ways 1 2 eth2
check 'a route that leaves a link out, and its MTU, is followed at the event' \
	wait_for device worker-1 croute.1 '* mtu 1450 *'
ip -n worker-1 link set eth2 mtu 1300
check 'so is the MTU of a link' wait_for device worker-1 croute.1 '* mtu 1250 *'
ip -n worker-1 route del 10.0.0.12
ip -n worker-1 link set eth2 mtu 1500
croute_in worker-1 reconcile --dry-run --exit-code --node worker-1 -c "$CONF"
check 'without a route to any peer the MTU stays' all_of 'exits 0' "device worker-1 croute.1 '* mtu 1250 *'"
ways 1 2 eth2
check 'until there is one' wait_for device worker-1 croute.1 '* mtu 1450 *'
ip -n worker-1 link set eth2 down
ways 1 2 eth1
ways 2 1 eth1
check 'a link goes down, and pods are reached by the other one' wait_for pings worker-1-pod 10.244.2.2
check 'nothing of croute is lost with it' all_of 'owned worker-1 1' "device worker-1 croute.1 '*UP*'"
agent_stop TERM

ip -n worker-1 link set eth2 up
croute_in worker-1 flush
ip -n worker-1 link add croute.1 type bridge
pass worker-1
check "another program's link in the way stays" all_of 'exits 1' "device worker-1 croute.1 '* bridge *'" 'owned worker-1 0'
ip -n worker-1 link del croute.1
ip -n worker-1 route add 10.244.2.0/24 via inet6 fe80::2 dev eth1 proto static metric 68026
pass worker-1
check "and so does another program's route" all_of 'exits 1' "out_line 'x peer worker-2 *conflict: 10.244.2.0/24 via inet6 *'" \
	"route worker-1 '10.244.2.0/24 via inet6 fe80::2 dev eth1 proto static metric 68026*'" 'owned worker-1 0'

finish
