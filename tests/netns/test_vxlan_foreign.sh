#!/bin/bash
# test_vxlan_foreign.sh - devices of others stay as they are; leaving the tunnel takes ours along.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_with_pods_add 1 2
cluster_write 'type: vxlan'
M2=$(mac_of worker-2)
check 'one end of the cluster stands' settled worker-2

# foreign_add NAME PARAMETER...: a VXLAN device of another program, with rows of its own.
foreign_add() {
	local name=$1

	shift
	ip -n worker-1 link add "$name" type vxlan "$@"
	ip -n worker-1 link set "$name" up 2>/dev/null
	ip -n worker-1 addr add 192.168.77.1/32 dev "$name" 2>/dev/null
	in_host worker-1 bridge fdb append 0e:99:00:00:00:01 dev "$name" dst 192.0.2.7 2>/dev/null
	ip -n worker-1 neigh add 192.168.77.9 lladdr 0e:99:00:00:00:01 dev "$name" nud permanent 2>/dev/null
	FOREIGN=$name BEFORE=$(foreign_state)
}

foreign_state() {
	ip -n worker-1 -d link show dev "$FOREIGN"
	ip -n worker-1 addr show dev "$FOREIGN"
	in_host worker-1 bridge fdb show dev "$FOREIGN" | grep dst
	ip -n worker-1 neigh show dev "$FOREIGN" nud permanent
}

foreign_is_untouched() {
	[ "$(foreign_state)" = "$BEFORE" ]
}

# in_the_way SENTENCE PATTERN NAME PARAMETER...: such a device is named, with what to do; it stays,
# and the other family goes on.
in_the_way() {
	local sentence=$1 pattern=$2

	shift 2
	foreign_add "$@"
	pass worker-1 --dry-run
	check "$sentence: the dry run says so" all_of 'exits 1' "out_line 'x link croute.1 *failed: $pattern*'"
	pass worker-1
	check "$sentence: named, with what to do" all_of 'exits 1' "said '*$pattern*'"
	check "$sentence: untouched" foreign_is_untouched
	check "$sentence: IPv6 goes on" all_of 'pings worker-1-pod fd10:244:0:2::2' 'owned worker-1 1'
	pass worker-1 -o json
	check "$sentence: in JSON too" json '[.changes[] | select(.kind == "link" and .result == "failed" and
		(.error | length) > 0)] | length == 1'
	ip -n worker-1 link del "$FOREIGN"
	check "$sentence: without it all comes" all_of 'settled worker-1' 'pings worker-1-pod 10.244.2.2'
	croute_in worker-1 flush
}

in_the_way 'a device of the name' 'croute.1 already exists and is not croute*s: remove it, or name another*' \
	croute.1 id 9 dstport 4790 local 10.0.0.11 dev eth1
in_the_way 'a device on the VNI and port' '*flannel.1*VNI 1 and UDP port 8472: remove it, or give another*' \
	flannel.1 id 1 dstport 8472 local 10.0.0.11 dev eth1
in_the_way 'one that is down' '*flannel.1*VNI 1 and UDP port 8472: remove it, or give another*' \
	flannel.1 id 1 dstport 8472
in_the_way 'a device on the port with other flags' '*gbp0*UDP port 8472 with other flags: remove it, or give another backend.vxlan.port*' gbp0 id 5 dstport 8472 gbp local 10.0.0.11 dev eth1
in_the_way 'one with zero checksums' '*zero0*UDP port 8472 with other flags*' \
	zero0 id 5 dstport 8472 udp6zerocsumrx local 10.0.0.11 dev eth1

foreign_add ext0 external dstport 8472
pass worker-1
check 'an external device on the port is in the way of both families' all_of 'exits 1' foreign_is_untouched \
	"out_line 'x link croute.1 *ext0*UDP port 8472 with other flags*'" "out_line 'x link croute-v6.1 *ext0*'" \
	'no_device worker-1 croute.1' 'no_device worker-1 croute-v6.1'
ip -n worker-1 link del ext0

ip -n worker-1 link add croute.1 type bridge
pass worker-1
check 'a device of another kind with the name is named and stays' all_of 'exits 1' \
	"said '*croute.1 already exists and is not croute*'" "device worker-1 croute.1 '* bridge *'"
