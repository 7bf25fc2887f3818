#!/bin/bash
# lab_vrf.sh - pods, underlay and tunnel in a VRF: routes in its table, lookup and reach inside it.
#
# Each host has VRF red with table 100; eth1 and the bridge of the pods are ports of it. In the main table
# lies nothing of theirs. Without IPv6 in the kernel the hosts have IPv4 alone.
#
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/vxlan.sh
. "$(dirname "$0")/../../netns/vxlan.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"

ip link add red type vrf table 100 2>/dev/null || skip_all 'this kernel has no VRF'
ip link del red

# into HOST LINK ADDRESS: a port of the VRF, with the IPv6 address that it loses by that.
into() {
	ip -n "$1" link set "$2" master red
	addresses_add "$1" "$2" "$3"
}
vrf_add() {
	ip -n "$1" link add red type vrf table 100
	ip -n "$1" link set red up
	into "$1" cni0 "fd10:244:0:${1#*-}::1/64"
	into "$1" eth1 "fd00::1${1#*-}/64"
}

for n in 1 2; do
	host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
	vrf_add worker-$n
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done
NETWORK='podNetwork: [10.244.0.0/16, "fd10:244::/48"]'
KERNEL='kernel: {table: 100}'
KEYS="agent: {resync: 1h, statusFile: $STATUS_FILE}"
REACH='reach: {every: 1h}'

reach_pods() { pings worker-1-pod 10.244.2.2 && pings worker-1-pod fd10:244:0:2::2; }
in_vrf() { device worker-1 croute.1 '*master red*' && device worker-1 croute-v6.1 '*master red*'; }
agrees() {
	croute_in worker-1 lookup "$1" -c "$CONF" --node worker-1
	exits 0 && out_line 'agrees yes*'
}
paths_answer() {
	croute_in worker-1 reach -c "$CONF" --node worker-1
	exits 0 && out_line '2 answer, 0 unknown, 0 lost.'
}
healthy() {
	croute_in worker-1 doctor -c "$CONF" --node worker-1
	out_line '*IPv4 packets of pods are looked up in table 100*' && ! out_line '*VRF*'
}
nothing_in_main() { [ -z "$(ip -n worker-1 route show table main proto 67)" ]; }
out_of_red() { log_has 'link croute-v6.1 up'; }
both_pass() { pass worker-1 && exits 0 && pass worker-2 && exits 0; }

# --- a foreign row in the way, in the VRF's table and in the main one
METRIC=$(metric_of 10.244.2.0/24)
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.99 dev eth1 table 100 metric "$METRIC" proto static
cluster_write 'type: host-gw' "$NETWORK" "$KERNEL" "$KEYS" "$REACH"
pass worker-1 --dry-run
check 'a foreign row in the table of the VRF is a conflict' all_of 'exits 1' 'out_line "x route 10.244.2.0/24 *conflict*"'
pass worker-1
check 'it stays' all_of 'exits 1' 'route worker-1 "10.244.2.0/24 via 10.0.0.99 dev eth1 table 100 *static*"'
ip -n worker-1 route del 10.244.2.0/24 table 100 metric "$METRIC"
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.99 dev eth1 metric "$METRIC" proto static
check 'one in the main table is in no way' both_pass
check 'and stays' route worker-1 '10.244.2.0/24 via 10.0.0.99 dev eth1 *static*'

# --- host-gw, then the tunnel
check 'host-gw: pods reach each other' reach_pods
check 'host-gw: the second pass is empty' converged worker-1 worker-2
check 'host-gw: croute has nothing in the main table' nothing_in_main
check 'host-gw: lookup agrees' all_of 'agrees 10.244.2.2' 'agrees fd10:244:0:2::2'
check 'host-gw: every path answers' paths_answer
check 'host-gw: doctor finds the table by the l3mdev rule' healthy

cluster_write 'type: vxlan' "$NETWORK" "$KERNEL" "$KEYS" "$REACH"
pass worker-1 --dry-run
check 'a dry run says that the device comes into the VRF' out_line '+ link croute.1 * master red *'
check 'VXLAN: passes make it' both_pass
check 'VXLAN: its devices are in the VRF' in_vrf
check 'VXLAN: pods reach each other' reach_pods
check 'VXLAN: the second pass is empty' converged worker-1 worker-2
check 'VXLAN: lookup agrees' all_of 'agrees 10.244.2.2' 'agrees fd10:244:0:2::2'
check 'VXLAN: every path answers' paths_answer
check 'VXLAN: doctor has nothing to say of the VRF' healthy

# --- the agent keeps it there
touch -d '1 hour ago' "$CONF"
monitor_start worker-1 ip monitor link address neigh route
agent_begin
check 'the agent is ready' wait_for ready
monitor_stop worker-1
HEARD=$(grep -E 'croute|proto 67' <<<"$HEARD")
check 'a start changes nothing' heard_count 0
ip -n worker-1 link set croute.1 nomaster
check 'a device taken out of the VRF is put back' within all_of in_vrf reach_pods
ip -n worker-1 link set eth1 nomaster
addresses_add worker-1 eth1 fd00::11/64
within out_of_red
into worker-1 eth1 fd00::11/64
check 'the card out of the VRF and in again: pods reach each other' within reach_pods
ip -n worker-1 link del red
vrf_add worker-1
check 'the VRF made anew: the devices follow it' within all_of in_vrf reach_pods
agent_stop TERM
check 'a pass after the agent is empty' converged worker-1

# --- static routes of each table; a device that is in the way of the name
ip -n worker-1 link add dummy1 type dummy
ip -n worker-1 addr add 10.0.0.1/24 dev dummy1
ip -n worker-1 link set dummy1 up
cluster_write 'type: vxlan' "$NETWORK" "$KERNEL" "$KEYS" 'routes: [{to: 10.98.0.0/24, via: 10.0.0.12, table: 100},
  {to: 10.97.0.0/24, via: 10.0.0.12}]'
pass worker-1
check 'a static route goes by the link of its table' all_of 'exits 0' \
	'route worker-1 "10.98.0.0/24 via 10.0.0.12 dev eth1 table 100 proto 67*"' \
	'route worker-1 "10.97.0.0/24 via 10.0.0.12 dev dummy1 proto 67*"'
check 'the pass after that is empty' converged worker-1

# --- what --confirm did is undone
ip -n worker-1 link set croute.1 nomaster
BEFORE=$(ip -n worker-1 -d link show croute.1; routes_of worker-1 | sort)
run in_host worker-1 "$CROUTE" reconcile --node worker-1 -c "$CONF" --confirm 1h
run in_host worker-1 "$CROUTE" confirm --undo
check '--undo puts it back outside' [ "$BEFORE" = "$(ip -n worker-1 -d link show croute.1; routes_of worker-1 | sort)" ]
pass worker-1

croute_in worker-1 flush -c "$CONF"
check 'flush removes devices and routes' all_of 'no_device worker-1 croute.1' 'owned worker-1 0'
finish
