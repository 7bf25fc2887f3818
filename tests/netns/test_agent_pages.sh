#!/bin/bash
# test_agent_pages.sh - pages under attack cost no repair its turn and the agent no memory; none of it
# depends on how fast this machine is. tests/bench/pages.py prints the figures.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS="ip unshare nsenter ping setpriv jq python3"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

REPAIRS='croute_drift_repairs_total{kind="route"}'
CONNECTIONS=64 # HTTP_CONNECTIONS

host_add worker-1 10.0.0.1/16
conf_first '' 1-300
agent_begin
within ready

stopped() {
	grep -q '^State:.T' "/proc/${PID[agent]}/status"
}

# answers_tell VALUE REQUESTS: of so many scrapes that wait for the agent when a route is deleted,
# each answer says that it has been repaired.
# shellcheck disable=SC2016 # for the inner shell
answers_tell() {
	kill -STOP "${PID[agent]}"
	wait_for stopped
	OUT=$(in_host worker-1 timeout 60 "$BASH" -c '
		for ((i = 0; i < $2; i++)); do
			exec {fd}<>/dev/tcp/127.0.0.1/9667
			printf "GET /metrics HTTP/1.1\r\n\r\n" >&"$fd"
			fds+=("$fd")
		done
		ip route del "$3"
		kill -CONT "$4"
		for fd in "${fds[@]}"; do grep -F "$1" <&"$fd"; done' - "$REPAIRS" "$2" "$(pods 7)" "${PID[agent]}")
	[ "$(grep -cx "$REPAIRS $1" <<<"$OUT")" = "$2" ]
}

# attacked COUNT HOW...: each with so many connections; they go on.
attacked() {
	local how count=$1

	for how in "${@:2}"; do
		start "$how" in_host worker-1 python3 "$ROOT/tests/bench/attack.py" "$how" "$count"
		wait_for grep -q begun "$WORK/$how.log" || return 1
	done
}

peace() {
	local how

	for how in "$@"; do
		kill -KILL "${PID[$how]}"
		wait "${PID[$how]}" 2>/dev/null
	done
}

# peak: the most memory it has had, KiB.
peak() { awk '/^VmHWM/ { print $2 }' "/proc/${PID[agent]}/status"; }

descriptors() { find "/proc/${PID[agent]}/fd" -mindepth 1 | wc -l; }

repaired() {
	in_host worker-1 ip route del "$(pods "$1")" && within via_peer "$1"
}

within metric_is "$REPAIRS" 0
check 'of 40 scrapes that wait when a route goes, each is answered after its repair' answers_tell 1 40
check 'and again' answers_tell 2 40

before=$(peak) open=$(descriptors)
check 'it is attacked by requests that never end, a flood and oddities' attacked 600 slow flood odd
for peer in 3 4 5 6; do
	check "the route to peer $peer is repaired meanwhile" repaired "$peer"
done
check 'its connections are bounded' [ "$(descriptors)" -le $((open + CONNECTIONS + 3)) ]
# As many requests and answers as may be at once, and what the allocator loses between them.
most=$((before + CONNECTIONS * (8 + 64) + 1024)) # KiB
if [[ $CROUTE = */san/* ]]; then
	skip 'its memory is bounded' 'the sanitizers keep what was freed'
else
	check 'its memory is bounded' [ "$(peak)" -le "$most" ]
fi
peace slow flood odd
check 'and then it answers as before' within ready
agent_stop TERM
check 'SIGTERM ends it' exits 0
finish
