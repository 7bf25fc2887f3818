#!/bin/bash
# test_interface.sh - which interface is taken, and why no other; the story that croute comes from.
#
# One file for all hosts: a virtual machine with eth0 alone, metal with a public eth0 and a private
# eth1, metal whose two cards are bond1. `eth1|bond1` must never be veth17f90f70.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CONF=$WORK/nodes.yaml

# conf_write RULES: the file of the whole cluster with that fence.
conf_write() {
	cat >"$CONF" <<-YAML
		version: 1
		$1
		nodes:
		  - {name: vm, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}
		  - {name: metal, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}
		  - {name: bonded, address: 10.0.0.13, podCIDRs: [10.244.3.0/24]}
		  - {name: late, address: 10.0.0.14, podCIDRs: [10.244.4.0/24]}
	YAML
}

interface() {
	local host=$1

	shift
	croute_in "$host" interface -c "$CONF" --node "$host" "$@"
}

# takes HOST DEVICE: exit 0, and that device in text and JSON.
takes() {
	interface "$1"
	exits 0 && out_line "IPv4 $2 index *" && out_line "$2 *is taken" || return 1
	interface "$1" -o json
	exits 0 && json ".version == 1 and .node == \"$1\" and .interface.name == \"$2\"" &&
		json "[.links[] | select(.verdict == \"taken\").name] == [\"$2\"]"
}

# same_as_a_pass HOST: the interface object is the one of the pass.
same_as_a_pass() {
	local of_interface

	interface "$1" -o json
	of_interface=$(jq -c '[.interface, .interface6]' <"$WORK/stdout")
	croute_in "$1" reconcile --dry-run -c "$CONF" --node "$1" -o json
	[ "$of_interface" = "$(jq -c '[.interface, .interface6]' <"$WORK/stdout")" ]
}

# out_count PATTERN NUMBER: so many lines of standard output match.
out_count() {
	[ "$(grep -c -- "$1" <<<"$OUT")" = "$2" ]
}

# pods_add HOST COUNT: veth pairs as a container runtime makes them, some with an address; every
# seventh name holds `eth1`.
pods_add() {
	local host=$1 i name

	for ((i = 1; i <= $2; i++)); do
		name=$(printf 'vetha%07x' $((i * 40503)))
		[ $((i % 7)) != 0 ] || name=veth1${name#vetha}
		ip -n "$host" link add "$name" type veth peer name "peer$i"
		ip -n "$host" link set "$name" up
		[ $((i % 2)) = 0 ] || addresses_add "$host" "$name" "169.254.$i.1/32"
	done
}

namespace_add vm
host_link_add vm eth0 10.0.0.11/24
namespace_add metal
host_link_add metal eth0 203.0.113.12/24
host_link_add metal eth1 10.0.0.12/24 fd00::12/64
namespace_add bonded
host_link_add bonded eth0 203.0.113.13/24
pods_add metal 50
ip -n metal link add veth17f90f70 type veth peer name peer0
ip -n metal link set veth17f90f70 up
addresses_add metal veth17f90f70 10.9.0.1/24
# Where there is no bonding, the card bears the name: only names and addresses matter here.
if ip -n bonded link add bond1 type bond mode active-backup 2>/dev/null; then
	ip link add portb type veth peer name eth1 netns bonded
	ip link set portb master wire up
	ip -n bonded link set eth1 master bond1
	ip -n bonded link set bond1 up
	addresses_add bonded bond1 10.0.0.13/24
else
	host_link_add bonded bond1 10.0.0.13/24
fi

conf_write ''
check 'without any rule: eth0 of a machine that has no other' takes vm eth0
check 'without any rule: the private eth1 of metal, not the public eth0' takes metal eth1
check 'without any rule: bond1' takes bonded bond1
check 'it is the interface of a pass' same_as_a_pass metal

interface metal
check 'every link is listed with its addresses' all_of \
	'out_line "lo *127.0.0.1/8*is the loopback"' \
	'out_line "eth0 *203.0.113.12/24*IPv4: is virtual and not named *"' \
	'out_line "eth1 *10.0.0.12/24 *fd00::12/64*is taken"' \
	'out_count "^veth" 51'
check 'IPv6 has its own line' out_line 'IPv6 eth1 index * address fd00::12'

conf_write "interface: {regex: ['eth1|bond1']}"
check 'eth1|bond1 takes eth1 among fifty veths' takes metal eth1
check 'eth1|bond1 takes bond1' takes bonded bond1
interface metal
check 'it says that an unanchored match would have taken veth17f90f70' all_of \
	'out_line "veth17f90f70 *unanchored, eth1|bond1 would have matched it"' \
	'out_line "interface.regex matches whole names; a search would have found veth* and 7 more"'
interface metal -o json
check 'and tells programs so' all_of \
	'json ".links[] | select(.name == \"veth17f90f70\") | .unanchored == \"eth1|bond1\" and .verdict != \"taken\""' \
	'json "[.links[] | select(.unanchored != null).name] | length == 8 and all(test(\"eth1\"))"'
check 'the fence leaves nothing of a machine with eth0 alone: exit 1' eval \
	'interface vm; exits 1 && out_line "IPv4 none for address 10.0.0.11"'
check 'which says why' all_of 'out_line "eth0 10.0.0.11/24*is not matched whole by interface.regex"' \
	'said "*no interface for this node*10.0.0.11"'
interface vm -o json
check 'and shows programs null' json '.interface == null and (.links | length) == 2'

conf_write 'interface: {name: [bond1, eth1, eth0]}'
check 'a list of names suits all three: vm' takes vm eth0
check 'a list of names suits all three: metal' takes metal eth1
check 'a list of names suits all three: bonded' takes bonded bond1
conf_write 'interface: {cidr: [203.0.113.0/24]}'
interface metal
check 'a fence around the public network leaves the private card out' all_of 'exits 1' \
	'out_line "eth1 *has no address in interface.cidr*"' 'out_line "IPv6 eth1 *"'
conf_write 'interface: {cidr: [10.0.0.0/8]}'
check 'cidr keeps the private one' takes metal eth1

ip -n metal route add 192.0.2.0/24 via 10.0.0.1
ip -n metal route add 198.51.100.0/24 via 203.0.113.1
conf_write 'interface: {canReach: 192.0.2.9}'
check 'canReach keeps the way that the kernel names' takes metal eth1
conf_write 'interface: {canReach: 198.51.100.9}'
interface metal
check 'canReach leaves out all others' all_of 'exits 1' \
	'out_line "eth1 *is not the way to interface.canReach*"'
conf_write 'interface: {canReach: 10.0.0.12}'
check 'an address of this very host is reached over the card that bears it' takes metal eth1
conf_write "interface: {name: [eth1], regex: ['eth[0-9]'], cidr: [203.0.113.0/24], canReach: 198.51.100.9}"
interface metal
check 'name comes first, then regex, cidr, canReach' all_of \
	'out_line "eth0 *IPv4: is not in interface.name*" || out_line "eth0 *is virtual*"' \
	'out_line "eth1 *IPv4: has no address in interface.cidr*"'

# After a restart the kernel may find the cards in another order.
conf_write "interface: {regex: ['eth1|bond1|eth0']}"
for order in 'eth1 eth0' 'eth0 eth1'; do
	ip netns del metal
	namespace_add metal
	for card in $order; do
		case $card in
		eth0) host_link_add metal eth0 203.0.113.12/24 ;;
		eth1) host_link_add metal eth1 10.0.0.12/24 fd00::12/64 ;;
		esac
	done
	check "the order of the cards is no matter: $order" takes metal eth1
