#!/bin/bash
# test_blackhole.sh - what is sent to an unused address of the node's own podCIDR stays on the node.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_add 1 2
# A router that would send the pods' addresses round in a circle.
ip -n worker-1 route add default via 10.0.0.12
ip -n worker-1 -6 route add default via fd00::12

# leaves ADDRESS: the kernel of worker-1 has a way to it.
leaves() {
	ip -n worker-1 route get "$1" >/dev/null 2>&1
}

holds() {
	route worker-1 "blackhole 10.244.1.0/24 proto 67 metric $(metric_of 10.244.1.0/24)" &&
		route worker-1 'blackhole fd10:244:0:1::/64 dev lo proto 67 metric 67000*'
}

for backend in 'type: host-gw' 'type: vxlan'; do
	cluster_write "$backend" 'agent: {blackholeLocal: false}'
	check "$backend: without it they leave" all_of 'settled worker-1' 'leaves 10.244.1.7' 'leaves fd10:244:0:1::7'
	cluster_write "$backend" 'agent: {blackholeLocal: true}'
	pass worker-1 --dry-run --exit-code
	check "$backend: the plan says whose it is" all_of 'exits 2' \
		"out_line \"+ route blackhole 10.244.1.0/24 this node's own nodes.yaml:*\"" \
		"out_line \"+ route blackhole fd10:244:0:1::/64 this node's own nodes.yaml:*\"" \
		"out_line 'Plan: 2 to add, 0 to change, 0 to delete, *'"
	check "$backend: two hosts settle, and a second pass is empty" settled worker-1 worker-2
	check "$backend: each podCIDR has its blackhole" holds
	check "$backend: nothing leaves the node" all_of 'not leaves 10.244.1.7' 'not leaves fd10:244:0:1::7'
	check "$backend: peers are reached all the same" all_of 'leaves 10.244.2.7' 'leaves fd10:244:0:2::7'
	croute_in worker-1 lookup --node worker-1 -c "$CONF" 10.244.1.7
	check "$backend: lookup says that no pod is there" all_of 'exits 0' "out_line '*no link of this host holds it yet*'" \
		"out_line 'route blackhole 10.244.1.0/24 *'" "not out_line 'next hop*'"
	croute_in worker-1 lookup --node worker-1 -c "$CONF" fd10:244:0:1::7
	check "$backend: of the other family too" all_of 'exits 0' "out_line '*no link of this host holds it yet*'"
done

# With a pod the bridge's own route wins, and nobody calls that a shadow.
for n in 1 2; do
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
done
check "the pods' bridge wins, and is no shadow" all_of 'converged worker-1 worker-2' \
	"out_line 'Applied: * 0 in conflict, 0 shadowed, *'" holds
check 'pods are reached from their own node and from the other' all_of 'pings worker-1 10.244.1.2' \
	'pings worker-1 fd10:244:0:1::2' 'pings worker-2-pod 10.244.1.2' 'pings worker-2-pod fd10:244:0:1::2'
ip -n worker-1 route add 10.244.1.9 dev cni0
check "a pod's own route is no shadow either" all_of 'converged worker-1' "out_line '* 0 shadowed, *'"

# Foreign rows on its key, and rows of it that others remove.
ip -n worker-1 route del blackhole 10.244.1.0/24 metric "$(metric_of 10.244.1.0/24)"
ip -n worker-1 route add unreachable 10.244.1.0/24 metric "$(metric_of 10.244.1.0/24)" proto 4
pass worker-1
check "another program's route on its key is a conflict and stays" all_of 'exits 1' \
	"out_line 'x route blackhole 10.244.1.0/24 conflict: *'" "route worker-1 'unreachable 10.244.1.0/24 *'"
ip -n worker-1 route del unreachable 10.244.1.0/24 metric "$(metric_of 10.244.1.0/24)"
check 'without it the blackhole is back' all_of 'settled worker-1' holds

# A family whose interface is gone, a podCIDR that moves, the end.
ip -n worker-1 addr del 10.0.0.11/24 dev eth1
pass worker-1
check 'it stays while the interface is gone' all_of 'exits 1' holds
addresses_add worker-1 eth1 10.0.0.11/24
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:1::/64']"
cluster_write 'type: vxlan' 'agent: {blackholeLocal: true}'
check 'another podCIDR, another blackhole' all_of 'settled worker-1' "not route worker-1 'blackhole 10.244.1.0/24 *'" \
	"route worker-1 'blackhole 10.244.3.0/24 *'"
cluster_write 'type: vxlan' 'agent: {blackholeLocal: false}'
check 'it goes when it is no longer asked for' all_of 'settled worker-1' "not route worker-1 'blackhole *'"
cluster_write 'type: vxlan' 'agent: {blackholeLocal: true}'
pass worker-1
croute_in worker-1 flush
check 'flush takes it along' all_of 'exits 0' "not route worker-1 'blackhole *'"

finish
