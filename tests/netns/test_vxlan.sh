#!/bin/bash
# test_vxlan.sh - pods reach each other through the tunnel; what the plan says of devices and peers.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_with_pods_add 1 2
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 10.244.33.0/24, 'fd10:244:0:3::/64']"
cluster_write 'type: vxlan'
M1=$(mac_of worker-1) M2=$(mac_of worker-2) M3=$(mac_of worker-3)
S1=$(mac_of worker-1 /6) S2=$(mac_of worker-2 /6) S3=$(mac_of worker-3 /6)

# The plan, before anything is there.
pass worker-1 --dry-run --exit-code
check 'a dry run with changes pending is exit 2' exits 2
check 'it shows both devices' all_of \
	"out_line '+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac $M1 mtu 1450 address 10.244.1.0/32'" \
	"out_line '+ link croute-v6.1 vni 1 port 8472 local fd00::11 dev eth1 mac $S1 mtu 1430 address fd10:244:0:1::/128'"
check 'a peer is one line' all_of \
	"out_line '+ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 nodes.yaml:5:5'" \
	"out_line '+ peer worker-2 fd00::12 mac $S2 subnet fd10:244:0:2::/64 nodes.yaml:5:5'" \
	"not out_line '* fdb *'" "not out_line '* neighbour *'"
check 'only peers are counted' out_line 'Plan: 5 to add, 0 to change, 0 to delete, 0 held, *'
check 'the dry run made nothing' no_device worker-1 croute.1
pass worker-1 --dry-run -v
check 'its parts are told with -v' all_of \
	"out_line '+ fdb $M2 dst 10.0.0.12 dev croute.1 worker-2 nodes.yaml:5:5'" \
	"out_line '+ neighbour 10.244.2.0 lladdr $M2 dev croute.1 worker-2 nodes.yaml:5:5'" \
	"out_line '+ neighbour fd10:244:0:2:: lladdr $S2 dev croute-v6.1 worker-2 nodes.yaml:5:5'" \
	"out_line 'Plan: 5 to add, 0 to change, 0 to delete, 0 held, *'"
pass worker-1 --dry-run -v -o json
check 'JSON has every change with its kind' json '[.changes[].kind] | sort | unique ==
	["fdb", "link", "neighbour", "peer"]'
check 'JSON counts peers alone' json '.summary.add == 5 and ([.changes[] | select(.kind == "peer")] | length) == 5'
check 'JSON names the node of each part' json 'all(.changes[] | select(.kind != "link"); .node != null and
	(.cause | test("^nodes.yaml:[56]:5$")) and .action == "add" and .result == "planned")'

# The pass.
pass worker-1
check 'a pass makes devices and peers' all_of 'exits 0' \
	"out_line '+ link croute.1 * address 10.244.1.0/32 added'" \
	"out_line '+ peer worker-2 10.0.0.12 mac $M2 subnet 10.244.2.0/24 nodes.yaml:5:5 added'" \
	"out_line 'Applied: 5 added, 0 changed, 0 deleted, *'"
check 'a second pass is empty, links and parts too' converged worker-1
check 'the other host as well' settled worker-2

# The kernel.
check 'the IPv4 device is as it should be' device worker-1 croute.1 \
	"*<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 *link/ether $M1 *vxlan id 1 local 10.0.0.11 dev eth1 * dstport 8472 nolearning ttl auto * udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode none *alias croute"
check 'the IPv6 device is as it should be' device worker-1 croute-v6.1 \
	"*<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1430 *link/ether $S1 *vxlan id 1 local fd00::11 dev eth1 * dstport 8472 nolearning ttl auto * udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode none *alias croute"
check 'no queue, no mark of the making' all_of "device worker-1 croute.1 '* qdisc noqueue * group default *'" \
	"not device worker-1 croute.1 '* qlen *'" "not device worker-1 croute-v6.1 '* qlen *'"
check 'each has its address alone' all_of 'addresses_are worker-1 croute.1 10.244.1.0/32' \
	'addresses_are worker-1 croute-v6.1 fd10:244:0:1::/128'
check 'no router is believed there, and return paths are loose' all_of \
	'setting_is worker-1 ipv6/conf/croute.1/accept_ra 0' \
	'setting_is worker-1 ipv6/conf/croute-v6.1/accept_ra 0' \
	'setting_is worker-1 ipv4/conf/croute.1/rp_filter 2'
check 'one FDB entry for each peer, however many podCIDRs it has' all_of \
	"fdb worker-1 croute.1 '$M2 10.0.0.12' '$M3 10.0.0.13'" \
	"fdb worker-1 croute-v6.1 '$S2 fd00::12' '$S3 fd00::13'"
check 'one neighbour for each podCIDR' all_of \
	"neighbours worker-1 croute.1 '10.244.2.0 $M2' '10.244.3.0 $M3' '10.244.33.0 $M3'" \
	"neighbours worker-1 croute-v6.1 'fd10:244:0:2:: $S2' 'fd10:244:0:3:: $S3'"
check 'one route for each podCIDR, on the device' all_of 'owned worker-1 5' \
	"route worker-1 '10.244.2.0/24 via 10.244.2.0 dev croute.1 proto 67 metric 68026 onlink'" \
	"route worker-1 '10.244.33.0/24 via 10.244.33.0 dev croute.1 proto 67 metric 68057 onlink'" \
	"route worker-1 'fd10:244:0:2::/64 via fd10:244:0:2:: dev croute-v6.1 proto 67 metric 67000 onlink *'"
