#!/bin/bash
# test_vxlan_change.sh - a ping every 2 ms runs through each change, and none is lost.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

for n in 1 2; do
	host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64 10.0.0.2$n/24 fd00::2$n/64
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
done

# node_at N PART REST: node N with the addresses 10.0.0.PART and fd00::PART.
node_at() {
	node "worker-$1" "address: [10.0.0.$2, 'fd00::$2'], podCIDRs: [10.244.$1.0/24, 'fd10:244:0:$1::/64']${3-}"
}

node_at 1 11
node_at 2 12
cluster_write 'type: vxlan'
check 'the cluster stands' settled worker-1 worker-2

# loses_nothing SENTENCE BACKEND HOST...: write the file, let the hosts have it one after another with
# traffic in between, over both families and from either end.
loses_nothing() {
	local host sentence=$1 backend=$2 status=0

	shift 2
	cluster_write "$backend"
	row_start 4 worker-1-pod 10.244.2.2
	row_start 6 worker-2-pod fd10:244:0:1::2
	for host in "$@"; do
		pass "$host"
		exits 0 || status=1
		row_goes_on 4 || status=1
		row_goes_on 6 || status=1
	done
	check "$sentence: done on all hosts, with answers in between" [ $status = 0 ]
	check "$sentence: not one ping is lost" rows_lost 0 4 6
	check "$sentence: then passes are empty" converged "$@"
}

node_at 2 22
loses_nothing 'a peer changes its address' 'type: vxlan' worker-1 worker-2
check 'and the old one is nowhere left' all_of \
	"fdb worker-1 croute.1 '$(mac_of worker-2) 10.0.0.22'" \
	"fdb worker-1 croute-v6.1 '$(mac_of worker-2 /6) fd00::22'" \
	"device worker-2 croute.1 '* local 10.0.0.22 *'" "device worker-2 croute-v6.1 '* local fd00::22 *'"
node_at 2 12
loses_nothing 'the address changes back, the peer itself first' 'type: vxlan' worker-2 worker-1
node_at 1 21
node_at 2 22
loses_nothing 'both change at once' 'type: vxlan' worker-1 worker-2
node_at 1 11
node_at 2 12
loses_nothing 'and back' 'type: vxlan' worker-2 worker-1

node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/23, 'fd10:244:0:2::/63']"
loses_nothing 'a subnet grows around the pods' 'type: vxlan' worker-1 worker-2
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 10.244.0.0/24, 'fd10:244:0:2::/64', 'fd10:244::/64']"
loses_nothing 'a subnet comes before it' 'type: vxlan' worker-1 worker-2
check 'whose address the device has now' all_of 'addresses_are worker-2 croute.1 10.244.2.0/32' \
	'addresses_are worker-2 croute-v6.1 fd10:244:0:2::/128'
node_at 2 12
loses_nothing 'and goes again' 'type: vxlan' worker-1 worker-2
loses_nothing 'MTU of the tunnel' 'type: vxlan, vxlan: {mtu: 1400}' worker-1 worker-2
loses_nothing 'MTU back' 'type: vxlan' worker-1 worker-2

# From host-gw to vxlan and back, in two steps each.
loses_nothing 'vxlan to directRouting' 'type: vxlan, vxlan: {directRouting: true}' worker-1 worker-2
check 'both devices stay, ready to receive' all_of "device worker-1 croute.1 '*UP*'" "device worker-1 croute-v6.1 '*UP*'" \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026'"
loses_nothing 'directRouting to host-gw' 'type: host-gw' worker-1 worker-2
check 'the devices are gone' all_of 'no_device worker-1 croute.1' 'no_device worker-2 croute-v6.1'
loses_nothing 'host-gw to directRouting' 'type: vxlan, vxlan: {directRouting: true}' worker-2 worker-1
loses_nothing 'directRouting to vxlan' 'type: vxlan' worker-1 worker-2
check 'into the tunnel' all_of "route worker-1 '10.244.2.0/24 via 10.244.2.0 dev croute.1 *'" \
	"route worker-2 'fd10:244:0:1::/64 via fd10:244:0:1:: dev croute-v6.1 *'"

