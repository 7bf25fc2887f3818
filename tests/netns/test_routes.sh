#!/bin/bash
# test_routes.sh - three hosts route to each other's pods: plan, pass, kernel, pings, changes.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
host_add worker-3 10.0.0.13/24 10.0.0.33/24 fd00::13/64
pod_add worker-1 10.244.1.2/24 fd10:244:0:1::2/64
pod_add worker-2 10.244.2.2/24 fd10:244:0:2::2/64
pod_add worker-3 10.244.3.2/24 fd10:244:0:3::2/64
addresses_add worker-2 lo 10.245.7.1/32

# nodes_write ADDRESS-OF-WORKER-3: the file of all three hosts.
nodes_write() {
	cat >"$WORK/nodes.yaml" <<-YAML
		version: 1
		podNetwork: [10.244.0.0/15, 'fd10:244::/48']
		nodes:
		  - name: worker-1
		    address: [10.0.0.11, 'fd00::11']
		    podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']
		  - name: worker-2
		    address: [10.0.0.12, 'fd00::12']
		    podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64', 10.245.0.0/20]
		  - name: worker-3
		    address: [$1, 'fd00::13']
		    podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']
		routes:
		  - {to: 172.16.0.0/12, via: 10.0.0.12, nodes: [worker-1]}
		  - {to: 198.51.100.0/24, type: blackhole, metric: 50, nodes: ['worker-*']}
		  - {to: 203.0.113.7, via: 10.0.0.13, from: 10.0.0.11, table: 100, mtu: 1400, nodes: [worker-1]}
		  - {to: 'fd99::/64', via: 'fd00::12', nodes: [worker-1]}
	YAML
}
nodes_write 10.0.0.13
CONF=$WORK/nodes.yaml

# A directory adds up its files; JSON is YAML; hidden and other files are none of croute's.
mkdir "$WORK/dir"
cat >"$WORK/dir/10.json" <<-'JSON'
	{"version": 1, "nodes": [{"name": "worker-1", "address": "10.0.0.11", "podCIDRs": "10.244.1.0/24"}]}
JSON
printf 'nodes:\n  - {name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.2.0/24]}\n' >"$WORK/dir/20.yaml"
printf 'nonsense' >"$WORK/dir/.hidden.yaml"
printf 'nonsense' >"$WORK/dir/notes.txt"
croute_in worker-1 reconcile --node worker-1 -c "$WORK/dir" --dry-run
check 'the files of a directory add up, each the cause of its own routes' \
	out_line '+ route 10.244.2.0/24 via 10.0.0.12 dev eth1 worker-2 20.yaml:2:5'

# A dry run, then the pass.
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run
check 'a dry run exits 0' exits 0
check 'a dry run shows a route with its node and its line of the file' \
	out_line '+ route 10.244.2.0/24 via 10.0.0.12 dev eth1 worker-2 nodes.yaml:7:5'
check 'a dry run shows the IPv6 route' \
	out_line '+ route fd10:244:0:2::/64 via fd00::12 dev eth1 worker-2 nodes.yaml:7:5'
check 'a dry run counts what it would add' \
	out_line 'Plan: 9 to add, 0 to change, 0 to delete, 0 held, 0 in conflict, 0 shadowed, 0 unchanged.'
check 'a dry run changes nothing' owned worker-1 0
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run --exit-code
check 'with --exit-code pending changes exit 2' exits 2
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --exit-code
check 'without --dry-run --exit-code is refused' exits 64
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a pass shows each route' out_line '+ route 10.244.3.0/24 via 10.0.0.13 dev eth1 worker-3 *'
check 'a pass counts what it did' \
	out_line 'Applied: 9 added, 0 changed, 0 deleted, 0 held, 0 in conflict, 0 shadowed, 0 failed, 0 unchanged.'
check 'all routes are in the kernel' owned worker-1 9
check 'its own podCIDR is not routed' not route worker-1 '10.244.1.0/24 * proto 67 *'

# Protocol and metrics, as SPEC 4 has them.
for cidr in 10.244.2.0/24 10.245.0.0/20; do
	check "$cidr bears protocol 67 and its own metric" \
		route worker-1 "$cidr via 10.0.0.12 dev eth1 proto 67 metric $(metric_of $cidr)"
