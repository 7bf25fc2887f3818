#!/bin/bash
# test_faults.sh - each system call of reconcile and confirm fails in turn, or kills it: never a false
# 0, never a hang, no stranger's row touched, and the next pass puts all right.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # called by faults
NETNS_TOOLS="ip unshare nsenter ping setpriv jq strace"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=faults.sh
. "$(dirname "$0")/faults.sh"

faults_host
faults_conf 1-6 >"$CONF"
REAL=(--node worker-1 -c "$CONF")

# croute_under WORDS...
croute_under() {
	in_host worker-1 timeout -s ABRT 300 "$@" >/dev/null 2>>"$SAID"
	STATUS=$?
}

# ended_well: with a word of its own, or killed.
ended_well() {
	[[ $STATUS =~ ^(0|1|3|4|64|137)$ ]] || WRONG+=" ended with $STATUS;"
}

healed() {
	in_host worker-1 "$CROUTE" reconcile "${REAL[@]}" >/dev/null 2>>"$SAID" && as_wanted || WRONG+=' not healed;'
}

reconcile_before() { flushed; }
reconcile_run() { croute_under "$@" "$CROUTE" reconcile "${REAL[@]}"; }
reconcile_judge() {
	ended_well
	[ "$STATUS" != 0 ] || as_wanted || WRONG+=' a false 0;'
	healed
}

# waits: a process waits for a confirmation.
waits() {
	in_host worker-1 grep -q '@croute\.' /proc/net/unix
}

# It answers first, then it ends.
no_waiting() { ! waits; }

# at_rest: none waits; what does is told to undo.
at_rest() {
	in_host worker-1 "$CROUTE" confirm --undo >>"$SAID" 2>&1
	wait_for no_waiting || WRONG+=' a process goes on waiting;'
}

trying_before() { flushed; }
trying_run() { croute_under "$@" "$CROUTE" reconcile --confirm 10m "${REAL[@]}"; }
trying_judge() {
	ended_well
	[ "$STATUS" != 0 ] || { as_wanted && waits; } || WRONG+=' a false 0;'
	at_rest
	[ "$STATUS" != 0 ] || [ -z "$(ip -n worker-1 route show proto 67)" ] || WRONG+=' not undone;'
	healed
}

confirm_before() {
	flushed
	in_host worker-1 "$CROUTE" reconcile --confirm 10m "${REAL[@]}" >/dev/null 2>&1
}
confirm_run() { croute_under "$@" "$CROUTE" confirm; }
confirm_judge() {
	ended_well
	[ "$STATUS" != 0 ] || { as_wanted && wait_for no_waiting; } || WRONG+=' a false 0;'
	at_rest
	healed
}

# The waiting process is the one that is traced.
traced() {
	grep -q '^TracerPid:.[1-9]' "/proc/$1/status" 2>/dev/null
}

undo_before() { confirm_before; }
undo_run() {
	local waiting

	waiting=$(pgrep -x croute)
	start tracer "${@/#-D/-q}" -p "$waiting"
	wait_for traced "$waiting"
	croute_under "$CROUTE" confirm --undo
}
undo_judge() {
	ended_well
	[ "$STATUS" != 0 ] || { [ -z "$(ip -n worker-1 route show proto 67)" ] && wait_for no_waiting; } ||
		WRONG+=' a false 0;'
	at_rest
	wait "${PID[tracer]}"
	healed
}

faults reconcile
faults trying
faults confirm
faults undo
finish
