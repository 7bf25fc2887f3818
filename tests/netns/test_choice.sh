#!/bin/bash
# test_choice.sh - several links with this node's address, further names of links, sources to come.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

for n in 1 2; do
	host_add worker-$n 10.0.0.1$n/24
	node worker-$n "address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]"
	pod_add worker-$n 10.244.$n.2/24
done
cluster_write 'type: host-gw' "agent: {listen: ''}"
touch -d '1 hour ago' "$CONF"
pass worker-2

agent_start worker-1 --node worker-1 -c "$CONF" --status-file "$WORK/status.json"
has_route() { route worker-1 "10.244.2.0/24 via 10.0.0.12 dev $1 *"; }
check 'the agent makes its route' wait_for has_route eth1
host_link_add worker-1 anycast0 10.0.0.11/32
heard() { grep -q "$1" "$WORK/agent.log"; }
# The agent follows its own link alone; a static route by the new one says when it has looked.
kill -HUP "${PID[agent]}"
check 'a single address on another link does not take the routes away' all_of \
	"wait_for heard '10.0.0.11 is on eth1, which is used, and on anycast0'" 'has_route eth1' \
	'pings worker-1-pod 10.244.2.2'
kill "${PID[agent]}" && wait "${PID[agent]}"
pass worker-1
check 'nor does it for a first pass, which warns' all_of 'exits 0' "said '*10.0.0.11 is on eth1*anycast0*'" \
	'has_route eth1' 'converged worker-1'
ip -n worker-1 link del anycast0

ip -n worker-1 link add vmbr0 type bridge
ip -n worker-1 link set vmbr0 up
ip -n worker-1 link set eth1 master vmbr0
addresses_add worker-1 vmbr0 10.0.0.11/24
pass worker-1
check 'a bridge wins over its port' all_of 'exits 0' 'has_route vmbr0' 'pings worker-1-pod 10.244.2.2' \
	'converged worker-1'
ip -n worker-1 link del vmbr0

if ip -n worker-1 link property add dev eth1 altname enp3s0 2>/dev/null; then
	cluster_write 'type: host-gw' 'interface: {name: enp3s0}' 'routes:' \
		'- {to: 192.0.2.0/24, via: 10.0.0.12, dev: enp3s0}'
	pass worker-1
	check 'a further name of a link is as good as its name' all_of 'exits 0' 'has_route eth1' \
		"route worker-1 '192.0.2.0/24 via 10.0.0.12 dev eth1 proto 67'" 'converged worker-1'
	run in_host worker-1 "$CROUTE" snapshot
	cp "$WORK/stdout" "$WORK/snapshot.json"
	croute_in worker-1 reconcile --dry-run --exit-code --node worker-1 -c "$CONF" --kernel-state "$WORK/snapshot.json"
	check 'and in a snapshot' exits 0
else
	skip 'further names of links' 'no altnames here'
fi

cluster_write 'type: host-gw' "agent: {listen: ''}" 'routes:' \
	'- {to: 192.0.2.0/24, via: 10.0.0.12, from: 10.0.7.7}'
touch -d '1 hour ago' "$CONF"
pass worker-1
check 'a route waits for its source address' all_of 'exits 0' "out_line '*waits for the address 10.0.7.7*'" \
	"not route worker-1 '192.0.2.0/24 *'"
agent_start worker-1 --node worker-1 -c "$CONF" --status-file "$WORK/status.json"
check 'the agent says so' wait_for heard 'waits for the address 10.0.7.7'
host_link_add worker-1 vip0 10.0.7.7/32
check 'and makes it at once when the address comes' wait_for route worker-1 \
	'192.0.2.0/24 via 10.0.0.12 dev eth1 proto 67 src 10.0.7.7'
kill "${PID[agent]}" && wait "${PID[agent]}"

finish
