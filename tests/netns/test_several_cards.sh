#!/bin/bash
# test_several_cards.sh - hosts with addresses on two underlays: one route with two next hops.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

#	worker-1 eth1 ---- wire ----- eth1 worker-2
#	         eth2 ---- second --- eth2           and worker-3, which is on the wire alone
ip link add second type bridge mcast_snooping 0
ip link set second up
host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
for n in 1 2; do
	host_link_add worker-$n eth2 10.1.0.1$n/24 fd01::1$n/64
	ip link set "port$WIRE_PORTS" master second
	node worker-$n "address: [10.0.0.1$n, 10.1.0.1$n, 'fd00::1$n', 'fd01::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
done
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"

# hops FAMILY [HOP...]: the route to worker-2's pods of croute's has these next hops, `VIA DEV` each.
hops() {
	local to=10.244.2.0/24 family=$1

	[ "$family" = -4 ] || to=fd10:244:0:2::/64
	shift
	[ "$(ip -n worker-1 "$family" -j route show "$to" proto 67 |
		jq -r '.[] | (.nexthops // [.])[] | "\(.gateway) \(.dev)"' | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}

both() {
	hops -4 '10.0.0.12 eth1' '10.1.0.12 eth2' && hops -6 'fd00::12 eth1' 'fd01::12 eth2'
}

one() {
	hops -4 '10.0.0.12 eth1' && hops -6 'fd00::12 eth1'
}

cluster_write 'type: host-gw'
pass worker-1 --dry-run --exit-code
check 'a dry run shows both next hops, and changes nothing' all_of 'exits 2' 'owned worker-1 0' \
	"out_line '+ route 10.244.2.0/24 nexthop via 10.0.0.12 dev eth1 nexthop via 10.1.0.12 dev eth2 worker-2 *'" \
	"out_line '+ route fd10:244:0:2::/64 nexthop via fd00::12 dev eth1 nexthop via fd01::12 dev eth2 worker-2 *'" \
	"out_line '+ route 10.244.3.0/24 via 10.0.0.13 dev eth1 worker-3 *'" \
	"out_line 'Plan: 4 to add, *'"
pass worker-1 --dry-run -o json
check 'and in JSON' json '.changes[0] | .via == "10.0.0.12" and .nextHops == [{via: "10.0.0.12", dev: "eth1"}, {via: "10.1.0.12", dev: "eth2"}]'
check 'both hosts settle, and a second pass is empty' settled worker-1 worker-2
check 'the kernel has both next hops' both
check 'pods reach one another' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-1-pod fd10:244:0:2::2'
croute_in worker-1 interface --node worker-1 -c "$CONF"
check 'each address has its interface' all_of 'exits 0' "out_line 'IPv4 eth1 *10.0.0.11'" "out_line 'IPv4 eth2 *10.1.0.11'" \
	"out_line 'IPv6 eth2 *fd01::11'" "out_line 'eth2 *is taken'"
ip -n worker-1 addr del 10.1.0.11/24 dev eth2
croute_in worker-1 interface --node worker-1 -c "$CONF" -o json
check 'one that is missing is named' all_of 'exits 1' "err_line '*no interface for this node?s address 10.1.0.11'" \
	"json '.interfaces | map(.address) == [[\"10.0.0.11\", \"fd00::11\"], [\"fd01::11\"]]'"
pass worker-1
check 'its next hop goes, with a warning' all_of 'exits 0' "err_line '*warning: routes lack a next hop: *10.1.0.11'" \
	"hops -4 '10.0.0.12 eth1'"
addresses_add worker-1 eth2 10.1.0.11/24
check 'and comes back with it' all_of 'settled worker-1' both

# Taking over what flannel left on either card; its routes have one next hop.
NETWORK="podNetwork: [10.244.0.0/16, 'fd10:244::/48']"
flannels() {
	[ "$(ip -n worker-1 route show proto boot | grep -c 10.244)" = "$1" ] &&
		[ "$(ip -n worker-1 -6 route show proto boot | grep -c fd10:)" = "$2" ]
}
ip -n worker-1 route add 10.244.2.0/24 via 10.1.0.12 dev eth2
ip -n worker-1 route add 10.244.9.0/24 via 10.1.0.19 dev eth2
ip -n worker-1 route add fd10:244:0:2::/64 via fd01::12 dev eth2
ip -n worker-1 route add 10.244.8.0/24 nexthop via 10.0.0.18 dev eth1 nexthop via 10.1.0.18 dev eth2
cluster_write 'type: host-gw' "$NETWORK"
pass worker-1 --dry-run
check 'a route over one of the cards leads the same way' all_of 'exits 0' "out_line 'Plan: 0 to add, *, 0 shadowed, 4 unchanged.'"
cluster_write 'type: host-gw' "$NETWORK" 'adopt: flannel'
pass worker-1
check "flannel's go, one of several next hops is not its" all_of 'exits 0' \
	"out_line 'Applied: 0 added, 0 changed, 3 deleted, *'" 'flannels 1 0' both 'converged worker-1'
ip -n worker-1 route del 10.244.8.0/24
croute_in worker-1 flush --hand-back flannel -c "$CONF"
check 'the way back is one next hop each' all_of 'exits 0' 'owned worker-1 0' 'flannels 2 2' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1'"
check 'and over again' all_of 'settled worker-1' 'flannels 0 0' both

# Held deletions, and what a confirmation that does not come puts back.
for n in 4 5 6 7; do node worker-$n "address: [10.0.0.1$n, 10.1.0.1$n], podCIDRs: [10.244.$n.0/24]"; done
cluster_write 'type: host-gw'
pass worker-1
for n in 4 5 6 7; do unset "NODES[worker-$n]"; done
cluster_write 'type: host-gw'
pass worker-1
check 'a mass of deletions is held, whole' all_of 'exits 4' \
	"out_line '! route 10.244.7.0/24 nexthop via 10.0.0.17 dev eth1 nexthop via 10.1.0.17 dev eth2 held: 4 of 8 *'" \
	"out_line 'Applied: 0 added, 0 changed, 0 deleted, 4 held, *'"
pass worker-1 --allow-delete --confirm 60s
croute_in worker-1 confirm --undo
check 'undone: they are there again' all_of 'exits 0' "out_line '*4 routes added again'" \
	"[ \"\$(ip -n worker-1 route show 10.244.7.0/24 | grep -c nexthop)\" = 2 ]"
pass worker-1 --allow-delete
check 'and released they go' all_of 'exits 0' 'converged worker-1'

# Plain routes beside a tunnel, which is the first card's; and without IPv4 on the hosts.
cluster_write 'type: vxlan, vxlan: {directRouting: true}'
check 'with directRouting the routes stay' all_of 'settled worker-1' both
cluster_write 'type: vxlan'
pass worker-1
check 'a tunnel is one next hop' all_of 'exits 0' "hops -4 '10.244.2.0 croute.1'" 'converged worker-1'
cp "$CONF" "$WORK/several.yaml"
cluster_write 'type: host-gw'
sed -i -E 's/10\.[01]\.0\.[0-9]+, //g' "$CONF"
inet6() {
	[ "$(ip -n worker-1 route show 10.244.2.0/24 proto 67 | grep -oE 'via inet6 .* dev eth.' | sort | paste -s -d,)" = \
		'via inet6 fd00::12 dev eth1,via inet6 fd01::12 dev eth2' ]
}
check 'IPv4 pods go over both cards of IPv6 hosts' all_of 'settled worker-1' inet6
cluster_write 'type: host-gw, hostGw: {offLink: router}'
sed -i 's/10.0.0.12, 10.1.0.12/10.2.0.12, 10.3.0.12/' "$CONF"
ip -n worker-1 route add 10.2.0.0/24 via 10.0.0.1
ip -n worker-1 route add 10.3.0.0/24 via 10.1.0.1
pass worker-1 --dry-run
check 'a peer behind routers gets one on each card' all_of 'exits 0' \
	"out_line '~ route 10.244.2.0/24 nexthop via 10.0.0.1 dev eth1 nexthop via 10.1.0.1 dev eth2 *'"
cluster_write 'type: host-gw'
check 'back again' all_of 'settled worker-1' both

# Weights that differ, another order, a next hop too many or too few: each is one change back.
metric=$(metric_of 10.244.2.0/24)
change() {
	ip -n worker-1 route "$1" 10.244.2.0/24 proto 67 metric "$metric" "${@:2}"
}
change replace nexthop via 10.1.0.12 dev eth2 nexthop via 10.0.0.12 dev eth1
check 'the same next hops in another order are right' converged worker-1
change replace nexthop via 10.0.0.12 dev eth1 weight 3 nexthop via 10.1.0.12 dev eth2
ip -n worker-1 route del fd10:244:0:2::/64 via fd01::12 dev eth2
pass worker-1
check 'other weights and a lost next hop are changed back' all_of 'exits 0' \
	"out_line 'Applied: 0 added, 2 changed, 0 deleted, *'" both 'converged worker-1'
change append nexthop via 10.0.0.13 dev eth1 nexthop via 10.1.0.13 dev eth2
change append via 10.0.0.13 dev eth1
ip -n worker-1 route append fd10:244:0:2::/64 via fd00::13 dev eth1 proto 67 metric 67000
check 'surplus rows on the key go' all_of 'settled worker-1' both
ip -n worker-1 route append fd10:244:0:2::/64 via fd00::13 dev eth1 proto static metric 67000
pass worker-1
check "another program's next hop stays, and is a conflict" all_of 'exits 1' \
	"hops -6 'fd00::12 eth1' 'fd01::12 eth2' 'fd00::13 eth1'"
ip -n worker-1 route del fd10:244:0:2::/64 via fd00::13 dev eth1
ip -n worker-1 route del 10.244.2.0/24 proto 67
ip -n worker-1 route add 10.244.2.0/24 metric "$metric" proto static nexthop via 10.0.0.1 dev eth1 nexthop via 10.1.0.1 dev eth2
pass worker-1
check "another program's row in the way stays" all_of 'exits 1' "out_line 'x route 10.244.2.0/24 *conflict: *'" \
	"[ \"\$(ip -n worker-1 route show 10.244.2.0/24 proto static | grep -c nexthop)\" = 2 ]"
ip -n worker-1 route del 10.244.2.0/24 proto static
check 'and without it the route is back' all_of 'settled worker-1' both

for to in 10.244.2.2 fd10:244:0:2::2 worker-2; do
	croute_in worker-1 lookup "$to" --node worker-1 -c "$CONF"
	check "lookup $to agrees" all_of 'exits 0' "out_line '*, one of 2 next hops*'"
done

linkdown_is() {
	croute_in worker-1 doctor --node worker-1 -c "$CONF" -o json
	json ".checks[] | select(.name == \"linkdown\") | .result == \"$1\" and (.fix | contains(\"$2\"))"
}
check 'doctor asks for ignore_routes_with_linkdown' linkdown_is warning \
	'sysctl -w net/ipv6/conf/eth2/ignore_routes_with_linkdown=1 | tee -a /etc/sysctl.d/'
for dev in eth1 eth2; do
	for v in 4 6; do sysctl_in worker-1 "ipv$v/conf/$dev/ignore_routes_with_linkdown" 1; done
done
check 'and is content with it' linkdown_is ok ''

# What a confirmation that does not come puts back, whole.
cp "$CONF" "$WORK/several.yaml"
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
cluster_write 'type: host-gw'
pass worker-1 --confirm 60s
check 'an address less is a next hop less' all_of 'exits 0' one
croute_in worker-1 confirm --undo
check 'undone: both next hops are back' all_of 'exits 0' both
mv "$WORK/several.yaml" "$CONF"
node worker-2 "address: [10.0.0.12, 10.1.0.12, 'fd00::12', 'fd01::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"

is_ready() {
	croute_in worker-1 status --check --status-file /run/croute/status.json
	exits 0
}

agent_start worker-1 --node worker-1 -c "$CONF"
check 'an agent settles' wait_for is_ready
agent_stop KILL
monitor_start worker-1
agent_start worker-1 --node worker-1 -c "$CONF"
wait_for is_ready
monitor_stop worker-1
check 'a restart changes nothing' heard_count 0
for n in 3 4; do ip link set "port$n" down; done
check 'a card without carrier carries nothing, at the event' wait_for one
pass worker-2
check 'pods still reach one another' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-1-pod fd10:244:0:2::2'
for n in 1 2; do ip link set "port$n" down; done
check 'without any carrier both stay' wait_for both
for n in 1 2 3 4; do ip link set "port$n" up; done
check 'with both again both carry' wait_for both
for n in 1 2; do ip -n worker-$n link set eth1 down; done
second() {
	hops -4 '10.1.0.12 eth2' && hops -6 'fd01::12 eth2' && not route worker-1 '10.244.3.0/24 *'
}
check 'a link that is down is left out' wait_for second
pass worker-2
check 'pods reach one another over the second' all_of 'pings worker-1-pod 10.244.2.2'
for n in 1 2; do
	ip -n worker-$n link set eth1 up
	addresses_add worker-$n eth1 fd00::1$n/64 # which it lost
done
check 'and taken again when it is back' all_of 'wait_for both' "wait_for route worker-1 '10.244.3.0/24 *'"

# With reach: the second network is broken behind worker-2's switch, and no carrier tells.
cluster_write 'type: host-gw' 'reach: {every: 1s, timeout: 200ms, lostAfter: 2}'
check 'with reach both stay' all_of "wait_for route worker-1 'local 10.244.1.0 *'" both
ip link set port4 down
check 'a next hop that is lost is left out' wait_for one
check 'in one line for each route' log_has '~ route fd10:244:0:2::/64 via fd00::12 dev eth1 '
ip link set port4 up
check 'and taken again when it answers' wait_for both
ip link set port4 down
wait_for one
agent_stop KILL
monitor_start worker-1
agent_start worker-1 --node worker-1 -c "$CONF"
wait_for is_ready
monitor_stop worker-1
check 'a restart keeps it out' all_of 'heard_count 0' one
counted() {
	croute_in worker-1 status -o json --status-file /run/croute/status.json
	json '(.reach | .answers + .unknown + .lost) == 4 and (.interfaces | map(.name)) == ["eth1", "eth2"]'
}
croute_in worker-1 doctor --node worker-1 -c "$CONF"
check 'doctor asks over each card' out_line '* peers: *no echo comes back from worker-2 (10.1.0.12), worker-2 (fd01::12)*'
check 'status has each card, and counts a peer once for each family' counted
ip link set port2 down
check 'but never the last: with none, both stay' wait_for both
agent_stop TERM
check 'SIGTERM leaves it' all_of 'exits 0' both

cluster_write 'type: none'
croute_in worker-1 flush --dry-run
check 'flush names each once' all_of 'exits 0' \
	"out_line '- route 10.244.2.0/24 nexthop via 10.0.0.12 dev eth1 nexthop via 10.1.0.12 dev eth2 *'" \
	"out_line 'Plan: 0 to add, 0 to change, 5 to delete, *'"
croute_in worker-1 flush
check 'and takes all of it' all_of 'exits 0' 'owned worker-1 0'

finish
