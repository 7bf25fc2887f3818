#!/bin/bash
# test_flannel.sh - the fixture is what a real flanneld leaves, and import makes croute's files of it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=flannel.sh
. "$(dirname "$0")/flannel.sh"

# stale_state N: what node 9 left there.
stale_state() {
	flannel_state "$1" | grep -c -e '10\.244\.9\.0' -e "$(flannel_mac 9)" -e 'fd10:244:0:9:'
}

all_reach() {
	local from to

	for from in 1 2 3; do
		for to in 1 2 3; do
			pings "worker-$from-pod" "10.244.$to.2" || return 1
			[ -z "$FLANNEL_DUAL" ] || pings "worker-$from-pod" "fd10:244:0:$to::2" || return 1
		done
	done
}

# again FORM: the next cluster, in place of the last.
again() {
	flannel_clear
	flannel_cluster "$1"
}

flannel_cluster host-gw
check 'host-gw: pods reach each other' all_reach
check 'host-gw: a route as flannel makes it' route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1'
check 'host-gw: of protocol boot, in the main table, of scope global' line_of \
	"$(ip -n worker-1 -d route show)" 'unicast 10.244.2.0/24 via 10.0.0.12 dev eth1 proto boot scope global'
check 'host-gw: no device' no_device worker-1 flannel.1
flannel_stale 1
check 'host-gw: a node that vanished' [ "$(stale_state worker-1)" = 1 ]

again vxlan
check 'vxlan: pods reach each other' all_reach
check 'vxlan: a route as flannel makes it' line_of "$(ip -n worker-1 -d route show)" \
	'unicast 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto boot scope global onlink'
# As a real one reads, from `ip -d link`; the numbers after the last word vary with the kernel.
check 'vxlan: the device as flannel makes it' device worker-1 flannel.1 \
	'*: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default link/ether 2a:2c:18:5f:e2:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 allmulti 0 minmtu 68 maxmtu 65535 vxlan id 1 local 10.0.0.11 dev eth1 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 *'
check 'vxlan: its address' line_of "$(ip -n worker-1 -4 addr show dev flannel.1)" 'inet 10.244.1.0/32 scope global flannel.1'
check 'vxlan: the peers' all_of \
	"neighbours worker-1 flannel.1 '10.244.2.0 $(flannel_mac 2)' '10.244.3.0 $(flannel_mac 3)'" \
	"fdb worker-1 flannel.1 '$(flannel_mac 2) 10.0.0.12' '$(flannel_mac 3) 10.0.0.13'"
check 'vxlan: no router advertisements' setting_is worker-1 ipv6/conf/flannel.1/accept_ra 0
flannel_stale 1
check 'vxlan: a node that vanished' [ "$(stale_state worker-1)" = 3 ]

flannel_import
check 'import: the settings' all_of "[ $STATUS = 0 ]" "grep -q '^adopt: flannel ' $FOLDER/settings.yaml" \
	"grep -q 'device: flannel.1 ' $FOLDER/settings.yaml" "grep -q 'vni: 1' $FOLDER/settings.yaml" \
	"grep -q 'port: 8472' $FOLDER/settings.yaml" "grep -q 'podNetwork: .10.244.0.0/16.' $FOLDER/settings.yaml"
check 'import: names, addresses, podCIDRs, MACs' grep -qx \
	"  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24, vtepMAC: 2a:2c:18:5f:e2:02}" "$FOLDER/nodes.yaml"
run "$CROUTE" validate "$FOLDER"
check 'import: the files are valid together' exits 0

again direct
check 'DirectRouting: pods reach each other' all_reach
check 'DirectRouting: a near peer is routed' route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1'
check 'DirectRouting: a far one is in the tunnel' route worker-1 '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink'
check 'DirectRouting: nothing else of near ones' all_of \
	"neighbours worker-1 flannel.1 '10.244.3.0 $(flannel_mac 3)'" "fdb worker-1 flannel.1 '$(flannel_mac 3) 10.1.0.13'"
flannel_import
check 'DirectRouting: imported' all_of "grep -q 'directRouting: true' $FOLDER/settings.yaml" \
	"grep -q 'worker-3, address: 10.1.0.13, ' $FOLDER/nodes.yaml"

again direct-near
check 'DirectRouting on one link: all are routed' all_of all_reach "fdb worker-1 flannel.1 ''" \
	"route worker-1 '10.244.3.0/24 via 10.0.0.13 dev eth1'"

again dual-host-gw
check 'dual host-gw: pods reach each other' all_reach
check 'dual host-gw: the IPv6 route' line_of "$(ip -n worker-1 -6 -d route show)" \
	'unicast fd10:244:0:2::/64 via fd00::12 dev eth1 proto boot scope global metric 1024 pref medium'

again dual-vxlan
check 'dual vxlan: pods reach each other' all_reach
check 'dual vxlan: the second device' device worker-1 flannel-v6.1 \
	'*: flannel-v6.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1430 qdisc noqueue state UNKNOWN mode DEFAULT group default link/ether 52:6b:d0:7a:41:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 allmulti 0 minmtu 68 maxmtu 65535 vxlan id 1 local fd00::11 dev eth1 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 *'
check 'dual vxlan: its address and peers' all_of \
	"line_of \"\$(ip -n worker-1 -6 addr show dev flannel-v6.1)\" 'inet6 fd10:244:0:1::/128 scope global*'" \
	"neighbours worker-1 flannel-v6.1 'fd10:244:0:2:: $(flannel_mac6 2)' 'fd10:244:0:3:: $(flannel_mac6 3)'" \
	"fdb worker-1 flannel-v6.1 '$(flannel_mac6 2) fd00::12' '$(flannel_mac6 3) fd00::13'"
check 'dual vxlan: the IPv6 route' line_of "$(ip -n worker-1 -6 -d route show)" \
	'unicast fd10:244:0:2::/64 via fd10:244:0:2:: dev flannel-v6.1 proto boot scope global metric 1024 onlink pref medium'
flannel_import
check 'dual vxlan: imported' all_of "grep -q 'deviceV6: flannel-v6.1' $FOLDER/settings.yaml" \
	"grep -q 'vtepMAC: 2a:2c:18:5f:e2:02, vtepMAC6: 52:6b:d0:7a:41:02}' $FOLDER/nodes.yaml"
check 'subnet.env has all four families of lines' [ "$(flannel_subnet_env 1 | wc -l)" = 6 ]

if command -v flanneld >/dev/null; then
	skip 'a real flanneld makes the same' 'it wants an API server or etcd'
else
	skip 'a real flanneld makes the same' 'no command flanneld'
fi
finish
