#!/bin/bash
# test_agent_seeing.sh - how the agent is seen: metrics, readiness, the status file, the log.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
host_add worker-2 "$(address 1)/16"
conf_first 'source: {serial: 42}' 1-10
agent_start worker-1 --node worker-1 -c "$CONF" --log-format json
check 'the agent applies the file' within owned worker-1 10
check 'and is ready' within ready

# --- metrics
body() { sed '1,/^$/d'; }
page /metrics | body >"$WORK/metrics"
PROMTOOL=$(command -v promtool || echo "$ROOT/build/tools/usr/bin/promtool")
if [ -x "$PROMTOOL" ]; then
	run "$PROMTOOL" check metrics <"$WORK/metrics"
	OUT=$("$PROMTOOL" check metrics <"$WORK/metrics" 2>&1)
	STATUS=$?
	check 'promtool finds nothing wrong' all_of 'exits 0' '[ -z "$OUT" ]'
else
	skip 'promtool finds nothing wrong' 'no promtool'
fi
# missing: names and series of SPEC 8 that are not there.
missing() {
	local name state

	for name in croute_ready croute_peers croute_config_valid \
		croute_reconcile_last_success_timestamp_seconds \
		croute_config_stale croute_config_serial croute_config_last_load_timestamp_seconds \
		croute_guard_held croute_netlink_overruns_total croute_reconcile_duration_seconds_count \
		croute_reconcile_duration_seconds_sum process_cpu_seconds_total \
		process_resident_memory_bytes process_virtual_memory_bytes process_start_time_seconds \
		process_open_fds process_max_fds; do
		grep -qE "^$name [0-9]" "$WORK/metrics" || echo "$name"
	done
	for name in 'build_info{version=' 'reconcile_duration_seconds_bucket{le="+Inf"}' \
		'reconcile_total{result=' 'changes_total{kind="route",action="add"}' \
		'drift_repairs_total{kind="route"}' 'config_loads_total{result=' \
		'netlink_errors_total{errno=' 'interface_info{name="eth1",address="10.0.0.1",mtu="1500"}'; do
		grep -qF "croute_$name" "$WORK/metrics" || echo "croute_$name"
	done
	for state in desired installed held conflict shadowed pending failed; do
		grep -qF "croute_routes{state=\"$state\"}" "$WORK/metrics" || echo "routes $state"
	done
	for state in reachable stale failed unknown; do
		grep -qF "croute_gateways{state=\"$state\"}" "$WORK/metrics" || echo "gateways $state"
	done
}
LAST='croute run' OUT=$(missing)
check 'every name that is promised is there' [ -z "$OUT" ]
check 'readiness is a number too' metric_is croute_ready 1
check 'ten peers' metric_is croute_peers 10
check 'ten routes desired' metric_is 'croute_routes{state="desired"}' 10
check 'ten installed' metric_is 'croute_routes{state="installed"}' 10
check 'the serial' metric_is croute_config_serial 42
check 'ten additions' metric_is 'croute_changes_total{kind="route",action="add"}' 10
check 'none of them a repair' metric_is 'croute_drift_repairs_total{kind="route"}' 0
check 'no gateway has been asked for yet' metric_is 'croute_gateways{state="unknown"}' 10
in_host worker-1 ping -q -c 1 -W 20 "$(address 1)" >/dev/null
check 'a gateway that answered is reachable' within metric_is 'croute_gateways{state="reachable"}' 1
ip -n worker-1 route del "$(pods 3)" proto 67
check 'a repair is counted as one' within metric_is 'croute_drift_repairs_total{kind="route"}' 1
ip -n worker-1 route add "$(pods 4)" dev lo metric 5 proto static
kill -HUP "${PID[agent]}"
check 'a shadowed route is counted' within metric_is 'croute_routes{state="shadowed"}' 1
check 'and told by readyz' within page_says /readyz "$(pods 4)"
check 'which is ready all the same' ready
ip -n worker-1 route del "$(pods 4)" metric 5 proto static
kill -HUP "${PID[agent]}"
check 'its end too' within metric_is 'croute_routes{state="shadowed"}' 0
ip -n worker-1 route add "$(pods 11)" dev lo metric 5 proto static
conf_first 'source: {serial: 43}' 1-11
check 'a route of a new file that is shadowed already is counted' within metric_is 'croute_routes{state="shadowed"}' 1
check 'and installed' owned worker-1 11
ip -n worker-1 route del "$(pods 11)" metric 5 proto static
conf_first 'source: {serial: 44}' 1-10
check 'the next file ends it' within metric_is 'croute_routes{state="shadowed"}' 0

# --- the status file
check 'the status file is there' status_has '.version'
check "whole and readable" status_has .
check 'nothing else is left beside it' [ "$(find "$WORK" -maxdepth 1 -name '*status*' | wc -l)" = 1 ]
croute_in worker-1 status --status-file "$STATUS_FILE"
check 'croute status reads it' exits 0
croute_in worker-1 status --check --status-file "$STATUS_FILE"
check 'croute status --check: ready' all_of 'exits 0' '[ -z "$OUT$ERR" ]'

# --- the log
json_log() { jq -e '.time and .level and .message' "$WORK/agent.log" >/dev/null; }
check 'each line of the JSON log is an object' json_log
check 'another page is 404' page_is 404 /nothing
agent_stop TERM
check 'after the end, status says so' all_of \
	"croute_in worker-1 status --check --status-file '$STATUS_FILE'; exits 1"
croute_in worker-1 status --status-file "$STATUS_FILE"
check 'in its first line' line_of "$(head -1 <<<"$OUT$ERR")" '*is stopped*'

conf_first '' 1-10
agent_start worker-1 --node worker-1 -c "$CONF" --log-format journal
within ready
conf_write '' 1-11
within owned worker-1 11
check 'journal lines bear their level' [ "$(log_lines '^<[3-7]>')" = "$(log_lines '')" ]
check 'and no time' [ "$(log_lines '[0-9]T[0-9]')" = 0 ]
agent_stop TERM

conf_first '' 1-10
ip -n worker-1 route flush proto 67
ip -n worker-1 route add "$(pods 2)" via 10.0.9.9 metric "$(metric_of "$(pods 2)")"
agent_begin
within owned worker-1 9
check 'one line sums up a pass that changed something' [ "$(log_lines 'Applied: ')" = 1 ]
check 'a conflict is told once' within log_has "$(pods 2)"
for n in {3..8}; do
	ip -n worker-1 route del "$(pods "$n")" proto 67
	wait_for via_peer "$n"
done
kill -HUP "${PID[agent]}"
within log_has SIGHUP
within ready
check 'not at every look' [ "$(log_lines "warning: .*$(pods 2)")" = 1 ]
check 'six repairs are six lines' [ "$(log_lines 'Applied: 1 added')" = 6 ]
agent_stop TERM

# --- without privilege: said once, tried again less and less often
agent_unprivileged() {
	start agent nsenter --net=/run/netns/worker-1 -- setpriv --reuid 65534 --clear-groups \
		--bounding-set -all "$CROUTE" run --node worker-1 -c "$CONF" 
}
chmod -R a+rX "$WORK/etc"
ip -n worker-1 route flush proto 67
agent_unprivileged
check 'without privilege it says so' within log_has CAP_NET_ADMIN
tried() { [ "$(passes)" -ge 3 ]; }
check 'tries again' within tried
check 'having said it once' [ "$(log_lines CAP_NET_ADMIN)" = 1 ]
check 'and is not ready' not ready
check 'nor by its metric' metric_is croute_ready 0
agent_stop TERM
finish
