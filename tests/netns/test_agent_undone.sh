#!/bin/bash
# test_agent_undone.sh - a program that undoes the tunnel in a loop costs the agent little, and is named.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
why=$(ip -n worker-1 link add probe type vxlan id 9 dstport 9 2>&1) || skip_all "no vxlan: $why"
ip -n worker-1 link del probe

AGENT_KEYS="$AGENT_KEYS, subnetEnv: $WORK/subnet.env"
conf_first 'backend: {type: vxlan}
podNetwork: [10.0.0.0/8]' 1-10
agent_begin
check 'the agent makes the device and its peers' within owned worker-1 10
check 'and is ready' within ready
NEIGH=$(ip -n worker-1 neigh show dev croute.1 nud permanent | awk 'NR == 1 { print $1 }')
FDB=$(in_host worker-1 bridge fdb show dev croute.1 | awk '/ dst / { print $1; exit }')
MAC=$(ip -n worker-1 -br link show croute.1 | awk '{ print $3 }')

# undone SENTENCE NAMED COMMAND MOST [KIND]: COMMAND in a loop; the log names it as NAMED, the status as KIND,
# and no more than MOST passes are made in two seconds of it. (Some of these commands tell an event each
# time, which is a thousand a second, and some only when they change something.)
undone() {
	local sentence=$1 named=$2 command=$3 most=$4 before made

	start other nsenter --net=/run/netns/worker-1 -- "$BASH" -c "while :; do $command; done" 2>/dev/null
	WAIT_SECONDS=300 check "$sentence: the log names it" within log_has "$named"
	check "$sentence: so does the status" within status_has "any(.problems[]; .kind == \"${5:-fight}\")"
	before=$(passes)
	WAIT_SECONDS=2 not wait_for false
	made=$(($(passes) - before))
	check "$sentence: $made passes in 2 s are few" [ "$made" -le "$most" ]
	check "$sentence: the agent stays ready" ready
	kill "${PID[other]}"
	wait "${PID[other]}" 2>/dev/null
}
right() {
	ip -n worker-1 -d link show croute.1 | tr '\n' ' ' | grep -E "mtu 1450 .*$MAC .*addrgenmode none" >/dev/null &&
		ip -n worker-1 addr show dev croute.1 | grep 'inet 10.99.0.0/32' >/dev/null && owned worker-1 10
}

undone 'an MTU' 'set mtu 1450 on croute.1 for the 5th time; the kernel or another program undoes it; backing off, up to 30 s between repairs' \
	'ip link set croute.1 mtu 1300' 12
undone 'an addrgenmode' 'set addrgenmode none on croute.1 for the 5th time' \
	'ip link set croute.1 addrgenmode eui64' 200
undone 'a MAC' "set mac $MAC on croute.1 for the 5th time" \
	'ip link set croute.1 address 02:00:00:00:00:99' 300
undone 'an address' 'set address 10.99.0.0/32 on croute.1 for the 5th time' \
	'ip addr add 10.66.0.1/32 dev croute.1 2>/dev/null' 12
undone 'a forwarding entry' "another program keeps undoing this: " \
	"bridge fdb replace $FDB dev croute.1 dst 10.0.250.1" 60
undone 'a neighbour' "another program keeps undoing this: " \
	"ip neigh replace $NEIGH lladdr 02:00:00:00:00:99 dev croute.1 nud permanent" 60
undone 'a file' 'subnet.env: written for the 5th time; another program undoes it; backing off' \
	"echo >$WORK/subnet.env; ip link set croute.1 addrgenmode none" 200 cni
WAIT_SECONDS=35
check 'when all that ends, everything is right again' within right
check 'the file, too' within grep -q FLANNEL_MTU "$WORK/subnet.env"
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
finish
