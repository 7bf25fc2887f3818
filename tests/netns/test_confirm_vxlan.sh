#!/bin/bash
# test_confirm_vxlan.sh - devices that an unconfirmed pass made, mended, made anew or removed are put
# back with all that was on them, and no packet is lost on the way there and back.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"

for i in 1 2; do
	host_add "worker-$i" "10.0.0.1$i/24" "fd00::1$i/64"
	pod_add "worker-$i" "10.244.$i.7/24" "fd10:244:0:$i::7/64"
	node "worker-$i" "address: [10.0.0.1$i, 'fd00::1$i'], podCIDRs: [10.244.$i.0/24, 'fd10:244:0:$i::/64']"
done
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
HOST_GW='type: host-gw'
DIRECT='type: vxlan, vxlan: {directRouting: true}'
VXLAN='type: vxlan'

# kept BACKEND: what a pass over that makes stays, on both hosts.
kept() {
	cluster_write "$1"
	settled worker-1 worker-2
}

# back_from BACKEND [LINE...]: on worker-1 a pass over that changes something, and is undone.
back_from() {
	cluster_write "$@"
	before worker-1
	pass worker-1 --confirm 1h
	exits 0 && not as_before worker-1 || return
	confirm worker-1 --undo
	exits 0 && undone worker-1
}

# --- devices --------------------------------------------------------------------------------------

check 'plain routes stand' kept "$HOST_GW"
check 'devices that a pass made go again' all_of 'back_from "$VXLAN"' 'no_device worker-1 croute.1' \
	'no_device worker-1 croute-v6.1'
check 'that is told' record '*undone, as asked for: 4 routes changed back, 2 devices put back*'
check 'so it is with plain routes beside them' back_from "$DIRECT"

check 'tunnels stand' kept "$VXLAN"
check 'devices that a pass removed come back with all that was on them' back_from "$HOST_GW"
check 'under their own index, so that nobody who knows it is lost' record '*2 devices put back*'
check 'another VNI: the old device stands in the place of the new one' \
	back_from 'type: vxlan, vxlan: {vni: 7, device: croute.1, deviceV6: croute-v6.1}'
check 'another port' back_from 'type: vxlan, vxlan: {port: 4789}'
check 'another name' back_from 'type: vxlan, vxlan: {device: tunnel4, deviceV6: tunnel6}'
check 'another MTU' back_from 'type: vxlan, vxlan: {mtu: 1400}'
# shellcheck disable=SC2154 # a name, not an index
NODES[worker-1]=${NODES[worker-1]/podCIDRs/'vtepMAC: 0e:00:00:00:00:01, podCIDRs'}
check 'another MAC, with which the kernel drops the neighbours' back_from "$VXLAN"
NODES[worker-1]=${NODES[worker-1]/'vtepMAC: 0e:00:00:00:00:01, '/}
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.9.0/24, 'fd10:244:0:9::/64']"
check 'another address' back_from "$VXLAN"
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
node worker-3 "address: [10.0.0.33, 'fd00::33'], vtepMAC: 0e:00:00:00:00:03, podCIDRs: [10.244.3.0/24]"
check 'a peer that moved and lost a podCIDR' back_from "$VXLAN"
unset 'NODES[worker-3]'
check 'a peer that went' back_from "$VXLAN"
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
cluster_write "$VXLAN"

# What somebody else did to croute's device before the pass comes back as well: that is what was.
ip -n worker-1 link set croute.1 mtu 1300 txqueuelen 500
ip -n worker-1 link set croute.1 type vxlan ttl 9
ip -n worker-1 link set croute.1 address 0e:00:00:00:00:77
ip -n worker-1 link set croute-v6.1 down
sysctl_in worker-1 ipv4/conf/croute.1/rp_filter 1
ip -n worker-1 addr add 192.0.2.1/32 dev croute.1
check 'devices that were not as they should be are so again' back_from "$VXLAN"
check 'a pass mends them for good' settled worker-1

ip -n worker-1 link add other type vxlan id 99 dstport 9999 dev eth1 local 10.0.0.11
ip -n worker-1 link set other up
in_host worker-1 bridge fdb add 0e:00:00:00:00:99 dev other dst 10.0.0.99
unset 'NODES[worker-3]'
cluster_write "$VXLAN"
pass worker-1 --confirm 1h
in_host worker-1 bridge fdb add 0e:00:00:00:00:98 dev other dst 10.0.0.98
in_host worker-1 bridge fdb del 0e:00:00:00:00:99 dev other
confirm worker-1 --undo
check 'another program'\''s device is left alone' all_of 'exits 0' \
	"fdb worker-1 other '0e:00:00:00:00:98 10.0.0.98'"
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"

# --- packets --------------------------------------------------------------------------------------

check 'plain routes beside the tunnels stand' kept "$DIRECT"
row_start v4 worker-1-pod 10.244.2.7
row_start v6 worker-1-pod fd10:244:0:2::7
check 'into the tunnels and back' back_from "$VXLAN"
check 'not one packet was lost' rows_lost 0 v4 v6
check 'tunnels stand again' kept "$VXLAN"
row_start v4 worker-1-pod 10.244.2.7
row_start v6 worker-1-pod fd10:244:0:2::7
check 'out of the tunnels and back' back_from "$DIRECT"
check 'nor was one then' rows_lost 0 v4 v6

finish
