#!/bin/bash
# test_agent_random.sh - a thousand random events, after which the kernel is as the file says.
#
# SEED=N EVENTS=N repeat a run. What happened stands in the log of events, shown when it ends badly.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

SEED=${SEED:-$RANDOM}
EVENTS=${EVENTS:-1000}
RANDOM=$SEED
printf '# seed %s, %s events\n' "$SEED" "$EVENTS"

host_add worker-1 10.0.0.1/16
ip -n worker-1 link add other type bridge
ip -n worker-1 link set other up
for n in {1..20}; do
	ip -n worker-1 route add "172.16.$n.0/24" dev other metric $((67000 + n)) proto static
done
host() { ip -n worker-1 "$@" 2>/dev/null; }
foreign() { host route show proto static | grep '^172\.16\.'; }
STRANGERS=$(foreign)
same_strangers() { [ -n "$STRANGERS" ] && [ "$(foreign)" = "$STRANGERS" ]; }
VXLAN=yes
ip -n worker-1 link add probe type vxlan id 9 dstport 9 2>/dev/null || VXLAN=
[ -z "$VXLAN" ] || ip -n worker-1 link del probe

any_pods() { pods $((RANDOM % 40 + 1)); }

# file_write: any of the files that an operator might write.
file_write() {
	local backend=host-gw from=$((RANDOM % 10 + 1))

	[ -z "$VXLAN" ] || [ $((RANDOM % 2)) = 0 ] || backend=vxlan
	[ $backend = host-gw ] || [ $((RANDOM % 3)) != 0 ] || backend='vxlan, vxlan: {directRouting: true}'
	conf_write "guard: {maxDelete: 100%}
backend: {type: $backend}" "$from-$((from + RANDOM % 30))"
}

mend_link() {
	host link show eth1 >/dev/null || host_link_add worker-1 eth1
	host addr add 10.0.0.1/16 dev eth1
	host link set eth1 up
}

begin_again() {
	kill -KILL "${PID[agent]}"
	wait "${PID[agent]}" 2>/dev/null
	touch -d '1 hour ago' "$CONF" 2>/dev/null
	agent_begin
}

# One that was started just now has not said yet what SIGHUP is to mean: it would end by it.
hears_hangup() {
	local caught

	caught=$(awk '$1 == "SigCgt:" { print $2 }' "/proc/${PID[agent]}/status")
	((0x${caught:-0} & 1))
}

# event: one of them, any.
event() {
	local metric prefix

	prefix=$(any_pods)
	metric=$(metric_of "$prefix")
	echo "$1 $prefix" >>"$WORK/events.log"
	case $1 in
	[0-9] | 1[0-9]) host route del "$prefix" proto 67 ;;
	2[0-4]) host route flush proto 67 ;;
	2[5-9]) host route replace "$prefix" via 10.0.9.9 metric "$metric" proto static ;;
	3[0-4]) host route del "$prefix" metric "$metric" proto static ;;
	3[5-9]) host route replace "$prefix" via 10.0.9.8 metric "$metric" proto 67 ;;
	4[0-2]) host route append "$prefix" via 10.0.9.7 metric "$metric" proto 67 ;;
	4[3-4]) host route add "172.17.$((RANDOM % 99)).0/24" dev other proto 67 ;;
	4[5-7]) host link set eth1 down ;;
	4[8-9] | 5[0-4]) mend_link ;;
	5[5-6]) host link del eth1 ;;
	5[7-8]) host addr flush dev eth1 ;;
	59) host link set eth1 down && host link set eth1 up ;;
	6[0-9]) file_write ;;
	7[0-1]) rm -f "$CONF" ;;
	72) printf 'nodes: [' >"$CONF" ;;
	73) rm -rf "${WORK:?}/etc" && mkdir "$WORK/etc" ;;
	7[4-5]) wait_for hears_hangup && kill -HUP "${PID[agent]}" ;;
	76) begin_again ;;
	7[7-9]) host link del croute.1 ;;
	8[0-2]) host link set croute.1 down ;;
	8[3-5]) host neigh flush dev croute.1 nud permanent ;;
	8[6-8]) host link set croute.1 address 02:00:00:00:00:77 ;;
	89 | 9[0-2]) host addr flush dev croute.1 ;;
	93) host link set croute.1 alias nobody ;;
	9[4-6]) host link set croute.1 mtu 1200 ;;
	*) in_host worker-1 bridge fdb append 02:00:00:00:00:66 dev croute.1 dst 10.0.9.9 2>/dev/null ;;
	esac
	return 0
}

file_write
touch -d '1 hour ago' "$CONF"
agent_begin
within ready
for ((n = 0; n < EVENTS; n++)); do
	event $((RANDOM % 100))
	agent_alive || break
	# Mostly one upon the other; now and then the agent has the time to end a pass.
	[ $((RANDOM % 10)) != 0 ] || pause
done
check 'the agent lives' agent_alive

# The world is whole again: the link is there, strangers are gone from our keys, the file is good.
mend_link
for n in {1..40}; do
	host route del "$(pods "$n")" proto static
done
# A device that somebody unmarked is a stranger's, and in the way until it is gone.
host -d link show croute.1 | grep 'alias nobody' >/dev/null && host link del croute.1
file_write
quiet() { ready && settled; }
check 'the kernel is as the file says' within quiet
[ "$FAILED" = 0 ] || tail -50 "$WORK/events.log"
check 'strangers'\'' routes are where they were' same_strangers
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
check 'and another pass finds nothing to do' empty_second_pass worker-1 "$CONF" --node worker-1
finish
