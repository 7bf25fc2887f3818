#!/bin/bash
# test_crossed.sh - pods of a family that their node has no address of go over the other one.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

#	worker-1 fd00::11 alone          pods of both families
#	worker-2 10.0.0.12 and fd00::12  pods of both families
#	worker-3 10.0.0.13 alone         pods of both families
host_add worker-1 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
host_add worker-3 10.0.0.13/24
node worker-1 "address: 'fd00::11', podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
node worker-3 "address: 10.0.0.13, podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
for n in 1 2 3; do pod_add worker-$n "10.244.$n.2/24" "fd10:244:0:$n::2/64"; done
cluster_write 'type: host-gw, hostGw: {source: node}'
pass worker-1 --dry-run --exit-code
check 'a dry run shows the IPv6 next hop, and changes nothing' all_of 'exits 2' 'owned worker-1 0' \
	"out_line '+ route 10.244.2.0/24 via inet6 fd00::12 dev eth1 worker-2 *'"
check 'what host-gw cannot carry is said' err_line '*: warning: node "worker-3" has no IPv6 address; podCIDR fd10:244:0:3::/64 is skipped*'
check 'all settle, and a second pass is empty' settled worker-1 worker-2 worker-3
check 'routes lead over IPv6 where an end has nothing else' all_of \
	"route worker-1 '10.244.2.0/24 via inet6 fd00::12 dev eth1 proto 67 *'" \
	"route worker-2 '10.244.1.0/24 via inet6 fd00::11 dev eth1 proto 67 *'" \
	"route worker-2 '10.244.3.0/24 via 10.0.0.13 dev eth1 proto 67 *'" \
	'owned worker-1 2' 'owned worker-2 3' 'owned worker-3 1'
check 'pods reach one another' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-2-pod 10.244.1.2' \
	'pings worker-1-pod fd10:244:0:2::2'
croute_in worker-1 lookup 10.244.2.2 --node worker-1 -c "$CONF"
check 'lookup agrees' all_of 'exits 0' "out_line '*agrees*'"
ip -n worker-1 route replace 10.244.2.0/24 via inet6 fd00::99 dev eth1 metric "$(metric_of 10.244.2.0/24)" proto static
pass worker-1
check "another program's row in the way stays" all_of 'exits 1' "out_line 'x route 10.244.2.0/24 *conflict: *'" \
	"route worker-1 '10.244.2.0/24 via inet6 fd00::99 dev eth1 proto static *'"
ip -n worker-1 route del 10.244.2.0/24 proto static
check 'and without it the route is back' settled worker-1

agent_restart worker-1
ip -n worker-1 route del 10.244.2.0/24 proto 67
check 'a lost route is back' wait_for route worker-1 '10.244.2.0/24 via inet6 fd00::12 *'
agent_stop TERM

cluster_write 'type: vxlan, vxlan: {directRouting: true}' 'reach: {every: 1h}'
check 'with directRouting the same way stays, without a tunnel' all_of 'settled worker-1 worker-2 worker-3' \
	"route worker-1 '10.244.2.0/24 via inet6 fd00::12 dev eth1 proto 67 *'" \
	"route worker-2 'fd10:244:0:3::/64 via fd10:244:0:3:: dev croute.1 *onlink*'"
cluster_write 'type: vxlan'
pass worker-1 --dry-run -v
check 'a dry run shows the tunnel' all_of 'exits 0' \
	"out_line '~ peer worker-2 fd00::12 mac $(mac_of worker-2 /6) subnet 10.244.2.0/24 *'"
check 'all settle, and a second pass is empty' settled worker-1 worker-2 worker-3
check 'the devices carry both families, and no more than they need' all_of \
	'addresses_are worker-1 croute-v6.1 10.244.1.0/32 fd10:244:0:1::/128' 'no_device worker-1 croute.1' \
	'addresses_are worker-2 croute-v6.1 10.244.2.0/32 fd10:244:0:2::/128' \
	'addresses_are worker-2 croute.1 10.244.2.0/32 fd10:244:0:2::/128'
check 'IPv4 entries stand in the IPv6 device' all_of \
	"neighbours worker-1 croute-v6.1 '10.244.2.0 $(mac_of worker-2 /6)' 'fd10:244:0:2:: $(mac_of worker-2 /6)'" \
	"fdb worker-1 croute-v6.1 '$(mac_of worker-2 /6) fd00::12'"
check 'pods reach one another, IPv6 over IPv4 too' all_of 'pings worker-1-pod 10.244.2.2' \
	'pings worker-3-pod fd10:244:0:2::2' 'pings worker-2-pod fd10:244:0:3::2'
croute_in worker-1 lookup 10.244.2.2 --node worker-1 -c "$CONF"
check 'lookup agrees with the tunnel' all_of 'exits 0' "out_line '*agrees*'"
croute_in worker-1 reach --node worker-1 -c "$CONF"
check 'reach finds both families of it' all_of 'exits 0' "out_line 'worker-2 *'"
croute_in worker-1 flush
check 'flush takes all of it' all_of 'exits 0' 'owned worker-1 0' 'no_device worker-1 croute-v6.1'

finish
