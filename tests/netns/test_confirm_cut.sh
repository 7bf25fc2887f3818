#!/bin/bash
# test_confirm_cut.sh - whatever cuts off a pass or the session that typed it, it is undone.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # check evaluates conditions, and calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

PEERS=10000
host_add worker-1 10.0.0.1/16

# peers NUMBER OFFSET: so many beside this node; OFFSET moves the gateways.
peers() {
	{
		printf 'version: 1\npodNetwork: [10.128.0.0/9]\nnodes:\n'
		printf '  - {name: worker-1, address: 10.0.0.1, podCIDRs: [10.255.255.0/24]}\n'
		awk -v count="$1" -v offset="$2" 'BEGIN {
			for (i = 0; i < count; i++) {
				address = i + offset
				printf "  - {name: n%d, address: 10.0.%d.%d, podCIDRs: [10.%d.%d.0/24]}\n", i,
					64 + int(address / 250), 1 + address % 250, 128 + int(i / 256), i % 256
			}
		}'
	} >"$WORK/new"
	mv "$WORK/new" "$CONF"
}

# apply TIME: in the background, as PID[pass].
apply() {
	start pass nsenter --net=/run/netns/worker-1 -- "${AT_CALL[@]}" "$CROUTE" reconcile --node worker-1 \
		-c "$CONF" --allow-delete --confirm "$1"
}

# strike SIGNAL PATTERN: a pass is hit in its midst, and the record of what was undone then is like
# that. It writes 128 changes at a time, after some reading.
strike() {
	rm -f "$RECORD"
	at_call sendto "signal=$1:when=40"
	apply 1s
	wait_for record '*undone, *'
	wait "${PID[pass]}" 2>/dev/null
	undone worker-1 && record "$2" && return
	OUT=$(cat "$RECORD")
	return 1
}

peers $PEERS 0
pass worker-1
check "$PEERS peers stand" all_of 'exits 0' "owned worker-1 $PEERS"
# All gateways change, and half of the peers go: replaced, and deleted.
peers $((PEERS / 2)) 12500
before worker-1

if strace_works; then
	check 'a pass that SIGKILL hits in its midst is undone' \
		strike KILL '*undone, the pass was cut off: [1-9]* routes changed back*'
	check 'a pass that does not end, stopped by SIGSTOP, is ended and undone' \
		strike STOP '*undone, the pass did not end: [1-9]* routes changed back*'
else
	skip 'a pass that is hit in its midst is undone' 'no strace, or it may not trace'
fi

AT_CALL=()
apply 1s
wait_for grep -q 'Confirm within 1s' "$WORK/pass.log"
check 'a whole pass is undone when its time is over' undone worker-1

# --- sessions -------------------------------------------------------------------------------------

peers 3 0
pass worker-1 --allow-delete
peers 4 10000
before worker-1

# session COMMAND: in a shell of a terminal of its own, which then waits for more.
session() {
	start session setsid nsenter --net=/run/netns/worker-1 -- sh -c \
		'exec script -qfec "$1" /dev/null <&3' - "$1; echo typed; cat" 3<&"$NEVER"
	wait_for grep -q typed "$WORK/session.log"
}

test_session() {
	session "$CROUTE reconcile --node worker-1 -c $CONF --confirm 1s"
	check 'a terminal sees what is to be done' grep -q 'Confirm within 1s' "$WORK/session.log"
	kill -KILL "${PID[session]}"
	wait "${PID[session]}" 2>/dev/null
	check 'it is undone when the terminal is gone' undone worker-1

	session "$CROUTE reconcile --node worker-1 -c $CONF --confirm 1s"
	check 'it is undone when the terminal is there' undone worker-1
	check 'and the terminal is told' wait_for grep -q 'undone, not confirmed in time: ' \
		"$WORK/session.log"
	kill -KILL "${PID[session]}"
	wait "${PID[session]}" 2>/dev/null

	session "$CROUTE reconcile --node worker-1 -c $CONF --confirm 1h"
	kill -KILL "${PID[session]}"
	wait "${PID[session]}" 2>/dev/null
	confirm worker-1
	check 'a new session can confirm what the lost one applied' all_of 'exits 0' \
		"out_line '*confirmed: *'" 'wait_for free worker-1' 'not as_before worker-1'
	peers 3 0
	pass worker-1 --allow-delete
	peers 4 10000
}

if command -v script >/dev/null; then
	test_session
else
	skip 'it is undone when the terminal is gone' 'no command script'
fi

# A group of processes that is hung up, interrupted and quit, as a shell or a terminal does.
start group setsid nsenter --net=/run/netns/worker-1 -- sh -c \
	"$CROUTE reconcile --node worker-1 -c $CONF --confirm 1s; echo typed; cat <&3" 3<&"$NEVER"
wait_for grep -q typed "$WORK/group.log"
for signal in HUP INT QUIT PIPE; do
	kill "-$signal" -- "-${PID[group]}"
done
kill -KILL -- "-${PID[group]}"
wait "${PID[group]}" 2>/dev/null
check 'signals to the whole group do not stop the undoing' undone worker-1

# A reader of its output is not kept waiting: $( ) ends with the pass.
TEXT=$(in_host worker-1 "$CROUTE" reconcile --node worker-1 -c "$CONF" --confirm 60s 2>&1)
check 'who reads its output does not wait for the waiting process' all_of \
	'[[ $TEXT == *"Confirm within 60s"* ]]' 'not free worker-1'
confirm worker-1 --undo
check 'and it is undone at a word' all_of 'exits 0' 'undone worker-1'

finish
