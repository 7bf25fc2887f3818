#!/bin/bash
# test_wide_route.sh - a foreign route longer than the kernel's buffer ends a dump of all, without a word.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

program_make wide_route "$ROOT/tests/bench/wire.c"
host_add worker-1 10.0.0.1/16 fd00::1/64

# The wide routes sort before the pods' 10.100.0.0 and fd10::, so that these are behind the end.
ip -n worker-1 route add 10.50.0.0/24 via 10.0.0.2 proto static
in_host worker-1 "$WORK/wide_route" 10.60.0.0 24 2060 eth1 || skip_all 'no wide routes here'
in_host worker-1 "$WORK/wide_route" fd05:: 64 1300 eth1 || skip_all 'no wide IPv6 routes here'

# What a dump of all protocols shows, ip's as croute's.
cut_short() {
	! ip -n worker-1 -4 route show table main | grep 10.60.0.0/24 >/dev/null &&
		ip -n worker-1 -4 route get 10.60.0.9 | grep 'via 10.0.1' >/dev/null
}

# The file, with a peer of both families.
with_ipv6() {
	conf '' 1-20
	echo "- {name: dual, address: [10.0.9.9, 'fd00::9'], podCIDRs: [10.200.9.0/24, 'fd10:9::/64']}"
}

two_families() {
	with_ipv6 | sed "s/address: 10.0.0.1,/address: [10.0.0.1, 'fd00::1'],/" >"$CONF"
}

check 'the kernel ends a dump of all protocols early' cut_short
two_families
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a pass adds what is missing' all_of 'exits 0' 'owned worker-1 22'
check 'and a second one sees it' empty_second_pass worker-1 "$CONF" --node worker-1
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run --exit-code
check 'as a dry run does' exits 0
sed -i '/peer-3,/d' "$CONF"
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'what left the file goes' all_of 'exits 0' "out_line 'Applied: 0 added, 0 changed, 1 deleted, *'" \
	'owned worker-1 21'

# --- other looks at all routes ------------------------------------------------------------------------

croute_in worker-1 lookup --node worker-1 -c "$CONF" 10.100.5.9
check 'lookup finds our route behind the end' exits 0
in_host worker-1 "$CROUTE" snapshot >"$WORK/snapshot.json"
run "$CROUTE" reconcile --node worker-1 -c "$CONF" --dry-run --exit-code --kernel-state "$WORK/snapshot.json"
check 'so does a plan over a snapshot' exits 0
sed -i '/peer-4,/d' "$CONF"
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --confirm 1s
check 'a pass that is to be confirmed' all_of 'exits 0' "out_line 'Applied: 0 added, 0 changed, 1 deleted, *'"
check 'is undone' wait_for grep -q 'undone.*: 1 route added again$' "$WORK/confirm.txt"
check 'and all routes are there' owned worker-1 21

# --- the agent, which looks around at its start and at each resync ------------------------------------

AGENT_KEYS="resync: 1s, statusFile: $WORK/status.json"
conf_first '' 1-20
agent_begin
check 'the agent is ready' within ready
check 'with all routes' owned worker-1 20
AGENT_PASSES=$(passes)
more_passes() { [ "$(passes)" -gt $((AGENT_PASSES + 2)) ]; }
check 'resyncs go by' within more_passes
check 'and it is ready still, with nothing failed' all_of ready 'status_has ".routes.failed == 0"'
conf_write '' 2-20
check 'what left the file goes' within owned worker-1 19

# --- a conflict that nobody sees ----------------------------------------------------------------------

# A foreign route on the very key of peer 30's, behind the end of the dump.
ip -n worker-1 route add "$(pods 30)" via 10.0.0.9 proto static metric "$(metric_of "$(pods 30)")"
conf_write '' 30
check 'one that is taken is a conflict, though its owner is not seen' \
	within status_has '.routes.conflict == 1 and .routes.failed == 0'
taken() { ip -n worker-1 route show proto static | grep "^$(pods 30) via 10.0.0.9" >/dev/null; }
check 'and the foreign route stays' taken
check 'the log does not say who it is' log_has 'conflict: a route of another program'
agent_stop TERM

finish
