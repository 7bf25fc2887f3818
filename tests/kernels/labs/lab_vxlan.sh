#!/bin/bash
# lab_vxlan.sh - a tunnel that is right is left alone, by passes and by an agent; one that is not is repaired.
#
# Without IPv6 in the kernel the hosts have IPv4 alone.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/vxlan.sh
. "$(dirname "$0")/../../netns/vxlan.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"
# shellcheck source=quiet.sh
. "$(dirname "$0")/quiet.sh"

ipv6() { [ -e /proc/sys/net/ipv6 ]; }

for n in 1 2; do
	if ipv6; then
		host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64
		pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
		node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
	else
		host_add worker-$n 10.0.0.1$n/24
		pod_add worker-$n 10.244.$n.2/24
		node worker-$n "address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]"
	fi
done
cluster_write 'type: vxlan' "agent: {resync: 10s, statusFile: $STATUS_FILE}"
touch -d '1 hour ago' "$CONF"
M2=$(mac_of worker-2)

reach() {
	pings worker-1-pod 10.244.2.2 && { ! ipv6 || pings worker-1-pod fd10:244:0:2::2; }
}

pass worker-1
check 'a pass makes the device' all_of 'exits 0' 'device worker-1 croute.1 "* vxlan id 1 *"'
pass worker-2
check 'pods reach each other' reach
monitor_start worker-1 ip monitor link address neigh route
check 'the second pass is empty' converged worker-1 worker-2
pass worker-1 --dry-run --exit-code
check 'nothing is pending' exits 0
agent_begin
wait_for ready
before=$(passes)
check 'the agent resyncs' passes_more 2
OUT=$(($(passes) - before))
check 'it makes few passes beside' [ "$OUT" -le 4 ]
monitor_stop worker-1
OUT=$HEARD HEARD=$(grep -E 'croute|proto 67' <<<"$HEARD")
check 'the kernel was sent nothing all the time' heard_count 0

# repaired SENTENCE PATTERN COMMAND...: break it so; the agent brings the device or its rows back.
repaired() {
	local sentence=$1 want=$2

	shift 2
	in_host worker-1 "$@"
	check "$sentence is repaired" within eval "$want"
}
repaired 'the MTU' 'device worker-1 croute.1 "* mtu 1450 *"' ip link set croute.1 mtu 1400
repaired 'the MAC, with what goes with it' 'reach' ip link set croute.1 address 02:00:00:00:00:99
repaired 'learning' 'device worker-1 croute.1 "* nolearning *"' ip link set croute.1 type vxlan learning
repaired 'a lost FDB entry' "fdb worker-1 croute.1 '$M2 10.0.0.12'" \
	bridge fdb del "$M2" dev croute.1 dst 10.0.0.12 self
repaired 'a device that is down' reach ip link set croute.1 down
repaired 'a device that is gone' reach ip link del croute.1
ipv6 && repaired 'addrgenmode' 'device worker-1 croute.1 "* addrgenmode none *"' \
	ip link set croute.1 addrgenmode eui64
agent_stop TERM
check 'a pass after the agent is empty' converged worker-1

croute_in worker-1 flush -c "$CONF"
check 'flush removes device and routes' all_of 'no_device worker-1 croute.1' 'owned worker-1 0'
finish