ip -n worker-1 link del croute.1

# Beside ours.
settled worker-1
foreign_add cilium_vxlan id 77 dstport 8472 local 10.0.0.11 dev eth1
check 'a device of another VNI is no matter, and stays' all_of 'converged worker-1' foreign_is_untouched
ip -n worker-1 link add near1 type vxlan id 1 dstport 4791 local 10.0.0.11 dev eth1
check 'nor one of another port' converged worker-1
ip -n worker-1 link add noted type vxlan id 78 dstport 4792 local 10.0.0.11 dev eth1
ip -n worker-1 link set noted alias 'croute of old'
check 'nor one whose alias only begins like ours' converged worker-1
ip -n worker-1 link set cni0 alias croute
check 'nor one of another kind with our alias' converged worker-1

# Ours without its mark is not ours any more.
ip -n worker-1 link set croute.1 alias ''
pass worker-1 --dry-run
check 'a device that lost its alias is foreign: named, and left alone' all_of 'exits 1' \
	"said '*croute.1 already exists and is not croute*'"
pass worker-1
check 'with its routes and rows as they are' all_of 'exits 1' "neighbours worker-1 croute.1 '10.244.2.0 $M2'" \
	"fdb worker-1 croute.1 '$M2 10.0.0.12'" 'owned worker-1 2' 'pings worker-1-pod 10.244.2.2'
ip -n worker-1 link set croute.1 alias croute
check 'with its alias it is ours again' converged worker-1

# One of ours that cannot be mended.
in_host worker-1 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/croute-v6.1/disable_ipv6'
pass worker-1
check 'a device that cannot be mended is told with the kernel'\''s words' all_of 'exits 1' \
	"out_line '~ link croute-v6.1 address fd10:244:0:1::/128 failed: *IPv6 is disabled*'"
check 'it keeps its entries, and IPv4 goes on' all_of "fdb worker-1 croute-v6.1 '$(mac_of worker-2 /6) fd00::12'" \
	'pings worker-1-pod 10.244.2.2'
in_host worker-1 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/croute-v6.1/disable_ipv6'
check 'and comes back when it can' all_of 'settled worker-1' 'pings worker-1-pod fd10:244:0:2::2'

# An MTU that IPv6 cannot live with.
in_host worker-1 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth1/disable_ipv6'
ip -n worker-1 link set eth1 mtu 1349
pass worker-1
check 'an MTU below 1280 for IPv6 is told with what to do, IPv4 goes on' all_of 'exits 1' \
	"said '*croute-v6.1*MTU of 1279 is below the 1280 that IPv6 needs: raise the MTU of eth1 to 1350 or more*'" \
	"device worker-1 croute.1 '* mtu 1299 *'" 'pings worker-1-pod 10.244.2.2'
check 'what is there stays' all_of 'pings worker-1-pod fd10:244:0:2::2' 'owned worker-1 2'
ip -n worker-1 link set eth1 mtu 1350
check 'with 1350 it comes' settled worker-1
ip -n worker-1 link set eth1 mtu 1500
settled worker-1
cluster_write 'type: vxlan, vxlan: {mtu: 9000}'
pass worker-1
check 'an MTU that the link cannot carry is cut, with a warning' all_of 'exits 0' \
	"err_line '*warning: backend.vxlan.mtu is larger than the link below can carry*'" \
	"device worker-1 croute.1 '* mtu 1450 *'" "device worker-1 croute-v6.1 '* mtu 1430 *'" 'converged worker-1'
cluster_write 'type: vxlan, vxlan: {mtu: 1200}'
pass worker-1
check 'and so is backend.vxlan.mtu' all_of '[[ $STATUS == [13] ]]' "said '*backend.vxlan.mtu*'"
cluster_write 'type: vxlan'
settled worker-1

# Leaving.
cluster_write 'type: none' 'routes: [{to: 172.16.0.0/12, via: 10.0.0.1}]'
pass worker-1 --dry-run
check 'leaving takes the peers, then the devices' all_of \
	"[[ \$(tr '\n' ' ' <<<\"\$OUT\") == *'- peer '*'- link croute.1 '* ]]" "out_line '- link croute-v6.1 vni 1 port 8472 *'"
