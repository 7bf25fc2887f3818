#!/bin/bash
# test_queries.sh - what the alerting rules and the dashboard ask for is there: every metric and
# every value of a label, on the page of an agent that runs.
# SPDX-License-Identifier: MIT

NETNS_TOOLS='ip unshare nsenter python3'
# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=../netns/agents.sh
. "$(dirname "$0")/../netns/agents.sh"
python3 -c 'import yaml' 2>/dev/null || skip_all 'no yaml for python3'

host_add worker-1 10.0.0.1/16
conf_first '' 1-10
agent_begin
check 'an agent runs' within ready
page /metrics | sed '1,/^$/d' >"$WORK/metrics"
agent_stop TERM
run python3 "$ROOT/tests/packaging/queries.py" names "$WORK/metrics"
check 'rules and dashboard ask for nothing that it does not have' all_of 'exits 0' '[ -z "$OUT" ]'

# noticed NAME: what is missing from the page is missed.
noticed() {
	grep -v "^$1" "$WORK/metrics" >"$WORK/less"
	run python3 "$ROOT/tests/packaging/queries.py" names "$WORK/less"
	exits 0 && [ -n "$OUT" ]
}
check 'a metric that were gone would be noticed' noticed 'croute_ready '
check 'and so would be a value of a label' noticed 'croute_routes{state="shadowed"}'
finish
