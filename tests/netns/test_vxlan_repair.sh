#!/bin/bash
# test_vxlan_repair.sh - whatever is broken on a device or among its rows, one pass mends it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_with_pods_add 1 2
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
host_link_add worker-1 eth2 10.9.0.11/24
cluster_write 'type: vxlan'
M1=$(mac_of worker-1) M2=$(mac_of worker-2) M3=$(mac_of worker-3)
S2=$(mac_of worker-2 /6)
check 'the cluster stands' settled worker-1 worker-2

kernel_state() {
	local dev

	for dev in croute.1 croute-v6.1; do
		ip -n worker-1 -d link show dev $dev | sed 's/^[0-9]*:/N:/; s/ remote [^ ]*//'
		ip -n worker-1 -o addr show dev $dev | awk '{print $3, $4}'
		in_host worker-1 bridge fdb show dev $dev | grep ' dst ' | sort
		neighbours_of worker-1 $dev
	done
	routes_of worker-1 | grep 'proto 67'
}
RIGHT=$(kernel_state)

is_right() {
	[ "$(kernel_state 2>/dev/null)" = "$RIGHT" ]
}

pods_reach() {
	pings worker-1-pod 10.244.2.2 && pings worker-1-pod fd10:244:0:2::2
}

# mends SENTENCE PATTERN COMMAND...: break it so on worker-1; the dry run has a line like PATTERN,
# one pass mends all of it, a second one is empty, and pods reach each other.
mends() {
	local sentence=$1 pattern=$2

	shift 2
	in_host worker-1 "$@" || echo "cannot break: $*"
	check "$sentence: broken" not is_right
	pass worker-1 --dry-run
	check "$sentence: planned" out_line "$pattern"
	pass worker-1
	check "$sentence: done in one pass" all_of 'exits 0' is_right
	check "$sentence: then a pass is empty, and pods reach each other" all_of 'converged worker-1' pods_reach
}

# The device.
mends 'a link-local address' '~ link croute.1 addrgenmode none address 10.244.1.0/32' bash -c '
	ip link set croute.1 addrgenmode eui64 && ip addr add fe80::1/64 dev croute.1'
# shellcheck disable=SC2016 # expanded there
mends 'a making that was cut off' '~ link croute.1 *addrgenmode none alias croute up address *' bash -c '
	ip link del croute.1 && ip link add croute.1 mtu 1450 address '"$M1"' group 67 type vxlan id 1 \
	local 10.0.0.11 dev eth1 dstport 8472 nolearning ttl 0'
mends 'local address' '~ link croute.1 local 10.0.0.11 (was 10.9.0.11)' \
	ip link set croute.1 type vxlan local 10.9.0.11
mends 'local address of the IPv6 device' '~ link croute-v6.1 local fd00::11 (was fd00::99)' \
	ip link set croute-v6.1 type vxlan local fd00::99
mends 'underlay link' '~ link croute.1 dev eth1 (was eth2)' \
	ip link set croute.1 type vxlan dev eth2
mends 'learning' '~ link croute.1 nolearning' ip link set croute.1 type vxlan learning
mends 'ttl' '~ link croute.1 ttl auto' ip link set croute.1 type vxlan ttl 3
mends 'tos' '~ link croute.1 tos 0' ip link set croute.1 type vxlan tos 0x10
mends 'MAC, with the peers that go with it' "~ link croute.1 mac $M1 (was 02:00:00:00:00:99)" \
	ip link set croute.1 address 02:00:00:00:00:99
mends 'MTU' '~ link croute.1 mtu 1450 (was 1400)' ip link set croute.1 mtu 1400
mends 'queue length' '~ link croute.1 txqueuelen 0 (was 1000)' ip link set croute.1 txqueuelen 1000
mends 'down, with all that goes with it' '~ link croute.1 up' ip link set croute.1 down
mends 'down, IPv6' '~ link croute-v6.1 up address fd10:244:0:1::/128' ip link set croute-v6.1 down
mends 'address removed, with all that goes with it' '~ link croute.1 address 10.244.1.0/32' \
	ip addr del 10.244.1.0/32 dev croute.1
mends 'IPv6 address removed' '~ link croute-v6.1 address fd10:244:0:1::/128' \
	ip addr del fd10:244:0:1::/128 dev croute-v6.1
mends 'an address of a wrong length beside it' '~ link croute.1 address 10.244.1.0/32' \
	ip addr add 10.244.1.0/24 dev croute.1
mends 'another address' '~ link croute.1 address 10.244.1.0/32' ip addr add 10.244.1.77/32 dev croute.1
mends 'its IPv6 address with another length' '~ link croute-v6.1 address fd10:244:0:1::/128' \
	sh -c 'ip addr del fd10:244:0:1::/128 dev croute-v6.1; ip addr add fd10:244:0:1::/64 dev croute-v6.1 nodad'