check 'pods reach each other over IPv4' pings worker-1-pod 10.244.2.2
check 'pods reach each other over IPv6' pings worker-2-pod fd10:244:0:1::2
check 'a host reaches the pods of another' all_of 'pings worker-1 10.244.2.2' 'pings worker-1 fd10:244:0:2::2'
sent() { [ "$(ip -n "$1" -j -s link show "$2" | jq '.[].stats64.tx.packets')" -gt 0 ]; }
check 'through the tunnel, not past it' all_of 'sent worker-1 croute.1' 'sent worker-2 croute-v6.1'
check 'packets of the full MTU pass' all_of \
	'in_host worker-1 ping -n -q -c 1 -W 20 -M do -s 1422 10.244.2.2 >/dev/null' \
	'in_host worker-1 ping -n -q -c 1 -W 20 -M do -s 1382 fd10:244:0:2::2 >/dev/null'

# Changes of the file.
node worker-3 "address: [10.0.0.13, 'fd00::13'], vtepMAC: 0e:00:00:00:00:03, podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
cluster_write 'type: vxlan'
pass worker-1 --dry-run
check 'a changed MAC is a change of the peer, a lost podCIDR goes' all_of \
	"out_line '~ peer worker-3 10.0.0.13 mac 0e:00:00:00:00:03 subnet 10.244.3.0/24 nodes.yaml:6:5 was *$M3*'" \
	"out_line '- peer 10.0.0.13 mac $M3 subnet 10.244.33.0/24 not in the file'" \
	"out_line 'Plan: 0 to add, 1 to change, 1 to delete, *'"
check 'the dry run says that packets are lost until both ends have it' \
	err_line '*warning:*MAC*lost until both ends*'
check 'and it is done' settled worker-1
check 'the old MAC is nowhere left' all_of "fdb worker-1 croute.1 '$M2 10.0.0.12' '0e:00:00:00:00:03 10.0.0.13'" \
	"neighbours worker-1 croute.1 '10.244.2.0 $M2' '10.244.3.0 0e:00:00:00:00:03'"
node worker-3 "address: [10.0.0.33, 'fd00::13'], vtepMAC: 0e:00:00:00:00:03, podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
cluster_write 'type: vxlan'
pass worker-1
check 'a changed address is one change of one FDB entry' all_of \
	"out_line '~ peer worker-3 10.0.0.33 mac 0e:00:00:00:00:03 subnet 10.244.3.0/24 nodes.yaml:6:5 was * changed'" \
	"out_line 'Applied: 0 added, 1 changed, 0 deleted, *, 3 unchanged.'" \
	"fdb worker-1 croute.1 '$M2 10.0.0.12' '0e:00:00:00:00:03 10.0.0.33'"
node worker-1 "address: [10.0.0.11, 'fd00::11'], vtepMAC: 0e:00:00:00:00:01, vtepMAC6: 0e:00:00:00:06:01, podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
cluster_write 'type: vxlan'
pass worker-1 --dry-run
check 'a changed MAC of this host is a change of its devices' all_of \
	"out_line '~ link croute.1 mac 0e:00:00:00:00:01 (was $M1)'" \
	"out_line '~ link croute-v6.1 mac 0e:00:00:00:06:01 (was $S1)'"
check 'of which the dry run says the same' err_line '*warning:*MAC*lost until both ends*'
check 'with its peers put back in the same pass' all_of 'settled worker-1 worker-2' \
	"neighbours worker-1 croute.1 '10.244.2.0 $M2' '10.244.3.0 0e:00:00:00:00:03'" \
	'pings worker-1-pod 10.244.2.2' 'pings worker-1-pod fd10:244:0:2::2'
unset 'NODES[worker-3]'
cluster_write 'type: vxlan'
pass worker-1 -v
check 'a peer that vanished takes its parts along' all_of 'exits 0' \
	"out_line '- peer 10.0.0.33 mac 0e:00:00:00:00:03 subnet 10.244.3.0/24 not in the file deleted'" \
	"out_line '- neighbour 10.244.3.0 lladdr 0e:00:00:00:00:03 dev croute.1 not in the file deleted'" \
	"out_line '- fdb 0e:00:00:00:00:03 dst 10.0.0.33 dev croute.1 not in the file deleted'" \
	"out_line 'Applied: 0 added, 0 changed, 2 deleted, *'"
check 'and a second pass is empty' converged worker-1

# Keys of the backend.
cluster_write 'type: vxlan, vxlan: {mtu: 1300, port: 4789, vni: 7, device: tun7, deviceV6: tun7-v6}'
check 'another VNI, port, MTU and name are new devices, the old ones go' all_of 'settled worker-1 worker-2' \
	"device worker-1 tun7 '* mtu 1300 * vxlan id 7 * dstport 4789 *'" \
	"device worker-1 tun7-v6 '* mtu 1300 * vxlan id 7 * dstport 4789 *'" \
	'no_device worker-1 croute.1' 'no_device worker-1 croute-v6.1'
check 'and pods reach each other over them' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-1-pod fd10:244:0:2::2'
cluster_write 'type: vxlan, vxlan: {vni: 7, device: tun8, deviceV6: tun8-v6}'
check 'another name on the same VNI' all_of 'settled worker-1 worker-2' 'no_device worker-1 tun7' \
	"device worker-1 tun8 '* vxlan id 7 *'" 'pings worker-1-pod 10.244.2.2' 'pings worker-1-pod fd10:244:0:2::2'
ip -n worker-1 link set eth1 mtu 1400
check 'an MTU of the underlay is followed' all_of 'settled worker-1' \
	"device worker-1 tun8 '* mtu 1350 *'" "device worker-1 tun8-v6 '* mtu 1330 *'"
ip -n worker-1 link set eth1 mtu 1500
check 'and back' all_of 'settled worker-1' "device worker-1 tun8 '* mtu 1450 *'"

finish
