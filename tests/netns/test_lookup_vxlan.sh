#!/bin/bash
# test_lookup_vxlan.sh - an address behind a tunnel: neighbour, FDB entry and the way of the tunnel.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
pod_add worker-1 10.244.1.5/24
CONF=$WORK/nodes.yaml
cat >"$CONF" <<'YAML'
version: 1
backend: {type: vxlan}
nodes:
  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24]}
  - name: worker-2
    address: [10.0.0.12, 'fd00::12']
    vtepMAC: 0e:00:0a:00:00:0c
    podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']
YAML

lookup() {
	croute_in worker-1 lookup -c "$CONF" --node worker-1 "$@"
}

pass() {
	croute_in worker-1 reconcile -c "$CONF" --node worker-1
}

# verdict ADDRESS WORD EXIT
verdict() {
	lookup "$1" -o json
	exits "$3" && json ".verdict == \"$2\""
}

neighbour_is() {
	ip -n worker-1 neigh show "$1" dev eth1 | grep "$2" >/dev/null
}

# The kernel forgets one that failed, so it is asked again.
neighbour_fails() {
	neighbour_is "$1" FAILED && return
	in_host worker-1 ping -n -q -c 1 -W 1 "$1" >/dev/null 2>&1
	return 1
}

ip -n worker-1 link add probe type vxlan id 77 dstport 4789 2>/dev/null || skip_all 'no vxlan'
ip -n worker-1 link del probe
check 'before a pass the route is missing' verdict 10.244.2.5 missing 1
lookup 10.244.2.5
check 'for want of the device' out_line 'agrees no: the route is missing, and its device croute.1 is absent or down*'
pass
check 'the pass works' exits 0
lookup 10.244.2.5
check 'then the kernel agrees, and every part is told' all_of 'exits 0' \
	'out_line "backend vxlan, through the tunnel"' \
	'out_line "next hop 10.244.2.0 dev croute.1, to 10.0.0.12"' \
	'out_line "route 10.244.2.0/24 via 10.244.2.0 dev croute.1 *onlink proto 67"' \
	'out_line "kernel 10.244.2.0/24 via 10.244.2.0 dev croute.1 *onlink proto 67, src *"' \
	'out_line "neighbour 10.244.2.0 dev croute.1 lladdr 0e:00:0a:00:00:0c permanent"' \
	'out_line "FDB entry 0e:00:0a:00:00:0c dst 10.0.0.12 dev croute.1"' \
	'out_line "pods from 10.244.1.2 by cni0: 10.244.2.0/24 via 10.244.2.0 dev croute.1 *"' \
	'out_line "underlay 10.0.0.12 dev eth1 *"' 'out_line "agrees yes: *"'
lookup 10.244.2.5 -o json
check 'to programs, too' all_of \
	'json ".fdb == {mac: \"0e:00:0a:00:00:0c\", dst: \"10.0.0.12\", device: \"croute.1\"}"' \
	'json ".neighbour.mac == \"0e:00:0a:00:00:0c\" and .neighbour.state == \"permanent\""' \
	'json ".underlay.address == \"10.0.0.12\" and .underlay.device == \"eth1\""'
check 'IPv6 goes over the other device' all_of 'verdict fd10:244:0:2::5 agrees 0' \
	'json ".device == \"croute-v6.1\" and .fdb.dst == \"fd00::12\""'

bridge -n worker-1 fdb del 0e:00:0a:00:00:0c dev croute.1 dst 10.0.0.12
check 'an FDB entry that is gone is wrong' verdict 10.244.2.5 peer-part 1
lookup 10.244.2.5
check 'and named' all_of 'out_line "FDB entry missing"' 'out_line "agrees no: the FDB entry *missing*"'
bridge -n worker-1 fdb add 0e:00:0a:00:00:0c dev croute.1 dst 10.0.0.99
check 'so is one that leads elsewhere' verdict 10.244.2.5 peer-part 1
pass
ip -n worker-1 neigh del 10.244.2.0 dev croute.1
check 'a neighbour entry of the tunnel that is gone is wrong' verdict 10.244.2.5 peer-part 1
pass
check 'a pass mends all of it' verdict 10.244.2.5 agrees 0
lookup 10.244.2.5
check 'packets in the tunnel that nobody takes out are lost, measured' all_of 'exits 0' \
	"out_line 'agrees yes: *; measured: packets in the tunnel are lost, while worker-2 answers at 10.0.0.12: *; fix: *'"
croute_in worker-2 reconcile -c "$CONF" --node worker-2
lookup 10.244.2.5
check 'with the tunnel at the other end they arrive' \
	out_line 'agrees yes: *; measured: packets of pods arrive at worker-2, of 1450 bytes too; croute reach 10.244.2.5 tells *'
lookup 10.244.2.5 -o json
check 'for programs, too' json '.reach == {node: "answers", pod: "answers", full: "answers"}'
ip -n worker-1 link set croute.1 down
check 'a device that is down has no route' verdict 10.244.2.5 missing 1
pass
ip -n worker-2 link set eth1 down
ip -n worker-1 neigh flush dev eth1
in_host worker-1 ping -n -q -c 1 -W 1 10.0.0.12 >/dev/null 2>&1
check 'a host that does not answer' wait_for neighbour_fails 10.0.0.12
check 'fails as the gateway of the tunnel' verdict 10.244.2.5 gateway-failed 1

ip -n worker-2 link set eth1 up
ip -n worker-1 neigh flush dev eth1

# The packet around the packet, which rules and routes of its own may catch.
ip -n worker-1 link add eth9 type veth peer name eth8
ip -n worker-1 link set eth8 up
ip -n worker-1 link set eth9 up
ip -n worker-1 addr add 192.0.2.1/24 dev eth9
ip -n worker-1 route add 10.0.0.12/32 via 192.0.2.9
check 'a tunnel whose packets leave by another link' verdict 10.244.2.5 other-link 1
lookup 10.244.2.5
check 'is named with it' all_of 'out_line "underlay 192.0.2.9 dev eth9 *"' \
	'out_line "agrees no: the tunnel?s packets leave by eth9, not by eth1: 10.0.0.12/32 via 192.0.2.9 dev eth9 proto boot"'
ip -n worker-1 route del 10.0.0.12/32
ip -n worker-1 route add default via 192.0.2.9 table 77
ip -n worker-1 rule add to 10.0.0.12 ipproto udp dport 8472 priority 100 lookup 77
check 'a rule for its port alone is found' verdict 10.244.2.5 other-link 1
lookup 10.244.2.5
check 'and named' out_line 'agrees no: the tunnel?s packets leave by eth9, not by eth1: 100: to 10.0.0.12/32 (with more conditions) lookup 77: default *'
ip -n worker-1 rule del priority 100
ip -n worker-1 route replace blackhole default table 77
ip -n worker-1 rule add from 10.0.0.11 to 10.0.0.12 priority 100 lookup 77
check 'one that swallows it leaves no way' verdict 10.244.2.5 no-way 1
lookup 10.244.2.5
check 'it is named, too' out_line 'agrees no: no way to the peer?s address 10.0.0.12: 100: from 10.0.0.11/32 to 10.0.0.12/32 lookup 77: blackhole default *'
ip -n worker-1 rule del priority 100
check 'without it all is well' verdict 10.244.2.5 agrees 0

sed -i 's/type: vxlan/type: vxlan, vxlan: {directRouting: true}/' "$CONF"
pass
lookup 10.244.2.5
check 'with directRouting it is a plain route' all_of 'exits 0' \
	'out_line "backend vxlan, plain: on the same link"' 'out_line "next hop 10.0.0.12 dev eth1"'

finish
