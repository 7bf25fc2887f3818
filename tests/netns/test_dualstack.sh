#!/bin/bash
# test_dualstack.sh - two families side by side, one alone, and nodes that have but one of them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

# worker-4 has no IPv4 address, worker-5 no IPv6 one.
workers_with_pods_add 1 2
host_add worker-4 fd00::14/64
pod_add worker-4 fd10:244:0:4::2/64
node worker-4 "address: 'fd00::14', podCIDRs: [10.244.4.0/24, 'fd10:244:0:4::/64']"
host_add worker-5 10.0.0.15/24
pod_add worker-5 10.244.5.2/24
node worker-5 "address: 10.0.0.15, podCIDRs: [10.244.5.0/24, 'fd10:244:0:5::/64']"
HOSTS=(worker-1 worker-2 worker-4 worker-5)

# all_reach: pods of one family all reach each other, of the nodes that have it.
all_reach() {
	pings worker-1-pod 10.244.2.2 && pings worker-1-pod 10.244.5.2 && pings worker-5-pod 10.244.2.2 &&
		pings worker-1-pod fd10:244:0:2::2 && pings worker-1-pod fd10:244:0:4::2 &&
		pings worker-4-pod fd10:244:0:2::2
}

lines_of() {
	grep -c "$1" <<<"$ERR"
}

for backend in 'type: vxlan' 'type: host-gw' 'type: vxlan, vxlan: {directRouting: true}'; do
	cluster_write "$backend"
	croute_in worker-1 flush
	pass worker-1
	crossed=2 # IPv4 over IPv6, IPv6 over IPv4: test_crossed
	[ "$backend" != 'type: host-gw' ] || crossed=1
	check "$backend: what no address can carry is a warning for that family alone" all_of 'exits 0' \
		'[ "$(lines_of warning:)" = $((2 - crossed)) ]' \
		"[ $crossed = 2 ] || err_line '*nodes.yaml:7:*: warning: *fd10:244:0:5::/64*'"
	check "$backend: the rest is applied" owned worker-1 $((4 + crossed))
	check "$backend: all hosts settle" settled "${HOSTS[@]}"
	check "$backend: pods of one family reach each other" all_reach
done
check 'a host of one family has both over it' all_of 'owned worker-4 4' 'owned worker-5 4'
cluster_write 'type: vxlan'
check 'with vxlan too' all_of 'settled "${HOSTS[@]}"' 'owned worker-4 4' 'owned worker-5 4' \
	'no_device worker-4 croute.1' 'no_device worker-5 croute-v6.1' \
	"device worker-4 croute-v6.1 '* mtu 1430 * local fd00::14 *'" "device worker-5 croute.1 '* mtu 1450 * local 10.0.0.15 *'"

# The families on links of their own.
host_link_add worker-2 eth2 fd00::22/64
node worker-2 "address: [10.0.0.12, 'fd00::22'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: vxlan'
check 'each device is on the link of its family' all_of 'settled "${HOSTS[@]}"' \
	"device worker-2 croute.1 '* local 10.0.0.12 dev eth1 *'" \
	"device worker-2 croute-v6.1 '* local fd00::22 dev eth2 *'" all_reach
pass worker-2 --dry-run -o json
check 'JSON names both interfaces' json '.interface.name == "eth1" and .interface6.name == "eth2"'

# One family cannot be had: the other goes on.
ip -n worker-2 link del eth2
pass worker-2
check 'a family without its interface is told, by name' all_of 'exits 1' "said '*fd00::22*'"
check 'the other goes on' all_of "device worker-2 croute.1 '*UP*'" 'owned worker-2 3' 'pings worker-2-pod 10.244.1.2'
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: vxlan'
check 'with an address that is there all comes' all_of 'settled "${HOSTS[@]}"' all_reach

# A family leaves a node.
node worker-2 "address: 10.0.0.12, podCIDRs: 10.244.2.0/24"
cluster_write 'type: vxlan'
check 'a family that left takes its device and peers along' all_of 'settled "${HOSTS[@]}"' \
	'no_device worker-2 croute-v6.1' 'owned worker-2 4' "fdb worker-2 croute.1 \
		'$(mac_of worker-1) 10.0.0.11' '$(mac_of worker-5) 10.0.0.15'" 'pings worker-2-pod 10.244.1.2'

# IPv6 alone.
for host in "${HOSTS[@]}"; do
	croute_in "$host" flush
done
unset 'NODES[worker-5]'
for n in 1 2 4; do
	node worker-$n "address: 'fd00::1$n', podCIDRs: 'fd10:244:0:$n::/64'"
done
for backend in 'type: vxlan' 'type: host-gw'; do
	cluster_write "$backend" "podNetwork: 'fd10:244::/48'"
	check "IPv6 alone, $backend: settles without a word" all_of 'settled worker-1 worker-2 worker-4' "not err_line '*warning*'" \
		'owned worker-1 2' 'no_device worker-1 croute.1'
	check "IPv6 alone, $backend: pods reach each other" all_of 'pings worker-1-pod fd10:244:0:2::2' \
		'pings worker-2-pod fd10:244:0:4::2' 'pings worker-4-pod fd10:244:0:1::2'
done

# IPv6 pods that their nodes reach over IPv6, while IPv4 is only there for others.
cluster_write 'type: vxlan, vxlan: {vni: 3, deviceV6: pods6}'
check 'the name of the IPv6 device' all_of 'settled worker-1 worker-2 worker-4' \
	"device worker-1 pods6 '* vxlan id 3 *'" 'pings worker-1-pod fd10:244:0:2::2'

finish
