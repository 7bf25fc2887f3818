#!/bin/bash
# test_statics_wait.sh - static routes by node and by name of a table, over both families and beside a
# tunnel; what they wait for, and what is refused of them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

workers_add 1 2
node edge-7 "address: [10.0.0.17, 'fd00::17'], podCIDRs: [10.244.7.0/24]"
if [ -e /etc/iproute2 ]; then
	mkdir "$WORK/iproute2"
	printf '200\tuplinks\n' >"$WORK/iproute2/rt_tables"
	mount --bind "$WORK/iproute2" /etc/iproute2
fi

# statics BACKEND LINE...: the cluster's file with these static routes, worker-1's pass over it.
statics() {
	local backend=$1

	shift
	cluster_write "$backend" 'guard: {maxDelete: 100%}' 'routes:' "$@"
	pass worker-1
}

# statics_are NUMBER: so many routes of ours are there that are no pod routes.
statics_are() {
	owned worker-1 $(($1 + 3))
}

for backend in 'type: host-gw' 'type: vxlan'; do
	statics "$backend" '- {to: 172.16.1.0/24, via: 10.0.0.1, nodes: [worker-1]}' \
		"- {to: 172.16.2.0/24, via: 10.0.0.1, nodes: ['worker-*']}" \
		"- {to: 172.16.3.0/24, via: 10.0.0.1, nodes: ['worker-[2-9]', 'edge-?']}" \
		"- {to: 172.16.4.0/24, via: 10.0.0.1, nodes: ['edge-*', '*-1']}" \
		"- {to: 'fd99::/64', via: 'fd00::1', nodes: worker-2}" \
		"- {to: 'fd98::/64', via: 'fd00::1'}"
	check "$backend: only on the nodes that are meant" all_of 'exits 0' 'statics_are 4' \
		"route worker-1 '172.16.1.0/24 *'" "route worker-1 '172.16.2.0/24 *'" \
		"route worker-1 '172.16.4.0/24 *'" "route worker-1 'fd98::/64 *'" 'converged worker-1'
	statics "$backend" '- {to: default, via: 10.0.0.1, metric: 9, table: uplinks}' \
		"- {to: default, via: 'fd00::1', table: uplinks}" '- {to: 10.99.0.0/16, via: 10.0.0.1, table: main}' \
		"- {to: default, type: unreachable, metric: 4278198272, table: uplinks}"
	check "$backend: a table by its name, default of both families" all_of 'exits 0' 'statics_are 5' \
		"route worker-1 'default via 10.0.0.1 dev eth1 table uplinks proto 67 metric 9'" \
		"route worker-1 'default via fd00::1 dev eth1 table uplinks proto 67 metric 1024 *'" \
		"route worker-1 '10.99.0.0/16 via 10.0.0.1 dev eth1 proto 67'" \
		"route worker-1 'unreachable default table uplinks proto 67 metric 4278198272'" \
		"route worker-1 'unreachable default dev lo table uplinks proto 67 metric 4278198272 *'" 'converged worker-1'
	statics "$backend" '- {to: 172.16.0.0/16, via: 10.0.0.1, metric: 1}' '- {to: 172.16.0.0/16, via: 10.0.0.2, metric: 2}' \
		'- {to: 172.16.0.0/16, type: blackhole, metric: 3}' "- {to: 'fd99::/64', via: 'fd00::1', metric: 1}" \
		"- {to: 'fd99::/64', via: 'fd00::2', metric: 2}" "- {to: 'fd99::/64', via: 'fd00::3'}"
	check "$backend: one destination by several metrics, of both families" all_of 'exits 0' 'statics_are 6' \
		'converged worker-1'
	statics "$backend" '- {to: 172.16.0.0/16, via: 10.0.0.2, metric: 2}' "- {to: 'fd99::/64', via: 'fd00::1', metric: 1}"
	check "$backend: those that are left out go, each by its metric" all_of 'exits 0' 'statics_are 2' \
		"route worker-1 '172.16.0.0/16 via 10.0.0.2 dev eth1 proto 67 metric 2'" \
		"route worker-1 'fd99::/64 via fd00::1 dev eth1 proto 67 metric 1 *'" 'converged worker-1'
done
statics 'type: vxlan' "- {to: 'fd99::/64', via: 'fd00::1', from: 'fd00::11', metric: 3, mtu: 1400}" \
	"- {to: 'fd98::/64', via: 'fd77::1', dev: eth1, onLink: true}"
check 'all keys of IPv6' all_of 'exits 0' 'statics_are 2' \
	"route worker-1 'fd99::/64 via fd00::1 dev eth1 proto 67 src fd00::11 metric 3 mtu 1400 *'" \
	"route worker-1 'fd98::/64 via fd77::1 dev eth1 proto 67 metric 1024 onlink *'" 'converged worker-1'
statics 'type: vxlan' "- {to: 'fd99::/64', via: 'fd00::2', from: 'fd00::11', metric: 3, mtu: 1300}"
check 'a change of IPv6 is a change' all_of "out_line '~ route fd99::/64 via fd00::2 *was via fd00::1*mtu 1400* changed'" \
	'statics_are 1' 'converged worker-1'
