#!/bin/bash
# test_agent_fight.sh - a program that undoes what the agent does, in a loop, is met with patience.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
conf_first '' 1-10
agent_begin
check 'the agent applies the file' within owned worker-1 10
check 'what the file asks for is no repair' metric_is 'croute_drift_repairs_total{kind="route"}' 0
ip -n worker-1 route del "$(pods 5)" proto 67
check 'one route that is deleted is back' within via_peer 5
check 'and counts as one repair' within metric_is 'croute_drift_repairs_total{kind="route"}' 1
PREFIX=$(pods 3)
start other nsenter --net=/run/netns/worker-1 -- "$BASH" -c \
	'while :; do ip route del "$1" proto 67 2>/dev/null; done' - "$PREFIX"
WAIT_SECONDS=300 check 'the log names what another program keeps undoing' within log_has \
	"another program keeps undoing this: $PREFIX"
check 'the status tells of it' within status_has 'any(.problems[]; .kind == "fight")'
before=$(switches)
WAIT_SECONDS=3 not wait_for false
repairs=$(metric 'croute_drift_repairs_total{kind="route"}')
printf '# %s repairs, woken %s times in 3 s of it\n' "$repairs" $(($(switches) - before))
check 'it is put right less and less often' [ "$repairs" -lt 32 ]
check 'but each time is counted' [ "$repairs" -ge 20 ]
check 'and costs next to nothing' [ $(($(switches) - before)) -lt 60 ]
check 'the log says it once' [ "$(log_lines 'backing off, up to 30 s between repairs')" = 1 ]
ip -n worker-1 route del "$(pods 5)" proto 67
check 'other routes are mended at once meanwhile' within via_peer 5
check 'and the agent stays ready' ready
kill "${PID[other]}"
wait "${PID[other]}" 2>/dev/null
WAIT_SECONDS=60 # the pause is 30 s at most
check 'when the other one ends, the route is back' within via_peer 3
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
finish
