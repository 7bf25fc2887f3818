#!/bin/bash
# test_adopt_device.sh - flannel's VXLAN devices are taken over in place, with all that is on them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

HOST=worker-1
NETWORK='podNetwork: [10.244.0.0/16, "fd10:244::/48"]'
BACKEND='type: vxlan, vxlan: {device: flannel.1, deviceV6: flannel-v6.1}'
host_add $HOST 10.0.0.11/24 fd00::11/64
pod_add $HOST 10.244.1.2/24 fd10:244:0:1::2/64
for n in 1 2 3; do
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64'], vtepMAC: '02:00:00:00:00:0$n', vtepMAC6: '02:66:00:00:00:0$n'"
done

# flannel_device NAME LOCAL MAC ADDRESS ARGUMENT...: as flannel makes it.
flannel_device() {
	local name=$1 local=$2 mac=$3 address=$4

	shift 4
	ip -n $HOST link add "$name" address "$mac" txqueuelen 0 type vxlan id 1 dev eth1 local "$local" \
		dstport 8472 nolearning "${@:-udpcsum}"
	ip -n $HOST addr add "$address" dev "$name"
	ip -n $HOST link set "$name" up
}

# flannel_peer N: neighbour, forwarding entry and route of worker-N, in both families.
flannel_peer() {
	ip -n $HOST neigh add "10.244.$1.0" lladdr "02:00:00:00:00:0$1" dev flannel.1 nud permanent
	ip -n $HOST neigh add "fd10:244:0:$1::" lladdr "02:66:00:00:00:0$1" dev flannel-v6.1 nud permanent
	in_host $HOST bridge fdb add "02:00:00:00:00:0$1" dev flannel.1 dst "10.0.0.1$1" self permanent
	in_host $HOST bridge fdb add "02:66:00:00:00:0$1" dev flannel-v6.1 dst "fd00::1$1" self permanent
	ip -n $HOST route add "10.244.$1.0/24" via "10.244.$1.0" dev flannel.1 onlink
	ip -n $HOST route add "fd10:244:0:$1::/64" via "fd10:244:0:$1::" dev flannel-v6.1 onlink
}

flannel_leaves() {
	ip -n $HOST link del flannel.1 2>/dev/null
	ip -n $HOST link del flannel-v6.1 2>/dev/null
	flannel_device flannel.1 10.0.0.11 02:00:00:00:00:01 10.244.1.0/32 "$@"
	flannel_device flannel-v6.1 fd00::11 02:66:00:00:00:01 fd10:244:0:1::/128
	for n in 2 3 4; do
		flannel_peer $n
	done
}

flannels() {
	[ "$(routes_of "$HOST" | grep -cE '(via 10.244.[0-9]*.0 dev flannel.1|dev flannel-v6.1 metric 1024) onlink')" = "$1" ]
}

state() {
	ip -n $HOST -d addr show dev flannel.1
	ip -n $HOST -d addr show dev flannel-v6.1
	fdb_of $HOST flannel.1
	neighbours_of $HOST flannel-v6.1
	routes_of "$HOST"
}

unchanged() {
	[ "$(state)" = "$STATE" ]
}

flannel_leaves
INDEX=$(ip -n $HOST -j link show dev flannel.1 | jq '.[].ifindex')
cluster_write "$BACKEND" "$NETWORK"
pass $HOST
check 'without adopt its device is in the way' all_of 'exits 1' \
	"said '*flannel.1 already exists and is not croute?s*'" 'flannels 6' 'owned $HOST 0'

cluster_write "$BACKEND" "$NETWORK" 'adopt: flannel'
STATE=$(state)
pass $HOST --dry-run --exit-code
check 'a dry run shows all of it' all_of 'exits 2' \
	"out_line '~ link flannel.1 adopted * alias croute'" \
	"out_line '~ link flannel-v6.1 adopted * alias croute'" \
	"out_line '+ peer worker-2 10.0.0.12 mac 02:00:00:00:00:02 subnet 10.244.2.0/24 nodes.yaml:7:5'" \
	"out_line '- route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink flannel?s: taken over'" \
	"out_line '- route fd10:244:0:4::/64 via fd10:244:0:4:: dev flannel-v6.1 metric 1024 onlink flannel?s: not in the file'" \
	"out_line 'Plan: 4 to add, 0 to change, 6 to delete, *'"