statics 'type: vxlan' '- {to: 172.16.0.0/16, via: 10.244.2.0, dev: croute.1, onLink: true}'
check 'a gateway inside a podCIDR is refused even so' all_of 'exits 3' "err_line '*nodes.yaml:5:*10.244.2.0*'" 'statics_are 1'

# Pending, and what it waits for.
statics 'type: vxlan' '- {to: 172.16.0.0/16, via: 10.5.0.1}' "- {to: 'fd99::/64', via: 'fd05::1'}" \
	'- {to: 172.17.0.0/16, dev: eth5}' "- {to: 'fd97::/64', via: 'fe80::1', dev: eth5}" '- {to: 172.18.0.0/16, via: 10.5.0.1, dev: eth5}'
check 'without its link a route is pending, not failed' all_of 'exits 0' 'statics_are 0' \
	"out_line '. route 172.16.0.0/16 via 10.5.0.1 nodes.yaml:5:* pending: waits for an interface with an address next to 10.5.0.1'" \
	"out_line '. route fd99::/64 via fd05::1 metric 1024 nodes.yaml:6:* pending: waits for an interface with an address next to fd05::1'" \
	"out_line '. route 172.17.0.0/16 nodes.yaml:7:* pending: waits for interface eth5'" \
	"out_line 'Applied: 0 added, *, 5 pending, 3 unchanged.'"
pass worker-1 -o json
check 'JSON counts what is pending' json '.summary.pending == 5 and .summary.failed == 0'
pass worker-1 --dry-run --exit-code
check 'which is nothing to do' exits 0
ip -n worker-1 link add eth5 type veth peer name eth5-peer
pass worker-1
check 'a link that is down is not enough' all_of 'exits 0' 'statics_are 0' \
	"out_line '. route 172.17.0.0/16 *pending: waits for interface eth5 to be up'"
ip -n worker-1 link set eth5-peer up
ip -n worker-1 link set eth5 up
pass worker-1
check 'a link without an address takes those that need none' all_of 'exits 0' \
	"route worker-1 '172.17.0.0/16 dev eth5 proto 67 scope link'" \
	"out_line '. route 172.18.0.0/16 via 10.5.0.1 *pending: waits for an address on eth5'"
addresses_add worker-1 eth5 10.5.0.11/24 fd05::11/64
pass worker-1
check 'with its address all come' all_of 'exits 0' 'statics_are 5' \
	"route worker-1 '172.16.0.0/16 via 10.5.0.1 dev eth5 proto 67'" "route worker-1 'fd99::/64 via fd05::1 dev eth5 *'" \
	"route worker-1 '172.18.0.0/16 via 10.5.0.1 dev eth5 proto 67'" 'converged worker-1'
ip -n worker-1 link del eth5
pass worker-1
check 'and wait again when the link went' all_of 'exits 0' 'statics_are 0' "out_line 'Applied: *, 5 pending, *'"
host_link_add worker-1 eth5 10.5.0.11/24 fd05::11/64
pass worker-1
check 'under another index they come back' all_of 'exits 0' 'statics_are 5' 'converged worker-1'

# The agent applies it when it comes.
ip -n worker-1 link del eth5
touch -d '1 minute ago' "$CONF"
agent_start worker-1 --node worker-1 -c "$CONF"
check 'the agent says what waits' wait_for log_has 'waits for interface eth5'
host_link_add worker-1 eth5 10.5.0.11/24 fd05::11/64
check 'and applies it when that comes' wait_for all_of 'statics_are 5'
agent_stop TERM

# refuses SENTENCE ROUTE: with its line; nothing of it is installed, all else is.
refuses() {
	statics 'type: vxlan' "- {$2}"
	check "refuses $1" all_of '[[ $STATUS == [13] ]]' "said '*nodes.yaml:5:*error: *'" "not route worker-1 '$3 *'" \
		"route worker-1 '10.244.2.0/24 via 10.244.2.0 dev croute.1 *'"
}

refuses 'what equals a podCIDR of IPv6' "to: 'fd10:244:0:2::/64', via: 'fd00::1'" 'fd10:244:0:2::/64 via fd00::1'
refuses 'what lies inside one' "to: 'fd10:244:0:2::7', via: 'fd00::1'" fd10:244:0:2::7
refuses 'a blackhole inside one' 'to: 10.244.2.128/25, type: blackhole' 'blackhole 10.244.2.128/25'
refuses 'the way to a peer, IPv6' "to: 'fd00::12', via: 'fd00::1'" 'fd00::12'
refuses 'the way to a peer, a part of the link' 'to: 10.0.0.0/28, via: 10.0.0.1' '10.0.0.0/28'
refuses 'a blackhole over the way to a peer' 'to: 10.0.0.12, type: blackhole' 'blackhole 10.0.0.12'
statics 'type: vxlan' "- {to: 'fd00::/32', via: 'fd00::1'}" '- {to: 10.0.0.0/8, via: 10.0.0.1}' '- {to: 10.244.0.0/16, type: unreachable}'
check 'what is wider is fine' all_of 'exits 0' 'statics_are 3' 'converged worker-1'

finish
