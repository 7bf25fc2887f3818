#!/bin/bash
# test_statics.sh - static routes, and the keys of `kernel` that say where routes go.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_link_add worker-1 eth2 10.1.0.11/16
CONF=$WORK/nodes.yaml

# nodes_write LINE...: this node and two others, and these lines of YAML.
nodes_write() {
	{
		echo 'version: 1'
		echo 'guard: {maxDelete: 100%, protect: [192.168.0.0/24]}'
		echo 'nodes:'
		echo "- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24]}"
		echo "- {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}"
		printf '%s\n' "$@"
	} >"$CONF"
}

pass() {
	croute_in worker-1 reconcile --node worker-1 -c "$CONF" "$@"
}

second_pass_is_empty() {
	empty_second_pass worker-1 "$CONF" --node worker-1
}

# static SENTENCE ROUTE EXPECTED: the route of the file, as one of ours reads in the kernel then.
static() {
	nodes_write 'routes:' "- {$2}"
	pass
	check "$1: stands" route worker-1 "$3"
	check "$1: alone, and a second pass is empty" all_of 'owned worker-1 3' second_pass_is_empty
}

static 'the device is the one whose prefix holds the gateway' \
	'to: 172.16.0.0/16, via: 10.1.2.3' '172.16.0.0/16 via 10.1.2.3 dev eth2 proto 67'
static 'a device without a gateway' \
	'to: 172.16.0.0/16, dev: eth2' '172.16.0.0/16 dev eth2 proto 67 scope link'
static 'an IPv6 device without a gateway' \
	"to: 'fd99::/64', dev: eth2" 'fd99::/64 dev eth2 proto 67 metric 1024 *'
static 'an address is a host route' 'to: 172.16.7.7, via: 10.0.0.1' '172.16.7.7 via 10.0.0.1 dev eth1 proto 67'
static 'an IPv6 address is a host route' \
	"to: 'fd99::7', via: 'fd00::1'" 'fd99::7 via fd00::1 dev eth1 proto 67 metric 1024 *'
static 'a default route' 'to: default, via: 10.0.0.1, metric: 500' 'default via 10.0.0.1 dev eth1 proto 67 metric 500'
static 'an IPv6 default route' \
	"to: default, via: 'fd00::1'" 'default via fd00::1 dev eth1 proto 67 metric 1024 *'
static 'a link-local gateway with its device' \
	"to: 'fd99::/64', via: 'fe80::1', dev: eth2" 'fd99::/64 via fe80::1 dev eth2 proto 67 metric 1024 *'
static 'an on-link gateway that no prefix holds' \
	'to: 172.16.0.0/16, via: 203.0.113.1, dev: eth2, onLink: true' \
	'172.16.0.0/16 via 203.0.113.1 dev eth2 proto 67 onlink'
static 'a source, an MTU and a metric' \
	'to: 172.16.0.0/16, via: 10.0.0.1, from: 10.1.0.11, mtu: 1400, metric: 7' \
	'172.16.0.0/16 via 10.0.0.1 dev eth1 proto 67 src 10.1.0.11 metric 7 mtu 1400'
for type in blackhole unreachable prohibit; do
	static "type $type" "to: 172.16.0.0/16, type: $type" "$type 172.16.0.0/16 proto 67"
	static "type $type of IPv6" "to: 'fd99::/64', type: $type" "$type fd99::/64 dev lo proto 67 metric 1024 *"
done
static 'a table of its own, where anything goes' \
	'to: 10.244.2.0/25, via: 10.0.0.1, table: 100' '10.244.2.0/25 via 10.0.0.1 dev eth1 table 100 proto 67'

# The same destination twice, ranked by metric.
nodes_write 'routes:' '- {to: 172.16.0.0/16, via: 10.0.0.1, metric: 5}' '- {to: 172.16.0.0/16, via: 10.1.0.1, metric: 6}'
pass
check 'one destination by two metrics stands twice' all_of 'owned worker-1 4' second_pass_is_empty
nodes_write 'routes:' '- {to: 172.16.0.0/16, via: 10.0.0.1, metric: 5, mtu: 1300}'
pass
check 'a changed MTU is a change, the other metric goes' all_of \
	"out_line '~ route 172.16.0.0/16 via 10.0.0.1 *'" "out_line '- route 172.16.0.0/16 via 10.1.0.1 *'" \
	"route worker-1 '172.16.0.0/16 via 10.0.0.1 dev eth1 proto 67 metric 5 mtu 1300'" second_pass_is_empty