check 'and changes nothing' unchanged
pass $HOST --dry-run -o json
check 'JSON too' json '[.changes[] | select(.kind == "link" and .action == "change" and .result == "planned")] | length == 2'
in_host $HOST "$CROUTE" snapshot >"$WORK/state.json"
run "$CROUTE" reconcile --dry-run --node $HOST -c "$CONF" --kernel-state "$WORK/state.json"
check 'from a snapshot it is the same plan' all_of 'exits 0' \
	"out_line 'Plan: 4 to add, 0 to change, 6 to delete, *, 0 unchanged.'"
pass $HOST -v
check 'a pass takes over' all_of 'exits 0' "out_line '~ link flannel.1 adopted * changed'" 'owned $HOST 4' 'flannels 0' \
	"out_line '- neighbour 10.244.4.0 lladdr 02:00:00:00:00:04 dev flannel.1 not in the file deleted'"
check 'the device is the same, and bears the alias' all_of \
	"device $HOST flannel.1 '$INDEX: * mtu 1450 *link/ether 02:00:00:00:00:01 * alias croute'" \
	"device $HOST flannel-v6.1 '* mtu 1430 *link/ether 02:66:00:00:00:01 * alias croute'"
check 'what peers need is as it was, the vanished one'\''s is gone' all_of \
	"fdb $HOST flannel.1 '02:00:00:00:00:02 10.0.0.12' '02:00:00:00:00:03 10.0.0.13'" \
	"neighbours $HOST flannel-v6.1 'fd10:244:0:2:: 02:66:00:00:00:02' 'fd10:244:0:3:: 02:66:00:00:00:03'" \
	"route $HOST '10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 67 metric 68026 onlink'"
check 'a second pass is empty' converged $HOST
pass $HOST -c "$CONF"
cluster_write "$BACKEND" "$NETWORK"
check 'and so it is without adopt: it is croute'\''s now' converged $HOST

# A MAC is never changed, what needs a new device is refused, and nothing else is touched.
cluster_write "$BACKEND" "$NETWORK" 'adopt: flannel'
flannel_leaves
STATE=$(state)
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64'], vtepMAC6: '02:66:00:00:00:01'"
cluster_write "$BACKEND" "$NETWORK" 'adopt: flannel'
pass $HOST
check 'another MAC than the file'\''s is an error that says what to write' all_of 'exits 1' \
	"said '*error: flannel.1 has MAC 02:00:00:00:00:01*vtepMAC: ?02:00:00:00:00:01?*'"
check 'its family stays as it was, the other one is taken over' all_of 'flannels 3' \
	"route $HOST '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'" \
	"not device $HOST flannel.1 '*alias croute'" "device $HOST flannel-v6.1 '*alias croute'" \
	"fdb $HOST flannel.1 '02:00:00:00:00:02 10.0.0.12' '02:00:00:00:00:03 10.0.0.13' '02:00:00:00:00:04 10.0.0.14'"
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64'], vtepMAC: '02:00:00:00:00:01', vtepMAC6: '02:66:00:00:00:01'"
cluster_write 'type: vxlan, vxlan: {vni: 7, device: flannel.1, deviceV6: flannel-v6.1}' "$NETWORK" 'adopt: flannel'
flannel_leaves
STATE=$(state)
pass $HOST
check 'another VNI is an error that names it' all_of 'exits 1' unchanged \
	"said '*error: flannel.1 has VNI 1, the file says 7*write backend.vxlan.vni: 1*'"
