#!/bin/bash
# test_agent_vxlan.sh - what others break of the tunnel, its device and its peers, is mended at once.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
why=$(ip -n worker-1 link add probe type vxlan id 9 dstport 9 2>&1) || skip_all "no vxlan: $why"
ip -n worker-1 link del probe

# entries KIND: permanent neighbours or forwarding entries of the device, counted.
entries() {
	if [ "$1" = neigh ]; then
		ip -n worker-1 neigh show dev croute.1 nud permanent
	else
		in_host worker-1 bridge fdb show dev croute.1 | grep ' dst '
	fi | grep -c .
}

# whole NUMBER: routes, neighbours and forwarding entries of so many peers.
whole() {
	owned worker-1 "$1" && [ "$(entries neigh)" = "$1" ] && [ "$(entries fdb)" = "$1" ]
}

device_is() {
	ip -n worker-1 -d link show croute.1 2>/dev/null | grep -E -- "$1" >/dev/null
}

conf_first 'backend: {type: vxlan}' 1-40
agent_begin
check 'the agent makes the device and its peers' within whole 40
check 'the agent is ready' within ready
NEIGH=$(ip -n worker-1 neigh show dev croute.1 nud permanent | awk 'NR == 1 { print $1 }')
FDB=$(in_host worker-1 bridge fdb show dev croute.1 | awk '/ dst / { print $1; exit }')

ip -n worker-1 neigh del "$NEIGH" dev croute.1
check 'a deleted neighbour is back' within whole 40
in_host worker-1 bridge fdb del "$FDB" dev croute.1
check 'a deleted forwarding entry is back' within whole 40
ip -n worker-1 neigh replace "$NEIGH" lladdr 02:00:00:00:00:99 dev croute.1 nud permanent
neigh_right() { ! ip -n worker-1 neigh show dev croute.1 | grep 02:00:00:00:00:99 >/dev/null; }
check 'a replaced neighbour is put right' within neigh_right
in_host worker-1 bridge fdb replace "$FDB" dev croute.1 dst 10.0.250.1
fdb_right() { ! in_host worker-1 bridge fdb show dev croute.1 | grep 10.0.250.1 >/dev/null; }
check 'a forwarding entry that leads elsewhere is put right' within fdb_right
in_host worker-1 bridge fdb append 02:00:00:00:00:98 dev croute.1 dst 10.0.250.1
check 'a stray forwarding entry is removed' within fdb_right
check 'and all is whole' within whole 40
ip -n worker-1 neigh flush dev croute.1 nud permanent
check 'flushed neighbours are back' within whole 40
in_host worker-1 bridge fdb flush dev croute.1 2>/dev/null ||
	in_host worker-1 bridge fdb show dev croute.1 | awk '/ dst / { print "fdb del", $1, "dev croute.1" }' |
	in_host worker-1 bridge -batch -
check 'flushed forwarding entries are back' within whole 40

ip -n worker-1 link del croute.1
check 'a deleted device is back, with all on it' within whole 40
ip -n worker-1 link set croute.1 down
up() { device_is '<[A-Z,]*UP[,>]'; }
check 'a device set down is up again' within up
check 'with all on it' within whole 40
ip -n worker-1 link set croute.1 mtu 1300
check 'its MTU is mended' within device_is 'mtu 1450'
ip -n worker-1 link set croute.1 address 02:00:00:00:00:97
check 'its MAC is mended' within not device_is 02:00:00:00:00:97
check 'and its neighbours, which go with the MAC' within whole 40
ip -n worker-1 addr flush dev croute.1
address_back() { ip -n worker-1 -4 addr show dev croute.1 | grep '10.99.0.0/32' >/dev/null; }
check 'its address is mended' within address_back
check 'and what goes with the address' within whole 40
ip -n worker-1 link set croute.1 down
ip -n worker-1 link set croute.1 name stray0
ip -n worker-1 link set stray0 up 2>/dev/null # the agent may have been faster
check 'a device that was renamed is made anew' within device_is vxlan
gone() { ! ip -n worker-1 link show stray0; }
check 'and the renamed one, which bears our mark, goes' within gone
check 'with all on it, too' within whole 40

# --- the underlay
ip -n worker-1 link set eth1 down
check 'without its underlay the agent is not ready' within page_says /readyz eth1
ip -n worker-1 link set eth1 up
check 'with it all is whole' within whole 40
ip -n worker-1 link del eth1
wait_for not device_is vxlan
host_link_add worker-1 eth1 10.0.0.1/16
check 'an underlay that comes under another index has its device' within whole 40
check 'and the agent is ready again' within ready

# --- no event is lost among the agent's own, however long its pass takes
conf_write 'backend: {type: vxlan}' 1-2000
check 'two thousand peers' within whole 2000
mapfile -t MACS < <(in_host worker-1 bridge fdb show dev croute.1 | awk '/ dst / { print $1 }')
# Deletions a moment apart: all but the first fall into the pass that mends the one before.
one_by_one() {
	in_host worker-1 "$BASH" -c 'for mac in "$@"; do bridge fdb del "$mac" dev croute.1; done' - "$@"
}
round=0
while [ $((round += 1)) -le 15 ]; do
	one_by_one "${MACS[@]:$((round * 7)):7}" 2>/dev/null
	wait_for whole 2000 || break
done
check 'what is deleted while a pass mends is mended too, fifteen times' [ "$round" = 16 ]
for _ in {1..5}; do
	ip -n worker-1 neigh flush dev croute.1 nud permanent 2>/dev/null
	ip -n worker-1 route flush proto 67
done
check 'flushed five times while the agent mends' within whole 2000

agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
check 'and leaves all' whole 2000
check 'the next pass has nothing to do' empty_second_pass worker-1 "$CONF" --node worker-1
finish