pass worker-1
check 'and it is done' all_of 'exits 0' 'no_device worker-1 croute.1' 'no_device worker-1 croute-v6.1' 'owned worker-1 1' \
	foreign_is_untouched 'converged worker-1'

# Held with the routes that need it.
for n in 3 4 5 6 7 8; do
	node worker-$n "address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]"
done
cluster_write 'type: vxlan'
settled worker-1
unset 'NODES[worker-3]' 'NODES[worker-4]' 'NODES[worker-5]' 'NODES[worker-6]' 'NODES[worker-7]' 'NODES[worker-8]'
cluster_write 'type: vxlan'
pass worker-1
check 'peers held by the guard keep their parts' all_of 'exits 4' "out_line '! peer 10.0.0.13 mac $(mac_of worker-3) *held: *'" \
	'[ "$(fdb_of worker-1 croute.1 | grep -c .)" = 7 ]' '[ "$(neighbours_of worker-1 croute.1 | grep -c .)" = 7 ]'
cluster_write 'type: none' 'routes: [{to: 172.16.0.0/12, via: 10.0.0.1}]'
pass worker-1
check 'a device stays while routes into it are held' all_of 'exits 4' "device worker-1 croute.1 '*'" \
	"out_line '- link croute.1 * held with the routes that need it'" \
	'[ "$(neighbours_of worker-1 croute.1 | grep -c .)" = 7 ]'
pass worker-1 --allow-delete
check 'and goes with them' all_of 'exits 0' 'no_device worker-1 croute.1' 'converged worker-1'

# Another program's next hop is on our route: neither goes, so the device that both need stays.
cluster_write 'type: vxlan'
settled worker-1
JOINED='fd10:244:0:2::66 dev croute-v6.1 onlink proto static metric 67000'
# shellcheck disable=SC2086 # the words of a route
ip -n worker-1 -6 route append fd10:244:0:2::/64 via $JOINED
cluster_write 'type: host-gw'
pass worker-1
check 'a route that cannot be freed of a foreign next hop keeps its device' all_of 'exits 1' \
	"out_line 'x route fd10:244:0:2::/64 * conflict: *'" "device worker-1 croute-v6.1 '*UP*'" \
	"out_line '- link croute-v6.1 * held with the routes that need it'" 'no_device worker-1 croute.1'
check 'both next hops are there' [ "$(ip -n worker-1 -6 route show fd10:244:0:2::/64 | grep -c croute-v6.1)" = 2 ]
# shellcheck disable=SC2086
ip -n worker-1 -6 route del fd10:244:0:2::/64 via $JOINED
pass worker-1
check 'without it the route changes and the device goes' all_of 'exits 0' 'no_device worker-1 croute-v6.1' 'converged worker-1'

# flush.
cluster_write 'type: vxlan'
settled worker-1
croute_in worker-1 flush --dry-run
check 'flush shows peers and devices' all_of 'exits 0' "out_line '- peer *subnet 10.244.2.0/24'" \
	"out_line '- link croute.1 vni 1 port 8472'" "device worker-1 croute.1 '*UP*'"
croute_in worker-1 flush
check 'flush removes all of it and nothing else' all_of 'exits 0' 'owned worker-1 0' 'no_device worker-1 croute.1' \
	'no_device worker-1 croute-v6.1' foreign_is_untouched "device worker-1 near1 '*'" "device worker-1 noted '*'"

# Without privilege.
run in_host worker-1 setpriv --bounding-set -all --inh-caps -all "$CROUTE" reconcile --node worker-1 -c "$CONF"
check 'without CAP_NET_ADMIN it is named' all_of 'exits 1' "said '*CAP_NET_ADMIN*'" 'no_device worker-1 croute.1'
run in_host worker-1 setpriv --bounding-set -all --inh-caps -all "$CROUTE" reconcile --node worker-1 -c "$CONF" --dry-run
check 'a dry run needs none' all_of 'exits 0' "out_line '+ link croute.1 *'" "out_line '+ peer worker-2 *'"

finish