mends 'its address with another length' '~ link croute.1 address 10.244.1.0/32' \
	sh -c 'ip addr add 10.244.1.0/24 dev croute.1; ip addr del 10.244.1.0/32 dev croute.1'
mends 'another IPv6 address' '~ link croute-v6.1 address fd10:244:0:1::/128' \
	ip addr add fd10:244:0:1::77/128 dev croute-v6.1
mends 'an address of the other family' '~ link croute.1 address 10.244.1.0/32' \
	ip addr add fd10:99::1/128 dev croute.1
mends 'addrgenmode' '~ link croute.1 addrgenmode none' ip link set croute.1 addrgenmode eui64
mends 'a default destination' "- fdb 00:00:00:00:00:00 dst 10.0.0.99 dev croute.1 not in the file" \
	ip link set croute.1 type vxlan remote 10.0.0.99
mends 'the name' '~ link croute.1 * (made anew)' \
	sh -c 'ip link set croute.1 down && ip link set croute.1 name other && ip link set other up'
mends 'the device gone' '+ link croute.1 *' ip link del croute.1
mends 'both devices gone' '+ link croute-v6.1 *' sh -c 'ip link del croute.1; ip link del croute-v6.1'
remake='ip link del croute.1; ip link add croute.1 address '$M1' mtu 1450 txqueuelen 0 type vxlan local 10.0.0.11 dev eth1 nolearning'
mends 'VNI' '~ link croute.1 vni 1 * (made anew)' \
	sh -c "$remake id 9 dstport 8472; ip link set croute.1 alias croute up"
mends 'port' '~ link croute.1 * port 8472 * (made anew)' \
	sh -c "$remake id 1 dstport 4789; ip link set croute.1 alias croute up"
mends 'UDP checksum' '~ link croute.1 * (made anew)' \
	sh -c "$remake id 1 dstport 8472 noudpcsum; ip link set croute.1 alias croute up"
mends 'underlay family' '~ link croute.1 * (made anew)' \
	sh -c "ip link del croute.1; ip link del croute-v6.1; ip link add croute.1 type vxlan id 1 dstport 8472 local fd00::11 dev eth1; ip link set croute.1 alias croute up"
mends 'a device left half made' '~ link croute.1 * alias croute up *' \
	sh -c "$remake id 1 dstport 8472; ip link set croute.1 group 67"
mends 'two devices of ours for one' '- link other vni 2 port 8472 not in the file' \
	sh -c "ip link add other type vxlan id 2 dstport 8472 local 10.0.0.11 dev eth1; ip link set other alias croute up; ip link set croute.1 mtu 1400"

# Settings that tell no event and get no line.
in_host worker-1 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/croute.1/accept_ra; echo 1 >/proc/sys/net/ipv4/conf/croute.1/rp_filter'
pass worker-1
check 'accept_ra and rp_filter are put back' all_of 'exits 0' \
	'setting_is worker-1 ipv6/conf/croute.1/accept_ra 0' 'setting_is worker-1 ipv4/conf/croute.1/rp_filter 2'

# Rows.
mends 'a wrong FDB destination' "~ peer worker-2 10.0.0.12 * was $M2 dst 10.0.0.99 *" \
	bridge fdb replace "$M2" dev croute.1 dst 10.0.0.99 self permanent
mends 'a wrong FDB destination of IPv6' "~ peer worker-2 fd00::12 * was $S2 dst fd00::99 *" \
	bridge fdb replace "$S2" dev croute-v6.1 dst fd00::99 self permanent
mends 'an FDB entry gone' "~ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 *" \
	bridge fdb del "$M2" dev croute.1 dst 10.0.0.12 self
mends 'an FDB entry with a port of its own' "~ peer worker-2 10.0.0.12 *" \
	bridge fdb replace "$M2" dev croute.1 dst 10.0.0.12 port 4789 self permanent
mends 'an FDB entry with a VNI of its own' "~ peer worker-2 10.0.0.12 *" \
	bridge fdb replace "$M2" dev croute.1 dst 10.0.0.12 vni 5 self permanent
mends 'an FDB entry that is not permanent' "~ peer worker-2 10.0.0.12 *" \
	bridge fdb replace "$M2" dev croute.1 dst 10.0.0.12 self dynamic
mends 'an extra FDB entry' '- fdb 0e:00:00:00:00:99 dst 10.0.0.99 dev croute.1 not in the file' \
	bridge fdb add 0e:00:00:00:00:99 dev croute.1 dst 10.0.0.99 self permanent
mends 'the entry of an old MAC of a peer' '- fdb 0e:00:00:00:00:98 dst 10.0.0.12 dev croute.1 not in the file' \
	bridge fdb add 0e:00:00:00:00:98 dev croute.1 dst 10.0.0.12 self permanent
