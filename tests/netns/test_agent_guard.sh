#!/bin/bash
# test_agent_guard.sh - the agent does no great harm on a bad file, says so, and is released as told.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16

# held NUMBER: so many deletions, in the metrics and in the status.
held() {
	metric_is croute_guard_held "$1" && status_has ".guard.held == $1"
}
hold_lines() { [ "$(log_lines 'warning: held:')" = "$1" ]; }

conf_first '' 1-20
agent_begin
check 'twenty peers are applied' within owned worker-1 20
conf_write '' 11-20 31
check 'a mass deletion is held, additions go on' within owned worker-1 21
check 'in metrics and status' within held 10
check 'and in the state of the routes' metric_is 'croute_routes{state="held"}' 10
check 'the log says it once' hold_lines 1
check 'with how many of how many' log_has '10 of 20 destinations would go, over guard.maxDelete'
check 'and how to release it' log_has 'croute reconcile --allow-delete'
check 'the agent is ready all the same' ready
check 'and readyz tells of it' page_says /readyz '10 held by the guard'

conf_write '' 11-20 31-60
check 'more peers go on being added' within owned worker-1 50
ip -n worker-1 route del "$(pods 31)" proto 67
check 'and repaired' within via_peer 31
check 'the hold does not melt as it becomes a smaller part' held 10
kill -HUP "${PID[agent]}"
check 'not at a look at everything either' within log_has SIGHUP
ip -n worker-1 route del "$(pods 32)" proto 67
check 'nor later' all_of 'within via_peer 32' 'held 10'
conf_write '' 12-20 31-60
wait_for held 11
check 'a deletion that joins them is held too' held 11
ip -n worker-1 route del "$(pods 1)" proto 67
check 'a held route that somebody removes is no reason to let go' within held 10
check 'the others are all there' owned worker-1 49

conf_write 'guard: {maxDelete: 100%}' 12-20 31-60
check 'one edit of maxDelete releases' within owned worker-1 39
check 'and nothing is held' within held 0
conf_write '' 12-20 31-60
conf_write '' 31-34
check 'held again' within held 35
lines=$(log_lines 'warning: held:')
conf_write '' 12-20 31-60
check 'nodes that are back release' within held 0
check 'and nothing went' owned worker-1 39
conf_write '' 31-34
check 'held once more' within held 35
check 'and said once more' hold_lines $((lines + 1))
conf_write '' 31-59 12-19
check 'when but a few are still missing, those go' within owned worker-1 37
check 'and the hold is over' within held 0

# --- by itself, after a time
conf_write 'guard: {holdFor: 1h}' 31-34
held_for_an_hour() { status_has '(.guard.releaseAt[:19] + "Z" | fromdate) - (.guard.since[:19] + "Z" | fromdate) | . >= 3598 and . <= 3601'; }
check 'holdFor: the status says when the hold ends' within held_for_an_hour
conf_write 'guard: {holdFor: 400ms}' 31-34
check 'holdFor: held at first' within hold_lines $((lines + 2))
check 'and let go by itself' within owned worker-1 4
conf_write '' 31-50
within owned worker-1 20
began=${EPOCHREALTIME/./}
conf_write 'guard: {removeAfter: 600ms}' 31-48
check 'removeAfter: the vanished go' within owned worker-1 18
took=$(((${EPOCHREALTIME/./} - began) / 1000))
check 'but not at once' [ "$took" -ge 550 ]
conf_write 'guard: {removeAfter: 1h}' 31-47
log_wait() { [ "$(metric 'croute_config_loads_total{result="success"}')" = "$1" ]; }
ip -n worker-1 route del "$(pods 31)" proto 67
check 'repairs do not wait for it' within via_peer 31
check 'and the vanished stays' owned worker-1 18
conf_write '' 31-48
within held 0

# --- files that are refused whole
loads=$(metric 'croute_config_loads_total{result="failed"}')
refused() {
	loads=$((loads + 1))
	within metric_is croute_config_valid 0 && within log_has "$1" && owned worker-1 18 &&
		page_is 503 /readyz
}
again() {
	conf_write '' 31-48
	within metric_is croute_config_valid 1
	: >"$WORK/agent.log"
}
: >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
check 'an empty file is refused, unready, and deletes nothing' refused 'the last good state stays'
again
conf '' >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
conf_write '' && sed -i '/worker-1/d' "$CONF"
check 'a file without nodes is refused' refused 'the last good state stays'
again
conf '' 31-48 | head -c 700 >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
check 'a file cut within a line is refused' refused 'the last good state stays'
again
conf 'source: {nodes: 19}' 31-48 | head -15 >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
check 'a file cut between lines is refused by source.nodes' refused 'the last good state stays'
again
conf '' 31-48 | sed /worker-1/d >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
check 'a file without this node is refused' refused 'no entry for this node'
repaired=$(metric 'croute_drift_repairs_total{kind="route"}')
ip -n worker-1 route del "$(pods 40)" proto 67
check 'and the last good one is still kept up' within via_peer 40
check 'which is a repair, however the last pass ended' within metric_is 'croute_drift_repairs_total{kind="route"}' $((repaired + 1))
again
conf_write 'source: {serial: 7}' 31-48
check 'a serial is taken' within metric_is croute_config_serial 7
conf_write 'source: {serial: 6}' 31-49
check 'a lower serial is refused' refused 'raise the serial'
check 'the one in force is told' metric_is croute_config_serial 7
conf_write 'source: {serial: 8}' 31-49
check 'a higher one is followed' within owned worker-1 19

AGENT_KEYS="$AGENT_KEYS, staleAfter: 1h"
conf_write 'source: {generatedAt: 2020-01-01T00:00:00Z}' 31-49
check 'an old file raises croute_config_stale' within metric_is croute_config_stale 1
has_age() { awk -v least="$1" -v age="$(metric croute_config_age_seconds)" 'BEGIN { exit !(age > least) }'; }
check 'its age is a number' has_age 100000000
check 'and is told' within log_has 'older than agent.staleAfter'
conf_write '' 31-49
check 'a young one lowers it' within metric_is croute_config_stale 0
check 'and its age' not has_age 3600
conf_write 'guard: {protect: [10.100.40.0/22]}' 31-49
check 'what is protected is an error of the file' within metric_is croute_config_valid 0
check 'and nothing changes' owned worker-1 19
agent_stop TERM
finish
