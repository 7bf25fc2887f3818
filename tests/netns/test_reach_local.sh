#!/bin/bash
# test_reach_local.sh - with reach.every a host without a tunnel device has an address on the pods' side.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_add 1 2

# local_row HOST PATTERN: a line of table local of either family reads like that.
local_row() {
	line_of "$({ ip -n "$1" route show table local; ip -n "$1" -6 route show table local; })" "$2"
}
has_ipv4() {
	local_row "$1" "local 10.244.${1#worker-}.0 dev lo proto 67 scope host metric 67000*"
}
has_ipv6() {
	local_row "$1" "local fd10:244:0:${1#worker-}:: dev lo proto 67 metric 67000 *"
}
has_both() {
	has_ipv4 "$1" && has_ipv6 "$1"
}
has_none() {
	! local_row "$1" '*proto 67*'
}

ON='reach: {every: 10s}'
cluster_write 'type: host-gw'
check 'without it there is none' all_of 'settled worker-1' 'has_none worker-1'
cluster_write 'type: host-gw' "$ON"
pass worker-1 --dry-run --exit-code
check 'the plan shows it, whose it is and where it comes from' all_of 'exits 2' 'has_none worker-1' \
	"out_line \"+ route local 10.244.1.0/32 dev lo * this node's own nodes.yaml:*\"" \
	"out_line \"+ route local fd10:244:0:1::/128 dev lo * this node's own nodes.yaml:*\"" "out_line 'Plan: 2 to add, *'"
check 'it stands, and the second pass is empty' all_of 'settled worker-1 worker-2' 'has_both worker-1' 'has_both worker-2'
check 'it answers, to a peer that asks from its own' \
	all_of 'in_host worker-1 ping -q -c 1 -W 5 -I 10.244.1.0 10.244.2.0'
check 'and of IPv6 too' in_host worker-1 ping -c 1 -W 5 fd10:244:0:2::
ip -n worker-1 route del local 10.244.1.0 dev lo table local
check 'it is put back' all_of 'settled worker-1' 'has_both worker-1'

# What others have on that address stays theirs.
croute_in worker-1 flush
check 'flush takes it along' all_of 'exits 0' 'has_none worker-1'
ip -n worker-1 addr add 10.244.1.0/24 dev lo
check "an address of another's serves as it is" all_of 'settled worker-1' 'not has_ipv4 worker-1' 'has_ipv6 worker-1'
ip -n worker-1 addr del 10.244.1.0/24 dev lo
ip -n worker-1 route add local 10.244.1.0 dev lo table local proto 4
check "and so does another's route" all_of 'settled worker-1' 'not has_ipv4 worker-1' \
	"local_row worker-1 'local 10.244.1.0 dev lo proto static *'"
ip -n worker-1 route del local 10.244.1.0 dev lo table local proto 4
ip -n worker-1 route add broadcast 10.244.1.0 dev eth1 table local proto kernel scope link src 10.0.0.11
check 'beside what older kernels make a broadcast address there is none' all_of 'settled worker-1' 'not has_ipv4 worker-1'
ip -n worker-1 route del broadcast 10.244.1.0 dev eth1 table local
check 'then it is back' all_of 'settled worker-1' 'has_both worker-1'
pod_add worker-1 10.244.1.2/24 fd10:244:0:1::2/64
check 'beside the bridge of the pods it stays, or gives way to what the kernel has' settled worker-1
check 'pods are reached all the same' all_of 'in_host worker-1 ping -c 1 -W 5 10.244.1.2' \
	'in_host worker-2 ping -c 1 -W 5 10.244.1.2'

# Another podCIDR, another backend, the end.
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.7.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: host-gw' "$ON"
check 'it follows the podCIDR' all_of 'settled worker-2' "local_row worker-2 'local 10.244.7.0 dev lo proto 67 *'" \
	"not local_row worker-2 'local 10.244.2.0 *'" 'has_ipv6 worker-2'
cluster_write 'type: vxlan' "$ON"
check 'the tunnel device has the address in its place' all_of 'settled worker-2' 'has_none worker-2'
cluster_write 'type: host-gw' "$ON"
check 'and gives it back' all_of 'settled worker-2' "local_row worker-2 'local 10.244.7.0 dev lo proto 67 *'"
croute_in worker-2 flush --hand-back flannel
check 'a hand-back leaves none' all_of 'exits 0' 'has_none worker-2'
pass worker-2
cluster_write 'type: host-gw'
check 'it goes when it is no longer asked for' all_of 'settled worker-2' 'has_none worker-2'

finish