nodes_write
pass

# refuses SENTENCE ROUTE: told with its line, not installed; the pod routes stand. Exit 3 where the
# file alone shows it, 1 where only this host does.
refuses() {
	nodes_write 'routes:' "- {$2}"
	pass
	check "refuses $1, with its line" all_of '[[ $STATUS == [13] ]]' "said '*nodes.yaml:7:*'" 'owned worker-1 2'
}

refuses 'what equals another node'\''s podCIDR' 'to: 10.244.2.0/24, via: 10.0.0.1'
refuses 'what lies inside another node'\''s podCIDR' 'to: 10.244.2.7, via: 10.0.0.1'
refuses 'what would win over the way to a node' 'to: 10.0.0.12, via: 10.0.0.1'
refuses 'what lies inside a protected prefix' 'to: 192.168.0.7, via: 10.0.0.1'
refuses 'what covers a protected prefix' 'to: 192.168.0.0/16, via: 10.0.0.1'
refuses 'a gateway inside a podCIDR' 'to: 172.16.0.0/16, via: 10.244.2.1, dev: eth1'

nodes_write 'routes:' '- {to: 10.0.0.0/8, via: 10.0.0.1}' '- {to: 10.244.0.0/16, type: blackhole}'
pass
check 'what is wider than all of these is fine' all_of 'exits 0' 'owned worker-1 4' second_pass_is_empty
nodes_write 'routes:' '- {to: 172.16.0.0/16, via: 10.0.0.11}'
pass
check 'a gateway that this host is itself is skipped with a note' all_of \
	'exits 0' 'owned worker-1 2' "said '*172.16.0.0/16*'"

# Pending: it cannot be yet, and that is no failure.
ip -n worker-1 link set eth2 down
nodes_write 'routes:' '- {to: 172.16.0.0/16, via: 10.1.0.1, dev: eth2}' '- {to: 172.17.0.0/16, via: 10.9.0.1, dev: eth9}'
pass
check 'a route over a device that is down or absent is pending, not failed' all_of \
	'exits 0' 'owned worker-1 2' "said '*172.16.0.0/16*pending: *eth2*'" "said '*172.17.0.0/16*pending: *eth9*'"
ip -n worker-1 link set eth2 up
pass
check 'with the link it comes' route worker-1 '172.16.0.0/16 via 10.1.0.1 dev eth2 proto 67'

# Where routes go. The guard counts destinations: none of these leaves one without a route.
sed -i 's/maxDelete: 100%/maxDelete: 0, alwaysAllow: 0/' "$CONF"
sed -i '/^routes:/,$d' "$CONF"
pass --allow-delete
monitor_start worker-1
echo 'kernel: {metric: 9000, metricSpread: 1}' >>"$CONF"
pass
monitor_stop worker-1
check 'a changed metric is not held by the guard' all_of 'exits 0' 'owned worker-1 2' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 9000'" \
	"route worker-1 'fd10:244:0:2::/64 * metric 9000 *'"
check 'the new one stands before the old one goes' all_of 'heard_count 2' \
	'[[ $(head -1 <<<"$HEARD") != Deleted* ]]'
check 'and a second pass is empty' second_pass_is_empty
sed -i '$d' "$CONF"
echo 'kernel: {table: 1000}' >>"$CONF"
pass
check 'another table is moved to' all_of 'owned worker-1 2' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 table 1000 proto 67 metric 68026'"
check 'and a second pass is empty there' second_pass_is_empty
sed -i '$d' "$CONF"
echo 'kernel: {protocol: 201}' >>"$CONF"
pass
check 'another protocol leaves those of the old one alone' all_of \
	'[ "$(owned_count worker-1 201)" = 2 ]' 'owned worker-1 2'
check 'and a second pass is empty with it' second_pass_is_empty
croute_in worker-1 flush
check 'flush removes those' all_of 'exits 0' 'owned worker-1 0' '[ "$(owned_count worker-1 201)" = 2 ]'
croute_in worker-1 flush --protocol 201
check 'flush --protocol removes the others' [ "$(owned_count worker-1 201)" = 0 ]

finish
