#!/bin/bash
# test_confirm_adopt.sh - a takeover from flannel that nobody confirms leaves flannel's own state.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"

NETWORK='podNetwork: [10.244.0.0/16]'
for n in 1 2; do
	host_add worker-$n 10.0.0.1$n/24
	pod_add worker-$n 10.244.$n.7/24
done
for n in 1 2 3; do
	node worker-$n "address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24], vtepMAC: '02:00:00:00:00:0$n'"
done

# flannel_leaves HOST N: device and peers as flannel's vxlan backend makes them, one peer long gone.
flannel_leaves() {
	local host=$1 n

	ip -n "$host" link add flannel.1 address "02:00:00:00:00:0$2" txqueuelen 0 type vxlan id 1 dev eth1 \
		local "10.0.0.1$2" dstport 8472 nolearning udpcsum
	ip -n "$host" addr add "10.244.$2.0/32" dev flannel.1
	ip -n "$host" link set flannel.1 up
	sysctl_in "$host" ipv4/conf/flannel.1/rp_filter 0
	for n in 1 2 3 4; do
		[ "$n" != "$2" ] || continue
		ip -n "$host" neigh add "10.244.$n.0" lladdr "02:00:00:00:00:0$n" dev flannel.1 nud permanent
		in_host "$host" bridge fdb add "02:00:00:00:00:0$n" dev flannel.1 dst "10.0.0.1$n" self permanent
		ip -n "$host" route add "10.244.$n.0/24" via "10.244.$n.0" dev flannel.1 onlink
	done
}

# --- vxlan ----------------------------------------------------------------------------------------

flannel_leaves worker-1 1
flannel_leaves worker-2 2
cluster_write 'type: vxlan, vxlan: {device: flannel.1}' "$NETWORK" 'adopt: flannel'
before worker-1
row_start v4 worker-1-pod 10.244.2.7
pass worker-1 --confirm 1h
check 'flannel is taken over' all_of 'exits 0' "out_line '- route 10.244.4.0/24 via 10.244.4.0 dev flannel.1*'" \
	'owned worker-1 2' "not route worker-1 '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'" \
	"device worker-1 flannel.1 '*alias croute*'"
confirm worker-1 --undo
check 'undone, all is flannel'\''s again: device, routes, entries, settings, those of a vanished node' \
	undone worker-1
check 'not one packet was lost there and back' rows_lost 0 v4
check 'that is told' record '*undone, as asked for: 3 routes added again, 2 routes removed, 1 device put back*'

pass worker-1 --confirm 1h
ip -n worker-1 route add 10.244.3.0/24 via 10.0.0.99
ip -n worker-1 route add 10.244.7.0/24 via 10.244.7.0 dev flannel.1 onlink
confirm worker-1 --undo
check 'what came into the place of a route of flannel'\''s stays, and is told' all_of 'exits 1' \
	"out_line '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink: another program has taken its place'" \
	"route worker-1 '10.244.3.0/24 via 10.0.0.99 *'" "route worker-1 '10.244.7.0/24 via 10.244.7.0 *'" \
	"route worker-1 '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'" 'owned worker-1 0'
ip -n worker-1 route del 10.244.7.0/24
ip -n worker-1 route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink

pass worker-1 --confirm 1h
confirm worker-1
check 'confirmed, it stays taken over' all_of 'exits 0' 'wait_for free worker-1' 'settled worker-1' \
	'owned worker-1 2'

# --- host-gw --------------------------------------------------------------------------------------

croute_in worker-1 flush
for n in 2 3 4; do
	ip -n worker-1 route add "10.244.$n.0/24" via "10.0.0.1$n"
done
ip -n worker-2 link del flannel.1
ip -n worker-2 route add 10.244.1.0/24 via 10.0.0.11
cluster_write 'type: host-gw' "$NETWORK" 'adopt: flannel'
before worker-1
row_start v4 worker-1-pod 10.244.2.7
pass worker-1 --confirm 1h
check 'host-gw is taken over' all_of 'exits 0' 'owned worker-1 2' \
	"not route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1'"
confirm worker-1 --undo
check 'and given back' undone worker-1
check 'without a lost packet' rows_lost 0 v4

finish
