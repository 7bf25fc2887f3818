#!/bin/bash
# test_confirm.sh - a pass is undone unless it is confirmed in time, whatever becomes of who made it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64

cluster() {
	node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
	node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
	node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
	node worker-4 "address: 10.0.0.14, podCIDRs: [10.244.4.0/24]"
	unset 'NODES[worker-5]'
	cluster_write 'type: host-gw'
}

# changed: one node goes, one moves, one comes, a static route comes.
changed() {
	unset 'NODES[worker-4]'
	node worker-3 "address: [10.0.0.33, 'fd00::33'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
	node worker-5 "address: [10.0.0.15, 'fd00::15'], podCIDRs: [10.244.5.0/24, 'fd10:244:0:5::/64']"
	cluster_write 'type: host-gw' 'routes: [{to: 172.16.0.0/12, via: 10.0.0.1, table: 100}]'
}

# The process that waits, by the lock's own words.
waiter() {
	croute_in worker-1 flush
	[[ $ERR =~ process\ ([0-9]+) ]] && WAITER=${BASH_REMATCH[1]}
}

waiter_lives() {
	waiter && [ "$(tr '\0' ' ' <"/proc/$WAITER/cmdline" | grep -c -- --confirm)" = 1 ]
}

# --- in time, and too late ------------------------------------------------------------------------

cluster
pass worker-1
check 'a cluster stands' all_of 'exits 0' 'owned worker-1 5'
ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.12 metric 99999 proto static
ip -n worker-1 route add 198.51.100.0/24 via 10.0.0.14 proto static
changed
before worker-1

pass worker-1 --confirm 1s
check 'the pass is made at once' all_of 'exits 0' "out_line '+ route 10.244.5.0/24 via 10.0.0.15 *added'" \
	"out_line 'Applied: 3 added, 2 changed, 1 deleted, *'"
check 'it says what to do, and by when' \
	out_line 'Confirm within 1s: croute confirm; else all of it is undone.'
check 'unconfirmed, all is as it was, and a dry run shows the same plan' undone worker-1
check 'what became of it is written down' \
	record '20*Z undone, not confirmed in time: 1 route added again, 2 routes changed back, 3 routes removed'
confirm worker-1
check 'who confirms too late is told when it was undone, and exits 1' all_of 'exits 1' \
	"err_line 'croute: error: nothing waits for a confirmation'" \
	"err_line 'the last time: 20*Z undone, not confirmed in time: 1 route added again, *'"
confirm worker-1 -o json
check 'and in JSON' all_of 'exits 1' "json '.result == \"none\" and (.last | contains(\"undone\"))'"

pass worker-1 --confirm 1h -o json
check 'JSON tells the end of the time' all_of 'exits 0' \
	"json '(.confirm.until | fromdateiso8601 - now) as \$s | \$s > 3000 and \$s <= 3601'"

# --- while it waits -------------------------------------------------------------------------------

check 'the lock names the process that waits, not the one that is gone' waiter_lives
# refused COMMAND...: it asks for 0.1 s what the lock is held for; on a busy machine, once more.
refused() {
	"$@"
	exits 1 && err_line '*it waits for croute confirm until 20*Z'
}
check 'flush is refused meanwhile, and told what for' wait_for refused croute_in worker-1 flush
check 'so is another pass' wait_for refused pass worker-1 --confirm 5s
agent_start worker-1 --node worker-1 -c "$CONF"
check 'an agent waits for it, and says so' wait_for log_has 'it waits for croute confirm until'
agent_stop TERM
run in_host worker-1 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$CROUTE" confirm --status-file /nowhere/status.json
check 'another user cannot confirm' all_of 'exits 1' "err_line '*nothing waits for a confirmation*'" \
	waiter_lives
check 'the record names the process' record "*applied: process $WAITER waits for croute confirm until *"

confirm worker-1
check 'in time it is confirmed' all_of 'exits 0' "out_line '20*Z confirmed: what was applied stays'"
wait_for free worker-1
check 'then it stays' empty_second_pass worker-1 "$CONF" --node worker-1
confirm worker-1
check 'twice is too much' all_of 'exits 1' \
	"err_line 'the last time: *confirmed: what was applied stays'"

agent_start worker-1 --node worker-1 -c "$CONF"
wait_for not free worker-1
confirm worker-1
check 'with an agent nothing waits, and it is named' all_of 'exits 1' \
	"err_line '*nothing waits for a confirmation: the lock *held by process ${PID[agent]} *'"
agent_stop TERM

pass worker-1 --confirm 1h
check 'with nothing to do nothing waits' all_of 'exits 0' "out_line 'Applied: 0 added, *'" \
	"out_line 'Nothing was changed, so there is nothing to confirm.'" 'free worker-1'

# --- by hand --------------------------------------------------------------------------------------