done
check 'an IPv6 pod route bears the lowest metric of the range' \
	route worker-1 'fd10:244:0:3::/64 via fd00::13 dev eth1 proto 67 metric 67000 *'
check 'a static route bears the default metric' \
	route worker-1 '172.16.0.0/12 via 10.0.0.12 dev eth1 proto 67'
check 'a blackhole stands with its metric' \
	route worker-1 'blackhole 198.51.100.0/24 proto 67 metric 50'
check 'a static route keeps table, source and MTU' route worker-1 \
	'203.0.113.7 via 10.0.0.13 dev eth1 table 100 proto 67 src 10.0.0.11 mtu 1400'
check 'an IPv6 static route bears metric 1024' \
	route worker-1 'fd99::/64 via fd00::12 dev eth1 proto 67 metric 1024 *'

# The second pass.
monitor_start worker-1
check 'the second pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1
monitor_stop worker-1
check 'the second pass sends the kernel nothing' heard_count 0
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run --exit-code
check 'with nothing pending --exit-code exits 0' exits 0

for host in worker-2 worker-3; do
	croute_in $host reconcile --node $host -c "$CONF"
	check "$host applies the same file" exits 0
	check "the second pass of $host is empty" empty_second_pass $host "$CONF" --node $host
	check "a route for worker-1 only is not on $host" not route $host '172.16.0.0/12 *'
done

# The pods reach each other.
for from in 1 2 3; do
	for to in 1 2 3; do
		[ $from != $to ] || continue
		check "pod $from reaches pod $to over IPv4" pings worker-$from-pod 10.244.$to.2
		check "pod $from reaches pod $to over IPv6" pings worker-$from-pod fd10:244:0:$to::2
	done
done
check 'the second podCIDR of a node is reached too' pings worker-1-pod 10.245.7.1

# A changed gateway.
croute_in worker-1 reconcile --node worker-1 -c "$CONF" -o json --dry-run
check 'an empty plan in JSON counts the unchanged' \
	json '.summary.unchanged == 9 and .changes == []'
nodes_write 10.0.0.33
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run
check 'a changed gateway is shown with what it was' out_line \
	'~ route 10.244.3.0/24 via 10.0.0.33 dev eth1 worker-3 nodes.yaml:10:5 was via 10.0.0.13*'
croute_in worker-1 reconcile --node worker-1 -c "$CONF" -o json --dry-run
check 'JSON has the shape of the contract' json '
	.version == 1 and .node == "worker-1" and
	.interface.name == "eth1" and (.interface.index | type) == "number" and
	.interface.mtu == 1500 and (.interface.address | index("10.0.0.11")) != null and
	(.changes | length) == 1 and (.changes[0] |
		.action == "change" and .kind == "route" and .node == "worker-3" and
		.cause == "nodes.yaml:10:5" and .result == "planned" and
		(.text | contains("10.244.3.0/24 via 10.0.0.33"))) and
	(.summary | contains({"add": 0, "change": 1, "delete": 0, "held": 0, "conflict": 0,
		"shadowed": 0, "failed": 0, "unchanged": 8}))'
start ping in_host worker-1-pod ping -n -i 0.01 -c 80 10.244.3.2
wait_for grep -q 'icmp_seq=5 ' "$WORK/ping.log"
monitor_start worker-1
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
monitor_stop worker-1
check 'a changed gateway is a change that succeeds' exits 0
check 'a changed gateway is one message' heard_count 1
check 'that message replaces the route' heard_line '*10.244.3.0/24 via 10.0.0.33 dev eth1 proto 67*'
wait "${PID[ping]}"
check 'a changed gateway loses no packet' grep -q ' 80 received' "$WORK/ping.log"
check 'after a changed gateway a pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1

# Drift, both ways.
ip -n worker-1 route del 10.244.2.0/24 proto 67 metric "$(metric_of 10.244.2.0/24)"
ip -n worker-1 route add 10.99.0.0/24 via 10.0.0.12 proto 67
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a lost route comes back' out_line '+ route 10.244.2.0/24 via 10.0.0.12 *'
check 'a route of ours that the file does not name goes' \
	out_line '- route 10.99.0.0/24 via 10.0.0.12 dev eth1 not in the file*'
check 'after drift a pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1

finish
