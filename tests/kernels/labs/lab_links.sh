#!/bin/bash
# lab_links.sh - underlays as they are built: VLAN, macvlan, bond with a failover, bond over VLANs, bridge over a bond.
#
# worker-1 has each of them in turn; worker-2 has a plain card, with a VLAN where the other has one.
#
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/vxlan.sh
. "$(dirname "$0")/../../netns/vxlan.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"

ip link add probe type bond 2>/dev/null || skip_all 'this kernel has no bonds'
ip link del probe

for n in 1 2; do
	namespace_add worker-$n
	pod_add worker-$n 10.244.$n.2/24
	node worker-$n "address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]"
	host_link_add worker-$n eth1
	host_link_add worker-$n eth2
done

# link NAME TYPE...: up, on worker-1.
link() {
	local name=$1

	shift
	ip -n worker-1 link add "$name" "$@"
	ip -n worker-1 link set "$name" up
}
# port LINK MASTER
port() {
	ip -n worker-1 link set "$1" down
	ip -n worker-1 link set "$1" master "$2"
	ip -n worker-1 link set "$1" up
}
bond() {
	link bond0 type bond mode active-backup miimon 100
	port "$1" bond0
	port "$2" bond0
}
reach_pods() { pings worker-1-pod 10.244.2.2; }
via() { route worker-1 "10.244.2.0/24 via 10.0.0.12 dev $1 proto 67*"; }
tunnel_over() { device worker-1 croute.1 "* dev $1 *" && reach_pods; }

# plays NAME UNDERLAY CARD [BREAK COMMAND...]: host-gw, then a tunnel, over UNDERLAY of worker-1 and CARD of worker-2,
# the second with an agent.
plays() {
	local name=$1 under=$2 card=$3

	shift 3
	ip -n worker-1 addr add 10.0.0.11/24 dev "$under"
	ip -n worker-2 addr add 10.0.0.12/24 dev "$card"
	cluster_write 'type: host-gw' "agent: {resync: 1h, statusFile: $STATUS_FILE}"
	pass worker-2
	pass worker-1
	check "$name, host-gw: pods reach each other" all_of 'exits 0' "via $under" reach_pods
	check "$name, host-gw: the second pass is empty" converged worker-1 worker-2
	cluster_write 'type: vxlan' "agent: {resync: 1h, statusFile: $STATUS_FILE}"
	touch -d '1 hour ago' "$CONF"
	pass worker-2
	pass worker-1
	check "$name, VXLAN: pods reach each other" all_of 'exits 0' "tunnel_over $under"
	check "$name, VXLAN: the second pass is empty" converged worker-1 worker-2
	if [ $# -gt 0 ]; then
		agent_begin
		check "$name: the agent is ready" wait_for ready
		"$@"
		check "$name: after $* pods reach each other" within reach_pods
		agent_stop TERM
		check "$name: and a pass is empty" converged worker-1
	fi
	pass worker-1
	croute_in worker-1 flush
	croute_in worker-2 flush
	ip -n worker-2 addr flush dev "$card"
	ip -n worker-1 link del "$under"
}

fails_over() { ip -n worker-1 link set "$1" down; }

ip -n worker-2 link add eth1.7 link eth1 type vlan id 7
ip -n worker-2 link set eth1.7 up

link eth1.7 link eth1 type vlan id 7
plays 'a VLAN' eth1.7 eth1.7
link mac0 link eth1 type macvlan mode bridge
plays 'a macvlan' mac0 eth1
bond eth1 eth2
plays 'a bond' bond0 eth1 fails_over eth1
ip -n worker-1 link set eth1 up
ip -n worker-1 link set eth2 up

link eth1.7 link eth1 type vlan id 7
link eth2.7 link eth2 type vlan id 7
bond eth1.7 eth2.7
plays 'a bond over VLANs' bond0 eth1.7 fails_over eth1.7
ip -n worker-1 link del eth1.7
ip -n worker-1 link del eth2.7
bond eth1 eth2
link br0 type bridge mcast_snooping 0
port bond0 br0
plays 'a bridge over a bond' br0 eth1 fails_over eth1
finish
