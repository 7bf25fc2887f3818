#!/bin/bash
# checks.sh - what tests in namespaces promise, and how they look at the kernel; part of lib.sh.
# SPDX-License-Identifier: MIT

# --- what the kernel says of itself ---------------------------------------------------------------
#
# Between monitor_start and monitor_stop every route message of a host is kept. Marks, routes in a
# table of their own, tell that the monitor listens and that it has heard everything before them.

MARKS=0
mark() {
	MARKS=$((MARKS + 1))
	ip -n "$1" route add unreachable 192.0.2.1 table 9999 metric "$MARKS" proto 250
	wait_for grep -q "192.0.2.1 .*metric $MARKS\b" "$WORK/monitor.log"
}

mark_heard() {
	MARKS=$((MARKS + 1))
	ip -n "$1" route add unreachable 192.0.2.1 table 9999 metric "$MARKS" proto 250
	grep -q '192.0.2.1 ' "$WORK/monitor.log"
}

# monitor_start HOST [COMMAND...]: IPv4 routes alone, or what the command tells of routes too.
monitor_start() {
	local host=$1

	shift
	[ $# -gt 0 ] || set -- ip -4 monitor route
	start monitor nsenter --net="/run/netns/$host" -- stdbuf -oL "$@"
	wait_for mark_heard "$host" && mark "$host"
}

# monitor_stop HOST: HEARD holds the messages, marks left out.
monitor_stop() {
	mark "$1"
	kill "${PID[monitor]}"
	wait "${PID[monitor]}" 2>/dev/null
	HEARD=$(grep -v '192\.0\.2\.1 ' "$WORK/monitor.log")
	ip -n "$1" route flush table 9999
}

# --- checks ---------------------------------------------------------------------------------------

PASSED=0
FAILED=0
STATUS=0 OUT='' ERR='' LAST='' HEARD=''

# check SENTENCE PREDICATE...: one promise; what was run last is shown when it is broken.
check() {
	local sentence=$1

	shift
	if "$@"; then
		PASSED=$((PASSED + 1))
		printf 'ok - %s: %s\n' "$TEST_NAME" "$sentence"
		return
	fi
	FAILED=$((FAILED + 1))
	printf 'not ok - %s: %s\n' "$TEST_NAME" "$sentence"
	{
		printf 'expected: %s\n' "$*"
		printf 'last ran: %s\nexit %s, stdout:\n%s\nstderr:\n%s\n' "$LAST" "$STATUS" "$OUT" "$ERR"
	} | head -60 | sed 's/^/    # /'
}

# skip SENTENCE REASON: one promise that cannot be tested here.
skip() {
	printf 'skip - %s: %s: %s\n' "$TEST_NAME" "$1" "$2"
}

# finish: the last line of a test.
finish() {
	printf '# %s: %d ok, %d not ok, %d s\n' "$TEST_NAME" "$PASSED" "$FAILED" "$SECONDS"
	exit $((FAILED > 0))
}

exits() {
	[ "$STATUS" = "$1" ]
}

# crashed: a signal or a sanitizer's verdict ended it.
crashed() {
	[ "$STATUS" -ge 128 ] || [[ $ERR == *Sanitizer* || $ERR == *'runtime error'* ]]
}

not() {
	! "$@"
}

all_of() {
	local condition

	for condition in "$@"; do
		eval "$condition" || return 1
	done
}

# line_of TEXT PATTERN: whether a line of TEXT, runs of blanks taken as one, matches the glob.
line_of() {
	local line

	while read -r line; do
		# shellcheck disable=SC2053 # a pattern it is meant to be
		[[ $line == $2 ]] && return 0
	done < <(tr -s ' \t' ' ' <<<"$1" | sed 's/ $//')
	return 1
}

out_line() { line_of "$OUT" "$1"; }
err_line() { line_of "$ERR" "$1"; }
heard_line() { line_of "$HEARD" "$1"; }
said() { line_of "$OUT
$ERR" "$1"; }

# heard_count NUMBER: so many route messages between the marks.
heard_count() {
	[ "$(grep -c . <<<"$HEARD")" = "$1" ]
}

# json FILTER: jq's verdict over stdout.
json() {
	jq -e "$1" <"$WORK/stdout" >/dev/null 2>&1
}

# route HOST PATTERN: a route of the host, in any table, reads like that (as `ip route` prints it).
route() {
	line_of "$(routes_of "$1")" "$2"
}

routes_of() {
	ip -n "$1" -4 route show table all
	ip -n "$1" -6 route show table all
}

# owned HOST NUMBER: so many routes of croute's protocol.
owned() {
	[ "$(owned_count "$1")" = "$2" ]
}

owned_count() {
	{
		ip -n "$1" -4 route show table all proto "${2:-67}"
		ip -n "$1" -6 route show table all proto "${2:-67}"
	} | grep -c .
}

# metric_of PREFIX: kernel.metric, and for IPv4 the subnet's number modulo the spread (SPEC 4).
metric_of() {
	local a b c d len

	case $1 in
	*:*)
		echo 67000
		return
		;;
	esac
	IFS=./ read -r a b c d len <<<"$1"
	echo $((67000 + (((a << 24 | b << 16 | c << 8 | d) >> (32 - len)) % 4096)))
}

pings() {
	in_host "$1" ping -n -q -c 1 -W 20 "$2" >/dev/null 2>&1
}

# empty_second_pass HOST FILE [ARGUMENT...]: another pass finds nothing to do.
empty_second_pass() {
	local host=$1 file=$2

	shift 2
	croute_in "$host" reconcile -c "$file" "$@"
	exits 0 && out_line 'Applied: 0 added, 0 changed, 0 deleted, 0 held, *' &&
		not out_line '[+~x!-] *'
}