# The order, which pings may be too slow to see.
# (An FDB entry is told as a neighbour with the peer's address.)
# watched BACKEND: worker-1's pass over that file, with what the kernel tells of it.
watched() {
	cluster_write "$1"
	monitor_start worker-1 ip monitor neigh route
	pass worker-1
	monitor_stop worker-1
}

M2=$(mac_of worker-2) S2=$(mac_of worker-2 /6)
settled worker-2
watched 'type: vxlan, vxlan: {directRouting: true}'
check 'out of the tunnel the route goes first, then neighbour and FDB entry' all_of 'exits 0' "heard_in_order \
	'10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 *' 'Deleted 10.244.2.0 dev croute.1 *' \
	'Deleted 10.0.0.12 dev croute.1 *'" "heard_in_order 'fd10:244:0:2::/64 via fd00::12 dev eth1 proto 67 *' \
	'Deleted fd10:244:0:2:: dev croute-v6.1 *' 'Deleted fd00::12 dev croute-v6.1 *'"
watched 'type: vxlan'
check 'into it FDB entry and neighbour stand before the route' all_of 'exits 0' "heard_in_order \
	'10.0.0.12 dev croute.1 lladdr $M2 PERMANENT*' '10.244.2.0 dev croute.1 lladdr $M2 PERMANENT*' \
	'10.244.2.0/24 via 10.244.2.0 dev croute.1 *'" "heard_in_order 'fd00::12 dev croute-v6.1 lladdr $S2 PERMANENT*' \
	'fd10:244:0:2:: dev croute-v6.1 lladdr $S2 PERMANENT*' 'fd10:244:0:2::/64 via fd10:244:0:2:: dev croute-v6.1 *'"
check 'the cluster stands in the tunnel again' settled worker-1 worker-2

# A direct flip is warned about.
cluster_write 'type: host-gw'
pass worker-1 --dry-run
check 'vxlan to host-gw in one step is warned about' all_of 'exits 0' "err_line '*warning:*directRouting: true*'"
cluster_write 'type: vxlan, vxlan: {directRouting: true}'
pass worker-1 --dry-run
check 'the two steps are not' all_of 'exits 0' '[ -z "$ERR" ]'
settled worker-1
cluster_write 'type: host-gw'
pass worker-1
check 'neither of them' all_of 'exits 0' '[ -z "$ERR" ]'
cluster_write 'type: vxlan'
pass worker-1 --dry-run
check 'host-gw to vxlan in one step is warned about' all_of 'exits 0' "err_line '*warning:*directRouting: true*'"
in_host worker-1 sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
pass worker-1 --dry-run
check 'and so is a strict rp_filter' err_line '*warning: rp_filter*net.ipv4.conf.all.rp_filter=2*'
in_host worker-1 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter'
check 'the cluster stands again' settled worker-1 worker-2

# A MAC alone.
node_at 2 12 ', vtepMAC: 0e:00:00:00:00:02, vtepMAC6: 0e:00:00:00:06:02'
watched 'type: vxlan'
check 'a changed MAC is warned about in the pass too' err_line '*warning:*MAC*lost until both ends*'
check 'the new FDB entry, the neighbour replaced, the old entry last' heard_in_order \
	'10.0.0.12 dev croute.1 lladdr 0e:00:00:00:00:02 PERMANENT*' \
	'10.244.2.0 dev croute.1 lladdr 0e:00:00:00:00:02 PERMANENT*' "Deleted 10.0.0.12 dev croute.1 lladdr $M2 *"
apart() {
	! in_host worker-1-pod ping -n -q -c 1 -W 0.2 10.244.2.2 >/dev/null
}
check 'until both ends have it pods are apart' apart
pass worker-2
row_start 4 worker-1-pod 10.244.2.2
row_start 6 worker-2-pod fd10:244:0:1::2
check 'from then on nothing is lost' rows_lost 0 4 6
check 'and passes are empty' converged worker-1 worker-2

finish
