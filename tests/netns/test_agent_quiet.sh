#!/bin/bash
# test_agent_quiet.sh - the agent sleeps through what does not concern it, and through its own deeds.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

host_add worker-1 10.0.0.1/16
conf_first '' 1-100
agent_begin
check 'the agent applies the file' within owned worker-1 100
wait_for ready

# --- nothing happens
# A minute where CI has the time: under strace, that there is no system call at all.
QUIET_SECONDS=10
[ "${CI:-}" != true ] || [[ $CROUTE == */san/* ]] || QUIET_SECONDS=60
# settle PREDICATE COMMAND: `before` is what the command counts, when that has not changed for a second.
settle() {
	until before=$("$2") && (WAIT_SECONDS=1 && ! wait_for "$1"); do :; done
}
woken() { [ "$(switches)" != "$before" ]; }
slept_through() { (WAIT_SECONDS=$QUIET_SECONDS && ! wait_for woken); }
settle woken switches
check "$QUIET_SECONDS s without an event are slept through" slept_through

calls() { wc -l <"$WORK/strace.out"; }
called() { [ "$(calls)" != "$before" ]; }
no_calls() { (WAIT_SECONDS=$QUIET_SECONDS && ! wait_for called); }
traced() {
	ip -n worker-1 route del "$(pods 5)" proto 67
	within via_peer 5 && [ "$(calls)" -gt 5 ]
}
if strace_works; then
	start strace strace -f -p "${PID[agent]}" -o "$WORK/strace.out"
	wait_for grep -q attached "$WORK/strace.log"
	check 'strace sees how a lost route is put back' traced
	settle called calls
	check "strace sees no system call in $QUIET_SECONDS s" no_calls
	check 'and another repair thereafter' traced
	kill "${PID[strace]}"
	wait "${PID[strace]}" 2>/dev/null
else
	printf 'skip - %s: no strace, or it may not trace\n' "$TEST_NAME"
fi

# --- much happens that does not concern it
# slept PEER NAME: since quiet_begin nothing but the one pass that a lost route of ours asks for.
quiet_begin() {
	wait_for ready
	looks=$(passes)
	before=$(switches)
	cpu=$(cpu_ms)
}
mended() {
	ip -n worker-1 route del "$(pods "$1")" proto 67
	within via_peer "$1"
}
slept() {
	mended "$1" || return
	woke=$(($(switches) - before))
	OUT="passes: $(($(passes) - looks)), woken: $woke, CPU: $(($(cpu_ms) - cpu)) ms"
	printf '# %s: %s\n' "$2" "$OUT"
	[ $(($(passes) - looks)) = 1 ] && [ "$woke" -lt 25 ]
}

quiet_begin
# Of a hundred neighbours: all namespaces share the kernel's room for them.
for n in {100..1099}; do
	echo "neigh replace 10.0.200.$((n % 100 + 1)) lladdr 02:00:00:00:00:$((n / 100 + 10)) dev eth1 nud reachable"
done >"$WORK/arp"
ip -n worker-1 -force -batch "$WORK/arp" 2>/dev/null
ip -n worker-1 neigh flush dev eth1
check 'a thousand ARP changes wake nobody' slept 1 ARP

quiet_begin
for n in {1..100}; do
	printf 'link add pod%s type veth peer name peer%s\n' "$n" "$n"
	printf 'link set pod%s up\naddr add 169.254.%s.1/32 dev pod%s\n' "$n" "$n" "$n"
done >"$WORK/veth"
ip -n worker-1 -batch "$WORK/veth"
check 'a hundred new veth pairs wake nobody' slept 2 veth

quiet_begin
for action in add replace del; do
	awk -v action="$action" 'BEGIN { for (i = 0; i < 10000; i++)
		print "route", action, "172." 16 + int(i / 65536) "." int(i / 256) % 256 "." i % 256 \
			"/32 via 10.0.9.9 metric 100 proto static" }'
done >"$WORK/routes"
ip -n worker-1 -batch "$WORK/routes"
check 'ten thousand foreign routes that come, change and go wake nobody' slept 3 routes

[ -z "${SHORT-}" ] || { agent_stop TERM && finish; } # in a guest, that is enough

# A million of them cost less than a second (SPEC 10); a fifth of that here, for the suite's sake.
quiet_begin
for action in add del; do
	awk -v action="$action" 'BEGIN { for (i = 0; i < 100000; i++)
		print "route", action, "172." 16 + int(i / 65536) "." int(i / 256) % 256 "." i % 256 \
			"/32 dev eth1 metric 100 proto bird" }'
done >"$WORK/routes"
ip -n worker-1 -batch "$WORK/routes"
check '200,000 foreign changes wake nobody' slept 4 '200,000 changes'
cheap() { [ $(($(cpu_ms) - cpu)) -lt 200 ]; }
check 'and cost less than 200 ms of its CPU' cheap

# --- its own writes
quiet_begin
conf_write '' 1-5000
check 'five thousand peers' within owned worker-1 5000
mended 5
looked() { [ $(($(passes) - looks)) -le "$1" ]; }
OUT=$(passes)
check 'its own five thousand writes wake it not once' looked 2
quiet_begin
conf_write 'source: {serial: 1}' 1-5000
check 'a new serial is told' check 'a new serial is told' within metric_is croute_config_serial 1
check 'a file that differs only in its source causes no pass' looked 0
conf_write 'guard: {maxDelete: 100%}' 1-5000

# --- more events than the socket takes
awk 'BEGIN { for (i = 0; i < 5000; i++)
	print "route add 172.16." int(i / 256) "." i % 256 "/32 dev eth1 metric 7 proto 67" }' >"$WORK/own"
kill -STOP "${PID[agent]}"
ip -n worker-1 -batch "$WORK/own"
ip -n worker-1 route del "$(pods 6)" proto 67
kill -CONT "${PID[agent]}"
check 'after an overrun the strays are removed' within owned worker-1 5000
check 'and what was lost is back' within via_peer 6
overrun() { [ "$(metric croute_netlink_overruns_total)" -ge 1 ]; }
check 'the overrun is counted' overrun

agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
finish
