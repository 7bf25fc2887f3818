#!/bin/bash
# lab_no_ipv6.sh - a file of both families where the kernel has no IPv6: IPv4 works, IPv6 is reported.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/vxlan.sh
. "$(dirname "$0")/../../netns/vxlan.sh"

[ ! -e /proc/sys/net/ipv6 ] || skip_all 'this kernel has IPv6'
for n in 1 2; do
	host_add worker-$n 10.0.0.1$n/24
	pod_add worker-$n 10.244.$n.2/24
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done
ip -n worker-1 route add 10.99.0.0/16 via 10.0.0.99 proto static

others() { routes_of worker-1 | grep -v 'proto 67' | sort; }
OTHERS=$(others)
others_stay() { [ "$(others | grep -v croute.1)" = "$OTHERS" ]; }

# again: one more pass, or a dry run, has nothing to do but the report.
again() {
	pass worker-1 "$@"
	exits 1 && not out_line '[+~x!-] *' && said "*no interface for this node's address fd00::11*" &&
		[ "$(owned_count worker-1)" = 1 ]
}

for backend in host-gw vxlan; do
	cluster_write "type: $backend" "podNetwork: [10.244.0.0/16, 'fd10:244::/48']"
	pass worker-1
	check "$backend: the IPv4 route is added" owned worker-1 1
	check "$backend: IPv6 is an error, and named" \
		all_of 'exits 1' 'said "*no interface has an IPv6 address*IPv6 pod routes stay as they are*"'
	pass worker-2
	check "$backend: pods reach each other" pings worker-1-pod 10.244.2.2
	check "$backend: the second pass does nothing" again
	check "$backend: nor the third" again
	check "$backend: a dry run has nothing to do" again --dry-run
	croute_in worker-1 lookup 10.244.2.9 -c "$CONF" --node worker-1
	check "$backend: lookup finds that the kernel agrees" out_line 'agrees yes*'
	check "$backend: routes of others stay" others_stay
done
croute_in worker-1 flush -c "$CONF"
check 'flush removes device and route' all_of 'no_device worker-1 croute.1' 'owned worker-1 0'
finish