cluster_write 'type: vxlan, vxlan: {port: 4789, device: flannel.1, deviceV6: flannel-v6.1}' "$NETWORK" 'adopt: flannel'
pass $HOST
check 'another port likewise' all_of 'exits 1' unchanged "said '*error: flannel.1 has UDP port 8472, the file says 4789*'"
cluster_write "$BACKEND" "$NETWORK" 'adopt: flannel'
flannel_leaves noudpcsum
STATE=$(state | grep -v v6)
pass $HOST
check 'checksums likewise' all_of 'exits 1' "said '*error: flannel.1 has its UDP checksums off*'" 'flannels 3'

# What can be mended in place is.
flannel_leaves udpcsum ttl 64
ip -n $HOST link set flannel.1 mtu 1400
ip -n $HOST link set flannel.1 txqueuelen 1000
pass $HOST
check 'MTU, queue and TTL are mended in place' all_of 'exits 0' \
	"out_line '~ link flannel.1 adopted mtu 1450 (was 1400) txqueuelen 0 (was 1000) ttl auto * changed'" \
	"device $HOST flannel.1 '* mtu 1450 * alias croute'"
check 'and a second pass is empty' converged $HOST

# Peers on the same link need no tunnel.
flannel_leaves
ip -n $HOST route replace 10.244.2.0/24 via 10.0.0.12 dev eth1
cluster_write 'type: vxlan, vxlan: {device: flannel.1, deviceV6: flannel-v6.1, directRouting: true}' "$NETWORK" 'adopt: flannel'
check 'with directRouting both shapes are taken over' all_of 'settled $HOST' 'flannels 0' \
	"not route $HOST '10.244.*via 10.0.0.12 dev eth1'" \
	"route $HOST '10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 *'"

# The way back.
croute_in $HOST flush
cluster_write "$BACKEND" "$NETWORK" 'adopt: flannel'
flannel_leaves
in_host $HOST bridge fdb del 02:00:00:00:00:04 dev flannel.1 dst 10.0.0.14 self
in_host $HOST bridge fdb del 02:66:00:00:00:04 dev flannel-v6.1 dst fd00::14 self
ip -n $HOST neigh del 10.244.4.0 dev flannel.1
ip -n $HOST neigh del fd10:244:0:4:: dev flannel-v6.1
ip -n $HOST route del 10.244.4.0/24
ip -n $HOST route del fd10:244:0:4::/64
ip -n $HOST link set flannel.1 addrgenmode none
ip -n $HOST link set flannel-v6.1 addrgenmode none
STATE=$(state)
pass $HOST
check 'taken over' all_of 'exits 0' 'flannels 0' 'owned $HOST 4' 'not unchanged'
croute_in $HOST flush --hand-back flannel --dry-run -c "$CONF"
check 'a dry run of the way back shows all of it' all_of 'exits 0' \
	"out_line '~ link flannel.1 handed back: no alias'" "out_line '~ link flannel-v6.1 handed back: no alias'" \
	"out_line '+ route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink handed back to flannel'" \
	"out_line 'Plan: 4 to add, 0 to change, 4 to delete, *'" 'owned $HOST 4'
croute_in $HOST flush --hand-back flannel -c "$CONF"
check 'and all is as flannel left it, to the last entry' all_of 'exits 0' unchanged 'flannels 4' 'owned $HOST 0'
croute_in $HOST flush
check 'what was handed back is not croute'\''s' all_of 'exits 0' unchanged
pass $HOST
check 'it can be taken over again' all_of 'exits 0' 'converged $HOST'
croute_in $HOST flush
check 'flush removes a device that was adopted' all_of 'exits 0' 'no_device $HOST flannel.1'

cluster_write 'type: vxlan' "$NETWORK"
pass $HOST
croute_in $HOST flush --hand-back flannel -c "$CONF"
check 'a device of another name is none that flannel would know' all_of 'exits 1' 'owned $HOST 4' \
	"said '*croute.1 cannot be handed back: flannel knows its device by the name flannel.1*'" \
	"device $HOST croute.1 '*alias croute'"

finish
