#!/bin/bash
# test_agent_events.sh - what others break is mended when the kernel tells of it, and at once.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
conf_first '' 1-60
agent_begin
check 'the agent applies the file' within owned worker-1 60

# --- one route after another, timed by the kernel's own messages
start stamps nsenter --net=/run/netns/worker-1 -- stdbuf -oL ip -ts -4 monitor route
stamps_listen() {
	MARKS=$((MARKS + 1))
	ip -n worker-1 route add unreachable 192.0.2.1 table 9999 metric "$MARKS"
	grep -q '192\.0\.2\.1' "$WORK/stamps.log"
}
wait_for stamps_listen
for n in {1..50}; do
	ip -n worker-1 route del "$(pods "$n")" proto 67
	wait_for via_peer "$n"
done
check 'fifty deleted routes are back, one after another' within owned worker-1 60
kill "${PID[stamps]}"
wait "${PID[stamps]}" 2>/dev/null

# Not the slowest: that is the machine's, when others are at work on it.
# delays: how long each route was away, in milliseconds, sorted.
delays() {
	awk '{ split(substr($1, 2), at, "[T:]]*"); now = at[2] * 3600 + at[3] * 60 + at[4] }
		$2 == "Deleted" { gone[$3] = now; next }
		$2 in gone { print (now - gone[$2] + 86400) % 86400 * 1000; delete gone[$2] }' \
		"$WORK/stamps.log" | sort -n
}
OUT=$(delays)
FIFTH=$(sed -n 10p <<<"$OUT")
printf '# a deleted route is away for %s ms median, %s ms at most\n' "$(sed -n 25p <<<"$OUT")" "$(tail -1 <<<"$OUT")"
few_ms() {
	[ "$(wc -l <<<"$OUT")" -ge 50 ] && awk "BEGIN { exit !($FIFTH < 100) }"
}
check 'a fifth of them within 100 ms' few_ms

# --- more at once
ip -n worker-1 route flush proto 67
check 'all routes flushed are back' within owned worker-1 60
ip -n worker-1 route flush dev eth1 proto 67
check 'all routes of the link flushed are back' within owned worker-1 60

# --- somebody replaces
M=$(metric_of "$(pods 7)")
ip -n worker-1 route replace "$(pods 7)" via 10.0.9.9 metric "$M" proto static
check 'a foreign replace of our route is noticed' within page_says /readyz "$(pods 7)"
check 'and is left alone: it is a conflict now' route worker-1 "$(pods 7) via 10.0.9.9 *proto static *"
check 'which is counted' within metric_is 'croute_routes{state="conflict"}' 1
ip -n worker-1 route del "$(pods 7)" proto static
check 'with it gone, ours is back' within via_peer 7
check 'and nothing is in conflict' within metric_is 'croute_routes{state="conflict"}' 0
ip -n worker-1 route replace "$(pods 8)" via 10.0.9.9 metric "$(metric_of "$(pods 8)")" proto 67
check 'a replace under our own protocol is put right' within via_peer 8
ip -n worker-1 route add 10.98.0.0/24 via 10.0.9.9 proto 67 metric 7
check 'a stray route of our protocol is removed' within owned worker-1 60

# --- the link
ip -n worker-1 link set eth1 down
check 'a link that goes down takes its routes silently' within owned worker-1 0
check 'the agent is not ready then' within page_says /readyz 'eth1'
ip -n worker-1 link set eth1 up
check 'they are back with the link' within owned worker-1 60
check 'and the agent is ready' within ready
ip -n worker-1 link set eth1 down
ip -n worker-1 link set eth1 up
check 'a link that is down for a moment loses nothing' within owned worker-1 60
before=$(switches)
ip link set port1 down
wait_for sh -c "ip -n worker-1 link show eth1 | grep LOWER_UP >/dev/null && exit 1; exit 0"
check 'a lost carrier changes nothing' owned worker-1 60
ip link set port1 up
wait_for sh -c "ip -n worker-1 link show eth1 | grep LOWER_UP >/dev/null"
ip -n worker-1 route del "$(pods 9)" proto 67
check 'and the agent is at work after it' within via_peer 9
OUT=$(($(switches) - before))
check 'the carrier woke it a few times at most' [ "$OUT" -lt 40 ]

ip -n worker-1 link set eth1 down
ip -n worker-1 link set eth1 name lan0
ip -n worker-1 link set lan0 up
check 'a renamed link is followed' within via_peer 60 lan0
check 'with all routes' within owned worker-1 60
: >"$WORK/agent.log"
ip -n worker-1 link del lan0
check 'a deleted link is told' within log_has 'waiting for it'
host_link_add worker-1 eth1 10.0.0.1/16
check 'the link made again under another index is taken' within owned worker-1 60
check 'and named so' via_peer 1 eth1

# --- the address
ip -n worker-1 addr del 10.0.0.1/16 dev eth1
check 'a lost address takes the routes' within owned worker-1 0
ip -n worker-1 addr add 10.0.0.1/16 dev eth1
check 'with the address they are back' within owned worker-1 60
ip -n worker-1 addr del 10.0.0.1/16 dev eth1
host_link_add worker-1 eth2
ip -n worker-1 addr add 10.0.0.1/16 dev eth2
check 'an address that moved takes the routes along' within via_peer 30 eth2
check 'all of them' within owned worker-1 60

agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
check 'and leaves all routes' owned worker-1 60
check 'the next pass has nothing to do' empty_second_pass worker-1 "$CONF" --node worker-1
finish
