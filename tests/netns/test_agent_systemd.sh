#!/bin/bash
# test_agent_systemd.sh - what the service manager is told, and when.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

[ -x /usr/bin/python3 ] || skip_all 'no python3 to be the service manager'
host_add worker-1 10.0.0.1/16

# A manager's ear: each line that comes, behind the number of its datagram and a clock.
manager() {
	start manager /usr/bin/python3 -u -c '
import socket, sys, time
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); ear.bind(sys.argv[1])
for number in range(10000):
    for line in ear.recv(4096).decode().split("\n"):
        print(number, int(time.monotonic() * 1000), line)' "$1"
	wait_for test -S "$1"
}
told() { grep -qE "^[0-9]+ [0-9]+ $1" "$WORK/manager.log"; }
told_count() { grep -cE "^[0-9]+ [0-9]+ $1" "$WORK/manager.log"; }
told_times() { [ "$(told_count "$1")" = "$2" ]; }
fed() { [ "$(told_count WATCHDOG=1)" -ge 3 ]; }
notified() {
	start agent nsenter --net=/run/netns/worker-1 -- env NOTIFY_SOCKET="$WORK/notify" "$@" \
		"$CROUTE" run --node worker-1 -c "$CONF"
}

manager "$WORK/notify"
conf_first '' 1-10
notified
check 'READY=1 comes after the first pass' all_of "within told READY=1" 'owned worker-1 10'
check 'with a status' told 'STATUS=10 of 10 routes in place'
check 'without a watchdog none is fed' not told WATCHDOG
conf_write '' 1-12
check 'a new status is told' within told 'STATUS=12 of 12'
printf 'nodes: [' >"$CONF"
check 'trouble too' within told 'STATUS=not ready: '
conf_write '' 1-12
within ready
kill -HUP "${PID[agent]}"
check 'SIGHUP: RELOADING=1' within told RELOADING=1
check 'with the time that notify-reload asks for' told 'MONOTONIC_USEC=[0-9]+$'
check 'then READY=1 again' within told_times READY=1 2
agent_stop TERM
check 'STOPPING=1 at the end' within told STOPPING=1
kill "${PID[manager]}"
wait "${PID[manager]}" 2>/dev/null
rm "$WORK/notify"

# --- without a file: READY all the same after five seconds, so that an install does not hang
manager "$WORK/notify"
rm "$CONF"
notified WATCHDOG_USEC=400000
check 'the watchdog is fed' within fed
check 'READY=1 comes without a file too' within told READY=1
late() {
	awk 'NR == 1 { first = $2 } $3 == "READY=1" { exit !($2 - first > 2000) }' "$WORK/manager.log"
}
check 'but not at once' late
check 'saying that it is not' told 'STATUS=not ready: '
conf_write '' 1-10
check 'later it is' within told 'STATUS=10 of 10'
check 'READY=1 is told once' told_times READY=1 1
agent_stop TERM
kill "${PID[manager]}"
wait "${PID[manager]}" 2>/dev/null

# --- a manager that is not there, or no socket at all
notified
check 'a manager that went away hurts nobody' all_of 'within ready' agent_alive
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
agent_begin
within ready
agent_stop TERM
check 'without a manager nothing is said of it' [ "$(log_lines '[Nn]otify|NOTIFY')" = 0 ]
finish
