#!/bin/bash
# test_agent_restart.sh - the agent may die at any moment: the next start changes nothing that is right.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

host_add worker-1 10.0.0.1/16
MANY=10000
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
printf '# seed %s\n' "$SEED"

# all_right: what `ip` shows is what the file says, row by row.
peers 1-$MANY | sed -E 's/.*address: ([0-9.]+), podCIDRs: \[([0-9.\/]+)\].*/\2 via \1/' |
	awk '{ split($1, a, "."); print $0, 67000 + (a[1] * 65536 + a[2] * 256 + a[3]) % 4096 }' |
	sort >"$WORK/want"
have() {
	ip -n worker-1 route show proto 67 | awk '{ print $1, "via", $3, $7 }' | sort
}
all_right() { have | cmp -s - "$WORK/want"; }

# killed_at NUMBER: a start is killed at a write to the kernel, of 128 changes each, after some reading.
killed_at() {
	at_call sendto "signal=KILL:when=$1"
	start agent nsenter --net=/run/netns/worker-1 -- "${AT_CALL[@]}" \
		"$CROUTE" run --node worker-1 -c "$CONF"
	wait "${PID[agent]}" 2>/dev/null
}

strace_works || skip_all 'no strace, or it may not trace'

# --- killed in the middle of ten thousand additions
conf_first '' 1-$MANY
CUT=0
for _ in {1..10}; do
	ip -n worker-1 route flush proto 67
	killed_at $((20 + RANDOM % 50))
	owned worker-1 $MANY || CUT=$((CUT + 1))
	agent_begin
	within all_right || break
	agent_stop KILL
done
check 'killed ten times at a random moment, the next start makes it whole' all_right
check 'and all of them were in the middle' [ "$CUT" = 10 ]

# --- killed in the middle of replacements
sed -E '/worker-1/!s/(address: 10\.0\.[0-9]+)\.[0-9]+/\1.254/' "$CONF" >"$WORK/other.yaml"
cp "$CONF" "$WORK/first.yaml"
install_file() {
	cp -p "$1" "$WORK/etc/.new"
	touch -d '1 hour ago' "$WORK/etc/.new"
	mv "$WORK/etc/.new" "$CONF"
}
CUT=0
for _ in {1..3}; do
	install_file "$WORK/other.yaml"
	killed_at $((20 + RANDOM % 50))
	owned worker-1 $MANY || break
	others=$(ip -n worker-1 route show proto 67 | grep -c '\.254 ')
	[ "$others" = 0 ] || [ "$others" = $MANY ] || CUT=$((CUT + 1))
	install_file "$WORK/first.yaml"
	agent_begin
	within all_right || break
	agent_stop KILL
done
check 'killed while it changes gateways, no destination is ever without its route' owned worker-1 $MANY
check 'each of three times, in the middle' [ "$CUT" = 3 ]
check 'and the next start makes it right' all_right

# --- everything right: not one message
conf_first '' 1-100
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --allow-delete
monitor_start worker-1
agent_begin
check 'a start with everything right comes to its end' within ready
kill -KILL "${PID[agent]}"
wait "${PID[agent]}" 2>/dev/null
agent_begin
within ready
kill -HUP "${PID[agent]}"
within log_has SIGHUP
within ready
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
monitor_stop worker-1
check 'and the kernel was told nothing, twice' heard_count 0
check 'all routes are there' owned worker-1 100

agent_begin
check 'the lock is free again' within ready
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a second writer is told the pid' all_of 'exits 1' "said '*${PID[agent]}*'"
agent_stop INT
check 'SIGINT ends it with 0' exits 0
check 'and leaves all routes' owned worker-1 100
finish