cluster
before worker-1
pass worker-1 --confirm 1h
confirm worker-1 --undo
check 'it can be undone at once' all_of 'exits 0' "out_line '20*Z undone, as asked for: *'" \
	'undone worker-1'
pass worker-1 --confirm 1h -o json
confirm worker-1 --undo -o json
check 'and in JSON' all_of 'exits 0' "json '.result == \"undone\"'" 'undone worker-1'
pass worker-1 --confirm 1h
waiter
kill -TERM "$WAITER"
check 'SIGTERM undoes it, too' all_of 'undone worker-1' "record '*undone, by SIGTERM: *'"
pass worker-1 --confirm 1h
waiter
kill -KILL "$WAITER"
wait_for free worker-1
confirm worker-1
check 'when the process was killed, that is told' all_of 'exits 1' \
	"err_line 'the last time: *applied: process $WAITER *; it is gone, and what was applied stays'"

# at_rename ACTION: a pass to whose processes that is done as they rename their record.
at_rename() {
	at_call rename,renameat,renameat2 "$1" -f
	start pass nsenter --net=/run/netns/worker-1 -- "${AT_CALL[@]}" \
		"$CROUTE" reconcile --node worker-1 -c "$CONF" --confirm 1h
	wait_for grep -q 'Confirm within' "$WORK/pass.log"
}
if strace_works; then
	rm "$RECORD"
	changed
	at_rename delay_enter=1000000
	check 'who is asked to confirm finds the record in its place' record '*applied: process *'
	confirm worker-1 --undo
	wait "${PID[pass]}"

	# Its records are of the pass, of the undo as it begins, and of what became of that.
	cluster
	changed
	at_rename signal=KILL:when=3
	waiter
	confirm worker-1 --undo
	wait_for free worker-1
	confirm worker-1
	check 'when it was killed during its undo, that is told' all_of 'exits 1' \
		"err_line 'the last time: *undoing: process $WAITER, as asked for; it ended midway*'"
	wait "${PID[pass]}"
	cluster
else
	skip 'when it was killed during its undo, that is told' 'no strace, or it may not trace'
	skip 'who is asked to confirm finds the record in its place' 'no strace, or it may not trace'
fi

# --- others, meanwhile ----------------------------------------------------------------------------

changed
before worker-1
pass worker-1 --confirm 1h
ip -n worker-1 route add 203.0.113.0/24 via 10.0.0.14 proto static
ip -n worker-1 route del 198.51.100.0/24
ip -n worker-1 route add 10.244.4.0/24 via 10.0.0.99 metric "$(metric_of 10.244.4.0/24)" proto static
ip -n worker-1 route del 10.244.3.0/24 proto 67
ip -n worker-1 route add 10.244.3.0/24 via 10.0.0.98 metric "$(metric_of 10.244.3.0/24)" proto static
confirm worker-1 --undo
check 'what others did meanwhile is theirs' all_of "route worker-1 '203.0.113.0/24 *'" \
	"not route worker-1 '198.51.100.0/24 *'" "route worker-1 '10.244.4.0/24 via 10.0.0.99 *static*'" \
	"route worker-1 '10.244.3.0/24 via 10.0.0.98 *static*'"
check 'a place that was taken is told, the rest is undone' all_of 'exits 1' "out_line '*, 2 failed'" \
	"out_line '10.244.4.0/24 via 10.0.0.14 dev eth1 *another program has taken its place'" \
	"route worker-1 'fd10:244:0:3::/64 via fd00::13 *'" "not route worker-1 '10.244.5.0/24 *'"

# --- usage ----------------------------------------------------------------------------------------

for words in '--confirm 0s' '--confirm 500ms' '--confirm 25h' '--confirm soon' '--confirm'; do
	# shellcheck disable=SC2086 # words they are
	pass worker-1 $words
	check "$words is refused" all_of 'exits 64' "err_line '*--confirm*'"
done
for words in '--dry-run' '--dry-run --against /dev/null' '--kernel-state /dev/null'; do
	# shellcheck disable=SC2086 # words they are
	pass worker-1 --confirm 10s $words
	check "--confirm with $words is refused" all_of 'exits 64' "err_line '*--confirm excludes *'"
done
echo nonsense >"$WORK/broken.yaml"
croute_in worker-1 reconcile -c "$WORK/broken.yaml" --confirm 10s
check 'a file with errors changes nothing, and nothing waits' all_of 'exits 3' 'free worker-1'
run in_host worker-1 setpriv --bounding-set -all --inh-caps -all "$CROUTE" reconcile \
	--node worker-1 -c "$CONF" --confirm 10s
check 'without privilege nothing is changed, and nothing waits' all_of 'exits 1' \
	"err_line '*CAP_NET_ADMIN*'" 'free worker-1'

finish
