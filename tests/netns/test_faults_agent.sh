#!/bin/bash
# test_faults_agent.sh - each system call of run fails in turn, or kills it: it goes on, or the next one
# does, and all is as the file says; no stranger's row is touched.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # called by faults
NETNS_TOOLS="ip unshare nsenter ping setpriv jq strace"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=faults.sh
. "$(dirname "$0")/faults.sh"

faults_host
# What no event tells of after a fault, a resync finds.
AGENT_KEYS="resync: 1s, statusFile: $WORK/status.json"

run_write() {
	faults_conf "$1" >"$WORK/etc/.new"
	touch -d '1 hour ago' "$WORK/etc/.new"
	mv "$WORK/etc/.new" "$CONF"
}

run_before() {
	flushed
	run_write 1-6
}

# run_start WORDS...
run_start() {
	start agent nsenter --net=/run/netns/worker-1 -- "$@" "$CROUTE" run --node worker-1 -c "$CONF"
}

# as_wanted_or_ended: what ended is not waited for.
as_wanted_or_ended() {
	process_gone "${PID[agent]}" || as_wanted
}

# A start, a repair, a changed file, a page, the end.
run_run() {
	run_start "$@"
	wait_for as_wanted_or_ended
	in_host worker-1 ip route del "$(pods 3)" 2>/dev/null
	page /metrics >/dev/null
	run_write 1-7
	wait_for as_wanted_or_ended || WRONG+=' not healed;'
	agent_stop TERM
}

# It may end by a signal, for want of memory, or when it cannot wait at all, which no kernel does to
# it: then its supervisor starts the next one.
run_judge() {
	case $STATUS in
	0 | 137) ;;
	*) [[ ${AT_CALL[*]-} = *ENOMEM* ]] || log_has 'the event loop failed' || WRONG+=" ended with $STATUS;" ;;
	esac
	[ "$STATUS" != 0 ] || as_wanted || WRONG+=' a false 0;'
	[ "$STATUS" != 0 ] || return
	run_start
	wait_for as_wanted || WRONG+=' the next one did not heal it;'
	agent_stop TERM
}

faults run
finish