mends 'flooding entries' '- fdb 00:00:00:00:00:00 dst 10.0.0.99 dev croute.1 not in the file' \
	sh -c 'bridge fdb append 00:00:00:00:00:00 dev croute.1 dst 10.0.0.98 self permanent
	bridge fdb append 00:00:00:00:00:00 dev croute.1 dst 10.0.0.99 self permanent'
mends 'a neighbour that is not permanent' "~ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 *" \
	ip neigh replace 10.244.2.0 lladdr "$M2" dev croute.1 nud reachable
mends 'a neighbour that is stale' "~ peer worker-2 fd00::12 *" \
	ip neigh replace fd10:244:0:2:: lladdr "$S2" dev croute-v6.1 nud stale
mends 'a neighbour with a wrong MAC' "~ peer worker-2 10.0.0.12 * was * lladdr 0e:00:00:00:00:97 *" \
	ip neigh replace 10.244.2.0 lladdr 0e:00:00:00:00:97 dev croute.1 nud permanent
mends 'a neighbour gone' "~ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 *" ip neigh del 10.244.2.0 dev croute.1
mends 'an extra neighbour' '- neighbour 10.244.9.0 lladdr 0e:00:00:00:00:97 dev croute.1 not in the file' \
	ip neigh add 10.244.9.0 lladdr 0e:00:00:00:00:97 dev croute.1 nud permanent
mends 'an extra neighbour of IPv6' '- neighbour fd10:244:0:9:: lladdr * dev croute-v6.1 not in the file' \
	ip neigh add fd10:244:0:9:: lladdr 0e:00:00:00:00:97 dev croute-v6.1 nud permanent
mends 'a route gone' "+ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 *" ip route del 10.244.2.0/24 proto 67
mends 'a route gone, IPv6' "+ peer worker-2 fd00::12 mac $S2 subnet fd10:244:0:2::/64 *" ip route del fd10:244:0:2::/64 proto 67
mends 'a route that is not into the tunnel' '~ peer worker-2 10.0.0.12 * was via 10.0.0.12 dev eth1 *' \
	ip route replace 10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026
mends 'a route that is not into the tunnel, IPv6' '~ peer worker-2 fd00::12 * was via fd00::12 dev eth1 *' \
	ip route replace fd10:244:0:2::/64 via fd00::12 dev eth1 proto 67 metric 67000
mends 'all rows of the device' "+ peer worker-3 10.0.0.13 mac $M3 subnet 10.244.3.0/24 *" \
	sh -c 'ip neigh flush dev croute.1 nud permanent; bridge fdb flush dev croute.1; ip route flush proto 67; ip -6 route flush proto 67'

# A part alone: one peer, its parts behind -v.
in_host worker-1 bridge fdb replace "$M2" dev croute.1 dst 10.0.0.99 self permanent
in_host worker-1 ip neigh del 10.244.2.0 dev croute.1
pass worker-1 --dry-run --exit-code
check 'two parts of a peer are one changed peer, pending' all_of 'exits 2' \
	'[ "$(grep -c . <<<"$OUT")" = 2 ]' "out_line 'Plan: 0 to add, 1 to change, 0 to delete, 0 held, *, 3 unchanged.'"
pass worker-1 --dry-run -v
check 'each of them has a line with -v' all_of \
	"out_line '~ fdb $M2 dst 10.0.0.12 dev croute.1 worker-2 nodes.yaml:*:5 was $M2 dst 10.0.0.99 dev croute.1'" \
	"out_line '+ neighbour 10.244.2.0 lladdr $M2 dev croute.1 worker-2 nodes.yaml:*:5'" \
	"out_line '~ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 *'" \
	"out_line 'Plan: 0 to add, 1 to change, 0 to delete, *'"
pass worker-1
in_host worker-1 bridge fdb add 0e:00:00:00:00:99 dev croute.1 dst 10.0.0.99 self permanent
pass worker-1 --dry-run --exit-code
check 'a part of no peer is pending too' exits 2
pass worker-1 -o json
check 'JSON tells such a part' json '.summary.add == 0 and .summary.delete == 0 and
	(.changes | length) == 1 and .changes[0].kind == "fdb" and .changes[0].action == "delete" and
	.changes[0].result == "applied"'
check 'all is right at the end' all_of is_right 'converged worker-1'

# The underlay goes and comes.
ip -n worker-1 link del eth1
pass worker-1
check 'without its underlay it is told that there is no interface' all_of 'exits 1' 'no_device worker-1 croute.1'
host_link_add worker-1 eth1 10.0.0.11/24 fd00::11/64
check 'with it all is back, under another index' all_of 'settled worker-1' is_right pods_reach

finish