done
conf_write ''
sed -i 's/10\.0\.0\.11/10.0.7.7/' "$CONF"
for order in 'zz1 aa1' 'aa1 zz1'; do
	for card in $order; do
		host_link_add vm "$card" 10.0.7.7/32
	done
	interface vm
	check "of two that hold the address the first by name is taken: $order" all_of 'exits 0' \
		'out_line "IPv4 aa1 index *"' 'out_line "aa1 *is taken"' \
		'out_line "zz1 *also has the address, but aa1 is preferred"'
	ip -n vm link del aa1
	ip -n vm link del zz1
done

# Nothing to choose, nothing to read, nobody in the file.
conf_write 'backend: {type: none}'
echo 'guard: {allowEmpty: true}' >>"$CONF"
interface vm
check 'backend none needs none: exit 0' all_of 'exits 0' 'out_line "backend none needs no interface"'
conf_write 'interface: {regex: ["("]}'
interface vm
check 'an invalid file is exit 3' exits 3
conf_write ''
croute_in vm interface -c "$CONF" --node nobody
check 'the address tells who this is' all_of 'exits 0' 'out_line "node vm"'
ip -n vm addr flush dev eth0
croute_in vm interface -c "$CONF" --node nobody
check 'no entry for this node is exit 3' exits 3
croute_in vm interface -c "$WORK/nowhere"
check 'a missing file is exit 3' exits 3
run in_host metal setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	"$CROUTE" interface -c "$CONF" --node metal
check 'it needs no privilege' all_of 'exits 0' 'out_line "IPv4 eth1 *"'

# The agent waits for its interface, and takes it the moment it is there.
namespace_add late
agent_start late -c "$CONF" --node late
check 'the agent waits for its interface' wait_for log_has 'no interface for this node'
check 'and does not end' agent_alive
host_link_add late eth7 10.0.0.14/24
check 'it takes the interface when it comes' wait_for route late \
	'10.244.2.0/24 via 10.0.0.12 dev eth7 proto 67 *'
check 'so says the command' takes late eth7
agent_stop TERM
check 'it ends well' exits 0

finish
